"""Teaching: desk people teach staff in turn with the time that is left; without a gate, practitioners teach who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.kernels import kernel
from sim.luck import branch, unit, word
from sim.mechanisms.base import Mechanism
from sim.parameters import parameter, rate
from sim.tables import ROUTINE, staff_of

if TYPE_CHECKING:
    from sim.organisation import Organisation

SOURCE = "assumed: a trial's starting value"


class Teaching(Mechanism):
    """Who is taught, by whom, and in which way (claims 32, 39)."""

    pupils: float = parameter(4.0, "people taught in a person-week", unit="people", source=SOURCE, ge=0)
    colleagues: float = rate(
        0.1, "holistic: chance of being taught, times budget and share in routine", source=SOURCE
    )

    def build(self, org: Organisation) -> None:
        """Draw the order in which staff are taught."""
        e = org.employees
        e.turn[:] = np.lexsort((org.luck.uniform("teaching", e.key), e.department))


@Teaching.weekly
@kernel
def teach_all(rules, week, luck, org):
    """Desks teach where there is a gate; without any, whoever is served may be taught by a colleague."""
    if org.departments.gated.any():
        teach(rules.teaching[0].pupils, week, org)
    elif org.departments.guided.any():
        teach_among_colleagues(rules.teaching[0].colleagues, week, luck, org)
    return False


@kernel
def teach(pupils, week, org):
    """Teach staff in turn with the time that is left; where something waits, it is kept for that instead."""
    e, d, desks = org.employees, org.departments, org.desks
    for here in range(len(d.size)):
        if d.waiting[here] == 0:
            d.credit[here] += pupils * d.time[here]
            d.time[here] = 0.0
    for desk in range(len(desks.time)):
        queue, staff = 0, 0
        for here in range(len(d.size)):
            if d.served[here] == desk:
                queue += d.waiting[here]
                staff += d.size[here]
        if queue == 0:
            for here in range(len(d.size)):
                if d.served[here] == desk:
                    d.credit[here] += pupils * desks.time[desk] * d.size[here] / staff
            desks.time[desk] = 0.0
    for here in range(len(d.size)):
        d.credit[here] = min(float(d.size[here]), d.credit[here]) if d.gated[here] else 0.0
        while d.credit[here] >= 1.0:
            i = e.turn[d.first[here] + d.next[here]]
            e.taught[i] = week
            e.contact[i] = week
            d.next[here] = (d.next[here] + 1) % d.size[here]
            d.credit[here] -= 1.0


@kernel
def teach_among_colleagues(chance, week, stream, org):
    """Somebody in routine, anywhere, teaches one practice, in their way, to staff who happen to ask."""
    e, d = org.employees, org.departments
    rung, way, key, first, size = e.rung, e.way, e.key, d.first, d.size
    practices, n = rung.shape
    routine = d.routine.sum()
    if routine == 0:
        return
    cells, count, people = np.empty(routine, np.int64), 0, np.zeros(n, np.bool_)
    for k in range(practices):
        for i in range(n):
            if rung[k, i] == ROUTINE:
                cells[count] = k * n + i
                count += 1
                people[i] = True
    reach = chance * people.sum() / n
    asks, whom = branch(stream, 0), branch(stream, 1)
    for here in range(len(d.size)):
        if d.guided[here]:
            likely = reach * min(1.0, d.budget[here])
            for i in staff_of(first, size, here):
                if unit(word(asks, key[i])) < likely:
                    cell = cells[int(unit(word(whom, key[i])) * routine)]
                    e.taught[i] = week
                    e.contact[i] = week
                    e.heard[cell // n, i] = way[cell // n, cell % n]
