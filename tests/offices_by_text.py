"""Executives, money and desks as docs/model.md tells them in its sections 7.5-7.7, 7.10, 7.11, 7.13, 7.21 and 7.23.

Each function takes the tables as copies, `s.employees["belief"]` and so on, and changes them as the section says.
"""

import numpy as np

from sim.tables import AWARE, ROUTINE
from tests.by_text import branch, key_with, normal, stream, unit, word


def clip(x, least, most):
    return min(max(x, least), most)


def sponsorship(org, s, seed):
    c, week, d, x, f = org.plan["sponsorship"], org.week, s.departments, s.executives, s.firms
    seats, D = range(len(x["firm"])), len(d["size"])
    own = {firm: [a for a in seats if x["firm"][a] == firm] for firm in set(x["firm"].tolist())}
    if week == c.sponsor_week:
        for firm, those in own.items():
            chosen = max(those, key=lambda a: x["engagement"][a])
            x["sponsor"][those] = False
            x["engagement"][chosen] = max(x["engagement"][chosen], c.sponsor_engagement)
            x["sponsor"][chosen] = f["sponsored"][firm] = True
            f["pull"][firm] = x["engagement"][chosen]
    mean = {firm: x["engagement"][those].mean() for firm, those in own.items()}
    for a in seats:
        firm = x["firm"][a]
        scope = [a] if a < D else [h for h in range(D) if d["firm"][h] == firm]
        staff, S = d["size"][scope].sum(), f["sponsored"][firm]
        activity, money = d["activity"][scope].sum() / staff, (d["budget"] * d["size"])[scope].sum() / staff
        u, g, evidence = x["understanding"][a], x["engagement"][a], x["evidence"][a]
        expected = x["expected"][a] = c.expectation * min(1.0, week / c.patience) * money
        x["engagement"][a] = clip(
            g
            + c.evidence_pull
            * (1 if S else c.unsponsored)
            * u
            * (1 - g)
            * min(1.0, c.evidence_full * evidence)
            + c.company * (mean[firm] - g)
            + S * c.sponsor_pull * max(0.0, f["pull"][firm] - g)
            - c.disappointment * max(0.0, expected - evidence) * g,
            0.0,
            1.0,
        )
        use = s.employees["breadth"][x["person"][a]] > 0
        x["understanding"][a] = u + (c.learn_by_activity * activity + c.learn_by_use * use) * (1 - u)
    for h in range(D):
        top, part, directive = f["seat"][d["firm"][h]], c.head_weight, c.directive_lead
        led = part * x["engagement"][h] + (1 - part) * x["engagement"][top]
        style = part * x["style"][h] + (1 - part) * x["style"][top]
        d["lead"][h] = led * (directive + (1 - directive) * style)


def funding(org, s, seed):
    c, week, d, x, f = org.plan["funding"], org.week, s.departments, s.executives, s.firms
    grants = c.mode == "fixed" or week % 13 == 0
    if c.mode == "fixed":
        past = [one for one in c.schedule if one.week <= week]
        f["level"][:] = max(past, key=lambda one: one.week).level if past else c.level
    elif week % 13 == 0:
        for firm, top in enumerate(f["seat"]):
            surplus = (x["evidence"][top] - x["expected"][top]) / (c.earned_scale * c.level)
            aim = c.level * (c.earned_floor + c.earned_engaged * x["engagement"][x["firm"] == firm].mean())
            aim *= 1 + c.earned_evidence * clip(surplus, -c.earned_loss, 1.0)
            level = f["level"][firm] + c.earned_pace * (aim - f["level"][firm])
            f["level"][firm] = clip(level, c.least * c.level, c.most * c.level)
        for pool in set(f["pool"].tolist()):
            those = f["pool"] == pool
            f["level"][those] = np.average(f["level"][those], weights=f["staff"][those])
    if grants:
        d["budget"][:] = np.where(d["open"], f["level"][d["firm"]] * org.granted * d["favour"], 0.0)
    split = [c.split.training, c.split.desk, c.split.technology, c.split.measurement]
    courses, desk, tools, measure = (one / sum(split) for one in split)
    for h, budget in enumerate(d["budget"]):
        p = desk if d["pays_desk"][h] else 0.0
        q = courses + desk - p
        d["purse"][h] = desk * budget * d["size"][h]
        d["courses"][h] = min(1.0, c.course_yield * q * budget * d["lead"][h])
        d["technology"][h] = min(1.0, c.technology_yield * tools * budget)
        d["insight"][h] = min(1.0, c.measurement_yield * measure * budget)
        s.ledger[h, :4] = np.array([q, p, tools, measure]) * budget * d["size"][h] / 52


def governance(org, s, seed):
    c, week, d, x, f, k = org.plan["governance"], org.week, s.departments, s.executives, s.firms, s.desks
    D, H, hubs = len(d["size"]), len(k["way"]), c.form in ("hub_and_spoke", "multiple_hubs")
    if week < org.founded or c.form == "none":
        return
    luck = stream(seed, "governance", week)
    circle, territory = f["circle"][d["firm"]], f["territory"][d["firm"]]
    if hubs:
        joined = d["joined"].copy()
        for h in range(D):
            there = np.flatnonzero(joined & (circle == circle[h]))
            seen = [d["measured"][e].sum() / d["fit"][e].sum() for e in there]
            worth = max(0.0, sum(seen) / len(seen)) if seen else 0.0
            u, g = unit(word(luck, int(d["key"][h]))), x["engagement"][h]
            if joined[h]:
                d["joined"][h] = u >= c.leave_rate * (1 - g) * (1 - c.mandate)
            else:
                chance = (
                    c.join_rate * (c.join_engagement + g) * (c.join_base + c.join_worth * worth + c.mandate)
                )
                d["joined"][h] = d["open"][h] and u < chance
            d["joined"][h] |= week == org.founded and d["owner"][h]
        d["guided"][:] = d["joined"]
    else:
        pays = x["engagement"][:D] >= c.paying_engagement
        d["guided"][:] = d["open"] & (pays | (c.form != "decentralised"))
    if c.form == "holistic":
        return
    arranges = bool((d["guided"] != d["gated"]).any())
    if c.form == "multiple_hubs" and c.tied and week >= org.founded + c.tie_after:
        for one in sorted(set(k["territory"].tolist())):
            those = np.flatnonzero(k["territory"] == one)
            quality = [k["quality"][k["way"][h]].sum() for h in those]
            best, poorest = those[int(np.argmax(quality))], those[int(np.argmin(quality))]
            lot = unit(word(branch(luck, 1), int(poorest)))
            if k["way"][best] != k["way"][poorest] and lot < c.tie_rate:
                k["way"][poorest], arranges = k["way"][best], True
    if arranges:
        for h, guided in enumerate(d["guided"]):
            if guided and not d["gated"][h]:
                d["gated_since"][h] = week
            d["gated"][h], d["mandate"][h], d["locus"][h] = guided, c.mandate * guided, c.locus * guided
            d["pays_desk"][h] = d["open"][h] if H else guided
            if H:
                d["served"][h] = d["group"][h] if guided else -1
            d["liaisons"][h] = max(1, d["size"][h] // c.staff_per_liaison) if d["joined"][h] else 0
            d["advice"][h] = (D + k["way"][d["group"][h]] if H else h) if guided else -1
    posts = c.liaison_hub_part + c.liaison_department_part
    if c.form == "decentralised":
        grown = [min(1.0, (week - since + 1) / c.hiring_weeks) for since in d["gated_since"]]
        d["local"][:] = d["gated"] * d["purse"] / c.person_cost * grown
    else:
        d["local"][:] = 0.0
    filled = np.zeros(H)
    for one in range(H):
        there, group = territory == k["territory"][one], d["group"] == one
        team = min(1.0, (week - org.founded + 1) / c.hiring_weeks) / c.person_cost * d["purse"][there].sum()
        team *= d["size"][group].sum() / d["size"][there].sum()
        owed = c.liaison_hub_part * d["liaisons"][group].sum()
        paid = min(owed, c.liaison_most * team)
        filled[one], k["people"][one] = paid / owed if owed else 0.0, team - paid
        queue = d["waiting"][d["served"] == one].sum()
        k["time"][one] = k["people"][one] + (k["time"][one] if queue else 0.0)
    for h in np.flatnonzero(d["liaisons"]):
        owed = c.liaison_department_part * c.person_cost * d["liaisons"][h]
        paid = min(owed, d["budget"][h] * d["size"][h])
        s.ledger[h, 4] = paid / 52
        part = c.liaison_hub_part * filled[d["group"][h]] + c.liaison_department_part * paid / owed
        d["local"][h] = c.liaison_time * d["liaisons"][h] * part / posts
    d["time"][:] = d["local"] + np.where(d["waiting"] > 0, d["time"], 0.0)
    s.employees["belief"] *= 1 - c.resentment * d["mandate"][s.employees["department"]]


def approval(org, s, seed):
    c, week, e, d, k = org.plan["approval"], org.week, s.employees, s.departments, s.desks
    d["cleared"][:, week % 13] = 0
    if not (d["gated"] | d["was_gated"]).any():
        return
    luck, queue = stream(seed, "approval", week), []
    d["waiting"][:] = 0
    for p, practice in enumerate(org.plan.practices.values()):
        if practice.risk < c.risk:
            continue
        for i, key in enumerate(e["key"].tolist()):
            h, rung, practises = e["department"][i], e["rung"][p, i], e["practising"][p, i]
            if not d["gated"][h]:
                e["asked"][p, i] = -1 if d["was_gated"][h] else e["asked"][p, i]
                continue
            if not d["was_gated"][h] and practises:
                spread = int(c.holds * unit(word(branch(luck, 3 * p + 2), key)))
                e["approved"][p, i] = max(e["approved"][p, i], week + spread)
            if e["asked"][p, i] < 0:
                if practises and e["approved"][p, i] < week:
                    e["asked"][p, i] = week
            elif (rung == AWARE and unit(word(branch(luck, 3 * p), key)) < c.give_up) or not (
                rung == AWARE or practises
            ):
                e["asked"][p, i] = -1
            else:
                queue.append((e["asked"][p, i], word(branch(luck, 3 * p + 1), key) >> 24, p, i))
    d["was_gated"][:] = d["gated"]
    turned_away = set()
    for _, _, p, i in sorted(queue):
        h = e["department"][i]
        desk = d["served"][h]
        cost = 1.0 if desk >= 0 and k["home"][desk] == h else 1 + c.special_cost * d["specificity"][h]
        if d["time"][h] * c.requests >= 1:
            d["time"][h] -= 1 / c.requests
        elif desk >= 0 and desk not in turned_away and k["time"][desk] * c.requests >= cost:
            k["time"][desk] -= cost / c.requests
        else:
            turned_away.add(desk)
            d["waiting"][h] += 1
            continue
        d["cleared"][h, week % 13] += 1
        e["approved"][p, i], e["contact"][i], e["asked"][p, i] = week + c.holds - 1, week, -1
        e["cleared"][p, i] = e["rung"][p, i] == AWARE


def teaching(org, s, seed):
    c, week, e, d, k = org.plan["teaching"], org.week, s.employees, s.departments, s.desks
    if d["gated"].any():
        for h in np.flatnonzero(d["waiting"] == 0):
            d["credit"][h] += c.pupils * d["time"][h]
            d["time"][h] = 0.0
        for desk in range(len(k["time"])):
            served = d["served"] == desk
            if d["waiting"][served].sum() == 0:
                d["credit"][served] += (
                    c.pupils * k["time"][desk] * d["size"][served] / max(1, d["size"][served].sum())
                )
                k["time"][desk] = 0.0
        for h, size in enumerate(d["size"]):
            d["credit"][h] = min(size, d["credit"][h]) * d["gated"][h]
            while d["credit"][h] >= 1:
                pupil = e["turn"][d["first"][h] + d["next"][h]]
                e["taught"][pupil] = e["contact"][pupil] = week
                d["next"][h] = (d["next"][h] + 1) % size
                d["credit"][h] -= 1
    elif d["guided"].any():
        pairs = np.argwhere(e["rung"] == ROUTINE).tolist()
        reach = c.colleagues * len({i for _, i in pairs}) / len(e["key"])
        luck = stream(seed, "teaching", week)
        for i, key in enumerate(e["key"].tolist() if pairs else ()):
            h = e["department"][i]
            chance = reach * min(1.0, d["budget"][h]) * d["guided"][h]
            if unit(word(branch(luck, 0), key)) < chance:
                practice, j = pairs[int(unit(word(branch(luck, 1), key)) * len(pairs))]
                e["taught"][i] = e["contact"][i] = week
                e["heard"][practice, i] = e["way"][practice, j]


def best_practice(org, s, seed):
    c, d, f, k = org.plan["best_practice"], s.departments, s.firms, s.desks
    D = len(d["size"])
    for h in range(len(k["way"])):
        home = k["home"][h]
        advised = d["guided"] & (d["advice"] == D + h) if home < 0 else np.arange(D) == home
        circle, territory = f["circle"][d["firm"]], f["territory"][d["firm"]]
        shown = d["guided"] & (circle == k["circle"][h]) & (territory != k["territory"][h])
        for p in range(len(org.plan.practices)):
            those = np.flatnonzero(advised | shown)
            if (k["way"] == h).any() and those.size:
                best = those[np.argmax(d["worth"][those, p])]
                k["quality"][h, p] += c.learning * max(0.0, d["quality"][best, p] - k["quality"][h, p])
            special = c.misfit * d["specificity"] * np.where(d["liaisons"] > 0, c.liaison_misfit, 1.0)
            d["suits"][:, p, D + h] = k["quality"][h, p] * (1 - special)


def worth(org, s, seed):
    c, d = org.plan["worth"], s.departments
    for p, practice in enumerate(org.plan.practices.values()):
        chi = practice.coordination
        for h in range(len(d["size"])):
            others = (d["firm"] == d["firm"][h]) & (np.arange(len(d["size"])) != h)
            there = d["tally"][others, p].sum(axis=0)
            together = there / max(1, there.sum())
            omega = max(0.0, d["fit"][h, p] * d["alignment"][h]) * (
                (1 - chi) * d["suits"][h, p] + chi * together
            )
            d["experienced"][h, p] = np.minimum(1.0, c.experience * omega)
            own = d["tally"][h, p]
            mean = (own * omega).sum() / max(1, own.sum())
            d["quality"][h, p] = (own * d["suits"][h, p]).sum() / max(1, own.sum())
            d["worth"][h, p] += c.pace * (mean * d["routine"][h, p] / d["size"][h] - d["worth"][h, p])


def measurement(org, s, seed):
    c, week, d, x = org.plan["measurement"], org.week, s.departments, s.executives
    D = len(d["size"])
    if week % 13 == 0:
        luck = stream(seed, "measurement", week // 13)
        of = org.practices.key.tolist()
        d["error"][:] = [[normal(luck, key_with(key, one)) for one in of] for key in d["key"].tolist()]
    seen = d["worth"].copy()
    if c.delay:
        seen = d["past"][:, week % c.delay].copy()
        d["past"][:, week % c.delay] = d["worth"]
    d["measured"][:] = seen + c.noise * (1 - d["insight"][:, None]) * d["error"]
    for a, firm in enumerate(x["firm"]):
        scope = np.array([a]) if a < D else np.flatnonzero(d["firm"] == firm)
        whole = max(1e-9, (d["size"] * d["fit"].sum(axis=1))[scope].sum())
        outcome = clip((d["size"] * d["measured"].sum(axis=1))[scope].sum() / (c.good * whole), 0.0, 1.0)
        active = (d["practised"] * d["fit"])[scope].sum() / whole
        x["evidence"][a] = c.focus * outcome + (1 - c.focus) * c.followers * active
