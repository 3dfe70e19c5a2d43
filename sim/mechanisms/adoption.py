"""Adoption: how people come to know of a practice, try it, make it routine, and let it go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from sim.kernels import kernel
from sim.luck import combine, normal, recast, word
from sim.mechanisms.base import Mechanism
from sim.mechanisms.contagion import COUNT, HAZARD, SHARE, UTILITY, spread
from sim.mechanisms.utility import climb
from sim.parameters import parameter, rate, share, weight
from sim.tables import MOVES, TRYING
from sim.tally import settle
from sim.wings import together

if TYPE_CHECKING:
    from sim.organisation import Organisation

TRIAL = "assumed: a trial's starting value"


class Adoption(Mechanism):
    """Unaware, aware, trying, routine and lapsed, by one of three rules (claims 13, 39, 53, 54, 80).

    By `utility` people hear of a practice, weigh it, try it, behind the approval queue and their manager, and make it
    routine or let it go. `hazard` and `threshold` are the rules of the textbooks: whoever does not practise may try
    at once, unaware or not, so that the rung of being aware is passed over; lead, belief, fit, approval and managers
    count for nothing; and who tries goes on trying unless `routine` or `lapse` says otherwise. Pioneers belong to
    every rule. Every parameter says which rules read it; the others do not mind its value.
    """

    rule: Literal["utility", "hazard", "threshold"] = parameter(
        "utility", "how people decide to try", source="claims 13, 80; Bass 1969; Granovetter 1978"
    )
    threshold_of: Literal["share", "count"] = parameter(
        "share",
        "threshold rule: a share of those one sees, or a number of contacts",
        source="Granovetter 1978",
    )
    threshold: float = share(
        0.35,
        "utility, threshold by share: mean exposure at which peers stop holding one back",
        source="assumed: a trial's starting value",
    )
    threshold_spread: float = share(
        0.12,
        "utility, threshold by share: its standard deviation between employees",
        source="assumed; claim 80",
    )
    threshold_least: float = share(
        0.02, "utility, threshold by share: least threshold", source="assumed: a trial's starting value"
    )
    threshold_most: float = share(
        0.95, "utility, threshold by share: greatest threshold", source="assumed: a trial's starting value"
    )
    contacts: float = parameter(
        2.0,
        "threshold by count: mean number of practising contacts at which one tries",
        unit="people",
        source="assumed: the least that is more than one",
        ge=0,
        le=10_000,
    )
    contacts_spread: float = parameter(
        0.0, "threshold by count: its standard deviation between employees", unit="people", ge=0, le=10_000
    )
    external: float = parameter(
        0.0006, "hazard: chance of trying from outside, in open departments", unit="1/week",
        source="Bass 1969's p; assumed: .03 a year", ge=0, le=10,
    )  # fmt: skip
    internal: float = parameter(
        0.0073, "hazard: chance of trying, times exposure", unit="1/week",
        source="Bass 1969's q; assumed: .38 a year", ge=0, le=10,
    )  # fmt: skip
    routine: float = rate(0.0, "hazard, threshold: trying to routine")
    lapse: float = rate(0.0, "hazard, threshold: lapse from trying or routine")
    push: float = rate(0.004, "utility: chance of hearing of a practice from outside", source=TRIAL)
    word_of_mouth: float = rate(0.10, "utility: chance of hearing of it, times exposure", source=TRIAL)
    announcement: float = rate(
        0.04, "utility: chance of hearing of it, times lead and training", source=TRIAL
    )
    attempt: float = rate(0.12, "utility: most likely weekly try of one who is aware", source=TRIAL)
    exposure_weight: float = weight(3.5, "utility: exposure above threshold", source=TRIAL)
    belief_weight: float = weight(2.2, "utility: belief above its reference", source=TRIAL)
    belief_reference: float = share(0.4, "utility: belief that neither helps nor hinders", source=TRIAL)
    fluency_weight: float = weight(1.5, "utility: fluency", source=TRIAL)
    lead_weight: float = weight(2.3, "utility: lead above its reference", source=TRIAL)
    lead_reference: float = share(0.4, "utility: lead that neither helps nor hinders", source=TRIAL)
    guidance_weight: float = weight(0.8, "utility: guidance above its reference", source=TRIAL)
    guidance_reference: float = share(0.3, "utility: guidance that neither helps nor hinders", source=TRIAL)
    effort_weight: float = weight(2.0, "utility: effort that technology leaves", source=TRIAL)
    risk_weight: float = weight(2.0, "utility: risk that guidance leaves", source=TRIAL)
    fit_weight: float = weight(1.0, "utility: fit times alignment above its reference", source=TRIAL)
    fit_reference: float = share(
        0.45, "utility: fit times alignment that neither helps nor hinders", source=TRIAL
    )
    hurdle: float = parameter(
        1.6, "utility: what stands against any new practice", unit="logit", source=TRIAL, ge=-10, le=10
    )
    blocking: float = share(
        0.1, "utility: chance that a manager who does not practise blocks a try", source="claim 54; assumed"
    )
    settle: float = rate(0.06, "utility: trying to routine, by fluency, belief and worth", source=TRIAL)
    settle_belief: float = share(0.3, "utility: part of it that needs no belief", source=TRIAL)
    settle_worth: float = share(0.5, "utility: part of it that needs no experienced worth", source=TRIAL)
    lapse_trying: float = rate(0.03, "utility: lapse from trying without belief or lead", source=TRIAL)
    lapse_trying_lead: float = share(0.5, "utility: part of that which lead prevents", source=TRIAL)
    lapse_routine: float = rate(
        0.05,
        "utility: lapse from routine without belief, lead or fluency",
        source="assumed: a trial's starting value: with it a sponsor's leaving can undo adoption",
    )
    lapse_routine_lead: float = share(
        0.95,
        "utility: part of that which lead prevents",
        source="assumed: a trial's starting value: with it a sponsor's leaving can undo adoption",
    )
    lapse_routine_fluency: float = share(
        0.5,
        "utility: part of that which fluency prevents",
        source="assumed: a trial's starting value: with it a sponsor's leaving can undo adoption",
    )
    starved_below: float = parameter(0.5, "utility: budget below which people lapse faster", unit="units/head/year",
                                     source=TRIAL, ge=0, le=2)  # fmt: skip
    relearn: float = rate(
        0.03, "utility: most likely weekly return of one who has lapsed to being aware", source=TRIAL
    )

    derived = {"by": (int, lambda self: UTILITY if self.rule == "utility" else HAZARD if self.rule == "hazard"
                      else COUNT if self.threshold_of == "count" else SHARE)}  # fmt: skip

    def build(self, org: Organisation) -> None:
        """Draw thresholds, and let the pioneers of the owner departments try."""
        e = org.employees
        self.welcome(org, np.arange(e.rows))
        owners = np.flatnonzero(org.departments.owner[e.department])
        luck = org.luck.uniform("pioneers", combine(e.key[owners], org.practices.key[:, None]))
        practices, pioneers = np.nonzero(luck < org.practices.pioneers[:, None])
        rows = owners[pioneers]
        org.move(rows, practices, rung=TRYING, way=org.departments.habit[e.department[rows], practices])
        e.began[:] = 0  # pioneers have a way: their department's


@Adoption.together
@kernel
def adopt(rules, week, luck, org, thread):
    """Everybody climbs, stays or lapses by last week's practitioners."""
    asking = 0
    if rules.adoption[0].by == UTILITY:
        asking = climb(rules, week, luck, org, thread)
    else:
        spread(rules, luck, org, thread)
    asking = together(thread, org, asking)
    if thread.number == 0:
        org.requests[0] += asking
    settle(week, org, thread)
    return False


@Adoption.welcoming
@kernel
def come_in(rules, luck, rows, org):
    """Thresholds of the people in these rows, int64[n], and their lots of the weeks for which lots are cast."""
    c, e = rules.adoption[0], org.employees
    key, threshold = e.key, e.threshold
    recast(luck, org.whole.now[0].week, org.whole.cast[MOVES], key, rows, e.moves)
    for i in rows:
        drawn = normal(word(luck, key[i]))
        if c.by == COUNT:
            threshold[i] = max(0.0, c.contacts + c.contacts_spread * drawn)
        else:
            least, most = c.threshold_least, c.threshold_most
            threshold[i] = min(max(c.threshold + c.threshold_spread * drawn, least), most)
