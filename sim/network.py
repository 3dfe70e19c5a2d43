"""Ties generated to measure: mean degree, odds ratio, transitivity and bridging are asked for and met.

Closed groups of neighbours by number, with guests from elsewhere, bring transitivity; stray ties do the rest.
"""

from __future__ import annotations

import math

import numpy as np

from sim.kernels import kernel
from sim.luck import Luck, mix, unit, word
from sim.parameters import Section, parameter
from sim.staff import HEAD, Staff
from sim.ties import Ties, describe

__all__ = ["Network", "Ties", "describe", "generate"]

FIELD = "median of fourteen networks with known departments (Krackhardt, Lazega, InVS15, email-Eu-core, ...)"
BRIDGING_FUNCTION = "marketing"

_CLOSURE = 0.9  # chance of a tie between group mates that the size of groups aims at; assumed
_HOMELY = 0.5  # how likely a stray tie is to stay in its department, against a group's; assumed
_DENSEST = 0.9  # share of all pairs that the mean degree may fill in a small organisation; assumed
_SURE = 0.95  # greatest chance of a stray tie; assumed
_LIVELIEST = 3  # power of `bridging` that the stray ties of bridgers may reach; assumed
_HALVINGS = 30  # of an interval in which a number is sought
_ROUNDS = 5  # of a fixed point in each halving

_JUMP, _ONE, _S33 = np.uint64(2862933555777941757), np.uint64(1), np.uint64(33)
_STEP = np.uint64(0x9E3779B97F4A7C15)


class Network(Section):
    """How the ties of an organisation are generated; the first four are met as measured values."""

    mean_degree: float = parameter(
        12.0, "mean number of contacts", unit="people", source=f"{FIELD}: 13.7", ge=1.0, le=100.0
    )
    odds_ratio: float = parameter(
        6.0,
        "odds of a tie in a department over those between departments",
        unit="ratio",
        source=f"{FIELD}: 5.5",
        ge=1.0,
        le=50.0,
    )
    transitivity: float = parameter(
        0.45, "share of a person's pairs of contacts who are in contact too", unit="share", ge=0.0, le=0.8
    )
    bridging: float = parameter(
        2.0,
        "chance of heads, top executive and marketing to be tied to other departments, over everybody else's",
        unit="ratio",
        source="sign: Kleinbaum, Stuart & Tushman 2013, Organization Science 24(5); size assumed",
        ge=1.0,
        le=5.0,
    )
    weight_team: int = parameter(
        4, "strength of a tie in a closed group and a department", unit="weight", ge=1, le=100
    )
    weight_department: int = parameter(
        2, "strength of any other tie in a department", unit="weight", ge=1, le=100
    )
    weight_cross: int = parameter(1, "strength of a tie between departments", unit="weight", ge=1, le=100)


def generate(network: Network, staff: Staff, luck: Luck) -> Ties:
    """Ties that have the asked mean degree, odds ratio, transitivity and bridging in expectation.

    Everybody sits in one closed group: at home among neighbours by number, or, by chance, as a guest in a
    group of another department. Mates are tied with one chance, and other pairs by stray ties, with one
    chance in a department and one between departments, greater for those who bridge. Transitivity is about
    the chance of mates times the squared share of ties in groups, whatever the odds ratio, which guests and
    stray ties set. All chances are solved on expected values given who sits where, never by generating again.

    Every draw is keyed by a person or a pair, so one more employee moves few other ties. Where groups leave
    too few stray ties between departments (transitivity near .7), bridgers bridge less than asked for.
    """
    start = staff.start
    sizes = np.diff(start)
    inside, outside = _tie_ends(network, sizes)
    seats, closed = _group(network)
    share = inside / (inside + outside) if inside else 0.0
    kept = min(1.0, share * (1.0 + _HOMELY * (network.mean_degree / closed - 1.0)))
    away = _away(sizes, seats, kept)
    group, members, first = _seat(start, staff.key, luck.stream("network.team"), seats, away)
    mates, own = _mates(group, staff.department, members, first)
    marketing = np.array([function.casefold() == BRIDGING_FUNCTION for function in staff.functions])
    bridger = ((staff.level >= HEAD) | marketing[staff.department]).astype(np.uint8)
    alike = _alike(staff.department, bridger, mates, own)
    chances = _solve(sizes, alike, inside, outside, network.transitivity, network.bridging)
    streams = luck.stream("network.closed"), luck.stream("network.near"), luck.stream("network.far")
    weights = network.weight_team, network.weight_department, network.weight_cross
    edges = _draw(
        start, staff.department, staff.key, bridger, group, members, first, chances, streams, weights
    )
    return Ties.from_edges(staff.n, *edges)


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
    """Seats of a closed group, and closed ties a person, that give the transitivity if all else is random."""
    degree = network.mean_degree
    mates = 1
    while True:
        closed = _CLOSURE * mates
        paths = degree * degree - closed * closed / mates
        if closed >= degree or _CLOSURE**3 * mates * (mates - 1) >= network.transitivity * paths:
            return mates + 1, min(closed, degree)
        mates += 1


@kernel
def _away(sizes, seats, kept):
    """The share of people who sit as guests elsewhere when `kept` of the closed ties stay in departments.

    It takes the groups of a department as alike.
    """
    people, likeness = 0, 0.0  # the second: chance that two guests share a department
    for size in sizes:
        people += size
    for size in sizes:
        likeness += (size / people) ** 2
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        away = 0.5 * (low + high)
        rooms = 0.0
        for size in sizes:
            rooms += _room(size, seats, away)
        inside = pairs = 0.0
        for size in sizes:
            groups = _groups(size, seats)
            stay = size / groups * (1.0 - away)
            guests = people * away * _room(size, seats, away) / rooms / groups
            home = stay * (stay - 1.0 + away)
            inside += groups * (home + guests * guests * likeness)
            pairs += groups * (home + 2.0 * stay * guests + guests * guests)
        if inside > kept * pairs:
            low = away
        else:
            high = away
    return away


@kernel(inline="always")
def _groups(size, seats):
    """Closed groups of a department: as many as fill, a last one of half a group's seats or more included."""
    return max(1, (2 * size + seats) // (2 * seats))


@kernel(inline="always")
def _room(size, seats, away):
    """Guests that a department takes, as a weight: as many as leave, and more if it cannot fill one group."""
    return away * size + max(0, seats - size)


@kernel
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


@kernel(inline="always")
def _find(before, spot):
    """The last place that has a width and begins at `spot` or below, where `before` are cumulated widths."""
    low, high = 0, len(before) - 1
    while high - low > 1:
        middle = (low + high) // 2
        if before[middle] <= spot and before[middle] < before[-1]:
            low = middle
        else:
            high = middle
    return low


@kernel
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
                host = _find(rooms, spot)
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


@kernel
def _mates(group, department, members, first):
    """How many others sit in each person's group, and how many of them are of the person's department."""
    n = len(group)
    mates, own = np.empty(n, np.int32), np.zeros(n, np.int32)
    for i in range(n):
        g = group[i]
        mates[i] = first[g + 1] - first[g] - 1
        for at in range(first[g], first[g + 1]):
            own[i] += department[members[at]] == department[i]
        own[i] -= 1
    return mates, own


def _alike(*traits: np.ndarray) -> tuple[np.ndarray, ...]:
    """The combinations of traits, int[n] each and none negative, that there are: int64[kinds] each, and of how many people."""
    sizes = tuple(int(trait.max()) + 1 for trait in traits)
    codes, people = np.unique(np.ravel_multi_index(traits, sizes), return_counts=True)
    return (*np.unravel_index(codes, sizes), people)


@kernel
def _solve(size, alike, inside, outside, transitivity, bridging):
    """The chance of a tie in groups and the rates of stray ties that give what is asked for in expectation.

    Args:
        size: int64[D], staff of each department.
        alike: int64[kinds] each: people's department, whether they bridge more, their group mates, and those of their
            department; how many people are alike in all of it.
        inside: tie ends asked for in departments.
        outside: tie ends asked for between departments.
        transitivity: share asked for.
        bridging: ratio asked for.

    Returns:
        Chance of a tie between mates; rate of a stray tie between others of one department; activity between
        departments of those who bridge and of others, the rate of a pair being the product of its two.
    """
    department, bridger, mates, own, number = alike
    n, D = size.sum(), len(size)
    # By bridging or not: people; mates from other departments, all from there, share of no mates.
    people, free = np.zeros((2, D)), np.zeros((2, D))
    crowd, guests, strangers = np.zeros(2), np.zeros(2), np.zeros(2)
    near_mates = near_pairs = far_pairs = 0.0
    for kind in range(len(number)):
        d, bridges, many, others = department[kind], bridger[kind], number[kind], n - size[department[kind]]
        people[bridges, d] += many
        free[bridges, d] += many * _free(others, mates[kind] - own[kind])
        crowd[bridges] += many
        guests[bridges] += many * (mates[kind] - own[kind])
        strangers[bridges] += many * others
        near_mates += many * own[kind]
        near_pairs += many * (size[d] - 1 - own[kind])
        far_pairs += many * (others - mates[kind] + own[kind])
    elsewhere, ends, rate = np.zeros(D), np.zeros(2), np.zeros(2)
    chance = near = far = scale = 0.0
    ratio = bridging  # of the activity of bridgers to that of others
    low, high = 0.0, min(1.0, (inside + outside) / max(1.0, near_mates + guests[0] + guests[1]))
    for _ in range(_HALVINGS):
        chance = 0.5 * (low + high)

        # Stray ties give what groups leave open; those of bridgers also make up for what groups level out.
        near = min(_SURE, max(0.0, inside - chance * near_mates) / max(1.0, near_pairs))
        left = max(0.0, outside - chance * (guests[0] + guests[1]))
        far = min(_SURE, left / max(1.0, far_pairs))
        for _ in range(_ROUNDS):
            ends[:] = 0.0
            for d in range(D):
                elsewhere[d] = crowd[0] - people[0, d] + ratio * (crowd[1] - people[1, d])
                ends[0] += elsewhere[d] * free[0, d]
                ends[1] += elsewhere[d] * free[1, d] * ratio
            scale = left / (ends[0] + ends[1]) if ends[0] + ends[1] > 0.0 else 0.0
            for bridges in range(2):
                stray_ends = scale * ends[bridges]
                rate[bridges] = (chance * guests[bridges] + stray_ends) / max(1.0, strangers[bridges])
            if rate[1] > 0.0:
                ratio *= bridging * rate[0] / rate[1]
                ratio = min(bridging**_LIVELIEST, max(bridging, ratio))

        # Ordered pairs of contacts, and those who are tied: with all ties in a group, one, or none.
        paths = triangles = 0.0
        for kind in range(len(number)):
            d, inner, outer, closed = (
                department[kind],
                own[kind],
                mates[kind] - own[kind],
                chance * mates[kind],
            )
            stray = scale * elsewhere[d] * _free(n - size[d], outer) * (ratio if bridger[kind] else 1.0)
            stray += near * (size[d] - 1 - inner)
            two_near, mixed, two_far = near * near * size[d], near * far * size[d], far * far * n
            triads = chance * chance * closed * (mates[kind] - 1)
            triads += 3.0 * chance * (inner * (two_near + two_far) + outer * (2.0 * mixed + two_far))
            triads += near * two_near * size[d] + 3.0 * mixed * far * n + far * two_far * n
            paths += number[kind] * (closed * (closed - chance + 2.0 * stray) + stray * stray)
            triangles += number[kind] * triads
        if triangles < transitivity * paths:
            low = chance
        else:
            high = chance
    if far > 0.0:
        scale *= -math.log(1.0 - far) / far
    activity = np.array([1.0, ratio]) * math.sqrt(scale)
    return chance, -math.log(1.0 - near), activity


@kernel(inline="always")
def _free(strangers, guests):
    """Share of the people of other departments who are no group mates."""
    return 1.0 - guests / strangers if strangers else 0.0


@kernel
def _count(u, mean):
    """The Poisson count of a mean at the quantile u."""
    chance = math.exp(-mean)
    below, count = chance, 0
    while u >= below and chance > 0.0:
        count += 1
        chance *= mean / count
        below += chance
    return count


@kernel
def _draw(start, department, key, bridger, group, members, first, chances, streams, weights):
    """The ties that luck gives: source, target and weight of each, some stray ones more than once.

    Everybody proposes a Poisson number of stray ties, at half the rate of each pair, to people whom luck
    picks: each pair is tied with its own chance, in time proportional to the ties.
    """
    n, D = len(key), len(start) - 1
    chance, near, activity = chances
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
            c = _find(liveliness, spot)
            bits = mix(bits + _STEP)
            j = cells[cell_start[c] + _choose(bits, cell_start[c + 1] - cell_start[c])]
            if group[j] != group[i] and department[j] != d:
                source[m], target[m], weight[m] = i, j, cross
                m += 1
    return source[:m], target[:m], weight[:m]
