"""Shares of runs, week by week: in each state of the organisation, and in each stage of maturity."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from sim import outcome
from sim.figures.look import (
    STATES,
    blank,
    finish,
    grid,
    outer_labels,
    percent,
    share_axis,
    week_step,
    weeks_axis,
)
from sim.figures.selection import Selection, Where, select, setting, words
from sim.mechanisms.maturity import STAGES
from sim.sweeps.summary import wilson

if TYPE_CHECKING:
    from sim.sweeps import Results

_CODES = {
    "state": {state: outcome.STATES.index(state) for state in STATES},
    "stage": {f"{n} {name}": n for n, name in enumerate(STAGES, 1)},
}
_STACK = ("converged", "mixed", "stalled", "collapsed", "siloed")  # so that what matters lies on an edge


def table(selection: Selection, series: str) -> pd.DataFrame:
    """What is drawn of the series "state" or "stage": a row for each `level` of the panels, `name` and `week`.

    Columns: `share` of runs, `low` and `high` of its 95 % interval, `n` runs.
    """
    values = selection.results.series(series)
    parts = []
    for level, rows in selection.panels():
        here = values[rows][:, np.isfinite(values[rows]).all(axis=0)]
        for name, code in _CODES[series].items():
            if here.size:
                n, count = len(rows), (here == code).sum(axis=0)
                worth = selection.worth(rows)
                low, high = np.array([wilson(hits / n, worth) for hits in range(n + 1)])[count].T
                part = {"week": range(len(count)), "share": count / n, "low": low, "high": high, "n": n}
                parts.append(pd.DataFrame({"level": level, "name": name, **part}))
    return pd.concat(parts, ignore_index=True)


def draw_states(results: Results, where: Where) -> Figure:
    """A panel for each level of a factor, in it the states' shares stacked: converged from below, siloed from above."""
    selection = select(results, where, room=1)
    drawn = table(selection, "state")
    figure, panels, runs = _panels(selection, drawn)
    step = week_step(int(drawn["week"].max()))
    for ax, here in panels:
        marks = [STATES[state] for state in _STACK]
        for area, mark in zip(_stacked(ax, here, _STACK), marks, strict=True):
            area.set(facecolor=mark.colour, hatch=mark.hatch, edgecolor=mark.edge, linewidth=0)
        if max(runs) > 1:
            _whiskers(ax, here[here["name"] == "converged"], step)
            _whiskers(ax, here[here["name"] == "siloed"], step, from_above=True)
    occurs = drawn.groupby("name", sort=False)["share"].max() > 0
    handles = dict(zip(_STACK, panels[0][0].collections, strict=False))
    shown = [state for state in reversed(_STACK) if occurs[state]]
    figure.legend(
        [handles[s] for s in shown], shown, loc="outside right center", title="state", frameon=False
    )
    what = "State of the run by week."
    if max(runs) > 1:
        what = "Share of runs in each state by week."
        of = "Wilson" if selection.results.experiment.design.crossed else "Wilson, of points instead of runs"
        what += (
            f" Whiskers: {percent(0.95)} interval ({of}) of converged, from below, and of siloed, from above."
        )
    return finish(
        figure, _finding(selection, drawn, ""), f"{what} {selection.caption(runs, _each(selection))}"
    )


def draw_stages(results: Results, where: Where) -> Figure:
    """A panel for each level of a factor, in it a ribbon: the stages' shares stacked, the lowest at the bottom."""
    selection = select(results, where, room=1)
    drawn = table(selection, "stage")
    names = list(_CODES["stage"])
    colours = sns.color_palette("mako_r", as_cmap=True)(np.linspace(0.03, 0.88, len(names)))
    figure, panels, runs = _panels(selection, drawn)
    for ax, here in panels:
        areas = _stacked(ax, here, names)
        for area, colour in zip(areas, colours, strict=True):
            area.set(facecolor=colour, edgecolor="white", linewidth=0.3)
        _number(ax, here, names, colours)
    handles = panels[0][0].collections[: len(names)]
    figure.legend(handles[::-1], names[::-1], loc="outside right center", title="stage", frameon=False)
    what = "Share of runs in each stage of maturity" if max(runs) > 1 else "Stage of maturity of the run"
    caption = (
        f"{what} by week; the number in an area is its stage. {selection.caption(runs, _each(selection))}"
    )
    return finish(figure, _finding(selection, drawn, "in stage "), caption)


def _each(selection: Selection) -> str:
    return " a panel" if selection.free else ""


def _panels(
    selection: Selection, drawn: pd.DataFrame
) -> tuple[Figure, list[tuple[Any, pd.DataFrame]], list[int]]:
    """The figure; its panels, each with what is drawn there; and the number of runs in each."""
    levels = list(selection.panels())
    runs = [len(rows) for _, rows in levels]
    figure, axes = grid(len(levels), height=2.4 if max(runs) > 1 else 1.0)
    for ax, (level, rows) in zip(axes, levels, strict=True):
        weeks_axis(ax, int(drawn["week"].max()))
        if max(runs) > 1:
            share_axis(ax, "share of runs")
        else:
            ax.set(ylim=(0, 1), yticks=[])
        if level is not None:
            ax.set_title(setting(selection.free[0], level), loc="left")
        if not len(rows):
            blank(ax)
    outer_labels(axes)
    parts = [drawn if level is None else drawn[drawn["level"] == level] for level, _ in levels]
    return figure, list(zip(axes, parts, strict=True)), runs


def _stacked(ax: Any, here: pd.DataFrame, names: Iterable[str]) -> list[Any]:
    """The shares of a panel, the first name at the bottom; an area for each name."""
    stack = np.array([here.loc[here["name"] == name, "share"] for name in names])
    turns = (np.diff(stack, prepend=np.nan) != 0).any(axis=0)
    turns[-1:] = True
    areas: list[Any] = ax.stackplot(np.flatnonzero(turns), stack[:, turns], step="post")
    return areas


def _whiskers(ax: Any, here: pd.DataFrame, step: int, from_above: bool = False) -> None:
    """The interval of a share at each tick where there is any; from above a little earlier, so that both can be seen."""
    at = here[(here["week"] % step == (step * 5 // 6 if from_above else 0)) & (here["share"] > 0)]
    low, middle, high = (1 - at[end] if from_above else at[end] for end in ("low", "share", "high"))
    for colour, width in (("white", 3.0), ("black", 1.2)):
        line = ax.vlines(at["week"], low, high, color=colour, linewidth=width, clip_on=False)
        point = {"marker": "s" if from_above else "o", "markersize": 2.5 + width / 2}
        dots = ax.plot(at["week"], middle, linestyle="", color=colour, clip_on=False, **point)
        for artist in (line, *dots):
            artist.set_in_layout(False)  # what is not clipped would count with its whole extent


def _number(ax: Any, here: pd.DataFrame, names: list[str], colours: np.ndarray) -> None:
    """Write each stage's number where its area is thickest, if it is thick and long enough there."""
    base = 0.0
    for stage, (name, colour) in enumerate(zip(names, colours, strict=True), 1):
        share = here.loc[here["name"] == name, "share"].to_numpy()
        thick = np.flatnonzero(share >= max(0.2, share.max(initial=0.0) - 0.05))
        longest = max(np.split(thick, np.flatnonzero(np.diff(thick) > 1) + 1), key=len)
        if len(longest) > len(share) / 25:
            week = longest[len(longest) // 2]
            dark = (colour[:3] * (0.299, 0.587, 0.114)).sum() < 0.5
            ax.text(
                week, (base + share / 2)[week], str(stage), ha="center", va="center", fontsize=9,
                color="white" if dark else "black",
            )  # fmt: skip
        base = base + share


def _finding(selection: Selection, drawn: pd.DataFrame, before: str) -> str:
    """In what most runs end, at which levels."""
    last = drawn.groupby(["level", "name"], sort=False, dropna=False)["share"].last()
    ends: dict[str, list[str]] = {before + str(name): [] for name in drawn["name"].unique()}
    ends["in no one state"] = []
    for level, shares in last.groupby("level", sort=False, dropna=False):
        end = before + str(shares.idxmax()[1]) if shares.max() > 0.5 else "in no one state"
        ends[end].append(words(level))
    found = [(end, ", ".join(levels)) for end, levels in ends.items() if levels]
    alone = drawn["n"].max() == 1
    if not selection.free:
        return f"{'The run ends' if alone else 'Most runs end'} {found[0][0]}"
    (end, levels), *others = found
    parts = [
        f"{end} with {words(selection.free[0])} {levels}",
        *(f"{end} with {levels}" for end, levels in others),
    ]
    return f"{'Runs' if alone else 'Most runs'} end {'; '.join(parts)}"
