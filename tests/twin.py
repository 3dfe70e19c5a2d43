"""A plain organisation in the state of an engine's, living on the engine's luck: what both do must then be the same."""

from __future__ import annotations

import sys
from collections import Counter
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.plain.organisation import PlainOrganisation
from benchmarks.plain.people import Employee
from sim.luck import LOTS, branch, combine, drawn, key_of, normal, unit, word
from sim.organisation import Organisation
from sim.tables import NOT_ASKED, ROUTINE, TRYING

OF_PEOPLE = (
    "threshold", "belief", "fluency", "guidance", "training", "rumour", "satisfaction", "knows", "taught", "contact",
    "exposure", "rung", "way", "since", "asked", "cleared", "approved", "influence", "outside",
)  # fmt: skip
OF_DEPARTMENTS = (
    "size", "goals", "alignment", "lead", "budget", "favour", "courses", "technology", "insight", "ease", "joined", "gated",
    "liaisons", "local", "time", "credit", "cleared", "waiting", "habit", "experienced", "worth", "error", "measured", "past",
    "backing",
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
        one.to_come = [to_come(org, row, k) for k in range(org.practices.rows)] if model.outside else []
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
    model.spread_outside = model.spread()
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


def to_come(org: Organisation, row: int, k: int) -> list[tuple[float, int]]:
    """Contacts outside who have not begun yet: at which spread each will, and how heavy it is; the next one last."""
    heavy, spread = org.employees.outsiders[:, row], org.plan["outside"].spread_by(org.week)
    of_practice = np.uint64(word(org.luck.stream("outside"), org.practices.key[k]))
    due = [
        (float(unit(np.uint64(word(np.uint64(branch(of_practice, at)), org.employees.key[row])))), int(one))
        for at, one in enumerate(heavy)
        if one > 0
    ]
    return sorted([one for one in due if one[0] >= spread], reverse=True)


class EnginesLuck:
    """In place of `random.Random`: each draw of the plain model is the engine's for the same purpose, person and practice.

    What for, and about whom, is read off the caller's names: `random_in_decide` answers what `decide` asks. The plain model
    lives a week first, then the engine, then comes `new_week`.
    """

    def __init__(self, org: Organisation, people: list[Employee]) -> None:
        self.org, self.luck = org, org.luck
        self.rooms = [
            people[org.rows_of(row)] for row in range(org.departments.rows)
        ]  # who sits where, row by row
        self.new_week()

    @property
    def seats(self) -> list[Employee]:
        """Who sits in each row, changes of this week included."""
        return [one for room in self.rooms for one in room]

    def new_week(self) -> None:
        """Follow the engine, which has lived the week as well."""
        e, self.week, self.times = self.org.employees, self.org.week + 1, Counter()
        self.keys = dict(zip(self.seats, e.key, strict=True))
        self.hires = dict(zip(self.seats, e.hires, strict=True))

    # What the plain model asks for

    def random(self) -> float:
        return self._asked("random")

    def gauss(self, mean: float, deviation: float) -> float:
        return mean + deviation * self._asked("gauss")

    def uniform(self, least: float, most: float) -> float:
        return least + (most - least) * self._asked("uniform")

    def choice(self, among: list[Employee]) -> Employee:
        return self._asked("choice")

    def choices(self, among: range, weights: list[float]) -> list[int]:
        left = self._asked("choices") * sum(weights)
        return [int(np.searchsorted(np.cumsum(weights), left, side="right"))]

    def sample(self, among: list[Employee], number: int) -> list[Employee]:
        return self._asked("sample", among, number)

    def shuffle(self, among: list[Employee]) -> None:
        self._asked("shuffle", among)

    def _asked(self, what: str, *more: Any) -> Any:
        frame, names, inner = sys._getframe(2), {}, ""
        while frame.f_code.co_name.startswith("<"):  # comprehensions and lambdas; what they hold goes first
            names, inner, frame = {**frame.f_locals, **names}, frame.f_code.co_name, frame.f_back
        about = SimpleNamespace(**{**frame.f_locals, **names, "inner": inner})
        return getattr(self, f"{what}_in_{frame.f_code.co_name}")(about, *more)

    # The engine's words for it

    def key(self, who: Employee) -> np.uint64:
        return self.keys[who]

    def next_key(self, seat: Employee) -> np.uint64:
        """Of whoever follows in a seat."""
        return combine(self.keys[seat], np.uint64(self.hires[seat] + 1))

    def bits(self, key: np.uint64, stream: np.uint64, number: int | None = None) -> np.uint64:
        return np.uint64(word(stream if number is None else np.uint64(branch(stream, number)), key))

    def this_week(self, name: str, key: np.uint64, number: int | None = None) -> float:
        return float(unit(self.bits(key, self.luck.stream(name, self.week), number)))

    def department_key(self, here: Any) -> np.uint64:
        return self.org.departments.key[here.row]

    def practice_key(self, k: int) -> np.uint64:
        return self.org.practices.key[k]

    # Decisions of a week

    def random_in_join(self, about):
        return self.this_week("governance", self.department_key(about.here))

    def random_in_grant_those_who_practise(self, about):
        return self.this_week("approval", self.key(about.e), 3 * about.k + 2)

    def random_in_stands(self, about):
        return self.this_week("approval", self.key(about.e), 3 * about.k)

    def random_in_clear(self, about):
        _, who, k = about.one
        bits = self.bits(self.key(who), self.luck.stream("approval", self.week), 3 * k + 1)
        return int(bits >> np.uint64(24))

    def random_in_learn(self, about):
        return self.this_week("learning", self.key(about.self))

    def lot_and_more(self, name: str, key: np.uint64, k: int) -> float:
        """A number that begins with this week's byte of a word for eight weeks."""
        first = self.luck.stream(name, self.week - self.week % LOTS)
        eight = self.bits(key, np.uint64(branch(first, k)), 1)
        lot = int(eight >> np.uint64(8 * (self.week % LOTS))) & 255
        return float(drawn(np.uint8(lot), self.bits(key, self.luck.stream(name, self.week), k)))

    def random_in_decide(self, about):
        who, k = about.self, about.k
        self.times["review", who, k] += about.now in (TRYING, ROUTINE)
        name = (
            "ways" if self.times["review", who, k] == 1 else "adoption"
        )  # thinks again first, then goes on or stops
        return self.lot_and_more(name, self.key(who), k)

    def random_in_may_start(self, about):
        own = np.uint64(branch(self.luck.stream("adoption", self.week), about.k))
        return float(unit(self.bits(self.key(about.self), own, 0)))

    def random_in_feel(self, about):
        return self.lot_and_more("turnover", self.key(about.self), 0)

    # The hub's team

    def random_in_appoint(self, about):
        if about.inner:
            return self.luck.uniform("team", self.key(about.e), self.week)
        return self.luck.uniform("team leads", self.key(about.one), self.week)

    def choice_in_appoint(self, about):
        own = combine(self.key(about.one), np.uint64(key_of("team")))
        u = self.luck.uniform("team", combine(own, np.uint64(about.m)), self.week)
        return self.seat_in(about.others[(about.n + about.m) % len(about.others)], u)

    def seat_in(self, here: Any, u: float) -> Employee:
        """Who sits in the row of a department that a draw says."""
        room = self.rooms[here.row]
        return room[int(u * len(room))]

    # Contacts online and outside

    def random_in_meet_others(self, about):
        return self.lot_and_more("digital", self.key(about.e), 0)

    def shuffle_in_meet_others(self, about, among):
        among.sort(key=self.seats.index)
        lot = int(unit(np.uint64(branch(self.luck.stream("digital", self.week), 2))) * len(among))
        among[:] = among[lot:] + among[:lot]

    def random_in_come_across(self, about):
        return self.this_week("digital", self.key(about.self), 1)

    def choice_in_come_across(self, about):
        self.times["met", about.self] += 1
        assert self.times["met", about.self] == 1, "the engine has somebody else in mind"
        near, room, u = about.digital.near, self.rooms[about.here.row], self.random_in_come_across(about)
        if u < near:
            return room[min(len(room) - 1, int(u / near * len(room)))]
        others = [one for other in self.rooms if other is not room for one in other]
        return others[min(len(others) - 1, int((u - near) / (1.0 - near) * len(others)))]

    def random_in_bring_contacts(self, about):
        """How many contacts, and then how far each practice must spread until each of them begins."""
        who, stream = about.self, self.luck.stream("outside")
        asked = self.times["outside", who]
        self.times["outside", who] += 1
        if asked == 0:
            return float(unit(self.bits(self.key(who), stream, 0)))
        k, at = divmod(asked - 1, about.number)
        of_practice = self.bits(self.practice_key(k), stream)
        return float(unit(self.bits(self.key(who), of_practice, at)))

    def gauss_in_bring_contacts(self, about):
        who = about.self
        self.times["weight", who] += 1
        return normal(self.bits(self.key(who), self.luck.stream("outside"), self.times["weight", who]))

    # Who comes new

    def gauss_in_arrive(self, about):
        """How much somebody is heeded, which is the first draw of whoever comes new; then their threshold."""
        who = about.self
        if self.times["arrive", who]:
            self.times["arrive", who] = 0
            return normal(self.bits(self.key(who), self.luck.stream("adoption")))
        if who in self.keys:
            self.keys[who], self.hires[who] = self.next_key(who), self.hires[who] + 1
        else:  # a new seat, the last of its department
            room = self.rooms[who.department.row]
            self.keys[who] = combine(np.uint64(key_of(who.department.name)), np.uint64(len(room)))
            self.hires[who] = 0
            room.append(who)
        self.times["belief", who] = self.times["outside", who] = self.times["weight", who] = 0
        self.times["arrive", who] = 1
        return normal(self.bits(self.key(who), self.luck.stream("influence")))

    def uniform_in_arrive(self, about):
        who = about.self
        self.times["belief", who] += 1
        own = combine(self.key(who), self.practice_key(self.times["belief", who] - 1))
        return float(unit(self.bits(own, self.luck.stream("influence"), 0)))

    def seat_key(self, executive: Any) -> np.uint64:
        place = 0 if executive is executive.model.top else executive.scope[0].row + 1
        return combine(self.next_key(executive.person), np.uint64(place))

    def gauss_in_sit_down(self, about):
        return self.luck.normal("sponsorship", self.seat_key(about.self))

    def uniform_in_sit_down(self, about):
        own = combine(self.seat_key(about.self), np.uint64(key_of("understanding")))
        return self.luck.uniform("sponsorship", own)

    def random_in_succeed(self, about):
        return float(unit(self.bits(self.seat_key(about.x), self.luck.stream("sponsorship"), 0)))

    # Events

    def random_in_event(self, about):
        (name,) = [name for name, one in self.org.plan["events"].scripted.items() if one is about.event]
        own = combine(self.key(about.e), np.uint64(key_of(f"events/{name}")))
        return self.luck.uniform("events", own, self.week)

    random_in_pilot = random_in_reverse_mentoring = random_in_guideline_published = random_in_event
    random_in_champions_leave = random_in_reorganisation = random_in_merger = random_in_event

    def sample_in_cross_functional_group(self, about, among, number):
        lots = {e: self.random_in_event(SimpleNamespace(e=e, event=about.event)) for e in among}
        return sorted(among, key=lots.__getitem__)[:number]

    def sample_in_regroup(self, about, among, number):
        """Who comes for each: those who move stand in the order of their rows, and sit down by lot."""
        leave = sorted(among, key=self.seats.index)
        come = sorted(leave, key=lambda one: self.luck.uniform("seats", self.key(one), self.week))
        comes = dict(zip(leave, come, strict=True))
        self.rooms = [[comes.get(one, one) for one in room] for room in self.rooms]
        return [comes[one] for one in among]

    def choice_in_merger(self, about):
        self.times["acquainted", about.e] += 1
        which = np.uint64(self.times["acquainted", about.e] - 1)
        u = self.luck.uniform("acquaintance", combine(self.key(about.e), which), self.week)
        return self.seat_in(about.there, u)

    def random_in_hire(self, about):
        return self.seats.index(about.one)  # of those who manage as few people the first

    def choice_in_hire(self, about):
        self.times["hired", about.e] += 1
        which = np.uint64(self.times["hired", about.e] - 1)
        return self.seat_in(
            about.e.department, self.luck.uniform("hiring", combine(self.key(about.e), which))
        )

    # What changes of itself

    def random_in_turn(self, about):
        return self.this_week("turbulence", self.practice_key(about.k))

    def gauss_in_grow_way(self, about):
        own = combine(self.department_key(about.self), self.practice_key(about.k))
        return normal(self.bits(own, self.luck.stream("turbulence", self.week), 0))

    def gauss_in_err(self, about):
        here = about.self
        self.times["error", here] += 1
        own = combine(self.department_key(here), self.practice_key(self.times["error", here] - 1))
        return self.luck.normal("measurement", own, self.week // 13)

    def random_in_go_wrong(self, about):
        return self.this_week("incidents", self.department_key(about.here))

    def choices_in_go_wrong(self, about):
        return self.this_week("incidents", self.department_key(about.here), 0)

    def uniform_in_go_wrong(self, about):
        return self.this_week("incidents", self.department_key(about.here), 1)
