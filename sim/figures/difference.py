"""The paired difference: what one change does under the same luck - to adoption, to outcomes, and to each run's end."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from scipy import stats

from sim.analysis.comparison import Comparison, Difference
from sim.errors import Fault, InputError
from sim.figures.look import BLUE, FORMATS, STATES, finish, look, percent, save, weeks_axis
from sim.figures.selection import Selection, Where, select, setting, words
from sim.outcome import Outcome

if TYPE_CHECKING:
    from sim.sweeps import Results

_POINTS = {
    "A": "adoption at the end",
    "A_min": "adoption, last department",
    "C": "staff in the commonest way",
    "V": "separation V (× 100)",
}
_WEEKS = {"weeks_to_convergence": "weeks until converged*", "weeks_siloed": "weeks siloed"}
_RELATIVE = {"practitioner_weeks": "practitioner-weeks", "spent": "units spent"}


def selection(results: Results, where: Where) -> Selection:
    """The runs of two levels of a factor: its first, and the one whose final adoption differs most from it.

    Raises:
        InputError: no two levels have finished runs of the same seed.
    """
    whole = select(results, where, room=1)
    label = whole.free[0]
    first, *others = (level for level, rows in whole.panels() if len(rows))
    two = [replace(whole, levels={**whole.levels, label: [first, other]}) for other in others]
    gaps = [_gap(one) for one in two]
    if max(gaps, default=-1.0) < 0.0:
        raise InputError(
            [Fault("difference", "no two levels share a finished seed", "a sweep that got further")]
        )
    return two[gaps.index(max(gaps))]


def _gap(selection: Selection) -> float:
    a, b = pairs(selection)
    adoption = selection.results.runs["A"].to_numpy()
    return abs(float((adoption[b] - adoption[a]).mean())) if len(a) else -1.0


def pairs(selection: Selection) -> tuple[np.ndarray, np.ndarray]:
    """Rows of `results.runs` of the two levels that share a seed, pair by pair: int[pairs] each."""
    (_, a), (_, b) = selection.panels()
    seeds = selection.results.runs["seed"].to_numpy()
    _, i, j = np.intersect1d(seeds[a], seeds[b], return_indices=True)
    return a[i], b[j]


def table(selection: Selection) -> pd.DataFrame:
    """What is drawn of adoption: by `week` the `mean` difference of `pairs`, `low` and `high` of its 95 % interval.

    The interval is nan where there is but one pair.
    """
    a, b = pairs(selection)
    adoption = selection.results.series("A")
    change = adoption[b] - adoption[a]
    change = change[:, np.isfinite(change).all(axis=0)]
    mean, n = change.mean(axis=0), len(change)
    spread = change.std(axis=0, ddof=1) if n > 1 else np.full_like(mean, np.nan)
    half = stats.t.ppf(0.975, n - 1) * spread / np.sqrt(n)
    return pd.DataFrame({"week": range(len(mean)), "mean": mean, "low": mean - half, "high": mean + half})


def draw(results: Results, where: Where) -> Figure:
    """The difference in adoption by week, in outcomes at the end, and the flips."""
    chosen = selection(results, where)
    label = chosen.free[0]
    a, b = (words(level) for level in chosen.levels[label])
    count = len(where.get(label, chosen.told.of[label]))
    why = f" ({b}: of {count - 1}, the one whose final adoption differs most from {a}'s)" if count > 2 else ""
    shown = chosen.caption([len(pairs(chosen)[0])], what="pair")
    caption = f"Differences: {setting(label, b)} minus {a}, run by run under the same seed{why}. {shown}"
    return _drawn(comparison(chosen), (a, b), f"{words(label)} ", caption, table(chosen))


def comparison(selection: Selection) -> Comparison:
    """The two levels as a comparison."""
    results, rows = selection.results, pairs(selection)
    runs = results.runs
    names = [field.name for field in fields(Outcome)]
    a, b = ([Outcome(**_typed(one)) for one in runs.iloc[side][names].to_dict("records")] for side in rows)
    plans = [results.scenario(int(runs["point"].iloc[side[0]])) for side in rows]
    seeds = tuple(runs["seed"].iloc[rows[0]].tolist())
    return Comparison(plans[0], plans[1], seeds, tuple(zip(a, b, strict=True)))


def _typed(record: dict[Any, Any]) -> dict[str, Any]:
    """A row's outcome: what is missing in a column of numbers is None."""
    return {name: None if value != value else value for name, value in record.items()}


def save_difference(comparison: Comparison, path: str | Path) -> Path:
    """Draw a comparison of two scenarios into a file.

    Args:
        comparison: the comparison.
        path: a file that ends in .png or .svg.

    Returns:
        The path.

    Raises:
        InputError: it has another ending, or cannot be written.
    """
    path = Path(path)
    if path.suffix[1:] not in FORMATS:
        raise InputError([Fault("figure", f"found {str(path)!r}", "a name that ends in .png or .svg")])
    a, b = comparison.a.title or "A", comparison.b.title or "B"
    if a == b:
        a, b = f"{a} (A)", f"{b} (B)"
    n, seeds = len(comparison.seeds), f"seeds\u00a0{comparison.seeds[0]}-{comparison.seeds[-1]}"
    caption = (
        f"Differences: {b} minus {a}, run by run under the same seed. n\u00a0=\u00a0{n} pairs ({seeds})."
    )
    with look():
        figure = _drawn(comparison, (a, b), "", caption, None)
    return save(figure, path.with_suffix(""), [path.suffix[1:]])[0]


def _drawn(
    comparison: Comparison, names: tuple[str, str], factor: str, caption: str, weekly: pd.DataFrame | None
) -> Figure:
    """The page: at the left adoption by week and the flips, at the right the outcomes."""
    n = len(comparison.seeds)
    figure = Figure(figsize=(11 if n > 1 else 6.4, 5 if weekly is None else 6.2), layout="constrained")
    left, right = (
        figure.subfigures(1, 2, width_ratios=[1, 1.15], squeeze=False)[0] if n > 1 else (figure, None)
    )
    ratios = [1] if weekly is None else [1.25, 1]
    axes = left.subplots(len(ratios), 1, height_ratios=ratios, squeeze=False).ravel()
    if weekly is not None:
        _by_week(axes[0], weekly)
    _flips(axes[-1], comparison.flips, names)
    if right is not None:
        _outcomes(right, comparison, names[0])
        caption += (
            f" Intervals and band: {percent(0.95)} (t of the paired differences; shares of runs: Tango)."
            " * Counted to the run's end where it never converged."
        )
    title = f"{factor}{names[1]} instead of {names[0]}: {_adoption(comparison)}; {_ends(comparison)}"
    return finish(figure, title[0].upper() + title[1:], caption)


def _adoption(comparison: Comparison) -> str:
    """What becomes of adoption, with its interval where there are pairs enough for one."""
    a, b = comparison.values("A")
    if len(a) == 1:
        return f"adoption at the end {_signed(100 * (b - a)[0])} points"
    change = comparison.difference("A")
    mean, low, high = (_signed(100 * value) for value in (change.mean, change.low, change.high))
    return f"adoption at the end {mean} points ({percent(0.95)} interval {low} to {high})"


def _ends(comparison: Comparison) -> str:
    """How many runs end in another state."""
    n = len(comparison.seeds)
    if n == 1:
        a, b = (outcome.state for outcome in comparison.outcomes[0])
        return f"{b} instead of {a}" if a != b else f"{a} in both"
    flipped = sum(count for (a, b), count in comparison.flips.items() if a != b)
    return f"{flipped} of {n} runs end in another state"


def _interval(change: Difference, scale: float) -> str:
    mean, low, high = (_signed(scale * value) for value in (change.mean, change.low, change.high))
    return f"{mean} ({low} to {high})"


def _signed(value: float) -> str:
    """A rounded difference with its sign, none where it rounds to 0."""
    return f"{value:+.0f}".replace("-", "−") if round(value) else "0"


def _by_week(ax: Any, weekly: pd.DataFrame) -> None:
    points = weekly[["mean", "low", "high"]] * 100
    ax.axhline(0, color="#777777", linewidth=0.8)
    if points["low"].notna().all():
        ax.fill_between(weekly["week"], points["low"], points["high"], color=BLUE, alpha=0.2, linewidth=0)
    ax.plot(weekly["week"], points["mean"], color=BLUE, linewidth=1.6)
    weeks_axis(ax, int(weekly["week"].max()))
    ax.set_ylabel("difference (points)")
    ax.set_title("Adoption by week", loc="left")
    sns.despine(ax=ax)


def _flips(ax: Any, flips: dict[tuple[str, str], int], names: tuple[str, str]) -> None:
    """How many pairs end in which state under a (rows) and under b (columns); those on the diagonal did not change."""
    seen = [state for state in STATES if any(state in pair for pair in flips)]
    counts = pd.DataFrame([[flips.get((a, b), 0) for b in seen] for a in seen], seen, seen)
    sns.heatmap(
        counts, ax=ax, annot=True, fmt="d", cmap="Greys", vmin=0, vmax=1.6 * counts.to_numpy().max(), cbar=False,
        linewidths=1, linecolor="white", annot_kws={"fontsize": 10},
    )  # fmt: skip
    for n in range(len(seen)):
        ax.add_patch(Rectangle((n + 0.04, n + 0.04), 0.92, 0.92, fill=False, edgecolor=BLUE, linewidth=1.6))
    ax.set_title("State at the end: pairs of runs (framed: the same in both)", loc="left")
    a, b = (textwrap.fill(f"with {name}", 40) for name in names)
    ax.set(xlabel=b, ylabel=a)
    ax.tick_params(length=0, rotation=0)


def _outcomes(figure: Any, comparison: Comparison, reference: str) -> None:
    """A dot with its interval for each outcome, on an axis for each unit."""
    labels = {f"share {state}": f"runs that end {state}" for state in STATES}
    changes = {one.name: one for one in comparison.differences}
    units: list[tuple[str, dict[str, str], Callable[[Difference], float]]] = [
        ("points", {**_POINTS, **labels}, lambda one: 100.0),
        ("weeks", _WEEKS, lambda one: 1.0),
        (f"% of the mean with {reference}", _RELATIVE, lambda one: 100.0 / one.a if one.a else math.nan),
    ]
    groups = []
    for unit, names, scale in units:
        rows = [
            (label, changes[name], scale(changes[name])) for name, label in names.items() if name in changes
        ]
        groups.append((unit, [row for row in rows if math.isfinite(row[2])]))
    groups = [(unit, rows) for unit, rows in groups if rows]
    axes = figure.subplots(len(groups), 1, height_ratios=[len(rows) + 1 for _, rows in groups])
    for ax, (unit, rows) in zip(axes, groups, strict=True):
        ax.axvline(0, color="#777777", linewidth=0.8)
        for y, (_, change, by) in enumerate(rows):
            ax.plot([by * change.low, by * change.high], [y, y], color=BLUE, linewidth=1.8)
            ax.plot(by * change.mean, y, "o", color=BLUE, markersize=5)
            ax.text(
                1.02, y, _interval(change, by), transform=ax.get_yaxis_transform(), va="center", fontsize=8
            )
        ax.set_yticks(range(len(rows)), [label for label, _, _ in rows])
        ax.set(ylim=(len(rows) - 0.5, -0.5), xlabel=f"difference ({unit})")
        ax.tick_params(axis="y", length=0)
        sns.despine(ax=ax, left=True)
    axes[0].set_title(f"Outcomes: difference with its {percent(0.95)} interval", loc="left")
