"""Worth: what practising is worth to the one who does it, and to the department."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.kernels import kernel
from sim.mechanisms.base import Mechanism
from sim.parameters import rate, weight

if TYPE_CHECKING:
    from sim.organisation import Organisation


class Worth(Mechanism):
    """Fit and alignment times a mix of the way's quality and the coordination with others (claims 9, 12, 73).

    Coordination is the chance that a practitioner in another department of the firm works the same way.
    """

    experience: float = weight(
        1.4, "experienced worth, per unit of worth, up to 1", source="assumed: a trial's starting value"
    )
    pace: float = rate(
        0.1, "way gone in a week from realised to present worth", source="assumed: a trial's starting value"
    )

    def build(self, org: Organisation) -> None:
        """Value the ways as they stand, so that pioneers experience worth from the first week."""
        self.step(org)


@Worth.weekly
@kernel
def value(rules, week, luck, org):
    """Experienced worth of each way; mean quality of the ways in use; realised worth V."""
    c, d, chi = rules.worth[0], org.departments, org.practices.coordination
    tally, suits, experienced = d.tally, d.suits, d.experienced
    fit, alignment, practised, routine, size = d.fit, d.alignment, d.practised, d.routine, d.size
    quality, worth, firm = d.quality, d.worth, d.firm
    departments, practices, ways = tally.shape
    totals, everybody = np.empty((len(org.firms.top), ways), np.int64), np.empty(len(org.firms.top), np.int64)
    for k in range(practices):
        totals[:], everybody[:] = 0, 0
        for here in range(departments):
            total = totals[firm[here]]
            for w in range(ways):
                total[w] += tally[here, k, w]
            everybody[firm[here]] += practised[here, k]
        for here in range(departments):
            now, total = practised[here, k], totals[firm[here]]
            others = everybody[firm[here]] - now
            value_sum = quality_sum = 0.0
            attached = max(0.0, fit[here, k] * alignment[here])
            for w in range(ways):
                together = (total[w] - tally[here, k, w]) / others if others > 0 else 0.0
                omega = attached * ((1.0 - chi[k]) * suits[here, k, w] + chi[k] * together)
                experienced[here, k, w] = min(1.0, c.experience * omega)
                value_sum += tally[here, k, w] * omega
                quality_sum += tally[here, k, w] * suits[here, k, w]
            mean = value_sum / now if now > 0 else 0.0
            quality[here, k] = quality_sum / now if now > 0 else 0.0
            worth[here, k] += c.pace * (mean * routine[here, k] / size[here] - worth[here, k])
    return False
