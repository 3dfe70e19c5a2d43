"""Best practice: desks learn which way works best among those they serve, and what special work takes off it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.kernels import kernel
from sim.mechanisms.base import Mechanism
from sim.parameters import rate, share
from sim.tables import NOBODY

if TYPE_CHECKING:
    from sim.organisation import Organisation

SOURCE = "assumed: a trial's starting value"


class BestPractice(Mechanism):
    """A desk's way moves towards what works best; it suits a department less, the more special its work is.

    March's (1991) organisational code: the desk learns from the best-valued department (p2, here); staff learn from the
    desk (p1, `ways.review`) (claims 32, 37, 46).
    """

    name = "best_practice"

    learning: float = rate(
        0.01, "p2: how fast the desk's way takes over what works best", source="March 1991; the value assumed"
    )
    start_quality: float = share(0.5, "quality of a desk's way at the start", source=SOURCE)
    misfit: float = share(0.3, "quality that a desk's way loses in wholly special work", source=SOURCE)
    liaison_misfit: float = share(0.5, "part of that loss where a liaison knows the work", source=SOURCE)

    def build(self, org: Organisation) -> None:
        """Start the desks' ways."""
        org.desks.quality[:] = self.start_quality


@kernel
def forget(rules, k, part, org):
    """Take from all desks a part, 0..1, of what they have learned of a practice."""
    quality, start = org.desks.quality, rules.best_practice[0].start_quality
    for w in range(len(quality)):
        quality[w, k] += part * (start - quality[w, k])


@BestPractice.weekly
@kernel
def learn_ways(rules, week, luck, org):
    """Each way in force learns each practice from the department it serves (or is at home in) that has most of it.

    What allied firms show counts too: guided departments of their circle that other desks serve.
    """
    c, d, desks, firms = rules.best_practice[0], org.departments, org.desks, org.firms
    worth, works, suits, guided, advice = d.worth, d.quality, d.suits, d.guided, d.advice
    specificity, liaisons, homes, quality = d.specificity, d.liaisons, desks.home, desks.quality
    departments, practices, ways = suits.shape
    if ways == 1:
        return False
    for w in range(len(quality)):
        home = homes[w]
        if (desks.way == w).any():
            for k in range(practices):
                best = -1
                for here in range(departments):
                    served = guided[here] and advice[here] == departments + w
                    asked = home == here or (home == NOBODY and served)
                    firm = d.firm[here]
                    shown = (
                        firms.circle[firm] == desks.circle[w] and firms.territory[firm] != desks.territory[w]
                    )
                    asked |= shown and guided[here]
                    if asked and (best < 0 or worth[here, k] > worth[best, k]):
                        best = here
                if best >= 0:
                    gain = works[best, k] - quality[w, k]
                    quality[w, k] += c.learning * max(0.0, gain)
        for here in range(departments):
            loss = c.misfit * specificity[here] * (c.liaison_misfit if liaisons[here] > 0 else 1.0)
            for k in range(practices):
                suits[here, k, departments + w] = quality[w, k] * (1.0 - loss)
    return False
