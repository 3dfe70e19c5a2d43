"""The plan of a calibration: its prior and its patterns, read and checked against each other before anything is lived."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from sim import shipped
from sim.calibration.checking import faults_of, placed, value_at
from sim.calibration.patterns import Patterns
from sim.errors import Fault, InputError, nearest_name
from sim.reading import checked, read_toml, with_lines
from sim.scenario import Scenario, load
from sim.sweeps.design import points
from sim.sweeps.experiment import Experiment
from sim.sweeps.point import Point
from sim.sweeps.reading import load_experiment

PRIOR, FILE = "prior.toml", "patterns.toml"
SPONSORSHIP = "sponsorship"
"""Label of the factor of the prior by which firms are told to be well or ill sponsored."""


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
        return {one.name: value_at(tables, one.key) for one in self.patterns.moves}

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
        faults = [replace(fault, file=str(file)) for fault in faults_of(patterns, prior, base)]
    if faults or patterns is None:
        numbers = [
            one.get("number", "?") if isinstance(one, dict) else "?" for one in data.get("patterns", [])
        ]
        raise InputError(placed(with_lines(faults, file), numbers))
    return Plan(prior, patterns, base, held)
