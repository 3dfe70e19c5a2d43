"""Points: the settings that an experiment's design visits, each with its scenario worked out, before anything runs.

Whatever is wrong with any of them is found here, so that one message lists it all.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from sim import shipped
from sim.errors import Fault, InputError, nearest_name
from sim.mechanisms import schedule
from sim.reading import under
from sim.roster import digest, read_roster
from sim.scenario import Scenario, load, parameters
from sim.sweeps.constraints import Constraint
from sim.sweeps.experiment import SCENARIO, Experiment, faults_of
from sim.sweeps.factor import Factor
from sim.sweeps.point import Point, Source, located
from sim.sweeps.sampling import Listed, OneAtATime, Own

MOST = 100_000
"""Points, or runs, from which on an experiment is more likely a slip than meant."""

_ENOUGH = 20  # impossible points that a message lists
_EVERY = 500  # points between words on how far it has come

Tell = Callable[[int, int], None]
"""Called with how many of how many points have been worked out."""


def once(faults: Iterable[Fault]) -> list[Fault]:
    """The faults without those that say the same again."""
    return list(dict.fromkeys(faults))


def points(
    experiment: Experiment,
    plans: Mapping[str, Scenario] | None = None,
    tell: Tell | None = None,
    most: int | None = None,
) -> list[Point]:
    """The points of an experiment, numbered in the order of its design; those that break a constraint are left out.

    They are worked out once: an experiment that has not changed, nor have the files of its people, keeps them.

    Args:
        experiment: the experiment.
        plans: scenarios at hand, by the name under which the experiment knows them, in place of files.
        tell: told how far it has come.
        most: so many of the first are enough; all of them unless given.

    Raises:
        InputError: a scenario, a key or a value is wrong; every fault is listed, and nothing has run.
    """
    text, kept = experiment.model_dump_json(), experiment._kept
    if not plans and kept.text == text and all(_content(one) == kept.people[one] for one in kept.people):
        return list(kept.points[:most])
    bases, faults = at_hand(experiment, plans or {})
    faults = faults or list(_slips(experiment, bases)) or list(_unvisited(experiment, bases))
    found: list[Point] = []
    impossible: list[Fault] = []
    if not faults:
        found = list(islice(_worked(experiment, bases, impossible, tell or (lambda done, total: None)), most))
    if faults or impossible:
        alone = [fault for base in bases.values() for fault in value_faults(experiment, base)]
        raise InputError(once(faults + (alone or impossible)))
    if not found:
        broken = f"leave none of {experiment.count:,} points"
        raise InputError(
            [Fault("constraints", broken, "some that a point meets", str(experiment.file or ""))]
        )
    if not plans and most is None:
        kept.text, kept.points, kept.people = text, tuple(found), kept.read
    return found


def runs_of(experiment: Experiment) -> int:
    """How many runs an experiment asks for, at most if there is a precision; beyond `MOST` points, before constraints."""
    if experiment.count > MOST:
        return experiment.size
    return (
        len({point.hash for point in points(experiment)}) * experiment.replicates
    )  # equal points share their runs


def left_out(experiment: Experiment) -> int:
    """How many settings of the design `points` has found to break a constraint."""
    return experiment._kept.left_out


def at_hand(
    experiment: Experiment, plans: Mapping[str, Scenario], unknown: Sequence[str] = ()
) -> tuple[dict[str, Scenario], list[Fault]]:
    """The scenarios by the names that the experiment has for them, and what is wrong with these and with itself."""
    file = str(experiment.file or "")
    bases, faults = {}, [replace(fault, file=file) for fault in faults_of(experiment, unknown)]
    for name in filter(None, experiment.bases):
        beside = experiment.file.parent if experiment.file else None
        try:
            bases[name] = plans.get(name) or load(shipped.find("scenarios", name, beside) or name)
        except InputError as error:
            faults += [replace(fault, file=fault.file or file) for fault in error.faults]
    if precision := experiment.precision:
        weeks = max(
            [value for base in bases.values() for value in _weeks(base, experiment)], default=math.inf
        )
        faults += [replace(fault, file=file) for fault in precision.faults(experiment.replicates, weeks)]
    if bases and not faults:
        own = _own(next(iter(bases.values())), experiment)
        faults += [
            replace(fault, file=file) for fault in experiment.design.lacking(experiment.dimensions, own)
        ]
    return bases, faults


def _weeks(base: Scenario, experiment: Experiment) -> list[float]:
    """How long runs of a scenario may be; infinite where a design may have any length in it."""
    given = [experiment.changes.get("weeks", base.weeks)]
    for factor in experiment.factors:
        if "weeks" in factor.targets:
            given += factor.tried if experiment.design.listed else [math.inf]
    return [value for value in given if isinstance(value, int | float)]


def _own(base: Scenario, experiment: Experiment) -> Own:
    """Levels of factors in the first scenario, with what holds at every point."""
    try:
        tables = base.replaced(located(experiment, experiment.changes)).tables()
    except InputError:  # said elsewhere, or possible together with a factor only
        tables = base.tables()

    def own(factor: Factor) -> Any:
        if not factor.targets:
            return factor.shown[0]
        dropped = False if any(value is False for value in factor.values) else None
        values = [dropped if (found := under(tables, key)) is None else found for key in factor.targets]
        if any(value != values[0] for value in values):
            return None
        if factor.names:
            return factor.names[factor.values.index(values[0])] if values[0] in factor.values else None
        return None if isinstance(values[0], list | dict) else values[0]

    return own


def value_faults(
    experiment: Experiment,
    base: Scenario,
    values: Callable[[Factor], list[Any]] = lambda factor: factor.tried,
) -> list[Fault]:
    """What is wrong with the constant changes, and with each of these values of each factor, taken alone."""
    known, open_ended = _known(base)
    file = str(experiment.file or "")
    faults: list[Fault] = []

    def tried(where: str, changes: Mapping[str, Any], held: Mapping[str, Any]) -> bool:
        try:
            base.replaced(located(experiment, {**held, **changes}))
            return True
        except InputError as error:
            wrong = error.faults
        strange = [
            key
            for key in changes
            if key not in known and not key.startswith(open_ended) and not re.fullmatch(r"events\.[^.]+", key)
        ]
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
        for value in values(factor):
            tried(f"factors.{number}", dict.fromkeys(factor.targets, value), held)
        if factor.ranged and factor.distribution != "integers":
            faults = [
                _hinted(fault) if fault.where.startswith(f"factors.{number},") else fault for fault in faults
            ]
    return faults


def _hinted(fault: Fault) -> Fault:
    """The fault of a range of fractions with a word on how to have whole numbers, where these are wanted."""
    hint = '; distribution = "integers" gives whole numbers'
    return replace(fault, allowed=fault.allowed + hint) if "integer" in fault.allowed else fault


def _slips(experiment: Experiment, bases: Mapping[str, Scenario]) -> Iterator[Fault]:
    """Texts in constraints that are nearly a level of a factor, and nothing that it could be."""
    by_label = {factor.name: factor for factor in experiment.dimensions}
    for number, text in enumerate(experiment.constraints if experiment.design.listed else ()):
        for label, level in Constraint(text, by_label).levels:
            factor = by_label[label]
            levels = [one for one in factor.shown if isinstance(one, str)]
            near = nearest_name(level, levels) if isinstance(level, str) and level not in levels else ""
            if near and not any(_possible(experiment, base, factor, level) for base in bases.values()):
                found, file = f"{label} is never {level!r}", str(experiment.file or "")
                yield Fault(f"constraints.{number}", found, f"one of {', '.join(levels)}", file, near)


def _unvisited(experiment: Experiment, bases: Mapping[str, Scenario]) -> Iterator[Fault]:
    """What is wrong with values that no row of a list takes; those of rows are seen when their points are worked out."""
    if not isinstance(experiment.design, Listed):
        return
    rows = experiment.design.rows

    sources = [Source(experiment, base) for base in bases.values()]

    def fits(setting: Mapping[str, Any]) -> bool:
        for source in sources:
            with suppress(InputError):
                source.plan(setting)
                return True
        return False

    def left(factor: Factor) -> list[Any]:
        taken = [row.get(factor.name) for row in rows]
        others = [level for level in factor.shown if level not in taken]
        return [
            factor.value(one) for one in others if not any(fits({**row, factor.name: one}) for row in rows)
        ]

    if any(left(factor) for factor in experiment.factors):
        for base in bases.values():
            yield from (
                fault for fault in value_faults(experiment, base, left) if fault.where.startswith("factors")
            )


def _possible(experiment: Experiment, base: Scenario, factor: Factor, level: str) -> bool:
    """Whether a factor could take a level that it does not list."""
    if factor.names or not factor.targets:
        return False
    try:
        base.replaced(located(experiment, dict.fromkeys(factor.targets, level)))
    except InputError:
        return False
    return True


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


def _worked(
    experiment: Experiment, bases: Mapping[str, Scenario], faults: list[Fault], tell: Tell
) -> Iterator[Point]:
    """The points; what is impossible though each value is allowed goes to `faults`, each kind once."""
    file, total = str(experiment.file or ""), experiment.count
    factors = experiment.dimensions
    labels = [factor.name for factor in factors]
    kept = _keeps(experiment, labels, faults)
    sources = {name: Source(experiment, base) for name, base in bases.items()}
    people: dict[tuple[Path, ...], str | None] = {}
    experiment._kept.read = people
    index = experiment._kept.left_out = 0
    settings = experiment.design.settings(factors, _own(next(iter(bases.values())), experiment))
    for number, setting in enumerate(settings):
        if len(faults) >= _ENOUGH:
            return
        if number % _EVERY == 0:
            tell(number, total)
        shown = dict(zip(labels, setting, strict=True))
        if not kept(shown):
            experiment._kept.left_out += 1
            if number == 0 and isinstance(experiment.design, OneAtATime) and not faults:
                faults.append(
                    Fault(
                        "constraints", f"leave out the baseline, {_point(shown)}", "ones that it meets", file
                    )
                )
            continue
        source = sources[shown.get(SCENARIO) or experiment.bases[0]]
        try:
            plan = source.plan(shown)
        except InputError as error:
            where = _point(shown)
            seen = {(fault.found, fault.allowed) for fault in faults}
            new = [fault for fault in error.faults if (fault.found, fault.allowed) not in seen]
            faults += [replace(fault, where=f"{where}: {fault.where}", file=file) for fault in new]
            continue
        files = plan.organisation.files
        if files and files not in people:
            people[files] = _read(files, faults)
        if (content := people[files] if files else "") is not None:
            yield Point(index, shown, source.hash(plan), source.code(plan), content, source)
            index += 1
    tell(total, total)


def _point(shown: Mapping[str, Any]) -> str:
    return "point " + ", ".join(f"{label} = {level}" for label, level in shown.items())


def _keeps(
    experiment: Experiment, labels: Sequence[str], faults: list[Fault]
) -> Callable[[Mapping[str, Any]], bool]:
    """Whether a setting meets all constraints; what cannot be told of one goes to `faults`."""
    constraints = [Constraint(text, labels) for text in experiment.constraints]

    def keeps(shown: Mapping[str, Any]) -> bool:
        for number, constraint in enumerate(constraints):
            try:
                if not constraint(shown):
                    return False
            except ValueError as error:
                where = f"constraints.{number}"
                if not any(fault.where == where for fault in faults):
                    found, allowed = f"at {_point(shown)}: {error}", "what can be told at every point"
                    faults.append(Fault(where, found, allowed, str(experiment.file or "")))
                return False
        return True

    return keeps


def _content(files: tuple[Path, ...]) -> str | None:
    """The digest of files, or nothing where they cannot be read."""
    with suppress(InputError):
        return digest(files)
    return None


def _read(files: tuple[Path, ...], faults: list[Fault]) -> str | None:
    """The digest of files of people and ties; nothing where they are wrong, so that no run starts on them."""
    try:
        content = digest(files)
        read_roster(*files)
    except InputError as error:
        faults += error.faults
        return None
    return content
