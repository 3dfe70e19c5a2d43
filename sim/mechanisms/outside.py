"""Outside: contacts beyond the firm, through whom practices come in as they spread in the world."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from pydantic import model_validator

from sim.kernels import fetch, kernel
from sim.luck import another_week, branch, exponential, normal, unit, word
from sim.mechanisms.base import Mechanism
from sim.mechanisms.influence import UNIT, reweigh, share_out
from sim.parameters import parameter, rate, share, weight
from sim.staff import HEAD
from sim.ties import AHEAD
from sim.wings import people

if TYPE_CHECKING:
    from sim.organisation import Organisation

NEVER_BEGINS = 2.0  # above any share
_USUAL = 4  # contacts that most people have at most: they are fetched


class Outside(Mechanism):
    """Everybody's contacts outside the firm, of very unequal weight, count among their peers (claims 75, 76).

    A practice spreads outside along a logistic curve, and each contact takes it up when the curve passes their own luck. They
    give exposure, not ways, and are no number of contacts in the threshold rule by count; `push` and `external` are what comes
    from outside without anybody one knows. Inside the firm relationships differ in value by tie and by influence, which
    is lognormal too (`influence.spread`). Newcomers bring contacts of their own.
    """

    contacts: float = parameter(
        3.0,
        "mean number of contacts outside; Poisson",
        unit="people",
        source="claim 76; assumed",
        ge=0,
        le=20,
    )
    bridging: float = parameter(
        2.0,
        "times as many in owner departments, and of heads and top executive",
        unit="ratio",
        source="sign: Kleinbaum, Stuart & Tushman 2013, Organization Science 24(5); size assumed",
        ge=1,
        le=10,
    )
    most: int = parameter(20, "contacts outside that one can have", unit="people", ge=1, le=50)
    strength: float = parameter(
        1.0,
        "median weight of a contact, as a tie to a colleague of median influence",
        unit="weight",
        source="assumed: a tie between departments",
        gt=0,
        le=100,
    )
    spread: float = weight(
        1.0, "log standard deviation of contacts' weight", source="claim 75; value assumed", most=3.0
    )
    heaviest: float = parameter(
        50.0, "greatest weight of a contact; 1 is the median", unit="ratio", ge=1, le=1000
    )
    start: float = share(0.05, "share of people outside who practise at week 0")
    ceiling: float = share(0.6, "share who practise in the end")
    growth: float = rate(0.012, "growth of the odds that somebody practises who will in the end")
    interval: int = parameter(
        4, "between looks at what people outside do", unit="weeks", source="assumed: monthly", ge=1
    )

    @model_validator(mode="after")
    def _rising(self) -> Outside:
        if self.start > self.ceiling:
            raise ValueError(f"start {self.start} is above ceiling {self.ceiling}")
        return self

    def spread_by(self, week: int) -> float:
        """Share of people outside seen practising in a week, that of the last look; the same for every practice."""
        return float(spread_by(self.coefficients, week))

    def build(self, org: Organisation) -> None:
        """Draw everybody's contacts."""
        arrive(org.rules, org.luck.stream(self.name), np.arange(org.employees.rows), org.state)


@kernel
def spread_by(coefficients, week):
    """See `Outside.spread_by`."""
    c = coefficients[0]
    missing = (c.ceiling - c.start) * math.exp(-c.growth * (week - week % c.interval))
    return c.ceiling * c.start / (c.start + missing) if c.start > 0.0 else 0.0


@Outside.together
@kernel
def begin(rules, week, luck, org, thread):
    """Every so many weeks contacts begin whose luck the spread of practices has passed; exposure counts them next week."""
    if week % rules.outside[0].interval > 0:
        return False
    e, spread, stream = org.employees, spread_by(rules.outside, week), another_week(luck, -week)
    due, outsiders, key, rows = e.outside_next, e.outsiders, e.key, np.empty(len(e.key), np.int64)
    first, end = people(thread, org)
    for k in range(len(due)):
        count = 0
        for i in range(first, end):
            rows[count] = i
            count += due[k, i] < spread
        for at in range(count):
            if at + AHEAD < count:
                soon = rows[at + AHEAD]
                fetch(key, soon)
                for contact in range(min(_USUAL, len(outsiders))):
                    fetch(outsiders[contact], soon)
            look_outside(rows[at], k, spread, stream, org)
    return False


@Outside.welcoming
@kernel
def arrive(rules, luck, rows, org):
    """Give the people in these rows, int[n], contacts."""
    spread = spread_by(rules.outside, org.whole.now[0].week)
    c, e = rules.outside[0], org.employees
    key, outsiders, level, owner = e.key, e.outsiders, e.level, org.departments.owner
    again = False
    for i in rows:
        mean = c.contacts * (c.bridging if owner[e.department[i]] or level[i] >= HEAD else 1.0)
        u, number = unit(word(branch(luck, 0), key[i])), 0
        chance = math.exp(-mean)
        below = chance
        while u >= below and number < c.most:
            number += 1
            chance *= mean / number
            below += chance
        gained = 0
        for at in range(c.most):
            heavy = 0
            if at >= number and outsiders[at, i] == 0:
                break
            if at < number:
                z = normal(word(branch(luck, 1 + at), key[i]))
                heavy = max(1, round(UNIT * c.strength * min(c.heaviest, exponential(c.spread * z))))
            gained += heavy - outsiders[at, i]
            outsiders[at, i] = heavy
        again |= reweigh(i, gained, org)
        for k in range(len(e.outside)):
            look_outside(i, k, spread, luck, org)
    if again:
        share_out(rules, org)


@kernel
def look_outside(i, k, spread, stream, org):
    """Count anew who of somebody's contacts outside practises, and find out who is next."""
    e = org.employees
    of_practice = word(stream, org.practices.key[k])
    seen, following = 0, NEVER_BEGINS
    for at in range(len(e.outsiders)):
        heavy = e.outsiders[at, i]
        if heavy == 0:
            break
        u = unit(word(branch(of_practice, at), e.key[i]))
        if u < spread:
            seen += heavy
        else:
            following = min(following, u)
    e.peers[k, i] += seen - e.outside[k, i]
    e.outside[k, i], e.outside_next[k, i] = seen, following
