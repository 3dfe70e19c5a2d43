"""What a worker does: live one run and hand back what is kept of it, small enough to cross to another process.

Scenarios cross as plain tables, in JSON, and are built anew where the run is lived; nothing that a user hands over is pickled.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from operator import attrgetter
from time import perf_counter
from traceback import format_exc
from typing import Any, NamedTuple

from numba.core import event

from sim.errors import Fault, InputError
from sim.mechanisms import schedule
from sim.organisation import run
from sim.outcome import Outcome
from sim.scenario import Scenario, load, parse
from sim.sweeps.broken import Broken
from sim.sweeps.series import pack

_WARM_WEEKS = 104
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


@dataclass(frozen=True)
class Parcel:
    """A scenario as it crosses to another process.

    Attributes:
        tables: its tables, as JSON.
        order: names of its mechanisms, in the order of its week.
        own: `module:class` of each mechanism that Unsilo does not know by itself.
        asks: what is asked of the record beside what is kept of every run: `module:function` that takes it, and a text.
    """

    tables: str
    order: tuple[str, ...]
    own: tuple[str, ...]
    asks: tuple[str, str] | None = None

    @classmethod
    def of(cls, plan: Scenario) -> Parcel:
        """The scenario, packed.

        Raises:
            InputError: a mechanism of one's own would not come out as it went in.
        """
        kinds = [type(one) for one in plan.mechanisms if type(one) not in schedule()]
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
        return _opened(self, tuple(map(_named, self.own)))


@lru_cache(maxsize=256)
def _opened(parcel: Parcel, known: tuple[Any, ...]) -> Scenario:
    plan = parse(json.loads(parcel.tables), known=list(known))
    place = parcel.order.index
    return plan.model_copy(
        update={"mechanisms": tuple(sorted(plan.mechanisms, key=lambda one: place(one.name)))}
    )


def _named(name: str) -> Any:
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
    """

    number: int
    scenario: str
    plan: Callable[[], Scenario | Parcel]
    seed: int


class Packer:
    """Packs scenarios, and keeps those that are asked for again and again."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Parcel] = OrderedDict()

    def __call__(self, job: Job) -> Parcel:
        """The scenario of a run, packed."""
        parcel = self._kept.pop(job.scenario, None)
        if parcel is None:
            plan = job.plan()
            parcel = plan if isinstance(plan, Parcel) else Parcel.of(plan)
        self._kept[job.scenario] = parcel
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return parcel


def live(plan: Scenario, seed: int, asks: tuple[str, str] | None = None) -> Finished:
    """Live one run to its end, and ask something of its record, see `Parcel`."""
    began = perf_counter()
    record = run(plan, seed)
    packed, told = pack(record), _named(asks[0])(record, asks[1]) if asks else None
    return Finished(
        record.outcome, record.week, packed, record.departments, record.notices, perf_counter() - began, told
    )


def attempt(plan: Scenario | Parcel, seed: int) -> Ended:
    """Live one run, and tell instead of raising where it does not come to its end."""
    began = perf_counter()
    try:
        return live(plan.open(), seed, plan.asks) if isinstance(plan, Parcel) else live(plan, seed)
    except MemoryError as error:
        text = f"took more memory than allowed ({_line(error)})"
        return Broken("memory", text, format_exc(), 1, perf_counter() - began)
    except (Exception, SystemExit) as error:
        return Broken("raised", _line(error), format_exc(), 1, perf_counter() - began)


def _line(error: BaseException) -> str:
    """An error in one line of bearable length."""
    return f"{type(error).__name__}: {error}".partition("\n")[0][:500]


def warm(parcel: Parcel) -> None:
    """Live a scenario small and forget it, for the kernels that it leaves compiled and loaded; these do not depend on size.

    Mechanisms of one's own are left out: of them, any may raise, hang or crash, and what they do counts in runs alone.
    """
    with suppress(Exception):
        plan = parcel.open()
        run(_small(plan.without(*(one.name for one in plan.mechanisms if type(one) not in schedule()))))


def load_kernels() -> None:
    """Load kernels that nearly all runs take, up to the first that is not compiled yet: a run will see to that."""
    with suppress(Exception), event.install_listener("numba:compile", _NotNow()):
        run(_small(load("baseline")))


class _NotNow(event.Listener):
    """Has nothing compiled."""

    def on_start(self, event: event.Event) -> None:
        """A kernel was about to be."""
        raise RuntimeError("not compiled yet")

    def on_end(self, event: event.Event) -> None:
        """None was."""


def _small(plan: Scenario) -> Scenario:
    people = plan.organisation
    weeks = plan.weeks if plan["events"] else min(plan.weeks, _WARM_WEEKS)
    if people.roster:
        return plan.replaced({"weeks": weeks})
    total = sum(size for _, _, size in people.sizes())
    return plan.replaced({"weeks": weeks, "organisation.employees": min(total, 10 * len(people.departments))})
