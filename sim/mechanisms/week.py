"""A week: all loops in one kernel, since at a thousand employees calling them one by one takes longer than they do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sim.kernels import kernel
from sim.luck import Luck, in_week
from sim.mechanisms import SCHEDULE, adoption, ways
from sim.mechanisms.adoption import adopt
from sim.mechanisms.approval import work_queue
from sim.mechanisms.base import Mechanism
from sim.mechanisms.best_practice import learn_ways
from sim.mechanisms.committee import sit
from sim.mechanisms.digital import end_ties, meet
from sim.mechanisms.duties import help_out
from sim.mechanisms.funding import fund
from sim.mechanisms.governance import govern
from sim.mechanisms.guidance import guide
from sim.mechanisms.incidents import possible
from sim.mechanisms.influence import introduce, see_and_believe
from sim.mechanisms.learning import learn
from sim.mechanisms.maturity import read_off
from sim.mechanisms.measurement import report
from sim.mechanisms.outside import arrive, looks
from sim.mechanisms.programmes import steer
from sim.mechanisms.rumours import talk
from sim.mechanisms.sponsorship import sponsor, succeed
from sim.mechanisms.teaching import teach_all
from sim.mechanisms.team import appointed
from sim.mechanisms.turbulence import turn
from sim.mechanisms.turnover import attract, live
from sim.mechanisms.voice import fall_flat
from sim.mechanisms.ways import settle_ways
from sim.mechanisms.worth import value
from sim.outcome import Cuts
from sim.tables import Struct

if TYPE_CHECKING:
    from sim.organisation import Organisation

LOOPS: tuple[type[Mechanism], ...] = tuple(kind for kind in SCHEDULE if kind.loop)
"""The mechanisms whose loops `live_on` calls, in the order of the week."""
ARRIVALS: tuple[type[Mechanism], ...] = tuple(kind for kind in SCHEDULE if kind.arrival)
"""Those whose arrivals `welcome_on` calls."""


class Rules(Struct, fields=(*(kind.name for kind in LOOPS), "outcome")):
    """The coefficients of all mechanisms, by name, and the outcome's cuts; those of a mechanism that is off are all 0."""


def rules_of(mechanisms: Sequence[Mechanism], cuts: Cuts) -> Rules:
    """The coefficients of these mechanisms as loops take them."""
    there = {one.name: one.coefficients for one in mechanisms}
    none = {kind.name: np.zeros(1, kind.layout()) for kind in LOOPS if kind.name not in there}
    return Rules.of(there | none | {"outcome": cuts.coefficients})


@kernel
def live_on(at, end, on, streams, rules, week, org):
    """Live through the loops numbered `at` to `end` that are on; the number of the first that leaves something to Python.

    `on`, bool[loops], says which; `streams`, uint64[loops], hold their luck. Without anything to do, `end` is returned.
    """
    for n in range(at, end):
        if on[n] and loop(n, rules, week, in_week(streams[n], week), org):
            return n
    return end


@kernel
def loop(n, rules, week, luck, org):
    """The loop with a number among `LOOPS`."""
    if n == 0:
        return sit(rules, week, luck, org)
    if n == 1:
        return sponsor(rules, week, luck, org)
    if n == 2:
        return fund(rules, week, luck, org)
    if n == 3:
        return govern(rules, week, luck, org)
    if n == 4:
        return help_out(rules, week, luck, org)
    if n == 5:
        return appointed(rules, week, luck, org)
    if n == 6:
        return work_queue(rules, week, luck, org)
    if n == 7:
        return teach_all(rules, week, luck, org)
    if n == 8:
        return guide(rules, week, luck, org)
    if n == 9:
        return learn_ways(rules, week, luck, org)
    if n == 10:
        return learn(rules, week, luck, org)
    if n == 11:
        return see_and_believe(rules, week, luck, org)
    if n == 12:
        return adopt(rules, week, luck, org)
    if n == 13:
        return settle_ways(rules, week, luck, org)
    if n == 14:
        return meet(rules, week, luck, org)
    if n == 15:
        return looks(rules, week, luck, org)
    if n == 16:
        return turn(rules, week, luck, org)
    if n == 17:
        return value(rules, week, luck, org)
    if n == 18:
        return fall_flat(rules, week, luck, org)
    if n == 19:
        return report(rules, week, luck, org)
    if n == 20:
        return steer(rules, week, luck, org)
    if n == 21:
        return possible(rules, week, luck, org)
    if n == 22:
        return talk(rules, week, luck, org)
    if n == 23:
        return live(rules, week, luck, org)
    return read_off(rules, week, luck, org)


@kernel
def welcome_on(at, end, on, streams, rules, rows, org):
    """As `live_on`, for newcomers in these rows, int64[m], and the arrivals numbered as among `ARRIVALS`."""
    for n in range(at, end):
        if on[n] and arrival(n, rules, in_week(streams[n], 0), rows, org):
            return n
    return end


@kernel
def arrival(n, rules, luck, rows, org):
    """The arrival with a number among `ARRIVALS`."""
    if n == 0:
        return succeed(rules, luck, rows, org)
    if n == 1:
        return introduce(rules, luck, rows, org)
    if n == 2:
        return adoption.come_in(rules, luck, rows, org)
    if n == 3:
        return ways.come_in(rules, luck, rows, org)
    if n == 4:
        return end_ties(rules, luck, rows, org)
    if n == 5:
        return arrive(rules, luck, rows, org)
    return attract(rules, luck, rows, org)


class Stretches:
    """Mechanisms in the order in which they are called: stretches of numbered kernels, and methods in Python between them."""

    def __init__(
        self,
        mechanisms: Sequence[Mechanism],
        kinds: Sequence[type[Mechanism]],
        kernel: str,
        method: str,
        luck: Luck,
    ) -> None:
        numbers = {getattr(kind, kernel): n for n, kind in enumerate(kinds)}
        self.by_number: dict[int, Mechanism] = {}
        self.calls: list[tuple[int, int] | Mechanism] = []
        for one in mechanisms:
            its = getattr(type(one), kernel)
            if getattr(type(one), method) is not getattr(Mechanism, method) or (its and its not in numbers):
                self.calls.append(one)
            elif its:
                n = numbers[its]
                self.by_number[n] = one
                last = self.calls[-1] if self.calls else None
                if isinstance(last, tuple) and last[1] <= n:
                    self.calls[-1] = (last[0], n + 1)
                else:
                    self.calls.append((n, n + 1))
        self.on = np.array([n in self.by_number for n in range(len(kinds))])
        self.streams = np.array([luck.base(kind.name) for kind in kinds], np.uint64)


class Order:
    """How one scenario's mechanisms make a week, and welcome newcomers."""

    def __init__(self, mechanisms: Sequence[Mechanism], luck: Luck) -> None:
        self._week = Stretches(mechanisms, LOOPS, "loop", "step", luck)
        self._door = Stretches(mechanisms, ARRIVALS, "arrival", "welcome", luck)

    def live(self, org: Organisation) -> None:
        """Live one week."""
        week = self._week
        for call in week.calls:
            if isinstance(call, Mechanism):
                call.step(org)
                continue
            at, end = call
            while (at := live_on(at, end, week.on, week.streams, org.rules, org.week, org.state)) < end:
                week.by_number[at].attend(org)
                at += 1

    def welcome(self, org: Organisation, rows: np.ndarray) -> None:
        """Let every mechanism set what newcomers bring to these rows of employees, int64[m]."""
        door = self._door
        for call in door.calls:
            if isinstance(call, Mechanism):
                call.welcome(org, rows)
                continue
            at, end = call
            while (at := welcome_on(at, end, door.on, door.streams, org.rules, rows, org.state)) < end:
                door.by_number[at].receive(org, rows)
                at += 1
