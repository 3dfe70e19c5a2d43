"""What a sweep has found: how many runs ended in which state, at each level of each factor, and the largest difference.

A level's share is its mean over the rest of the design. Runs that share a seed share their luck, so they are not as many
as they seem; where points are a sample, neither are those that share a point. Intervals allow for that.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd
from scipy.special import ndtri

from sim.outcome import STATES
from sim.sweeps.levels import Levels
from sim.sweeps.results import Results
from sim.sweeps.sampling import Saltelli

_SAID = {
    "converged": "converged",
    "siloed": "broke into silos",
    "stalled": "stalled",
    "mixed": "stayed mixed",
    "collapsed": "collapsed",
}


@dataclass(frozen=True)
class Share:
    """The share of runs that end in a state, with its 95 % interval."""

    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Level:
    """The runs at one level of a factor: how many, and the share of each state."""

    factor: str
    level: Any
    runs: int
    states: dict[str, Share]


def by_level(results: Results) -> list[Level]:
    """The finished runs at each level of each factor, or in each part of its range, in the order of the experiment."""
    levels = Levels(results)
    runs = levels.told(results.runs)
    sampled = _samples(results)
    found = []
    for label, named in levels.of.items():
        fair = runs[runs["point"].isin(levels.fair(label))]
        for level in named:
            here = fair[fair[label] == level]
            if len(here):
                found.append(Level(label, level, len(here), shares(here, sampled)))
    return found


def _samples(results: Results) -> Callable[[pd.Series], pd.Series] | None:
    """What was drawn by itself, by point, where points were: of Saltelli's, those that share a row of A are one draw."""
    design = results.experiment.design
    if not design.sampled:
        return None
    return (lambda point: point % design.points) if isinstance(design, Saltelli) else lambda point: point


def shares(runs: pd.DataFrame, sampled: Callable[[pd.Series], pd.Series] | None = None) -> dict[str, Share]:
    """The share of each state among runs of `Results.runs`, each point weighing the same; `sampled` as in `share`."""
    return {state: share(runs["point"], runs["seed"], runs["state"] == state, sampled) for state in STATES}


def share(
    point: pd.Series, seed: pd.Series, hit: pd.Series, sampled: Callable[[pd.Series], pd.Series] | None = None
) -> Share:
    """A share over a design, with a 95 % interval for what other luck would have given.

    Wilson's interval (1927, JASA 22), for as many independent runs as these are worth: their number over the design
    effect (Kish 1965, Survey Sampling) that the spread between seeds, and between sampled points, shows; it is taken
    for 1 where it is less. The two add up, less what both count (Cameron, Gelbach & Miller 2011, JBES 29).

    Args:
        point: of each run, [runs].
        seed: of each run; those of one seed share their luck.
        hit: whether it counts, bool[runs].
        sampled: what was drawn by itself, by point, if points were; the interval is then for other points, too.
    """
    by_point = hit.astype(float).groupby(point)
    means = by_point.mean()
    p = float(means.mean())
    weight = 1.0 / (by_point.transform("size") * len(means))
    n = 1.0 / float((weight**2).sum())
    binomial = p * (1.0 - p) / n
    own = weight * (hit - by_point.transform("mean"))
    variance = _between(own.groupby(seed).sum())
    units = None if sampled is None else sampled(means.index.to_series())
    if units is not None:
        variance = max(0.0, variance - float((own**2).sum()))
        variance += _between((means - p).groupby(units).sum() / len(means))
    drawn = math.inf if units is None else units.nunique()
    told = binomial > 0.0 and drawn > 1  # else there is no spread that would show the effect
    effect = max(1.0, variance / binomial if told else n / drawn)
    return Share(p, *wilson(p, n / effect))


def _between(parts: pd.Series) -> float:
    """The variance of a sum of independent parts that sum to 0 here."""
    return float((parts**2).sum()) * len(parts) / (len(parts) - 1) if len(parts) > 1 else 0.0


def wilson(p: float, n: float) -> tuple[float, float]:
    """Wilson's 95 % score interval of a share `p` of `n` independent runs."""
    z2 = float(ndtri(0.975)) ** 2
    middle = (p + z2 / (2.0 * n)) / (1.0 + z2 / n)
    half = math.sqrt(z2 * (p * (1.0 - p) / n + z2 / (4.0 * n * n))) / (1.0 + z2 / n)
    return (0.0 if p == 0.0 else middle - half), (1.0 if p == 1.0 else middle + half)


def finding(results: Results) -> str:
    """The finding in one plain sentence, or two."""
    runs = results.runs
    if runs.empty:
        return "No run has finished yet."
    counts = runs.drop_duplicates("run")["state"].value_counts()
    converged, lived = int(counts.get("converged", 0)), int(counts.sum())
    one = shares(runs, _samples(results))["converged"]
    uneven = abs(one.share - converged / lived) > 1e-9  # points with more runs than others count no more
    each = " with each point counting the same" if uneven else ""
    said = [f"{converged:,} converged ({_percent(one.share, 1)}{each}, 95 % interval {_interval(one, 1)})"]
    said += [
        f"{counts[state]:,} {_SAID[state]}"
        for state in ("siloed", "stalled", "mixed", "collapsed")
        if state in counts
    ]
    listed = said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"
    missing = results.asked - lived
    whole = (
        f"{lived:,} runs" if not missing else f"the {lived:,} runs that have finished (of {results.asked:,})"
    )
    return f"Of {whole} {listed}{_largest(results)}.{_known(results)}"


def _known(results: Results) -> str:
    """At how many points the outcome is known as well as was asked."""
    precision = results.experiment.precision
    if precision is None:
        return ""
    runs, most = results.runs, results.experiment.replicates
    values = runs[precision.column].map(precision.value)
    known = 0
    for point, here in values.groupby(runs["point"]):
        weeks = partial(_weeks, results, point)
        known += precision.reached(here.to_numpy(), weeks, most)
    points = len(results.points)
    if precision.outcome in STATES:
        what, off = f"the share that {_SAID[precision.outcome]}", f"{100 * precision.within:g} points"
    else:
        what, off = f"the mean of {precision.outcome}", f"{precision.within:g}"
    said = "each point" if known == points else f"{known:,} of {points:,} points"
    return f" At {said} {what} is known to within {off}, {100 * precision.confidence:g} % sure whenever it stopped."


def _weeks(results: Results, point: Any) -> int:
    return results.scenario(int(point)).weeks


def _largest(results: Results) -> str:
    """The factor whose levels differ most in the share that converges (or breaks into silos, if all or none converge)."""
    levels = by_level(results)
    for state in ("converged", "siloed"):
        spans = []
        for factor in dict.fromkeys(one.factor for one in levels):
            own = sorted(
                (one for one in levels if one.factor == factor), key=lambda one: one.states[state].share
            )
            spans.append((own[-1].states[state].share - own[0].states[state].share, own[-1], own[0]))
        span, most, least = max(spans, key=lambda one: one[0], default=(0.0, None, None))
        if most is None or least is None:
            return ""
        if span == 0.0:
            continue
        if most.states[state].low <= least.states[state].high:
            return f"; no factor made a difference to how many {_SAID[state]} that stands out from luck"
        return (
            f"; {most.factor} made the largest difference: {_level(most, state)} {_SAID[state]}, "
            f"against {_level(least, state)}"
        )
    return "; no factor made any difference to how many converged or broke into silos"


def _level(one: Level, state: str) -> str:
    return f"{one.level} {_percent(one.states[state].share, 0)} ({_interval(one.states[state], 0)})"


def _interval(one: Share, digits: int) -> str:
    return f"{100 * one.low:.{digits}f}-{100 * one.high:.{digits}f}"


def _percent(value: float, digits: int) -> str:
    return f"{100 * value:.{digits}f} %"
