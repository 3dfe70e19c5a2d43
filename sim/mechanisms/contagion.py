"""The rules `hazard` and `threshold` of adoption, as a loop over everybody."""

from __future__ import annotations

import math

import numpy as np

from sim.kernels import kernel
from sim.luck import branch, draws
from sim.tables import LAPSED, ROUTINE, TRYING, staff_of
from sim.wings import people, rooms

UTILITY, HAZARD, SHARE, COUNT = range(4)
TIE = 1e-9  # a sum of shares that is exactly the threshold on paper may fall short of it by rounding


@kernel
def spread(rules, luck, org, thread):
    """Write into `changes` who of a thread's wing moves to which rung.

    Whoever does not practise, unaware, aware or lapsed, may try at once: HAZARD by a chance (Bass 1969), SHARE when
    exposure has come to the threshold, COUNT when so many contacts practise (Granovetter 1978).
    """
    c, e, d = rules.adoption[0], org.employees, org.departments
    changes, found, (start, end) = org.changes, org.wings.found[thread.number], people(thread, org)
    indptr, indices, _ = org.ties
    key, threshold, first, size, opens, habit = e.key, e.threshold, d.first, d.size, d.open, d.habit
    draw, rule = np.empty(len(key)), c.by
    for k in range(len(e.rung)):
        rung, exposure, practising, way = e.rung[k], e.exposure[k], e.practising[k], e.way[k]
        changed, new_rung, new_way = (
            changes.employee[k, start:],
            changes.rung[k, start:],
            changes.way[k, start:],
        )
        draws(branch(luck, k), key[start:end], draw[start:end])
        count = 0
        for here in rooms(thread, org):
            external = c.external * opens[here]
            for i in staff_of(first, size, here):
                u, to = draw[i], rung[i]
                if practising[i]:
                    if u < c.lapse:
                        to = LAPSED
                    elif u < c.lapse + c.routine:
                        to = ROUTINE
                elif rule == HAZARD:
                    if u < -math.expm1(-(external + c.internal * exposure[i])):
                        to = TRYING
                else:
                    seen = exposure[i]
                    if rule == COUNT:
                        seen = 0.0
                        for at in range(indptr[i], indptr[i + 1]):
                            seen += practising[indices[at]]
                    if seen >= threshold[i] - TIE:
                        to = TRYING
                if to != rung[i]:
                    changed[count], new_rung[count] = i, to
                    new_way[count] = habit[here, k] if to == TRYING else way[i]
                    count += 1
        found[k] = count
