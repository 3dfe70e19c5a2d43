"""Weeks: lived in one kernel, since at a thousand employees calling its loops one by one takes longer than they do."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.kernels import kernel
from sim.luck import Luck, in_week
from sim.mechanisms.base import Mechanism
from sim.mechanisms.chain import ARRIVALS, LOOPS, arrival, loop
from sim.record import keep
from sim.seats import empty
from sim.wings import Thread, accompanied, share_out_rooms, together

if TYPE_CHECKING:
    from sim.organisation import Organisation

PYTHON = -1  # in place of a kernel's number


class Calls(NamedTuple):
    """Mechanisms in the order in which they are called.

    Attributes:
        numbers: int64[m], each one's number among `LOOPS` or `ARRIVALS`, or `PYTHON` where a method is called instead.
        streams: uint64[m], their luck.
    """

    numbers: np.ndarray
    streams: np.ndarray

    @classmethod
    def of(
        cls,
        mechanisms: Sequence[Mechanism],
        kinds: Sequence[type[Mechanism]],
        kernel: str,
        method: str,
        luck: Luck,
    ) -> Calls:
        """Numbers where a mechanism has one of these kinds' kernels and leaves the method that calls it as it is."""
        numbers = {getattr(kind, kernel): n for n, kind in enumerate(kinds)}
        plain = [getattr(type(one), method) is getattr(Mechanism, method) for one in mechanisms]
        own = [numbers.get(getattr(type(one), kernel), PYTHON) for one in mechanisms]
        return cls(
            np.array([n if by_kernel else PYTHON for n, by_kernel in zip(own, plain, strict=True)], np.int64),
            np.array([luck.base(one.name) for one in mechanisms], np.uint64),
        )


@kernel(nogil=True)
def live_on(at, until, week, door, rules, series, org, thread):
    """Live on from a place in the order of the present week to the end of week `until`, and keep every week that is over.

    Args:
        at: place in `week` from which to go on.
        until: the last week to live.
        week: `Calls` of the loops.
        door: `Calls` of the arrivals.
        rules: coefficients, `Rules`.
        series: the record's.
        org: the state.
        thread: `Thread` of those that live these weeks; all but the first live on whenever it does, until all is over.

    Returns:
        The place of the mechanism that has something to do in Python, or the number of places when all is lived.
    """
    first = thread.number == 0
    while True:
        at = together(thread, org, at if first else 0)
        if org.wings.over[0] and not first:
            return len(week.numbers)
        at = live_from(at, until, week, door, rules, series, org, thread)
        if first:
            return at


@kernel(inline="always")
def live_from(at, until, week, door, rules, series, org, thread):
    """The same once, of one of the threads."""
    today, first, end = org.whole.now[0].week, thread.number == 0, len(week.numbers)
    while True:
        if first:
            share_out_rooms(thread.of, org)
        together(thread, org, 0)
        for place in range(at, end):
            n = week.numbers[place]
            if n == PYTHON:
                return place
            due = loop(n, rules, today, in_week(week.streams[place], today), org, thread)
            due = together(thread, org, due and not let_go(door, rules, org))
            if org.wings.over[0]:
                return end
            if due > 0:
                return place
        if first:
            keep(today, rules.outcome[0].hollow_below, org, series)
        if today == until:
            return end
        if first:
            begin_week(org)
        today += 1
        at = 0


@kernel
def begin_week(org):
    """Turn to the next week."""
    org.whole.now[0].week += 1
    org.requests[:] = 0


@kernel
def let_go(door, rules, org):
    """Let newcomers take the seats of those in `leaving`; whether there were any and nothing of it is Python's to do."""
    rows = org.leaving
    if len(rows) == 0 or org.whole.now[0].viewed or (door.numbers == PYTHON).any():
        return False
    start = np.int64(0)  # of a constant, numba would compile a kernel of its own
    welcome_on(start, door, rules, empty(rows, org.whole.now[0].week, org), org)
    return True


@kernel
def welcome_on(at, door, rules, rows, org):
    """Let arrivals, from a place in their order on, set what newcomers in these rows, int64[m], bring; where Python is due."""
    for place in range(at, len(door.numbers)):
        if door.numbers[place] == PYTHON:
            return place
        arrival(door.numbers[place], rules, in_week(door.streams[place], 0), rows, org)
    return len(door.numbers)


class Order:
    """How one scenario's mechanisms make a week, and welcome newcomers."""

    def __init__(self, mechanisms: Sequence[Mechanism], luck: Luck) -> None:
        self._weekly = [one for one in mechanisms if acts(one, "loop", "step")]
        self._welcoming = [one for one in mechanisms if acts(one, "arrival", "welcome")]
        self.week = Calls.of(self._weekly, LOOPS, "loop", "step", luck)
        self.door = Calls.of(self._welcoming, ARRIVALS, "arrival", "welcome", luck)

    def live(self, org: Organisation, until: int) -> None:
        """Live from the next week to the end of week `until`."""
        begin_week(org.state)
        at, end = 0, len(self._weekly)
        while True:
            state, weeks = org.state, (until, self.week, self.door, org.rules, org.record.series, org.state)
            with accompanied(org.threads, org.wings, partial(live_on, 0, *weeks)):
                while org.state is state:
                    at = live_on(at, *weeks, Thread(0, org.threads))
                    if at == end:
                        return
                    one = self._weekly[at]
                    if self.week.numbers[at] == PYTHON:
                        one.step(org)
                    else:
                        one.attend(org)
                    at += 1

    def welcome(self, org: Organisation, rows: np.ndarray) -> None:
        """Let every mechanism set what newcomers bring to these rows of employees, int64[m]."""
        at, end = 0, len(self._welcoming)
        while (at := welcome_on(at, self.door, org.rules, rows, org.state)) < end:
            self._welcoming[at].welcome(org, rows)
            at += 1


def acts(one: Mechanism, kernel: str, method: str) -> bool:
    """Whether a mechanism has a kernel of a kind, or a method of its own in its place."""
    return getattr(type(one), kernel) is not None or getattr(type(one), method) is not getattr(
        Mechanism, method
    )
