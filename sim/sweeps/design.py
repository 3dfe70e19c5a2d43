"""Designs: the points of an experiment, each with its scenario worked out, before anything runs.

Every value of every factor is tried on the scenario first, so that one message lists all that is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

from sim import shipped
from sim.errors import Fault, InputError, nearest_name
from sim.mechanisms import schedule
from sim.reading import checked, read_toml, with_lines
from sim.roster import read_roster
from sim.scenario import Scenario, load, parameters
from sim.sweeps.experiment import SCENARIO, Experiment, Factor, faults_of

MOST = 100_000
"""Points, or runs, from which on an experiment is more likely a slip than meant."""

_FILES = ("organisation.roster", "organisation.ties", "organisation.reports")


@dataclass(frozen=True)
class Point:
    """One combination of the factors' levels.

    Attributes:
        index: its place in the design, from 0.
        factors: level of each factor, by label.
        plan: the scenario that it means.
        hash: that scenario's hash; points that mean the same share it.
    """

    index: int
    factors: dict[str, Any]
    plan: Scenario
    hash: str


def load_experiment(name: str | Path) -> Experiment:
    """The experiment of a file or of a shipped name, checked to the last value of its last factor.

    More than `MOST` points are not worked out here, as that takes long; `sweep` does it before the first run.

    Raises:
        InputError: with every fault found.
    """
    file = shipped.find("experiments", str(name))
    if file is None:
        known = shipped.names("experiments")
        allowed = f"a .toml file, or one of {', '.join(known)}"
        raise InputError(
            [Fault("experiment", f"found {str(name)!r}", allowed, nearest=nearest_name(str(name), known))]
        )
    file = file.resolve()
    data = {"name": file.stem} | read_toml(file)
    experiment, faults = checked(Experiment, data, "", str(file))
    numbers = range(len(experiment.factors)) if experiment else _sound_factors(data, faults)
    sound = experiment or checked(Experiment, _without(data, faults, numbers))[0]
    if sound is not None:
        sound._file, sound._text = file, file.read_text("utf-8-sig")
        faults += [_renumbered(fault, numbers) for fault in _faults(sound)]
    if faults or experiment is None:
        raise InputError(_placed(faults, data, file))
    return experiment


def _faults(experiment: Experiment) -> list[Fault]:
    if experiment.size > MOST * experiment.replicates:
        return _bases(experiment, {})[1]
    try:
        points(experiment)
    except InputError as error:
        return list(error.faults)
    return []


def _sound_factors(data: Mapping[str, Any], faults: list[Fault]) -> list[int]:
    """The numbers of the factors that have the form of one."""
    wrong = {fault.where.split(".")[1] for fault in faults if fault.where.startswith("factors.")}
    listed = data.get("factors")
    return [n for n in range(len(listed)) if str(n) not in wrong] if isinstance(listed, list) else []


def _without(data: Mapping[str, Any], faults: list[Fault], numbers: Sequence[int]) -> dict[str, Any]:
    """The data without its misformed parts, so that what is left can be looked through in the same go."""
    wrong = {fault.where.split(".")[0] for fault in faults} - {"factors"}
    factors = data.get("factors")
    sound = {"factors": [factors[n] for n in numbers]} if isinstance(factors, list) else {}
    return {key: value for key, value in data.items() if key not in wrong and key != "factors"} | sound


def _renumbered(fault: Fault, numbers: Sequence[int]) -> Fault:
    """The fault with its factor's number in the file in place of that among the sound ones."""
    match = re.match(r"factors\.(\d+)(.*)", fault.where)
    if not match:
        return fault
    return replace(fault, where=f"factors.{numbers[int(match[1])]}{match[2]}")


def points(experiment: Experiment, plans: Mapping[str, Scenario] | None = None) -> list[Point]:
    """The points of the full grid, the last factor varying fastest.

    Args:
        experiment: the experiment.
        plans: scenarios at hand, by the name under which the experiment knows them, in place of files.

    Raises:
        InputError: a scenario, a key or a value is wrong; every fault is listed, and nothing has run.
    """
    bases, faults = _bases(experiment, plans or {})
    found: list[Point] = []
    impossible: list[Fault] = []
    if not faults:
        found = list(_grid(experiment, bases, impossible))
    if faults or impossible:
        alone = [fault for base in bases.values() for fault in _value_faults(experiment, base)]
        raise InputError(dict.fromkeys(faults + (alone or impossible)))
    return found


def _bases(experiment: Experiment, plans: Mapping[str, Scenario]) -> tuple[dict[str, Scenario], list[Fault]]:
    """The scenarios by the names that the experiment has for them, and what is wrong with these and with itself."""
    file = str(experiment.file or "")
    bases, faults = {}, [replace(fault, file=file) for fault in faults_of(experiment)]
    for name in filter(None, experiment.bases):
        beside = experiment.file.parent if experiment.file else None
        try:
            bases[name] = plans.get(name) or load(shipped.find("scenarios", name, beside) or name)
        except InputError as error:
            faults += [replace(fault, file=fault.file or file) for fault in error.faults]
    return bases, faults


def _value_faults(experiment: Experiment, base: Scenario) -> list[Fault]:
    """What is wrong with the constant changes, and with each value of each factor, taken alone."""
    known, open_ended = _known(base)
    file = str(experiment.file or "")
    faults: list[Fault] = []

    def tried(where: str, changes: Mapping[str, Any], held: Mapping[str, Any]) -> bool:
        try:
            base.replaced(_located(experiment, {**held, **changes}))
            return True
        except InputError as error:
            wrong = error.faults
        strange = [key for key in changes if key not in known and not key.startswith(open_ended)]
        for key in strange:
            allowed = "a key that `unsilo show` lists for the scenario"
            faults.append(Fault(where, f"unknown key {key!r}", allowed, file, nearest_name(key, known)))
        if not strange:
            faults.extend(replace(fault, where=f"{where}, {fault.where}", file=file) for fault in wrong)
        elif rest := {key: value for key, value in changes.items() if key not in strange}:
            tried(where, rest, held)
        return False

    held = experiment.changes if tried("set", experiment.changes, {}) else {}
    for number, factor in enumerate(experiment.factors):
        for value in factor.values:
            tried(f"factors.{number}", dict.fromkeys(factor.targets, value), held)
    return faults


def _known(base: Scenario) -> tuple[list[str], tuple[str, ...]]:
    """The keys and tables that a scenario knows, and the beginnings of those to which names can be added."""
    rows = list(parameters(base))
    for kind in schedule():
        rows += parameters(kind, f"{kind.name}.")
    keys = dict.fromkeys(row[0] for row in rows)
    tables = dict.fromkeys(key.rpartition(".")[0] for key in keys if "." in key)
    open_ended = tuple(f"{row[0]}." for row in rows if isinstance(row[1], dict))
    tables |= dict.fromkeys(["practices", "organisation.departments", *(kind.name for kind in schedule())])
    return [*keys, *tables], open_ended


def _grid(experiment: Experiment, bases: Mapping[str, Scenario], faults: list[Fault]) -> Iterator[Point]:
    """The points; combinations that are impossible though each value is allowed go to `faults`, each kind once."""
    file = str(experiment.file or "")
    named = [list(zip(factor.levels, factor.values, strict=True)) for factor in experiment.factors]
    rosters: dict[tuple[Path, ...], bool] = {}
    for index, (name, *levels) in enumerate(product(bases, *named)):
        changes = dict(experiment.changes)
        shown = {SCENARIO: name} if SCENARIO in experiment.axes else {}
        for factor, (level, value) in zip(experiment.factors, levels, strict=True):
            changes |= dict.fromkeys(factor.targets, value)
            shown[factor.name] = level
        try:
            plan = bases[name].replaced(_located(experiment, changes))
        except InputError as error:
            where = "point " + ", ".join(f"{label} = {level}" for label, level in shown.items())
            seen = {(fault.found, fault.allowed) for fault in faults}
            new = [fault for fault in error.faults if (fault.found, fault.allowed) not in seen]
            faults += [replace(fault, where=f"{where}: {fault.where}", file=file) for fault in new]
            continue
        people = plan.organisation
        files = tuple(Path(path) for path in (people.roster, people.ties, people.reports) if path)
        if files not in rosters:
            rosters[files] = _readable(files, faults)
        if rosters[files]:
            yield Point(index, shown, plan, plan.hash())


def _located(experiment: Experiment, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changes with paths to people and ties as seen from the experiment's folder."""
    folder = experiment.file.parent if experiment.file else Path()
    return {
        key: str(folder / value) if key in _FILES and isinstance(value, str) else value
        for key, value in changes.items()
    }


def _readable(files: tuple[Path, ...], faults: list[Fault]) -> bool:
    """Whether people and ties can be read, so that no run starts on files that are wrong; if there are any."""
    try:
        if files:
            read_roster(*files)
    except InputError as error:
        faults += error.faults
        return False
    return True


def _placed(faults: list[Fault], data: Mapping[str, Any], file: Path) -> list[Fault]:
    """The faults with lines, and with factors called by their labels instead of their numbers."""
    lines = file.read_text("utf-8-sig").splitlines()
    headers = [n for n, text in enumerate(lines, 1) if re.match(r"\s*\[\[\s*factors\s*\]\]", text)]
    placed = []
    for fault in with_lines(faults, file):
        if match := re.match(r"factors\.(\d+)(.*)", fault.where):
            number = int(match[1])
            line = f"line {headers[number]}, " if number < len(headers) else ""
            named = {key: data["factors"][number].get(key, "") for key in ("label", "key")}
            factor, _ = checked(Factor, {**named, "values": []})
            name = (factor and factor.name) or str(number + 1)
            where = f"{line}factor {name}{match[2]}"
            fault = replace(fault, where=where)
        placed.append(fault)
    return placed
