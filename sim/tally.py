"""Integer counts of who practises what, kept up to date from those who changed.

Sums of integers do not depend on the order in which changes come, so incremental and full sums agree to the bit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.kernels import fetch, kernel
from sim.measures import organisation_measures
from sim.tables import ROUTINE, TRYING
from sim.ties import AHEAD, fetch_row


class Changes(NamedTuple):
    """Moves decided in a week but not yet made: people decide on last week's people.

    Attributes:
        practice, employee: int32[practices x staff], of whom the move is; filled as far as needed.
        rung, way: int8 and int16 of the same length, where to.
    """

    practice: np.ndarray
    employee: np.ndarray
    rung: np.ndarray
    way: np.ndarray

    @classmethod
    def room(cls, cells: int) -> Changes:
        """Room for a move of everybody in every practice."""
        kinds = (np.int32, np.int32, np.int8, np.int16)
        return cls(*(np.empty(cells, kind) for kind in kinds))


@kernel
def measure(org):
    """Bring the organisation's measures up to date."""
    d, whole = org.departments, org.whole
    if not whole.now[0].fresh:
        organisation_measures(d.tally, d.size, d.meant, whole.measures, whole.by_practice, whole.adoption)
        whole.now[0].fresh = True


@kernel
def hold_lines(lines, org):
    """Put these reporting lines, `staff.Lines`, in place of those in the state."""
    org.lines = lines


@kernel
def recount(org):
    """Count anew all that depends on who sits where and practises what, but for `peers`."""
    e, d = org.employees, org.departments
    rung, way, practising, followers, led = e.rung, e.way, e.practising, e.followers, e.led
    department, manager, breadth = e.department, e.manager, e.breadth
    tally, routine, practised, activity = d.tally, d.routine, d.practised, d.activity
    tally[:], routine[:], practised[:], activity[:], followers[:] = 0, 0, 0, 0, 0
    org.whole.now[0].fresh = False
    for k in range(len(rung)):
        for i in range(len(manager)):
            here, now = department[i], practising[k, i]
            routine[here, k] += rung[k, i] == ROUTINE
            practised[here, k] += now
            if now:
                tally[here, k, way[k, i]] += 1
            led[k, i] = 0
            if manager[i] >= 0:
                followers[k, manager[i]] += now
                led[k, i] = practising[k, manager[i]]
    for i in range(len(manager)):
        activity[department[i]] += breadth[i] > 0


@kernel
def settle(count, week, org):
    """Make the first `count` changes, and update every count that depends on them."""
    e, d = org.employees, org.departments
    practices, employees, rungs, ways = org.changes
    ties = org.ties
    indptr, indices, weights = ties
    line, reports = org.lines
    rung, since, practising, way, breadth, began = e.rung, e.since, e.practising, e.way, e.breadth, e.began
    department, manager, influence = e.department, e.manager, e.influence
    peers, followers, led = e.peers, e.followers, e.led
    tally, routine, practised, activity = d.tally, d.routine, d.practised, d.activity
    org.whole.now[0].fresh = False
    for c in range(count):
        fetch_row(ties, employees, c, count)
        if c + AHEAD < count:
            soon = employees[c + AHEAD]
            fetch(department, soon)
            fetch(manager, soon)
            fetch(line, soon)
            fetch(influence, soon)
            fetch(breadth, soon)
        k, i, old, new = practices[c], employees[c], rung[practices[c], employees[c]], rungs[c]
        here = department[i]
        was, now = practising[k, i], new == TRYING or new == ROUTINE
        if was:
            tally[here, k, way[k, i]] -= 1
        if now:
            tally[here, k, ways[c]] += 1
        way[k, i] = ways[c]
        if old == new:
            continue
        rung[k, i] = new
        since[k, i], began[k, i] = week, new == TRYING
        routine[here, k] += (new == ROUTINE) - (old == ROUTINE)
        step = int(now) - int(was)
        if step == 0:
            continue
        practising[k, i] = now
        practised[here, k] += step
        activity[here] -= breadth[i] > 0
        breadth[i] += step
        activity[here] += breadth[i] > 0
        if manager[i] >= 0:
            followers[k, manager[i]] += step
        for at in range(line[i], line[i + 1]):
            led[k, reports[at]] = now
        heed = step * influence[i]
        seen = peers[k]
        for at in range(np.uint64(indptr[i]), np.uint64(indptr[i + 1])):
            j = np.uint64(indices[at])
            if j == i:  # the rest of the row is idle
                break
            seen[j] += heed * weights[at]
