"""Sponsorship: executives come to understand, back, or cool on the practices, and lend them their lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.luck import combine, key_of
from sim.mechanisms.base import Mechanism
from sim.parameters import parameter, rate, share, weight

if TYPE_CHECKING:
    from sim.organisation import Organisation

TRIAL = "model.md, sponsorship; starting value from a trial"


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
        None, "week in which a sponsor is named; left out (or false): never", unit="week", ge=0
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
        x = org.executives
        if org.week == self.sponsor_week:
            self.name_sponsor(org)
        u, g = x.understanding, x.engagement
        activity = org.by_scope(org.departments.activity) / x.staff
        uses = org.employees.breadth[x.person] > 0
        x.expected[:] = self.expectation * org.budget_by_scope() * min(1.0, org.week / self.patience)
        convinced = self.evidence_pull * u * (1.0 - g) * np.minimum(1.0, self.evidence_full * x.evidence)
        change = self.company * (g.sum() / len(g) - g)
        if org.sponsored:
            change += convinced + self.sponsor_pull * np.maximum(0.0, org.sponsor_pull - g)
        else:
            change += self.unsponsored * convinced
        change -= self.disappointment * np.maximum(0.0, x.expected - x.evidence) * g
        u += (self.learn_by_activity * activity + self.learn_by_use * uses) * (1.0 - u)
        g[:] = np.maximum(0.0, np.minimum(1.0, g + change))
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
        heads, top = x.engagement[:-1], x.engagement[-1]
        engaged = self.head_weight * heads + (1.0 - self.head_weight) * top
        style = self.head_weight * x.style[:-1] + (1.0 - self.head_weight) * x.style[-1]
        org.departments.lead[:] = engaged * (self.directive_lead + (1.0 - self.directive_lead) * style)
