"""Claims' experiments: one TOML file each - its arms, which share their luck, and what each claim looks at in them.

Whatever is wrong in any of them is told at once, by file, line and key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from sim import shipped
from sim.claims.faults import faults_of
from sim.claims.readouts import Readout
from sim.claims.rows import FILE
from sim.claims.scales import SCALES, Scale, load_scales, standard
from sim.claims.sections import Arm, Claim, Experiment
from sim.errors import Fault, InputError, nearest_name
from sim.reading import checked, read_toml, with_lines
from sim.scenario import Scenario, load


@dataclass(frozen=True)
class Trial:
    """An experiment of a file, with its arms' scenarios and the scales of what it reads."""

    name: str
    experiment: Experiment
    plans: Mapping[str, Scenario]

    scales: Mapping[str, Scale]

    def arm(self, name: str) -> str:
        """An arm's name among those of all experiments."""
        return f"{self.name}: {name}"

    @cached_property
    def rows(self) -> set[int]:
        """The claims that it asks about."""
        return {claim.row for claim in self.experiment.claims}

    def smallest(self, claim: Claim) -> float:
        """The smallest size of interest of a claim: its own, or the read-out's."""
        size = claim.smallest or standard(claim, self.scales)
        assert size is not None  # or the file is refused
        return size

    def because(self, claim: Claim) -> str:
        """Why that size."""
        return claim.because if claim.smallest else self.scales[claim.read].because

    def named(self, readout: Readout) -> str:
        """A read-out in words, or by its key where there are none."""
        scale = self.scales.get(readout.read)
        return scale.name(readout) if scale else ", ".join(filter(None, [readout.read, readout.when]))

    def units(self, readout: Readout) -> str:
        """A read-out's unit."""
        scale = self.scales.get(readout.read)
        return scale.units(readout) if scale else ""


def load_trials(place: Path) -> list[Trial]:
    """All experiments of a folder, in the order of their names, with every arm worked out.

    Raises:
        InputError: with every fault of every file.
    """
    scales = load_scales(place)
    trials, faults = [], list[Fault]()
    for file in sorted(place.glob("*.toml")):
        if file.name in (FILE, SCALES):
            continue
        try:
            trials.append(load_trial(file, scales))
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)
    return trials


def load_trial(file: Path, scales: Mapping[str, Scale] | None = None) -> Trial:
    """The experiment of one file.

    Args:
        file: the file.
        scales: of what is read; those beside the file unless given.

    Raises:
        InputError: with every fault found.
    """
    scales = load_scales(file.parent) if scales is None else scales
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
        faults += [
            Fault(where, found, allowed, str(file), near)
            for where, found, allowed, near in faults_of(experiment, plans, scales)
        ]
    if faults or experiment is None:
        raise InputError(_placed(faults, file))
    return Trial(file.stem, experiment, plans, scales)


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


def _placed(faults: list[Fault], file: Path) -> list[Fault]:
    """The faults with lines; what stands in a list goes by its place, counted from 1, and that of its table."""
    lines = file.read_text("utf-8-sig", "replace").splitlines()
    placed = []
    for fault in with_lines(faults, file):
        if match := re.match(r"(claim|explanation)s\.(\d+)(.*)", fault.where):
            header = re.compile(rf"\s*\[\[\s*{match[1]}s\s*\]\]")
            headers = [number for number, text in enumerate(lines, 1) if header.match(text)]
            number = int(match[2])
            line = f"line {headers[number]}, " if number < len(headers) else ""
            inside = re.sub(r"panels\.(\d+)", lambda panel: f"panel {int(panel[1]) + 1}", match[3])
            fault = replace(fault, where=f"{line}{match[1]} {number + 1}{inside}")
        placed.append(fault)
    return placed
