"""Regrouping: people change places with each other across departments, and take along what is theirs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from sim.agents import Employee
from sim.tables import NO_WEEKS, NOT_ASKED
from sim.tally import recount

if TYPE_CHECKING:
    from sim.organisation import Organisation

OF_THE_SEAT = {
    "department", "manager", "level", "reports", "sources", "turn", "followers", "led",
}  # fmt: skip
"""Employees' columns that stay with the seat; all others, a user's own too, are the person's."""


def regroup(org: Organisation, come_from: np.ndarray, views: Iterable[Employee]) -> None:
    """Let people change seats; departments, their sizes and the reporting lines stay as they are.

    People keep their contacts, practice and luck; their manager and department are the new seat's. Requests that wait go with
    them, and count as withdrawn where the new department has no gate.

    Args:
        org: the organisation.
        come_from: int[n], for each seat the row of the person who takes it: a permutation that leaves executives alone.
        views: the employees' agents, if any have been made; each follows its person.

    Raises:
        ValueError: it is no permutation, or it moves an executive.
    """
    e = org.employees
    seats = np.arange(e.rows)
    if come_from.min() < 0 or not (np.bincount(come_from, minlength=e.rows) == 1).all():
        raise ValueError("a regrouping gives every person one seat")
    people = org.executives.person
    if (come_from[people] != people).any():
        raise ValueError("executives keep their seats")
    sat = [(view, view.row) for view in views]
    now_at = np.empty_like(seats)
    now_at[come_from] = seats
    new = np.flatnonzero(come_from != seats)
    before = come_from[new]
    for name, column in e.columns.items():
        if name not in OF_THE_SEAT and not column.of_lots:
            for row in getattr(e, name).reshape(-1, e.rows):
                row[new] = row[before]
    org.whole.cast[:] = NO_WEEKS
    asked, gated = e.asked[:, new], org.departments.gated[e.department[new]]
    pointless = (asked >= 0) & ~gated
    org.requests[4] += np.count_nonzero(pointless)
    e.asked[:, new] = np.where(pointless, NOT_ASKED, asked)
    org.reseat(now_at, new)
    recount(org.state)
    for view, row in sat:
        view.sit(int(now_at[row]))


def shuffled(org: Organisation, moves: np.ndarray, luck: np.ndarray) -> np.ndarray:
    """A permutation in which those who move take, by lot, the seats that they leave in their firm: int[n], `come_from`.

    Args:
        org: the organisation.
        moves: bool[n], who changes seats; executives do not, whatever it says.
        luck: float64[n], the lot.
    """
    stays = np.zeros(org.employees.rows, np.bool_)
    stays[org.executives.person] = True
    leave = np.flatnonzero(moves & ~stays)
    firm = org.departments.firm[org.employees.department[leave]]
    come_from = np.arange(org.employees.rows)
    come_from[leave[np.argsort(firm, kind="stable")]] = leave[np.lexsort((luck[leave], firm))]
    return come_from
