"""Who is in touch with whom: symmetric ties with integer strengths, generated to measure or read from files.

Reporting lines are no part of it: they live in `Staff.manager`, so that nobody meets a manager twice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from sim.luck import Luck, mix, unit, word
from sim.measures import e_i_expected, e_i_index
from sim.parameters import Section, parameter
from sim.staff import HEAD, Staff

FIELD = "median of Krackhardt, Lazega, InVS15, email-Eu-core and other networks with known departments"
BRIDGING_FUNCTION = "marketing"

_CLOSURE = 0.9  # chance of a tie inside a closed group that the group's size aims at; assumed
_HOMELY = 0.5  # how likely a stray tie is to stay in its department, against one of a group; assumed
_DENSEST = 0.9  # share of all pairs that a small organisation's mean degree may fill; assumed
_SURE = 0.95  # greatest chance of a stray tie; assumed
_HALVINGS = 30  # of an interval in which a number is sought

_JUMP, _ONE, _S33 = np.uint64(2862933555777941757), np.uint64(1), np.uint64(33)
_STEP = np.uint64(0x9E3779B97F4A7C15)


class Network(Section):
    """How the ties of an organisation are generated; the first four are met as measured values."""

    mean_degree: float = parameter(
        12.0, "Mean number of contacts a person has.", unit="people", source=FIELD, ge=1.0, le=100.0
    )
    odds_ratio: float = parameter(
        6.0,
        "Odds of a tie between two people of one department over those between two departments.",
        unit="ratio",
        source=FIELD,
        ge=1.0,
        le=50.0,
    )
    transitivity: float = parameter(
        0.45,
        "Share of the pairs with a contact in common who are in contact.",
        unit="share",
        source="range .3-.7 in the same networks; the middle is assumed",
        ge=0.0,
        le=0.8,
    )
    bridging: float = parameter(
        2.0,
        "Contacts in other departments of heads, top executive and marketing, as a multiple of everybody else's.",
        unit="ratio",
        source="direction: Kleinbaum, Stuart & Tushman 2013, Organization Science 24(5); size assumed",
        ge=1.0,
        le=5.0,
    )
    weight_team: int = parameter(
        4, "Strength of a tie inside a closed group and a department.", unit="strength", ge=1, le=100
    )
    weight_department: int = parameter(
        2, "Strength of any other tie inside a department.", unit="strength", ge=1, le=100
    )
    weight_cross: int = parameter(1, "Strength of a tie between departments.", unit="strength", ge=1, le=100)


@dataclass(frozen=True)
class Ties:
    """The symmetric contact network in compressed rows: no tie to oneself, no pair twice, both directions stored.

    Attributes:
        indptr: int64[n + 1], where each person's contacts begin.
        indices: int32[2 ties], contacts, ascending in each row.
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
            source: int32[m], row of one end.
            target: int32[m], row of the other end.
            weight: int16[m], strengths.
        """
        return cls(*_rows(n, source, target, weight))


def generate(network: Network, staff: Staff, luck: Luck) -> Ties:
    """Ties with the asked mean degree, odds ratio and transitivity, in expectation.

    Each person sits in one closed group of neighbours by number, or with the chance `away` as a guest in a group
    of another department. Group mates are tied with a chance that brings everybody the same number of closed
    ties; stray ties, each pair's own chance, fill up to the mean degree and set the odds ratio. Transitivity is
    about the tie chance in groups times the squared share of ties in them, hence free of the odds ratio. The
    numbers are solved on the expected values of the groups as seated, never by generating again.

    Every draw is keyed by a person, or a pair, so one more employee moves few other ties.
    """
    start = staff.start
    sizes = np.diff(start)
    inside, outside = _tie_ends(network, sizes)
    mates_aimed, closed = _group(network)
    share = inside / (inside + outside) if inside else 0.0
    kept = min(1.0, share * (1.0 + _HOMELY * (network.mean_degree / closed - 1.0))) if closed else 1.0
    away = _away(sizes, mates_aimed + 1, kept)
    group, members, first = _seat(start, staff.key, luck.stream("network.team"), mates_aimed + 1, away)
    mates, own = _mates(group, staff.department, members, first)
    marketing = np.array([function.casefold() == BRIDGING_FUNCTION for function in staff.functions])
    bridger = ((staff.level >= HEAD) | marketing[staff.department]).astype(np.uint8)
    chance, near, activity = _solve(
        start, staff.department, mates, own, bridger, inside, outside, network.transitivity, network.bridging
    )
    streams = luck.stream("network.closed"), luck.stream("network.near"), luck.stream("network.far")
    weights = network.weight_team, network.weight_department, network.weight_cross
    edges = _draw(
        start,
        staff.department,
        staff.key,
        group,
        members,
        first,
        bridger,
        chance,
        near,
        activity,
        streams,
        weights,
    )
    return Ties(*_rows(staff.n, *edges))


def describe(ties: Ties, department: np.ndarray) -> dict[str, float]:
    """What a network measures, ties counted once and unweighted except for the strengths.

    Args:
        ties: the network.
        department: int32[n], 0..D-1.

    Returns:
        mean_degree; odds_ratio within / between departments (infinite where no tie crosses); transitivity (0
        where nobody has two contacts); within_share of ties; e_i and e_i_random, what random mixing would give;
        assortativity by department (Newman 2003; 0 where undefined); mean strength within and between
        departments (0 where there is no such tie).
    """
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
        "odds_ratio": odds_in / odds_out if odds_out else math.inf,
        "transitivity": _closed_triples(ties.indptr, ties.indices) / triples if triples else 0.0,
        "within_share": within_share,
        "e_i": e_i_index(external, internal),
        "e_i_random": e_i_expected(sizes),
        "assortativity": (within_share - chance) / (1.0 - chance) if chance < 1.0 else 0.0,
        "strength_within": int(ties.weights[same].sum()) / max(1, 2 * internal),
        "strength_between": int(ties.weights[~same].sum()) / max(1, 2 * external),
    }


def _tie_ends(network: Network, sizes: np.ndarray) -> tuple[float, float]:
    """Expected tie ends inside and between departments that give the mean degree and the odds ratio."""
    people = int(sizes.sum())
    inner = int(np.sum(sizes * (sizes - 1)))
    outer = people * (people - 1) - inner
    ends = people * min(network.mean_degree, _DENSEST * (people - 1))
    omega = network.odds_ratio
    b = outer - ends + omega * (ends + inner)
    root = math.sqrt(max(0.0, b * b + 4.0 * (1.0 - omega) * omega * ends * inner))
    inside = 2.0 * omega * ends * inner / (b + root) if inner else 0.0
    return inside, ends - inside


def _group(network: Network) -> tuple[int, float]:
    """Mates in a closed group, and closed ties a person, that give the transitivity if all else is random."""
    degree = network.mean_degree
    mates = 1
    while True:
        closed = _CLOSURE * mates
        paths = degree * degree - closed * closed / mates
        if closed >= degree or _CLOSURE**3 * mates * (mates - 1) >= network.transitivity * paths:
            return mates, min(closed, degree)
        mates += 1


@njit(cache=True)
def _away(sizes, seats, kept):
    """The share of people who sit as guests elsewhere, so that `kept` of the closed ties stay in a department.

    It takes every group of a department as of the same size, and all groups as bringing the same ties a person.
    """
    people = sizes.sum()
    likeness = (sizes / people * (sizes / people)).sum()  # chance that two guests share a department
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        away = 0.5 * (low + high)
        rooms = 0.0
        for size in sizes:
            rooms += _room(size, seats, away)
        inside = 0.0
        for size in sizes:
            groups = _groups(size, seats)
            homes = size / groups
            guests = people * away * _room(size, seats, away) / rooms / groups
            home_pairs = homes * (homes - 1.0) * (1.0 - away) ** 2
            pairs = home_pairs + 2.0 * homes * (1.0 - away) * guests + guests * guests
            sitting = groups * (homes * (1.0 - away) + guests)
            inside += sitting * (home_pairs + guests * guests * likeness) / pairs
        if inside > kept * people:
            low = away
        else:
            high = away
    return away


@njit(cache=True, inline="always")
def _groups(size, seats):
    """Closed groups of a department: as many as fill, a last one of half a group's seats or more included."""
    return max(1, (2 * size + seats) // (2 * seats))


@njit(cache=True, inline="always")
def _room(size, seats, away):
    """Guests that a department takes, as a weight: as many as leave, and more if it cannot fill one group."""
    return away * size + max(0, seats - size)


@njit(cache=True)
def _choose(bits, n):
    """One of 0..n-1 such that a greater n changes the choice for a share 1/n alone.

    Source:
        Lamping & Veach 2014, "A fast, minimal memory, consistent hash algorithm", arXiv:1406.2294.
    """
    chosen, following = 0, 0
    while following < n:
        chosen = following
        bits = bits * _JUMP + _ONE
        following = int((chosen + 1) * (2147483648.0 / np.float64((bits >> _S33) + _ONE)))
    return chosen


@njit(cache=True)
def _seat(start, key, stream, seats, away):
    """Seat everybody in a closed group: at home among neighbours by number, or as a guest elsewhere.

    Returns:
        int32[n] group of each person; int32[n] people in the order of groups; int64[groups + 1] where in that
        order each group begins.
    """
    D, n = len(start) - 1, len(key)
    base = np.zeros(D + 1, np.int64)
    rooms = np.zeros(D + 1)
    for d in range(D):
        size = start[d + 1] - start[d]
        base[d + 1] = base[d] + _groups(size, seats)
        rooms[d + 1] = rooms[d] + _room(size, seats, away)
    group = np.empty(n, np.int32)
    first = np.zeros(base[D] + 1, np.int64)
    for d in range(D):
        elsewhere = rooms[D] - (rooms[d + 1] - rooms[d])
        for i in range(start[d], start[d + 1]):
            bits = word(stream, key[i])
            if D > 1 and unit(bits) < away:
                bits = mix(bits)
                spot = unit(bits) * elsewhere
                if spot >= rooms[d]:
                    spot += rooms[d + 1] - rooms[d]
                host = min(D, np.searchsorted(rooms, spot, side="right")) - 1
                group[i] = base[host] + _choose(mix(bits), base[host + 1] - base[host])
            else:
                group[i] = min(base[d] + (i - start[d]) // seats, base[d + 1] - 1)
            first[group[i] + 1] += 1
    for g in range(base[D]):
        first[g + 1] += first[g]
    place = first[:-1].copy()
    members = np.empty(n, np.int32)
    for i in range(n):
        members[place[group[i]]] = i
        place[group[i]] += 1
    return group, members, first


@njit(cache=True)
def _mates(group, department, members, first):
    """How many others sit in each person's group, and how many of them are of his department: int32[n] each."""
    n = len(group)
    mates, own = np.empty(n, np.int32), np.zeros(n, np.int32)
    for i in range(n):
        g = group[i]
        mates[i] = first[g + 1] - first[g] - 1
        for at in range(first[g], first[g + 1]):
            own[i] += department[members[at]] == department[i]
        own[i] -= 1
    return mates, own


@njit(cache=True)
def _solve(start, department, mates, own, bridger, inside, outside, transitivity, bridging):
    """The chance of a tie in a group and the rates of stray ties that give the asked measures in expectation.

    Args:
        start: int64[D + 1], first row of each department.
        department: int32[n].
        mates: int32[n], group mates.
        own: int32[n], group mates of one's department.
        bridger: uint8[n], 1 who bridges more.
        inside: tie ends asked for in departments.
        outside: tie ends asked for between departments.
        transitivity: share asked for.
        bridging: ratio asked for.

    Returns:
        Chance of a tie between two mates; rate of a stray tie between two others of a department; activity between
        departments of others and of bridgers, the rate of a pair being the product of its two.
    """
    n, D = len(mates), len(start) - 1
    size = np.diff(start)
    people, free = np.zeros((2, D)), np.zeros((2, D))  # the second: share of other departments who are no mates
    guests, strangers = np.zeros(2), np.zeros(2)  # mates from other departments, and all of those departments
    near_pairs = 0.0
    for i in range(n):
        d, kind = department[i], bridger[i]
        people[kind, d] += 1.0
        guests[kind] += mates[i] - own[i]
        strangers[kind] += n - size[d]
        near_pairs += size[d] - 1 - own[i]
        free[kind, d] += _free(n - size[d], mates[i] - own[i])
    activity, reach = np.zeros(2), np.zeros((2, D))
    chance = near = scale = far = 0.0
    low, high = 0.0, min(1.0, (inside + outside) / max(1.0, float(mates.sum())))
    for _ in range(_HALVINGS):
        chance = 0.5 * (low + high)

        # What groups do not give is left to stray ties, first of all to those who are to bridge more.
        near = min(_SURE, max(0.0, inside - chance * own.sum()) / max(1.0, near_pairs))
        left = max(0.0, outside - chance * guests.sum())
        lead = chance * (bridging * guests[0] / max(1.0, strangers[0]) - guests[1] / max(1.0, strangers[1]))
        activity[0] = max(0.0, (left - strangers[1] * lead) / max(1.0, strangers[0] + bridging * strangers[1]))
        activity[0] = min(activity[0], left / max(1.0, strangers[0]))
        activity[1] = (left - strangers[0] * activity[0]) / max(1.0, strangers[1])
        total = (activity[0] * people[0] + activity[1] * people[1]).sum()
        ends = pairs = 0.0
        for d in range(D):
            elsewhere = total - activity[0] * people[0, d] - activity[1] * people[1, d]
            for kind in range(2):
                reach[kind, d] = activity[kind] * elsewhere
                ends += reach[kind, d] * free[kind, d]
                pairs += free[kind, d] * (n - size[d])
        scale = left / ends if ends > 0.0 else 0.0
        far = min(_SURE, left / max(1.0, pairs))

        # Ordered pairs of contacts, and those who are tied: all in a group, one tie in a group, or none.
        paths = triangles = 0.0
        for i in range(n):
            d = department[i]
            elsewhere = mates[i] - own[i]
            stray = near * (size[d] - 1 - own[i])
            stray += scale * reach[bridger[i], d] * _free(n - size[d], elsewhere)
            paths += chance * mates[i] * (chance * (mates[i] - 1) + 2.0 * stray) + stray * stray
            two_near, mixed, two_far = near * near * size[d], near * far * size[d], far * far * n
            triangles += chance**3 * mates[i] * (mates[i] - 1)
            triangles += 3.0 * chance * (own[i] * (two_near + two_far) + elsewhere * (2.0 * mixed + two_far))
            triangles += near * two_near * size[d] + 3.0 * mixed * far * n + far * two_far * n
        if triangles < transitivity * paths:
            low = chance
        else:
            high = chance
    if far > 0.0:
        scale *= -math.log(1.0 - far) / far
    return chance, -math.log(1.0 - near), activity * math.sqrt(scale)


@njit(cache=True, inline="always")
def _free(strangers, guests):
    """Share of the people of other departments who are no group mates."""
    return 1.0 - guests / strangers if strangers else 0.0


@njit(cache=True)
def _count(u, mean):
    """The Poisson count of a mean at the quantile u."""
    chance = math.exp(-mean)
    below, count = chance, 0
    while u >= below and chance > 0.0:
        count += 1
        chance *= mean / count
        below += chance
    return count


@njit(cache=True)
def _draw(start, department, key, group, members, first, bridger, chance, near, activity, streams, weights):
    """The ties that luck gives: source, target and weight of each, some stray ones more than once.

    Everybody proposes a Poisson number of stray ties, at half the rate of each pair, to people whom luck picks; so
    each pair is tied with its own chance, in time proportional to the ties.
    """
    n, D = len(key), len(start) - 1
    in_group, near_by, far_by = streams
    team, same, cross = weights

    # People by department and, in it, by bridging: two cells a department, alike in activity.
    cell_start = np.zeros(2 * D + 1, np.int64)
    for i in range(n):
        cell_start[2 * department[i] + bridger[i] + 1] += 1
    liveliness = np.zeros(2 * D + 1)  # activity of the cells before
    for c in range(2 * D):
        liveliness[c + 1] = liveliness[c] + cell_start[c + 1] * activity[c % 2]
        cell_start[c + 1] += cell_start[c]
    place = cell_start[:-1].copy()
    cells = np.empty(n, np.int32)
    for i in range(n):
        c = 2 * department[i] + bridger[i]
        cells[place[c]] = i
        place[c] += 1

    near_count, far_count = np.empty(n, np.int32), np.empty(n, np.int32)
    most = 0
    for i in range(n):
        d = department[i]
        elsewhere = liveliness[2 * D] - (liveliness[2 * d + 2] - liveliness[2 * d])
        near_count[i] = _count(unit(word(near_by, key[i])), 0.5 * near * (start[d + 1] - start[d]))
        far_count[i] = _count(unit(word(far_by, key[i])), 0.5 * activity[bridger[i]] * elsewhere)
        most += near_count[i] + far_count[i]
    for g in range(len(first) - 1):
        most += (first[g + 1] - first[g]) * (first[g + 1] - first[g] - 1) // 2

    source, target = np.empty(most, np.int32), np.empty(most, np.int32)
    weight = np.empty(most, np.int16)
    m = 0
    for g in range(len(first) - 1):
        for a in range(first[g], first[g + 1]):
            i = members[a]
            for b in range(a + 1, first[g + 1]):
                j = members[b]
                if unit(word(in_group, key[i] + key[j])) < chance:
                    source[m], target[m] = i, j
                    weight[m] = team if department[i] == department[j] else cross
                    m += 1
    for i in range(n):
        d = department[i]
        bits = word(near_by, key[i])
        for _ in range(near_count[i]):
            bits = mix(bits + _STEP)
            j = start[d] + _choose(bits, start[d + 1] - start[d])
            if group[j] != group[i]:
                source[m], target[m], weight[m] = i, j, same
                m += 1
        bits = word(far_by, key[i])
        width = liveliness[2 * d + 2] - liveliness[2 * d]
        for _ in range(far_count[i]):
            bits = mix(bits + _STEP)
            spot = unit(bits) * (liveliness[2 * D] - width)
            if spot >= liveliness[2 * d]:
                spot += width
            c = min(2 * D, np.searchsorted(liveliness, spot, side="right")) - 1
            bits = mix(bits + _STEP)
            j = cells[cell_start[c] + _choose(bits, cell_start[c + 1] - cell_start[c])]
            if group[j] != group[i] and department[j] != d:
                source[m], target[m], weight[m] = i, j, cross
                m += 1
    return source[:m], target[:m], weight[:m]


@njit(cache=True)
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

    # Read row by row into the rows of the contacts, each row comes out ascending, a pair's repeats side by side.
    place[:] = first[:-1]
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


@njit(cache=True)
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
