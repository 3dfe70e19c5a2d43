"""What a worker does: live one run and hand back what is kept of it, small enough to cross to another process."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter

from sim.organisation import run
from sim.outcome import Outcome
from sim.scenario import Scenario
from sim.sweeps.series import pack


@dataclass(frozen=True)
class Finished:
    """A finished run.

    Attributes:
        outcome: what became of it.
        weeks: its length.
        series: its weekly series, packed.
        departments: their names, in the order of the adoption in `series`.
        notices: what was assumed about its people, for the user to see.
        seconds: how long it took.
    """

    outcome: Outcome
    weeks: int
    series: bytes
    departments: tuple[str, ...]
    notices: tuple[str, ...]
    seconds: float


def live(plan: Scenario, seed: int) -> Finished:
    """Live one run to its end."""
    began = perf_counter()
    record = run(plan, seed)
    packed = pack(record)
    return Finished(
        record.outcome, record.week, packed, record.departments, record.notices, perf_counter() - began
    )


def warm(plans: Sequence[Scenario]) -> None:
    """Live scenarios small and forget them, for the kernels that they leave compiled; these do not depend on size.

    One that raises here raises again as a run of its own, where it counts.
    """
    for plan in plans:
        with suppress(Exception):
            run(_small(plan))


def _small(plan: Scenario) -> Scenario:
    people = plan.organisation
    if people.roster:
        return plan.replaced({"weeks": min(plan.weeks, 60)})
    total = sum(size for _, _, size in people.sizes())
    return plan.replaced({"organisation.employees": min(total, 10 * len(people.departments))})
