"""Figures of an experiment's results: each shows runs, says which, and can be read in grey and by the colour-blind.

A figure draws what its module's `table` returns, so that what is seen can be had as numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sim.errors import Fault, InputError, nearest_name
from sim.figures import adoption, difference, phase, shares
from sim.figures.difference import save_difference
from sim.figures.look import FORMATS, look, save
from sim.figures.selection import Where, wanted
from sim.sweeps.levels import Levels
from sim.sweeps.sampling import KINDS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sim.sweeps import Results

__all__ = ["FIGURES", "FORMATS", "draw", "plot", "save_difference", "wanted"]


class Kind(NamedTuple):
    """A figure that can be drawn.

    Attributes:
        about: what it shows, in a line.
        draw: draws it of results, confined to some levels.
        factors: how many factors of two levels or more it takes at least.
        crossed: whether it takes runs that differ in one factor alone.
    """

    about: str
    draw: Callable[[Results, Where], Figure]
    factors: int = 0
    crossed: bool = False


FIGURES = {
    "adoption": Kind("Adoption by department, week by week, with bands.", adoption.draw),
    "stages": Kind("The stage ribbon: share of runs in each stage of maturity by week.", shares.draw_stages),
    "states": Kind("Share of runs in each state by week, with intervals.", shares.draw_states),
    "phase": Kind(
        "Phase map of two levers: where runs converge, and where they break into silos.", phase.draw, 1
    ),
    "difference": Kind("Paired difference of two levels of a factor, and flips.", difference.draw, 1, True),
}


def draw(results: Results, name: str, where: Where | None = None) -> Figure:
    """Draw a figure.

    Args:
        results: finished runs.
        name: of `FIGURES`.
        where: levels to which factors are confined, by label.

    Raises:
        InputError: there is no such figure, or it cannot be drawn of these runs.
    """
    _check(results, [name], where or {})
    with look():
        return FIGURES[name].draw(results, where or {})


def plot(
    results: Results,
    names: Sequence[str] = (),
    where: Where | None = None,
    formats: Sequence[str] = FORMATS,
    folder: Path | None = None,
) -> list[Path]:
    """Draw figures into files.

    Args:
        results: finished runs.
        names: of `FIGURES`; those that the experiment asks for unless given, or else all that fit.
        where: levels to which factors are confined, by label.
        formats: of `FORMATS`.
        folder: where the files go; `figures` in the results' folder unless given.

    Returns:
        The files' paths.

    Raises:
        InputError: a name is unknown, a figure cannot be drawn of these runs, or a file cannot be written.
    """
    where = where or {}
    names = (
        names or results.experiment.figures or [name for name in FIGURES if not _misfit(results, name, where)]
    )
    _check(results, names, where)
    folder = folder or results.folder / "figures"
    return [
        path
        for name in dict.fromkeys(names)
        for path in save(draw(results, name, where), folder / name, formats)
    ]


def _check(results: Results, names: Sequence[str], where: Where) -> None:
    """Refuse figures that cannot be drawn, all of them at once."""
    faults = [
        Fault(
            "figure", f"found {name!r}", f"one of {', '.join(FIGURES)}", nearest=nearest_name(name, FIGURES)
        )
        for name in names
        if name not in FIGURES
    ]
    for name in names:
        if name in FIGURES and (misfit := _misfit(results, name, where)):
            faults.append(Fault(f"figure {name}", *misfit))
    faults += [
        Fault("where", f"no factor {label!r}", f"one of {', '.join(results.factors)}")
        for label in where
        if label not in results.factors
    ]
    if results.runs.empty:
        faults.append(
            Fault("results", "no run has finished", "a sweep that got further", str(results.folder))
        )
    if faults:
        raise InputError(faults)


def _misfit(results: Results, name: str, where: Where) -> tuple[str, str] | None:
    """Why a figure cannot be drawn of these runs, and of which it can."""
    design, figure = results.experiment.design, FIGURES[name]
    varying = sum(len(where.get(label, levels)) > 1 for label, levels in Levels(results).of.items())
    if varying < figure.factors:
        return "no factor varies", "runs at two levels of a factor or more"
    if figure.crossed and not design.crossed:
        crossed = " or ".join(kind for kind, one in KINDS.items() if one.crossed)
        return f"no two points of a {design.kind} design differ in one factor alone", f"a {crossed} design"
    return None
