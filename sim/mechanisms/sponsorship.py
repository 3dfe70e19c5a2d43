"""Sponsorship: executives come to understand, back, or cool on the practices, and lend them their lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.kernels import kernel
from sim.luck import combine, key_of
from sim.mechanisms.base import Mechanism
from sim.parameters import parameter, rate, share, weight

if TYPE_CHECKING:
    from sim.organisation import Organisation

TRIAL = "assumed: a trial's starting value"


class Sponsorship(Mechanism):
    """Engagement that grows by use, evidence, company and a named sponsor, and falls by disappointment.

    Without a named sponsor evidence moves an executive little; otherwise engagement heals itself and nothing ever
    collapses (claims 47, 48, 50, 51).
    """

    engagement: float = share(
        0.35, "mean engagement of the executives at the start", source="claim 49, swept"
    )
    spread: float = share(0.08, "standard deviation of that engagement between executives")
    understanding: float = share(0.5, "most that an executive understands at the start (uniform from 0)")
    style: float = share(0.5, "0 directive .. 1 guiding")
    sponsor_week: int | None = parameter(
        None, "week in which a sponsor is named; left out (or false): never", unit="week", ge=1
    )
    sponsor_engagement: float = share(0.7, "engagement that the sponsor brings at naming, if above their own")
    learn_by_activity: float = rate(0.004, "understanding gained from activity in one's scope", source=TRIAL)
    learn_by_use: float = rate(0.02, "understanding gained by practising oneself", source=TRIAL)
    evidence_pull: float = rate(0.02, "engagement gained from evidence, by understanding", source=TRIAL)
    evidence_full: float = weight(2.5, "evidence x this saturates at 1", source=TRIAL)
    unsponsored: float = share(0.2, "share of that gain that is left while no sponsor is named")
    company: float = rate(0.012, "drift towards the executives' mean engagement", source=TRIAL)
    sponsor_pull: float = rate(0.03, "pull up to the sponsor's engagement", source=TRIAL)
    disappointment: float = rate(
        0.08, "engagement lost when evidence falls short of what is expected", source=TRIAL
    )
    expectation: float = share(
        0.4, "return asked for per unit of budget, once patience is over", source=TRIAL
    )
    patience: float = parameter(
        78.0, "weeks until the full return is expected", unit="weeks", source=TRIAL, gt=0
    )
    head_weight: float = share(
        0.6, "the head's part in the lead that staff feel; the top has the rest", source=TRIAL
    )
    directive_lead: float = share(0.6, "part of the lead that a directive style leaves", source=TRIAL)

    def build(self, org: Organisation) -> None:
        """Draw the executives' engagement and understanding as they stand at week 0."""
        executives = org.executives
        own = combine(org.employees.key[executives.person], (executives.scope + 1).astype(np.uint64))
        engagement = self.engagement + self.spread * org.luck.normal("sponsorship", own)
        executives.engagement[:] = np.clip(engagement, 0.0, 1.0)
        executives.style[:] = self.style
        own = combine(own, np.uint64(key_of("understanding")))
        executives.understanding[:] = self.understanding * org.luck.uniform("sponsorship", own)
        self.lead(org)

    def step(self, org: Organisation) -> None:
        """Move understanding and engagement by one week, then the lead that departments feel."""
        x, d = org.executives, org.departments
        if org.week == self.sponsor_week:
            self.name_sponsor(org)
        back_or_cool(
            self.learn_by_activity, self.learn_by_use, self.evidence_pull if org.sponsored else
            self.evidence_pull * self.unsponsored, self.evidence_full, self.company, self.sponsor_pull * org.sponsored,
            org.sponsor_pull, self.disappointment, self.expectation * min(1.0, org.week / self.patience),
            d.activity, d.budget, d.size, x.staff, x.person, org.employees.breadth, x.evidence, x.expected,
            x.understanding, x.engagement,
        )  # fmt: skip
        self.lead(org)

    def name_sponsor(self, org: Organisation) -> None:
        """The most engaged executive becomes the sponsor; the pull is their engagement at naming."""
        x = org.executives
        sponsor = int(np.argmax(x.engagement))
        x.engagement[sponsor] = max(x.engagement[sponsor], self.sponsor_engagement)
        x.sponsor[sponsor] = True
        org.sponsored, org.sponsor_pull = True, float(x.engagement[sponsor])

    def lead(self, org: Organisation) -> None:
        """Lead felt in each department: its head's and the top's engagement, more if they guide."""
        x = org.executives
        feel_lead(self.head_weight, self.directive_lead, x.engagement, x.style, org.departments.lead)


@kernel
def back_or_cool(
    by_activity, by_use, by_evidence, evidence_full, company, by_sponsor, pull, disappointment, expectation,
    activity, budget, size, staff, person, breadth, evidence, expected, understanding, engagement,
):  # fmt: skip
    """Understanding and engagement of the heads and, last, the top executive, one week on."""
    executives = len(engagement)
    mean = 0.0
    for x in range(executives):
        mean += engagement[x] / executives
    all_active, all_money = 0, 0.0
    for x in range(executives):
        active, money = all_active, all_money
        if x < executives - 1:
            active, money = activity[x], budget[x] * size[x]
            all_active += active
            all_money += money
        u, g = understanding[x], engagement[x]
        expected[x] = expectation * money / staff[x]
        change = by_evidence * u * (1.0 - g) * min(1.0, evidence_full * evidence[x]) + company * (mean - g)
        change += by_sponsor * max(0.0, pull - g) - disappointment * max(0.0, expected[x] - evidence[x]) * g
        understanding[x] = u + (by_activity * active / staff[x] + by_use * (breadth[person[x]] > 0)) * (
            1.0 - u
        )
        engagement[x] = min(1.0, max(0.0, g + change))


@kernel
def feel_lead(head_weight, directive_lead, engagement, style, lead):
    """Lead felt in each department: its head's and the top's engagement, more if they guide."""
    for d in range(len(lead)):
        engaged = head_weight * engagement[d] + (1.0 - head_weight) * engagement[-1]
        guiding = head_weight * style[d] + (1.0 - head_weight) * style[-1]
        lead[d] = engaged * (directive_lead + (1.0 - directive_lead) * guiding)
