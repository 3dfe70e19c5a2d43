"""Hiring: new seats, which make the tables longer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from sim.agents import Employee
from sim.building import shared
from sim.kernels import kernel
from sim.luck import combine, key_of
from sim.tables import NO_WEEKS, NOBODY, State, staff_of
from sim.tally import Changes, recount
from sim.wings import Wings

if TYPE_CHECKING:
    from sim.organisation import Organisation


def hire(
    org: Organisation, departments: np.ndarray, contacts: int, strength: int, views: Iterable[Employee] | None
) -> np.ndarray:
    """Open a seat in each of these departments and fill it; everybody else keeps seat, ties and luck.

    The newest seats of a department are its last, with the luck that they would have had from the start. Newcomers report
    to whoever manages fewest people there, and know as many colleagues as asked for, by lot.

    Args:
        org: the organisation.
        departments: int[m], rows, one for each newcomer.
        contacts: colleagues of the department whom each newcomer knows at once.
        strength: weight of these ties.
        views: the employees' agents if they have been made, which follow their people; newcomers get theirs.

    Returns:
        The newcomers' rows, int64[m], ascending.
    """
    old, d = org.employees, org.departments
    departments = np.sort(departments)
    counts = np.bincount(departments, minlength=d.rows)
    ahead = np.cumsum(counts) - counts
    now_at = np.arange(old.rows) + np.repeat(ahead, d.size)
    rows = np.arange(departments.size) + np.cumsum(d.size)[departments]
    number = np.arange(rows.size) - ahead[departments] + d.size[departments]
    names = [np.uint64(key_of(org.department_names[here])) for here in range(d.rows)]
    sat = None if views is None else [(view, view.row) for view in views]

    new = org.employees = old.opened(now_at, rows)
    org.whole.cast[:] = NO_WEEKS
    new.department[rows] = departments
    new.key[rows] = combine(np.array(names)[departments], number.astype(np.uint64))
    new.manager[:] = np.where(new.manager == NOBODY, NOBODY, now_at[new.manager])
    new.turn[now_at], new.turn[rows] = now_at[old.turn], rows
    d.head[:], org.firms.top[:] = now_at[d.head], now_at[org.firms.top]
    org.executives.person[:] = now_at[org.executives.person]
    d.size += counts
    d.first[:] = np.cumsum(d.size) - d.size
    org.wings = Wings.blank(org.threads, org.practices.rows, new.rows)
    org.state = State.of({"changes": Changes.room(org.practices.rows, new.rows), **shared(org)})
    _line_up(rows, org.state)
    org.reline()
    org.reseat(now_at, np.unique([*rows, *new.manager[rows]]))
    org.scopes()
    org.order.welcome(org, rows)
    colleagues = np.repeat(rows, contacts)
    which = np.tile(np.arange(contacts, dtype=np.uint64), rows.size)
    lot = org.luck.uniform("hiring", combine(new.key[colleagues], which))
    room = new.department[colleagues]
    org.tie(colleagues, d.first[room] + (lot * d.size[room]).astype(np.int64), strength)
    recount(org.state)
    if org.plan["governance"]:
        org.plan["governance"].follow(org)
    if sat is not None:
        for view, row in sat:
            view.sit(int(now_at[row]))
        for row in rows:
            Employee(org, int(row))
    return rows


@kernel
def _line_up(rows, org):
    """Let newcomers in these rows report to whoever manages fewest of their department; the first of equals, or its head."""
    e, d = org.employees, org.departments
    manager, reports, level = e.manager, e.reports, e.level
    for row in rows:
        here = e.department[row]
        boss, fewest = np.int64(d.head[here]), -1
        for i in staff_of(d.first, d.size, here):
            if reports[i] > 0 and i != row and manager[i] != NOBODY and (fewest < 0 or reports[i] < fewest):
                boss, fewest = np.int64(i), reports[i]
        manager[row] = boss
        reports[boss] += 1
    for row in rows:
        level[manager[row]] = max(1, level[manager[row]])
