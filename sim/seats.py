"""Seats: people leave, and newcomers who know nothing sit down in their rows."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.agents import Employee
from sim.kernels import kernel
from sim.luck import combine
from sim.tables import EMPLOYEES, UNAWARE

if TYPE_CHECKING:
    from sim.organisation import Organisation

PERSONAL = (
    "threshold", "belief", "fluency", "knows", "guidance", "training", "taught", "contact", "satisfaction", "rumour",
    "since", "way", "heard", "asked", "approved",
)  # fmt: skip
"""Employees' columns that leave with the person; place, ties, influence and what is seen from there stay with the seat."""
_NEW: Any = namedtuple("_NEW", PERSONAL)(*(EMPLOYEES[name].start for name in PERSONAL))


def replace(org: Organisation, rows: Any, views: Iterable[Employee]) -> None:
    """Let the people in these rows leave and newcomers take their seats; every count follows.

    A newcomer is unaware of all practices and has their own luck: that of the seat and of how many sat there before, so
    nobody else's changes. Requests that wait count as withdrawn, in the week that is being lived.

    Args:
        org: the organisation.
        rows: int[n], rows of employees.
        views: the employees' agents, if any have been made.

    Raises:
        ValueError: a row is not an employee's.
    """
    rows, e = np.asarray(rows, np.int64), org.employees
    if not rows.size:
        return
    if rows.min() < 0 or rows.max() >= e.rows:
        raise ValueError(f"employees are in rows 0..{e.rows - 1}")
    leaves = np.zeros(e.rows, np.bool_)
    leaves[rows] = True
    rows = np.flatnonzero(leaves)
    leavers = [(view, view.row) for view in views if leaves[view.row]]

    org.settle(unlearn(rows, org.state))
    vacate(rows, org.week, org.state)
    e.key[rows] = combine(e.key[rows], e.hires[rows].view(np.uint64))
    org.left[org.week] += rows.size
    for mechanism in org.plan.mechanisms:
        mechanism.welcome(org, rows)

    for view, row in leavers:
        view.remove()
        Employee(org, row)


@kernel
def unlearn(rows, org):
    """Write into `changes` that the seats of these rows are unaware of everything; the number of changes."""
    practices, employees, rungs, ways = org.changes
    count = 0
    for k in range(len(org.employees.rung)):
        for i in rows:
            if org.employees.rung[k, i] != UNAWARE:
                practices[count], employees[count] = k, i
                rungs[count], ways[count] = UNAWARE, _NEW.way
                count += 1
    return count


@kernel
def vacate(rows, week, org):
    """Withdraw requests, empty the desks and note who is new."""
    e, x = org.employees, org.executives
    for i in rows:
        e.hires[i] += 1
        e.threshold[i], e.fluency[i], e.satisfaction[i] = _NEW.threshold, _NEW.fluency, _NEW.satisfaction
        e.knows[i], e.guidance[i], e.training[i] = _NEW.knows, _NEW.guidance, _NEW.training
        e.rumour[i] = _NEW.rumour
        e.taught[i], e.contact[i] = _NEW.taught, _NEW.contact
        for k in range(len(e.rung)):
            org.requests[4] += e.asked[k, i] >= 0
            e.asked[k, i], e.approved[k, i], e.since[k, i] = _NEW.asked, _NEW.approved, _NEW.since
            e.belief[k, i], e.heard[k, i], e.way[k, i] = _NEW.belief, _NEW.heard, _NEW.way
        for seat in range(len(x.person)):
            if x.person[seat] == i:
                x.appointed[seat] = week
