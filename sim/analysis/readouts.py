"""Read-outs: what a record says of order, breadth and unity beyond its measures, one number a week or a department."""

from __future__ import annotations

import numpy as np

from sim.record import Record


def start_weeks(record: Record, active: float = 0.1) -> dict[str, int | None]:
    """The week in which each department first has so much adoption: the staircase of claim 8.

    Args:
        record: a run's record.
        active: adoption, a share of meant pairs, from which a department is active.

    Returns:
        By department, or None where it never is.
    """
    started = record.adoption[: record.week + 1] >= active
    return {
        name: int(np.argmax(started[:, here])) if started[:, here].any() else None
        for here, name in enumerate(record.departments)
    }


def extension(record: Record) -> np.ndarray:
    """The effective number of departments that practise, the inverse Simpson index (claim 62): float64[1 + week].

    Departments count by the share of their staff's practising, not by size; 0 where nobody practises.
    """
    return _effective(np.nan_to_num(record.adoption[: record.week + 1]))


def breadth(record: Record) -> np.ndarray:
    """The effective number of practices in use, the inverse Simpson index of their adoption (claim 29): float64[1 + week]."""
    return _effective(record.by_practice[: record.week + 1])


def one_strategy(record: Record) -> np.ndarray:
    """Share of departments that do a practice in the commonest of the departments' ways, mean over practices (claim 3).

    Returns:
        float64[1 + week]; 1 / departments at least, 1 where all agree.
    """
    habits = record.habits[: record.week + 1]
    same = (habits[:, :, None, :] == habits[:, None, :, :]).sum(axis=2)
    return same.max(axis=1).mean(axis=1) / habits.shape[1]


def _effective(rates: np.ndarray) -> np.ndarray:
    """How many equal rates would be as spread out as each row of these, float64[rows, of what]; 0 for a row of zeros."""
    total, squares = rates.sum(axis=1), (rates**2).sum(axis=1)
    return np.divide(total**2, squares, out=np.zeros_like(total), where=squares > 0.0)
