"""docs/model.md: its tables are the code's, it speaks of every parameter, and what it says gives the engine's numbers."""

import hashlib
import math
import re
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest

from sim.cli import files
from sim.cli.reference import TABLES, blocks, defaults, event_table, written
from sim.mechanisms import SCHEDULE, Mechanism
from sim.mechanisms.events import Events
from sim.organisation import Organisation
from sim.record import WEEKLY
from sim.scenario import load
from sim.tables import AWARE, LAPSED, NOT_ASKED, ROUTINE, TRYING, UNAWARE

FILE = Path(__file__).parents[1] / "docs" / "model.md"
TEXT = FILE.read_text(encoding="utf-8")
BY_HAND = re.sub(r"<!-- generated.*?<!-- end -->", "", TEXT, flags=re.S)


def test_tables_are_what_the_code_declares():
    assert written(TEXT) == TEXT, "run: python -m sim.cli.reference docs/model.md"


def test_every_parameter_and_column_has_its_table():
    asked = [f"parameters {name}" for name in defaults()] + [f"columns {name}" for name in TABLES]
    assert sorted(blocks(TEXT)) == sorted([*asked, "events", "baseline", "week"])
    for name, kind in Events.kinds.items():
        for key in {name, *kind.model_fields} - {"what", "week"}:
            assert f"`{key}`" in event_table("") or f"**{key}**" in event_table("")


def test_a_default_is_told_in_full():
    for group in defaults().values():
        for key, value, *_ in group.values():
            kind = next((one for one in SCHEDULE if one.name == key.split(".")[0]), None)
            exact = kind.model_fields[key.split(".")[1]].default if kind and key.count(".") == 1 else None
            if isinstance(exact, float):
                assert float(value) == exact


def test_show_prints_the_same_rows(monkeypatch):
    shown = []
    monkeypatch.setattr(files, "table", lambda headers, rows, right="": shown.extend(map(tuple, rows)))
    files.show.callback("baseline", True, {}, False)
    own = {row[0]: row for row in shown}
    plan = load("baseline")
    for head, rows in defaults().items():
        for key, row in rows.items():
            if (
                "NAME" in key
                or "[]" in key
                or key in ("title", "about")
                or head in ("organisation", "returns")
            ):
                continue
            told = list(own[key])
            if plan[head] or head not in {kind.name for kind in SCHEDULE}:
                told[1] = row[1]  # the scenario's value, not the default
            assert told == row


def sections():
    """The text of each submodel, by the table of parameters in it."""
    parts = re.split(r"^#+ ", TEXT, flags=re.M)
    return {
        name: re.sub(r"<!-- generated.*?<!-- end -->", "", part, flags=re.S)
        for part in parts
        for name in re.findall(r"<!-- generated: parameters (\w+)", part)
    }


SAID = {  # in other words, or one by one in a table
    "run": {"title", "about", "weeks"},
    "organisation": {
        "size",
        "function",
        "departments",
        "firms",
        "owners",
        "roster",
        "ties",
        "reports",
        "disconnected",
    },
    "practices": {"kind", "effort", "risk", "coordination", "pioneers", "fit"},
    "strategy": {"innovation", "knowledge", "investment", "customers", "talent", "suppliers"},
    "returns": {"name", "unit", "by", "outcomes"},
}


@pytest.mark.parametrize("table", defaults())
def test_the_text_says_what_every_parameter_does(table):
    told = set(re.findall(r"\w+", sections()[table]))
    missing = {key.split(".")[-1] for key in defaults()[table]} - told - SAID.get(table, set())
    assert not missing


def test_the_text_names_every_series_of_the_record():
    assert set(WEEKLY) <= set(re.findall(r"\w+", BY_HAND[BY_HAND.index("## 8.") :]))


# The text's section 6, 5.3, 7.16 and 7.17, written out in plain Python without the engine's help.

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


@pytest.mark.parametrize("seed", [3, 11])
def test_ties_are_those_of_section_5_3(seed):
    plan = load("baseline", {"organisation.employees": 70, "weeks": 1})
    org = Organisation(plan, seed)
    e, d = org.employees, org.departments
    key = [
        key_with(key_of(name), number)
        for name, size in zip(org.department_names, d.size, strict=True)
        for number in range(size)
    ]
    assert e.key.tolist() == key
    told = generated_ties(plan.network, org.functions, d.size.tolist(), e.level.tolist(), key, seed)
    source, target, weight = org.ties.edges()
    assert told == {
        (i, j): w for i, j, w in zip(source.tolist(), target.tolist(), weight.tolist(), strict=True)
    }


def witness(behind, kept):
    """A mechanism that keeps the columns as it finds them behind another."""

    class Witness(Mechanism):
        name = f"behind_{behind}"
        after = behind

        def step(self, org):
            kept[behind] = [
                {name: getattr(table, name).copy() for name in table.columns}
                for table in (org.employees, org.departments)
            ]

    return Witness()


def adopted(org, e, d, seed):
    """Section 7.16, rule utility: {(k, i): rung} of those who move, and who asks."""
    c, week, moves, asks = org.plan["adoption"], org.week, {}, set()
    for k, practice in enumerate(org.plan.practices.values()):
        for i, key in enumerate(e["key"].tolist()):
            h, now, u = e["department"][i], e["rung"][k, i], by_lot(seed, "adoption", week, k, key)
            lead, belief, exposure = d["lead"][h], e["belief"][k, i], e["exposure"][k, i]
            fluency, guidance = e["fluency"][i], e["guidance"][i]
            starved = 1 + max(0.0, c.starved_below - d["budget"][h] * d["backing"][h, k])
            z = (
                c.lead_weight * (lead - c.lead_reference)
                - c.effort_weight
                * practice.effort
                * (1 - min(1.0, d["technology"][h] * d["backing"][h, k]))
                * d["ease"][h, k]
                + c.fit_weight * (d["fit"][h, k] * d["alignment"][h] - c.fit_reference)
                - c.hurdle
                + c.exposure_weight * (exposure - e["threshold"][i])
                + c.belief_weight * (belief - c.belief_reference)
                + c.fluency_weight * fluency
                + c.guidance_weight * (guidance - c.guidance_reference)
                - c.risk_weight * practice.risk * (1 - guidance)
            )
            if now == UNAWARE:
                heard = d["open"][h] * (c.push + c.announcement * lead * e["training"][i])
                if u < heard + c.word_of_mouth * exposure:
                    moves[k, i] = AWARE
            elif now == AWARE and e["cleared"][k, i]:
                moves[k, i] = TRYING
            elif now in (AWARE, LAPSED):
                most = c.attempt if now == AWARE else c.relearn
                if e["asked"][k, i] != NOT_ASKED or u >= most / (1 + math.exp(-z)):
                    continue
                own = branch(stream(seed, "adoption", week), k)
                if now == LAPSED:
                    moves[k, i] = AWARE
                elif (
                    e["manager"][i] >= 0
                    and not e["led"][k, i]
                    and unit(word(branch(own, 0), key)) < c.blocking
                ):
                    continue
                elif (
                    practice.risk >= org.plan["approval"].risk
                    and d["gated"][h]
                    and e["approved"][k, i] < week
                ):
                    asks.add((k, i))
                else:
                    moves[k, i] = TRYING
            else:
                worth = d["experienced"][h, k, e["way"][k, i]]
                up = (
                    c.settle * fluency * (c.settle_belief + belief) * (c.settle_worth + worth)
                    if now == TRYING
                    else 0.0
                )
                down = c.lapse_trying * (1 - c.lapse_trying_lead * lead)
                if now == ROUTINE:
                    down = (
                        c.lapse_routine
                        * (1 - c.lapse_routine_lead * lead)
                        * (1 - c.lapse_routine_fluency * fluency)
                    )
                if u < up:
                    moves[k, i] = ROUTINE
                elif u < up + down * starved * (1 - belief):
                    moves[k, i] = LAPSED
    return moves, asks


def chosen(org, e, d, seed):
    """Section 7.17: the way of everybody who begins or thinks again, {(k, i): way}."""
    c, week, ways = org.plan["ways"], org.week, {}
    indptr, indices, weights = org.ties
    for k in range(len(org.plan.practices)):
        for i, key in enumerate(e["key"].tolist()):
            began, h = e["began"][k, i], e["department"][i]
            again = e["practising"][k, i] and by_lot(seed, "ways", week, k, key) < c.review
            if not began and not again:
                continue
            shares = {}
            for j, weight in zip(
                indices[indptr[i] : indptr[i + 1]], weights[indptr[i] : indptr[i + 1]], strict=True
            ):
                if e["practising"][k, j] and not e["began"][k, j]:
                    way = int(e["way"][k, j])
                    shares[way] = shares.get(way, 0) + int(weight) * int(e["influence"][j])
            advice, habit = d["advice"][h], d["habit"][h, k]
            heard = e["heard"][k, i] if e["heard"][k, i] >= 0 else advice
            present = None if began else e["way"][k, i]
            told = c.guidance_weight * e["guidance"][i]
            both, local = told + c.mandate_weight * d["mandate"][h], d["locus"][h]
            scores = {}
            for way in sorted({*shares, int(heard), int(habit), *([] if began else [int(present)])} - {-1}):
                scores[way] = (
                    c.quality_weight * d["suits"][h, k, way]
                    + c.contacts_weight * shares.get(way, 0) / max(1, sum(shares.values()))
                    + c.current_weight * (way == present)
                    + (way == heard) * ((1 - local) * both if way == advice else told)
                    + (way == habit) * (local * both + c.habit_weight * (not d["joined"][h]))
                )
            ways[k, i] = max(scores, key=scores.get)
    return ways


@pytest.mark.parametrize(
    "more",
    [
        {"governance.founded": 12, "governance.locus": 0.3},
        {
            "governance.form": "holistic",
            "governance.founded": 5,
            "funding.level": 1.5,
            "teaching.colleagues": 0.8,
        },
        {"governance.form": "multiple_hubs", "governance.founded": 3, "strategy.kind": "media"},
    ],
)
def test_weeks_are_those_of_sections_7_16_and_7_17(more):
    seed, kept = 5, {}
    plan = load(
        "baseline", {"organisation.employees": 60, "weeks": 60, "sponsorship.engagement": 0.8, **more}
    )
    for behind in ("influence", "adoption", "ways"):
        plan = plan.with_mechanism(witness(behind, kept))
    org, moved, asked, changed = Organisation(plan, seed), 0, 0, 0
    while org.running:
        org.step()
        (before, d), (between, now), (after, _) = (kept[one] for one in ("influence", "adoption", "ways"))
        moves, asks = adopted(org, before, d, seed)
        rung = before["rung"].copy()
        for (k, i), to in moves.items():
            rung[k, i] = to
        assert np.array_equal(rung, between["rung"])
        assert {(int(k), int(i)) for k, i in np.argwhere(between["asked"] != before["asked"])} == asks
        way = between["way"].copy()
        for (k, i), to in chosen(org, between, now, seed).items():
            way[k, i] = to
        assert np.array_equal(way, after["way"])
        moved, asked, changed = moved + len(moves), asked + len(asks), changed + (way != between["way"]).sum()
    assert moved > 50 and changed > 5
    assert asked > 0 or plan["governance"].form == "holistic"
