"""Worlds for property tests: small organisations with any subset of the mechanisms and events of every kind."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hypothesis import strategies as st

from sim import load
from sim.mechanisms import SCHEDULE
from sim.mechanisms.events import Events
from sim.scenario import Scenario

NAMES = tuple(kind.name for kind in SCHEDULE)
FORMS = ("none", "decentralised", "centralised", "hub_and_spoke", "multiple_hubs", "holistic")
PRACTICES = ("listening", "publishing", "conversing", "helping", "collaborating")
LIVELY = {  # rates at which most of what can happen does so within a year
    "turnover.base": 0.02, "turnover.executives": 0.02, "turbulence.chance": 0.1, "digital.chance": 0.4, "outside.growth": 0.2,
    "outside.interval": 1, "incidents.base": 1.0, "voice.harm": 1.0, "adoption.push": 0.08, "adoption.hurdle": 0.0,
    "programmes.pace": 0.5, "governance.join_rate": 0.3, "governance.tie_rate": 0.3, "approval.requests": 2.0,
    "adoption.lapse": 0.02, "adoption.routine": 0.05, "adoption.external": 0.05, "adoption.internal": 0.1,
    "adoption.threshold": 0.1,
}  # fmt: skip
MINGLING = {
    "hiring_wave",
    "pilot",
    "reverse_mentoring",
}  # after these somebody may practise who was not aware


def departments(firms: int) -> tuple[str, ...]:
    """Names of the departments, firm by firm."""
    own = ("marketing", "sales", "service", "product", "it", "hr")
    return own if firms == 1 else tuple(f"{one} {firm}" for firm in range(1, firms + 1) for one in own)


def _details(kind: str, firms: int) -> st.SearchStrategy[dict[str, Any]]:
    """What an event of a kind needs beside its week."""
    share, where = st.floats(0.0, 1.0), st.sampled_from(departments(firms))
    practice = st.sampled_from(PRACTICES)
    pairs = st.integers(0, firms - 1).flatmap(
        lambda firm: st.tuples(*[st.sampled_from(departments(firms)[6 * firm : 6 * firm + 6])] * 2)
    )
    deals = st.permutations(range(1, firms + 1))
    known: dict[str, st.SearchStrategy[dict[str, Any]]] = {
        "budget_cut": st.fixed_dictionaries({"to": st.floats(0.0, 2.0), "lasts": st.integers(0, 9), "ramp": st.integers(1, 9)}),
        "goals_drift": st.fixed_dictionaries({"amount": st.floats(0.0, 2.0)}),
        "champions_leave": st.fixed_dictionaries({"people": st.integers(1, 9)}),
        "hiring_wave": st.fixed_dictionaries({"people": st.integers(1, 30), "contacts": st.integers(0, 4)}),
        "reorganisation": st.fixed_dictionaries({"staff": share}),
        "merger": pairs.map(lambda pair: {"department": pair[0], "into": pair[1], "staff": 0.5}),
        "takeover": deals.map(lambda order: {"firm": order[0], "by": order[-1]}),
        "cross_functional_group": st.fixed_dictionaries({"members": st.integers(1, 4)}),
        "pilot": st.fixed_dictionaries({"department": where, "practice": practice, "staff": share}),
        "listening_phase": st.fixed_dictionaries({"lasts": st.integers(1, 20)}),
        "reverse_mentoring": st.fixed_dictionaries({"practice": practice, "executives": share}),
        "guideline_published": st.fixed_dictionaries({"reach": share}),
        "announcement": st.fixed_dictionaries({"practice": practice, "reach": share}),
        "incident": st.fixed_dictionaries({"department": where, "practice": practice, "severity": share}),
    }  # fmt: skip
    return known.get(kind, st.just({}))


def events(weeks: int, firms: int) -> st.SearchStrategy[dict[str, Any]]:
    """A few events of any kinds, by name."""
    one = st.sampled_from(sorted(Events.kinds)).flatmap(
        lambda kind: st.tuples(st.integers(1, weeks), _details(kind, firms)).map(
            lambda drawn: {"what": kind, "week": drawn[0], **drawn[1]}
        )
    )
    return st.lists(one, max_size=6).map(lambda many: {f"event {n}": event for n, event in enumerate(many)})


@dataclass(frozen=True)
class World:
    """A scenario, told by what it changes in the shipped one with everything on."""

    changes: dict[str, Any]
    events: dict[str, Any]
    dropped: tuple[str, ...]

    @cached_property
    def plan(self) -> Scenario:
        """The scenario."""
        none = dict.fromkeys(load("everything")["events"].scripted, False)
        plan = load("everything", LIVELY | {"events": none} | self.changes)
        return plan.replaced({"events": self.events}).without(*self.dropped)


@st.composite
def worlds(draw: st.DrawFn, weeks: int = 50) -> World:
    """An organisation of 36 to 90 people, lived for a year."""
    firms = draw(st.sampled_from([1, 1, 2, 3]))
    scripted = draw(events(weeks, firms))
    leaving = [event["week"] for event in scripted.values() if event["what"] == "sponsor_leaves"]
    changes: dict[str, Any] = {
        "weeks": weeks,
        "organisation.employees": draw(st.integers(36, 90)),
        "organisation.firms": firms,
        "governance.form": draw(st.sampled_from(FORMS)),
        "governance.founded": draw(st.integers(1, weeks)),
        "governance.tied": draw(st.booleans()),
        "governance.mandate": draw(st.floats(0.0, 1.0)),
        "governance.locus": draw(st.sampled_from([0.0, 0.5])),
        "strategy.kind": draw(st.sampled_from(["business", "media", "none"])),
        "adoption.rule": draw(st.sampled_from(["utility", "utility", "hazard", "threshold"])),
        "adoption.threshold_of": draw(st.sampled_from(["share", "count"])),
        "funding.mode": draw(st.sampled_from(["earned", "fixed"])),
        "funding.level": draw(st.sampled_from([0.0, 0.3, 1.0, 2.0])),
        "sponsorship.engagement": draw(st.floats(0.0, 1.0)),
        "sponsorship.sponsor_week": draw(st.integers(1, min([weeks, *leaving]))),
        "committee.founded": draw(st.integers(1, weeks)),
        "committee.reallocation": draw(st.floats(0.0, 1.0)),
        "team.drawn": draw(st.sampled_from(["departments", "owners"])),
        "team.land": draw(st.sampled_from(["scattered", "bundled"])),
        "alliance.desk": draw(st.booleans()),
        "alliance.pool": draw(st.booleans()),
        "alliance.acquainted": draw(st.sampled_from([0.0, 0.3])),
        "measurement.delay": draw(st.sampled_from([0, 5])),
        "organisation.disconnected": draw(st.sampled_from([[], [["sales", "marketing"]]])),
    }
    dropped = draw(st.sets(st.sampled_from(NAMES), max_size=4))
    return World(changes, scripted, tuple(sorted(dropped)))
