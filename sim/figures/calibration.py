"""The calibration in one figure: each field pattern's band, and what the model gives before and after the fit."""

from __future__ import annotations

import math
import textwrap
from typing import Any

from matplotlib.figure import Figure

from sim.calibration.fitting import Fitted
from sim.calibration.patterns import Pattern, Target
from sim.calibration.plan import Plan
from sim.calibration.statistics import STATISTICS, Estimate
from sim.calibration.telling import hits
from sim.figures.look import BLUE, finish

_COLUMNS = 4
_BAND, _BEFORE = "#e2e2e2", "#8a5a00"


def draw(plan: Plan, fitted: Fitted) -> Figure:
    """A panel for each target: the band in grey, the field's number as a dashed line, and two estimates with intervals."""
    panels = [(pattern, target) for pattern in plan.patterns.patterns for target in pattern.targets]
    lines = math.ceil(len(panels) / _COLUMNS)
    figure = Figure(figsize=(2.6 * _COLUMNS, 1.25 * lines + 1.3), layout="constrained")
    axes = figure.subplots(lines, _COLUMNS, squeeze=False).ravel()
    for place, (pattern, target) in zip(axes, panels, strict=False):
        _panel(place, pattern, target, fitted)
    for empty in axes[len(panels) :]:
        empty.remove()
    parts = []
    for what, held_out in (("fitted", False), ("held out", True)):
        (was, n), (now, _) = (hits(plan, fitted, after, held_out) for after in (False, True))
        parts.append(f"{was} of {n} patterns {what} hit before the fit, {now} after it")
    fit = fitted.fit
    return finish(
        figure, "Calibration: " + "; ".join(parts),
        f"Grey: the band of the field's pattern; dashed: the field's number. Estimates over {fit.last_firms} firms of the prior "
        "that took no part in the fit, with 95 % intervals.",
    )  # fmt: skip


def _panel(axes: Any, pattern: Pattern, target: Target, fitted: Fitted) -> None:
    before, after = fitted.before[target.statistic], fitted.after[target.statistic]
    ends = [before, after]
    values = [end for one in ends for end in (one.value, one.low, one.high) if math.isfinite(end)]
    known = [end for end in (target.low, target.high, target.field) if end is not None]
    least, most = min([*values, *known]), max([*values, *known])
    if target.log:
        axes.set_xscale("log")
        least, most = least / 1.3, most * 1.3
    else:
        room = 0.08 * (most - least)
        least, most = (0.0 if least >= 0.0 else least - room), most + room
    axes.axvspan(
        least if target.low is None else target.low, most if target.high is None else target.high,
        color=_BAND, linewidth=0,
    )  # fmt: skip
    if target.field is not None:
        axes.axvline(target.field, color="#555555", linestyle="--", linewidth=0.9)
    for height, one, colour, marker in ((1.0, before, _BEFORE, "s"), (0.0, after, BLUE, "o")):
        _estimate(axes, height, one, colour, marker)
    axes.set_xlim(least, most)
    axes.set_ylim(-0.6, 1.6)
    axes.set_yticks([1.0, 0.0], ["before", "after"])
    axes.tick_params(axis="y", length=0)
    if target.log:
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter("")
    how = "fitted" if pattern.fitted else "held out"
    words = textwrap.fill(STATISTICS[target.statistic].says, 34)
    axes.set_title(f"{pattern.number} ({how})\n{words}", loc="left", fontsize=8)


def _estimate(axes: Any, height: float, found: Estimate, colour: str, marker: str) -> None:
    if not math.isfinite(found.value):
        axes.text(0.5, height, "no firm tells", ha="center", va="center", color="#777777")
        return
    axes.plot([found.low, found.high], [height, height], color=colour, linewidth=1.6)
    axes.plot(found.value, height, marker, color=colour, markersize=5)
