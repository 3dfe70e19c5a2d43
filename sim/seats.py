"""Seats: people leave, and newcomers who know nothing sit down in their rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.agents import Employee
from sim.luck import combine
from sim.tables import UNAWARE

if TYPE_CHECKING:
    from sim.organisation import Organisation

PERSONAL = (
    "threshold", "belief", "fluency", "knows", "guidance", "training", "taught", "contact", "satisfaction",
    "since", "way", "heard", "asked", "approved",
)  # fmt: skip
"""Employees' columns that leave with the person; place, ties, influence and what is seen from there stay with the seat."""


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
    rows = np.unique(np.atleast_1d(np.asarray(rows, np.int64)))
    e, x = org.employees, org.executives
    if not rows.size:
        return
    if rows[0] < 0 or rows[-1] >= e.rows:
        raise ValueError(f"employees are in rows 0..{e.rows - 1}")
    gone = set(rows.tolist())
    leavers = [(view, view.row) for view in views if view.row in gone]

    org.requests[4] += np.count_nonzero(e.asked[:, rows] >= 0)
    practices, which = np.nonzero(e.rung[:, rows] != UNAWARE)
    org.move(rows[which], practices, UNAWARE)
    for name in PERSONAL:
        getattr(e, name)[..., rows] = e.columns[name].start
    e.hires[rows] += 1
    e.key[rows] = combine(e.key[rows], e.hires[rows].astype(np.uint64))
    x.appointed[np.isin(x.person, rows)] = org.week
    org.left[org.week] += rows.size
    for mechanism in org.plan.mechanisms:
        mechanism.welcome(org, rows)

    for view, row in leavers:
        view.remove()
        Employee(org, row)
