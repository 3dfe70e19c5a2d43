"""Experiments: one sweep a TOML file - a scenario, the factors that change it, a design, and how often luck is drawn anew.

What a file says about itself is checked here; what its values mean to the scenario is checked by `design`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

from pydantic import PrivateAttr

from sim.errors import Fault, nearest_name
from sim.outcome import Outcome
from sim.parameters import Section, parameter
from sim.sweeps.broken import Broken
from sim.sweeps.constraints import ALLOWED, Constraint
from sim.sweeps.factor import SCENARIO, Factor, twice, wrong
from sim.sweeps.replication import Precision
from sim.sweeps.sampling import KINDS, AnyDesign, Design, Grid, Listed

FIGURES = ("adoption", "stages", "states", "phase", "difference")
"""What `sim.figures` can draw, named here since drawing takes a second to import."""

RESERVED = (
    "point", "seed", "run", "hash", "week", "department",
    *(field.name for kind in (Outcome, Broken) for field in fields(kind)),
)  # fmt: skip
"""Names that results give to columns of their own, so that no factor may be called so."""


_NAME = re.compile(r"[\w-][\w .-]*")
_LONGEST = 200  # bytes that file systems allow, with room to spare


class Kept:
    """What has been worked out of an experiment, and is no part of what it is, so that all are equal.

    Attributes:
        text: its JSON.
        points: its points.
        left_out: how many settings break a constraint.
        people: digests of the files of the points' people.
        read: the same of the points that were worked out last, whether all of them or not.
    """

    text: str = ""
    points: tuple[Any, ...] = ()
    left_out: int = 0
    people: Mapping[tuple[Path, ...], str | None] = MappingProxyType({})
    read: Mapping[tuple[Path, ...], str | None] = MappingProxyType({})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Kept)

    __hash__ = None  # type: ignore[assignment]


class Experiment(Section):
    """A sweep: points of the space that its factors span, each lived under the same seeds."""

    kinds: ClassVar[dict[str, type[Design]]] = KINDS

    name: str = parameter("", "name of its results' folder; the file's unless given")
    title: str = parameter("", "a name for people")
    about: str = parameter("", "the question that it asks")
    scenario: str = parameter(
        "", "the scenario that the factors change: a shipped name, or a file beside this one"
    )
    scenarios: list[str] = parameter([], "several, in place of scenario: they are a factor, called scenario")
    set: dict[str, Any] = parameter({}, "other values of the scenario that hold at every point")
    factors: list[Factor] = parameter([], "what varies")
    design: AnyDesign = parameter(Grid(), "which settings of the factors are points", discriminator="kind")
    constraints: list[str] = parameter([], "what holds at every point: others are left out")
    replicates: int = parameter(
        20, "runs at each point, each with a seed of its own; at most, if there is a precision", unit="runs",
        ge=1, le=100_000,
    )  # fmt: skip
    precision: Precision | None = parameter(None, "how well an outcome is to be known at each point")
    first_seed: int = parameter(1, "seed of the first replicate, the same at every point", ge=0, le=2**53)
    figures: list[str] = parameter([], "figures that `unsilo plot` draws; its choice where empty")

    _file: Path | None = PrivateAttr(None)
    _text: str = PrivateAttr("")
    _kept: Kept = PrivateAttr(default_factory=lambda: Kept())

    @property
    def bases(self) -> list[str]:
        """The scenario's name, or the scenarios' names."""
        return self.scenarios or [self.scenario]

    @property
    def owner(self) -> list[str]:
        """By what, beside its name, a folder of results is known as its own: the scenarios' names."""
        return self.bases

    @property
    def dimensions(self) -> list[Factor]:
        """The factors, in the order of the file; several scenarios come first."""
        scenarios = [Factor(label=SCENARIO, values=list(self.scenarios))] if len(self.scenarios) > 1 else []
        return scenarios + self.factors

    @property
    def axes(self) -> dict[str, list[Any]]:
        """The levels of each factor that the file gives, by its label; none where it may take any value of a range."""
        return {factor.name: factor.shown for factor in self.dimensions}

    @property
    def changes(self) -> dict[str, Any]:
        """What `set` holds, under dotted keys."""
        return _flat(self.set)

    @property
    def seeds(self) -> range:
        """The seeds, the same at every point, so that points share their luck; with a precision the first may do."""
        return range(self.first_seed, self.first_seed + self.replicates)

    def seeds_at(self, levels: Mapping[str, Any]) -> range:
        """The seeds at a point, as many everywhere: the same, unless a kind of experiment has points of unlike luck."""
        return self.seeds

    def changes_at(self, levels: Mapping[str, Any]) -> dict[str, Any]:
        """What the factors change at a point, under dotted keys."""
        changes: dict[str, Any] = {}
        for factor in self.factors:
            if factor.targets:
                changes |= dict.fromkeys(factor.targets, factor.value(levels[factor.name]))
        return changes

    @property
    def count(self) -> int:
        """Number of points, before constraints leave any out."""
        return self.design.count(self.dimensions)

    @property
    def size(self) -> int:
        """Number of runs, at most: constraints may leave out points, and precision be reached early."""
        return self.count * self.replicates

    @property
    def file(self) -> Path | None:
        """The file that it was read from."""
        return self._file

    @property
    def text(self) -> str:
        """That file's text."""
        return self._text


def faults_of(experiment: Experiment, unknown: Iterable[str] = ()) -> list[Fault]:
    """What is wrong with an experiment in itself, whatever its scenario; a factor is called `factors.NUMBER`.

    Args:
        experiment: the experiment.
        unknown: labels of factors that are in the file, but too wrong to be looked at.
    """
    faults = []
    if experiment.name and (len(experiment.name.encode()) > _LONGEST or not _NAME.fullmatch(experiment.name)):
        allowed = f"a name of at most {_LONGEST} letters, digits, spaces, - _ and ., beginning with none of the last two"
        faults.append(Fault("name", f"found {experiment.name!r}", allowed))
    if bool(experiment.scenario) == bool(experiment.scenarios):
        found = "both scenario and scenarios" if experiment.scenario else "no scenario"
        faults.append(Fault("scenario", found, "either scenario, or a list of scenarios"))
    if again := twice(experiment.scenarios):
        faults.append(Fault("scenarios", f"{again} listed twice", "each scenario once"))
    if "" in experiment.scenarios:
        faults.append(Fault("scenarios", "an empty name", "a shipped name, or a file beside this one"))
    faults += _factor_faults(experiment)
    faults += _nested_faults(experiment)
    named = [*experiment.dimensions, *(Factor(label=label) for label in unknown)]
    faults += _constraint_faults(experiment, [factor.name for factor in named])
    faults += experiment.design.faults(named)
    for number, name in enumerate(experiment.figures):
        if name not in FIGURES:
            allowed, near = f"one of {', '.join(FIGURES)}", nearest_name(name, FIGURES)
            faults.append(Fault(f"figures.{number}", f"found {name!r}", allowed, nearest=near))
    return faults


def _factor_faults(experiment: Experiment) -> Iterator[Fault]:
    labels: dict[str, int] = {}
    targets = dict.fromkeys(experiment.changes, "set")
    free = experiment.design.free
    for number, factor in enumerate(experiment.factors):
        where, name = f"factors.{number}", factor.name
        yield from (Fault(where, found, allowed) for found, allowed in wrong(factor, free))
        if factor.ranged and not factor.levels and not experiment.design.anywhere:
            others = ", ".join(name for name, kind in KINDS.items() if kind.sampled)
            allowed = f"levels = n beside low and high, or a design that samples: {others}"
            yield Fault(where, "a range without levels", allowed)
        if factor.shares and not experiment.design.sampled:
            others = ", ".join(kind for kind, one in KINDS.items() if one.sampled)
            yield Fault(f"{where}.shares", f"beside a {experiment.design.kind} design", f"one of {others}")
        if name in (*RESERVED, SCENARIO):
            allowed = "another label: results have a column of that name"
            yield Fault(f"{where}.label", f"the factor is called {name!r}", allowed)
        elif labels.setdefault(name, number) != number:
            yield Fault(f"{where}.label", f"another factor is called {name!r} too", "a label each")
        for key in factor.targets:
            if (other := targets.setdefault(key, where)) != where:
                by = "set" if other == "set" else "another factor"
                yield Fault(where, f"{key!r} is set by {by} too", "each key set once")


def _nested_faults(experiment: Experiment) -> Iterator[Fault]:
    """Keys in a table that something else drops, or sets with the same key in it: one of both would be undone in silence.

    What `set` gives a table that a factor drops holds wherever it is there.
    """
    rows = experiment.design.rows if isinstance(experiment.design, Listed) else []
    given = [("set", "set", key, [value]) for key, value in experiment.changes.items()]
    for number, factor in enumerate(experiment.factors):
        values = factor.values or [row.get(factor.name) for row in rows]
        given += [(f"factors.{number}", "another factor", key, values) for key in factor.targets]
    for where, _, key, _ in given:
        for other, who, above, values in given:
            inner = key.removeprefix(f"{above}.")
            does = _undoes(values, inner) if inner != key else ""
            if does and not (where == "set" != other and does == "drops"):
                allowed = "a table that is there at every point, or a scenario for each case"
                yield Fault(where, f"{key!r} lies in {above!r}, which {who} {does}", allowed)


def _undoes(values: Sequence[Any], key: str) -> str:
    """What values of a table do to a key in it, if anything."""
    if any(isinstance(value, Mapping) and key.partition(".")[0] in value for value in values):
        return "sets with it"
    return "drops" if any(value is False for value in values) else ""


def _constraint_faults(experiment: Experiment, labels: list[str]) -> Iterator[Fault]:
    if experiment.constraints and experiment.design.kind == "saltelli":
        yield Fault(
            "constraints", "found beside a saltelli design", "another design: its samples have to stay whole"
        )
    for number, text in enumerate(experiment.constraints):
        where = f"constraints.{number}"
        try:
            strange = Constraint(text, labels).strange
        except ValueError as error:
            yield Fault(where, str(error), ALLOWED)
            continue
        for name in dict.fromkeys(strange):
            allowed = f"the labels are {', '.join(labels) or 'none'}"
            yield Fault(where, f"{name!r} is no factor", allowed, nearest=nearest_name(name, labels))


def _flat(table: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """Nested tables as dotted keys."""
    flat: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, Mapping) and value:
            flat |= _flat(value, f"{above}{key}.")
        else:
            flat[above + key] = value
    return flat
