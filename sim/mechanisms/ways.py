"""Ways: how a practice is done - tool, policy, tone. Departments grow their own; desks recommend one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.kernels import fetch, kernel
from sim.luck import branch, chosen, drawn, greatest_lot, key_with, lots_of, normal, recast, word
from sim.mechanisms.base import Mechanism
from sim.parameters import rate, share, weight
from sim.tables import REVIEWS
from sim.tally import settle
from sim.ties import AHEAD, CROWD, FAR, fetch_contacts, fetch_row
from sim.wings import people, rooms, together

if TYPE_CHECKING:
    from sim.organisation import Organisation

WAY_BITS = np.uint32(16)  # of what somebody shows hold the way, and those above how much they are heeded
WAY = np.uint32(2**16 - 1)
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
        for k in range(org.practices.rows):
            draw_own(org.rules, org.luck.stream(self.name), k, org.state)


@kernel
def draw_own(rules, luck, k, org):
    """Draw the quality at home of the departments' own ways of a practice."""
    c, d, of_practice = rules.ways[0], org.departments, org.practices.key[k]
    for here in range(len(d.key)):
        quality = c.own_quality + c.own_spread * normal(word(luck, key_with(d.key[here], of_practice)))
        d.suits[here, k, here] = min(1.0, max(0.0, quality))


@Ways.together
@kernel
def settle_ways(rules, week, luck, org, thread):
    """New practitioners choose a way; some of the others think again; then habits follow."""
    choose_ways(rules, week, luck, org, thread)
    settle(week, org, thread)
    set_habits(org, thread)
    return False


@Ways.welcoming
@kernel
def come_in(rules, luck, rows, org):
    """Lots of the people in these rows, int64[n], of the weeks for which lots are cast."""
    e, whole = org.employees, org.whole
    recast(luck, whole.now[0].week, whole.cast[REVIEWS], e.key, rows, e.reviews)


@kernel
def choose_ways(rules, week, luck, org, thread):
    """Write into `changes` who of a thread's wing takes another way.

    Contacts are last week's practitioners: who began this week is not looked at.
    """
    c, e, d = rules.ways[0], org.employees, org.departments
    review, low = c.review, greatest_lot(c.review)
    ties, influence = org.ties, e.influence
    indptr, indices, weights = ties
    changes, found, (start, end) = org.changes, org.wings.found[thread.number], people(thread, org)
    key, shown = e.key, changes.shown
    n, ways = e.rung.shape[1], d.tally.shape[2]
    advices, habits, joins, suits, mandate, locus = d.advice, d.habit, d.joined, d.suits, d.mandate, d.locus
    department, guidance = e.department, e.guidance
    thinks, thinkers = np.empty(n + 8, np.uint8), np.empty(n, np.int64)
    shares, all_lots = np.zeros(ways, np.int64), lots_of(luck, week, REVIEWS, e.reviews, org, thread)
    for k in range(len(e.rung)):
        rung, began, practising, way, heard = e.rung[k], e.began[k], e.practising[k], e.way[k], e.heard[k]
        changed, new_rung, new_way = (
            changes.employee[k, start:],
            changes.rung[k, start:],
            changes.way[k, start:],
        )
        lots, own, count = all_lots[k], branch(luck, k), 0
        together(thread, org, 0)
        for i in range(start, end):  # all is read in any case, so that many people are looked at at once
            showing = np.int32(influence[i]) << WAY_BITS | np.int32(way[i])
            shown[i] = showing if practising[i] > began[i] else np.int32(0)
        together(thread, org, 0)
        some = may_think(start, end, lots, low, practising, began, thinks, thinkers)
        for crowd in range(0, some, CROWD):
            if n > FAR:
                fetch_contacts(ties, thinkers, crowd, some, shown)
            for at in range(crowd, min(crowd + CROWD, some)):
                fetch_row(ties, thinkers, at, some)
                if at + AHEAD < some:
                    soon = thinkers[at + AHEAD]
                    fetch(key, soon)
                    fetch(way, soon)
                    fetch(department, soon)
                    fetch(guidance, soon)
                    fetch(heard, soon)
                i = thinkers[at]
                if not began[i] and drawn(lots[i], word(own, key[i])) >= review:
                    continue
                here = department[i]
                advice, habit, local = advices[here], habits[here, k], locus[here]
                taught, told = c.guidance_weight * guidance[i], c.mandate_weight * mandate[here]
                total = 0
                for tie in range(np.uint64(indptr[i]), np.uint64(indptr[i + 1])):
                    j = np.uint64(indices[tie])
                    if j == i:  # the rest of the row is idle
                        break
                    seen = np.uint32(shown[j])
                    heed = weights[tie] * np.int64(seen >> WAY_BITS)
                    shares[seen & WAY] += heed
                    total += heed
                advised = heard[i] if heard[i] >= 0 else advice
                current = -1 if began[i] else way[i]
                best, most = way[i], -1.0
                for w in range(ways):
                    if shares[w] == 0 and w != advised and w != current and w != habit:
                        continue
                    score = c.quality_weight * suits[here, k, w]
                    if shares[w] > 0:
                        score += c.contacts_weight * shares[w] / total
                    if w == advice and w == advised:
                        score += (1.0 - local) * taught
                        score += (1.0 - local) * told
                    elif w == advised:
                        score += taught
                    if w == habit:
                        score += local * (taught + told) + c.habit_weight * (not joins[here])
                    if w == current:
                        score += c.current_weight
                    if score > most:
                        best, most = w, score
                    shares[w] = 0
                if best != way[i]:
                    changed[count], new_rung[count], new_way[count] = i, rung[i], best
                    count += 1
        began[start:end] = 0
        found[k] = count


@kernel
def may_think(start, end, lots, low, practising, began, thinks, thinkers):
    """Write into `thinkers` who of these rows began this week, or practises and has a low enough lot; their number.

    As `utility.may_move`: bytes alone; `thinks`, uint8[n + 8], is room for what it sees.
    """
    for i in range(start, end):
        thinks[i - start] = (practising[i] & (lots[i] <= low)) | began[i]
    return chosen(thinks, np.int64(start), np.int64(end - start), thinkers)


@kernel
def set_habits(org, thread):
    """A department's habit is the commonest way among its practitioners; it stays while nobody practises."""
    d = org.departments
    tally, habit = d.tally, d.habit
    practices, ways = tally.shape[1:]
    for here in rooms(thread, org):
        for k in range(practices):
            best = habit[here, k]
            for w in range(ways):
                if tally[here, k, w] > tally[here, k, best]:
                    best = w
            habit[here, k] = best
