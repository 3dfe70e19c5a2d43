"""What can be scripted to happen: one small table a kind of event."""

from typing import Annotated

from pydantic import Field

from sim.happenings.base import Event
from sim.happenings.direction import (
    BudgetCut,
    CommitteeFounded,
    DeskClosed,
    DeskFounded,
    GoalsDrift,
    SponsorLeaves,
    SponsorNamed,
)
from sim.happenings.people import (
    ChampionsLeave,
    CrossFunctionalGroup,
    HiringWave,
    Merger,
    Reorganisation,
    Takeover,
)
from sim.happenings.practice import (
    Announced,
    GuidelinePublished,
    Incident,
    ListeningPhase,
    Pilot,
    ReverseMentoring,
)

AnyEvent = Annotated[
    SponsorNamed | SponsorLeaves | BudgetCut | GoalsDrift | DeskFounded | DeskClosed | CommitteeFounded
    | ChampionsLeave | HiringWave | Reorganisation | Merger | Takeover | CrossFunctionalGroup
    | Pilot | ListeningPhase | ReverseMentoring | GuidelinePublished | Announced | Incident,
    Field(discriminator="what"),
]  # fmt: skip
"""One event of a scenario; its `what` says which."""

__all__ = ["AnyEvent", "Event"]
