"""A plain organisation in the state of an engine's, living on the engine's luck: what both do must then be the same."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from benchmarks.plain.organisation import PlainOrganisation
from benchmarks.plain.people import Employee
from sim.luck import branch, combine, key_of, unit, word
from sim.organisation import Organisation
from sim.tables import NOT_ASKED, ROUTINE, TRYING

OF_PEOPLE = (
    "threshold", "belief", "fluency", "guidance", "training", "rumour", "satisfaction", "knows", "taught", "contact",
    "exposure", "rung", "way", "since", "asked", "approved", "influence", "outside",
)  # fmt: skip
OF_DEPARTMENTS = (
    "goals", "alignment", "lead", "budget", "favour", "courses", "technology", "insight", "ease", "joined", "gated", "liaisons",
    "time", "credit", "cleared", "waiting", "habit", "experienced", "worth", "error", "measured", "past", "backing", "size",
)  # fmt: skip
OF_EXECUTIVES = ("understanding", "engagement", "evidence", "expected", "sponsor")


def twin(org: Organisation) -> PlainOrganisation:
    """A plain organisation with the people, ties and state of an engine's, row by row."""
    model, e, d, x = PlainOrganisation(org.plan, org.seed), org.employees, org.departments, org.executives
    new = [Employee(model, model.departments[0]) for _ in range(e.rows - len(model.employees))]
    people = model.employees = model.employees + new
    lasting, (source, target, _) = org.ties.split(org.room)
    for row, one in enumerate(people):
        for name in OF_PEOPLE:
            setattr(one, name, e.at(name, row).tolist())
        one.department, boss = model.departments[e.department[row]], e.manager[row]
        one.manager = people[boss] if boss >= 0 else None
        one.reports = [
            people[i] for i in org.lines.indices[org.lines.indptr[row] : org.lines.indptr[row + 1]]
        ]
        known = range(lasting.indptr[row], lasting.indptr[row + 1])
        one.contacts = {people[lasting.indices[at]]: int(lasting.weights[at]) for at in known}
        one.online, one.outsiders = [], int(e.outsiders[:, row].sum())
        one.doing = [k for k, rung in enumerate(one.rung) if rung in (TRYING, ROUTINE)]
        one.collaborates = any(k in one.doing for k in model.collaborating)
        one.executive = bool((x.person == row).any())
    for i, j in zip(source.tolist(), target.tolist(), strict=True):
        people[i].online.append(people[j])
        people[j].online.append(people[i])
    for row, here in enumerate(model.departments):
        for name in OF_DEPARTMENTS:
            setattr(here, name, d.at(name, row).tolist())
        here.quality, here.good, here.turn = d.suits[row].tolist(), d.quality[row].tolist(), int(d.next[row])
        here.staff = [people[i] for i in e.turn[org.rows_of(row)]]
        here.recount()
    for row, one in enumerate(model.executives):
        for name in OF_EXECUTIVES:
            setattr(one, name, x.at(name, row).tolist())
        one.person = people[x.person[row]]
    model.week, model.stage, model.level, model.granted = (
        org.week,
        org.stage,
        float(org.firms.level[0]),
        org.granted,
    )
    model.pull = float(org.firms.pull[0]) if org.firms.sponsored[0] else None
    model.struck, model.talked_of = org.incidents[: org.week + 1].tolist(), bool(e.rumour.any())
    model.in_contact, model.left = org.in_contact, int(org.left[org.week])
    if model.committee:
        model.committee.since = org.steered_since if org.steered else None
    hub, model.hub.open = model.hub, bool(d.pays_desk.any())
    hub.people, hub.time, hub.quality = (
        float(org.desks.people[0]),
        float(org.desks.time[0]),
        org.desks.quality[0].tolist(),
    )
    hub.made, hub.done, hub.waited, hub.given_up, hub.withdrawn = org.requests.tolist()
    hub.served = [here for here in model.departments if here.joined]
    hub.queue = [
        (int(e.asked[k, i]), people[i], int(k)) for k, i in zip(*np.nonzero(e.asked > NOT_ASKED), strict=True)
    ]
    for one in people:
        one.attend()
    model.random = EnginesLuck(org, people)
    model.close()
    return model


class EnginesLuck:
    """In place of `random.Random`: each draw of the plain model is the engine's for the same purpose, person and practice.

    Who asks, and about whom, is read off the caller's names. Draws that the engine makes otherwise are not there.
    """

    def __init__(self, org: Organisation, people: list[Employee]) -> None:
        self.org, self.rows = org, {one: row for row, one in enumerate(people)}
        self.week, self.reviewed = org.week, set()
        self.errors: Any = None

    def key(self, who: Any) -> np.uint64:
        return self.org.employees.key[self.rows[who]]

    def bits(self, key: np.uint64, name: str, number: int | None = None) -> np.uint64:
        """The random bits of a mechanism this week, or of one of its branches, for a key."""
        stream = self.org.luck.stream(name, self.org.week)
        return np.uint64(word(stream if number is None else np.uint64(branch(stream, number)), key))

    def one(self, key: np.uint64, name: str, number: int | None = None) -> float:
        """The uniform number from these bits."""
        return float(unit(self.bits(key, name, number)))

    def random(self) -> float:
        """A uniform number."""
        frame = sys._getframe(1)
        about = frame.f_locals
        return float(getattr(self, f"_{frame.f_code.co_name.strip('<>')}")(about))

    def _join(self, about: dict) -> float:
        return self.one(self.org.departments.key[about["here"].row], "governance")

    def _grant_those_who_practise(self, about: dict) -> float:
        return self.one(self.key(about["e"]), "approval", 3 * about["k"] + 2)

    def _stands(self, about: dict) -> float:
        return self.one(self.key(about["e"]), "approval", 3 * about["k"])

    def _lambda(self, about: dict) -> float:
        if "one" in about:  # the order in which requests of one age are cleared
            _, who, k = about["one"]
            return float(self.bits(self.key(who), "approval", 3 * k + 1) >> np.uint64(24))
        return self.org.luck.uniform("team", self.key(about["e"]), self.org.week)

    def _appoint(self, about: dict) -> float:
        return self.org.luck.uniform("team leads", self.key(about["one"]), self.org.week)

    def _learn(self, about: dict) -> float:
        return self.one(self.key(about["self"]), "learning")

    def _decide(self, about: dict) -> float:
        who, k, now = about["self"], about["k"], about["now"]
        if now in (TRYING, ROUTINE) and (who, k) not in self.reviewed:
            self.reviewed.add((who, k))
            return self.one(self.key(who), "ways", k)
        return self.one(self.key(who), "adoption", k)

    def _may_start(self, about: dict) -> float:
        return self.one(self.key(about["self"]), "blocking", about["k"])

    def _feel(self, about: dict) -> float:
        return self.one(self.key(about["self"]), "turnover")

    def _of_event(self, about: dict) -> float:
        (name,) = [name for name, one in self.org.plan["events"].scripted.items() if one is about["event"]]
        own = combine(self.key(about["e"]), np.uint64(key_of(f"events/{name}")))
        return self.org.luck.uniform("events", own, self.org.week)

    _pilot = _reverse_mentoring = _guideline_published = _of_event

    def _go_wrong(self, about: dict) -> float:
        return self.one(self.org.departments.key[about["here"].row], "incidents")

    def choices(self, options: range, weights: list[float]) -> list[int]:
        """In which practice something goes wrong."""
        key = self.org.departments.key[sys._getframe(1).f_locals["here"].row]
        left = self.one(key, "incidents", 0) * sum(weights)
        return [int(np.searchsorted(np.cumsum(weights), left, side="right"))]

    def uniform(self, least: float, most: float) -> float:
        """How severe it is."""
        key = self.org.departments.key[sys._getframe(1).f_locals["here"].row]
        return least + (most - least) * self.one(key, "incidents", 1)

    def gauss(self, mean: float, deviation: float) -> float:
        """An error of measurement; departments and practices in turn."""
        if self.errors is None:
            d, p, org = self.org.departments, self.org.practices, self.org
            keys = combine(d.key[:, None], p.key[None, :])
            self.errors = iter(org.luck.normal("measurement", keys, org.week // 13).ravel().tolist())
        return mean + deviation * next(self.errors)
