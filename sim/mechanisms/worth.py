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

    Coordination is the chance that a practitioner in another department works the same way.
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

    def step(self, org: Organisation) -> None:
        """Value every way in every department, then move the departments' realised worth."""
        d = org.departments
        value(
            self.experience, self.pace, org.practices.coordination, org.quality, org.tally, d.size, d.fit,
            d.alignment, d.routine, org.experienced, d.quality, d.worth,
        )  # fmt: skip


@kernel
def value(
    experience, pace, chi, quality, tally, size, fit, alignment, routine, experienced, mean_quality, worth
):  # fmt: skip
    """Experienced worth [D, K, W]; mean quality of the ways in use [D, K]; realised worth V [D, K]."""
    departments, practices, ways = tally.shape
    total = np.empty(ways, np.int64)
    for k in range(practices):
        everybody = 0
        for w in range(ways):
            total[w] = 0
            for d in range(departments):
                total[w] += tally[d, k, w]
            everybody += total[w]
        for d in range(departments):
            here = 0
            for w in range(ways):
                here += tally[d, k, w]
            value_sum = 0.0
            quality_sum = 0.0
            attached = max(0.0, fit[d, k] * alignment[d])
            for w in range(ways):
                same = total[w] - tally[d, k, w]
                together = same / (everybody - here) if everybody > here else 0.0
                omega = attached * ((1.0 - chi[k]) * quality[w, d, k] + chi[k] * together)
                experienced[d, k, w] = min(1.0, experience * omega)
                value_sum += tally[d, k, w] * omega
                quality_sum += tally[d, k, w] * quality[w, d, k]
            mean = 0.0
            mean_quality[d, k] = 0.0
            if here > 0:
                mean = value_sum / here
                mean_quality[d, k] = quality_sum / here
            worth[d, k] += pace * (mean * routine[d, k] / size[d] - worth[d, k])
