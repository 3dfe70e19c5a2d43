"""Sensitivity: how much of an outcome's variance each factor makes, alone and with others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Indices:
    """Sobol' indices of the factors, in their order: the share of variance that each makes alone, and with others.

    Attributes:
        first: float64[factors], first-order indices.
        total: float64[factors], total indices.
    """

    first: np.ndarray
    total: np.ndarray


def indices(outcomes: np.ndarray, factors: int) -> Indices:
    """Indices from the outcomes of a `saltelli` design.

    Args:
        outcomes: float64[(2 + factors) n], at its points in their order (the mean over replicates, say); n a power of two.
        factors: how many there are.

    Raises:
        ValueError: there are not as many as such a design has points, or some are no numbers, as of runs that have not finished.

    Source:
        Saltelli et al. (2010), Computer Physics Communications 181, as `scipy.stats.sobol_indices` has it.
    """
    from scipy.stats import sobol_indices

    values = np.asarray(outcomes, float)
    if values.size % (2 + factors):
        raise ValueError(f"{values.size:,} outcomes are not {2 + factors} times as many as there are rows")
    if lacking := np.count_nonzero(~np.isfinite(values)):
        raise ValueError(f"{lacking:,} of {values.size:,} outcomes are no numbers")
    a, b, *mixed = values.reshape(2 + factors, -1)[:, None]
    found = sobol_indices(func={"f_A": a, "f_B": b, "f_AB": np.stack(mixed)}, n=a.size)
    return Indices(found.first_order.ravel(), found.total_order.ravel())
