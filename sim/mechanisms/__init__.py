"""The mechanisms of the theory, one construct a file, and the order in which they make a week."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points

from sim.mechanisms.adoption import Adoption
from sim.mechanisms.alliance import Alliance
from sim.mechanisms.approval import Approval
from sim.mechanisms.base import Mechanism
from sim.mechanisms.best_practice import BestPractice
from sim.mechanisms.committee import Committee
from sim.mechanisms.digital import Digital
from sim.mechanisms.duties import Duties
from sim.mechanisms.events import Events
from sim.mechanisms.funding import Funding
from sim.mechanisms.governance import Governance
from sim.mechanisms.guidance import Guidance
from sim.mechanisms.incidents import Incidents
from sim.mechanisms.influence import Influence
from sim.mechanisms.learning import Learning
from sim.mechanisms.maturity import Maturity
from sim.mechanisms.measurement import Measurement
from sim.mechanisms.outside import Outside
from sim.mechanisms.programmes import Programmes
from sim.mechanisms.rumours import Rumours
from sim.mechanisms.sponsorship import Sponsorship
from sim.mechanisms.strategy import Strategy
from sim.mechanisms.teaching import Teaching
from sim.mechanisms.team import Team
from sim.mechanisms.turbulence import Turbulence
from sim.mechanisms.turnover import Turnover
from sim.mechanisms.voice import Voice
from sim.mechanisms.ways import Ways
from sim.mechanisms.worth import Worth

SCHEDULE: tuple[type[Mechanism], ...] = (
    Events,
    Alliance,
    Strategy,
    Committee,
    Sponsorship,
    Funding,
    Governance,
    Duties,
    Team,
    Approval,
    Teaching,
    Guidance,
    BestPractice,
    Learning,
    Influence,
    Adoption,
    Ways,
    Digital,
    Outside,
    Turbulence,
    Worth,
    Voice,
    Measurement,
    Programmes,
    Incidents,
    Rumours,
    Turnover,
    Maturity,
)
"""A week, in order; a mechanism reads what earlier ones wrote this week, and of people what they were last week."""


@cache
def schedule() -> tuple[type[Mechanism], ...]:
    """`SCHEDULE` and the mechanisms that installed packages offer (entry points of group `unsilo.mechanisms`).

    A class of theirs says where it stands by `after`, the name of the mechanism that it follows; one that bears the
    name of a mechanism takes its place.
    """
    order = list(SCHEDULE)
    for entry in sorted(entry_points(group="unsilo.mechanisms"), key=lambda e: e.name):
        order = placed(order, entry.load())
    return tuple(order)


def placed(order: list[type[Mechanism]], new: type[Mechanism]) -> list[type[Mechanism]]:
    """The order with one more mechanism, in the place of its namesake or behind the one it names in `after`."""
    names = [mechanism.name for mechanism in order]
    if new.name in names:
        at = names.index(new.name)
        return [*order[:at], new, *order[at + 1 :]]
    at = names.index(new.after) + 1 if new.after else len(order)
    return [*order[:at], new, *order[at:]]
