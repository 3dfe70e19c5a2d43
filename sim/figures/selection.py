"""Selections: which runs of an experiment a figure shows - what varies in it, what is held, and what its caption owes.

A figure has room for one to three factors. It takes those that tell most of adoption, and holds the others at one level.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sim.errors import Fault, InputError, nearest_name
from sim.sweeps.levels import Levels, Span, number

if TYPE_CHECKING:
    from sim.sweeps import Results

Where = Mapping[str, list[Any]]


@dataclass(frozen=True)
class Selection:
    """Runs of an experiment.

    Attributes:
        results: where they are from.
        levels: levels of each factor that are shown, by label; a single one where the factor is held.
        free: labels of the factors that vary, the one that tells most of adoption first.
        told: by what levels the factors are told.
    """

    results: Results
    levels: dict[str, list[Any]]
    free: list[str]
    told: Levels

    @cached_property
    def runs(self) -> pd.DataFrame:
        """`results.runs` by the levels that are shown."""
        return self.told.told(self.results.runs)

    def rows(self, **levels: Any) -> np.ndarray:
        """Rows of `results.runs` that are shown: int[n]; with `levels` those at these levels only."""
        wanted = self.levels | {label: [level] for label, level in levels.items()}
        return np.flatnonzero(_at(self.runs, wanted))

    def worth(self, rows: np.ndarray) -> int:
        """How many independent runs some are worth at the least: where points differ in factors that are not shown, one each."""
        runs = self.results.runs.iloc[rows]
        return len(rows) if self.results.experiment.design.crossed else int(runs["point"].nunique())

    def panels(self) -> Iterator[tuple[Any, np.ndarray]]:
        """Each level of the first factor that varies, with its rows; one panel, of level None, where none varies."""
        if not self.free:
            yield None, self.rows()
            return
        label = self.free[0]
        for level in self.levels[label]:
            yield level, self.rows(**{label: level})

    @property
    def seeds(self) -> str:
        """The seeds' range."""
        seeds = self.results.runs["seed"].iloc[self.rows()]
        low, high = seeds.min(), seeds.max()
        return f"seed\u00a0{low}" if low == high else f"seeds\u00a0{low}-{high}"

    def caption(self, runs: list[int], each: str = "", what: str = "run") -> str:
        """What every caption owes: numbers of runs, seeds, what is held, and what is missing.

        Args:
            runs: numbers of runs, e.g. in each panel.
            each: whose numbers they are, e.g. " a panel".
            what: what they count.
        """
        low, high = min(runs), max(runs)
        n = f"n\u00a0=\u00a0{low}" if low == high else f"n\u00a0=\u00a0{low} to {high}"
        parts = [f"{n} {what}{'s' * (high > 1)}{each} ({self.seeds})"]
        held = [setting(label, some[0]) for label, some in self.levels.items() if len(some) == 1]
        if held:
            parts.append(f"all with {listing(held)}")
        pooled = [
            words(label) for label, some in self.levels.items() if len(some) > 1 and label not in self.free
        ]
        if pooled:
            parts.append(f"over all {listing(pooled)} of the design")
        lacking = int(_at(self.told.told(self.results.missing), self.levels).sum())
        if lacking:
            parts.append(f"{lacking} of {lacking + len(self.rows())} runs have not finished")
        return f"{'; '.join(parts)}. Experiment: {self.results.experiment.name}."


def select(results: Results, where: Where, room: int, axes: int = 0) -> Selection:
    """The selection for a figure.

    Factors for which there is no room are held at one level where the design has runs at the same settings otherwise, or
    at the baseline where factors vary one at a time; in a sample they vary, as nearly no runs would be left.

    Args:
        results: finished runs, at least one.
        where: levels to which factors are confined, by label, as `wanted` gives them.
        room: how many factors the figure can vary.
        axes: of these, how many are its axes. They are the most telling numbers, and names only where numbers run out;
            for what is left, factors in `where` come first, then names, then what tells most.

    Raises:
        InputError: no run at these levels has finished.
    """
    told = Levels(results)
    levels = {label: list(where.get(label, known)) for label, known in told.of.items()}
    levels = {label: sorted(some) if numeric(some) else some for label, some in levels.items()}
    runs = told.told(results.runs)
    runs = runs[_at(runs, levels)]
    if runs.empty:
        raise InputError([Fault("where", "no such run has finished", "levels at which runs have finished")])
    ranked = [label for label, some in levels.items() if len(some) > 1]
    ranked.sort(key=lambda label: -_telling(runs, label))
    on_axes = sorted(ranked, key=lambda label: not numeric(levels[label]))[:axes]
    others = [label for label in ranked if label not in on_axes]
    others.sort(key=lambda label: (label not in where, numeric(levels[label])))
    one_by_one = any(told.base(label) is not None for label in levels)
    crossed = results.experiment.design.crossed
    free = [*on_axes, *others][: 1 if one_by_one else room if crossed else max(axes, 1)]
    for label in levels:
        if label not in free and crossed:
            there = [level for level in levels[label] if (runs[label] == level).any()]
            base = told.base(label)
            middle = there[len(there) // 2] if numeric(there) else there[0]
            levels[label] = [base if base in there else middle]
            runs = runs[_at(runs, {label: levels[label]})]
    return Selection(results, levels, free, told)


def wanted(results: Results, pairs: list[tuple[str, str]]) -> dict[str, list[Any]]:
    """The levels that words mean.

    Args:
        results: whose factors they are.
        pairs: label and level, as typed; several levels of a label widen the choice.

    Raises:
        InputError: labels or levels that the experiment does not have, all of them.
    """
    found: dict[str, list[Any]] = {}
    faults = []
    levels = Levels(results).of
    for label, text in pairs:
        if label not in levels:
            known = list(levels)
            allowed = f"one of {', '.join(known)}" if known else "nothing: the experiment has no factors"
            faults.append(Fault("where", f"no factor {label!r}", allowed, nearest=nearest_name(label, known)))
            continue
        by_name = {_typed(level): level for level in levels[label]}
        value = _number(text)
        name = text if text in by_name or value is None else words(value)
        around = [
            level
            for level in levels[label]
            if isinstance(level, Span) and value is not None and value in level
        ]
        if around:
            found.setdefault(label, []).append(around[-1])
        elif name in by_name:
            found.setdefault(label, []).append(by_name[name])
        else:
            near = nearest_name(text, by_name) if value is None else ""
            faults.append(
                Fault(f"where {label}", f"found {text!r}", f"one of {', '.join(by_name)}", nearest=near)
            )
    if faults:
        raise InputError(faults)
    return {label: [one for one in levels[label] if one in some] for label, some in found.items()}


def numeric(levels: list[Any]) -> bool:
    """Whether levels are numbers, or parts of a range of them."""
    return all(isinstance(level, Span) or number(level) for level in levels)


def words(level: Any) -> str:
    """A level as a reader would write it."""
    if isinstance(level, bool):
        return "yes" if level else "no"
    return f"{level:.12g}" if isinstance(level, int | float) else str(level).replace("_", " ")


def setting(label: str, level: Any) -> str:
    """A factor at a level."""
    return f"{words(label)} {words(level)}"


def listing(items: list[str]) -> str:
    """Items as a sentence lists them."""
    return " and ".join(part for part in (", ".join(items[:-1]), *items[-1:]) if part)


def _typed(level: Any) -> str:
    """A level as it is typed."""
    return (
        str(level).lower() if isinstance(level, bool) else level if isinstance(level, str) else words(level)
    )


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _at(runs: pd.DataFrame, levels: Mapping[str, list[Any]]) -> np.ndarray:
    """Which rows are at one of the levels of each factor: bool[rows]."""
    here = np.ones(len(runs), np.bool_)
    for label, some in levels.items():
        here &= runs[label].isin(some).to_numpy()
    return here


def _telling(runs: pd.DataFrame, label: str) -> float:
    """The share of the variance of final adoption that lies between a factor's levels (eta squared)."""
    total = runs["A"].var(ddof=0)
    return (
        float(runs.groupby(label, sort=False)["A"].transform("mean").var(ddof=0) / total)
        if total > 0.0
        else 0.0
    )
