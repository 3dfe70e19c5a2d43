"""Statistics: what each field pattern is in firms that were surveyed once, as a function of means over firms.

So each has exact values for firms made by hand, and the same means under other weights give its bootstrap.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sim.claims.contrasts import interval

OWN = "own"
"""The arm in which nothing is changed."""

MATURE, EARLY = 5, 2  # the lowest stage of success, the highest of the bottom class
ENGAGED, DISENGAGED = 0.7, 0.3  # ends of the quarters of the prior's sponsorship, .1 to .9
PRACTISED, ONE_WAY, TOGETHER = 0.25, 0.85, 0.25  # coherent: least A, least C/A, and a V below
ACTIVE = 0.1  # adoption from which a department is active: docs/model.md, 7.28
WELL = 0.5  # share of staff who know a policy that is known

RESAMPLES = 2000

Survey = Mapping[str, Mapping[str, np.ndarray]]
"""By arm and name, float64[firms]: `stage`, `siloed` (1 or 0), A, C and V in the last week, `relapses` and `years` of the
run, `sponsorship` as drawn; in the arm `own` also `crossing`, see `crossing`, `served` and `knows`, shares of staff."""


@dataclass(frozen=True)
class Statistic:
    """One number of a survey.

    Attributes:
        says: its name for people.
        arms: the arms that it looks at.
        columns: what is averaged over firms: from a survey, float64[firms, columns].
        value: the number, from such means: float64[..., columns] and the number of firms to float64[...].
        kind: a share of firms in its one column; the difference of two groups' shares, whose columns are those who have it
            among the first, the first, and the same of the second; or neither.
    """

    says: str
    arms: tuple[str, ...]
    columns: Callable[[Survey], np.ndarray]
    value: Callable[[np.ndarray, int], np.ndarray]
    kind: Literal["share", "difference", "other"] = "other"


def success(survey: Survey, arm: str = OWN) -> np.ndarray:
    """Whether each firm is mature at the survey: float64[firms], 1 or 0."""
    return (survey[arm]["stage"] >= MATURE).astype(float)


def crossing(adoption: np.ndarray, A: np.ndarray) -> np.ndarray:
    """A in the first week in which two thirds of departments are active, nan where that never comes: float64[runs].

    Args:
        adoption: float64[runs, weeks, departments], nan after a run's end.
        A: float64[runs, weeks].
    """
    there = 3 * (adoption >= ACTIVE).sum(axis=2) >= 2 * adoption.shape[2]
    first = there.argmax(axis=1)
    return np.where(there.any(axis=1), A[np.arange(len(A)), first], np.nan)


def _only(means: np.ndarray, firms: int) -> np.ndarray:
    return means[..., 0]


def _ratio(means: np.ndarray, firms: int) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return means[..., 0] / means[..., 1]


def _ratio_of_counts(means: np.ndarray, firms: int) -> np.ndarray:
    """Half a firm more on either side, so that none is no zero and no infinity (Haldane 1956, Annals of Human Genetics 20)."""
    return _ratio(means + 0.5 / firms, firms)


def _share(says: str, of: Callable[[Survey], np.ndarray], arm: str = OWN) -> Statistic:
    return Statistic(says, (arm,), lambda survey: of(survey).astype(float)[:, None], _only, "share")


def _silos(survey: Survey) -> np.ndarray:
    own = survey[OWN]
    one_way = (own["A"] >= PRACTISED) & (own["C"] >= ONE_WAY * own["A"]) & (own["V"] < TOGETHER)
    return np.column_stack([own["siloed"], one_way])


def _sponsor(survey: Survey) -> np.ndarray:
    won, drawn = success(survey), survey[OWN]["sponsorship"]
    high, low = drawn >= ENGAGED, drawn <= DISENGAGED
    return np.column_stack([won * high, high, won * low, low])


def _governance(survey: Survey) -> np.ndarray:
    return np.column_stack([success(survey, arm) for arm in ("fair", "poor", "excellent", "good")])


def _breadth(survey: Survey) -> np.ndarray:
    at = survey[OWN]["crossing"]
    return np.column_stack([np.nan_to_num(at), ~np.isnan(at)])


def _imitation(survey: Survey) -> np.ndarray:
    return np.column_stack([survey[OWN]["A"] - survey["no_influence"]["A"], survey[OWN]["A"]])


STATISTICS = {
    "top": _share("in the top class (stage 5 or 6)", success),
    "bottom": _share("in the bottom class (stage 1 or 2)", lambda survey: survey[OWN]["stage"] <= EARLY),
    "silos": Statistic("siloed to coherent firms", (OWN,), _silos, _ratio_of_counts),
    "sponsor": Statistic(
        "success, sponsorship in its highest less its lowest quarter", (OWN,), _sponsor,
        lambda means, firms: _ratio(means[..., :2], firms) - _ratio(means[..., 2:], firms), "difference",
    ),
    "governance": Statistic(
        "success fair/poor over excellent/good", ("poor", "fair", "good", "excellent"), _governance,
        lambda means, firms: _ratio_of_counts(means[..., :2], firms) / _ratio_of_counts(means[..., 2:], firms),
    ),
    "technology": _share(
        "success by technology only", lambda survey: success(survey, "technology_only"), "technology_only"
    ),
    "breadth": Statistic("adoption when two thirds of departments are active", (OWN,), _breadth, _ratio),
    "relapse": Statistic(
        "stages lost a firm-year", (OWN,),
        lambda survey: np.column_stack([survey[OWN]["relapses"], survey[OWN]["years"]]), _ratio,
    ),
    "policy": _share("have a policy", lambda survey: survey[OWN]["served"] > 0.0),
    "known": _share("half the staff know it", lambda survey: survey[OWN]["knows"] >= WELL),
    "imitation": Statistic("adoption lost without influence", (OWN, "no_influence"), _imitation, _ratio),
}  # fmt: skip
"""The statistics by name."""


@dataclass(frozen=True)
class Estimate:
    """A statistic of some firms, with its 95 % interval; nan where no firm tells."""

    value: float
    low: float
    high: float


def point(name: str, survey: Survey) -> float:
    """A statistic's value."""
    one = STATISTICS[name]
    columns = one.columns(survey)
    return float(one.value(columns.mean(axis=0), len(columns)))


def resampled(name: str, survey: Survey, seed: int = 1) -> np.ndarray:
    """The statistic in resamples of the firms, the same in all arms and for all candidates: float64[RESAMPLES]."""
    one = STATISTICS[name]
    columns = one.columns(survey)
    firms = len(columns)
    weights = np.random.default_rng(seed).multinomial(firms, np.full(firms, 1.0 / firms), RESAMPLES) / firms
    return one.value(weights @ columns, firms)


def estimate(name: str, survey: Survey) -> Estimate:
    """A statistic with its interval: exact (Clopper-Pearson) for a share of firms, else by bootstrap over firms.

    The difference of two groups' shares has Newcombe's (1998, Statistics in Medicine 17, method 10), which holds where
    a group has none.
    """
    one = STATISTICS[name]
    columns = one.columns(survey)
    value = point(name, survey)
    if one.kind == "share":
        return Estimate(value, *interval(columns[:, 0], True, np.ones(1), 0.05))
    if one.kind == "difference":
        return Estimate(value, *_newcombe(*columns.sum(axis=0).astype(int).tolist()))
    found = resampled(name, survey)
    found = found[np.isfinite(found)]
    low, high = np.quantile(found, [0.025, 0.975]) if found.size else (np.nan, np.nan)
    return Estimate(value, float(low), float(high))


def _newcombe(hits: int, of: int, other_hits: int, of_other: int) -> tuple[float, float]:
    """95 % interval of hits/of - other_hits/of_other, independent; nan where a group is empty."""
    if not of or not of_other:
        return np.nan, np.nan
    from scipy.stats import binomtest

    one, other = (
        binomtest(k, n).proportion_ci(method="wilson") for k, n in ((hits, of), (other_hits, of_other))
    )
    p, q = hits / of, other_hits / of_other
    low = p - q - np.hypot(p - one.low, other.high - q)
    high = p - q + np.hypot(one.high - p, q - other.low)
    return float(low), float(high)
