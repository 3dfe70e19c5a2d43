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
from sim.wings import people, together


class Changes(NamedTuple):
    """Moves decided in a week but not yet made: people decide on last week's people.

    Each thread writes those of its wing from the wing's first row on, as many as `Wings.found` says.

    Attributes:
        employee: int32[practices, staff], whose move it is.
        rung, way: int8 and int16 of the same shape, where to.
        step: int8 of the same shape, 1 for who begins to practise and -1 for who ends.
        shown: int32[staff], while a practice's ways are chosen: how much somebody is heeded and, in the lower 16 bits, the way
            in which others see them do it; 0 where they do not.
    """

    employee: np.ndarray
    rung: np.ndarray
    way: np.ndarray
    step: np.ndarray
    shown: np.ndarray

    @classmethod
    def room(cls, practices: int, staff: int) -> Changes:
        """Room for a move of everybody in every practice."""
        kinds = (np.int32, np.int8, np.int16, np.int8)
        employee, rung, way, step = (np.empty((practices, staff), kind) for kind in kinds)
        return cls(employee, rung, way, step, np.empty(staff, np.int32))


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
def decide(moves, rung, as_before, known, org):
    """Write into `changes` that people come to a rung.

    Args:
        moves: int64[3, m], rows of people, each once for a practice; practices; and ways.
        rung: where to.
        as_before: whether they keep their ways, whatever `moves` says.
        known: how many people, practices and ways there are.
        org: the state.

    Returns:
        The number of the row of `moves` in which something is not known; 3 if a practice has more moves than there are
        people; -1 if all is well.
    """
    changes, found, way = org.changes, org.wings.found[0], org.employees.way
    found[:] = 0
    for one in range(moves.shape[1]):
        for kind in range(3):
            if not 0 <= moves[kind, one] < known[kind]:
                return kind
    for one in range(moves.shape[1]):
        i, k = moves[0, one], moves[1, one]
        at = found[k]
        if at == known[0]:
            return 3
        changes.employee[k, at], changes.rung[k, at] = i, rung
        changes.way[k, at] = way[k, i] if as_before else moves[2, one]
        found[k] += 1
    return -1


@kernel
def settle(week, org, thread):
    """Make the changes that all threads have found, and update every count that depends on them."""
    if together(thread, org, take_places(week, org, thread)) > 0:
        show_contacts(org, thread)
    if thread.number == 0:
        org.whole.now[0].fresh = False
    together(thread, org, 0)


@kernel
def take_places(week, org, thread):
    """Make the changes of a thread's wing, with what counts in its departments; how many begin or end practising.

    These then stand first among the wing's changes, as many as `Wings.found` says.
    """
    e, d, changes, found = org.employees, org.departments, org.changes, org.wings.found[thread.number]
    department, breadth, activity = e.department, e.breadth, d.activity
    tally, routine, practised = d.tally, d.routine, d.practised
    first, total = people(thread, org)[0], 0
    for k in range(len(found)):
        if found[k] == 0:
            continue
        rung, since, practising, way, began = e.rung[k], e.since[k], e.practising[k], e.way[k], e.began[k]
        employees, rungs, ways, steps = (
            changes.employee[k, first:], changes.rung[k, first:], changes.way[k, first:], changes.step[k, first:],
        )  # fmt: skip
        count = 0
        for c in range(found[k]):
            if c + AHEAD < found[k]:
                soon = employees[c + AHEAD]
                fetch(department, soon)
                fetch(breadth, soon)
            i, new = employees[c], rungs[c]
            here, old = department[i], rung[i]
            was, now = practising[i], new == TRYING or new == ROUTINE
            if was:
                tally[here, k, way[i]] -= 1
            if now:
                tally[here, k, ways[c]] += 1
            way[i] = ways[c]
            if old == new:
                continue
            rung[i] = new
            since[i], began[i] = week, new == TRYING
            routine[here, k] += (new == ROUTINE) - (old == ROUTINE)
            step = int(now) - int(was)
            if step == 0:
                continue
            practising[i] = now
            practised[here, k] += step
            activity[here] -= breadth[i] > 0
            breadth[i] += step
            activity[here] += breadth[i] > 0
            employees[count], steps[count] = i, step
            count += 1
        found[k] = count
        total += count
    return total


@kernel
def show_contacts(org, thread):
    """Let reports, managers and contacts see who begins or ends practising, in a thread's share of the practices."""
    e, changes, found, rows, ties = org.employees, org.changes, org.wings.found, org.wings.rows, org.ties
    indptr, indices, weights = ties
    line, reports = org.lines
    manager, influence = e.manager, e.influence
    burden = np.zeros(thread.of, np.int64)
    for k in range(len(e.peers)):
        doer, moves = np.argmin(burden), 0
        for wing in range(thread.of):
            moves += found[wing, k]
        burden[doer] += moves
        if doer != thread.number or moves == 0:
            continue
        seen, followers, led = e.peers[k], e.followers[k], e.led[k]
        for wing in range(thread.of):
            employees, steps = changes.employee[k, rows[wing] :], changes.step[k, rows[wing] :]
            count = found[wing, k]
            for c in range(count):
                fetch_row(ties, employees, c, count)
                if c + AHEAD < count:
                    soon = employees[c + AHEAD]
                    fetch(manager, soon)
                    fetch(line, soon)
                    fetch(influence, soon)
                i, step = employees[c], steps[c]
                if manager[i] >= 0:
                    followers[manager[i]] += step
                for at in range(line[i], line[i + 1]):
                    led[reports[at]] = step > 0
                heed = step * influence[i]
                for at in range(np.uint64(indptr[i]), np.uint64(indptr[i + 1])):
                    j = np.uint64(indices[at])
                    if j == i:  # the rest of the row is idle
                        break
                    seen[j] += heed * weights[at]
