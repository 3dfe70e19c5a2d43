"""The outcome rule: the state of a week and the class of a run - one shared way, silos, or neither.

The measures stay the finding and the classes are only labels on them, so every cut is a parameter.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from sim.measures import MEASURES
from sim.outcome import COLLAPSED, CONVERGED, MIXED, SILOED, STALLED, STATES, Outcome
from sim.parameters import Section, parameter, share

_STAGE_6 = (
    "stage 6, Converged, of Li & Solis (2013), 'The Evolution of Social Business'; the number is assumed"
)
_TRIAL = "a trial told 99.5 % of 1,500 constructed end states apart; 99.1 % at .25, 98.2 % at .35"


def _weeks(default: int, meaning: str) -> Any:
    return parameter(default, meaning, unit="weeks", ge=1, le=520)


class Cuts(Section):
    """Where one state of the organisation ends and another begins."""

    converged_adoption: float = share(0.70, "converged takes at least this A", source=_STAGE_6)
    converged_one_way: float = share(0.85, "converged takes at least this share of A in C", source=_STAGE_6)
    converged_separation: float = share(0.25, "converged takes a V below this", source=_STAGE_6)
    converged_alignment: float = share(
        0.8, "converged takes at least this mean alignment; 0 drops the condition", source=_STAGE_6
    )
    converged_hold: int = _weeks(13, "converged takes these weeks in a row")
    siloed_separation: float = share(0.30, "siloed takes at least this V", source=_TRIAL)
    siloed_adoption: float = share(0.25, "siloed takes at least this A: few practitioners are no silo")
    siloed_hold: int = _weeks(26, "siloed takes these weeks in a row")
    level_icc: float = share(
        0.25,
        "a silo is one of level from this ICC on",
        source="twice the median between units, .12, of James (1982), Journal of Applied Psychology 67(2)",
    )
    way_gap: float = share(0.15, "a silo is one of ways from this gap on", source=_TRIAL)
    collapsed_share: float = share(0.5, "collapsed is an A below this share of its peak")
    collapsed_peak: float = share(0.25, "collapsed takes a peak of at least this A")
    stalled: float = share(0.25, "stalled is an A below this")
    stage_hold: int = _weeks(
        13, "a stage of maturity is reached, or lost, once that has held these weeks in a row"
    )
    hollow_below: float = share(
        0.1,
        "practising is hollow where the worth experienced is below this",
        source="claim 72; the number is assumed",
    )


def converged_now(A: Any, C: Any, V: Any, alignment: Any, cuts: Cuts) -> Any:
    """Whether the stage-6 rule holds at this moment, however long it has: one way, no separate strategy.

    Args:
        A: adoption over meant pairs; a number, or an array of any shape, as all of these.
        C: share of staff in the commonest way.
        V: separation.
        alignment: mean alignment of the departments' goals.
        cuts: the cuts.

    Returns:
        A truth value, or an array of them.
    """
    one_way = (cuts.converged_adoption <= A) & (cuts.converged_one_way * A <= C)
    holds = one_way & (cuts.converged_separation > V)
    return holds & (cuts.converged_alignment <= alignment) if cuts.converged_alignment > 0.0 else holds


def silo_kind(ICC: float, gap: float, cuts: Cuts) -> str:
    """What sets the departments of a silo apart: "level" (some practise, some do not), "way" or "both".

    "both" where both measures have come to their cuts, and else the one that is nearer to its own. The cuts come from
    constructed ends that stand far apart; four in ten silos of real runs lie between: clear to V, short of either cut.

    Returns:
        "" only where neither ICC nor gap is above 0: departments then share their commonest way, but not the others.
    """
    level, way = cuts.level_icc <= ICC, cuts.way_gap <= gap
    if level and way:
        return "both"
    if level or way:
        return "level" if level else "way"
    if max(ICC, gap) <= 0.0:
        return ""
    return "level" if ICC * cuts.way_gap > gap * cuts.level_icc else "way"


def weekly_states(
    A: np.ndarray, C: np.ndarray, V: np.ndarray, alignment: np.ndarray, cuts: Cuts
) -> np.ndarray:
    """The state of each week, known from that week and those before it.

    Args:
        A: float64[weeks], as C, V and alignment.
        C: share of staff in the commonest way.
        V: separation.
        alignment: mean alignment.
        cuts: the cuts.

    Returns:
        int8[weeks], numbers of `STATES`.
    """
    peak = np.maximum.accumulate(A)
    return np.select(
        [
            _held(converged_now(A, C, V, alignment, cuts), cuts.converged_hold),
            _held((cuts.siloed_separation <= V) & (cuts.siloed_adoption <= A), cuts.siloed_hold),
            (cuts.collapsed_peak <= peak) & (cuts.collapsed_share * peak > A),
            cuts.stalled > A,
        ],
        [np.int8(CONVERGED), np.int8(SILOED), np.int8(COLLAPSED), np.int8(STALLED)],
        np.int8(MIXED),
    )


def _held(now: np.ndarray, weeks: int) -> np.ndarray:
    """Whether `now` is true in each week and in the `weeks` - 1 before it."""
    week = np.arange(now.size)
    last_miss = np.maximum.accumulate(np.where(now, -1, week))
    return week - last_miss >= weeks


def held_stages(stage: np.ndarray, weeks: int) -> np.ndarray:
    """The stage that has been reached and not lost: it rises, or falls, to what has held throughout so many weeks.

    Week by week the stage flickers at its cuts, where it can be read off a single department; 4, 3, 4, 3 is no relapse.

    Args:
        stage: float64[n], the stage of each week.
        weeks: how long it must hold; with 1 it is the stage itself.
    """
    held = np.full(stage.size, stage[0])
    if stage.size < weeks:
        return held
    windows = np.lib.stride_tricks.sliding_window_view(stage, weeks)
    lows, highs = windows.min(axis=1).tolist(), windows.max(axis=1).tolist()
    now = stage[0]
    for week, (least, most) in enumerate(zip(lows, highs, strict=True), weeks - 1):
        held[week] = now = min(max(now, least), most)
    return held


def classify(series: Mapping[str, np.ndarray], cuts: Cuts) -> Outcome:
    """The outcome of a run from its weekly series.

    Args:
        series: arrays [1 + weeks], index 0 being the start and index t the state after t weeks: `MEASURES`,
            "alignment", "stage", "practising" (pairs), "spent" (in the week), "reach", "hollow", and of the
            week's cleared requests their number "cleared" and the weeks they "waited" in all
        cuts: the cuts.
    """
    states = weekly_states(series["A"], series["C"], series["V"], series["alignment"], cuts)
    converged = np.flatnonzero(states == CONVERGED)
    last = {name: float(series[name][-1]) for name in (*MEASURES, "alignment", "reach", "hollow")}
    cleared = float(series["cleared"].sum())
    stage = held_stages(series["stage"], cuts.stage_hold)
    return Outcome(
        state=STATES[states[-1]],
        silo_kind=silo_kind(last["ICC"], last["gap"], cuts) if states[-1] == SILOED else "",
        **last,
        stage=int(series["stage"][-1]),
        first_converged=int(converged[0]) if converged.size else None,
        weeks_converged=converged.size,
        weeks_siloed=int(np.count_nonzero(states == SILOED)),
        peak_A=float(series["A"].max()),
        peak_V=float(series["V"].max()),
        relapses=int(np.count_nonzero(np.diff(stage) < 0)),
        skips=int(np.count_nonzero(np.diff(stage) > 1)),
        merged_stages=_merged(stage),
        practitioner_weeks=int(series["practising"][1:].sum()),
        spent=math.fsum(series["spent"][1:]),
        delay=float(series["waited"].sum()) / cleared if cleared else None,
    )


def _merged(stage: np.ndarray) -> int:
    beyond = np.flatnonzero(stage >= 3)
    return int(beyond.size > 0 and not (stage[: beyond[0]] == 2).any())
