"""The organisation: how it is built, and its week."""

from __future__ import annotations

from math import exp, sqrt
from typing import Any

import mesa
import numpy as np

from benchmarks.plain import happenings
from benchmarks.plain.desk import YEAR, Hub
from benchmarks.plain.offices import QUARTER, Committee, Department, Executive
from benchmarks.plain.people import Employee, clipped
from benchmarks.plain.record import Record
from benchmarks.plain.staffing import replace
from sim import network, staff
from sim.luck import Luck
from sim.scenario import Scenario
from sim.tables import OBJECTIVES, TRYING

NEEDED = (
    "strategy", "sponsorship", "funding", "governance", "approval", "teaching", "guidance", "best_practice", "learning",
    "influence", "adoption", "ways", "worth", "measurement", "maturity",
)  # fmt: skip
BESIDES = (
    "events", "alliance", "committee", "duties", "team", "digital", "outside", "turbulence", "voice", "programmes", "incidents",
    "rumours", "turnover",
)  # fmt: skip
WRITTEN = {
    ("strategy", "kind"): "business",
    ("funding", "mode"): "earned",
    ("governance", "form"): "hub_and_spoke",
    ("adoption", "rule"): "utility",
    ("team", "drawn"): "departments",
    ("team", "chosen"): "leaders",
    ("team", "land"): "scattered",
    ("programmes", "reporting"): "programme",
}


def check(plan: Scenario) -> None:
    """See that a scenario has no term that is not written here.

    Raises:
        ValueError: it has one, or lacks a mechanism that this model takes for granted.
    """
    there = {one.name for one in plan.mechanisms}
    faults = [f"{name} is missing" for name in NEEDED if name not in there]
    faults += [f"{name} is not written here" for name in sorted(there - {*NEEDED, *BESIDES})]
    for (name, key), only in WRITTEN.items():
        if plan[name] and getattr(plan[name], key) != only:
            faults.append(f"{name}.{key} = {getattr(plan[name], key)} is not written here, only {only}")
    people = plan.organisation
    if people.firms > 1 or people.roster or people.disconnected:
        faults.append("one generated firm is written here, not several, a roster or disconnected departments")
    events = plan["events"].scripted.values() if plan["events"] else ()
    faults += [
        f"the event {one.what} is not written here" for one in events if one.what not in happenings.EVENTS
    ]
    if faults:
        raise ValueError("; ".join(faults))


class PlainOrganisation(mesa.Model):
    """An organisation under a scenario whose terms are written here, see `check`."""

    def __init__(self, plan: Scenario, seed: int = 1) -> None:
        check(plan)
        super().__init__(rng=int(seed))
        self.plan, self.week, self.stage = plan, 0, 1
        self.names, self.practices = list(plan.practices), list(plan.practices.values())
        for name in (*NEEDED, *BESIDES):
            if name != "committee":
                setattr(self, name, plan[name])  # the parameters; an employee's step looks up none by name
        self.risky = [one.risk >= self.approval.risk for one in self.practices]
        kinds = [one.kind for one in self.practices]
        self.listening, self.presenting, self.engaging, self.collaborating = (
            [k for k, kind in enumerate(kinds) if kind == what]
            for what in ("listening", "presence", "engagement", "collaboration")
        )
        wanted = [getattr(self.strategy.objectives, objective) for objective in OBJECTIVES]
        self.goals = [one / sqrt(sum(w * w for w in wanted)) for one in wanted]
        self.split = self.funding.split.shares()
        self.level, self.granted, self.pull = self.funding.level, 1.0, None
        self.talked_of, self.stated, self.spread_outside = False, False, self.spread()
        self.moves, self.beginners, self.again, self.leavers = [], [], [], []
        self.left = self.in_contact = 0
        self.settle_people(Luck(seed))
        self.struck = [[0 for _ in self.departments]]
        self.committee = Committee(self) if plan["committee"] else None
        self.hub = Hub(self)
        for e in self.employees:
            e.arrive()
        for e in self.employees:
            e.attend()
        self.pioneer()
        self.grant()
        self.lead()
        self.value()
        self.record = Record(self)
        self.record.keep([[0.0] * 5 for _ in self.departments])

    def settle_people(self, luck: Luck) -> None:
        """Make departments, employees and executives, with reporting lines and ties as the engine generates them."""
        who = staff.generate(self.plan.organisation.sizes(), self.plan.organisation.span)
        ties = network.generate(self.plan.network, who, luck)
        self.number_of_ways = len(who.departments) + 1  # the departments' own, and the hub's
        named = zip(who.departments, who.functions, strict=True)
        self.departments = [Department(self, row, *one) for row, one in enumerate(named)]
        self.employees = people = [Employee(self, self.departments[d]) for d in who.department.tolist()]
        first, others, weights = ties.indptr.tolist(), ties.indices.tolist(), ties.weights.tolist()
        for row, (e, boss) in enumerate(zip(people, who.manager.tolist(), strict=True)):
            e.department.staff.append(e)
            if boss >= 0:
                e.manager = people[boss]
                e.manager.reports.append(e)
            e.contacts = {people[others[c]]: weights[c] for c in range(first[row], first[row + 1])}
        for here, row in zip(self.departments, who.head.tolist(), strict=True):
            here.size = len(here.staff)
            here.head = Executive(self, people[row], [here])
            self.random.shuffle(here.staff)
        self.top = Executive(self, people[who.top], self.departments)
        self.executives = [*(here.head for here in self.departments), self.top]
        for x in self.executives:
            x.person.executive = True

    def pioneer(self) -> None:
        """Let some of the owners' staff have begun."""
        for here in self.departments:
            for e in here.staff if here.owner else ():
                for k, practice in enumerate(self.practices):
                    if self.random.random() < practice.pioneers:
                        e.way[k] = here.row
                        e.move(k, TRYING)

    def department(self, name: str) -> Department:
        """The department of that name."""
        return next(here for here in self.departments if here.name == name)

    def step(self) -> None:
        """Live one week."""
        self.week += 1
        spent = self.direct()
        self.live()
        self.settle()
        self.meet_others()
        if self.turbulence:
            happenings.turn(self)
        self.value()
        self.measure()
        if self.incidents:
            happenings.go_wrong(self)
        self.talk()
        self.turn_over()
        self.record.keep(spent)

    def direct(self) -> list[list[float]]:
        """What is done to employees before they decide: events, committee, executives, money, the hub; units spent."""
        self.hub.new_week()
        self.left, self.spread_outside = 0, self.spread()
        self.struck.append([0 for _ in self.departments])
        happenings.script(self)
        if self.committee:
            self.committee.step()
        self.grant()
        self.back()
        spent = self.fund()
        self.hub.work(spent)
        return spent

    def grant(self) -> None:
        """Give departments the level per head, less what is cut, shared out as the committee has it."""
        for here in self.departments:
            here.budget = self.level * self.granted * here.favour

    def back(self) -> None:
        """Executives come to understand, back or cool; one of them may be named as the sponsor."""
        s, executives = self.sponsorship, self.executives
        if self.week == s.sponsor_week:
            sponsor = max(executives, key=lambda x: x.engagement)
            self.pull = sponsor.engagement = max(sponsor.engagement, s.sponsor_engagement)
            sponsor.sponsor = True
        mean = sum(x.engagement for x in executives) / len(executives)
        for x in executives:
            x.back(mean)
        self.lead()

    def lead(self) -> None:
        """Lead felt in each department."""
        for here in self.departments:
            here.follow_lead()

    def fund(self) -> list[list[float]]:
        """Earn the budget each quarter and buy with it; units spent by department and use."""
        f, top = self.funding, self.top
        if self.week % QUARTER == 0 and f.level > 0.0:
            surplus = (top.evidence - top.expected) / (f.earned_scale * f.level)
            mean = sum(x.engagement for x in self.executives) / len(self.executives)
            deserved = f.level * (f.earned_floor + f.earned_engaged * mean)
            deserved *= 1.0 + f.earned_evidence * clipped(surplus, -f.earned_loss, 1.0)
            level = self.level + f.earned_pace * (deserved - self.level)
            self.level = clipped(level, f.least * f.level, f.most * f.level)
            self.grant()
        courses, desk, tools, measurement = self.split
        if not self.hub.open:
            courses, desk = courses + desk, 0.0
        for here in self.departments:
            here.courses = min(1.0, f.course_yield * courses * here.budget * here.lead)
            here.technology = min(1.0, f.technology_yield * tools * here.budget)
            here.insight = min(1.0, f.measurement_yield * measurement * here.budget)
        uses = courses, desk, tools, measurement, 0.0
        return [[part * here.budget * here.size / YEAR for part in uses] for here in self.departments]

    def live(self) -> None:
        """Everybody lives the week: who moves where, and who thinks of another way."""
        self.in_contact = 0
        for here in self.departments:
            here.prepare()
        self.agents_by_type[Employee].do("step")

    def settle(self) -> None:
        """Make the moves; who has begun or thinks again picks a way by those who practised before."""
        for e, k, rung in self.moves:
            if rung == TRYING:
                e.begin(k)
            else:
                e.move(k, rung)
        cells = [(e, k) for e, k in self.beginners if e.began(k)]
        cells += [(e, k) for e, k in self.again if k in e.doing and not e.began(k)]
        for e, k, way in [(e, k, e.choose(k)) for e, k in cells]:
            e.take(k, way)
        for here in self.departments:
            here.get_used()
        self.moves, self.beginners, self.again = [], [], []

    def spread(self) -> float:
        """Share of people outside the firm who practise, along a logistic curve that is looked at now and then."""
        o = self.outside
        if not o or o.start == 0.0:
            return 0.0
        odds = (o.ceiling / o.start - 1.0) * exp(-o.growth * (self.week - self.week % o.interval))
        return o.ceiling / (1.0 + odds)

    def meet_others(self) -> None:
        """Digital ties end and open; contacts outside the firm begin."""
        if self.digital:
            chance, random, some = self.digital.chance, self.random.random, []
            for e in self.employees:
                if e.collaborates:
                    if random() < chance:
                        some.append(e)
                elif e.online:
                    e.log_off()
            self.random.shuffle(some)
            for e in some:
                e.come_across()
        if self.outside and self.week % self.outside.interval == 0:
            self.agents_by_type[Employee].do("look_outside")

    def value(self) -> None:
        """Value every way in every department."""
        for k, practice in enumerate(self.practices):
            everywhere = [sum(people) for people in zip(*(d.tally[k] for d in self.departments), strict=True)]
            for here in self.departments:
                here.value(k, everywhere, practice.coordination)
        if self.voice and self.week:
            for here in self.departments:
                here.fall_flat()

    def measure(self) -> None:
        """Measure worth, show it to executives, and move support by it."""
        for here in self.departments:
            here.measure()
        for x in self.executives:
            x.see()
        if self.programmes and self.week % QUARTER == 0:
            for here in self.departments:
                here.steer()

    def talk(self) -> None:
        """Spread and correct the rumour, if there is one."""
        if self.talked_of:
            since = self.week - self.rumours.statement_after
            self.stated = since >= 0 and any(self.struck[since])
            employees = self.agents_by_type[Employee]
            employees.do("hear")
            employees.do("take_in")
            self.talked_of = any(e.rumour for e in self.employees)

    def turn_over(self) -> None:
        """Let those who are not content leave."""
        if self.turnover:
            self.leavers = []
            self.agents_by_type[Employee].do("feel")
            replace(self, self.leavers)

    def __getitem__(self, name: str) -> np.ndarray:
        """A weekly series, as in the engine's record: float64[1 + weeks lived]."""
        return self.record[name]

    def close(self) -> None:
        """Let go of what Mesa 3.3 keeps of every model that ever had agents."""
        getattr(mesa.Agent, "_ids", {}).pop(self, None)


def run(plan: Scenario, seed: int = 1) -> Any:
    """Live an organisation to the end of its scenario; its record."""
    org = PlainOrganisation(plan, seed)
    for _ in range(plan.weeks):
        org.step()
    org.close()
    return org.record
