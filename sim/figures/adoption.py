"""Adoption by department, week by week: who takes it up, who stays behind, and how far runs differ in it."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from sim.figures.look import BLUE, blank, finish, grid, outer_labels, percent, share_axis, weeks_axis
from sim.figures.selection import Selection, Where, select, setting, words

if TYPE_CHECKING:
    from sim.sweeps import Results

_MOST = 8  # departments that a page can hold


def table(selection: Selection) -> pd.DataFrame:
    """What is drawn: a row for each `level` of the panels, `department` and `week`, with `median`, `low`, `high`, `n`."""
    adoption = selection.results.adoption()
    parts = []
    for level, rows in selection.panels():
        for d, department in enumerate(selection.results.departments):
            values = adoption[rows, :, d]
            values = values[:, np.isfinite(values).all(axis=0)]
            if values.size:
                low, median, high = np.percentile(values, [10, 50, 90], axis=0)
                part = {
                    "week": range(len(median)),
                    "median": median,
                    "low": low,
                    "high": high,
                    "n": len(rows),
                }
                parts.append(pd.DataFrame({"level": level, "department": department, **part}))
    return pd.concat(parts, ignore_index=True)


def draw(results: Results, where: Where) -> Figure:
    """A row of panels for each level of a factor, in it a panel for each department, the others' medians in grey."""
    selection = select(results, where, room=1)
    drawn = table(selection)
    last = drawn.groupby(["level", "department"], sort=False, dropna=False).last().reset_index()
    order = (
        last.groupby("department", sort=False)["median"].mean().sort_values(ascending=False, kind="stable")
    )
    shown = list(order.index)
    if len(shown) > _MOST:
        shown = [*shown[: _MOST // 2], *shown[-_MOST // 2 :]]
    panels = list(selection.panels())
    wide = None if len(panels) == 1 else len(shown)
    figure, axes = grid(len(panels) * len(shown), 1.55 if wide else 2.2, 1.2 if wide else 1.6, wide)
    for n, (ax, ((level, rows), department)) in enumerate(zip(axes, product(panels, shown), strict=True)):
        here = drawn if level is None else drawn[drawn["level"] == level]
        for _, other in here.groupby("department", sort=False):
            ax.plot(other["week"], other["median"], color="#c4c4c4", linewidth=0.7)
        line = here[here["department"] == department]
        if line.empty:
            blank(ax)
        if len(rows) > 1:
            ax.fill_between(line["week"], line["low"], line["high"], color=BLUE, alpha=0.3, linewidth=0)
        ax.plot(line["week"], line["median"], color=BLUE, linewidth=1.6)
        weeks_axis(ax, int(drawn["week"].max()), most=3)
        share_axis(ax, "" if level is None else words(level))
        ax.set_yticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
        if wide is None or n < wide:
            ax.set_title(words(department))
        sns.despine(ax=ax)
    outer_labels(axes)
    by = f", by {words(selection.free[0])}" if selection.free else ""
    figure.supylabel(f"adoption{by}", fontsize=9)
    runs = [len(rows) for _, rows in panels]
    how = "Line: median of runs, the other departments' in grey; band: their 10th to 90th percentile. "
    some = (
        f"The {_MOST // 2} highest and {_MOST // 2} lowest of {len(order)} departments. "
        if len(order) > _MOST
        else ""
    )
    caption = (
        "Adoption: practising pairs of person and practice, of all pairs meant for the department. "
        f"{how if max(runs) > 1 else ''}{some}{selection.caption(runs, ' a row' if wide else '')}"
    )
    return finish(figure, _finding(selection, last), caption)


def _finding(selection: Selection, last: pd.DataFrame) -> str:
    """Where departments end furthest apart, and where closest; or where the only one ends highest, and where lowest."""
    if last["department"].nunique() == 1:
        return _ends(selection, last)
    apart = []
    for level, here in last.groupby("level", sort=False, dropna=False):
        low, high = here.loc[here["median"].idxmin()], here.loc[here["median"].idxmax()]
        ends = [f"{percent(one['median'])} ({words(one['department'])})" for one in (low, high)]
        same = percent(low["median"]) == percent(high["median"])
        text = f"{percent(low['median'])} in all of them" if same else " to ".join(ends)
        apart.append((high["median"] - low["median"], level, text))
    if len(apart) == 1:
        return f"Adoption ends at {apart[0][2]}"
    widest, closest = max(apart, key=lambda one: one[0]), min(apart, key=lambda one: one[0])
    if percent(widest[0]) == percent(closest[0]):
        return f"Departments end as far apart at all levels, with {setting(selection.free[0], widest[1])} at {widest[2]}"
    return (
        f"Departments end furthest apart with {setting(selection.free[0], widest[1])}, {widest[2]}, "
        f"and closest with {words(closest[1])}, {closest[2]}"
    )


def _ends(selection: Selection, last: pd.DataFrame) -> str:
    """Where the only department ends."""
    low, high = last.loc[last["median"].idxmin()], last.loc[last["median"].idxmax()]
    ends = [percent(one["median"]) for one in (high, low)]
    if ends[0] == ends[1]:
        return f"Adoption ends at {ends[0]}{' at all levels' if len(last) > 1 else ''}"
    where = setting(selection.free[0], high["level"])
    return f"Adoption ends highest with {where}, at {ends[0]}, and lowest with {words(low['level'])}, at {ends[1]}"
