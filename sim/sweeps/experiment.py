"""Experiments: one sweep a TOML file - a scenario, the factors that change it, and how often luck is drawn anew.

What a file says about itself is checked here; what its values mean to the scenario is checked by `design`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from pydantic import PrivateAttr

from sim.errors import Fault
from sim.outcome import Outcome
from sim.parameters import Section, parameter
from sim.sweeps.broken import Broken

SCENARIO = "scenario"
"""Label of the factor that several scenarios make."""

RESERVED = (
    "point", "seed", "run", "hash", "week", "department",
    *(field.name for kind in (Outcome, Broken) for field in fields(kind)),
)  # fmt: skip
"""Names that results give to columns of their own, so that no factor may be called so."""


class Factor(Section):
    """What a sweep varies: one key of the scenario, or several that take the same value."""

    key: str = parameter("", "dotted key that it sets, e.g. funding.level")
    keys: list[str] = parameter([], "several dotted keys that take the same value, in place of key")
    values: list[Any] = parameter(..., "its levels, in order; false drops a table")
    label: str = parameter("", "its name in results and figures; the last part of its key unless given")
    names: list[str] = parameter([], "names of its levels; the values themselves unless given")

    @property
    def targets(self) -> list[str]:
        """The keys that it sets."""
        return self.keys or [self.key] * bool(self.key)

    @property
    def name(self) -> str:
        """Its label, or the last part of its key."""
        return self.label or "".join(self.targets[:1]).rpartition(".")[2]

    @property
    def levels(self) -> list[Any]:
        """Its levels as results show them."""
        return list(self.names or self.values)


class Experiment(Section):
    """A sweep: every combination of the factors' values, each lived under the same seeds."""

    name: str = parameter(
        "", "name of its results' folder; the file's unless given", pattern=r"^([\w-][\w .-]*)?$"
    )
    title: str = parameter("", "a name for people")
    about: str = parameter("", "the question that it asks")
    scenario: str = parameter(
        "", "the scenario that the factors change: a shipped name, or a file beside this one"
    )
    scenarios: list[str] = parameter([], "several, in place of scenario: they are a factor, called scenario")
    set: dict[str, Any] = parameter({}, "other values of the scenario that hold at every point")
    factors: list[Factor] = parameter([], "what varies")
    replicates: int = parameter(
        20, "runs at each point, each with a seed of its own", unit="runs", ge=1, le=100_000
    )
    first_seed: int = parameter(1, "seed of the first replicate, the same at every point", ge=0, le=2**53)
    figures: list[str] = parameter([], "figures that `unsilo plot` draws; its choice where empty")

    _file: Path | None = PrivateAttr(None)
    _text: str = PrivateAttr("")

    @property
    def bases(self) -> list[str]:
        """The scenario's name, or the scenarios' names."""
        return self.scenarios or [self.scenario]

    @property
    def axes(self) -> dict[str, list[Any]]:
        """The levels of each factor, by its label, in the order of the file; several scenarios come first."""
        scenarios = {SCENARIO: list(self.scenarios)} if len(self.scenarios) > 1 else {}
        return scenarios | {factor.name: factor.levels for factor in self.factors}

    @property
    def changes(self) -> dict[str, Any]:
        """What `set` holds, under dotted keys."""
        return _flat(self.set)

    @property
    def seeds(self) -> range:
        """The seeds, the same at every point, so that points share their luck."""
        return range(self.first_seed, self.first_seed + self.replicates)

    @property
    def size(self) -> int:
        """Number of runs of the full grid."""
        runs = self.replicates
        for levels in self.axes.values():
            runs *= len(levels)
        return runs

    @property
    def file(self) -> Path | None:
        """The file that it was read from."""
        return self._file

    @property
    def text(self) -> str:
        """That file's text."""
        return self._text


def faults_of(experiment: Experiment) -> list[Fault]:
    """What is wrong with an experiment in itself, whatever its scenario; a factor is called `factors.NUMBER`."""
    faults = []
    if bool(experiment.scenario) == bool(experiment.scenarios):
        found = "both scenario and scenarios" if experiment.scenario else "no scenario"
        faults.append(Fault("scenario", found, "either scenario, or a list of scenarios"))
    if twice := _twice(experiment.scenarios):
        faults.append(Fault("scenarios", f"{twice} listed twice", "each scenario once"))
    labels: dict[str, int] = {}
    targets = dict.fromkeys(experiment.changes, "set")
    for number, factor in enumerate(experiment.factors):
        where, name = f"factors.{number}", factor.name
        faults += [Fault(where, found, allowed) for found, allowed in _wrong(factor)]
        if name in (*RESERVED, SCENARIO):
            allowed = "another label: results have a column of that name"
            faults.append(Fault(f"{where}.label", f"the factor is called {name!r}", allowed))
        elif labels.setdefault(name, number) != number:
            faults.append(Fault(f"{where}.label", f"another factor is called {name!r} too", "a label each"))
        for key in factor.targets:
            if (other := targets.setdefault(key, where)) != where:
                by = "set" if other == "set" else "another factor"
                faults.append(Fault(where, f"{key!r} is set by {by} too", "each key set once"))
    return faults


def _wrong(factor: Factor) -> Iterator[tuple[str, str]]:
    """What is wrong with a factor alone: what was found, and what is allowed."""
    if bool(factor.key) == bool(factor.keys):
        yield (
            "both key and keys" if factor.key else "no key",
            "either key, or a list of keys that take the same value",
        )
    if len(factor.keys) > 1 and not factor.label:
        yield "several keys and no label", "a label for them"
    if not factor.values:
        yield "no values", "at least one"
    if twice := _twice(factor.values):
        yield f"value {twice} listed twice", "each value once"
    if factor.names and len(factor.names) != len(factor.values):
        yield (
            f"{len(factor.names)} names for {len(factor.values)} values",
            "a name for each value, or none at all",
        )
    if twice := _twice(factor.names):
        yield f"name {twice} listed twice", "each name once"
    if not factor.names and any(isinstance(value, list | dict) for value in factor.values):
        yield "values that are tables or lists", "names for them"


def _twice(values: list[Any]) -> str:
    """What occurs more than once, listed; 1 and 1.0 are the same value, 1 and true are not."""
    seen = Counter(repr(float(one)) if type(one) is int else repr(one) for one in values)
    return ", ".join(text for text, times in seen.items() if times > 1)


def _flat(table: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """Nested tables as dotted keys."""
    flat: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, Mapping) and value:
            flat |= _flat(value, f"{above}{key}.")
        else:
            flat[above + key] = value
    return flat
