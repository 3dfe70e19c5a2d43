"""Patterns: the file that says, before any run, which field patterns there are, which are fitted, by what and how."""

from __future__ import annotations

import math
from typing import Any

from sim.calibration.statistics import OWN, STATISTICS
from sim.parameters import Section, parameter
from sim.sweeps.factor import Factor


class Arm(Section):
    """What is different in every firm."""

    set: dict[str, Any] = parameter({}, "values under dotted keys; false drops a table")


class Target(Section):
    """A statistic and the band in which the field has it."""

    statistic: str = parameter(..., "name of what is read off the firms")
    low: float | None = parameter(None, "lowest value of the band; none if left out", allow_inf_nan=False)
    high: float | None = parameter(None, "highest value of the band; none if left out", allow_inf_nan=False)
    field: float | None = parameter(None, "what the field found", allow_inf_nan=False)
    error: float = parameter(
        ..., "the field's sampling error, by which misses are weighed", gt=0.0, allow_inf_nan=False
    )
    log: bool = parameter(False, "whether distances and error are those of the logarithm")

    def distance(self, value: float) -> float:
        """How far a value lies outside the band, in sampling errors; infinite where there is none (nan)."""
        if math.isnan(value):
            return math.inf
        for end, beyond in ((self.low, -1.0), (self.high, 1.0)):
            if end is not None and beyond * (value - end) > 0.0:
                apart = math.log(value / end) if self.log else value - end
                return abs(apart) / self.error
        return 0.0

    @property
    def band(self) -> str:
        """The band in words."""
        if self.low is None or self.high is None:
            return f"≤ {self.high:g}" if self.low is None else f"≥ {self.low:g}"
        return f"{self.low:g} to {self.high:g}"


class Pattern(Section):
    """A pattern of the field: one or more targets, all of which it takes to hit it."""

    number: int = parameter(..., "its number among those of the evidence", ge=1)
    says: str = parameter(..., "its name for people", min_length=1)
    fitted: bool = parameter(..., "whether coefficients are fitted to it, or it is held out")
    targets: list[Target] = parameter(..., "what is compared with the field", min_length=1)


class Fit(Section):
    """How much is lived, and how much is kept."""

    candidates: int = parameter(..., "settings of the coefficients that are tried, beside what ships", ge=1)
    firms: int = parameter(..., "firms over which each of these is lived", ge=2)
    survivors: int = parameter(..., "candidates that are lived over more firms", ge=1)
    more_firms: int = parameter(..., "how many others", ge=2)
    accepted: int = parameter(..., "candidates that are accepted after that", ge=1)
    last_firms: int = parameter(..., "firms, none of them seen before, by which all is reported", ge=2)
    seed: int = parameter(1, "of the sample of candidates, and of firms' luck", ge=1, le=2**31)

    def scaled(self, firms: int | None = None, candidates: int | None = None, seed: int | None = None) -> Fit:
        """The same proportions for other numbers, as far as given."""
        n, times = candidates or self.candidates, (firms or self.firms) / self.firms
        survivors = min(self.survivors, n)
        return Fit(
            candidates=n,
            firms=firms or self.firms,
            survivors=survivors,
            more_firms=max(2, round(self.more_firms * times)),
            accepted=min(self.accepted, max(1, survivors // 2)) if candidates else self.accepted,
            last_firms=max(2, round(self.last_firms * times)),
            seed=seed or self.seed,
        )


class Patterns(Section):
    """The whole file."""

    arms: dict[str, Arm] = parameter(..., "arms by name")
    patterns: list[Pattern] = parameter(..., "the patterns", min_length=1)
    moves: list[Factor] = parameter(..., "the coefficients that may move, and in which range", min_length=1)
    fit: Fit = parameter(..., "how")

    def targets(self, fitted: bool | None = None) -> list[Target]:
        """The targets of all patterns, of those that are fitted, or of those held out."""
        return [
            one for pattern in self.patterns if fitted in (None, pattern.fitted) for one in pattern.targets
        ]

    def arms_of(self, targets: list[Target]) -> list[str]:
        """The arms that some targets look at, and `own`, in the order of the file."""
        asked = {OWN, *(arm for one in targets for arm in STATISTICS[one.statistic].arms)}
        return [name for name in self.arms if name in asked]
