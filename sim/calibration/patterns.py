"""Patterns: the file that says, before any run, which field patterns there are, which are fitted, by what and how."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from sim import shipped
from sim.calibration.statistics import OWN, STATISTICS
from sim.errors import Fault, InputError, nearest_name
from sim.parameters import Section, parameter
from sim.reading import checked, read_toml, with_lines
from sim.scenario import Scenario, load
from sim.sweeps.design import Point, load_experiment, points
from sim.sweeps.experiment import Experiment
from sim.sweeps.factor import Factor, twice, wrong

PRIOR, FILE = "prior.toml", "patterns.toml"
SPONSORSHIP = "sponsorship"
"""Label of the factor of the prior by which firms are told to be well or ill sponsored."""


class Arm(Section):
    """What is different in every firm."""

    set: dict[str, Any] = parameter({}, "values under dotted keys; false drops a table")


class Target(Section):
    """A statistic and the band in which the field has it."""

    statistic: str = parameter(..., "name of what is read off the firms")
    low: float | None = parameter(None, "lowest value of the band; none if left out", allow_inf_nan=False)
    high: float | None = parameter(None, "highest value of the band; none if left out", allow_inf_nan=False)
    field: float | None = parameter(None, "what the field found", allow_inf_nan=False)
    error: float = parameter(
        ..., "the field's sampling error, by which misses are weighed", gt=0.0, allow_inf_nan=False
    )
    log: bool = parameter(False, "whether distances and error are those of the logarithm")

    def distance(self, value: float) -> float:
        """How far a value lies outside the band, in sampling errors; infinite where there is none (nan)."""
        if math.isnan(value):
            return math.inf
        for end, beyond in ((self.low, -1.0), (self.high, 1.0)):
            if end is not None and beyond * (value - end) > 0.0:
                apart = math.log(value / end) if self.log else value - end
                return abs(apart) / self.error
        return 0.0

    @property
    def band(self) -> str:
        """The band in words."""
        if self.low is None or self.high is None:
            return f"≤ {self.high:g}" if self.low is None else f"≥ {self.low:g}"
        return f"{self.low:g} to {self.high:g}"


class Pattern(Section):
    """A pattern of the field: one or more targets, all of which it takes to hit it."""

    number: int = parameter(..., "its number among those of the evidence", ge=1)
    says: str = parameter(..., "its name for people", min_length=1)
    fitted: bool = parameter(..., "whether coefficients are fitted to it, or it is held out")
    targets: list[Target] = parameter(..., "what is compared with the field", min_length=1)


class Fit(Section):
    """How much is lived, and how much is kept."""

    candidates: int = parameter(..., "settings of the coefficients that are tried, beside what ships", ge=1)
    firms: int = parameter(..., "firms over which each of these is lived", ge=2)
    survivors: int = parameter(..., "candidates that are lived over more firms", ge=1)
    more_firms: int = parameter(..., "how many others", ge=2)
    accepted: int = parameter(..., "candidates that are accepted after that", ge=1)
    last_firms: int = parameter(..., "firms, none of them seen before, by which all is reported", ge=2)
    seed: int = parameter(1, "of the sample of candidates, and of firms' luck", ge=1, le=2**31)

    def scaled(self, firms: int | None = None, candidates: int | None = None, seed: int | None = None) -> Fit:
        """The same proportions for other numbers, as far as given."""
        n, times = candidates or self.candidates, (firms or self.firms) / self.firms
        survivors = min(self.survivors, n)
        return Fit(
            candidates=n,
            firms=firms or self.firms,
            survivors=survivors,
            more_firms=max(2, round(self.more_firms * times)),
            accepted=min(self.accepted, max(1, survivors // 2)) if candidates else self.accepted,
            last_firms=max(2, round(self.last_firms * times)),
            seed=seed or self.seed,
        )


class Patterns(Section):
    """The whole file."""

    arms: dict[str, Arm] = parameter(..., "arms by name")
    patterns: list[Pattern] = parameter(..., "the patterns", min_length=1)
    moves: list[Factor] = parameter(..., "the coefficients that may move, and in which range", min_length=1)
    fit: Fit = parameter(..., "how")

    def targets(self, fitted: bool | None = None) -> list[Target]:
        """The targets of all patterns, of those that are fitted, or of those held out."""
        return [
            one for pattern in self.patterns if fitted in (None, pattern.fitted) for one in pattern.targets
        ]

    def arms_of(self, targets: list[Target]) -> list[str]:
        """The arms that some targets look at, and `own`, in the order of the file."""
        asked = {OWN, *(arm for one in targets for arm in STATISTICS[one.statistic].arms)}
        return [name for name in self.arms if name in asked]


@dataclass(frozen=True)
class Plan:
    """What is calibrated.

    Attributes:
        prior: the firms, as a sweep.
        patterns: what they are compared with, and how.
        base: the scenario that every firm starts from.
        held: what in it is not as in the prior's scenario, under dotted keys.
    """

    prior: Experiment
    patterns: Patterns
    base: Scenario
    held: Mapping[str, Any]

    @property
    def shipped(self) -> dict[str, float]:
        """The coefficients as they ship, by label."""
        tables = self.base.tables()
        return {one.name: _at(tables, one.key) for one in self.patterns.moves}

    @cached_property
    def firms(self) -> list[Point]:
        """The firms of the prior, as points of its sweep."""
        return points(self.prior)

    def firm(self, number: int) -> dict[str, Any]:
        """What a firm of the prior changes in the scenario, under dotted keys."""
        return self.prior.changes_at(self.firms[number].factors)

    def coefficients(self, values: Mapping[str, float]) -> dict[str, float]:
        """Coefficients by key, from those by label."""
        return {one.key: values[one.name] for one in self.patterns.moves}


def folder() -> Path:
    """The folder of the shipped prior and patterns."""
    return shipped.folder("experiments") / "calibration"


def load_plan(place: Path, changes: Mapping[str, Any] | None = None) -> Plan:
    """The prior and the patterns of a folder.

    Args:
        place: the folder.
        changes: further values that hold in every firm, to try small; a factor of the prior has the last word.

    Raises:
        InputError: with every fault found.
    """
    prior = load_experiment(place / PRIOR)
    if SPONSORSHIP not in prior.axes:
        found, known = f"none is called {SPONSORSHIP!r}", list(prior.axes)
        near = nearest_name(SPONSORSHIP, known)
        raise InputError(
            [Fault("factors", found, f"one that is, beside {', '.join(known)}", str(prior.file), near)]
        )
    held = {**prior.changes, **(changes or {})}
    base = load(shipped.find("scenarios", prior.scenario, place) or prior.scenario, held)
    file = place / FILE
    data = read_toml(file)
    patterns, faults = checked(Patterns, data, "", str(file))
    if patterns is not None:
        faults = [replace(fault, file=str(file)) for fault in _wrong(patterns, prior, base)]
    if faults or patterns is None:
        numbers = [
            one.get("number", "?") if isinstance(one, dict) else "?" for one in data.get("patterns", [])
        ]
        raise InputError(_placed(with_lines(faults, file), numbers))
    return Plan(prior, patterns, base, held)


def _wrong(patterns: Patterns, prior: Experiment, base: Scenario) -> Iterator[Fault]:
    for place, pattern in enumerate(patterns.patterns):
        for number, target in enumerate(pattern.targets):
            yield from _wrong_target(target, f"patterns.{place}.targets.{number}", patterns)
    if again := twice([target.statistic for target in patterns.targets()]):
        yield Fault("patterns", f"{again} listed twice", "each statistic once")
    if not any(pattern.fitted for pattern in patterns.patterns):
        yield Fault("patterns", "none is fitted", "at least one with fitted = true")
    yield from _wrong_moves(patterns.moves, prior, base)
    for name, arm in patterns.arms.items():
        yield from _strange(base, f"arms.{name}", [arm.set])
    fit = patterns.fit
    if not fit.accepted <= fit.survivors <= fit.candidates:
        found = f"accepted {fit.accepted}, survivors {fit.survivors}, candidates {fit.candidates}"
        yield Fault("fit", found, "accepted no more than survivors, these no more than candidates")


def _wrong_moves(moves: list[Factor], prior: Experiment, base: Scenario) -> Iterator[Fault]:
    tables, drawn = base.tables(), {key for factor in prior.factors for key in factor.targets}
    for place, one in enumerate(moves):
        where = f"moves.{place}"
        faults = [Fault(where, found, allowed) for found, allowed in wrong(one)]
        if not faults and not (one.key and one.ranged):
            faults.append(Fault(where, "no key with a range", "one key, low and high"))
        faults = faults or _strange(base, where, [{one.key: end} for end in one.tried])
        if not faults and not isinstance(_at(tables, one.key), float):
            faults.append(Fault(where, f"{one.key} is no coefficient", "a number with a fraction"))
        if not faults and one.key in drawn:
            faults.append(
                Fault(where, f"{one.key} is a factor of the prior too", "what the prior leaves alone")
            )
        yield from faults
    if again := twice([one.name for one in moves]):
        yield Fault("moves", f"{again} listed twice", "a label each")


def _wrong_target(target: Target, where: str, patterns: Patterns) -> Iterator[Fault]:
    if target.statistic not in STATISTICS:
        near = nearest_name(target.statistic, STATISTICS)
        yield Fault(
            f"{where}.statistic", f"found {target.statistic!r}", f"one of {', '.join(STATISTICS)}", "", near
        )
        return
    if target.low is None and target.high is None:
        yield Fault(where, "no band", "low, high or both")
    if target.low is not None and target.high is not None and target.low >= target.high:
        yield Fault(f"{where}.low", f"a band from {target.low:g} to {target.high:g}", "low below high")
    if target.log and any(end is not None and end <= 0.0 for end in (target.low, target.high)):
        yield Fault(f"{where}.log", "an end of the band that is not above 0", "a band above 0")
    for arm in STATISTICS[target.statistic].arms:
        if arm not in patterns.arms:
            near = nearest_name(arm, patterns.arms)
            yield Fault("arms", f"none is called {arm!r}", f"one that is, for {target.statistic}", "", near)
    if patterns.arms.get(OWN, Arm()).set:
        yield Fault(f"arms.{OWN}", "changes something", "nothing: firms as they are drawn")


def _strange(base: Scenario, where: str, tries: list[dict[str, Any]]) -> list[Fault]:
    """What is wrong with changes to a scenario, each fault once."""
    faults: dict[Fault, None] = {}
    for changes in tries:
        try:
            base.replaced(changes)
        except InputError as error:
            faults |= dict.fromkeys(replace(fault, where=f"{where}, {fault.where}") for fault in error.faults)
    return list(faults)


def _at(tables: Mapping[str, Any], key: str) -> Any:
    for part in key.split("."):
        tables = tables.get(part, {}) if isinstance(tables, dict) else {}
    return None if tables == {} else tables


def _placed(faults: list[Fault], numbers: list[Any]) -> list[Fault]:
    """The faults with patterns called by their numbers, and lists counted as people count."""

    def pattern(match: re.Match[str]) -> str:
        return f"pattern {numbers[int(match[1])]}"

    def counted(match: re.Match[str]) -> str:
        return f"{match[1].removesuffix('s')} {int(match[2]) + 1}"

    def where(fault: Fault) -> str:
        return re.sub(
            r"\b(targets|moves)\.(\d+)", counted, re.sub(r"\bpatterns\.(\d+)", pattern, fault.where)
        )

    return [replace(fault, where=where(fault)) for fault in dict.fromkeys(faults)]
