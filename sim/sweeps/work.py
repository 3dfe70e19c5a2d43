"""What crosses between processes: a run to be lived, and what is kept of it, small enough to be sent.

Scenarios cross as plain tables, in JSON, and are built anew where the run is lived; nothing that a user hands over is pickled.
Whoever only passes runs on imports this and not the engine.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import import_module
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.errors import Fault, InputError
from sim.outcome import Outcome
from sim.sweeps.broken import Broken

if TYPE_CHECKING:
    from sim.mechanisms import Mechanism
    from sim.scenario import Scenario

_KEPT = 4096  # packed scenarios, of some 10 kB


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
        told: the answer to what was asked of it.
    """

    outcome: Outcome
    weeks: int
    series: bytes
    departments: tuple[str, ...]
    notices: tuple[str, ...]
    seconds: float
    told: Any = None


Ended = Finished | Broken


Code = tuple[tuple[str, str], ...]
"""What a run's result hangs on beside its scenario and seed: names and versions or digests."""


class Unlike(Exception):  # noqa: N818
    """A process has not what runs hang on where they come from, so they might give other results.

    Attributes:
        differences: what it has otherwise, in words that follow a name.
        worker: whose process it is.
    """

    def __init__(self, differences: Sequence[str], worker: str = "") -> None:
        super().__init__(differences, worker)
        self.differences, self.worker = differences, worker


@dataclass(frozen=True)
class Parcel:
    """A scenario as it crosses to another process.

    Attributes:
        tables: its tables, as JSON.
        order: names of its mechanisms, in the order of its week.
        own: `module:class` of each mechanism that Unsilo does not know by itself.
        asks: what is asked of the record beside what is kept of every run: `module:function` that takes it, and a text.
        code: what its runs have to hang on wherever they are lived; None where that is the code that is here anyway.
    """

    tables: str
    order: tuple[str, ...]
    own: tuple[str, ...]
    asks: tuple[str, str] | None = None
    code: Code | None = None

    @classmethod
    def of(cls, plan: Scenario) -> Parcel:
        """The scenario, packed.

        Raises:
            InputError: a mechanism of one's own would not come out as it went in.
        """
        kinds = own_mechanisms(plan)
        parcel = cls(
            json.dumps(plan.tables()),
            tuple(one.name for one in plan.mechanisms),
            tuple(f"{kind.__module__}:{kind.__qualname__}" for kind in kinds),
        )
        hidden = [kind for kind in kinds if "<locals>" in kind.__qualname__]
        if hidden or (kinds and parcel.open() != plan):
            found = (
                "is defined in a function" if hidden else "is not the same once written as a table and read"
            )
            allowed = "a class at the top of a module, with plain values for fields: workers build it anew"
            names = ", ".join(kind.__name__ for kind in hidden or kinds)
            raise InputError([Fault(f"mechanism {names}", found, allowed)])
        return parcel

    def open(self) -> Scenario:
        """The scenario, built anew; the same object for equal parcels."""
        return _opened(self, tuple(map(named, self.own)))


@lru_cache(maxsize=256)
def _opened(parcel: Parcel, known: tuple[Any, ...]) -> Scenario:
    from sim.scenario import parse

    plan = parse(json.loads(parcel.tables), known=list(known))
    place = parcel.order.index
    return plan.model_copy(
        update={"mechanisms": tuple(sorted(plan.mechanisms, key=lambda one: place(one.name)))}
    )


def own_mechanisms(plan: Scenario) -> list[type[Mechanism]]:
    """The classes of a scenario's mechanisms that Unsilo does not know by itself."""
    from sim.mechanisms import schedule

    return [type(one) for one in plan.mechanisms if type(one) not in schedule()]


def named(name: str) -> Any:
    """What stands at `module:path`."""
    module, _, path = name.partition(":")
    return attrgetter(path)(import_module(module))


class Job(NamedTuple):
    """A run to be lived.

    Attributes:
        number: by which whoever asks for it knows it.
        scenario: a name for its scenario; no other scenario of the sweep has it.
        plan: makes the scenario, which would fill the memory if all runs held theirs.
        seed: its seed.
        code: what it has to hang on wherever it is lived; None where nobody will ask.
    """

    number: int
    scenario: str
    plan: Callable[[], Scenario | Parcel]
    seed: int
    code: Code | None = None


class Packer:
    """Packs scenarios, and keeps those that are asked for again and again."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Parcel] = OrderedDict()

    def __call__(self, job: Job) -> Parcel:
        """The scenario of a run, packed."""
        parcel = self._kept.pop(job.scenario, None)
        if parcel is None:
            plan = job.plan()
            parcel = plan if isinstance(plan, Parcel) else replace(Parcel.of(plan), code=job.code)
        self._kept[job.scenario] = parcel
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return parcel
