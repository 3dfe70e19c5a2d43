"""What a sweep has found: how many runs ended in which state, at each level of each factor, and the largest difference.

A level's share is its mean over the rest of the grid. Runs that share a seed share their luck, so they are not as many
as they seem; intervals allow for that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd
from scipy.special import ndtri

from sim.outcome import STATES
from sim.sweeps.results import Results

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
    """The finished runs at each level of each factor, in the order of the experiment."""
    runs = results.runs
    return [
        Level(label, level, len(here), shares(here))
        for label, levels in results.factors.items()
        for level in levels
        if len(here := runs[runs[label] == level])
    ]


def shares(runs: pd.DataFrame) -> dict[str, Share]:
    """The share of each state among runs of `Results.runs`, each point weighing the same."""
    return {state: share(runs["point"], runs["seed"], runs["state"] == state) for state in STATES}


def share(point: pd.Series, seed: pd.Series, hit: pd.Series) -> Share:
    """A share over a grid, with a 95 % interval for what other luck would have given at the same points.

    Wilson's interval (1927, JASA 22), for as many independent runs as these are worth: their number over the design
    effect (Kish 1965, Survey Sampling) that the spread between seeds shows, which is taken for 1 where it is less.

    Args:
        point: of each run, [runs].
        seed: of each run; those of one seed share their luck.
        hit: whether it counts, bool[runs].
    """
    n = len(hit)
    p = float(hit.groupby(point).mean().mean())
    means = hit.groupby(seed).mean()
    binomial = p * (1.0 - p) / n
    effect = float(means.var()) / len(means) / binomial if len(means) > 1 and binomial > 0.0 else 1.0
    return Share(p, *wilson(p, n / max(1.0, effect)))


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
    counts = runs["state"].value_counts()
    one = shares(runs)["converged"]
    said = [
        f"{counts.get('converged', 0):,} converged ({_percent(one.share, 1)}, 95 % interval {_interval(one, 1)})"
    ]
    said += [
        f"{counts[state]:,} {_SAID[state]}"
        for state in ("siloed", "stalled", "mixed", "collapsed")
        if state in counts
    ]
    listed = said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"
    missing = results.asked - len(runs)
    whole = (
        f"{len(runs):,} runs"
        if not missing
        else f"the {len(runs):,} runs that have finished (of {results.asked:,})"
    )
    return f"Of {whole} {listed}{_largest(results)}."


def _largest(results: Results) -> str:
    """The factor whose levels differ most in the share that converges (or breaks into silos, if all or none converge)."""
    levels = by_level(results)
    for state in ("converged", "siloed"):
        spans = []
        for factor in results.factors:
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
    return "; no factor made any difference"


def _level(one: Level, state: str) -> str:
    return f"{one.level} {_percent(one.states[state].share, 0)} ({_interval(one.states[state], 0)})"


def _interval(one: Share, digits: int) -> str:
    return f"{100 * one.low:.{digits}f}-{100 * one.high:.{digits}f}"


def _percent(value: float, digits: int) -> str:
    return f"{100 * value:.{digits}f} %"
