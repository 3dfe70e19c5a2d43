"""Ways: how a practice is done - tool, policy, tone. Departments grow their own; desks recommend one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.kernels import kernel
from sim.luck import branch, combine, draws
from sim.mechanisms.base import Mechanism
from sim.parameters import rate, share, weight
from sim.tables import TRYING, staff_of
from sim.tally import settle

if TYPE_CHECKING:
    from sim.organisation import Organisation

SOURCE = "assumed: a trial's starting value"


class Ways(Mechanism):
    """Whoever tries, or thinks again, takes the way with most contacts, guidance, mandate, habit and quality for it.

    Quality is how well a way works in one's own department (claims 3, 31, 33, 44, 61). Where choice sits (claim 46) is what
    a desk's guidance and mandate speak for: its own way, at locus 0, or the department's, at 1.
    """

    review: float = rate(
        0.04,
        "p1: chance that a practitioner thinks again about how to do it",
        source="March 1991; the value assumed",
    )
    contacts_weight: float = weight(1.0, "share among practising contacts", source=SOURCE)
    guidance_weight: float = weight(1.0, "guidance, for the recommended way", source=SOURCE)
    mandate_weight: float = weight(1.0, "mandate, for the recommended way", source=SOURCE)
    habit_weight: float = weight(0.10, "the department's habit, where it has not joined a hub", source=SOURCE)
    current_weight: float = weight(0.12, "the way one has", source=SOURCE)
    quality_weight: float = weight(1.0, "quality seen", source=SOURCE)
    own_quality: float = share(0.7, "mean quality of a department's own way at home", source=SOURCE)
    own_spread: float = share(0.08, "its standard deviation between departments and practices")
    foreign_quality: float = share(0.45, "quality of another department's way", source=SOURCE)

    def build(self, org: Organisation) -> None:
        """Draw how good the departments' own ways are."""
        d = org.departments
        d.suits[:, :, : d.rows] = self.foreign_quality
        self.draw_own(org, np.arange(org.practices.rows))

    def draw_own(self, org: Organisation, practices: np.ndarray) -> None:
        """Draw the quality at home of the departments' own ways of these practices, int[n], with this week's luck."""
        d = org.departments
        luck = org.luck.normal("ways", combine(d.key[:, None], org.practices.key[None, practices]), org.week)
        own = np.arange(d.rows)[:, None]
        d.suits[own, practices, own] = np.clip(self.own_quality + self.own_spread * luck, 0.0, 1.0)


@Ways.weekly
@kernel
def settle_ways(rules, week, luck, org):
    """New practitioners choose a way; some of the others think again; then habits follow."""
    settle(choose_ways(rules, week, luck, org), week, org)
    set_habits(org)
    return False


@kernel
def choose_ways(rules, week, luck, org):
    """Write into `changes` who takes another way; the number of them.

    Contacts are last week's practitioners: who began this week is not looked at.
    """
    c, e, d = rules.ways[0], org.employees, org.departments
    review = c.review
    indptr, indices, weights = org.ties
    changed_practice, changed, new_rung, new_way = org.changes
    key, influence = e.key, e.influence
    n, ways = e.rung.shape[1], d.tally.shape[2]
    first, size, advices, habits, joins, suits = d.first, d.size, d.advice, d.habit, d.joined, d.suits
    mandate, guidance, locus = d.mandate, e.guidance, d.locus
    shares, draw, thinks = np.zeros(ways, np.int64), np.empty(n), np.empty(n, np.bool_)
    count = 0
    for k in range(len(e.rung)):
        rung, since, practising, way, heard = e.rung[k], e.since[k], e.practising[k], e.way[k], e.heard[k]
        draws(branch(luck, k), key, draw)
        for here in range(len(size)):
            advice, habit, joined = advices[here], habits[here, k], joins[here]
            local, told = locus[here], c.mandate_weight * mandate[here]
            for i in staff_of(first, size, here):
                again = (practising[i] == 1) & (draw[i] < review)
                thinks[i] = again | ((rung[i] == TRYING) & (since[i] == week))
            for i in staff_of(first, size, here):
                if not thinks[i]:
                    continue
                total = 0
                for at in range(indptr[i], indptr[i + 1]):
                    j = indices[at]
                    if j == i:  # the rest of the row is idle
                        break
                    began = (rung[j] == TRYING) & (since[j] == week)
                    heed = practising[j] * (1 - began) * weights[at] * influence[j]  # 0 instead of a branch
                    shares[way[j]] += heed
                    total += heed
                advised = heard[i] if heard[i] >= 0 else advice
                current = -1 if rung[i] == TRYING and since[i] == week else way[i]
                best, most = way[i], -1.0
                for w in range(ways):
                    if shares[w] == 0 and w != advised and w != current and w != habit:
                        continue
                    score = c.quality_weight * suits[here, k, w]
                    if shares[w] > 0:
                        score += c.contacts_weight * shares[w] / total
                    shown = c.guidance_weight * guidance[i]
                    if w == advice and w == advised:
                        score += (1.0 - local) * shown
                        score += (1.0 - local) * told
                    elif w == advised:
                        score += shown
                    if w == habit:
                        score += local * (shown + told) + c.habit_weight * (not joined)
                    if w == current:
                        score += c.current_weight
                    if score > most:
                        best, most = w, score
                    shares[w] = 0
                if best != way[i]:
                    changed_practice[count], changed[count] = k, i
                    new_rung[count] = rung[i]
                    new_way[count] = best
                    count += 1
    return count


@kernel
def set_habits(org):
    """A department's habit is the commonest way among its practitioners; it stays while nobody practises."""
    d = org.departments
    tally, habit = d.tally, d.habit
    departments, practices, ways = tally.shape
    for here in range(departments):
        for k in range(practices):
            best = habit[here, k]
            for w in range(ways):
                if tally[here, k, w] > tally[here, k, best]:
                    best = w
            habit[here, k] = best
