"""Paired what-ifs: two scenarios lived under the same luck, and what the second changes, with intervals.

Pairing removes the luck that both worlds share. Times that a run did not live to see are never dropped: the time to
convergence is counted up to the end of the run (a restricted mean), which censoring at that end leaves unbiased.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from sim.outcome import STATES, Outcome
from sim.scenario import Scenario

OUTCOMES = {
    "A": "adoption at the end",
    "A_min": "adoption of the last department",
    "C": "staff in the commonest way",
    "V": "separation of departments",
    "weeks_to_convergence": "weeks until converged, to the run's end at most",
    "weeks_siloed": "weeks siloed",
    "hollow": "hollow adoption at the end",
    "practitioner_weeks": "practitioner-weeks",
    "spent": "units spent",
}


@dataclass(frozen=True)
class Difference:
    """B minus A of one outcome, over pairs of runs.

    Attributes:
        name: key of `OUTCOMES`, or "share STATE" of runs that end in a state.
        a, b: means under A and B; mean: of the paired differences.
        low, high: 95 % interval of `mean`.
        ratio: standard deviation of the paired differences over that of unpaired ones; 1 is no gain from pairing.
    """

    name: str
    a: float
    b: float
    mean: float
    low: float
    high: float
    ratio: float


@dataclass(frozen=True)
class Comparison:
    """What B changes against A; `outcomes` holds each pair's outcomes under A and B, in the order of `seeds`."""

    a: Scenario
    b: Scenario
    seeds: tuple[int, ...]
    outcomes: tuple[tuple[Outcome, Outcome], ...]

    def values(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """An outcome under A and under B: two float64[pairs]."""
        return tuple(  # type: ignore[return-value]
            np.array([value_of(pair[side], name, plan.weeks) for pair in self.outcomes])
            for side, plan in enumerate((self.a, self.b))
        )

    def difference(self, name: str) -> Difference:
        """B minus A of an outcome, with a 95 % interval.

        Means have a t interval of the paired differences; shares of runs Tango's score interval for paired
        proportions (Tango 1998, Statistics in Medicine 17), which holds for few flips too.
        """
        a, b = self.values(name)
        change = b - a
        mean, spread = float(change.mean()), float(change.std(ddof=1))
        if name.startswith("share "):
            low, high = paired_shares(int((change > 0).sum()), int((change < 0).sum()), len(change))
        else:
            half = stats.t.ppf(0.975, len(change) - 1) * spread / np.sqrt(len(change))
            low, high = mean - half, mean + half
        unpaired = float(np.sqrt(a.var(ddof=1) + b.var(ddof=1)))
        return Difference(
            name, float(a.mean()), float(b.mean()), mean, low, high, spread / unpaired if unpaired else 1.0
        )

    @property
    def differences(self) -> list[Difference]:
        """All outcomes', then the share of runs in each state that occurs."""
        seen = [state for state in STATES if any(state in (a.state, b.state) for a, b in self.outcomes)]
        return [self.difference(name) for name in (*OUTCOMES, *(f"share {state}" for state in seen))]

    @property
    def flips(self) -> dict[tuple[str, str], int]:
        """How many pairs end in which state under A and under B."""
        return dict(Counter((a.state, b.state) for a, b in self.outcomes).most_common())

    @property
    def sentence(self) -> str:
        """The finding, plainly: what happens to the chance to converge, and to adoption."""
        n = len(self.seeds)
        chance, adoption = self.difference("share converged"), self.difference("A")
        flipped = sum(count for (a, b), count in self.flips.items() if a != b)
        verb = "raises" if chance.low > 0 else "lowers" if chance.high < 0 else "does not detectably change"
        return (
            f"Over {n} pairs of runs, {_name(self.b)} {verb} the chance to converge against {_name(self.a)}: "
            f"{chance.a:.0%} to {chance.b:.0%} (difference {100 * chance.mean:+.0f} points, 95 % interval "
            f"{100 * chance.low:+.0f} to {100 * chance.high:+.0f}); adoption changes by {100 * adoption.mean:+.1f} points "
            f"({100 * adoption.low:+.1f} to {100 * adoption.high:+.1f}), and {flipped} of {n} runs end in another state."
        )

    def rows(self) -> list[list[str]]:
        """The differences as a table's rows: outcome, under A, under B, difference, 95 % interval."""
        return [
            [OUTCOMES.get(one.name, one.name), *(f"{value:.3g}" for value in (one.a, one.b)), f"{one.mean:+.3g}",
             f"{one.low:+.3g} to {one.high:+.3g}"]
            for one in self.differences
        ]  # fmt: skip

    def as_dict(self) -> dict[str, Any]:
        """The comparison for machines."""
        return {
            "a": self.a.title, "b": self.b.title, "pairs": len(self.seeds), "first_seed": self.seeds[0],
            "differences": [vars(one) for one in self.differences],
            "flips": [{"a": a, "b": b, "runs": count} for (a, b), count in self.flips.items()],
            "finding": self.sentence,
        }  # fmt: skip


def _name(plan: Scenario) -> str:
    return plan.title or "the scenario"


def value_of(outcome: Outcome, name: str, weeks: int) -> float:
    """A number of an outcome: one of `OUTCOMES`, any other that is a number, or 1 or 0 for "share STATE"."""
    if name.startswith("share "):
        return float(outcome.state == name.removeprefix("share "))
    if name == "weeks_to_convergence":
        return float(weeks if outcome.first_converged is None else outcome.first_converged)
    return float(getattr(outcome, name))


def paired_shares(gained: int, lost: int, pairs: int, confidence: float = 0.95) -> tuple[float, float]:
    """Tango's score interval of a difference of paired proportions.

    Args:
        gained: pairs that hold under B only.
        lost: pairs that hold under A only.
        pairs: all pairs.
        confidence: chance that it holds the truth.
    """

    def score(delta: float) -> float:
        a, b = 2.0 * pairs, -gained - lost + (2.0 * pairs - gained + lost) * delta
        c = -lost * delta * (1.0 - delta)
        q = (np.sqrt(max(0.0, b * b - 4.0 * a * c)) - b) / (2.0 * a)
        variance = pairs * (2.0 * q + delta * (1.0 - delta))
        gap = gained - lost - pairs * delta
        return (
            0.0
            if gap == 0.0
            else float(np.sign(gap) * np.inf)
            if variance <= 0.0
            else gap / np.sqrt(variance)
        )

    from scipy.optimize import brentq

    z, point = stats.norm.ppf(0.5 + confidence / 2.0), (gained - lost) / pairs
    low = -1.0 if point == -1.0 else brentq(lambda d: min(score(d), 1e6) - z, -1.0 + 1e-9, point)
    high = 1.0 if point == 1.0 else brentq(lambda d: max(score(d), -1e6) + z, point, 1.0 - 1e-9)
    return float(low), float(high)


def compare(
    a: Scenario, b: Scenario, runs: int = 100, first_seed: int = 1, workers: int | None = None
) -> Comparison:
    """Live two scenarios `runs` times each, pair by pair under the same luck.

    Raises:
        InputError: the scenarios differ in length, so their ends cannot be compared.
    """
    from sim.errors import Fault, InputError
    from sim.sweeps.runner import outcomes_of

    if a.weeks != b.weeks:
        raise InputError(
            [Fault("weeks", f"{a.weeks} and {b.weeks}", "two scenarios of equal length; set weeks in both")]
        )
    seeds = tuple(range(first_seed, first_seed + runs))
    tasks = [(plan, seed) for seed in seeds for plan in (a, b)]
    done = outcomes_of(tasks, workers)
    return Comparison(a, b, seeds, tuple(zip(done[::2], done[1::2], strict=True)))
