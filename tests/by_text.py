"""Luck and ties as docs/model.md tells them in its sections 6 and 5.3, in plain Python without the engine's help."""

import hashlib
import math
from statistics import NormalDist

ALL = (1 << 64) - 1
GOLDEN, STEP, WEEK = 0x9E3779B97F4A7C15, 0xD1342543DE82EF95, 0xA24BAED4963EE407


def mix(x):
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & ALL
    x = (x ^ x >> 27) * 0x94D049BB133111EB & ALL
    return x ^ x >> 31


def key_of(text):
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def stream(seed, mechanism, week):
    return key_of(f"{seed}/{mechanism}") + (week + 1) * WEEK & ALL


def word(s, key):
    return mix((s ^ key) + GOLDEN & ALL)


def branch(s, n):
    return mix(s + (n + 1) * STEP & ALL)


def key_with(a, b):
    return mix(mix(a + GOLDEN & ALL) ^ b * STEP & ALL)


def unit(bits):
    return (bits >> 11) / 2**53


def normal(s, key):
    return NormalDist().inv_cdf(unit(word(s, key)) + 2**-54)


def by_lot(seed, mechanism, week, k, key):
    lots = word(branch(branch(stream(seed, mechanism, week - week % 8), k), 1), key)
    return ((lots >> 8 * (week % 8) & 255) + unit(word(branch(stream(seed, mechanism, week), k), key))) / 256


def choose(bits, n):
    """The jump hash of Lamping & Veach (2014)."""
    chosen, following = 0, 0
    while following < n:
        chosen = following
        bits = bits * 2862933555777941757 + 1 & ALL
        following = int((chosen + 1) * (2**31 / ((bits >> 33) + 1)))
    return chosen


def poisson(u, mean):
    chance = math.exp(-mean)
    below, count = chance, 0
    while u >= below:
        count += 1
        chance *= mean / count
        below += chance
    return count


def halved(high, rise):
    low = 0.0
    for _ in range(30):
        middle = (low + high) / 2
        if rise(middle):
            low = middle
        else:
            high = middle
    return middle


def find(widths, spot):
    """The place in which a spot falls, and what is left of it there; places without a width are passed over."""
    for place, width in enumerate(widths):
        if spot < width or place == len(widths) - 1:
            return place, spot
        spot -= width
    return None


def generated_ties(net, functions, sizes, level, key, seed):
    """Section 5.3, step by step: {(i, j): weight}."""
    n, D = sum(sizes), len(sizes)
    dep = [d for d, s in enumerate(sizes) for _ in range(s)]
    start = [sum(sizes[:d]) for d in range(D)]
    m, omega = net.mean_degree, net.odds_ratio
    P = sum(s * (s - 1) for s in sizes)
    Q, E = n * (n - 1) - P, n * min(m, 0.9 * (n - 1))
    b = Q - E + omega * (E + P)
    inside = 2 * omega * E * P / (b + math.sqrt(b * b + 4 * (1 - omega) * omega * E * P)) if P else 0.0
    between = E - inside
    M = 1
    while not (m <= 0.9 * M or net.transitivity * (m * m - (0.9 * M) ** 2 / M) <= 0.9**3 * M * (M - 1)):
        M += 1
    g, C = M + 1, min(0.9 * M, m)
    G = [max(1, (2 * s + g) // (2 * g)) for s in sizes]
    keep = min(1.0, inside / (inside + between) * (1 + 0.5 * (m / C - 1)))
    alike = sum((s / n) ** 2 for s in sizes)

    def room(a):
        return [a * s + max(0, g - s) for s in sizes]

    def too_homely(a):
        own = pairs = 0.0
        for s, groups, r in zip(sizes, G, room(a), strict=True):
            y, v = s * (1 - a) / groups, n * a * r / (sum(room(a)) * groups)
            own += groups * (y * (y - 1 + a) + v * v * alike)
            pairs += groups * (y * (y - 1 + a) + 2 * y * v + v * v)
        return own > keep * pairs

    away, first = halved(1.0, too_homely), [sum(G[:d]) for d in range(D)]
    group = []
    for i in range(n):
        bits, d = word(stream(seed, "network.team", 0), key[i]), dep[i]
        if D > 1 and unit(bits) < away:
            bits, rooms = mix(bits), [r if e != d else 0.0 for e, r in enumerate(room(away))]
            host, _ = find(rooms, unit(bits) * sum(rooms))
            group.append(first[host] + choose(mix(bits), G[host]))
        else:
            group.append(first[d] + min((i - start[d]) // g, G[d] - 1))
    own = [sum(group[j] == group[i] and dep[j] == dep[i] for j in range(n)) - 1 for i in range(n)]
    guests = [sum(group[j] == group[i] and dep[j] != dep[i] for j in range(n)) for i in range(n)]
    bridger = [level[i] >= 2 or functions[dep[i]] == "marketing" for i in range(n)]
    s_of, ratio = [sizes[d] for d in dep], net.bridging
    near = far = sigma = 0.0

    def too_loose(c):
        nonlocal ratio, near, far, sigma
        near = min(
            0.95,
            max(0.0, inside - c * sum(own)) / max(1, sum(s - 1 - o for s, o in zip(s_of, own, strict=True))),
        )
        left = max(0.0, between - c * sum(guests))
        far = min(0.95, left / max(1, sum(n - s - a for s, a in zip(s_of, guests, strict=True))))
        free = [1 - a / (n - s) for a, s in zip(guests, s_of, strict=True)]
        for _ in range(5):
            activity = [ratio if one else 1.0 for one in bridger]
            z = [sum(x for x, e in zip(activity, dep, strict=True) if e != d) for d in range(D)]
            ends = [
                sum(z[dep[i]] * free[i] * activity[i] for i in range(n) if bridger[i] == kind)
                for kind in (0, 1)
            ]
            sigma = left / sum(ends)
            rate = [
                (c * sum(guests[i] for i in range(n) if bridger[i] == kind) + sigma * ends[kind])
                / max(1, sum(n - s_of[i] for i in range(n) if bridger[i] == kind))
                for kind in (0, 1)
            ]
            ratio = min(net.bridging**3, max(net.bridging, ratio * net.bridging * rate[0] / rate[1]))
        paths = triangles = 0.0
        for i in range(n):
            s, o, a, h = s_of[i], own[i], guests[i], own[i] + guests[i]
            stray = sigma * z[dep[i]] * free[i] * (ratio if bridger[i] else 1.0) + near * (s - 1 - o)
            paths += c * h * (c * (h - 1) + 2 * stray) + stray**2
            triangles += c**3 * h * (h - 1) + near**3 * s * s + 3 * near * far**2 * s * n + far**3 * n * n
            triangles += 3 * c * (o * (near**2 * s + far**2 * n) + a * (2 * near * far * s + far**2 * n))
        return triangles < net.transitivity * paths

    c = halved(min(1.0, E / max(1, sum(own) + sum(guests))), too_loose)
    near, sigma = -math.log(1 - near), -sigma * math.log(1 - far) / far
    lively = [math.sqrt(sigma) * (ratio if one else 1.0) for one in bridger]
    ties = {}

    def tie(i, j, weight):
        pair = min(i, j), max(i, j)
        ties[pair] = max(weight, ties.get(pair, 0))

    for i in range(n):
        d = dep[i]
        for j in range(i + 1, n):
            if (
                group[i] == group[j]
                and unit(word(stream(seed, "network.closed", 0), key[i] + key[j] & ALL)) < c
            ):
                tie(i, j, net.weight_team if dep[j] == d else net.weight_cross)
        bits = word(stream(seed, "network.near", 0), key[i])
        for _ in range(poisson(unit(bits), 0.5 * near * sizes[d])):
            bits = mix(bits + GOLDEN & ALL)
            j = start[d] + choose(bits, sizes[d])
            if group[j] != group[i]:
                tie(i, j, net.weight_department)
        cells = [
            [j for j in range(n) if dep[j] == e and bridger[j] == kind] for e in range(D) for kind in (0, 1)
        ]
        widths = [
            sum(lively[j] for j in cell) if dep[cell[0]] != d else 0.0
            for cell in (one or [i] for one in cells)
        ]
        bits = word(stream(seed, "network.far", 0), key[i])
        for _ in range(poisson(unit(bits), 0.5 * lively[i] * sum(widths))):
            bits = mix(bits + GOLDEN & ALL)
            cell, _ = find(widths, unit(bits) * sum(widths))
            bits = mix(bits + GOLDEN & ALL)
            j = cells[cell][choose(bits, len(cells[cell]))]
            if group[j] != group[i]:
                tie(i, j, net.weight_cross)
    return ties
