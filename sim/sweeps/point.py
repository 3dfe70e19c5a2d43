"""A point: one setting of an experiment's factors, and what makes its scenario."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.company import FILES
from sim.errors import InputError
from sim.scenario import Scenario
from sim.sweeps.experiment import Experiment
from sim.sweeps.key import code_digest, key_of_run

_FILES = tuple(f"organisation.{name}" for name in FILES)


@dataclass(frozen=True, slots=True)
class Point:
    """One setting of the factors.

    Attributes:
        index: its place in the design, from 0.
        factors: level of each factor, by label.
        hash: its scenario's hash; points that mean the same share it.
        code: digest of the source that decides its runs.
        people: digest of the files of its people; empty if it has none.
        source: what makes its scenario.
    """

    index: int
    factors: dict[str, Any]
    hash: str
    code: str
    people: str
    source: Source

    @property
    def plan(self) -> Scenario:
        """The scenario that it means, made anew, as tens of thousands of points would fill the memory with theirs."""
        return self.source.plan(self.factors)

    def key(self, seed: int) -> str:
        """The key of its run with a seed."""
        return key_of_run(self.hash, self.code, seed)


class Source:
    """Makes the scenarios of points from one of the experiment's, and does for all what is the same for many."""

    def __init__(self, experiment: Experiment, base: Scenario) -> None:
        self._experiment = experiment
        self._held: dict[str, Any] = {}
        try:
            self._base = base.replaced(located(experiment, experiment.changes))
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
        return self._base.replaced(located(self._experiment, changes))

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


def located(experiment: Experiment, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changes with paths to people and ties as seen from the experiment's folder."""
    folder = experiment.file.parent if experiment.file else Path()
    return {
        key: str(folder / value) if key in _FILES and isinstance(value, str) else value
        for key, value in changes.items()
    }
