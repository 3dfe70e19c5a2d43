"""Adoption: how people come to know of a practice, try it, make it routine, and let it go."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.kernels import kernel
from sim.luck import combine, draw, half, logistic, pair, word
from sim.mechanisms.base import Mechanism
from sim.parameters import parameter, rate, share, weight
from sim.tables import AWARE, CLEARED, LAPSED, NOT_ASKED, ROUTINE, TRYING, UNAWARE

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
        threshold = self.threshold + self.threshold_spread * org.luck.normal("threshold", e.key)
        e.threshold[:] = np.clip(threshold, self.threshold_least, self.threshold_most)
        luck = org.luck.uniform("pioneers", combine(e.key[:, None], org.practices.key[None, :]))
        pioneers = (luck < org.practices.pioneers) & org.departments.owner[e.department, None]
        rows, practices = np.nonzero(pioneers)
        org.move(rows, practices, rung=TRYING, way=org.departments.habit[e.department[rows], practices])

    def step(self, org: Organisation) -> None:
        """Everybody climbs, stays or lapses by last week's exposure."""
        e, d, p, changes = org.employees, org.departments, org.practices, org.changes
        changes.count = climb(
            self._coefficients, org.week, org.luck.stream("adoption", org.week),
            org.luck.stream("blocking", org.week), p.effort, p.risk,
            d.open, d.lead, d.technology, d.budget, d.fit, d.alignment, d.gated, d.habit, org.experienced, p.gated,
            e.key, e.department, e.manager, e.threshold, e.fluency, e.guidance, e.training, e.belief, e.exposure,
            e.rung, e.practising, e.way, e.asked, e.approved, org.requests,
            changes.cell, changes.rung, changes.way,
        )  # fmt: skip
        org.settle()

    @cached_property
    def _coefficients(self) -> Coefficients:
        return Coefficients(*(getattr(self, name) for name in Coefficients._fields))


class Coefficients(NamedTuple):
    """The parameters that the kernel reads, under the names of the scenario's keys."""

    push: float
    word_of_mouth: float
    announcement: float
    attempt: float
    exposure_weight: float
    belief_weight: float
    belief_reference: float
    fluency_weight: float
    lead_weight: float
    lead_reference: float
    guidance_weight: float
    guidance_reference: float
    effort_weight: float
    risk_weight: float
    fit_weight: float
    fit_reference: float
    hurdle: float
    blocking: float
    settle: float
    settle_belief: float
    settle_worth: float
    lapse_trying: float
    lapse_trying_lead: float
    lapse_routine: float
    lapse_routine_lead: float
    lapse_routine_fluency: float
    starved_below: float
    relearn: float


@kernel(inline="always")
def blocked(chance, stream, key, boss, k, practising):
    """Whether a manager who does not practise stands in the way of a try this week."""
    return boss >= 0 and not practising[boss, k] and draw(word(stream, key), k) < chance


@kernel
def climb(
    c, week, stream, blocking_stream, effort, risk, opened, lead, technology, budget, fit, alignment, gated, habit,
    experienced, needs_approval, key, department, manager, threshold, fluency, guidance, training, belief, exposure,
    rung, practising, way, asked, approved, requests, changed, new_rung, new_way,
):  # fmt: skip
    """Write into `changed`, `new_rung` and `new_way` who moves to which rung; the number of them.

    One draw decides a cell's week. It is compared with the most that the chance can be on the cell's rung before anything
    is worked out: nineteen cells in twenty are done with there.
    """
    n, practices = rung.shape
    count = 0
    up_most = c.settle * (c.settle_belief + 1.0) * (c.settle_worth + 1.0)
    most = np.empty(5)
    most[AWARE], most[LAPSED] = c.attempt, c.relearn
    for i in range(n):
        d = department[i]
        person = word(stream, key[i])
        led, taught, guided, fluent = lead[d], training[i], guidance[i], fluency[i]
        heard = (c.push + c.announcement * led * taught) * opened[d]
        starved = 1.0 + max(0.0, c.starved_below - budget[d])
        most[UNAWARE] = heard
        most[TRYING] = up_most * fluent + c.lapse_trying * (1.0 - c.lapse_trying_lead * led) * starved
        fading = (
            c.lapse_routine
            * (1.0 - c.lapse_routine_lead * led)
            * (1.0 - c.lapse_routine_fluency * fluent)
            * starved
        )
        most[ROUTINE] = fading
        bits = person
        for k in range(practices):
            if k % 2 == 0:
                bits = pair(person, k)
            u = half(bits, k)
            now = rung[i, k]
            told = c.word_of_mouth * exposure[i, k] * (now == UNAWARE)
            if u >= most[now] + told and asked[i, k] != CLEARED:
                continue
            to = now
            if now == UNAWARE:
                to = AWARE
            elif now == AWARE or now == LAPSED:
                if asked[i, k] != NOT_ASKED:
                    if asked[i, k] == CLEARED:
                        asked[i, k] = NOT_ASKED
                        to = TRYING
                else:
                    z = (
                        c.exposure_weight * (exposure[i, k] - threshold[i])
                        + c.belief_weight * (belief[i, k] - c.belief_reference)
                        + c.fluency_weight * fluent + c.lead_weight * (led - c.lead_reference)
                        + c.guidance_weight * (guided - c.guidance_reference)
                        - c.effort_weight * effort[k] * (1.0 - technology[d]) - c.risk_weight * risk[k] * (1.0 - guided)
                        + c.fit_weight * (fit[d, k] * alignment[d] - c.fit_reference) - c.hurdle
                    )  # fmt: skip
                    if u >= most[now] * logistic(z):
                        continue
                    if now == LAPSED:
                        to = AWARE
                    elif blocked(c.blocking, blocking_stream, key[i], manager[i], k, practising):
                        continue
                    elif needs_approval[k] and gated[d] and approved[i, k] < week:
                        asked[i, k] = week
                        requests[0] += 1
                    else:
                        to = TRYING
            else:
                b = belief[i, k]
                up = 0.0
                if now == TRYING:
                    worth = experienced[d, k, way[i, k]]
                    up = c.settle * fluent * (c.settle_belief + b) * (c.settle_worth + worth)
                    down = c.lapse_trying * (1.0 - c.lapse_trying_lead * led) * starved
                else:
                    down = fading
                if u < up:
                    to = ROUTINE
                elif u < up + down * (1.0 - b):
                    to = LAPSED
            if to != now:
                changed[count] = i * practices + k
                new_rung[count] = to
                new_way[count] = habit[d, k] if to == TRYING else way[i, k]
                count += 1
    return count
