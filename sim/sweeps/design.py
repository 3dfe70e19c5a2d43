"""Points: the settings that an experiment's design visits, each with its scenario worked out, before anything runs.

Whatever is wrong with any of them is found here, so that one message lists it all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sim import shipped
from sim.errors import Fault, InputError, nearest_name
from sim.mechanisms import schedule
from sim.reading import checked, read_toml, with_lines
from sim.roster import read_roster
from sim.scenario import Scenario, load, parameters
from sim.sweeps.constraints import Constraint
from sim.sweeps.experiment import SCENARIO, Experiment, faults_of
from sim.sweeps.factor import Factor
from sim.sweeps.key import code_digest, key_of_run
from sim.sweeps.sampling import LatinHypercube, OneAtATime, Own

MOST = 100_000
"""Points, or runs, from which on an experiment is more likely a slip than meant."""

_FILES = ("organisation.roster", "organisation.ties", "organisation.reports")
_LISTED = re.compile(r"\b(constraints|design\.rows)\.(\d+)")
_ENOUGH = 20  # impossible points that a message lists
_EVERY = 500  # points between words on how far it has come

Tell = Callable[[int, int], None]
"""Called with how many of how many points have been worked out."""


@dataclass(frozen=True, slots=True)
class Point:
    """One setting of the factors.

    Attributes:
        index: its place in the design, from 0.
        factors: level of each factor, by label.
        hash: its scenario's hash; points that mean the same share it.
        code: digest of the source that decides its runs.
        source: what makes its scenario.
    """

    index: int
    factors: dict[str, Any]
    hash: str
    code: str
    source: Source

    @property
    def plan(self) -> Scenario:
        """The scenario that it means, made anew, as tens of thousands of points would fill the memory with theirs."""
        return self.source.plan(self.factors)

    def key(self, seed: int) -> str:
        """The key of its run with a seed."""
        return key_of_run(self.hash, self.code, seed)


def load_experiment(name: str | Path, tell: Tell | None = None) -> Experiment:
    """The experiment of a file or of a shipped name, checked to the last of its points, which it keeps for `points`.

    More than `MOST` points are not worked out here, as that takes long; `sweep` does it before the first run.

    Args:
        name: the file or the name.
        tell: told how far it has come with its points.

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
        labels = _labels(data)
        unknown = [label for number, label in enumerate(labels) if number not in numbers]
        formless = any(fault.where.startswith("design") for fault in faults)
        found = _faults_of_part(sound, unknown, formless) if unknown or formless else _faults(sound, tell)
        faults += [_renumbered(fault, numbers) for fault in found]
    if faults or experiment is None:
        raise InputError(_placed(faults, data, file))
    return experiment


def _faults(experiment: Experiment, tell: Tell | None) -> list[Fault]:
    """What is wrong with an experiment."""
    if experiment.count > MOST:
        return _at_hand(experiment, {})[1]
    try:
        points(experiment, tell=tell)
    except InputError as error:
        return list(error.faults)
    return []


def _faults_of_part(part: Experiment, unknown: Sequence[str], formless: bool) -> list[Fault]:
    """What is wrong with what is left of an experiment without some factors, of these labels, or without its design."""
    if formless:
        part = part.model_copy(update={"design": LatinHypercube(points=1)})  # which asks least of factors
    bases, faults = _at_hand(part, {}, unknown)
    return _once(faults + [fault for base in bases.values() for fault in _value_faults(part, base)])


def _once(faults: Iterable[Fault]) -> list[Fault]:
    """The faults without those that say the same again."""
    return list(dict.fromkeys(faults))


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


def points(
    experiment: Experiment, plans: Mapping[str, Scenario] | None = None, tell: Tell | None = None
) -> list[Point]:
    """The points of an experiment, numbered in the order of its design; those that break a constraint are left out.

    They are worked out once: an experiment that has not changed keeps them.

    Args:
        experiment: the experiment.
        plans: scenarios at hand, by the name under which the experiment knows them, in place of files.
        tell: told how far it has come.

    Raises:
        InputError: a scenario, a key or a value is wrong; every fault is listed, and nothing has run.
    """
    text, kept = experiment.model_dump_json(), experiment._kept
    if not plans and kept.text == text:
        return list(kept.points)
    bases, faults = _at_hand(experiment, plans or {})
    found: list[Point] = []
    impossible: list[Fault] = []
    if not faults:
        found = list(_worked(experiment, bases, impossible, tell or (lambda done, total: None)))
    if faults or impossible:
        alone = [fault for base in bases.values() for fault in _value_faults(experiment, base)]
        raise InputError(_once(faults + (alone or impossible)))
    if not found:
        broken = f"leave none of {experiment.count:,} points"
        raise InputError(
            [Fault("constraints", broken, "some that a point meets", str(experiment.file or ""))]
        )
    if not plans:
        kept.text, kept.points = text, tuple(found)
    return found


def left_out(experiment: Experiment) -> int:
    """How many settings of the design `points` has found to break a constraint."""
    return experiment._kept.left_out


def _at_hand(
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
    if bases and not faults:
        own = _own(next(iter(bases.values())), experiment)
        faults += [
            replace(fault, file=file) for fault in experiment.design.lacking(experiment.dimensions, own)
        ]
    return bases, faults


def _own(base: Scenario, experiment: Experiment) -> Own:
    """Levels of factors in the first scenario, with what holds at every point."""
    try:
        tables = base.replaced(_located(experiment, experiment.changes)).tables()
    except InputError:  # said elsewhere, or possible together with a factor only
        tables = base.tables()

    def own(factor: Factor) -> Any:
        if not factor.targets:
            return factor.shown[0]
        dropped = False if any(value is False for value in factor.values) else None
        values = [dropped if (found := _under(tables, key)) is None else found for key in factor.targets]
        if any(value != values[0] for value in values):
            return None
        if factor.names:
            return factor.names[factor.values.index(values[0])] if values[0] in factor.values else None
        return None if isinstance(values[0], list | dict) else values[0]

    return own


def _under(tables: Any, key: str) -> Any:
    """What stands under a dotted key, or None."""
    for part in key.split("."):
        tables = tables.get(part) if isinstance(tables, dict) else None
    return tables


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
        for value in factor.tried:
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
    readable: dict[tuple[Path, ...], bool] = {}
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
        people = plan.organisation
        files = tuple(Path(path) for path in (people.roster, people.ties, people.reports) if path)
        if files not in readable:
            readable[files] = _readable(files, faults)
        if readable[files]:
            yield Point(index, shown, source.hash(plan), source.code(plan), source)
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


class Source:
    """Makes the scenarios of points from one of the experiment's, and does for all what is the same for many."""

    def __init__(self, experiment: Experiment, base: Scenario) -> None:
        self._experiment = experiment
        self._held: dict[str, Any] = {}
        try:
            self._base = base.replaced(_located(experiment, experiment.changes))
        except InputError:  # which may be possible together with a factor's values
            self._base, self._held = base, experiment.changes
        self._texts: dict[int, str] | None = None
        self._code: dict[tuple[type, ...], str] = {}

    def plan(self, levels: Mapping[str, Any]) -> Scenario:
        """The scenario at levels of the factors.

        Raises:
            InputError: they are not allowed.
        """
        changes = self._held | self._experiment.changes_at(levels)
        return self._base.replaced(_located(self._experiment, changes))

    def hash(self, plan: Scenario) -> str:
        """The hash of one of its scenarios, of which the people can be read."""
        if self._texts is None:
            try:
                self._texts = self._base.texts()
            except InputError:  # its own people cannot be read; the plan has others
                self._texts = {}
        return plan.hash(self._texts)

    def code(self, plan: Scenario) -> str:
        """The digest of the source that decides the runs of one of its scenarios."""
        kinds = tuple(type(one) for one in plan.mechanisms)
        if kinds not in self._code:
            self._code[kinds] = code_digest(plan)
        return self._code[kinds]


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
    labels = _labels(data)
    placed = []
    for fault in with_lines(faults, file):
        if match := re.match(r"factors\.(\d+)(.*)", fault.where):
            number = int(match[1])
            line = f"line {headers[number]}, " if number < len(headers) else ""
            fault = replace(fault, where=f"{line}factor {labels[number]}{match[2]}")
        placed.append(replace(fault, where=_LISTED.sub(_counted, fault.where)))
    return placed


def _counted(match: re.Match[str]) -> str:
    """An item of a list as people count: its place from 1."""
    return f"{match[1]}, {'number' if match[1] == 'constraints' else 'row'} {int(match[2]) + 1}"


def _labels(data: Mapping[str, Any]) -> list[str]:
    """The labels of a file's factors, or their numbers where they have none."""
    labels = []
    listed = data.get("factors")
    for number, given in enumerate(listed if isinstance(listed, list) else [], 1):
        named = {key: given.get(key, "") for key in ("label", "key")} if isinstance(given, dict) else {}
        factor, _ = checked(Factor, named)
        labels.append((factor and factor.name) or str(number))
    return labels
