"""Seats: people leave, and newcomers who know nothing sit down in their rows."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.agents import Employee
from sim.kernels import kernel
from sim.luck import key_with
from sim.tables import EMPLOYEES, UNAWARE
from sim.tally import settle
from sim.wings import ALONE

if TYPE_CHECKING:
    from sim.organisation import Organisation

PERSONAL = (
    "threshold", "belief", "fluency", "knows", "guidance", "training", "taught", "contact", "satisfaction", "rumour",
    "since", "way", "heard", "asked", "cleared", "approved",
)  # fmt: skip
"""Employees' columns that leave with the person, beside influence, which `influence` draws anew; place, ties and what is seen
from there stay with the seat: the post brings its contacts along, but nobody is respected for a predecessor."""
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
    rows = np.unique(np.asarray(rows, np.int64))
    if not rows.size:
        return
    if rows[0] < 0 or rows[-1] >= org.employees.rows:
        raise ValueError(f"employees are in rows 0..{org.employees.rows - 1}")
    leavers = [(view, view.row) for view in views if view.row in rows]
    org.order.welcome(org, empty(rows, org.week, org.state))

    for view, row in leavers:
        view.remove()
        Employee(org, row)


@kernel
def empty(rows, week, org):
    """Empty these seats, int64[n], ascending and each once, for newcomers, and count who leaves; the same rows."""
    e = org.employees
    unlearn(rows, org)
    settle(week, org, ALONE)
    vacate(rows, week, org)
    for i in rows:
        e.key[i] = key_with(e.key[i], np.uint64(e.hires[i]))
    org.left[week] += len(rows)
    org.leaving = rows[:0]
    return rows


@kernel
def unlearn(rows, org):
    """Write into `changes` that the seats of these rows are unaware of everything."""
    changes, rung, found = org.changes, org.employees.rung, org.wings.found[0]
    for k in range(len(found)):
        before, employees, rungs, ways = rung[k], changes.employee[k], changes.rung[k], changes.way[k]
        count = 0
        for i in rows:
            if before[i] != UNAWARE:
                employees[count], rungs[count], ways[count] = i, UNAWARE, _NEW.way
                count += 1
        found[k] = count


@kernel
def vacate(rows, week, org):
    """Withdraw requests, empty the desks and note who is new."""
    e, x, requests = org.employees, org.executives, org.requests
    hires, threshold, fluency, satisfaction, rumour = (
        e.hires,
        e.threshold,
        e.fluency,
        e.satisfaction,
        e.rumour,
    )
    knows, guidance, training, taught, contact = e.knows, e.guidance, e.training, e.taught, e.contact
    for i in rows:
        hires[i] += 1
        threshold[i], fluency[i], satisfaction[i] = _NEW.threshold, _NEW.fluency, _NEW.satisfaction
        knows[i], guidance[i], training[i] = _NEW.knows, _NEW.guidance, _NEW.training
        taught[i], contact[i], rumour[i] = _NEW.taught, _NEW.contact, _NEW.rumour
        for seat in range(len(x.person)):
            if x.person[seat] == i:
                x.appointed[seat] = week
    for k in range(len(e.asked)):
        asked, approved, cleared, since = e.asked[k], e.approved[k], e.cleared[k], e.since[k]
        belief, heard, way = e.belief[k], e.heard[k], e.way[k]
        for i in rows:
            requests[4] += asked[i] >= 0
            asked[i], approved[i], cleared[i], since[i] = _NEW.asked, _NEW.approved, _NEW.cleared, _NEW.since
            belief[i], heard[i], way[i] = _NEW.belief, _NEW.heard, _NEW.way
