"""Levels: by what of a factor results are told - its own levels, or where it may take any value, parts of its range."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sim.sweeps.sampling import OneAtATime

if TYPE_CHECKING:
    from sim.sweeps.results import Results

_APART = 12  # different values of a factor that are told one by one
_FEW = 5  # if they are drawn from a range, and not whole
_PARTS = 5  # parts of a range at the most
_IN_A_PART = 12  # points in each of them at the least


@dataclass(frozen=True, order=True)
class Span:
    """A part of a factor's range, from `low` up to, and but for the last part without, `high`."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    def __str__(self) -> str:
        digits = max(0, 1 - math.floor(math.log10(self.high - self.low)))
        return f"{self.low:.{digits}f}{'-' if self.low >= 0.0 else ' to '}{self.high:.{digits}f}"


class Levels:
    """The levels by which the results of an experiment are told.

    Args:
        results: the results.
    """

    def __init__(self, results: Results) -> None:
        self._experiment = results.experiment
        self._points = results.points

    @cached_property
    def of(self) -> dict[str, list[Any]]:
        """The levels of each factor, by label: those of the file, then others at which there are points.

        A factor that takes more than 12 numbers, or 5 where they are drawn from a range and not whole, has equal parts of
        them, as `Span`.
        """
        found = {}
        for factor in self._experiment.dimensions:
            values = self._points[factor.name]
            there = list(dict.fromkeys(values))
            shown = factor.shown
            few = _FEW if factor.ranged and all(map(number, there)) and not whole(there) else _APART
            if not shown and all(map(number, there)) and len(there) > few:
                ends = factor.at(np.array([0.0, np.nextafter(1.0, 0.0)])) if factor.ranged else []
                found[factor.name] = _spans([*values, *ends])
            else:
                others = [level for level in there if level not in shown]
                levels = shown + others
                found[factor.name] = sorted(levels) if others and all(map(number, levels)) else levels
        return found

    def told(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A frame of runs or points with each value replaced by the part of its factor's range in which it lies."""
        spans = {label: levels for label, levels in self.of.items() if levels and isinstance(levels[0], Span)}
        return frame.assign(**{label: _placed(frame[label], levels) for label, levels in spans.items()})

    def base(self, label: str) -> Any:
        """The level of a factor at the baseline, where factors vary one at a time; otherwise None."""
        one_by_one = isinstance(self._experiment.design, OneAtATime)
        return self._points[label].iloc[0] if one_by_one else None

    def fair(self, label: str) -> np.ndarray:
        """Numbers of the points at which a factor's levels can be compared: int[points].

        All of them, save where factors vary one at a time: there, those at which the others are at the baseline.
        """
        here = np.ones(len(self._points), np.bool_)
        for other in self.of:
            if other != label and (base := self.base(other)) is not None:
                here &= self._points[other].to_numpy(object) == base
        return self._points["point"].to_numpy()[here]


def whole(values: Sequence[float]) -> bool:
    """Whether numbers are whole."""
    return all(float(value).is_integer() for value in values)


def number(value: Any) -> bool:
    """Whether a level is a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _spans(values: list[float]) -> list[Span]:
    """Parts of a range with equally many values in each."""
    parts = int(np.clip(len(values) // _IN_A_PART, 2, _PARTS))
    edges = np.quantile(np.asarray(values, float), np.linspace(0.0, 1.0, parts + 1)).tolist()
    return [Span(low, high) for low, high in pairwise(edges) if low < high]


def _placed(column: pd.Series, spans: list[Span]) -> pd.Series:
    inner = np.array([span.high for span in spans[:-1]])
    places = np.searchsorted(inner, column.to_numpy(float), side="right")
    return pd.Series([spans[place] for place in places], index=column.index, dtype=object)
