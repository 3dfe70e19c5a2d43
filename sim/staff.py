"""Who sits where: departments, reporting lines and the stable keys of everybody's luck.

The generator here and the reader of roster files hand over the same `Staff`, so that nothing after them needs to
know where an organisation came from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.errors import Fault, InputError
from sim.luck import combine, key_of

STAFF, MANAGER, HEAD, TOP = range(4)  # levels
NOBODY = -1


@dataclass(frozen=True)
class Staff:
    """People in rows sorted by department, and whom they report to.

    Attributes:
        departments: D names.
        functions: D names of functions, as given; "" where none was.
        department: int32[n], row of the person's department, never decreasing.
        manager: int32[n], row of the manager; -1 for the top executive and whoever reports to nobody.
        level: int8[n], 0 staff, 1 manager (has reports), 2 head of a department, 3 top executive.
        head: int32[D], row of each department's head; the top executive where nobody else heads his department.
        top: row of the top executive.
        key: uint64[n], stable luck key, from department name and number in it, or from the roster's id.
        ids: the roster's ids; they belong to the reader alone and are never stored with results.
        notices: what the reader assumed or dropped, for the user to see; no ids in them.
    """

    departments: tuple[str, ...]
    functions: tuple[str, ...]
    department: np.ndarray
    manager: np.ndarray
    level: np.ndarray
    head: np.ndarray
    top: int
    key: np.ndarray
    ids: tuple[str, ...] | None = None
    notices: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Number of people."""
        return len(self.department)

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

    Number 0 of a department heads it, and number j reports to number (j - 1) // span: one more employee at the end
    moves nobody else. The top executive is number 0 of the largest department (the first of the largest); his
    tree starts at number 1, its head, unless he is alone there. All heads report to him.

    Args:
        departments: name, function and size in people of each.
        span: most direct reports of a manager, 1 or more; only the top executive has more, as he has the heads.

    Raises:
        InputError: no department, a name twice, or a size or span below 1.
    """
    names = [name for name, _, _ in departments]
    faults = [
        Fault(f"department {name!r}", f"{size} people", "1 or more") for name, _, size in departments if size < 1
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
        top=top,
        key=key,
    )
