"""Measurement: what executives see of the worth that departments realise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.kernels import kernel
from sim.luck import combine
from sim.mechanisms.base import Mechanism
from sim.parameters import share, weight

if TYPE_CHECKING:
    from sim.organisation import Organisation

QUARTER = 13


class Measurement(Mechanism):
    """A focus between followers and outcomes, and noise that measurement money shrinks (claims 42, 69, 70)."""

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

    def build(self, org: Organisation) -> None:
        """Draw the first quarter's errors."""
        self.draw_errors(org)

    def draw_errors(self, org: Organisation) -> None:
        """Draw a quarter's errors of measurement."""
        key = combine(org.departments.key[:, None], org.practices.key[None, :])
        org.departments.error[:] = org.luck.normal("measurement", key, org.week // QUARTER)

    def step(self, org: Organisation) -> None:
        """Measure worth and set each executive's evidence."""
        d, x = org.departments, org.executives
        if org.week % QUARTER == 0:
            self.draw_errors(org)
        measure(
            self.focus, self.noise, self.followers, self.good, d.size, d.fit, d.practised, d.worth, d.insight, d.error,
            x.attainable, d.measured, x.evidence,
        )  # fmt: skip


@kernel
def measure(
    focus, noise, followers, good, size, fit, practised, worth, insight, error, attainable, measured, evidence
):  # fmt: skip
    """Measured worth of each department and practice; evidence of the heads and, last, of the top executive."""
    departments, practices = worth.shape
    all_worth = all_active = 0.0
    for x in range(departments + 1):
        seen, active = all_worth, all_active
        if x < departments:
            seen = active = 0.0
            for k in range(practices):
                measured[x, k] = worth[x, k] + noise * (1.0 - insight[x]) * error[x, k]
                seen += size[x] * measured[x, k]
                active += practised[x, k] * fit[x, k]
            all_worth += seen
            all_active += active
        outcome = min(1.0, max(0.0, seen / (good * attainable[x])))
        evidence[x] = focus * outcome + (1.0 - focus) * followers * active / attainable[x]
