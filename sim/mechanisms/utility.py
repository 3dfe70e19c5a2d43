"""The rule `utility` of adoption, as a loop over everybody."""

from __future__ import annotations

import numpy as np

from sim.kernels import fetch, kernel
from sim.luck import branch, drawn, greatest_lot, logistic, lots_of, unit, word
from sim.tables import AWARE, LAPSED, MOVES, NOT_ASKED, ROUTINE, TRYING, UNAWARE, staff_of
from sim.ties import AHEAD, FAR
from sim.wings import people, rooms


@kernel
def climb(rules, week, luck, org, thread):
    """Write into `changes` who of a thread's wing moves to which rung; how many ask for approval.

    One draw decides a cell's week. Its lot is first held against the most that the chance can be on the cell's rung: nine
    cells in ten are done with there.
    """
    c, e, d, p = rules.adoption[0], org.employees, org.departments, org.practices
    n = e.rung.shape[1]
    changes, found, start = org.changes, org.wings.found[thread.number], people(thread, org)[0]
    key, threshold, fluency, guidance, training = e.key, e.threshold, e.fluency, e.guidance, e.training
    first, size, leads, opens, budget, technology = d.first, d.size, d.lead, d.open, d.budget, d.technology
    fit, alignment, needs_approval, gated, habit, ease = d.fit, d.alignment, p.gated, d.gated, d.habit, d.ease
    backing = d.backing
    experienced, manager, effort, risk = d.experienced, e.manager, p.effort, p.risk
    may, candidates, most = np.empty(n, np.bool_), np.empty(n, np.int64), np.empty(5, np.uint8)
    asking, all_lots = 0, lots_of(luck, week, MOVES, e.moves, org, thread)
    for k in range(len(e.rung)):
        rung, asked, approved, way = e.rung[k], e.asked[k], e.approved[k], e.way[k]
        exposure, belief, led = e.exposure[k], e.belief[k], e.led[k]
        own, lots, cleared = branch(luck, k), all_lots[k], e.cleared[k]
        changed, new_rung, new_way = (
            changes.employee[k, start:],
            changes.rung[k, start:],
            changes.way[k, start:],
        )
        blocks, count = branch(own, 0), 0
        for here in rooms(thread, org):
            lead, opened = leads[here], opens[here]
            starved = 1.0 + max(0.0, c.starved_below - budget[here] * backing[here, k])
            announced = c.announcement * lead
            dropping = c.lapse_trying * (1.0 - c.lapse_trying_lead * lead) * starved
            fading = c.lapse_routine * (1.0 - c.lapse_routine_lead * lead) * starved
            tools = min(1.0, technology[here] * backing[here, k])
            offer = (
                c.lead_weight * (lead - c.lead_reference) - c.effort_weight * effort[k] * (1.0 - tools) * ease[here, k]
                + c.fit_weight * (fit[here, k] * alignment[here] - c.fit_reference) - c.hurdle
            )  # fmt: skip
            gate = needs_approval[k] and gated[here]
            most[UNAWARE] = greatest_lot((c.push + announced) * opened + c.word_of_mouth)
            most[AWARE], most[LAPSED] = greatest_lot(c.attempt), greatest_lot(c.relearn)
            most[ROUTINE] = greatest_lot(fading)
            most[TRYING] = greatest_lot(
                c.settle * (c.settle_belief + 1.0) * (c.settle_worth + 1.0) + dropping
            )
            some = may_move(lots, most, rung, cleared, first, size, here, may, candidates)
            for at in range(some):
                if n > FAR and at + AHEAD < some:
                    soon = candidates[at + AHEAD]
                    fetch(key, soon)
                    fetch(training, soon)
                    fetch(exposure, soon)
                    fetch(belief, soon)
                    fetch(fluency, soon)
                    fetch(threshold, soon)
                    fetch(guidance, soon)
                    fetch(manager, soon)
                    fetch(led, soon)
                    fetch(asked, soon)
                    fetch(way, soon)
                i = candidates[at]
                u, now = drawn(lots[i], word(own, key[i])), rung[i]
                to = now
                if now == UNAWARE:
                    heard = (c.push + announced * training[i]) * opened
                    if u < heard + c.word_of_mouth * exposure[i]:
                        to = AWARE
                elif now == TRYING or now == ROUTINE:
                    b, f = belief[i], fluency[i]
                    up, down = 0.0, fading * (1.0 - c.lapse_routine_fluency * f)
                    if now == TRYING:
                        worth = experienced[here, k, way[i]]
                        up, down = c.settle * f * (c.settle_belief + b) * (c.settle_worth + worth), dropping
                    if u < up:
                        to = ROUTINE
                    elif u < up + down * (1.0 - b):
                        to = LAPSED
                elif cleared[i]:
                    cleared[i] = 0
                    to = TRYING
                elif asked[i] == NOT_ASKED:
                    z = (
                        offer + c.exposure_weight * (exposure[i] - threshold[i])
                        + c.belief_weight * (belief[i] - c.belief_reference) + c.fluency_weight * fluency[i]
                        + c.guidance_weight * (guidance[i] - c.guidance_reference)
                        - c.risk_weight * risk[k] * (1.0 - guidance[i])
                    )  # fmt: skip
                    if u >= (c.attempt if now == AWARE else c.relearn) * logistic(z):
                        continue
                    if now == LAPSED:
                        to = AWARE
                    elif manager[i] >= 0 and not led[i] and unit(word(blocks, key[i])) < c.blocking:
                        continue
                    elif gate and approved[i] < week:
                        asked[i] = week
                        asking += 1
                    else:
                        to = TRYING
                if to != now:
                    changed[count], new_rung[count] = i, to
                    new_way[count] = habit[here, k] if to == TRYING else way[i]
                    count += 1
        found[k] = count
    return asking


@kernel
def may_move(lots, most, rung, cleared, first, size, here, may, candidates):
    """Write into `candidates` the rows of a department whose lot is low enough for a move, or who are cleared; their number.

    Bytes alone and no branch, so that the machine looks at many people at once; `may`, bool[n], is room for what it sees.
    """
    unaware, aware, trying, routine, lapsed = most[0], most[1], most[2], most[3], most[4]
    for i in staff_of(first, size, here):
        now = rung[i]
        bound = aware if now == AWARE else unaware
        bound = trying if now == TRYING else bound
        bound = routine if now == ROUTINE else bound
        bound = lapsed if now == LAPSED else bound
        may[i] = (lots[i] <= bound) | (cleared[i] != 0)
    count = 0
    for i in staff_of(first, size, here):
        candidates[count] = i
        count += may[i]
    return count
