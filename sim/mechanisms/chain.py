"""The chain: every mechanism's loop and arrival under a number, and all their coefficients, for one kernel to call them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.cuts import Cuts
from sim.kernels import kernel
from sim.mechanisms import SCHEDULE, adoption, ways
from sim.mechanisms.adoption import adopt
from sim.mechanisms.approval import work_queue
from sim.mechanisms.base import Mechanism
from sim.mechanisms.best_practice import learn_ways
from sim.mechanisms.committee import sit
from sim.mechanisms.digital import end_ties, meet
from sim.mechanisms.duties import help_out
from sim.mechanisms.events import due
from sim.mechanisms.funding import fund
from sim.mechanisms.governance import govern
from sim.mechanisms.guidance import guide
from sim.mechanisms.incidents import go_wrong
from sim.mechanisms.influence import introduce, see_and_believe
from sim.mechanisms.learning import learn
from sim.mechanisms.maturity import read_off
from sim.mechanisms.measurement import report
from sim.mechanisms.outside import arrive, begin
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
from sim.tables import Struct

LOOPS: tuple[type[Mechanism], ...] = tuple(kind for kind in SCHEDULE if kind.loop)
"""The mechanisms whose loops `loop` calls, in the order of the week."""
ARRIVALS: tuple[type[Mechanism], ...] = tuple(kind for kind in SCHEDULE if kind.arrival)
"""Those whose arrivals `arrival` calls."""


class Rules(Struct, fields=(*(kind.name for kind in LOOPS), "outcome")):
    """The coefficients of all mechanisms, by name, and the outcome's cuts; those of a mechanism that is off are all 0."""


def rules_of(mechanisms: Sequence[Mechanism], cuts: Cuts) -> Rules:
    """The coefficients of these mechanisms as loops take them."""
    there = {one.name: one.coefficients for one in mechanisms}
    none = {kind.name: np.zeros(1, kind.layout()) for kind in LOOPS if kind.name not in there}
    return Rules.of(there | none | {"outcome": cuts.coefficients})


@kernel(inline="always")
def loop(n, rules, week, luck, org, thread):
    """The loop with a number among `LOOPS`: those marked `together` all threads live, the others the first alone."""
    if n == 11:
        return learn(rules, week, luck, org, thread)
    if n == 12:
        return see_and_believe(rules, week, luck, org, thread)
    if n == 13:
        return adopt(rules, week, luck, org, thread)
    if n == 14:
        return settle_ways(rules, week, luck, org, thread)
    if n == 16:
        return begin(rules, week, luck, org, thread)
    if n == 23:
        return talk(rules, week, luck, org, thread)
    if n == 24:
        return live(rules, week, luck, org, thread)
    if thread.number > 0:
        return False
    if n == 0:
        return due(rules, week, luck, org)
    if n == 1:
        return sit(rules, week, luck, org)
    if n == 2:
        return sponsor(rules, week, luck, org)
    if n == 3:
        return fund(rules, week, luck, org)
    if n == 4:
        return govern(rules, week, luck, org)
    if n == 5:
        return help_out(rules, week, luck, org)
    if n == 6:
        return appointed(rules, week, luck, org)
    if n == 7:
        return work_queue(rules, week, luck, org)
    if n == 8:
        return teach_all(rules, week, luck, org)
    if n == 9:
        return guide(rules, week, luck, org)
    if n == 10:
        return learn_ways(rules, week, luck, org)
    if n == 15:
        return meet(rules, week, luck, org)
    if n == 17:
        return turn(rules, week, luck, org)
    if n == 18:
        return value(rules, week, luck, org)
    if n == 19:
        return fall_flat(rules, week, luck, org)
    if n == 20:
        return report(rules, week, luck, org)
    if n == 21:
        return steer(rules, week, luck, org)
    if n == 22:
        return go_wrong(rules, week, luck, org)
    return read_off(rules, week, luck, org)


@kernel
def arrival(n, rules, luck, rows, org):
    """The arrival with a number among `ARRIVALS`."""
    if n == 0:
        succeed(rules, luck, rows, org)
    elif n == 1:
        introduce(rules, luck, rows, org)
    elif n == 2:
        adoption.come_in(rules, luck, rows, org)
    elif n == 3:
        ways.come_in(rules, luck, rows, org)
    elif n == 4:
        end_ties(rules, luck, rows, org)
    elif n == 5:
        arrive(rules, luck, rows, org)
    else:
        attract(rules, luck, rows, org)
