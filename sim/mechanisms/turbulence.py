"""Turbulence: technology, law and markets change what the best way of a practice is."""

from __future__ import annotations

from sim.kernels import kernel
from sim.luck import branch, unit, word
from sim.mechanisms.base import Mechanism
from sim.mechanisms.best_practice import forget
from sim.mechanisms.ways import draw_own
from sim.parameters import rate, share


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


@Turbulence.weekly
@kernel
def turn(rules, week, luck, org):
    """Change what is best in the practices whose week it is."""
    c, key = rules.turbulence[0], org.practices.key
    for k in range(len(key)):
        if unit(word(luck, key[k])) < c.chance:
            if rules.ways[0].on:
                draw_own(rules, branch(luck, 0), k, org)
            if rules.best_practice[0].on:
                forget(rules, k, c.forgotten, org)
    return False
