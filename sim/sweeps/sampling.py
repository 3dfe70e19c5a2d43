"""Designs by name: which settings of its factors an experiment visits - all, some that are listed, or a sample.

A design gives levels, one for each factor; what these mean to the scenario is the matter of `sim.sweeps.design`.
"""

from __future__ import annotations

import json
import math
import re
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, ClassVar, Literal

import numpy as np

from sim.errors import Fault, nearest_name
from sim.parameters import Section, parameter
from sim.sweeps.factor import SCENARIO, Factor

Setting = tuple[Any, ...]
"""The level of each factor, in their order."""

Own = Callable[[Factor], Any]
"""The level that a factor has in the scenario as it is, or None where it has none."""


class Design(Section):
    """What all designs share.

    Attributes:
        sampled: whether its points stand for all that might have been drawn, and not for themselves.
        crossed: whether runs at two levels of a factor meet at otherwise the same settings.
        anywhere: whether a factor may take any value of its range, and not levels only.
        listed: whether a factor that lists its levels has no others.
        free: whether a factor's levels may stand in the design alone.
    """

    sampled: ClassVar[bool] = False
    crossed: ClassVar[bool] = False
    anywhere: ClassVar[bool] = False
    listed: ClassVar[bool] = True
    free: ClassVar[bool] = False

    @abstractmethod
    def count(self, factors: Sequence[Factor]) -> int:
        """How many settings there are before constraints."""

    @abstractmethod
    def settings(self, factors: Sequence[Factor], own: Own) -> Iterator[Setting]:
        """The settings, in the order in which points are numbered."""

    def faults(self, factors: Sequence[Factor]) -> Iterator[Fault]:
        """What of it does not fit the factors."""
        yield from ()

    def lacking(self, factors: Sequence[Factor], own: Own) -> Iterator[Fault]:
        """What of it does not fit the scenario."""
        yield from ()


class Grid(Design):
    """Every combination of the factors' levels, the last factor varying fastest."""

    kind: Literal["grid"] = parameter("grid", "the name of the design")
    crossed: ClassVar[bool] = True

    def count(self, factors: Sequence[Factor]) -> int:
        """The product of the numbers of levels."""
        return math.prod(len(factor.shown) for factor in factors)

    def settings(self, factors: Sequence[Factor], own: Own) -> Iterator[Setting]:
        """The combinations."""
        return product(*(factor.shown for factor in factors))


class Listed(Design):
    """The rows that the file lists."""

    kind: Literal["list"] = parameter("list", "the name of the design")
    rows: list[dict[str, Any]] = parameter(..., "the points: a level for each factor, by its label")
    anywhere: ClassVar[bool] = True
    listed: ClassVar[bool] = False
    free: ClassVar[bool] = True

    def count(self, factors: Sequence[Factor]) -> int:
        """The number of rows."""
        return len(self.rows)

    def settings(self, factors: Sequence[Factor], own: Own) -> Iterator[Setting]:
        """The rows."""
        for row in self.rows:
            yield tuple(row[factor.name] for factor in factors)

    def faults(self, factors: Sequence[Factor]) -> Iterator[Fault]:
        """Each row has a level for each factor, of those that it knows, and no row stands twice."""
        if not self.rows:
            yield Fault("design.rows", "no rows", "at least one")
        by_label = {factor.name: factor for factor in factors}
        seen: dict[str, int] = {}
        for number, row in enumerate(self.rows):
            where = f"design.rows.{number}"
            if lacks := [label for label in by_label if label not in row]:
                yield Fault(where, f"has no {', '.join(lacks)}", "a level for each factor")
            yield from _strange(where, row, by_label)
            if (first := seen.setdefault(repr(sorted(row.items())), number)) != number:
                yield Fault(where, f"is row {first + 1} again", "each row once")


class OneAtATime(Design):
    """A baseline, and from it each factor alone at each of its other levels."""

    kind: Literal["one_at_a_time"] = parameter("one_at_a_time", "the name of the design")
    baseline: dict[str, Any] = parameter(
        {}, "level of factors at the baseline, by label; the scenario's own value unless given"
    )
    crossed: ClassVar[bool] = True
    listed: ClassVar[bool] = False

    def count(self, factors: Sequence[Factor]) -> int:
        """One, and for each factor its levels; one fewer where the baseline is known to be among them."""
        others = (
            len([level for level in factor.shown if level != self.baseline.get(factor.name)])
            for factor in factors
        )
        return 1 + sum(others)

    def settings(self, factors: Sequence[Factor], own: Own) -> Iterator[Setting]:
        """The baseline, then factor by factor."""
        base = tuple(self._level(factor, own) for factor in factors)
        yield base
        for place, factor in enumerate(factors):
            for level in factor.shown:
                if level != base[place]:
                    yield (*base[:place], level, *base[place + 1 :])

    def _level(self, factor: Factor, own: Own) -> Any:
        return self.baseline[factor.name] if factor.name in self.baseline else own(factor)

    def faults(self, factors: Sequence[Factor]) -> Iterator[Fault]:
        """The baseline names factors and levels that there are, and there is one scenario whose values it has."""
        if any(factor.name == SCENARIO for factor in factors):
            found = "beside several scenarios, which have values of their own"
            yield Fault("design", found, "one scenario, or a grid")
        yield from _strange("design.baseline", self.baseline, {factor.name: factor for factor in factors})

    def lacking(self, factors: Sequence[Factor], own: Own) -> Iterator[Fault]:
        """Factors that have no level at the baseline."""
        for factor in factors:
            if self._level(factor, own) is None:
                keys = " and ".join(factor.targets)
                found = f"no level of {factor.name}, and the scenario has no one value of {keys} that results could show"
                allowed = (
                    f"one of {_listed(factor)}, as baseline = {{ {_key(factor.name)} = ... }} in [design]"
                )
                yield Fault("design.baseline", found, allowed)


class _Sample(Design):
    """A sample of the space that the factors span, the same for the same seed."""

    points: int = parameter(..., "size of the sample", unit="points", ge=1, le=2**24)
    seed: int = parameter(
        1, "seed of the sample, which has nothing to do with the runs' luck", ge=0, le=2**53
    )
    sampled: ClassVar[bool] = True
    anywhere: ClassVar[bool] = True

    def faults(self, factors: Sequence[Factor]) -> Iterator[Fault]:
        """There is something to sample."""
        if not factors:
            yield Fault("design", "no factor to sample", "at least one factor")

    def _power(self) -> Iterator[Fault]:
        """A Sobol' sequence is balanced at powers of two only (Owen 2020, "On dropping the first Sobol' point")."""
        if self.points & (self.points - 1):
            below = 1 << (self.points.bit_length() - 1)
            yield Fault(
                "design.points", f"found {self.points:,}", f"a power of two: {below:,} or {2 * below:,}"
            )

    def _sobol(self, dimensions: int) -> np.ndarray:
        from scipy.stats import qmc

        sequence = qmc.Sobol(dimensions, scramble=True, seed=np.random.default_rng(self.seed))
        return np.asarray(sequence.random(self.points))


class _Filling(_Sample):
    """A sample whose points fill the space, each by itself."""

    def count(self, factors: Sequence[Factor]) -> int:
        """The size of the sample."""
        return self.points

    def settings(self, factors: Sequence[Factor], own: Own) -> Iterator[Setting]:
        """The sample's rows."""
        return _levels(factors, self.shares(len(factors)))

    @abstractmethod
    def shares(self, dimensions: int) -> np.ndarray:
        """The sample in the unit cube: float64[points, dimensions] in [0, 1)."""


class LatinHypercube(_Filling):
    """A Latin hypercube: each factor's range in as many equal parts as there are points, each met once."""

    kind: Literal["latin_hypercube"] = parameter("latin_hypercube", "the name of the design")

    def shares(self, dimensions: int) -> np.ndarray:
        """The sample in the unit cube (McKay, Beckman and Conover 1979, Technometrics 21)."""
        from scipy.stats import qmc

        cube = qmc.LatinHypercube(dimensions, seed=np.random.default_rng(self.seed))
        return np.asarray(cube.random(self.points))


class Sobol(_Filling):
    """A scrambled Sobol' sequence, which fills the space more evenly than chance does."""

    kind: Literal["sobol"] = parameter("sobol", "the name of the design")

    def shares(self, dimensions: int) -> np.ndarray:
        """The sample in the unit cube (Owen's scrambling)."""
        return self._sobol(dimensions)

    def faults(self, factors: Sequence[Factor]) -> Iterator[Fault]:
        """Its size is a power of two."""
        yield from super().faults(factors)
        yield from self._power()


class Saltelli(_Sample):
    """Saltelli's scheme, from which first-order and total Sobol' indices are estimated.

    Two samples A and B, and for each factor i a sample AB_i: A with the column i of B (Saltelli et al. 2010, Computer
    Physics Communications 181). Points are numbered A's rows first, then B's, AB_1's and so on, so that outcomes in
    their order, as an array [2 + factors, points], hold a sample a row.
    """

    kind: Literal["saltelli"] = parameter("saltelli", "the name of the design")

    def count(self, factors: Sequence[Factor]) -> int:
        """A row of A in every sample."""
        return self.points * (len(factors) + 2)

    def settings(self, factors: Sequence[Factor], own: Own) -> Iterator[Setting]:
        """The rows of A, B and each AB."""
        both = self._sobol(2 * len(factors))
        a, b = (list(_levels(factors, half)) for half in np.split(both, 2, axis=1))
        yield from (*a, *b)
        for place in range(len(factors)):
            for one, other in zip(a, b, strict=True):
                yield (*one[:place], other[place], *one[place + 1 :])

    def faults(self, factors: Sequence[Factor]) -> Iterator[Fault]:
        """Its size is a power of two."""
        yield from super().faults(factors)
        yield from self._power()


class Formless(Design):
    """Stands for a design that cannot be read, so that the rest of its experiment can be looked through."""

    kind: Literal["formless"] = parameter("formless", "the name of the design")
    sampled: ClassVar[bool] = True
    anywhere: ClassVar[bool] = True
    listed: ClassVar[bool] = False
    free: ClassVar[bool] = True

    def count(self, factors: Sequence[Factor]) -> int:
        """Nobody knows."""
        return 0

    def settings(self, factors: Sequence[Factor], own: Own) -> Iterator[Setting]:
        """None."""
        yield from ()


KINDS: dict[str, type[Design]] = {
    "grid": Grid,
    "list": Listed,
    "one_at_a_time": OneAtATime,
    "latin_hypercube": LatinHypercube,
    "sobol": Sobol,
    "saltelli": Saltelli,
}
"""The designs by name."""

AnyDesign = Grid | Listed | OneAtATime | LatinHypercube | Sobol | Saltelli


def _levels(factors: Sequence[Factor], shares: np.ndarray) -> Iterator[Setting]:
    columns = [factor.at(column) for factor, column in zip(factors, shares.T, strict=True)]
    return zip(*columns, strict=True)


def _strange(where: str, levels: Mapping[str, Any], by_label: Mapping[str, Factor]) -> Iterator[Fault]:
    """Labels that are no factor's, and levels that are none of theirs."""
    for label, level in levels.items():
        factor = by_label.get(label)
        if factor is None:
            allowed = f"one of {', '.join(by_label) or 'no factors'}"
            yield Fault(where, f"no factor {label!r}", allowed, nearest=nearest_name(label, by_label))
        elif factor.names and level not in factor.names:
            near = nearest_name(str(level), factor.names)
            yield Fault(where, f"{label} = {level!r}", f"one of {_listed(factor)}", nearest=near)
        elif factor.ranged and not _within(level, factor):
            yield Fault(where, f"{label} = {level!r}", f"a number from {factor.low} to {factor.high}")
        elif isinstance(level, list | dict):
            yield Fault(
                where, f"{label} is a table or a list", "values and names of the factor, and a name here"
            )


def _within(level: Any, factor: Factor) -> bool:
    number = isinstance(level, int | float) and not isinstance(level, bool)
    return number and bool(factor.low is None or factor.high is None or factor.low <= level <= factor.high)


def _key(label: str) -> str:
    """A label as TOML takes it for a key."""
    return label if re.fullmatch(r"[A-Za-z0-9_-]+", label) else json.dumps(label, ensure_ascii=False)


def _listed(factor: Factor) -> str:
    if factor.ranged:
        return f"{factor.low} to {factor.high}"
    return ", ".join(map(str, factor.shown)) or "its values"
