"""Sponsorship: executives come to understand, back, or cool on the practices, and lend them their lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.kernels import kernel
from sim.luck import branch, key_of, key_with, normal, unit, word
from sim.mechanisms.base import Mechanism
from sim.parameters import parameter, rate, share, weight

if TYPE_CHECKING:
    from sim.organisation import Organisation

TRIAL = "assumed: a trial's starting value"
_UNDERSTANDING = np.uint64(key_of("understanding"))


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
    successor_support: float = share(
        0.8,
        "chance that a successor is engaged, per unit of mean engagement of the executives who stay",
        source="assumed; with less, sponsorship washes out in six years",
    )
    successor_engagement: float = share(
        0.7, "least engagement of an engaged successor; others' is drawn as at the start"
    )
    successor_sponsors: float = share(
        0.5, "engagement from which the sponsor's successor is the sponsor too; below it, sponsorship ends"
    )
    head_weight: float = share(
        0.6, "the head's part in the lead that staff feel; the top has the rest", source=TRIAL
    )
    directive_lead: float = share(0.6, "part of the lead that a directive style leaves", source=TRIAL)

    derived = {"named_in": (int, lambda self: -1 if self.sponsor_week is None else self.sponsor_week)}

    def build(self, org: Organisation) -> None:
        """Draw the executives' engagement and understanding as they stand at week 0."""
        org.executives.style[:] = self.style
        for seat in range(org.executives.rows):
            sit_down(org.rules, org.luck.stream(self.name), seat, org.state)
        feel_lead(org.rules, org.state)


@kernel
def sit_down(rules, luck, seat, org):
    """Draw engagement and understanding of who takes a seat; the key of their luck."""
    c, d, x = rules.sponsorship[0], org.departments, org.executives
    place = d.place[seat] + 1 if seat < len(d.place) else 0  # one person may hold two seats
    own = key_with(org.employees.key[x.person[seat]], np.uint64(place))
    x.engagement[seat] = min(1.0, max(0.0, c.engagement + c.spread * normal(word(luck, own))))
    x.understanding[seat] = c.understanding * unit(word(luck, key_with(own, _UNDERSTANDING)))
    return own


@Sponsorship.welcoming
@kernel
def succeed(rules, luck, rows, org):
    """Seat successors, engaged with a chance that rises with the support left behind; sponsorship passes on or ends."""
    c, x, f = rules.sponsorship[0], org.executives, org.firms
    person, firm, new = x.person, x.firm, np.zeros(len(x.person), np.bool_)
    for seat in range(len(person)):
        for i in rows:
            new[seat] |= person[seat] == i
    if not new.any():
        return
    support, stay = np.zeros(len(f.staff)), np.zeros(len(f.staff), np.int64)
    for seat in range(len(person)):
        support[firm[seat]] += x.engagement[seat] * (not new[seat])
        stay[firm[seat]] += not new[seat]
    for newly in np.flatnonzero(new):
        own, left_behind = sit_down(rules, luck, newly, org), support[firm[newly]] / max(1, stay[firm[newly]])
        if unit(word(branch(luck, 0), own)) < c.successor_support * left_behind:
            x.engagement[newly] = max(x.engagement[newly], c.successor_engagement)
    for newly in np.flatnonzero(new & x.sponsor):
        x.sponsor[newly] = x.engagement[newly] >= c.successor_sponsors
        theirs, most = False, 0.0
        for other in range(len(person)):
            if x.sponsor[other] and firm[other] == firm[newly]:
                theirs, most = True, max(most, x.engagement[other])
        f.sponsored[firm[newly]], f.pull[firm[newly]] = theirs, most


@Sponsorship.weekly
@kernel
def sponsor(rules, week, luck, org):
    """Engagement, and the lead that departments feel from it, one week on; where a sponsor is due, that comes first."""
    if week == rules.sponsorship[0].named_in:
        name_sponsor(rules, org)
    back_or_cool(rules, week, org)
    feel_lead(rules, org)
    return False


@kernel
def name_sponsor(rules, org):
    """In each firm the most engaged executive becomes the one sponsor; the pull is their engagement at naming."""
    x, f = org.executives, org.firms
    for firm in range(len(f.staff)):
        chosen = -1
        for seat in range(len(x.firm)):
            if x.firm[seat] == firm:
                x.sponsor[seat] = False
                if chosen < 0 or x.engagement[seat] > x.engagement[chosen]:
                    chosen = seat
        if chosen >= 0:
            x.engagement[chosen] = max(x.engagement[chosen], rules.sponsorship[0].sponsor_engagement)
            x.sponsor[chosen] = True
            f.sponsored[firm], f.pull[firm] = True, x.engagement[chosen]


@kernel
def back_or_cool(rules, week, org):
    """Understanding and engagement of the heads and, last, the firms' top executives, one week on."""
    c, e, d, x, f = rules.sponsorship[0], org.employees, org.departments, org.executives, org.firms
    expectation = c.expectation * min(1.0, week / c.patience)
    understanding, engagement, evidence, expected = x.understanding, x.engagement, x.evidence, x.expected
    executives, mean = np.zeros(len(f.top)), np.zeros(len(f.top))
    for seat in range(len(engagement)):
        executives[x.firm[seat]] += 1
    for seat in range(len(engagement)):
        mean[x.firm[seat]] += engagement[seat] / executives[x.firm[seat]]
    all_active, all_money = np.zeros(len(f.top), np.int64), np.zeros(len(f.top))
    for seat in range(len(engagement)):
        firm = x.firm[seat]
        sponsored, pull, company = f.sponsored[firm], f.pull[firm], mean[firm]
        by_evidence = c.evidence_pull if sponsored else c.evidence_pull * c.unsponsored
        by_sponsor = c.sponsor_pull if sponsored else 0.0
        active, money = all_active[firm], all_money[firm]
        if seat < len(d.activity):
            active, money = d.activity[seat], d.budget[seat] * d.size[seat]
            all_active[firm] += active
            all_money[firm] += money
        u, g, staff = understanding[seat], engagement[seat], x.staff[seat]
        expected[seat] = expectation * money / staff
        change = by_evidence * u * (1.0 - g) * min(1.0, c.evidence_full * evidence[seat]) + c.company * (
            company - g
        )
        change += (
            by_sponsor * max(0.0, pull - g) - c.disappointment * max(0.0, expected[seat] - evidence[seat]) * g
        )
        use = e.breadth[x.person[seat]] > 0
        understanding[seat] = u + (c.learn_by_activity * active / staff + c.learn_by_use * use) * (1.0 - u)
        engagement[seat] = min(1.0, max(0.0, g + change))


@kernel
def feel_lead(rules, org):
    """Lead felt in each department: its head's and the top's engagement, more if they guide."""
    c, d, x, seat = rules.sponsorship[0], org.departments, org.executives, org.firms.seat
    for here in range(len(d.lead)):
        top = seat[d.firm[here]]
        engaged = c.head_weight * x.engagement[here] + (1.0 - c.head_weight) * x.engagement[top]
        guiding = c.head_weight * x.style[here] + (1.0 - c.head_weight) * x.style[top]
        d.lead[here] = engaged * (c.directive_lead + (1.0 - c.directive_lead) * guiding)
