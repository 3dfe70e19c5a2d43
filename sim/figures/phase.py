"""The phase map: at which settings of two levers runs converge, break into silos, or do neither."""

from __future__ import annotations

from itertools import pairwise, product
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from sim.figures.look import STATES, finish, grid, outer_labels, percent, wrapped
from sim.figures.selection import Selection, Where, listing, numeric, select, setting, words
from sim.scenario import parameters
from sim.sweeps.summary import wilson

if TYPE_CHECKING:
    from sim.sweeps import Results

_WIDTH, _HEIGHT = 0.74, 0.46  # of a cell, in inches
_LETTERS = 11.0  # an inch of an axis has room for
_SLANT = 35.0  # degrees, of names for which there is no room
_APART = 4.0  # dots between names
_WIDEST = 11.0  # of the cells beside each other, in inches


class Levers(NamedTuple):
    """The factors on the axes and of the panels."""

    x: str
    y: str | None
    panels: str | None


def levers(selection: Selection) -> Levers:
    """What stands where: of two axes, y is the one with names, for which it has room, or else the file's first."""
    first, *second = sorted(selection.free[:2], key=list(selection.levels).index)
    panels = selection.free[2] if len(selection.free) > 2 else None
    if not second:
        return Levers(first, None, panels)
    names_second = not numeric(selection.levels[second[0]]) and numeric(selection.levels[first])
    return Levers(first, second[0], panels) if names_second else Levers(second[0], first, panels)


def table(selection: Selection) -> pd.DataFrame:
    """What is drawn: a row for each cell that has runs.

    Columns: the factors that vary, by label; the share of runs in each state, by its name; `n` runs; and `state`, the
    commonest, or "split" if there are two; `worth`, as `Selection.worth`.
    """
    shown = selection.rows()
    runs = selection.runs.iloc[shown].set_index(shown)
    rows = []
    for at, here in runs.groupby(selection.free, sort=False):
        counts = [int((here["state"] == state).sum()) for state in STATES]
        state = "split" if counts.count(max(counts)) > 1 else list(STATES)[counts.index(max(counts))]
        shares = {state: count / len(here) for state, count in zip(STATES, counts, strict=True)}
        rows.append(
            {
                **dict(zip(selection.free, at, strict=True)),
                **shares,
                "n": len(here),
                "state": state,
                "worth": selection.worth(here.index.to_numpy()),
            }
        )
    return pd.DataFrame(rows)


def draw(results: Results, where: Where) -> Figure:
    """A panel for each level of a third factor, in it a cell for each setting of two: its runs' states, in proportion."""
    selection = select(results, where, room=3, axes=2)
    drawn = table(selection)
    x, y, beside = levers(selection)
    xs, ys = selection.levels[x], selection.levels[y] if y else [None]
    panels = selection.levels[beside] if beside else [None]
    width = min(_WIDEST, _WIDTH * len(xs) + 0.3)
    columns = max(1, min(len(panels), 3, int(_WIDEST / width)))
    figure, axes = grid(len(panels), width, _HEIGHT * len(ys) + 0.55, columns)
    font = float(np.clip(7.0 * (figure.get_figwidth() - 1.6) / columns / len(xs) / _WIDTH, 5.0, 8.5))
    room = max(_LETTERS * width / len(xs), 6.0)
    cells = {tuple(cell[label] for label in selection.free): cell for cell in drawn.to_dict("records")}
    for ax, level in zip(axes, panels, strict=True):
        for (i, at_x), (j, at_y) in product(enumerate(xs), enumerate(ys)):
            at = {x: at_x, y: at_y, beside: level}
            _cell(ax, i, j, cells.get(tuple(at[label] for label in selection.free)), font)
        ax.set(xlim=(0, len(xs)), ylim=(0, len(ys)), xlabel=_axis(selection, x))
        ax.set_ylabel(_axis(selection, y) if y else "")
        ax.set_xticks(np.arange(len(xs)) + 0.5, [wrapped(words(one), room, whole=True) for one in xs])
        ax.set_yticks(np.arange(len(ys)) + 0.5, [words(one) for one in ys] if y else [""])
        ax.tick_params(length=0)
        if beside:
            ax.set_title(setting(beside, level), loc="left")
    outer_labels(axes)
    _slant(figure, axes)
    occurs = {state: mark for state, mark in STATES.items() if drawn[state].any()}
    patches = [Patch(fc=mark.colour, hatch=mark.hatch, ec=mark.edge, lw=0) for mark in occurs.values()]
    figure.legend(patches, list(occurs), loc="outside right center", title="state at the end", frameon=False)
    return finish(figure, _finding(selection, drawn), _caption(selection, drawn))


def _slant(figure: Figure, axes: np.ndarray) -> None:
    """Have names stand slanted where they would touch: those of long words."""
    figure.draw_without_rendering()
    places = [[label.get_window_extent() for label in ax.get_xticklabels()] for ax in axes]
    if any(left.x1 + _APART > right.x0 for boxes in places for left, right in pairwise(boxes)):
        for label in (label for ax in axes for label in ax.get_xticklabels()):
            label.set(rotation=_SLANT, ha="right", rotation_mode="anchor")
        longest = max(box.width for boxes in places for box in boxes) / figure.dpi
        figure.set_figheight(figure.get_figheight() + longest * np.sin(np.radians(_SLANT)))


def _axis(selection: Selection, label: str) -> str:
    """A factor with the unit of what it sets."""
    results = selection.results
    keys = {factor.name: factor.targets[0] for factor in results.experiment.factors}
    units = {
        key: unit for key, _, unit, *_ in parameters(results.scenario(int(results.runs["point"].iloc[0])))
    }
    unit = units.get(keys.get(label, ""), "") if numeric(selection.levels[label]) else ""
    return f"{words(label)} ({unit})" if unit else words(label)


def _cell(ax: Any, i: int, j: int, cell: dict[Any, Any] | None, font: float) -> None:
    """A cell: its states' shares side by side, and the commonest with its share in words."""
    start = float(i)
    for state, mark in STATES.items():
        if share := cell[state] if cell else 0.0:
            ax.add_patch(
                Rectangle((start, j), share, 1, fc=mark.colour, hatch=mark.hatch, ec=mark.edge, lw=0)
            )
            start += share
    ax.add_patch(Rectangle((i, j), 1, 1, facecolor="none", edgecolor="white", linewidth=2))
    text = "no run" if cell is None else cell["state"]
    if cell and text in cell:
        text += f"\n{percent(cell[text])}"
    ax.text(
        i + 0.5, j + 0.5, text, ha="center", va="center", fontsize=font, linespacing=1.05,
        bbox={"facecolor": "white", "alpha": 0.85, "linewidth": 0, "boxstyle": "round,pad=0.15"},
    )  # fmt: skip


def _caption(selection: Selection, drawn: pd.DataFrame) -> str:
    n = int(drawn["worth"].min())
    low, high = (percent(end) for end in wilson(0.5, n))
    what = "run" if selection.results.experiment.design.crossed else "point"
    half = f", one of {percent(0.5)} of {low} to {high}" if n > 1 else ""
    return (
        "A cell is filled by its runs' states in proportion, and names the commonest with its share. "
        f"{selection.caption(list(drawn['n']), ' a cell')} Of {n} {what}{'s' * (n > 1)}, a share of {percent(1.0)} has a "
        f"{percent(0.95)} interval (Wilson) of {percent(wilson(1.0, n)[0])} to {percent(1.0)}{half}."
    )


def _finding(selection: Selection, drawn: pd.DataFrame) -> str:
    """At how many settings most runs converge, by panel."""
    x, y, beside = levers(selection)
    most = drawn["converged"] > 0.5
    settings = f"settings of {listing([words(label) for label in (y, x) if label])}"
    if beside is None:
        return f"{'Most runs' if drawn['n'].max() > 1 else 'Runs'} converge at {most.sum()} of {len(drawn)} {settings}"
    counts = drawn.assign(most=most).groupby(beside, sort=False)["most"].agg(["sum", "size"])
    counts = counts.sort_values("sum", ascending=False, kind="stable")
    parts = [f"{words(level)} {found}\u00a0of\u00a0{tried}" for level, found, tried in counts.itertuples()]
    return f"S{settings[1:]} at which most of the runs converge: {', '.join(parts)}"
