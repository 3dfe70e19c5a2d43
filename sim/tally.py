"""Integer counts of who practises what, kept up to date from those who changed.

Sums of integers do not depend on the order in which changes come, so incremental and full sums agree to the bit.
"""

from __future__ import annotations

import numpy as np

from sim.kernels import kernel
from sim.tables import ROUTINE, TRYING


class Changes:
    """Moves decided in a week but not yet made: people decide on last week's people."""

    def __init__(self, cells: int) -> None:
        self.count = 0
        self.cell = np.empty(cells, np.int64)
        self.rung = np.empty(cells, np.int8)
        self.way = np.empty(cells, np.int16)


@kernel
def settle(
    count, cell, new_rung, new_way, week, rung, since, practising, way, department, manager, influence, breadth,
    peers, followers, activity, practised, routine, tally, indptr, indices, weights,
):  # fmt: skip
    """Make `count` moves, each of one cell (person x practice), and bring every count that depends on it up to date."""
    practices = rung.shape[1]
    for c in range(count):
        i, k = cell[c] // practices, cell[c] % practices
        d = department[i]
        old, new = rung[i, k], new_rung[c]
        was, now = practising[i, k], new == TRYING or new == ROUTINE
        if was:
            tally[d, k, way[i, k]] -= 1
        if now:
            tally[d, k, new_way[c]] += 1
        way[i, k] = new_way[c]
        if old == new:
            continue
        rung[i, k] = new
        since[i, k] = week
        routine[d, k] += (new == ROUTINE) - (old == ROUTINE)
        step = int(now) - int(was)
        if step == 0:
            continue
        practising[i, k] = now
        practised[d, k] += step
        activity[d] -= breadth[i] > 0
        breadth[i] += step
        activity[d] += breadth[i] > 0
        if manager[i] >= 0:
            followers[manager[i], k] += step
        for edge in range(indptr[i], indptr[i + 1]):
            peers[indices[edge], k] += step * weights[edge] * influence[i]
