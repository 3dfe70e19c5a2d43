"""Ways: how a practice is done - tool, policy, tone. Departments grow their own; desks recommend one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.kernels import kernel
from sim.luck import combine, half, pair, word
from sim.mechanisms.base import Mechanism
from sim.parameters import rate, share, weight
from sim.tables import TRYING

if TYPE_CHECKING:
    from sim.organisation import Organisation

SOURCE = "assumed: a trial's starting value"


class Ways(Mechanism):
    """Whoever tries, or thinks again, takes the way with most contacts, guidance, mandate, habit and quality for it.

    Quality is how well a way works in one's own department (claims 3, 31, 33, 44, 61).
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
        own = np.arange(d.rows)
        luck = org.luck.normal("ways", combine(d.key[:, None], org.practices.key[None, :]))
        org.quality[: d.rows] = self.foreign_quality
        org.quality[own, own] = np.clip(self.own_quality + self.own_spread * luck, 0.0, 1.0)

    def step(self, org: Organisation) -> None:
        """New practitioners choose a way; some of the others think again; then habits follow."""
        e, d, ties, changes = org.employees, org.departments, org.ties, org.changes
        changes.count = choose_ways(
            self.review, self.contacts_weight, self.guidance_weight, self.mandate_weight, self.habit_weight,
            self.current_weight, self.quality_weight, org.week, org.luck.stream("ways", org.week), org.quality,
            d.advice, d.mandate, d.joined, d.habit, ties.indptr, ties.indices, ties.weights, e.key, e.department,
            e.influence, e.guidance, e.heard, e.rung, e.since, e.practising, e.way,
            changes.cell, changes.rung, changes.way,
        )  # fmt: skip
        org.settle()
        set_habits(org.tally, d.habit)


@kernel
def choose_ways(
    review, by_contacts, by_guidance, by_mandate, by_habit, by_current, by_quality, week, stream, quality,
    advice, mandate, joined, habit, indptr, indices, weights, key, department,
    influence, guidance, heard, rung, since, practising, way, changed, new_rung, new_way,
):  # fmt: skip
    """Write into `changed` and `new_way` who takes another way; the number of them.

    Contacts are last week's practitioners: who began this week is not looked at.
    """
    n, practices = rung.shape
    shares = np.zeros(quality.shape[0], np.int64)
    count = 0
    for i in range(n):
        d = department[i]
        bits = person = word(stream, key[i])
        for k in range(practices):
            if k % 2 == 0:
                bits = pair(person, k)
            if half(bits, k) >= review and since[i, k] != week:
                continue
            new = rung[i, k] == TRYING and since[i, k] == week
            if not (new or (practising[i, k] and half(bits, k) < review)):
                continue
            total = 0
            for edge in range(indptr[i], indptr[i + 1]):
                j = indices[edge]
                before = practising[j, k] & (1 - (rung[j, k] == TRYING) * (since[j, k] == week))
                heed = before * weights[edge] * influence[j]
                shares[way[j, k]] += heed
                total += heed
            advised = heard[i, k] if heard[i, k] >= 0 else advice[d]
            current = -1 if new else way[i, k]
            best, most = way[i, k], -1.0
            for w in range(len(shares)):
                if shares[w] == 0 and w != advised and w != current and w != habit[d, k]:
                    continue
                score = by_quality * quality[w, d, k]
                if shares[w] > 0:
                    score += by_contacts * shares[w] / total
                if w == advised:
                    score += by_guidance * guidance[i]
                    if w == advice[d]:
                        score += by_mandate * mandate[d]
                if w == habit[d, k] and not joined[d]:
                    score += by_habit
                if w == current:
                    score += by_current
                if score > most:
                    best, most = w, score
                shares[w] = 0
            if best != way[i, k]:
                changed[count] = i * practices + k
                new_rung[count] = rung[i, k]
                new_way[count] = best
                count += 1
    return count


@kernel
def set_habits(tally, habit):
    """A department's habit is the commonest way among its practitioners; it stays while nobody practises."""
    departments, practices, ways = tally.shape
    for d in range(departments):
        for k in range(practices):
            best = habit[d, k]
            for w in range(ways):
                if tally[d, k, w] > tally[d, k, best]:
                    best = w
            habit[d, k] = best
