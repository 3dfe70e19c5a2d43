"""Telling: every pattern with its band, before and after, and what may be said of the fit; and the coefficients as a scenario."""

from __future__ import annotations

import math
from collections.abc import Iterator

from sim.calibration.fitting import Fitted
from sim.calibration.patterns import Pattern, Target
from sim.calibration.plan import Plan
from sim.calibration.statistics import STATISTICS, Estimate
from sim.pages import Marks

MARKS = Marks("<!-- found: written by `unsilo calibrate --write` -->", "<!-- end of what was found -->")
SCENARIO = "fitted.toml"

RULE = """\
A target is a *hit* where its estimate lies in the band, else a *miss*; * where the whole 95 % interval says the same. A pattern
is hit where all its targets are. Intervals are exact (Clopper-Pearson) for shares of firms, Newcombe's for the difference of two,
else bootstrapped over firms. *Accepted* is the range over all accepted candidates."""


def hit(target: Target, found: Estimate) -> bool:
    """Whether an estimate lies in the band."""
    return target.distance(found.value) == 0.0


def verdict(target: Target, found: Estimate) -> str:
    """A hit or a miss; * where no value of the interval would change that."""
    inside = [target.distance(end) == 0.0 for end in (found.low, found.high)]
    if hit(target, found):
        return "hit *" if all(inside) else "hit"
    reach = _beyond(target, found.low), _beyond(target, found.high)
    return "miss *" if reach[0] == reach[1] != 0 else "miss"


def _beyond(target: Target, value: float) -> int:
    """On which side of the band a value lies; 0 for in it, or for none."""
    if target.low is not None and value < target.low:
        return -1
    return int(target.high is not None and value > target.high)


def hits(plan: Plan, fitted: Fitted, after: bool, held_out: bool) -> tuple[int, int]:
    """How many patterns are hit, of how many."""
    found = fitted.after if after else fitted.before
    some = [one for one in plan.patterns.patterns if one.fitted != held_out]
    return sum(all(hit(target, found[target.statistic]) for target in one.targets) for one in some), len(some)


def rows(plan: Plan, fitted: Fitted) -> Iterator[tuple[Pattern, list[str]]]:
    """A row of the table for each target: pattern, part, statistic, band, before, after, accepted."""
    for pattern in plan.patterns.patterns:
        for target in pattern.targets:
            name = target.statistic
            field = "" if target.field is None else f" ({_short(target.field)})"
            cells = [
                f"{_told(found[name])} {verdict(target, found[name])}"
                for found in (fitted.before, fitted.after)
            ]
            spread = " to ".join(map(_short, fitted.spread[name]))
            yield pattern, [STATISTICS[name].says, f"{target.band}{field}", *cells, spread]


HEADERS = [
    "pattern",
    "",
    "what is read off",
    "band (field)",
    "before: what ships",
    "after: fitted",
    "accepted",
]


def table(plan: Plan, fitted: Fitted) -> list[list[str]]:
    """The rows, each pattern's name once."""
    told, last = [], 0
    for pattern, cells in rows(plan, fitted):
        first = [f"{pattern.number} {pattern.says}", "fitted" if pattern.fitted else "held out"]
        told.append([*(first if pattern.number != last else ["", ""]), *cells])
        last = pattern.number
    return told


MOVES = ["coefficient", "key", "range", "ships", "fitted", "accepted"]


def moves(plan: Plan, fitted: Fitted) -> list[list[str]]:
    """The coefficients: where they may be, are, and are accepted."""
    told = []
    for one in plan.patterns.moves:
        found = [each[one.name] for each in fitted.accepted]
        told.append([
            one.name, one.key, f"{_short(one.low)} to {_short(one.high)}", _short(fitted.shipped[one.name]), _short(found[0]),
            f"{_short(min(found))} to {_short(max(found))}",
        ])  # fmt: skip
    return told


def sentence(plan: Plan, fitted: Fitted) -> str:
    """The finding, plainly."""
    parts = []
    for what, held_out in (("fitted", False), ("held out", True)):
        (was, n), (now, _) = (hits(plan, fitted, after, held_out) for after in (False, True))
        before, after, low, high = fitted.loss[what]
        change = (
            f"loss {_short(before)} before, {_short(after)} after, change {_short(low)} to {_short(high)}"
        )
        parts.append(f"Of {n} patterns {what} what ships hits {was} and the fit {now} ({change}).")
    _, _, low, high = fitted.loss["held out"]
    clear = "gets worse" if low > 0.0 else "improves" if high < 0.0 else "does not improve"
    parts.append(f"On patterns that it has not seen the fit {clear}.")
    if fitted.accepted[0] == dict(fitted.shipped):
        parts.append("Nothing tried fits better than what ships.")
    if fitted.failed:
        parts.append(f"{fitted.failed} firms are left out, as a run of theirs did not finish.")
    return " ".join(parts)


def markdown(plan: Plan, fitted: Fitted) -> str:
    """What was found as a block of a page."""
    fit = fitted.fit
    how = (
        f"{fit.candidates} candidates over {fit.firms} firms, the best {fit.survivors} over {fit.more_firms} others, "
        f"{len(fitted.accepted)} accepted; reported over {fit.last_firms} firms that no fit has seen (seed {fit.seed})."
    )
    listed = [_line(HEADERS), "|---" * len(HEADERS) + "|", *map(_line, table(plan, fitted))]
    moved = [_line(MOVES), "|---" * len(MOVES) + "|", *map(_line, moves(plan, fitted))]
    losses = ", ".join(map(_short, fitted.losses[:-1]))
    ships = _short(fitted.losses[-1])
    fits = (
        f"Loss of the accepted over the firms by which they were accepted: {losses}; of what ships {ships}."
    )
    return "\n".join([sentence(plan, fitted), "", how, "", RULE, "", *listed, "", *moved, "", fits])


def scenario(plan: Plan, fitted: Fitted) -> str:
    """The best accepted coefficients as a scenario to extend, or to run."""
    tables: dict[str, dict[str, float]] = {}
    for key, value in plan.coefficients(fitted.accepted[0]).items():
        above, _, name = key.rpartition(".")
        tables.setdefault(above, {})[name] = value
    lines = [
        "# The coefficients that `unsilo calibrate` found to fit the field patterns best. docs/calibration.md says how well, and",
        "# what they may be used for. Extend this file in place of the baseline to have them in a scenario of your own.",
        "",
        f'extends = "{plan.prior.scenario}"',
        'title = "Baseline, fitted to field patterns"',
        'about = "The baseline with coefficients fitted to field patterns, some of which it misses: docs/calibration.md."',
    ]
    for above, values in tables.items():
        lines += ["", f"[{above}]", *(f"{name} = {value!r}" for name, value in values.items())]
    return "\n".join(lines) + "\n"


def _told(found: Estimate) -> str:
    return f"{_short(found.value)} ({_short(found.low)} to {_short(found.high)})"


def _short(value: float | None) -> str:
    if value is None or not math.isfinite(value):
        return "-"
    return f"{value:.3g}" if abs(value) < 1000.0 else f"{value:,.0f}"


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
