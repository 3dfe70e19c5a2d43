"""Strategy: what the organisation wants of social practices, how clearly, and to whom it opens them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from sim.luck import combine
from sim.mechanisms.base import Mechanism
from sim.parameters import parameter, share, weight
from sim.tables import OBJECTIVES

if TYPE_CHECKING:
    from sim.organisation import Organisation


class Strategy(Mechanism):
    """Goals, clarity and alignment (claims 1, 6, 11, 14, 15).

    Each department's goals are the organisation's plus noise that shrinks with clarity; its alignment is the cosine
    of the two. A `media` strategy keeps push, money and desks in the owner departments; `none` leaves clarity at its
    floor.
    """

    kind: Literal["none", "media", "business"] = parameter(
        "business", "media confines push, money and desks to the owner departments", source="claims 1, 2"
    )
    clarity: float = share(0.7, "how precise a signal of the goals each department receives")
    clarity_floor: float = share(0.1, "clarity that is left without a strategy")
    noise: float = weight(1.5, "length of a department's own goals at clarity 0, the organisation's being 1")
    objectives: dict[str, float] = parameter(
        dict.fromkeys(OBJECTIVES, 1.0), "weights of the six objectives", unit="weight", source="claim 11"
    )

    def build(self, org: Organisation) -> None:
        """Draw the departments' goals and open the departments that the strategy means."""
        departments = org.departments
        clarity = self.clarity_floor if self.kind == "none" else max(self.clarity, self.clarity_floor)
        wanted = np.array([self.objectives.get(name, 0.0) for name in OBJECTIVES])
        wanted /= np.sqrt((wanted**2).sum())
        which = np.arange(len(OBJECTIVES), dtype=np.uint64)
        own = org.luck.normal("strategy", combine(departments.key[:, None], which[None, :]))
        own *= self.noise * (1.0 - clarity) / np.sqrt(len(OBJECTIVES))
        departments.goals[:] = wanted + own
        length = np.sqrt((departments.goals**2).sum(axis=1))
        departments.alignment[:] = (departments.goals * wanted).sum(axis=1) / length
        if self.kind == "media":
            departments.open[:] = departments.owner
