"""Contrasts: what a claim says of its arms, as one number with an interval.

Each is made of a few differences within seeds. Their intervals hold together (Bonferroni), so the least of them lies
between the least low and the least high end, and the same is true of the greatest: no number is picked by its luck.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sim.analysis.comparison import paired_shares
from sim.sweeps.confidence import betting

Kind = Literal["level", "difference", "main", "interaction", "slope", "order", "extreme", "inner"]
ORIENTED: tuple[Kind, ...] = ("order", "extreme", "inner")
"""Contrasts that are turned round where the claim says less, so that above 0 is always what it says."""

Combine = Callable[[Sequence[float]], float]


@dataclass(frozen=True)
class Estimate:
    """What was found.

    Attributes:
        value: the number.
        low, high: its 95 % interval.
        wide_low, wide_high: its interval at the confidence that allows for all claims of the table.
        pairs: seeds that all its arms have.
    """

    value: float
    low: float
    high: float
    wide_low: float
    wide_high: float
    pairs: int


def wrong(kind: Kind, arms: int, doses: int) -> Iterator[tuple[str, str, str]]:
    """What is wrong with a contrast of so many arms: key, what was found, what is allowed."""
    factorial = arms in (4, 8)
    allowed = {
        "level": (arms == 1, "one arm"),
        "difference": (arms == 2, "two arms: it is the second minus the first"),
        "main": (factorial, "4 or 8 arms in standard order, its factor last: none, a, b, ab, c, ac, bc, abc"),
        "interaction": (factorial, "4 or 8 arms in standard order: none, a, b, ab, c, ac, bc, abc"),
        "slope": (arms >= 3, "three arms or more, by rising dose"),
        "order": (arms >= 3, "three arms or more, the least first"),
        "extreme": (arms >= 3, "three arms or more, the greatest first"),
        "inner": (arms >= 3, "three arms or more, by rising dose"),
    }
    right, said = allowed[kind]
    if not right:
        yield "arms", f"found {arms}", f"a contrast of kind {kind!r} takes {said}"
    if (doses > 0) != (kind == "slope") or (kind == "slope" and doses != arms):
        yield "doses", f"found {doses}", "one for each arm of a slope, and none otherwise"


def parts(kind: Kind, arms: int, doses: Sequence[float] = ()) -> tuple[np.ndarray, Combine]:
    """The differences that a contrast is made of, and how it is told from them.

    Returns:
        float64[parts, arms], weights of the arms in each; and what makes one number of the parts'.
    """
    one = np.eye(arms)
    if kind == "level":
        return one, min
    if kind == "difference":
        return one[1:] - one[:1], min
    if kind == "main":
        return np.repeat([-2.0, 2.0], arms // 2)[None] / arms, min
    if kind == "interaction":
        signs = np.ones(1)
        while signs.size < arms:
            signs = np.concatenate([-signs, signs])
        return signs[None], min
    if kind == "slope":
        off = np.asarray(doses, float) - np.mean(doses)
        return (off / (off @ off))[None], min
    if kind == "order":
        return one[1:] - one[:-1], min
    if kind == "extreme":
        return one[:1] - one[1:], min
    inner = range(1, arms - 1)
    ends = [one[here] - one[end] for here in inner for end in (0, arms - 1)]
    return np.array(ends), lambda found: max(min(pair) for pair in zip(found[::2], found[1::2], strict=True))


def estimate(
    values: np.ndarray, kind: Kind, doses: Sequence[float] = (), down: bool = False, against: float = 0.0,
    share: bool = False, claims: int = 1,
) -> Estimate:  # fmt: skip
    """A contrast of what was read off runs.

    Args:
        values: float64[seeds, arms]; seeds in which an arm has none (nan) are left out of all.
        kind: the contrast.
        doses: of a slope, the arms'.
        down: whether the claim says less, so that order, extreme and inner are of the least; the others keep their sign.
        against: of a level, what it is compared with.
        share: whether values are 1 or 0.
        claims: how many claims' intervals are to hold at once, in the wide interval.
    """
    whole = values[~np.isnan(values).any(axis=1)]
    weights, combine = parts(kind, whole.shape[1], doses)
    if down and kind in ORIENTED:
        weights = -weights
    found = list((whole @ weights.T).T)

    def ends(claims: int) -> tuple[float, float]:
        each = [
            interval(one, share, weight, 0.05 / (len(found) * claims))
            for one, weight in zip(found, weights, strict=True)
        ]
        return combine([low for low, _ in each]) - against, combine([high for _, high in each]) - against

    value = combine([float(one.mean()) for one in found]) - against
    return Estimate(value, *ends(1), *ends(claims), len(whole))


def interval(values: np.ndarray, share: bool, weights: np.ndarray, error: float) -> tuple[float, float]:
    """Interval of the mean of a difference within seeds.

    Means have a t interval. Shares of runs have the exact one (Clopper-Pearson), two shares' difference Tango's, and
    differences of more of them one for bounded numbers whatever their distribution, as few flips make no normal mean.

    Args:
        values: float64[seeds], of the difference.
        share: whether what it is made of is 1 or 0.
        weights: of the arms in it.
        error: chance that it does not hold the truth.
    """
    from scipy import stats

    n, used = len(values), weights[weights != 0.0]
    if share and used.size == 1:
        hits = int(np.count_nonzero(values))
        exact = stats.binomtest(hits, n).proportion_ci(1.0 - error)
        low, high = float(exact.low), float(exact.high)
        return (low, high) if used[0] > 0.0 else (-high, -low)
    if share and sorted(used) == [-1.0, 1.0]:
        return paired_shares(int((values > 0.5).sum()), int((values < -0.5).sum()), n, 1.0 - error)
    if share:
        least, span = float(used[used < 0.0].sum()), float(np.abs(used).sum())
        low, high = betting((values - least) / span, 0.1, 1.0 - error)
        return least + span * low, least + span * high
    if n < 2:
        return -np.inf, np.inf
    half = float(stats.t.ppf(1.0 - error / 2.0, n - 1)) * float(values.std(ddof=1)) / np.sqrt(n)
    return float(values.mean()) - half, float(values.mean()) + half
