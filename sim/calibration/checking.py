"""Checking: what is wrong with a file of patterns, beside the prior and the scenario that it is for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sim.calibration.patterns import Arm, Patterns, Target
from sim.calibration.statistics import OWN, STATISTICS
from sim.errors import Fault, InputError, nearest_name
from sim.scenario import Scenario
from sim.sweeps.experiment import Experiment
from sim.sweeps.factor import Factor, twice, wrong


def faults_of(patterns: Patterns, prior: Experiment, base: Scenario) -> Iterator[Fault]:
    """What is wrong with patterns that have the right form."""
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
        if not faults and not isinstance(value_at(tables, one.key), float):
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


def value_at(tables: Mapping[str, Any], key: str) -> Any:
    """What stands under a dotted key, or None."""
    for part in key.split("."):
        tables = tables.get(part, {}) if isinstance(tables, dict) else {}
    return None if tables == {} else tables


def placed(faults: list[Fault], numbers: list[Any]) -> list[Fault]:
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
