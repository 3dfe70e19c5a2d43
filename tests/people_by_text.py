"""Adoption and ways as docs/model.md tells them in its sections 7.16 and 7.17, in plain Python."""

import math

from sim.tables import AWARE, LAPSED, NOT_ASKED, ROUTINE, TRYING, UNAWARE
from tests.by_text import branch, by_lot, stream, unit, word


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
