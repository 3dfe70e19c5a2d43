"""Measurement: what executives see of the worth that departments realise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.kernels import kernel
from sim.luck import another_week, key_with, normal, word
from sim.mechanisms.base import Mechanism
from sim.parameters import parameter, share, weight
from sim.tables import QUARTER

if TYPE_CHECKING:
    from sim.organisation import Organisation


class Measurement(Mechanism):
    """A focus between followers and outcomes, and noise that measurement money shrinks (claims 42, 69, 70).

    Followers are seen at once, outcomes `delay` weeks later.
    """

    focus: float = share(0.6, "0 counts followers .. 1 measures outcomes", source="claim 69; swept")
    noise: float = share(0.1, "standard deviation of a quarter's measured worth without measurement money")
    followers: float = share(
        0.35,
        "evidence that activity gives, per share of what is attainable",
        source="assumed: a trial's starting value",
    )
    good: float = weight(
        0.7,
        "worth per unit of fit that counts as all that is attainable",
        source="assumed: a trial's starting value",
    )
    delay: int = parameter(
        0, "weeks after which an outcome is seen", unit="weeks", source="claim 70; none assumed", ge=0, le=520
    )

    def build(self, org: Organisation) -> None:
        """Draw the first quarter's errors, and keep worth as it stands to be seen later."""
        err(org.luck.stream(self.name), org.state)
        org.departments.past[:, :1] = org.departments.worth[:, None]


@Measurement.weekly
@kernel
def report(rules, week, luck, org):
    """Measure worth and set each executive's evidence; a new quarter has new errors first."""
    if week % QUARTER == 0:
        err(another_week(luck, week // QUARTER - week), org)
    measure(rules, week, org)
    return False


@kernel
def err(luck, org):
    """Draw a quarter's errors of measurement."""
    d, p = org.departments, org.practices
    for here in range(len(d.key)):
        for k in range(len(p.key)):
            d.error[here, k] = normal(word(luck, key_with(d.key[here], p.key[k])))


@kernel
def measure(rules, week, org):
    """Measured worth of each department and practice; evidence of the heads and, last, of the firms' top executives."""
    c, d, x = rules.measurement[0], org.departments, org.executives
    departments, delay, practices = d.past.shape
    all_worth, all_active = np.zeros(len(org.firms.top)), np.zeros(len(org.firms.top))
    for seat in range(len(x.firm)):
        firm = x.firm[seat]
        seen, active = all_worth[firm], all_active[firm]
        if seat < departments:
            seen = active = 0.0
            noise = c.noise * (1.0 - d.insight[seat])
            for k in range(practices):
                worth = d.worth[seat, k]
                if delay > 0:
                    worth, d.past[seat, week % delay, k] = d.past[seat, week % delay, k], worth
                d.measured[seat, k] = worth + noise * d.error[seat, k]
                seen += d.size[seat] * d.measured[seat, k]
                active += d.practised[seat, k] * d.fit[seat, k]
            all_worth[firm] += seen
            all_active[firm] += active
        attainable = x.attainable[seat]
        outcome = min(1.0, max(0.0, seen / (c.good * attainable)))
        x.evidence[seat] = c.focus * outcome + (1.0 - c.focus) * c.followers * active / attainable
