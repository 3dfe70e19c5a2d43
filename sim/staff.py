"""Who sits where: departments, reporting lines and the stable keys of everybody's luck.

The generator here and the reader of roster files hand over the same `Staff`, so that nothing after them needs
to know where an organisation came from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sim.errors import Fault, InputError
from sim.kernels import kernel
from sim.luck import combine, key_of
from sim.tables import NOBODY

STAFF, MANAGER, HEAD, TOP = range(4)  # levels


@dataclass(frozen=True)
class Staff:
    """People in rows sorted by department, and whom they report to.

    Attributes:
        departments: D names.
        functions: D names of functions, as given; "" where none was.
        department: int32[n], row of the person's department, never decreasing.
        manager: int32[n], row of the manager; -1 for the top executive and whoever reports to nobody.
        level: int8[n], 0 staff, 1 manager (has reports), 2 head of a department, 3 top executive.
        head: int32[D], row of each department's head; the top executive, where nobody else heads that one.
        tops: int32[F], row of each firm's top executive.
        key: uint64[n], stable luck key, from department name and number in it, or from the roster's id.
        firm: int32[D], each department's firm; one firm's departments, and so its people, stand together.
        ids: the roster's ids; they belong to the reader alone and are never stored with results.
        notices: what the reader assumed or dropped, for the user to see; no ids in them.
        files: digest of the files that they were read from, as these were then; "" for people that are made up.
    """

    departments: tuple[str, ...]
    functions: tuple[str, ...]
    department: np.ndarray
    manager: np.ndarray
    level: np.ndarray
    head: np.ndarray
    tops: np.ndarray
    key: np.ndarray
    firm: np.ndarray
    ids: tuple[str, ...] | None = None
    notices: tuple[str, ...] = ()
    files: str = ""

    @property
    def n(self) -> int:
        """Number of people."""
        return len(self.department)

    @property
    def top(self) -> int:
        """Row of the top executive of the only, or first, firm."""
        return int(self.tops[0])

    @property
    def start(self) -> np.ndarray:
        """First row of each department, and n: int64[D + 1]."""
        return np.searchsorted(self.department, np.arange(len(self.departments) + 1))


def levels(manager: np.ndarray, head: np.ndarray, top: int) -> np.ndarray:
    """What the reporting lines make of everybody: 0 staff, 1 manager, 2 head, 3 top; int8[n]."""
    level = np.zeros(len(manager), np.int8)
    level[manager[manager != NOBODY]] = MANAGER
    level[head] = HEAD
    level[top] = TOP
    return level


def generate(departments: Sequence[tuple[str, str, int]], span: int) -> Staff:
    """Staff of given sizes, each department a tree in which a manager has at most `span` reports.

    Number 0 of a department heads it, and number j reports to number (j - 1) // span: one more employee at
    the end moves nobody else. The top executive is number 0 of the largest department (the first of the
    largest), whose tree starts at number 1, its head, unless nobody else sits there. All heads report to the top.

    Args:
        departments: name, function and size in people of each.
        span: most direct reports of a manager, 1 or more; the top executive has the heads instead.

    Raises:
        InputError: no department, a name twice, or a size or span below 1.
    """
    names = [name for name, _, _ in departments]
    faults = [
        Fault(f"department {name!r}", f"{size} people", "1 or more")
        for name, _, size in departments
        if size < 1
    ]
    faults += [
        Fault(f"department {name!r}", f"listed {times} times", "each name once")
        for name, times in Counter(names).items()
        if times > 1
    ]
    if not names:
        faults.append(Fault("departments", "none", "1 or more"))
    if span < 1:
        faults.append(Fault("span", str(span), "1 or more"))
    if faults:
        raise InputError(faults)

    sizes = np.array([size for _, _, size in departments], np.int64)
    start = np.concatenate(([0], np.cumsum(sizes)))
    seat = int(np.argmax(sizes))
    top = int(start[seat])
    head = start[:-1].copy()
    head[seat] += sizes[seat] > 1
    department = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    first = head[department]
    place = np.arange(start[-1]) - first
    manager = np.where(place > 0, first + (place - 1) // span, top).astype(np.int32)
    manager[top] = NOBODY
    key = np.concatenate(
        [combine(np.uint64(key_of(name)), np.arange(size, dtype=np.uint64)) for name, _, size in departments]
    )
    return Staff(
        departments=tuple(names),
        functions=tuple(function for _, function, _ in departments),
        department=department,
        manager=manager,
        level=levels(manager, head, top),
        head=head.astype(np.int32),
        tops=np.array([top], np.int32),
        key=key,
        firm=np.zeros(len(names), np.int32),
    )


def together(firms: Sequence[Staff]) -> Staff:
    """The staff of several generated firms, one after the other; reporting lines and executives stay as they are."""
    first = np.cumsum([0, *(one.n for one in firms)])
    rooms = np.cumsum([0, *(len(one.departments) for one in firms)])

    def moved(name: str, by: np.ndarray) -> np.ndarray:
        columns = [np.asarray(getattr(one, name)) for one in firms]
        return np.concatenate(
            [
                np.where(column == NOBODY, NOBODY, column + at)
                for column, at in zip(columns, by[:-1], strict=True)
            ]
        ).astype(np.int32)

    return Staff(
        departments=tuple(name for one in firms for name in one.departments),
        functions=tuple(function for one in firms for function in one.functions),
        department=moved("department", rooms),
        manager=moved("manager", first),
        level=np.concatenate([one.level for one in firms]),
        head=moved("head", first),
        tops=moved("tops", first),
        key=np.concatenate([one.key for one in firms]),
        firm=np.repeat(np.arange(len(firms), dtype=np.int32), np.diff(rooms)),
    )


class Lines(NamedTuple):
    """Who reports to whom, as compressed rows.

    Attributes:
        indptr: int64[n + 1], where each person's direct reports begin.
        indices: int64[reports], direct reports.
    """

    indptr: np.ndarray
    indices: np.ndarray

    @classmethod
    def of(cls, manager: np.ndarray) -> Lines:
        """The lines that `manager`, int32[n], row of each one's manager or -1, amounts to."""
        return cls(*_lines(manager))


@kernel
def _lines(manager):
    """See `Lines.of`."""
    indptr = np.zeros(len(manager) + 1, np.int64)
    for boss in manager:
        if boss >= 0:
            indptr[boss + 1] += 1
    for i in range(len(manager)):
        indptr[i + 1] += indptr[i]
    place, indices = indptr[:-1].copy(), np.empty(indptr[-1], np.int64)
    for i in range(len(manager)):
        if manager[i] >= 0:
            indices[place[manager[i]]] = i
            place[manager[i]] += 1
    return indptr, indices


def lines_by_contacts(department: np.ndarray, contacts: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Reporting lines where none is known: to the best-connected member of the department, first rows first.

    The heads report to the best-connected of them, the top executive.

    Args:
        department: int32[n], never decreasing.
        contacts: int[n], how many each person has.

    Returns:
        int32[n] manager of each person; int32[D] heads; the top executive.
    """
    head = _first_of_each(department, np.lexsort((-contacts, department)))
    top = int(head[np.argmax(contacts[head])])
    manager = head[department]
    manager[head] = top
    manager[top] = NOBODY
    return manager, head, top


def heads_by_lines(
    department: np.ndarray, manager: np.ndarray, contacts: np.ndarray
) -> tuple[np.ndarray, int]:
    """Heads and top executive that reporting lines imply.

    The top executive is whoever of those without a manager has most people below. The highest member, with
    fewest managers above, heads a department; where the top executive sits, the highest other member who has
    a report there, if any. Equals are told apart by people below, then contacts, then rows.

    Args:
        department: int32[n], never decreasing.
        manager: int32[n], without circles.
        contacts: int[n], how many each person has.

    Returns:
        int32[D] heads; the top executive.
    """
    boss: list[int] = manager.tolist()
    above = [NOBODY] * len(boss)
    for start in range(len(boss)):
        way, person = [], start
        while person != NOBODY and above[person] == NOBODY:
            way.append(person)
            person = boss[person]
        height = NOBODY if person == NOBODY else above[person]
        for one in reversed(way):
            height += 1
            above[one] = height
    below = [0] * len(boss)
    for person in sorted(range(len(boss)), key=above.__getitem__, reverse=True):
        if boss[person] != NOBODY:
            below[boss[person]] += 1 + below[person]
    depth, rank = np.array(above), -np.array(below)
    top = int(np.lexsort((-contacts, rank, depth > 0))[0])

    beside = department == department[top]
    leads = np.zeros(len(boss), bool)  # has a report in the department
    managed = np.flatnonzero(manager != NOBODY)
    leads[manager[managed[department[managed] == department[manager[managed]]]]] = True
    passed_over = beside & ~leads
    passed_over[top] = True  # if so are all others there, the top executive is the highest
    order = np.lexsort((-contacts, rank, depth, passed_over, department))
    return _first_of_each(department, order), top


def _first_of_each(department: np.ndarray, order: np.ndarray) -> np.ndarray:
    """The first row of each department in an order that keeps departments together."""
    return order[np.unique(department, return_index=True)[1]].astype(np.int32)
