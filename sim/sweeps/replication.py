"""Replication: how many runs each point gets - the same number, or as many as an outcome takes to be known well enough.

A point is looked at when its first 20 replicates have all been lived, say, then at 30, 40 and so on, and it is decided
by these alone. So the runs that a sweep asks for do not depend on which finished first, on workers or interruptions.
Replicate r has the same seed at every point: points that stop early keep the first seeds, which the others have too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.errors import Fault, nearest_name
from sim.mechanisms.maturity import STAGES
from sim.outcome import STATES, Outcome
from sim.parameters import Section, parameter
from sim.sweeps.confidence import asymptotic, betting

if TYPE_CHECKING:
    from sim.sweeps.experiment import Experiment
    from sim.sweeps.point import Point

NUMBERS = tuple(
    field.name
    for field in fields(Outcome)
    if str(field.type) in ("float", "int") and field.name not in ("relapses", "skips")
)
"""Outcomes of which a mean can be told: numbers that each run has, and not counts that are 0 in nearly all of them, as
twenty zeros would make an asymptotic interval sure of 0."""

_BOUNDS = {
    **dict.fromkeys(
        ("A", "A_min", "C", "V", "gap", "reach", "hollow", "peak_A", "peak_V", "merged_stages"), (0, 1)
    ),
    **dict.fromkeys(("ICC", "alignment"), (-1, 1)),
    **dict.fromkeys(STATES, (0, 1)),
    "stage": (1, len(STAGES)),
}
_WEEKS = ("weeks_converged", "weeks_siloed")

Asked = list[tuple["Point", int]]
"""Runs: the point and the seed of each."""


class Precision(Section):
    """How well an outcome is to be known at each point, before its replicates end."""

    outcome: str = parameter(
        ..., "a state, of which the share counts, or a number of the outcome, of which the mean"
    )
    within: float = parameter(
        ..., "half the width of its interval, in its own unit", gt=0.0, allow_inf_nan=False
    )
    confidence: float = parameter(
        0.95, "chance that a point's interval holds the truth, whenever it stops", ge=0.5, lt=1.0
    )
    least: int = parameter(20, "replicates before the first look", unit="runs", ge=2)
    batch: int = parameter(10, "replicates from look to look", unit="runs", ge=1)

    def bounds(self, weeks: float) -> tuple[float, float] | None:
        """Between what the outcome lies in runs of so many weeks, if it is bounded."""
        return (0, weeks) if self.outcome in _WEEKS else _BOUNDS.get(self.outcome)

    def faults(self, most: int, weeks: float) -> Iterator[Fault]:
        """What is wrong with it, at so many replicates of so many weeks at the most."""
        known = [*STATES, *NUMBERS]
        if self.outcome not in known:
            near = nearest_name(self.outcome, known)
            yield Fault(
                "precision.outcome", f"found {self.outcome!r}", f"one of {', '.join(known)}", nearest=near
            )
        elif (ends := self.bounds(weeks)) and 2.0 * self.within >= (span := np.ptp(ends)):
            allowed = f"less than {span / 2.0:g}: it cannot be further off"
            yield Fault("precision.within", f"found {self.within:g} for {self.outcome}", allowed)
        if self.least > most:
            yield Fault("precision.least", f"found {self.least:,}", f"no more than replicates, {most:,}")

    def interval(self, values: Sequence[float], weeks: Callable[[], int], most: int) -> tuple[float, float]:
        """The interval of the outcome's share or mean; it holds whenever one looks.

        Args:
            values: of runs at a point, in the order of their seeds, 2 or more; 1 or 0 for a state.
            weeks: gives the runs' length.
            most: replicates at the most.
        """
        found = np.asarray(values, float)
        ends = self.bounds(weeks() if self.outcome in _WEEKS else 0)
        if ends is None:
            return asymptotic(found, max(2, math.isqrt(self.least * most)), self.confidence)
        low, span = ends[0], ends[1] - ends[0]
        below, above = betting((found - low) / span, self.within / span, self.confidence)
        return low + span * below, low + span * above

    def reached(self, values: Sequence[float], weeks: Callable[[], int], most: int) -> bool:
        """Whether the interval is narrow enough; the arguments are those of `interval`."""
        if len(values) < 2:
            return False
        low, high = self.interval(values, weeks, most)
        return (
            0.0 < high - low <= 2.0 * self.within
        )  # of values that are all alike, the spread is not known yet

    @property
    def column(self) -> str:
        """The outcome from which it is told."""
        return "state" if self.outcome in STATES else self.outcome

    def value(self, found: Any) -> float:
        """What counts of a run, of which `column` was found to be this."""
        return float(found == self.outcome if self.outcome in STATES else found)


class Rounds:
    """The runs that an experiment asks for, round by round.

    Args:
        experiment: the experiment.
        points: its points.
    """

    def __init__(self, experiment: Experiment, points: Sequence[Point]) -> None:
        self._experiment = experiment
        self._going = list(points)
        self._asked = 0

    def next_round(self, value: Callable[[Point, int], float | None]) -> Asked:
        """The runs to be lived next, one seed after the other; none when all is done.

        Every run of the rounds before has to have been lived, or given up.

        Args:
            value: what counts of a run's outcome, by point and seed; None for a run that was given up. It is not
                called where the experiment asks for no precision.
        """
        precision, most = self._experiment.precision, self._experiment.replicates
        before = self._asked
        if before == most:
            return []
        if precision is None:
            self._asked = most
        elif before == 0:
            self._asked = precision.least
        else:
            self._going = [point for point in self._going if not self._enough(precision, point, value)]
            self._asked = min(before + precision.batch, most)
        seeds_at = self._experiment.seeds_at
        return [
            (point, seeds_at(point.factors)[turn])
            for turn in range(before, self._asked)
            for point in self._going
        ]

    def _enough(
        self, precision: Precision, point: Point, value: Callable[[Point, int], float | None]
    ) -> bool:
        seeds = self._experiment.seeds_at(point.factors)
        values = [one for seed in seeds[: self._asked] if (one := value(point, seed)) is not None]
        return precision.reached(values, lambda: point.plan.weeks, len(seeds))
