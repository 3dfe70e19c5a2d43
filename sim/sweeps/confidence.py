"""Confidence sequences: intervals of a mean that hold at every number of runs at once, so that one may look and stop.

An interval for a fixed number of runs holds 95 times in 100 at that number; who looks after each run and stops when it
suits is wrong far more often. These pay for looking with some width, about that of twice as many runs.
"""

from __future__ import annotations

import math

import numpy as np

_BOLDEST = 0.75  # share of the capital that a bet may lose


def betting(values: np.ndarray, within: float, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of the mean of values in 0..1, whatever their distribution, valid at every n (not for large n only).

    For each candidate mean two gamblers bet that it is too low, or too high, at odds that are fair if it is the mean.
    Candidates that would have made one of them rich are ruled out: under the true mean, by Ville's inequality, anybody
    ever multiplies a stake by 1 / (1 - confidence) with a chance of no more than 1 - confidence. Stakes are those that
    grow fastest where the mean is `within` off, by the variance seen before each bet.

    Args:
        values: float64[n] in 0..1, in the order in which they were drawn.
        within: half the width that is wanted in the end, of which the interval becomes as wide soonest.
        confidence: chance that all intervals, at all n, hold the mean.

    Returns:
        Low and high.

    Source:
        Waudby-Smith & Ramdas (2024), Journal of the Royal Statistical Society B 86(1), the hedged capital process.
    """
    n = np.arange(1, values.size + 1)
    means = (0.5 + np.cumsum(values)) / (n + 1)
    spread = np.cumsum((values - means) ** 2)
    seen = (0.25 + np.concatenate([[0.0], spread[:-1]])) / n
    stakes = within / seen
    rich = math.log(2.0 / (1.0 - confidence))
    return _lowest(values, stakes, rich), 1.0 - _lowest(1.0 - values, stakes, rich)


def _lowest(values: np.ndarray, stakes: np.ndarray, rich: float) -> float:
    """The lowest mean of which whoever bets that it is too low has not become rich; the higher it is, the poorer they."""

    def over(mean: float) -> float:
        bets = np.minimum(stakes, _BOLDEST / mean)
        return float(np.log1p(bets * (values - mean)).sum()) - rich

    low, high = 1e-9, 1.0
    if over(low) < 0.0:
        return 0.0
    from scipy.optimize import brentq

    return float(brentq(over, low, high, xtol=1e-7))


def asymptotic(values: np.ndarray, narrowest: int, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of the mean of values without bounds, valid at every n from some large one on.

    Args:
        values: float64[n], n of 2 or more.
        narrowest: the n at which it is narrowest for what it promises.
        confidence: chance that all intervals hold the mean.

    Returns:
        Low and high.

    Source:
        Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas (2024), Annals of Statistics 52(6), theorem 2.2.
    """
    n, error = values.size, 1.0 - confidence
    wide = -2.0 * math.log(error)
    rho2 = (wide + math.log(wide + 1.0)) / narrowest
    scale = n * rho2 + 1.0
    half = float(values.std(ddof=1)) * math.sqrt(
        2.0 * scale / (n * n * rho2) * math.log(math.sqrt(scale) / error)
    )
    mean = float(values.mean())
    return mean - half, mean + half
