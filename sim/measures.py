"""Measures of fragmentation and convergence: how far departments differ in whether and how they practise.

Each measure has one implementation, a kernel on a table of departments by states, which the weekly record and
users' own tables share.
"""

from __future__ import annotations

import math

import numpy as np

from sim.kernels import kernel

MEASURES = ("A", "A_min", "C", "V", "ICC", "gap", "JSD")

# A table is `counts`, int64[departments, 1 + ways] in people: column 0 does not practise, column 1 + w does
# so in way w. Departments without people and states that nobody is in do not occur: they change no measure.


@kernel
def summed(values, first, end):
    """The sum of values[first:end], float64, in four strands: one alone waits at each number for the sum so far."""
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    fours = first + (end - first) // 4 * 4
    for at in range(first, fours, 4):
        a += values[at]
        b += values[at + 1]
        c += values[at + 2]
        d += values[at + 3]
    for at in range(fours, end):
        a += values[at]
    return (a + b) + (c + d)


@kernel
def cramers_v(counts: np.ndarray) -> float:
    """Bias-corrected Cramér's V of department and state, in 0..1: sees level silos and way silos alike.

    The correction takes off what chance alone gives: with departments and states paired at random,
    chi-square / N is (D - 1)(K - 1) / (N - 1) in the mean.

    Stray ways dilute a level silo: nine in ten practising in 6 of 12 departments and hardly any in the others
    gives .86 with one way, and .41 with each of 13 ways held by one in a thousand. `separation` is free of that.

    Args:
        counts: int64[departments, 1 + ways], people.

    Returns:
        V; 0 with fewer than two departments or states, or where each department (or state) is one person.

    Source:
        Bergsma (2013), Journal of the Korean Statistical Society 42(3).
    """
    D, S = counts.shape
    column = np.zeros(S, np.int64)
    for d in range(D):
        for s in range(S):
            column[s] += counts[d, s]
    people = states = 0
    for s in range(S):
        people += column[s]
        states += column[s] > 0
    departments = 0
    cells = 0.0  # chi-square / N + 1
    for d in range(D):
        row = 0
        weighted = 0.0
        for s in range(S):
            if counts[d, s] > 0:
                row += counts[d, s]
                weighted += counts[d, s] * counts[d, s] / column[s]
        if row > 0:
            departments += 1
            cells += weighted / row
    others, x, y = people - 1, departments - 1, states - 1
    most = min(x * (others - x), y * (others - y))  # the corrected table's size less one, times `others`
    if most <= 0:
        return 0.0
    association = (cells - 1.0) * others - x * y
    return math.sqrt(min(1.0, max(0.0, association / most)))


_FEW = np.array(
    [n * math.log(n) if n else 0.0 for n in range(1024)]
)  # at hand, as logarithms are most of a week's measures


@kernel
def _n_log_n(n):
    return _FEW[n] if n < len(_FEW) else n * math.log(n)


@kernel
def jsd(counts: np.ndarray) -> float:
    """Jensen-Shannon divergence of the departments: mutual information of department and state, in nats.

    Its first-order bias, (D - 1)(K - 1) / 2N, is subtracted; what falls below 0 then is chance and counts as
    0, since information is never negative.

    Args:
        counts: int64[departments, 1 + ways], people.

    Returns:
        Nats, from 0 to the logarithm of the smaller of departments and states; 0 for an empty table.

    Source:
        Lin (1991), IEEE Transactions on Information Theory 37(1); the bias from Miller (1955).
    """
    D, S = counts.shape
    people = departments = states = 0
    total = 0.0
    for d in range(D):
        row = 0
        for s in range(S):
            row += counts[d, s]
            total += _n_log_n(counts[d, s])
        total -= _n_log_n(row)
        departments += row > 0
        people += row
    for s in range(S):
        column = 0
        for d in range(D):
            column += counts[d, s]
        total -= _n_log_n(column)
        states += column > 0
    if people == 0:
        return 0.0
    bias = 0.5 * (departments - 1) * (states - 1)
    return max(0.0, (total + _n_log_n(people) - bias) / people)


@kernel
def icc(counts: np.ndarray) -> float:
    """ICC(1) of practising or not: the share of its variance that lies between departments.

    Sees level silos only: departments that all practise, each in its own way, are alike to it.

    Args:
        counts: int64[departments, 1 + ways], people.

    Returns:
        At most 1, and a little below 0 where departments are more alike than chance would have them; 0 with
        fewer than two departments, where nobody or everybody practises, or where nobody has a colleague.

    Source:
        Analysis of variance with unequal groups; Shrout & Fleiss (1979), Psychological Bulletin 86(2).
    """
    D, S = counts.shape
    departments = people = practising = 0
    squares = 0
    within = between = 0.0
    for d in range(D):
        active = 0
        for s in range(1, S):
            active += counts[d, s]
        row = active + counts[d, 0]
        if row > 0:
            departments += 1
            people += row
            practising += active
            squares += row * row
            within += active * (row - active) / row
            between += active * active / row
    if departments < 2 or people == departments or practising == 0 or practising == people:
        return 0.0
    between = (between - practising * practising / people) / (departments - 1)
    within /= people - departments
    usual = (people - squares / people) / (departments - 1)
    return (between - within) / (between + (usual - 1.0) * within)


@kernel
def gap(counts: np.ndarray) -> float:
    """Fragmentation gap: how many more follow their department's commonest way than follow the commonest.

    A share of all staff in 0..1 that sees way silos only; 0 for an empty table.

    Args:
        counts: int64[departments, 1 + ways], people.
    """
    D, S = counts.shape
    people = own = 0
    for d in range(D):
        people += counts[d, 0]
        commonest = 0
        for s in range(1, S):
            people += counts[d, s]
            commonest = max(commonest, counts[d, s])
        own += commonest
    return (own - _commonest_way(counts)) / people if people > 0 else 0.0


@kernel
def dominant_share(counts: np.ndarray) -> float:
    """C: the share of all staff, practising or not, who practise in the commonest way; 0 for an empty table.

    Args:
        counts: int64[departments, 1 + ways], people.
    """
    people = counts.sum()
    return _commonest_way(counts) / people if people > 0 else 0.0


@kernel
def _commonest_way(counts):
    D, S = counts.shape
    commonest = 0
    for s in range(1, S):
        column = 0
        for d in range(D):
            column += counts[d, s]
        commonest = max(commonest, column)
    return commonest


@kernel
def theil_h(counts: np.ndarray) -> float:
    """Theil's H of practising or not: the share of its entropy that departments explain, in 0..1.

    Kept beside the ICC because field tables are published in it. Not corrected for chance.

    Args:
        counts: int64[departments, 1 + ways], people.

    Returns:
        H; 0 where nobody or everybody practises.

    Source:
        Reardon & Firebaugh (2002), Sociological Methodology 32.
    """
    D, S = counts.shape
    people = practising = 0
    inside = 0.0  # entropy in nats, times people
    for d in range(D):
        active = 0
        for s in range(1, S):
            active += counts[d, s]
        row = active + counts[d, 0]
        people += row
        practising += active
        inside += _n_log_n(row) - _n_log_n(active) - _n_log_n(row - active)
    if practising == 0 or practising == people:
        return 0.0
    overall = _n_log_n(people) - _n_log_n(practising) - _n_log_n(people - practising)
    return min(1.0, max(0.0, 1.0 - inside / overall))


@kernel
def separation(counts: np.ndarray) -> float:
    """How far departments stand apart: Cramér's V of their states, or of practising or not, whichever is more.

    A way that one person holds widens the table and thins the V of a level silo in it (from .86 to .54, say); the
    V of practising or not is free of that.

    Args:
        counts: int64[departments, 1 + ways], people.
    """
    level = np.zeros((counts.shape[0], 2), np.int64)
    for d in range(counts.shape[0]):
        level[d, 0] = counts[d, 0]
        for s in range(1, counts.shape[1]):
            level[d, 1] += counts[d, s]
    return max(cramers_v(counts), cramers_v(level))


@kernel
def organisation_measures(
    tally: np.ndarray,
    size: np.ndarray,
    meant: np.ndarray,
    out: np.ndarray,
    by_practice: np.ndarray,
    by_department: np.ndarray,
) -> None:
    """All `MEASURES` of one week, over the staff of the departments that each practice is meant for.

    A is the practising share of meant pairs of person and practice, A_min that of the department where it is
    lowest. C, the commonest way's share of the staff that a practice is meant for, is pooled over practices like
    A, so C / A is the share of practitioners in the commonest way. V (`separation`), ICC, gap and JSD are means
    over practices, weighted by practitioners. A department that a practice is not meant for is no part of its
    table, so specialisation does not read as a silo.

    Args:
        tally: int32[departments, practices, ways], people practising.
        size: int64[departments], staff.
        meant: bool[departments, practices], the practice is meant for the department.
        out: float64[7 or more], receives the measures in the order of `MEASURES`; all 0 if nobody practises.
        by_practice: float64[practices], receives each practice's own A; 0 for one that is meant for nobody.
        by_department: float64[departments], receives each department's own A; nan where nothing is meant for it.
    """
    D, K, W = tally.shape
    table = np.zeros((D, 1 + W), np.int64)
    pairs = np.zeros(D, np.int64)
    active = np.zeros(D, np.int64)
    out[:7] = 0.0
    for k in range(K):
        people = practising = 0
        for d in range(D):
            table[d, :] = 0
            if meant[d, k]:
                here = 0
                for w in range(W):
                    table[d, 1 + w] = tally[d, k, w]
                    here += tally[d, k, w]
                table[d, 0] = size[d] - here
                people += size[d]
                practising += here
                pairs[d] += size[d]
                active[d] += here
        by_practice[k] = practising / people if people > 0 else 0.0
        if practising > 0:
            out[2] += people * dominant_share(table)
            out[3] += practising * separation(table)
            out[4] += practising * icc(table)
            out[5] += practising * gap(table)
            out[6] += practising * jsd(table)
    for d in range(D):
        by_department[d] = active[d] / pairs[d] if pairs[d] > 0 else np.nan
    practitioners = active.sum()
    if practitioners > 0:
        out[0] = practitioners / pairs.sum()
        out[1] = 1.0
        for d in range(D):
            if pairs[d] > 0:
                out[1] = min(out[1], by_department[d])
        out[2] /= pairs.sum()
        out[3:7] /= practitioners


def e_i_index(external: float, internal: float) -> float:
    """E-I index of ties, from -1 (all inside departments) to 1 (all between them); 0 without ties.

    Args:
        external: ties (or their summed weight) between departments.
        internal: ties inside departments.

    Source:
        Krackhardt & Stern (1988), Social Psychology Quarterly 51(2).
    """
    ties = external + internal
    return (external - internal) / ties if ties else 0.0


def e_i_expected(sizes: np.ndarray) -> float:
    """The E-I index that random mixing gives: it depends on sizes alone, so it is reported beside the index.

    Args:
        sizes: int[departments], people; fewer than two people have no ties, and 0.
    """
    people = int(np.sum(sizes))
    if people < 2:
        return 0.0
    return 1.0 - 2.0 * sum(int(n) * (int(n) - 1) for n in sizes) / (people * (people - 1))
