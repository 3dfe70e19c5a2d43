"""Adoption: how people come to know of a practice, try it, make it routine, and let it go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.kernels import kernel
from sim.luck import branch, combine, draws, logistic, unit, word
from sim.mechanisms.base import Mechanism
from sim.parameters import parameter, rate, share, weight
from sim.tables import AWARE, CLEARED, LAPSED, NOT_ASKED, ROUTINE, TRYING, UNAWARE, staff_of

if TYPE_CHECKING:
    from sim.organisation import Organisation

TRIAL = "assumed: a trial's starting value"


class Adoption(Mechanism):
    """The `utility` rule: unaware, aware, trying, routine and lapsed (claims 13, 39, 53, 54, 80)."""

    threshold: float = share(
        0.35, "mean exposure at which peers stop holding one back", source="assumed: a trial's starting value"
    )
    threshold_spread: float = share(
        0.12, "its standard deviation between employees", source="assumed; claim 80"
    )
    threshold_least: float = share(0.02, "least threshold", source="assumed: a trial's starting value")
    threshold_most: float = share(0.95, "greatest threshold", source="assumed: a trial's starting value")
    push: float = rate(0.004, "chance of hearing of a practice from outside", source=TRIAL)
    word_of_mouth: float = rate(0.10, "chance of hearing of it, times exposure", source=TRIAL)
    announcement: float = rate(0.04, "chance of hearing of it, times lead and training", source=TRIAL)
    attempt: float = rate(0.12, "most likely weekly try of one who is aware", source=TRIAL)
    exposure_weight: float = weight(3.5, "exposure above threshold", source=TRIAL)
    belief_weight: float = weight(2.2, "belief above its reference", source=TRIAL)
    belief_reference: float = share(0.4, "belief that neither helps nor hinders", source=TRIAL)
    fluency_weight: float = weight(1.5, "fluency", source=TRIAL)
    lead_weight: float = weight(2.3, "lead above its reference", source=TRIAL)
    lead_reference: float = share(0.4, "lead that neither helps nor hinders", source=TRIAL)
    guidance_weight: float = weight(0.8, "guidance above its reference", source=TRIAL)
    guidance_reference: float = share(0.3, "guidance that neither helps nor hinders", source=TRIAL)
    effort_weight: float = weight(2.0, "effort that technology leaves", source=TRIAL)
    risk_weight: float = weight(2.0, "risk that guidance leaves", source=TRIAL)
    fit_weight: float = weight(1.0, "fit times alignment above its reference", source=TRIAL)
    fit_reference: float = share(0.45, "fit times alignment that neither helps nor hinders", source=TRIAL)
    hurdle: float = parameter(
        1.6, "what stands against any new practice", unit="logit", source=TRIAL, ge=-10, le=10
    )
    blocking: float = share(
        0.1, "chance that a manager who does not practise blocks a try", source="claim 54; assumed"
    )
    settle: float = rate(0.06, "trying to routine, by fluency, belief and worth", source=TRIAL)
    settle_belief: float = share(0.3, "part of it that needs no belief", source=TRIAL)
    settle_worth: float = share(0.5, "part of it that needs no experienced worth", source=TRIAL)
    lapse_trying: float = rate(0.03, "lapse from trying without belief or lead", source=TRIAL)
    lapse_trying_lead: float = share(0.5, "part of that which lead prevents", source=TRIAL)
    lapse_routine: float = rate(
        0.05,
        "lapse from routine without belief, lead or fluency",
        source="assumed: a trial's starting value: with it a sponsor's leaving can undo adoption",
    )
    lapse_routine_lead: float = share(
        0.95,
        "part of that which lead prevents",
        source="assumed: a trial's starting value: with it a sponsor's leaving can undo adoption",
    )
    lapse_routine_fluency: float = share(
        0.5,
        "part of that which fluency prevents",
        source="assumed: a trial's starting value: with it a sponsor's leaving can undo adoption",
    )
    starved_below: float = parameter(0.5, "budget below which people lapse faster", unit="units/head/year",
                                     source=TRIAL, ge=0, le=2)  # fmt: skip
    relearn: float = rate(
        0.03, "most likely weekly return of one who has lapsed to being aware", source=TRIAL
    )

    def build(self, org: Organisation) -> None:
        """Draw thresholds, and let the pioneers of the owner departments try."""
        e = org.employees
        self.welcome(org, np.arange(e.rows))
        luck = org.luck.uniform("pioneers", combine(e.key[None, :], org.practices.key[:, None]))
        pioneers = (luck < org.practices.pioneers[:, None]) & org.departments.owner[e.department]
        practices, rows = np.nonzero(pioneers)
        org.move(rows, practices, rung=TRYING, way=org.departments.habit[e.department[rows], practices])

    def welcome(self, org: Organisation, rows: np.ndarray) -> None:
        """Draw newcomers' thresholds."""
        e = org.employees
        threshold = self.threshold + self.threshold_spread * org.luck.normal("threshold", e.key[rows])
        e.threshold[rows] = np.clip(threshold, self.threshold_least, self.threshold_most)

    def step(self, org: Organisation) -> None:
        """Everybody climbs, stays or lapses by last week's exposure."""
        luck, blocking = org.luck.stream("adoption", org.week), org.luck.stream("blocking", org.week)
        org.settle(climb(self.coefficients, org.week, luck, blocking, org.state))


@kernel
def climb(coefficients, week, stream, blocking_stream, org):
    """Write into `changes` who moves to which rung; the number of them.

    One draw decides a cell's week. It is first compared with the most that the chance can be on the cell's rung:
    nineteen cells in twenty are done with there.
    """
    c, e, d, p = coefficients[0], org.employees, org.departments, org.practices
    n = e.rung.shape[1]
    changed_practice, changed, new_rung, new_way = org.changes
    key, threshold, fluency, guidance, training = e.key, e.threshold, e.fluency, e.guidance, e.training
    first, size, leads, opens, budget, technology = d.first, d.size, d.lead, d.open, d.budget, d.technology
    fit, alignment, needs_approval, gated, habit = d.fit, d.alignment, p.gated, d.gated, d.habit
    experienced, manager, requests, effort, risk = d.experienced, e.manager, org.requests, p.effort, p.risk
    luck, moved = np.empty(n), np.empty(n, np.bool_)
    most = np.empty(5)
    count = 0
    for k in range(len(e.rung)):
        rung, asked, approved, way = e.rung[k], e.asked[k], e.approved[k], e.way[k]
        exposure, belief, led = e.exposure[k], e.belief[k], e.led[k]
        blocks = branch(blocking_stream, k)
        draws(branch(stream, k), key, luck)
        for here in range(len(size)):
            lead, opened = leads[here], opens[here]
            starved = 1.0 + max(0.0, c.starved_below - budget[here])
            announced = c.announcement * lead
            dropping = c.lapse_trying * (1.0 - c.lapse_trying_lead * lead) * starved
            fading = c.lapse_routine * (1.0 - c.lapse_routine_lead * lead) * starved
            offer = (
                c.lead_weight * (lead - c.lead_reference) - c.effort_weight * effort[k] * (1.0 - technology[here])
                + c.fit_weight * (fit[here, k] * alignment[here] - c.fit_reference) - c.hurdle
            )  # fmt: skip
            gate = needs_approval[k] and gated[here]
            most[UNAWARE] = (c.push + announced) * opened
            most[AWARE], most[LAPSED], most[ROUTINE] = c.attempt, c.relearn, fading
            most[TRYING] = c.settle * (c.settle_belief + 1.0) * (c.settle_worth + 1.0) + dropping
            may_move(luck, most, c.word_of_mouth, rung, exposure, asked, first, size, here, moved)
            for i in staff_of(first, size, here):
                if not moved[i]:
                    continue
                u, now = luck[i], rung[i]
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
                elif asked[i] == CLEARED:
                    asked[i] = NOT_ASKED
                    to = TRYING
                elif asked[i] == NOT_ASKED:
                    z = (
                        offer + c.exposure_weight * (exposure[i] - threshold[i])
                        + c.belief_weight * (belief[i] - c.belief_reference) + c.fluency_weight * fluency[i]
                        + c.guidance_weight * (guidance[i] - c.guidance_reference)
                        - c.risk_weight * risk[k] * (1.0 - guidance[i])
                    )  # fmt: skip
                    if u >= most[now] * logistic(z):
                        continue
                    if now == LAPSED:
                        to = AWARE
                    elif manager[i] >= 0 and not led[i] and unit(word(blocks, key[i])) < c.blocking:
                        continue
                    elif gate and approved[i] < week:
                        asked[i] = week
                        requests[0] += 1
                    else:
                        to = TRYING
                if to != now:
                    changed_practice[count], changed[count] = k, i
                    new_rung[count] = to
                    new_way[count] = habit[here, k] if to == TRYING else way[i]
                    count += 1
    return count


@kernel
def may_move(luck, most, by_exposure, rung, exposure, asked, first, size, here, moved):
    """Whose draw is below the most that the chance of a move can be; without a branch, so that it is fast."""
    unaware, aware, trying, routine, lapsed = most[0], most[1], most[2], most[3], most[4]
    for i in staff_of(first, size, here):
        now = rung[i]
        bound = unaware + by_exposure * exposure[i]
        bound = aware if now == AWARE else bound
        bound = trying if now == TRYING else bound
        bound = routine if now == ROUTINE else bound
        bound = lapsed if now == LAPSED else bound
        moved[i] = (luck[i] < bound) | (asked[i] == CLEARED)
