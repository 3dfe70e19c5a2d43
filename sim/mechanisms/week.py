"""A week: all loops in one kernel, since at a thousand employees calling them one by one takes longer than they do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sim.kernels import kernel
from sim.luck import Luck, in_week
from sim.mechanisms import SCHEDULE
from sim.mechanisms.adoption import adopt
from sim.mechanisms.approval import work_queue
from sim.mechanisms.base import Mechanism
from sim.mechanisms.best_practice import learn_ways
from sim.mechanisms.committee import sit
from sim.mechanisms.digital import meet
from sim.mechanisms.duties import help_out
from sim.mechanisms.funding import fund
from sim.mechanisms.governance import govern
from sim.mechanisms.guidance import guide
from sim.mechanisms.incidents import possible
from sim.mechanisms.influence import see_and_believe
from sim.mechanisms.learning import learn
from sim.mechanisms.maturity import read_off
from sim.mechanisms.measurement import report
from sim.mechanisms.outside import looks
from sim.mechanisms.programmes import steer
from sim.mechanisms.rumours import talk
from sim.mechanisms.sponsorship import sponsor
from sim.mechanisms.teaching import teach_all
from sim.mechanisms.team import appointed
from sim.mechanisms.turbulence import turn
from sim.mechanisms.turnover import live
from sim.mechanisms.voice import fall_flat
from sim.mechanisms.ways import settle_ways
from sim.mechanisms.worth import value
from sim.outcome import Cuts
from sim.tables import Struct

if TYPE_CHECKING:
    from sim.organisation import Organisation

LOOPS: tuple[type[Mechanism], ...] = tuple(kind for kind in SCHEDULE if kind.loop)
"""The mechanisms whose loops `live_on` calls, in the order of the week."""


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


class Week:
    """The order in which one scenario's mechanisms make a week: stretches of loops, and steps in Python between them."""

    def __init__(self, mechanisms: Sequence[Mechanism], luck: Luck) -> None:
        numbers = {kind.loop: n for n, kind in enumerate(LOOPS)}
        self._by_number: dict[int, Mechanism] = {}
        self._stretches: list[tuple[int, int] | Mechanism] = []
        for one in mechanisms:
            kind = type(one)
            if kind.step is not Mechanism.step or (kind.loop and kind.loop not in numbers):
                self._stretches.append(one)
            elif kind.loop:
                n = numbers[kind.loop]
                self._by_number[n] = one
                last = self._stretches[-1] if self._stretches else None
                if isinstance(last, tuple) and last[1] <= n:
                    self._stretches[-1] = (last[0], n + 1)
                else:
                    self._stretches.append((n, n + 1))
        self._on = np.array([n in self._by_number for n in range(len(LOOPS))])
        self._streams = np.array([luck.base(kind.name) for kind in LOOPS], np.uint64)

    def live(self, org: Organisation) -> None:
        """Live one week."""
        for stretch in self._stretches:
            if isinstance(stretch, Mechanism):
                stretch.step(org)
                continue
            at, end = stretch
            while at < end:
                at = live_on(at, end, self._on, self._streams, org.rules, org.week, org.state)
                if at < end:
                    self._by_number[at].attend(org)
                    at += 1
