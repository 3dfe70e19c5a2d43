"""Figures of claims: what an explanation's panels show, each a read-out of arms with its interval, in the look of all figures."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from scipy import stats

from sim.claims.contrasts import interval
from sim.claims.experiment import Trial
from sim.claims.living import Reading
from sim.claims.scales import standard
from sim.claims.sections import Explanation, Panel
from sim.figures.look import BLUE, finish, look, percent, save, week_step, weeks_axis

_LINES = (
    (BLUE, "-", "o"), ("#de8f05", "--", "s"), ("#4a4a4a", ":", "^"), ("#cc78bc", "-.", "D"), ("#029e73", "-", "v"),
)  # fmt: skip
End = tuple[str, float, str]
"""A line's label, its last value and its colour."""

_WIDTHS = {1: 6.2, 2: 8.4, 3: 11.0}
_DPI = 82  # so that a page of ten is light
_GAP = 0.075  # of an axis' height between two labels at the ends of lines


def table(reading: Reading, trial: Trial, panel: Panel) -> pd.DataFrame:
    """What a panel shows: a row for each `label` and `place` (the number of a dose, department or week, else 0).

    Columns: `mean`, `low` and `high` of its 95 % interval - of runs, or of a difference within seeds - and `n` seeds.
    """
    if panel.kind == "weeks":
        return pd.concat(
            [_weeks(reading, trial, panel, *one) for one in panel.arms.items()], ignore_index=True
        )
    rows = []
    if panel.kind == "differences":
        for label, arms in panel.arms.items():
            before, after = (reading.values(trial.arm(arm), panel) for arm in arms)
            rows.append((label, 0, *_told(after - before, panel, [-1.0, 1.0])))
    else:
        for label, place, arm, readout in panel.columns:
            rows.append((label, place, *_told(reading.values(trial.arm(arm), readout), panel, [1.0])))
    return pd.DataFrame(rows, columns=["label", "place", "mean", "low", "high", "n"])


def _told(values: np.ndarray, panel: Panel, weights: list[float]) -> tuple[float, float, float, int]:
    there = values[~np.isnan(values)]
    if not len(there):
        return np.nan, np.nan, np.nan, 0
    low, high = interval(there, panel.is_share, np.array(weights), 0.05)
    return float(there.mean()), low, high, len(there)


def _weeks(reading: Reading, trial: Trial, panel: Panel, label: str, arms: Sequence[str]) -> pd.DataFrame:
    series = reading.weeks(trial.arm(arms[0]), panel)
    mean, n = series.mean(axis=0), len(series)
    half = stats.t.ppf(0.975, n - 1) * series.std(axis=0, ddof=1) / np.sqrt(n) if n > 1 else np.inf
    first = (panel.weeks or (0, 0))[0]
    part = {"place": range(first, first + len(mean)), "mean": mean, "low": mean - half, "high": mean + half}
    return pd.DataFrame({"label": label, **part, "n": n})


def draw(reading: Reading, trial: Trial, one: Explanation, seeds: range, note: str = "") -> Figure:
    """The figure of an explanation.

    Args:
        reading: what is read off the runs.
        trial: its experiment.
        one: the explanation, with panels.
        seeds: of the runs.
        note: what the caption says beside.
    """
    tables = [table(reading, trial, panel) for panel in one.panels]
    longest = max(len(panel.arms) for panel in one.panels)
    alike = len({(panel.kind, panel.read, panel.how) for panel in one.panels}) == 1
    with look():
        figure = Figure(
            figsize=(_WIDTHS[len(tables)], 3.3 + 0.16 * max(0, longest - 5)), layout="constrained"
        )
        axes = figure.subplots(1, len(tables), sharey=alike, squeeze=False)[0]
        ends = [
            _DRAWN[panel.kind](ax, trial, panel, shown)
            for ax, panel, shown in zip(axes, one.panels, tables, strict=True)
        ]
        for ax, panel, some in zip(axes, one.panels, ends, strict=True):
            ax.set_title(panel.title, loc="left")
            _labels(ax, some)
            if alike:
                ax.label_outer()
            sns.despine(ax=ax)
        return finish(figure, one.title, f"{_caption(one, tables, seeds)} {note}".strip())


def _caption(one: Explanation, tables: Sequence[pd.DataFrame], seeds: range) -> str:
    n = min(int(shown["n"].min()) for shown in tables)
    kinds = {panel.kind for panel in one.panels}
    within, weekly = kinds == {"differences"}, kinds == {"weeks"}
    what = "Differences within seeds" if within else "Means of runs"
    bars = "bands" if weekly else "bars and bands" if "weeks" in kinds else "bars"
    shares = " (exact for shares of firms)" if any(panel.is_share for panel in one.panels) else ""
    luck = "" if within else " Arms share their luck, so that differences are better known than this looks."
    grey = " Grey: too small to be of interest." if "differences" in kinds else ""
    return (
        f"Claim\u00a0{one.row}. {what}; {bars}: {percent(0.95)} intervals{shares}. "
        f"n\u00a0=\u00a0{n} seeds ({seeds[0]}-{seeds[-1]}).{luck}{grey}"
    )


def _axis(trial: Trial, panel: Panel) -> str:
    """What an axis is called: the read-out, when, and its unit unless that goes without saying."""
    name, unit = trial.named(panel), trial.units(panel)
    if panel.kind == "weeks":
        name = trial.scales[panel.read].words if panel.read in trial.scales else panel.read
    if panel.kind == "differences":
        name, unit = f"difference in {name}", "points" if _is_share(trial, panel) else unit
    bare = not unit or unit in name or (_is_share(trial, panel) and panel.kind != "differences")
    whole = name if bare else "{} ({})".format(name, unit.replace(" ", "\u00a0"))  # no line end parts a unit
    return textwrap.fill(whole, 26)


def _is_share(trial: Trial, panel: Panel) -> bool:
    return trial.units(panel).startswith("share")


def _percents(axis: Any, trial: Trial, panel: Panel) -> None:
    if _is_share(trial, panel):
        end = "" if panel.kind == "differences" else "\u00a0%"
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.3g}{end}"))


def _number(value: float, trial: Trial, panel: Panel) -> str:
    """A value as it is written beside its dot."""
    sign = "+" if panel.kind == "differences" else ""
    if not _is_share(trial, panel):
        return f"{value:{sign}.3g}"
    digits = 1 if abs(value) < 0.1 and sign else 0
    return f"{100 * value:{sign}.{digits}f}" + ("" if sign else "\u00a0%")


def _dots(ax: Any, trial: Trial, panel: Panel, shown: pd.DataFrame) -> list[End]:
    """A dot a label from above, with its interval and its value at the right."""
    for y, row in enumerate(shown.itertuples()):
        ax.axhline(y, color="#e6e6e6", linewidth=0.7, zorder=0)
        ax.plot([row.low, row.high], [y, y], color=BLUE, linewidth=2.2, solid_capstyle="butt", clip_on=False)
        ax.plot(row.mean, y, "o", color=BLUE, markersize=5.5, clip_on=False)
        words = _number(row.mean, trial, panel)
        ax.text(1.03, y, words, transform=ax.get_yaxis_transform(), va="center", fontsize=8)
    if panel.kind == "differences":
        ax.axvline(0, color="#777777", linewidth=0.8)
        if size := standard(panel, trial.scales):
            ax.axvspan(-size, size, color="#ebebeb", zorder=0, linewidth=0)
            ax.set_xlim(min(shown["low"].min(), -size) * 1.15, max(shown["high"].max(), size) * 1.15)
    else:
        ax.set_xlim(left=0, right=1 if _is_share(trial, panel) else None)
        if _is_share(trial, panel):
            ax.set_xticks([0.0, 0.25, 0.5, 0.75, 1.0])
    ax.set_yticks(range(len(shown)), list(shown["label"]))
    ax.set(ylim=(len(shown) - 0.5, -0.5), xlabel=_axis(trial, panel))
    ax.tick_params(axis="y", length=0)
    _percents(ax.xaxis, trial, panel)
    return []


def _lines(ax: Any, trial: Trial, panel: Panel, shown: pd.DataFrame) -> list[End]:
    """A line a label over the places, with intervals; marks alone where the places are departments, which have no order."""
    numbers = all(not isinstance(place, str) for place in panel.places)
    groups = list(shown.groupby("label", sort=False))
    ends = []
    for n, ((label, part), (colour, dash, mark)) in enumerate(zip(groups, _LINES, strict=False)):
        x = np.array(panel.places, float) if numbers else part["place"].to_numpy(float)
        if panel.departments:
            x, dash = x + 0.16 * (n - (len(groups) - 1) / 2), ""
        error = [part["mean"] - part["low"], part["high"] - part["mean"]]
        style = {"color": colour, "linestyle": dash, "marker": mark, "markersize": 5, "linewidth": 1.6}
        ax.errorbar(x, part["mean"], error, capsize=2.5, **style)
        ends.append((str(label), float(part["mean"].iloc[-1]), colour))
    if numbers:
        ax.set_xticks(panel.places, [f"{place:g}" for place in panel.places])
    else:
        ax.set_xticks(range(len(panel.places)), [str(place) for place in panel.places])
        ax.set_xlim(-0.15 * len(panel.places), len(panel.places) - 1 + 0.06 * len(panel.places))
    ax.set(xlabel=panel.x, ylabel=_axis(trial, panel))
    _percents(ax.yaxis, trial, panel)
    return ends


def _series(ax: Any, trial: Trial, panel: Panel, shown: pd.DataFrame) -> list[End]:
    """A line a label over the weeks, with its band."""
    ends = []
    for (label, part), (colour, dash, _) in zip(shown.groupby("label", sort=False), _LINES, strict=False):
        ax.fill_between(part["place"], part["low"], part["high"], color=colour, alpha=0.22, linewidth=0)
        ax.plot(part["place"], part["mean"], color=colour, linestyle=dash, linewidth=1.7)
        ends.append((str(label), float(part["mean"].iloc[-1]), colour))
    first, last = int(shown["place"].min()), int(shown["place"].max())
    weeks_axis(ax, last - first)
    step = week_step(last - first)
    ax.set_xlim(first, last)
    ax.set_xticks(range(-(-first // step) * step, last + 1, step))
    ax.set(ylabel=_axis(trial, panel))
    ax.set_ylim(bottom=0)
    _percents(ax.yaxis, trial, panel)
    return ends


def _labels(ax: Any, ends: Sequence[End]) -> None:
    """Labels right of the ends of lines, pushed apart where they would overlap; one line has its name in the title."""
    if len(ends) < 2:
        return
    low, high = ax.get_ylim()
    ax.set_ylim(low, high)
    order = sorted(ends, key=lambda end: end[1])
    places = [(value - low) / (high - low) for _, value, _ in order]
    for n in range(1, len(places)):
        places[n] = max(places[n], places[n - 1] + _GAP)
    most = 1.0
    for n in reversed(range(len(places))):
        places[n] = min(places[n], most)
        most = places[n] - _GAP
    for (label, _, colour), place in zip(order, places, strict=True):
        dark = tuple(0.72 * part for part in to_rgb(colour))
        ax.text(1.03, place, label, transform=ax.transAxes, va="center", fontsize=8.5, color=dark)


_DRAWN = {"dots": _dots, "differences": _dots, "lines": _lines, "weeks": _series}


def plot(
    reading: Reading, trial: Trial, one: Explanation, seeds: range, folder: Path, note: str = ""
) -> Path:
    """Draw the figure of an explanation into claim-ROW.png in a folder.

    Raises:
        InputError: it cannot be written.
    """
    return save(draw(reading, trial, one, seeds, note), folder / f"claim-{one.row:02d}", ["png"], _DPI)[0]
