"""Read-outs: one number a run - an outcome, or a weekly series of its record summed up - as a claim asks for it.

A time that a run did not live to see counts up to the run's end: its mean is a restricted mean, and nothing is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Literal

import numpy as np

from sim.analysis import readouts
from sim.analysis.comparison import value_of
from sim.errors import nearest_name
from sim.outcome import STATES, Outcome
from sim.parameters import Section, parameter
from sim.record import WEEKLY, Record

SHARES = tuple(f"share {state}" for state in STATES)
NUMBERS = (
    *(field.name for field in fields(Outcome) if str(field.type) in ("float", "int")),
    "weeks_to_convergence",
    *SHARES,
)
"""What an outcome tells; of a state 1 or 0, of which the mean is a share of runs."""

Wrong = tuple[str, str, str, str]
"""A key, what was found, what is allowed, and the nearest known name."""


def _unevenness(record: Record) -> np.ndarray:
    """Coefficient of variation of the support that practices get, over departments and practices."""
    return np.nan_to_num(record.backing[: record.week + 1].std(axis=(1, 2)))


def _realised(record: Record) -> np.ndarray:
    """Worth that practices have for departments, as it is and not as it is measured: summed, a head of staff."""
    weeks = slice(record.week + 1)
    staff = record.staff[weeks]
    return (record.worth[weeks].sum(axis=2) * staff).sum(axis=1) / staff.sum(axis=1)


DERIVED: dict[str, Callable[[Record], np.ndarray]] = {
    "extension": readouts.extension,
    "breadth": readouts.breadth,
    "one_strategy": readouts.one_strategy,
    "realised": _realised,
    "unevenness": _unevenness,
}
"""Weekly series that are worked out of a record."""

SERIES = (*WEEKLY, *DERIVED, "adoption", "by_practice")
KNOWN = tuple(dict.fromkeys((*NUMBERS, *SERIES)))


class Readout(Section):
    """What is looked at in each run."""

    read: str = parameter(..., "an outcome, `share STATE`, or a weekly series")
    how: Literal["end", "mean", "sum", "max", "min", "week reached"] | None = parameter(
        None, "of a series: its last value, its mean ..., or the week in which it first comes to `level`"
    )
    level: float | None = parameter(None, "the level that is to be reached", allow_inf_nan=False)
    weeks: list[int] | None = parameter(
        None, "first and last week that are looked at", min_length=2, max_length=2
    )
    department: str | None = parameter(None, "of adoption: the department")
    practice: str | None = parameter(None, "of by_practice: the practice")

    @property
    def weekly(self) -> bool:
        """Whether it sums up a series; what is said of it alone is read off the outcome where that has it."""
        return self.read not in NUMBERS or self.how is not None or self.weeks is not None

    @property
    def is_share(self) -> bool:
        """Whether it is 1 or 0 in each run."""
        return self.read in SHARES or (self.read == "merged_stages" and not self.weekly)

    def wrong(self, length: int) -> Iterator[Wrong]:
        """What is wrong with it, in runs of so many weeks."""
        if self.read not in KNOWN:
            allowed = f"an outcome or series: {', '.join(KNOWN)}"
            yield "read", f"found {self.read!r}", allowed, nearest_name(self.read, KNOWN)
            return
        if self.weekly and self.read not in SERIES:
            yield "read", f"{self.read!r} has no weeks", f"a series: {', '.join(SERIES)}", ""
        if (self.how == "week reached") != (self.level is not None):
            yield "level", "a week is reached at a level", 'how = "week reached" and level together', ""
        for key, series in (("department", "adoption"), ("practice", "by_practice")):
            if (self.read == series) != (getattr(self, key) is not None):
                yield key, f"beside read = {self.read!r}", f"{key} and read = {series!r} together", ""
        if self.weeks and not 0 <= self.weeks[0] <= self.weeks[1] <= length:
            yield "weeks", f"found {self.weeks}", f"first and last week, 0 to {length}", ""

    def of_outcome(self, outcome: Outcome, weeks: int) -> float:
        """Its value where it is no series."""
        return value_of(outcome, self.read, weeks)

    def of_record(self, record: Record) -> float:
        """Its value, whatever it is."""
        if not self.weekly:
            return self.of_outcome(record.outcome, record.week)
        return self.of_series(self.series(record))

    @property
    def when(self) -> str:
        """At what time it is read, in words."""
        if self.how == "week reached":
            return f"week in which it comes to {self.level:g}"
        if not self.weekly:
            return "at the end" if self.read in SERIES else ""
        span = "all weeks" if self.weeks is None else "weeks {} to {}".format(*self.weeks)
        if self.weeks and self.weeks[0] == self.weeks[1]:
            return f"week {self.weeks[0]}"
        words = {"mean": "mean of", "sum": "sum of", "max": "most in", "min": "least in"}
        return f"{words[self.how]} {span}" if self.how in words else "at the end"

    def part(self, series: np.ndarray) -> np.ndarray:
        """The weeks of a series that it looks at."""
        first, last = self.weeks or (0, len(series) - 1)
        return series[first : last + 1]

    def of_series(self, series: np.ndarray) -> float:
        """Its value from the series that it sums up, float64[1 + weeks]."""
        first, part = (self.weeks or (0, 0))[0], self.part(series)
        if self.how == "week reached":
            there = np.flatnonzero(part >= self.level)
            return float(first + (there[0] if there.size else len(part) - 1))
        take: dict[str, Callable[[np.ndarray], float]] = {
            "mean": np.mean, "sum": np.sum, "max": np.max, "min": np.min,
        }  # fmt: skip
        return float(take[self.how](part) if self.how in take else part[-1])

    def series(self, record: Record) -> np.ndarray:
        """The whole series, float64[1 + weeks]."""
        if self.read in DERIVED:
            return DERIVED[self.read](record)
        if self.department is not None:
            return record.adoption[: record.week + 1, record.departments.index(self.department)]
        if self.practice is not None:
            return record.by_practice[: record.week + 1, record.practices.index(self.practice)]
        return record[self.read]
