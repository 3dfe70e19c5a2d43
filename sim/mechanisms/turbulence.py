"""Turbulence: technology, law and markets change what the best way of a practice is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.kernels import kernel
from sim.luck import unit, word
from sim.mechanisms.base import Mechanism
from sim.parameters import rate, share

if TYPE_CHECKING:
    from sim.organisation import Organisation


class Turbulence(Mechanism):
    """What is best changes: own ways are worth something else, and part of what desks have learned is out of date.

    March's (1991) p4, his figure 5 (claim 59). Who practises, and how, stays as it is until people think again. Where
    there are no ways to choose from, nothing can change.
    """

    chance: float = rate(
        0.005,
        "p4: chance that a practice's best way changes",
        source="claim 59, March 1991; the value assumed: once in four years",
    )
    forgotten: float = share(0.5, "part of what desks have learned of the practice that is lost then")

    def attend(self, org: Organisation) -> None:
        """Change what is best in the practices whose week it is."""
        changed = changing(org.rules, org.luck.stream("turbulence", org.week), org.state)
        ways, best_practice = org.plan["ways"], org.plan["best_practice"]
        if ways:
            ways.draw_own(org, changed)
        if best_practice:
            best_practice.forget(org, changed, self.forgotten)


@Turbulence.weekly
@kernel
def turn(rules, week, luck, org):
    """Whether the best way of some practice changes this week."""
    return len(changing(rules, luck, org)) > 0


@kernel
def changing(rules, luck, org):
    """The practices whose best way changes this week, int64[n]."""
    key, chance = org.practices.key, rules.turbulence[0].chance
    changes = np.empty(len(key), np.bool_)
    for k in range(len(key)):
        changes[k] = unit(word(luck, key[k])) < chance
    return np.flatnonzero(changes)
