"""The look of all figures: colours that survive colour blindness and a grey printer, page layout, and files.

Titles say the finding, captions what is drawn and from which runs; equal results give equal bytes.
"""

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
import seaborn as sns
from matplotlib.figure import Figure

from sim.errors import Fault, InputError

FORMATS = ("png", "svg")


class Mark(NamedTuple):
    """How an area is told from others, by colour and without it."""

    colour: str
    hatch: str = ""
    edge: str = "#555555"  # of the hatch


STATES = {
    "converged": Mark("#0173b2"),
    "siloed": Mark("#de8f05", "////"),
    "mixed": Mark("#f3c6e8", "...."),
    "stalled": Mark("#e2e2e2"),
    "collapsed": Mark("#4a3728", "xxxx"),
}
"""Marks of the states, in the order in which they are listed."""

BLUE = STATES["converged"].colour
"""For what is neither a state nor a stage."""

_SETTINGS: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial"],
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.labelsize": 9,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8.5,
    "axes.linewidth": 0.8,
    "hatch.linewidth": 0.5,
    "figure.constrained_layout.w_pad": 0.08,
    "figure.constrained_layout.h_pad": 0.06,
    "savefig.dpi": 150,
    "path.simplify_threshold": 0.3,  # of a pixel; lines of many weeks make large files
    "text.parse_math": False,  # a $ in a name is a $
    "svg.fonttype": "none",  # text stays text: it can be searched, and read aloud
    "svg.hashsalt": "unsilo",
}


@contextmanager
def look() -> Iterator[None]:
    """Within it, figures are drawn and saved in this look."""
    settings: Any = {**sns.plotting_context("paper"), **sns.axes_style("ticks"), **_SETTINGS}
    with mpl.rc_context(settings):
        yield


def grid(
    panels: int, width: float = 3.2, height: float = 2.4, columns: int | None = None
) -> tuple[Figure, np.ndarray]:
    """A figure of so many panels with shared axes, and the panels: Axes[panels].

    Args:
        panels: how many.
        width: of one, in inches.
        height: of one, in inches.
        columns: how many in a row; chosen to fill the rows unless given.
    """
    columns = min(panels, columns or (2 if panels == 4 else 3 if panels in (1, 2, 3, 5, 6, 9) else 4))
    rows = math.ceil(panels / columns)
    figure = Figure(figsize=(max(6.4, columns * width + 1.6), rows * height + 1.3), layout="constrained")
    axes = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for empty in axes[panels:]:
        empty.remove()
    return figure, axes[:panels]


def outer_labels(panels: np.ndarray) -> None:
    """Keep axis labels at the left, and below where no panel follows."""
    for n, axes in enumerate(panels):
        spec = axes.get_subplotspec()
        last = n + spec.get_gridspec().ncols >= len(panels)
        axes.tick_params(labelbottom=last)
        if not last:
            axes.set_xlabel("")
        if not spec.is_first_col():
            axes.set_ylabel("")


def finish(figure: Figure, title: str, caption: str) -> Figure:
    """The figure with its title above and its caption below, wrapped to its width, and laid out for good."""
    width = figure.get_figwidth()
    figure.suptitle(wrapped(title, width * 10), x=0.01, ha="left", fontsize=11.5, fontweight="bold")
    figure.supxlabel(wrapped(caption, width * 14.5), x=0.01, ha="left", fontsize=8, color="#333333")
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # or each format would lay it out by its own resolution
    return figure


def wrapped(text: str, width: float, whole: bool = False) -> str:
    """Text in lines of so many letters at the most; a longer word is broken, or with `whole` a line of its own."""
    return textwrap.fill(text, int(width), break_on_hyphens=False, break_long_words=not whole)


def percent(share: float) -> str:
    """A share in words that no line end parts."""
    return f"{share:.0%}".replace("%", "\u00a0%")


def weeks_axis(axes: Any, weeks: int, most: int = 8) -> None:
    """The x axis of weeks, with a tick a quarter, or for longer runs one every year or few, `most` at most."""
    step = week_step(weeks, most)
    axes.set_xlim(0, weeks)
    axes.set_xticks(range(0, weeks + 1, step))
    every = {13: "quarter", 52: "year"}.get(step, f"{step // 52} years")
    axes.set_xlabel(f"week (tick: {every})")


def week_step(weeks: int, most: int = 8) -> int:
    """The weeks from tick to tick."""
    return 13 if weeks <= 13 * most else 52 * math.ceil(weeks / 52 / most)


def share_axis(axes: Any, label: str) -> None:
    """The y axis of shares, 0 to 100 %."""
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
    axes.set_ylabel(label)


def blank(axes: Any) -> None:
    """Say in a panel why nothing is drawn."""
    axes.text(0.5, 0.5, "no run", transform=axes.transAxes, ha="center", va="center", color="#777777")


def save(figure: Figure, stem: Path, formats: Sequence[str] = FORMATS, dpi: int | None = None) -> list[Path]:
    """Write a figure, each file when it is drawn whole.

    Args:
        figure: the figure.
        stem: path of the files without their endings; its folder is made.
        formats: of `FORMATS`.
        dpi: dots an inch of a PNG; those of the look unless given.

    Returns:
        The paths.

    Raises:
        InputError: a file cannot be written.
    """
    paths = []
    for ending in formats:
        path = stem.with_name(f"{stem.name}.{ending}")
        drawn = io.BytesIO()
        nothing_dated = {"Date": None, "Creator": None} if ending == "svg" else {"Software": None}
        fine: dict[str, Any] = {} if dpi is None else {"dpi": dpi}
        with look():
            figure.savefig(drawn, format=ending, metadata=nothing_dated, **fine)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(drawn.getvalue())
        except OSError as error:
            raise InputError(
                [Fault("figure", str(error.strerror), "a file that can be written", str(path))]
            ) from None
        paths.append(path)
    return paths
