"""Whether convergence outlives the closing of the hub: the run, lived again with the hub closed."""

from __future__ import annotations

from sim.organisation import run
from sim.outcome import CONVERGED
from sim.scenario import Scenario

YEAR = 52


def outlives_hub(plan: Scenario, seed: int, weeks: int = YEAR) -> bool | None:
    """Whether an organisation is still converged `weeks` weeks after its desks closed.

    They close in the week after it first converged, under the same luck, and the run goes on long enough to tell.

    Args:
        plan: the scenario.
        seed: the seed.
        weeks: how long convergence must last.

    Returns:
        None if the run never converges while a desk or policy serves anybody.
    """
    record = run(plan, seed)
    first = record.outcome.first_converged
    if first is None or not record.served[first].any():
        return None
    closed = plan.replaced({
        "weeks": max(plan.weeks, first + 1 + weeks),
        "events.closing_of_the_hub": {"what": "desk_closed", "week": first + 1},
    })  # fmt: skip
    return bool(run(closed, seed).states[first + 1 + weeks] == CONVERGED)
