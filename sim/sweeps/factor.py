"""Factors: what a sweep varies - keys of the scenario that take one of several levels, or any value of a range."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Literal
from unicodedata import category

import numpy as np

from sim.parameters import Section, parameter

SCENARIO = "scenario"
"""Label of the factor that several scenarios make."""

_DIGITS = 9  # of a value from a range: more than anybody means, fewer than libraries differ in
_NARROW = 1e-6  # of its greater end, a range that is narrower has fewer than a thousand values
_ENDS_AND_MIDDLE = np.array([0.0, 0.5, 1.0])
_NEAR_ONE = 1e-9  # shares that add up to so nearly 1 do
_UNSEEN = {"Cc", "Cs", "Zl", "Zp"}  # control characters, halves of others, ends of lines and paragraphs
_TURNING = {*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))}  # turn what follows round
_EVEN = 2**50  # up to which whole numbers of a range are equally likely, as they are drawn as fractions
_EXACT = 2**53  # up to which a number with a fraction can stand for every whole one
_SHAPES = {"normal": ("mean", "sd"), "triangular": ("mode",)}


class Factor(Section):
    """One key of the scenario, or several that take the same value, with its levels or its range."""

    key: str = parameter("", "dotted key that it sets, e.g. funding.level")
    keys: list[str] = parameter([], "several dotted keys that take the same value, in place of key")
    values: list[Any] = parameter([], "its levels, in order; false drops a table")
    shares: list[float] = parameter([], "of a sample's points, one for each level; equal unless given")
    low: float | None = parameter(None, "lowest value of a range, in place of values", allow_inf_nan=False)
    high: float | None = parameter(None, "highest value of a range", allow_inf_nan=False)
    distribution: Literal["uniform", "loguniform", "integers", "normal", "triangular"] | None = parameter(
        None, "how values lie in the range: uniform unless given; all end at low and high"
    )
    mean: float | None = parameter(
        None, "mean of a normal distribution before it is cut", allow_inf_nan=False
    )
    sd: float | None = parameter(None, "its standard deviation, too", gt=0.0, allow_inf_nan=False)
    mode: float | None = parameter(None, "likeliest value of a triangular one", allow_inf_nan=False)
    levels: int | None = parameter(
        None, "so many values of the range, equally likely apart, in place of any", ge=2, le=100_000
    )
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
    def ranged(self) -> bool:
        """Whether it has a range."""
        return self.low is not None or self.high is not None

    @property
    def shown(self) -> list[Any]:
        """Its levels as results show them; none where it takes any value of a range."""
        if self.ranged and self.levels:
            sound = next(_misshapen(self), None) is None
            return self._quantiles(np.linspace(0.0, 1.0, self.levels)) if sound else []
        return list(self.names or self.values)

    @property
    def tried(self) -> list[Any]:
        """The values that show whether it fits a scenario: its levels', or the ends of its range."""
        if not self.ranged:
            return list(self.values)
        return [
            int(end) if self.distribution == "integers" else end
            for end in (self.low, self.high)
            if end is not None
        ]

    def value(self, level: Any) -> Any:
        """The value that a level stands for."""
        return self.values[self.names.index(level)] if self.names else level

    def at(self, shares: np.ndarray) -> list[Any]:
        """Its levels at places between 0 and 1: its share of these to each level, or a range's quantiles.

        Args:
            shares: float64[n] in [0, 1).
        """
        shown = self.shown
        if self.shares:
            ends = np.cumsum(self.shares)[:-1]
            return [shown[place] for place in np.searchsorted(ends, shares, side="right").tolist()]
        if shown:
            return [shown[place] for place in (shares * len(shown)).astype(int).tolist()]
        return self._quantiles(shares)

    def _quantiles(self, shares: np.ndarray) -> list[Any]:
        """Values of the range below which it lies with these chances."""
        values = self.quantiles(shares)
        if self.distribution == "integers":
            return [int(value) for value in values]
        low, high = self.low or 0.0, self.high or 0.0
        return [min(max(float(f"{value:.{_DIGITS}g}"), low), high) for value in values]

    def quantiles(self, shares: np.ndarray) -> np.ndarray:
        """The same to the last digit: float64[n]; nan where floating point cannot tell."""
        low, high = self.low or 0.0, self.high or 0.0
        mean, sd, mode = self.mean or 0.0, self.sd or 1.0, self.mode or 0.0
        from scipy import stats

        kinds: dict[str, Callable[[], Any]] = {
            "uniform": lambda: stats.uniform(low, high - low),
            "loguniform": lambda: stats.loguniform(low, high),
            "integers": lambda: stats.randint(int(low), int(high) + 1),
            "normal": lambda: stats.truncnorm((low - mean) / sd, (high - mean) / sd, mean, sd),
            "triangular": lambda: stats.triang((mode - low) / (high - low), low, high - low),
        }
        with np.errstate(all="ignore"):
            return np.clip(kinds[self.distribution or "uniform"]().ppf(shares), low, high)


def wrong(factor: Factor, free: bool = False) -> Iterator[tuple[str, str]]:
    """What is wrong with a factor alone: what was found, and what is allowed.

    Args:
        factor: the factor.
        free: whether its values stand elsewhere, so that it need have none.
    """
    if bool(factor.key) == bool(factor.keys):
        yield (
            "both key and keys" if factor.key else "no key",
            "either key, or a list of keys that take the same value",
        )
    if again := twice(list(factor.keys)):
        yield f"key {again} listed twice", "each key once"
    if len(factor.keys) > 1 and not factor.label:
        yield "several keys and no label", "a label for them"
    for what, text in (("label", factor.label), *(("name", name) for name in factor.names)):
        if any(category(sign) in _UNSEEN or sign in _TURNING for sign in text):
            yield f"{what} {text!a}", "no line ends, and no signs that control what is shown"
    if factor.ranged:
        yield from _wrong_range(factor)
        return
    given = [
        key for key in ("distribution", "mean", "sd", "mode", "levels") if getattr(factor, key) is not None
    ]
    if given:
        yield f"{', '.join(given)} without a range", "low and high"
    yield from _wrong_shares(factor)
    if not factor.values and not free:
        yield "no values", "at least one, or a range from low to high"
    if again := twice(factor.values):
        yield f"value {again} listed twice", "each value once"
    if factor.names and len(factor.names) != len(factor.values):
        yield (
            f"{len(factor.names)} names for {len(factor.values)} values",
            "a name for each value, or none at all",
        )
    if again := twice(factor.names):
        yield f"name {again} listed twice", "each name once"
    if not factor.names and any(isinstance(value, list | dict) for value in factor.values):
        yield "values that are tables or lists", "names for them"


def _wrong_shares(factor: Factor) -> Iterator[tuple[str, str]]:
    if not factor.shares:
        return
    if len(factor.shares) != len(factor.values):
        yield f"{len(factor.shares)} shares for {len(factor.values)} values", "a share for each value"
    elif not all(share > 0.0 for share in factor.shares) or abs(sum(factor.shares) - 1.0) > _NEAR_ONE:
        given = ", ".join(f"{share:g}" for share in factor.shares)
        yield f"shares {given}, {sum(factor.shares):g} in all", "shares above 0 that add up to 1"


def _wrong_range(factor: Factor) -> Iterator[tuple[str, str]]:
    if factor.values:
        yield "both values and a range", "either values, or low and high"
    if factor.names:
        yield "names for a range", "names for values only"
    if factor.shares:
        yield "shares for a range", "shares for values only, or a distribution"
    wrong = list(_misshapen(factor))
    yield from wrong
    low, high, kind = factor.low, factor.high, factor.distribution or "uniform"
    if wrong or low is None or high is None:
        return
    if kind != "integers" and high - low < _NARROW * max(-low, high):
        yield f"a range from {low!r} to {high!r}", f"a wider one: values have {_DIGITS} digits"
    elif not np.isfinite(factor.quantiles(_ENDS_AND_MIDDLE)).all():
        yield f"a {kind} range of which no values can be told", "numbers nearer to those between low and high"
    elif again := twice(factor.shown):
        yield f"{factor.levels} levels between {low:g} and {high:g} with {again} twice", "fewer levels"


def _misshapen(factor: Factor) -> Iterator[tuple[str, str]]:
    """Why a range has no values."""
    low, high, kind = factor.low, factor.high, factor.distribution or "uniform"
    shape = _SHAPES.get(kind, ())
    if missing := [key for key in shape if getattr(factor, key) is None]:
        yield f"a {kind} range without {' and '.join(missing)}", f"{' and '.join(shape)} beside low and high"
    needless = [
        key
        for keys in _SHAPES.values()
        for key in keys
        if key not in shape and getattr(factor, key) is not None
    ]
    if needless:
        yield f"{', '.join(needless)} of a {kind} range", f"{' and '.join(shape) or 'low and high'} alone"
    if low is None or high is None:
        yield f"a range without {'low' if low is None else 'high'}", "low and high"
        return
    if low >= high:
        yield f"a range from {low:g} to {high:g}", "low below high"
        return
    if kind == "loguniform" and low <= 0.0:
        yield f"a loguniform range from {low:g}", "low above 0"
    elif kind == "integers" and not (low.is_integer() and high.is_integer() and max(-low, high) <= _EVEN):
        yield f"integers from {low:g} to {high:g}", f"whole numbers, {_EVEN:.3g} at the most"
    elif kind == "triangular" and factor.mode is not None and not low <= factor.mode <= high:
        yield f"the mode {factor.mode:g} of a range from {low:g} to {high:g}", "a mode in the range"


def twice(values: list[Any]) -> str:
    """What occurs more than once, listed; 1 and 1.0 are the same value, 1 and true are not."""
    seen = Counter(
        repr(float(one)) if type(one) is int and abs(one) < _EXACT else repr(one) for one in values
    )
    return ", ".join(text for text, times in seen.items() if times > 1)
