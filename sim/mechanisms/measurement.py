"""Measurement: what executives see of the worth that departments realise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

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
        0.35, "evidence that activity gives, per share of what is attainable", source="model.md"
    )
    good: float = weight(
        0.7, "worth per unit of fit that counts as all that is attainable", source="model.md"
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
        d.measured[:] = np.maximum(0.0, d.worth + self.noise * (1.0 - d.insight)[:, None] * d.error)
        worth = org.by_scope(d.size * d.measured.sum(axis=1)) / (self.good * x.attainable)
        followers = org.by_scope((d.practised * d.fit).sum(axis=1)) / x.attainable
        x.evidence[:] = self.focus * np.minimum(1.0, worth) + (1.0 - self.focus) * self.followers * followers
