"""Living runs: one to its end, handed back as what crosses to another process, or one small, for its kernels."""

from __future__ import annotations

import os
from contextlib import suppress
from time import perf_counter
from traceback import format_exc

from numba.core import event

from sim.organisation import run
from sim.scenario import Scenario, load
from sim.sweeps.broken import Broken
from sim.sweeps.likeness import compare, glance
from sim.sweeps.series import pack
from sim.sweeps.work import Code, Ended, Finished, Parcel, Unlike, named, own_mechanisms

_WARM_WEEKS = 104


def live(
    plan: Scenario, seed: int, asks: tuple[str, str] | None = None, code: Code | None = None
) -> Finished:
    """Live one run to its end, and ask something of its record, see `Parcel`.

    Raises:
        Unlike: its people were not those that it is to hang on.
    """
    began = perf_counter()
    record = run(plan, seed)
    compare(plan, code, record.files)
    packed, told = pack(record), named(asks[0])(record, asks[1]) if asks else None
    return Finished(
        record.outcome, record.week, packed, record.departments, record.notices, perf_counter() - began, told
    )


def attempt(plan: Scenario | Parcel, seed: int, code: Code | None = None) -> Ended:
    """Live one run, and tell instead of raising where it does not come to its end.

    Raises:
        Unlike: this process has not what the run is to hang on.
    """
    began, me = perf_counter(), os.getpid()
    try:
        compare(plan, code)
        if isinstance(plan, Parcel):
            return live(plan.open(), seed, plan.asks, code)
        return live(plan, seed, code=code)
    except (Unlike, KeyboardInterrupt):
        raise
    except MemoryError as error:
        text = f"took more memory than allowed ({_line(error)})"
        broken = Broken("memory", text, format_exc(), 1, perf_counter() - began)
    except BaseException as error:
        broken = Broken("raised", _line(error), format_exc(), 1, perf_counter() - began)
    finally:
        if os.getpid() != me:
            os._exit(0)  # what a mechanism has forked, and not ended, is no run
    glance(plan, code)  # perhaps because of what was edited
    return broken


def _line(error: BaseException) -> str:
    """An error in one line; the store shortens it, once it holds nobody's id."""
    try:
        words = f": {error}" if str(error) else ""
    except Exception:  # its own words raise
        words = ""
    return f"{type(error).__name__}{words}".partition("\n")[0]


def warm(parcel: Parcel) -> None:
    """Live a scenario small and forget it, for the kernels that it leaves compiled and loaded; these do not depend on size.

    Mechanisms of one's own are left out: of them, any may raise, hang or crash, and what they do counts in runs alone.

    Raises:
        Unlike: this process has not what its runs are to hang on.
    """
    glance(parcel, parcel.code)
    with suppress(Exception):
        plan = parcel.open()
        run(_small(plan.without(*(kind.name for kind in own_mechanisms(plan)))))


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
