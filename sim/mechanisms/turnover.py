"""Turnover: content people stay, others leave, and newcomers who know nothing take their seats."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sim.kernels import kernel
from sim.luck import branch, chosen, drawn, greatest_lot, lots_of, recast, word
from sim.measures import summed
from sim.mechanisms.base import Mechanism
from sim.mechanisms.contagion import COUNT
from sim.parameters import rate, share, weight
from sim.tables import DEPARTURES, staff_of
from sim.wings import ALONE, people, rooms, together

if TYPE_CHECKING:
    from sim.organisation import Organisation


class Turnover(Mechanism):
    """Satisfaction, the hazard of leaving, and whom the culture attracts (claims 57, 58).

    Satisfaction moves towards `ordinary` plus what lies above its reference, or less what lies below: the mean worth
    that a practitioner experiences, the lead felt and the alignment of the department's goals. So coherent practice
    raises it and hollow practice lowers it; whoever practises nothing has the last two alone. An employee leaves with
    chance base x exp(-sensitivity x satisfaction).
    """

    base: float = rate(
        0.004,
        "chance that an employee without any satisfaction leaves",
        source="form: claim 57; value assumed: 12 % a year at middling satisfaction, where 10-15 % are common",
    )
    executives: float = rate(
        0.004, "the same, of the heads and the top", source="assumed: as long in their seats as anybody"
    )
    sensitivity: float = weight(1.0, "fall of log chance per unit of satisfaction", source="claim 57")
    ordinary: float = share(0.5, "satisfaction of newcomers, and where nothing raises or lowers it")
    pace: float = rate(0.02, "way gone in a week to the satisfaction that the present gives")
    worth_weight: float = weight(0.4, "experienced worth above its reference", source="claim 58; assumed")
    worth_reference: float = share(0.3, "experienced worth that neither pleases nor annoys")
    lead_weight: float = weight(0.2, "lead above its reference")
    lead_reference: float = share(0.4, "lead that neither pleases nor annoys")
    alignment_weight: float = weight(0.2, "alignment above its reference")
    alignment_reference: float = share(0.8, "alignment that neither pleases nor annoys")
    attraction: float = share(
        0.5,
        "part of a newcomer's threshold that is missing, per unit of the department's mean satisfaction above ordinary",
        source="claim 58; assumed",
    )

    def build(self, org: Organisation) -> None:
        """Everybody begins with ordinary satisfaction."""
        org.employees.satisfaction[:] = self.ordinary

    def attend(self, org: Organisation) -> None:
        """Replace those who leave, where the week's kernel could not."""
        org.replace(leavers(org.rules, org.week, org.luck.stream(self.name, org.week), org.state, ALONE))


@Turnover.together
@kernel
def live(rules, week, luck, org, thread):
    """A week of satisfaction; whether somebody leaves, who then stands in `leaving`."""
    satisfy(rules, org, thread)
    together(thread, org, 0)
    if thread.number == 0:
        org.leaving = leavers(rules, week, luck, org, ALONE)
        return len(org.leaving) > 0
    return False


@kernel
def satisfy(rules, org, thread):
    """The satisfaction of a thread's wing, one week on."""
    c, e, d = rules.turnover[0], org.employees, org.departments
    pace, by_worth, reference = c.pace, c.worth_weight, c.worth_reference
    first, size, practised, experienced = d.first, d.size, d.practised, d.experienced
    satisfaction, breadth = e.satisfaction, e.breadth
    worth, (start, end) = np.empty(len(satisfaction)), people(thread, org)
    worth[start:end] = 0.0
    practising, way = e.practising, e.way
    for here in rooms(thread, org):
        for k in range(len(practising)):
            if practised[here, k] == 0:
                continue
            for i in staff_of(first, size, here):
                worth[i] += practising[k, i] * experienced[here, k, np.uint16(way[k, i])]
        common = c.ordinary + c.lead_weight * (d.lead[here] - c.lead_reference)
        common += c.alignment_weight * (d.alignment[here] - c.alignment_reference)
        for i in staff_of(first, size, here):
            own = (breadth[i] > 0) * by_worth * (worth[i] / max(1, breadth[i]) - reference)
            satisfaction[i] += pace * (min(1.0, max(0.0, common + own)) - satisfaction[i])


@kernel
def leavers(rules, week, luck, org, thread):
    """The rows of those who leave this week; a draw is compared with the most that any chance can be before it is computed."""
    c, e, person = rules.turnover[0], org.employees, org.executives.person
    key, satisfaction, n = e.key, e.satisfaction, len(e.key)
    low = greatest_lot(max(c.base, c.executives))
    lots = lots_of(luck, week, DEPARTURES, e.departures[:, None, :], org, thread)[0]
    may, rows, count, own = np.empty(n + 8, np.uint8), np.empty(n, np.int64), 0, branch(luck, 0)
    for i in range(n):
        may[i] = lots[i] <= low
    for i in rows[: chosen(may, 0, n, rows)]:
        chance = c.executives if among(person, i) else c.base
        if drawn(lots[i], word(own, key[i])) < chance * math.exp(-c.sensitivity * satisfaction[i]):
            rows[count] = i
            count += 1
    return rows[:count]


@kernel
def among(people, i):
    """Whether somebody is one of them."""
    found = False
    for one in people:
        found |= one == i
    return found


@Turnover.welcoming
@kernel
def attract(rules, luck, rows, org):
    """A good culture, the satisfaction of those who stay, attracts people of low thresholds; `rows` int[n] are theirs."""
    ordinary, attraction, whole = rules.turnover[0].ordinary, rules.turnover[0].attraction, org.whole
    least = 0.0 if rules.adoption[0].by == COUNT else rules.adoption[0].threshold_least
    e, d = org.employees, org.departments
    recast(luck, whole.now[0].week, whole.cast[DEPARTURES], e.key, rows, e.departures[:, None, :])
    satisfaction, threshold, department, size = e.satisfaction, e.threshold, e.department, d.size
    joined, culture = np.zeros(len(size), np.int64), np.full(len(size), ordinary)
    for i in rows:
        satisfaction[i] = ordinary
        joined[department[i]] += 1
    for here in range(len(size)):
        if 0 < joined[here] < size[here]:
            content = summed(satisfaction, d.first[here], d.first[here] + size[here])
            culture[here] = (content - joined[here] * ordinary) / (size[here] - joined[here])
    for i in rows:
        missing = attraction * max(0.0, culture[department[i]] - ordinary)
        threshold[i] = max(least, threshold[i] * (1.0 - missing))
