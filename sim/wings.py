"""Wings: one run lived by several threads, each in a wing of the firm, with the same bytes as by one.

All threads go through the same weeks. What concerns one person or department, each does for its own wing; what concerns one
practice, for its share of the practices; all else is left to the first, while the others wait. numba's own threads are
not used: OpenMP, which forked processes cannot use, or a tenth of a millisecond for each loop.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from sim.kernels import give_way, kernel, look, publish

MOST = 8  # threads that can live one run
WORTHWHILE = 10_000  # employees from which on a second thread is worth it: docs/performance.md
_LINE = 8  # numbers that the machine holds together: what threads write stands apart
_PATIENCE = 5_000  # looks at whether the others have come, before the core is offered to somebody else
_BUSY = 2  # cells that nobody practises are as much work as what is added where somebody does; it steers speed alone


class Thread(NamedTuple):
    """One of those that live a run together.

    Attributes:
        number: 0 for the first, to whom all is left that is nobody's own.
        of: how many there are.
    """

    number: int
    of: int


ALONE = Thread(0, 1)


class Wings(NamedTuple):
    """What threads share.

    Attributes:
        rooms: int64[threads + 1], the department with which each wing begins, and with which the last ends.
        rows: int64[threads + 1], the employee with whom each wing begins, and with whom the last ends.
        found: int64[threads, practices], how many moves each thread has written for each practice.
        meetings: int64[threads, 8], of each thread, how often it has come to where all meet, and what it brought in even and odd
            meetings.
        told: float64[2, staff], what each half of the staff has told everybody of a rumour, see `rumours`.
        over: bool[1], whether all is lived or somebody has broken off, so that nobody waits any more.
    """

    rooms: np.ndarray
    rows: np.ndarray
    found: np.ndarray
    meetings: np.ndarray
    told: np.ndarray
    over: np.ndarray

    @classmethod
    def blank(cls, threads: int, practices: int, staff: int) -> Wings:
        """Wings before anybody lives in them."""
        return cls(
            np.zeros(threads + 1, np.int64), np.zeros(threads + 1, np.int64), np.zeros((threads, practices), np.int64),
            np.zeros((threads, _LINE), np.int64), np.zeros((2, staff)), np.zeros(1, np.bool_),
        )  # fmt: skip


@kernel(inline="always")
def people(thread, org):
    """The first row of a thread's wing and the row after its last; unsigned, so that no loop asks for their sign."""
    if thread.of == 1:
        return np.uint64(0), np.uint64(len(org.employees.key))
    rows = org.wings.rows
    return np.uint64(rows[thread.number]), np.uint64(rows[thread.number + 1])


@kernel(inline="always")
def rooms(thread, org):
    """The departments of a thread's wing."""
    if thread.of == 1:
        return range(len(org.departments.size))
    first = org.wings.rooms
    return range(first[thread.number], first[thread.number + 1])


@kernel
def share_out_rooms(threads, org):
    """Give each thread a wing: departments next to each other with about its part of a week's work."""
    if threads == 1:
        return
    first, rows, d = org.wings.rooms, org.wings.rows, org.departments
    practised, size, practices = d.practised, d.size, d.practised.shape[1]
    whole = practices * len(org.employees.key) + _BUSY * practised.sum()
    done, row, number = 0, 0, 0
    for here in range(len(size)):
        work = practices * size[here] + _BUSY * practised[here].sum()
        while number < threads and done + work // 2 >= whole * number // threads:
            first[number], rows[number] = here, row
            number += 1
        done += work
        row += size[here]
    for last in range(number, threads + 1):
        first[last], rows[last] = len(size), row


@kernel
def together(thread, org, number):
    """Wait until all threads have come; the sum of the numbers, int64, that they bring."""
    if thread.of == 1:
        return number
    meetings, over = org.wings.meetings, org.wings.over
    turn = meetings[thread.number, 0] + 1
    brought = 1 + turn % 2  # nobody is two meetings ahead of anybody
    meetings[thread.number, brought] = number
    publish(meetings[thread.number], 0, turn)
    total = 0
    for other in range(thread.of):
        looks = 0
        while look(meetings[other], 0) < turn and not over[0]:
            looks += 1
            if looks > _PATIENCE:
                give_way()
        total += meetings[other, brought]
    return total


@contextmanager
def accompanied(threads: int, wings: Wings, follow: Callable[[Thread], None]) -> Iterator[None]:
    """Have all threads but the first `follow` what it does in the block; if one breaks off, so do all.

    Raises:
        Exception: what a thread that broke off raised.
    """
    if threads == 1:
        yield
        return
    wings.meetings[:], wings.over[:] = 0, False

    def one(number: int) -> None:
        try:
            follow(Thread(number, threads))
        finally:
            wings.over[:] = True

    with ThreadPoolExecutor(threads - 1) as pool:
        others = [pool.submit(one, number) for number in range(1, threads)]
        try:
            yield
        finally:
            wings.over[:] = True
        for other in others:
            other.result()


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads_for(employees: int) -> int:
    """How many threads to give a run that has the machine to itself: two where it is long enough, and there are cores."""
    return min(2, cores()) if employees >= WORTHWHILE else 1
