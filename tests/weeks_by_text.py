"""What else a week brings, as docs/model.md tells it in 7.8, 7.12, 7.14, 7.15, 7.18, 7.22 and 7.24-7.27, in plain Python.

Each function takes the tables as copies, as those of `tests/offices_by_text.py` do.
"""

import math

import numpy as np

from sim.mechanisms.duties import NAMES
from tests.by_text import branch, by_lot, stream, unit, word
from tests.offices_by_text import clip


def kinds(org, kind):
    return [k for k, one in enumerate(org.plan.practices.values()) if one.kind == kind]


def contacts(s, i):
    """Everybody to whom i is tied, with the weight of the tie."""
    indptr, indices, weights = s.ties
    here = slice(indptr[i], indptr[i + 1])
    return [(int(j), int(w)) for j, w in zip(indices[here], weights[here], strict=True) if j != i]


def pace(org, duty):
    c = org.plan["duties"]
    return len(NAMES) * getattr(c, duty) / sum(getattr(c, one) for one in NAMES)


def help_of(s, h):
    d, desk = s.departments, s.departments["served"][h]
    if not d["guided"][h]:
        return 0.0
    shared = s.desks["people"][desk] / d["size"][d["served"] == desk].sum() if desk >= 0 else 0.0
    return min(1.0, 100 * (d["local"][h] / d["size"][h] + shared))


def duties(org, s, seed):
    c, d, x = org.plan["duties"], s.departments, s.executives
    for h in range(len(d["size"])):
        there = help_of(s, h)
        for k in range(len(org.plan.practices)):
            content = c.content_saves * pace(org, "content")
            saves = content if k in kinds(org, "presence") else c.technology_saves * pace(org, "technology")
            d["ease"][h, k] = max(0.0, 1 - saves * there)
        paid = d["insight"][h] if org.plan["funding"] else 0.0
        d["insight"][h] = min(1.0, paid + c.insight_clears * pace(org, "insight") * there)
        gain = min(1.0, c.leadership_teaches * pace(org, "leadership") * there)
        x["understanding"][h] += gain * (1 - x["understanding"][h])


def guidance(org, s, seed):
    c, e, d = org.plan["guidance"], s.employees, s.departments
    for i, h in enumerate(e["department"]):
        done, b = d["cleared"][h].sum(), c.by_policy
        share = done / (done + d["waiting"][h]) if done + d["waiting"][h] else 1.0
        known = c.policy * b * (1.0 if e["knows"][i] else c.unknown)
        near = e["contact"][i] > org.week - c.contact_weeks
        e["guidance"][i] = d["guided"][h] * (c.policy * (b + (1 - b) * share) if near else known)


def learning(org, s, seed):
    c, e, d = org.plan["learning"], s.employees, s.departments
    for i, h in enumerate(e["department"]):
        training = min(1.0, d["courses"][h] + (org.week - e["taught"][i] < c.taught_weeks))
        gain = c.by_training * training + c.by_practice * (e["breadth"][i] > 0)
        e["fluency"][i] += gain * (1 - e["fluency"][i]) - c.forgetting * e["fluency"][i]
        e["training"][i] = training
        lot = unit(word(stream(seed, "learning", org.week), int(e["key"][i])))
        e["knows"][i] |= d["guided"][h] and lot < c.policy_by_chance + c.policy_by_training * training


def influence(org, s, seed):
    c, e, d = org.plan["influence"], s.employees, s.departments
    for i, h in enumerate(e["department"]):
        manager, reports = e["manager"][i], np.flatnonzero(e["manager"] == i)
        heads = [one for one in {int(d["head"][h]), int(s.firms["top"][d["firm"][h]])} if one != i]
        known, outside = contacts(s, i), e["outsiders"][:, i].sum()
        heed = sum(w * int(e["influence"][j]) for j, w in known) + outside
        for k, practises in enumerate(e["practising"]):
            seen = []
            if reports.size:
                seen.append((c.reports, practises[reports].mean()))
            if heed:
                peers = sum(w * int(e["influence"][j]) for j, w in known if practises[j]) + e["outside"][k, i]
                seen.append((c.peers, peers / heed))
            if manager >= 0:
                seen.append((c.manager, practises[manager]))
            if heads:
                seen.append((c.executives, practises[heads].mean()))
            whole = sum(weight for weight, _ in seen)
            exposure = sum(weight * share for weight, share in seen) / whole if whole else 0.0
            b, worth = e["belief"][k, i], d["experienced"][h, k, e["way"][k, i]]
            e["exposure"][k, i] = exposure
            e["belief"][k, i] += (
                c.by_exposure * (exposure - b)
                + c.by_lead * (d["lead"][h] - b)
                + practises[i] * c.by_experience * (worth - b)
            )


def digital(org, s, seed):
    """The pairs that have a digital tie behind the week's round."""
    c, e, d, luck = org.plan["digital"], s.employees, s.departments, stream(seed, "digital", org.week)
    room, (indptr, indices, weights) = c.most, s.ties
    n, key = len(e["key"]), e["key"].tolist()
    known = [{j for j, _ in contacts(s, i)} for i in range(n)]
    spare = [range(indptr[i + 1] - room, indptr[i + 1]) for i in range(n)]
    pairs = {frozenset((i, int(indices[at]))) for i in range(n) for at in spare[i] if weights[at]}
    now = e["practising"][kinds(org, "collaboration")].any(axis=0)
    gone = set(np.flatnonzero((e["online"] > 0) & ~now).tolist())
    for pair in [pair for pair in pairs if pair & gone]:
        pairs.discard(pair)
        i, j = pair
        known[i].discard(j), known[j].discard(i)
    who = [i for i in range(n) if now[i] and by_lot(seed, "digital", org.week, 0, key[i]) < c.chance]
    first = int(unit(branch(luck, 2)) * len(who))
    for i in who[first:] + who[:first]:
        h, v = e["department"][i], unit(word(branch(luck, 1), key[i]))
        own = d["first"][h] + np.arange(d["size"][h])
        firm = np.flatnonzero(d["firm"][e["department"]] == d["firm"][h])
        others = np.setdiff1d(firm, own)
        among = own if v < c.near else others
        part = v / c.near if v < c.near else (v - c.near) / (1 - c.near)
        if not len(among) or sum(i in pair for pair in pairs) == room:
            continue
        j = int(among[int(part * len(among))])
        full = sum(j in pair for pair in pairs) == room
        line = e["manager"][i] == j or e["manager"][j] == i
        if now[j] and not full and i != j and not line and j not in known[i]:
            pairs.add(frozenset((i, j)))
            known[i].add(j), known[j].add(i)
    return pairs


def voice(org, s, seed):
    c, d, worth = org.plan["voice"], s.departments, org.plan["worth"]
    for h, size in enumerate(d["size"]):
        share = max(d["practised"][h, k] for k in kinds(org, "listening")) / size
        lost = c.harm * (1 - share / c.enough) if share < c.enough else 0.0
        for k in kinds(org, "presence"):
            d["experienced"][h, k] = np.maximum(0.0, d["experienced"][h, k] - worth.experience * lost)
            d["worth"][h, k] -= worth.pace * lost * d["routine"][h, k] / size


def programmes(org, s, seed):
    c, d, seen = org.plan["programmes"], s.departments, org.plan["measurement"]
    for h, size in enumerate(d["size"] if org.week % 13 == 0 else ()):
        meant = np.flatnonzero(d["fit"][h] >= 0.5)
        signal = seen.focus * np.maximum(0.0, d["measured"][h, meant])
        signal = signal + (1 - seen.focus) * seen.followers * d["practised"][h, meant] / size
        if signal.sum() > 0:
            part = 1 / len(meant) if c.reporting == "pooled" else signal / signal.sum()
            due = c.even + (1 - c.even) * len(meant) * part
            d["backing"][h, meant] += c.pace * (due - d["backing"][h, meant])


def incidents(org, s, seed):
    c, e, d, luck = org.plan["incidents"], s.employees, s.departments, stream(seed, "incidents", org.week)
    risk, exposed = [one.risk for one in org.plan.practices.values()], np.zeros(d["fit"].shape)
    for k, practises in enumerate(e["practising"]):
        careless = (practises > 0) & ~e["knows"] & (e["approved"][k] < org.week)
        for h, size in enumerate(d["size"]):
            exposed[h, k] = risk[k] * careless[e["department"] == h].sum() / size
    for h, key in enumerate(d["key"].tolist()):
        chance = c.base * exposed[h].sum() * (1 + c.voices * d["activity"][h] / d["size"][h])
        if unit(word(luck, key)) >= min(1.0, chance):
            continue
        spot = unit(word(branch(luck, 0), key)) * exposed[h].sum()
        k = int(np.argmax(np.cumsum(exposed[h]) > spot))
        severity = c.severity_least + (c.severity_most - c.severity_least) * unit(word(branch(luck, 1), key))
        cost = severity * max(0.0, 1 - c.shaping * pace(org, "conversation") * help_of(s, h))
        cost *= c.process_leaves if c.process and s.stage >= 3 else 1.0
        here = e["department"] == h
        part = np.where(here, 1.0, c.elsewhere * (d["firm"] == d["firm"][h])[e["department"]])
        e["belief"][k] = np.maximum(0.0, e["belief"][k] - c.cut * cost * part)
        e["rumour"][here] += cost * (1 - e["rumour"][here])


def rumours(org, s, seed):
    c, e, before = org.plan["rumours"], s.employees, s.employees["rumour"].copy()
    told = org.week - c.statement_after
    for i, h in enumerate(e["department"]):
        known = contacts(s, i)
        around = sum(w * before[j] for j, w in known) / max(1, sum(w for _, w in known))
        right = sum(e["breadth"][j] > 0 and before[j] <= c.doubt for j, _ in known)
        r = before[i] + c.spread * around * (1 - before[i]) - c.fading * before[i]
        r *= 1 - min(1.0, c.crowd * right)
        if told >= 0 and org.incidents[told].any():
            r *= 1 - min(1.0, c.official * s.departments["lead"][h])
        e["rumour"][i] = r if r >= c.least else 0.0
    e["belief"] -= c.disbelief * e["rumour"] * e["belief"]


def turnover(org, s, seed):
    """The rows of those who leave; satisfaction moves on."""
    c, e, d, leave = org.plan["turnover"], s.employees, s.departments, set()
    for i, h in enumerate(e["department"]):
        aim = c.ordinary + c.lead_weight * (d["lead"][h] - c.lead_reference)
        aim += c.alignment_weight * (d["alignment"][h] - c.alignment_reference)
        own = np.flatnonzero(e["practising"][:, i])
        if own.size:
            worth = np.mean([d["experienced"][h, k, e["way"][k, i]] for k in own])
            aim += c.worth_weight * (worth - c.worth_reference)
        e["satisfaction"][i] += c.pace * (clip(aim, 0.0, 1.0) - e["satisfaction"][i])
        most = c.executives if i in s.executives["person"] else c.base
        if by_lot(seed, "turnover", org.week, 0, int(e["key"][i])) < most * math.exp(
            -c.sensitivity * e["satisfaction"][i]
        ):
            leave.add(i)
    return leave
