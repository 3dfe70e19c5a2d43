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
        self.seat(org, np.arange(org.executives.rows))
        feel_lead(org.rules, org.state)

    def seat(self, org: Organisation, seats: np.ndarray) -> np.ndarray:
        """Draw engagement and understanding of who takes these seats, int[n] rows; the keys of their luck, uint64[n]."""
        x, d = org.executives, org.departments
        seat = np.append(d.place + 1, np.zeros(org.firms.rows, np.int64))[seats]  # one person may hold two
        own = combine(org.employees.key[x.person[seats]], seat.astype(np.uint64))
        engagement = self.engagement + self.spread * org.luck.normal("sponsorship", own)
        x.engagement[seats] = np.clip(engagement, 0.0, 1.0)
        luck = org.luck.uniform("sponsorship", combine(own, np.uint64(key_of("understanding"))))
        x.understanding[seats] = self.understanding * luck
        return own

    def receive(self, org: Organisation, rows: np.ndarray) -> None:
        """Seat successors, engaged with a chance that rises with the support left behind; sponsorship passes on or ends."""
        x, f = org.executives, org.firms
        seats = vacant(x.person, rows)
        stay = [np.delete(x.engagement, seats)[np.delete(x.firm, seats) == firm] for firm in range(f.rows)]
        support = np.array([one.mean() if one.size else 0.0 for one in stay])[x.firm[seats]]
        luck = org.luck.uniform("successors", self.seat(org, seats))
        engaged = seats[luck < self.successor_support * support]
        x.engagement[engaged] = np.maximum(x.engagement[engaged], self.successor_engagement)
        theirs = seats[x.sponsor[seats]]
        if theirs.size:
            x.sponsor[theirs] = x.engagement[theirs] >= self.successor_sponsors
            for firm in np.unique(x.firm[theirs]):
                left = x.engagement[x.sponsor & (x.firm == firm)]
                f.sponsored[firm], f.pull[firm] = left.size > 0, left.max(initial=0.0)

    def attend(self, org: Organisation) -> None:
        """Name the sponsor, then live the week with one."""
        self.name_sponsor(org)
        back_and_lead(org.rules, org.week, org.state)

    def name_sponsor(self, org: Organisation) -> None:
        """In each firm the most engaged executive becomes the one sponsor; the pull is their engagement at naming."""
        x, f = org.executives, org.firms
        for firm in np.unique(x.firm):
            own = np.flatnonzero(x.firm == firm)
            sponsor = own[np.argmax(x.engagement[own])]
            x.engagement[sponsor] = max(x.engagement[sponsor], self.sponsor_engagement)
            x.sponsor[own], x.sponsor[sponsor] = False, True
            f.sponsored[firm], f.pull[firm] = True, x.engagement[sponsor]


@kernel
def vacant(person, rows):
    """The seats whose executives, int32[seats], are among these rows, int64[n]; int64[m]."""
    leaves = np.zeros(len(person), np.bool_)
    for seat in range(len(person)):
        for i in rows:
            leaves[seat] |= person[seat] == i
    return np.flatnonzero(leaves)


@Sponsorship.welcoming
@kernel
def succeed(rules, luck, rows, org):
    """Whether newcomers take executives' seats."""
    return len(vacant(org.executives.person, rows)) > 0


@Sponsorship.weekly
@kernel
def sponsor(rules, week, luck, org):
    """A week of sponsorship; in the week in which a sponsor is named, that comes first."""
    named = week == rules.sponsorship[0].named_in
    if not named:
        back_and_lead(rules, week, org)
    return named


@kernel
def back_and_lead(rules, week, org):
    """Engagement, and the lead that departments feel from it, one week on."""
    back_or_cool(rules, week, org)
    feel_lead(rules, org)


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
