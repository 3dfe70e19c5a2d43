"""Who is in touch with whom: symmetric ties with integer strengths, and what they measure.

Reporting lines are no part of it: they live in `Staff.manager`, so that nobody meets a manager twice.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sim.kernels import fetch, kernel
from sim.measures import e_i_expected, e_i_index

AHEAD = 8  # turns ahead in which people are fetched, and half of it those in which their contacts are; it steers speed alone
CROWD = 4  # people whose contacts are fetched together; speed alone, too
FAR = 50_000  # employees above whom most of a column lies far from the core, so that more of it is fetched; speed alone, too
_LINE = 16  # contacts that the machine fetches at once

Edges = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Each tie once: int32[m] rows of both ends, int16[m] strengths."""


class Ties(NamedTuple):
    """The symmetric contact network in compressed rows: no ties to oneself, no pair twice, both directions.

    Rows may end in a number of spare places, the same for everybody, for ties that come and go. They are filled from the
    front, in no order; one that is idle points to the person and weighs 0, which adds nothing to any weighted sum.

    Attributes:
        indptr: int64[n + 1], where each person's contacts begin.
        indices: int32[2 ties], contacts, ascending in each row up to its spare places.
        weights: int16[2 ties], strength of the tie, 1 or more.
    """

    indptr: np.ndarray
    indices: np.ndarray
    weights: np.ndarray

    @property
    def n(self) -> int:
        """Number of people."""
        return len(self.indptr) - 1

    @classmethod
    def from_edges(cls, n: int, source: np.ndarray, target: np.ndarray, weight: np.ndarray) -> Ties:
        """Ties from a list of pairs in any order and direction.

        A pair that is listed more than once is one tie of its greatest weight, so that a list which names
        each tie in both directions means the same as one which names it once. Ties to oneself are left out.

        Args:
            n: number of people.
            source: int[m], row of one end.
            target: int[m], row of the other end.
            weight: int[m], strengths, 1 to 32767.
        """
        ends = np.ascontiguousarray(source, np.int32), np.ascontiguousarray(target, np.int32)
        return cls(*_rows(n, *ends, np.ascontiguousarray(weight, np.int16)))

    @classmethod
    def together(cls, parts: Sequence[Ties]) -> Ties:
        """Networks side by side, without a tie between them."""
        first = np.cumsum([0, *(one.n for one in parts)])
        ends = np.cumsum([0, *(len(one.indices) for one in parts)])
        return cls(
            np.concatenate([[0], *(one.indptr[1:] + end for one, end in zip(parts, ends, strict=False))]),
            np.concatenate([one.indices + row for one, row in zip(parts, first, strict=False)]).astype(
                np.int32
            ),
            np.concatenate([one.weights for one in parts]),
        )

    def strengths(self) -> np.ndarray:
        """How strong everybody's ties are together: int64[n]."""
        return _strengths(self)

    def edges(self) -> Edges:
        """Each tie once."""
        ends = np.repeat(np.arange(self.n, dtype=np.int32), np.diff(self.indptr))
        once = ends < self.indices
        return ends[once], self.indices[once], self.weights[once]

    def with_edges(self, source: np.ndarray, target: np.ndarray, weight: np.ndarray) -> Ties:
        """These ties and more; a pair that is tied already keeps the greater weight. Arguments as in `from_edges`."""
        more = zip(self.edges(), (source, target, weight), strict=True)
        return Ties.from_edges(self.n, *(np.concatenate(pair) for pair in more))

    def with_room(self, room: int, source: np.ndarray, target: np.ndarray, weight: np.ndarray) -> Ties:
        """These ties with `room` spare places in each row, and in them ties between pairs that are not tied yet.

        Args:
            room: spare places a person.
            source: int[m], row of one end of each tie for them, listed once and at most `room` a person.
            target: int[m], row of the other end.
            weight: int[m], strengths.
        """
        return Ties(*_with_room(self, room, source, target, weight)) if room else self

    def in_use(self, room: int) -> np.ndarray:
        """How many of everybody's `room` spare places hold a tie: int64[n]."""
        places = self.indptr[1:, None] - room + np.arange(room)
        return np.count_nonzero(self.weights[places], axis=1)

    def split(self, room: int) -> tuple[Ties, Edges]:
        """The ties without the `room` spare places of each row, and the ties in those."""
        ends = np.repeat(np.arange(self.n, dtype=np.int32), np.diff(self.indptr))
        spare = np.arange(len(ends)) >= self.indptr[1:][ends] - room
        once = spare & (ends < self.indices)
        indptr = self.indptr - room * np.arange(self.n + 1)
        lasting = Ties(indptr, self.indices[~spare], self.weights[~spare])
        return lasting, (ends[once], self.indices[once], self.weights[once])


def describe(ties: Ties, department: np.ndarray) -> dict[str, float]:
    """What a network measures, ties counted once and unweighted except for the strengths; idle places are none.

    Args:
        ties: the network.
        department: int32[n], 0..D-1.

    Returns:
        mean_degree; odds_ratio within over between departments (infinite where no tie crosses, nan where it
        means nothing); transitivity (0 where nobody has two contacts); within_share of ties; e_i, and
        e_i_random that random mixing would give; assortativity by department (Newman 2003; 0 where it means
        nothing); strength_within and strength_between departments, means over ties (0 where there is none).
    """
    ties = Ties.from_edges(ties.n, *ties.edges())
    D = int(department.max()) + 1
    n = ties.n
    sizes = np.bincount(department, minlength=D)
    degree = np.diff(ties.indptr)
    source_department = np.repeat(department, degree)
    same = source_department == department[ties.indices]
    internal = int(np.count_nonzero(same)) // 2
    external = len(same) // 2 - internal
    pairs_in = int(np.sum(sizes * (sizes - 1))) // 2
    pairs_out = n * (n - 1) // 2 - pairs_in
    odds_out = external * (pairs_in - internal)
    odds_in = internal * (pairs_out - external)
    ends = [int(number) for number in np.bincount(source_department, minlength=D)]
    chance = sum(number**2 for number in ends) / max(1, sum(ends)) ** 2
    triples = int(np.sum(degree * (degree - 1)))
    within_share = internal / max(1, internal + external)
    return {
        "mean_degree": len(same) / n,
        "odds_ratio": odds_in / odds_out if odds_out else math.inf if odds_in else math.nan,
        "transitivity": _closed_triples(ties.indptr, ties.indices) / triples if triples else 0.0,
        "within_share": within_share,
        "e_i": e_i_index(external, internal),
        "e_i_random": e_i_expected(sizes),
        "assortativity": (within_share - chance) / (1.0 - chance) if chance < 1.0 else 0.0,
        "strength_within": int(ties.weights[same].sum()) / max(1, 2 * internal),
        "strength_between": int(ties.weights[~same].sum()) / max(1, 2 * external),
    }


@kernel
def _rows(n, source, target, weight):
    """Compressed rows of both directions of a list of pairs; see `Ties`."""
    first = np.zeros(n + 1, np.int64)
    for e in range(len(source)):
        if source[e] != target[e]:
            first[source[e] + 1] += 1
            first[target[e] + 1] += 1
    for i in range(n):
        first[i + 1] += first[i]
    place = first[:-1].copy()
    contact, strength = np.empty(first[n], np.int32), np.empty(first[n], np.int16)
    for e in range(len(source)):
        i, j = source[e], target[e]
        if i != j:
            contact[place[i]], strength[place[i]] = j, weight[e]
            contact[place[j]], strength[place[j]] = i, weight[e]
            place[i] += 1
            place[j] += 1

    # Read in order into the rows of the contacts, each row ascends, with the repeats of a pair side by side.
    place = first[:-1].copy()
    indices, weights = np.empty(first[n], np.int32), np.empty(first[n], np.int16)
    for i in range(n):
        for at in range(first[i], first[i + 1]):
            j = contact[at]
            last = place[j] - 1
            if last >= first[j] and indices[last] == i:
                weights[last] = max(weights[last], strength[at])
            else:
                indices[place[j]], weights[place[j]] = i, strength[at]
                place[j] += 1
    indptr = np.zeros(n + 1, np.int64)
    m = 0
    for i in range(n):
        for at in range(first[i], place[i]):
            indices[m], weights[m] = indices[at], weights[at]
            m += 1
        indptr[i + 1] = m
    return indptr, indices[:m].copy(), weights[:m].copy()


@kernel
def _strengths(ties):
    """See `Ties.strengths`."""
    indptr, weights = ties.indptr, ties.weights
    summed = np.zeros(len(indptr) - 1, np.int64)
    for i in range(len(summed)):
        for at in range(indptr[i], indptr[i + 1]):
            summed[i] += weights[at]
    return summed


@kernel
def _with_room(ties, room, source, target, weight):
    """Compressed rows with spare places; see `Ties.with_room`."""
    n = len(ties.indptr) - 1
    used = np.zeros(n, np.int64)
    indptr = ties.indptr + room * np.arange(n + 1)
    indices, weights = np.empty(indptr[n], np.int32), np.zeros(indptr[n], np.int16)
    for i in range(n):
        spare = indptr[i + 1] - room
        indices[indptr[i] : spare] = ties.indices[ties.indptr[i] : ties.indptr[i + 1]]
        weights[indptr[i] : spare] = ties.weights[ties.indptr[i] : ties.indptr[i + 1]]
        indices[spare : indptr[i + 1]] = i
    for e in range(len(source)):
        i, j = source[e], target[e]
        if not tied(indptr, indices, i, j):
            here, there = indptr[i + 1] - room + used[i], indptr[j + 1] - room + used[j]
            indices[here], weights[here] = j, weight[e]
            indices[there], weights[there] = i, weight[e]
            used[i] += 1
            used[j] += 1
    return indptr, indices, weights


@kernel(inline="always")
def fetch_row(ties, rows, at, end):
    """Bring nearer the contacts of whoever's turn is soon among rows[:end], while rows[at] has it."""
    if at + AHEAD < end:
        fetch(ties[0], rows[at + AHEAD])
        first = ties[0][rows[at + AHEAD // 2]]
        fetch(ties[1], first)
        fetch(ties[1], first + _LINE)
        fetch(ties[2], first)


@kernel
def fetch_contacts(ties, rows, at, end, column):
    """Bring nearer what a column holds of the contacts of the crowd after the one that begins with rows[at].

    That takes those contacts' numbers, which are fetched a crowd earlier, and where they begin, another crowd earlier.
    """
    indptr, indices, weights = ties
    for one in range(at + 3 * CROWD, min(at + 4 * CROWD, end)):
        fetch(indptr, rows[one])
    for one in range(at + 2 * CROWD, min(at + 3 * CROWD, end)):
        first = indptr[rows[one]]
        fetch(indices, first)
        fetch(indices, first + _LINE)
        fetch(weights, first)
    for one in range(at + CROWD, min(at + 2 * CROWD, end)):
        for tie in range(np.uint64(indptr[rows[one]]), np.uint64(indptr[rows[one] + 1])):
            fetch(column, indices[tie])


@kernel
def tied(indptr, indices, i, j):
    """Whether two people are tied."""
    found = False
    for at in range(indptr[i], indptr[i + 1]):
        found |= indices[at] == j
    return found


@kernel
def _closed_triples(indptr, indices):
    """Ordered pairs of contacts of anybody who are in contact themselves: six for each triangle."""
    triangles = 0
    for i in range(len(indptr) - 1):
        for at in range(indptr[i], indptr[i + 1]):
            j = indices[at]
            if j > i:
                a, b = at + 1, indptr[j]
                while a < indptr[i + 1] and b < indptr[j + 1]:
                    if indices[a] == indices[b]:
                        triangles += 1
                        a, b = a + 1, b + 1
                    elif indices[a] < indices[b]:
                        a += 1
                    else:
                        b += 1
    return 6 * triangles
