"""Strategy: what the organisation wants of social practices, how clearly, and to whom it opens them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import model_validator

from sim.kernels import kernel
from sim.luck import combine
from sim.mechanisms.base import Mechanism
from sim.parameters import Section, parameter, share, weight
from sim.tables import OBJECTIVES

if TYPE_CHECKING:
    from sim.organisation import Organisation


class Objectives(Section):
    """Weights, of whatever sum, of the six goals that a social strategy may serve (claim 11)."""

    innovation: float = weight(1.0, "faster innovation", source="claim 11; equal weights assumed")
    knowledge: float = weight(1.0, "less duplicated knowledge work", source="claim 11")
    investment: float = weight(1.0, "crowd investment", source="claim 11")
    customers: float = weight(1.0, "customers", source="claim 11")
    talent: float = weight(1.0, "talent", source="claim 11")
    suppliers: float = weight(1.0, "supplier cost", source="claim 11")

    @model_validator(mode="after")
    def _something(self) -> Objectives:
        if not any(getattr(self, name) > 0.0 for name in OBJECTIVES):
            raise ValueError("weights sum to nothing; give at least one objective a value above 0")
        return self


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
    objectives: Objectives = parameter(Objectives(), "weights of the six objectives", source="claim 11")

    def build(self, org: Organisation) -> None:
        """Draw the departments' goals and open the departments that the strategy means."""
        departments = org.departments
        clarity = self.clarity_floor if self.kind == "none" else max(self.clarity, self.clarity_floor)
        wanted = np.array([getattr(self.objectives, name) for name in OBJECTIVES])
        wanted /= np.sqrt((wanted**2).sum())
        which = np.arange(len(OBJECTIVES), dtype=np.uint64)
        own = org.luck.normal("strategy", combine(departments.key[:, None], which[None, :]))
        own *= self.noise * (1.0 - clarity) / np.sqrt(len(OBJECTIVES))
        org.goals[:] = wanted
        departments.goals[:] = wanted + own
        align(org.state)
        if self.kind == "media":
            departments.open[:] = departments.owner


@kernel
def agree(part, org):
    """Bring the departments' goals a part of their way nearer to the organisation's, and their alignment up to date."""
    d, wanted = org.departments, org.whole.goals
    for here in range(len(d.goals)):
        for n in range(len(wanted)):
            d.goals[here, n] += (wanted[n] - d.goals[here, n]) * part
    align(org)


@kernel
def align(org):
    """Set each department's alignment: the cosine of its goals with the organisation's."""
    d, wanted = org.departments, org.whole.goals
    for here in range(len(d.goals)):
        along, length = 0.0, 0.0
        for n in range(len(wanted)):
            along += d.goals[here, n] * wanted[n]
            length += d.goals[here, n] ** 2
        d.alignment[here] = along / math.sqrt(length)
