"""Claims' experiments: one TOML file each - its arms, which share their luck, and what each claim looks at in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from sim import shipped
from sim.claims import contrasts
from sim.claims.contrasts import Kind
from sim.claims.readouts import Readout
from sim.claims.rows import FILE, LAST, Sign
from sim.claims.verdicts import Expected
from sim.errors import Fault, InputError, nearest_name
from sim.parameters import Section, parameter
from sim.reading import checked, read_toml, with_lines
from sim.scenario import Scenario, load


class Arm(Section):
    """An organisation that is compared with others: a scenario, and what is different in it."""

    scenario: str | None = parameter(None, "shipped name of its scenario; the experiment's unless given")
    changes: list[str] = parameter([], "names of the changes that are made in it")
    set: dict[str, Any] = parameter({}, "further values under dotted keys; false drops a table")


class Claim(Readout):
    """What one claim is after: a read-out, a contrast of arms, and what its source expects."""

    row: int = parameter(..., "number of the claim", ge=1, le=LAST)
    says: str = parameter(..., "what is asked, in a few words", min_length=1)
    contrast: Kind = parameter("difference", "what is made of the arms")
    arms: list[str] = parameter(..., "names of the arms, in the contrast's order", min_length=1)
    doses: list[float] = parameter([], "of a slope: the arms' doses")
    departments: list[str] = parameter(
        [], "in place of several arms: departments of one, whose adoption is read"
    )
    against: float = parameter(0.0, "of a level: what it is compared with", allow_inf_nan=False)
    expected: Expected = parameter(..., "what the source says: + more, - less, 0 no difference, ? nothing")
    smallest: float = parameter(
        ..., "smallest size of interest, in the read-out's unit", gt=0.0, allow_inf_nan=False
    )
    sign: Sign | None = parameter(None, "built in or emergent, where it is not as the whole row")

    @property
    def columns(self) -> list[tuple[str, str, Readout]]:
        """What is contrasted: its name, the arm, and what is read there."""
        if not self.departments:
            return [(arm, arm, self) for arm in self.arms]
        arm = self.arms[0]
        return [(one, arm, self.model_copy(update={"department": one})) for one in self.departments]

    @property
    def direction(self) -> Expected:
        """What the source expects of the contrast, as that is oriented."""
        return "+" if self.expected == "-" and self.contrast in contrasts.ORIENTED else self.expected


class Experiment(Section):
    """A small experiment that several claims may share."""

    title: str = parameter(..., "a name for people", min_length=1)
    about: str = parameter(..., "what it compares, in one sentence", min_length=1)
    scenario: str = parameter("baseline", "shipped name of the scenario that arms change")
    set: dict[str, Any] = parameter({}, "other values that hold in every arm, under dotted keys")
    changes: dict[str, dict[str, Any]] = parameter(
        {}, "changes that arms make, by name: values under dotted keys"
    )
    arms: dict[str, Arm] = parameter(..., "the arms, by name", min_length=1)
    claims: list[Claim] = parameter(..., "what is asked of them", min_length=1)


@dataclass(frozen=True)
class Trial:
    """An experiment of a file, with its arms' scenarios."""

    name: str
    experiment: Experiment
    plans: Mapping[str, Scenario]

    def arm(self, name: str) -> str:
        """An arm's name among those of all experiments."""
        return f"{self.name}: {name}"

    @cached_property
    def rows(self) -> set[int]:
        """The claims that it asks about."""
        return {claim.row for claim in self.experiment.claims}


def load_trials(place: Path) -> list[Trial]:
    """All experiments of a folder, in the order of their names, with every arm worked out.

    Raises:
        InputError: with every fault of every file.
    """
    trials, faults = [], list[Fault]()
    for file in sorted(place.glob("*.toml")):
        if file.name == FILE:
            continue
        try:
            trials.append(load_trial(file))
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)
    return trials


def load_trial(file: Path) -> Trial:
    """The experiment of one file.

    Raises:
        InputError: with every fault found.
    """
    experiment, faults = checked(Experiment, read_toml(file), "", str(file))
    plans: dict[str, Scenario] = {}
    if experiment is not None:
        for name, arm in experiment.arms.items():
            try:
                plans[name] = _plan(experiment, name, arm)
            except InputError as error:
                faults += [replace(fault, file=str(file)) for fault in error.faults]
        if len({plan.weeks for plan in plans.values()}) > 1:
            faults.append(Fault("arms", "of different lengths", "one length: set weeks for all", str(file)))
        for number, claim in enumerate(experiment.claims):
            faults += [
                Fault(f"claims.{number}.{key}", found, allowed, str(file), near)
                for key, found, allowed, near in _wrong(claim, experiment, plans)
            ]
    if faults or experiment is None:
        raise InputError(_placed(faults, file))
    return Trial(file.stem, experiment, plans)


def _plan(experiment: Experiment, name: str, arm: Arm) -> Scenario:
    """An arm's scenario.

    Raises:
        InputError: it has none.
    """
    changes = dict(experiment.set)
    for one in arm.changes:
        if one not in experiment.changes:
            known = list(experiment.changes)
            allowed = f"one of {', '.join(known) or 'none'}, that stand under changes"
            raise InputError(
                [Fault(f"arms.{name}.changes", f"found {one!r}", allowed, "", nearest_name(one, known))]
            )
        changes |= experiment.changes[one]
    scenario = arm.scenario or experiment.scenario
    names = shipped.names("scenarios")
    if scenario not in names:
        where, near = f"arms.{name}.scenario", nearest_name(scenario, names)
        raise InputError([Fault(where, f"found {scenario!r}", f"one of {', '.join(names)}", "", near)])
    try:
        return load(scenario, changes | arm.set)
    except InputError as error:
        raise InputError(
            replace(fault, where=f"arms.{name}, {fault.where.rpartition(', ')[2]}") for fault in error.faults
        ) from None


def _wrong(
    claim: Claim, experiment: Experiment, plans: Mapping[str, Scenario]
) -> Iterator[tuple[str, str, str, str]]:
    weeks = max((plan.weeks for plan in plans.values()), default=0)
    known = list(experiment.arms)
    for arm in claim.arms:
        if arm not in known:
            yield "arms", f"found {arm!r}", f"arms are {', '.join(known)}", nearest_name(arm, known)
    yield from claim.columns[0][2].wrong(weeks)
    if claim.departments and (claim.read != "adoption" or len(claim.arms) != 1):
        yield (
            "departments",
            f"beside read = {claim.read!r} and {len(claim.arms)} arms",
            "of adoption, in one arm",
            "",
        )
    yield from _strange(claim, [plans[arm] for arm in claim.arms if arm in plans])
    number = len(claim.departments) or len(claim.arms)
    yield from ((*one, "") for one in contrasts.wrong(claim.contrast, number, len(claim.doses)))
    if claim.against and claim.contrast != "level":
        yield "against", f"beside contrast = {claim.contrast!r}", "only of a level", ""


def _strange(claim: Claim, plans: list[Scenario]) -> Iterator[tuple[str, str, str, str]]:
    """Departments and practices that an arm has not."""
    for plan in plans:
        known, key = list(plan.organisation.names()), "departments" if claim.departments else "department"
        for name in filter(None, [*claim.departments, claim.department]):
            if name not in known:
                yield key, f"found {name!r}", f"one of {', '.join(known)}", nearest_name(name, known)
        practices = list(plan.practices)
        if claim.practice is not None and claim.practice not in practices:
            near = nearest_name(claim.practice, practices)
            yield "practice", f"found {claim.practice!r}", f"one of {', '.join(practices)}", near


def _placed(faults: list[Fault], file: Path) -> list[Fault]:
    """The faults with lines; a claim goes by its place, counted from 1, and that of its table."""
    lines = file.read_text("utf-8-sig", "replace").splitlines()
    headers = [number for number, text in enumerate(lines, 1) if re.match(r"\s*\[\[\s*claims\s*\]\]", text)]
    placed = []
    for fault in with_lines(faults, file):
        if match := re.match(r"claims\.(\d+)(.*)", fault.where):
            number = int(match[1])
            line = f"line {headers[number]}, " if number < len(headers) else ""
            fault = replace(fault, where=f"{line}claim {number + 1}{match[2]}")
        placed.append(fault)
    return placed
