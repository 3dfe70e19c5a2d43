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
    followers: float = share(0.35, "evidence that activity gives, per share of what is attainable", source="model.md")
    good: float = weight(0.7, "worth per unit of fit that counts as all that is attainable", source="model.md")

    def step(self, org: Organisation) -> None:
        """Measure worth (noise anew each quarter) and set each executive's evidence."""
        d, x = org.departments, org.executives
        luck = org.luck.normal(
            "measurement", combine(d.key[:, None], org.practices.key[None, :]), org.week // QUARTER
        )
        d.measured[:] = np.maximum(0.0, d.worth + self.noise * (1.0 - d.insight)[:, None] * luck)
        attainable = org.by_scope(d.size * d.fit.sum(axis=1))
        worth = org.by_scope(d.size * d.measured.sum(axis=1)) / (self.good * attainable)
        active = d.practised * d.fit
        followers = org.by_scope(active.sum(axis=1)) / attainable
        x.evidence[:] = self.focus * np.minimum(1.0, worth) + (1.0 - self.focus) * self.followers * followers
