"""Departments, executives and their committee: what staff share, what practising is worth, who leads and who backs whom."""

from __future__ import annotations

from itertools import combinations
from math import sqrt
from typing import TYPE_CHECKING

import mesa

from benchmarks.plain.people import Employee, clipped
from sim.building import MEANT, UNKNOWN
from sim.tables import OBJECTIVES, ROUTINE

if TYPE_CHECKING:
    from benchmarks.plain.organisation import PlainOrganisation

QUARTER = 13


class Department(mesa.Agent):
    """A department; lists have one value a practice, lists of lists one a practice and way."""

    def __init__(self, model: PlainOrganisation, row: int, name: str, function: str) -> None:
        super().__init__(model)
        people, strategy, luck, none = (
            model.plan.organisation,
            model.strategy,
            model.random,
            len(model.practices),
        )
        self.row, self.name, self.function, self.owner = row, name, function, name in people.owners
        self.staff: list[Employee] = []  # in the order in which the hub teaches them
        self.size, self.head = 0, None
        self.specificity = people.specificity.get(function, UNKNOWN)
        self.fit = [one.fit.get(function, UNKNOWN) for one in model.practices]
        self.meant = [fit >= MEANT for fit in self.fit]
        noise = strategy.noise * (1.0 - max(strategy.clarity, strategy.clarity_floor)) / sqrt(len(OBJECTIVES))
        self.pursue([goal + luck.gauss(0.0, noise) for goal in model.goals])
        self.budget, self.favour, self.lead, self.courses = 0.0, 1.0, 0.0, 0.0
        self.technology, self.insight, self.ease, self.backing = 0.0, 0.0, [1.0] * none, [1.0] * none
        self.joined, self.gated, self.left_by_mandate, self.met = False, False, 1.0, 0.0
        self.liaisons, self.local = 0, 0.0  # and their person-weeks
        self.cleared, self.waiting, self.time, self.credit, self.turn = [0] * QUARTER, 0, 0.0, 0.0, 0
        self.active, self.practised, self.routine, self.habit = 0, [0] * none, [0] * none, [row] * none
        self.tally = [[0] * model.number_of_ways for _ in model.practices]
        self.experienced = [[0.0] * model.number_of_ways for _ in model.practices]
        self.quality = [[model.ways.foreign_quality] * model.number_of_ways for _ in model.practices]
        self.worth, self.good, self.measured = [0.0] * none, [0.0] * none, [0.0] * none
        self.past = [[0.0] * none for _ in range(model.measurement.delay)]
        for k in range(none):
            self.grow_way(k)
        self.err()

    def pursue(self, goals: list[float]) -> None:
        """Have these goals, aligned with the organisation's by their cosine."""
        self.goals = goals
        dot = sum(g * w for g, w in zip(goals, self.model.goals, strict=True))
        self.alignment = dot / sqrt(sum(g * g for g in goals))

    def approach(self, goals: list[float], part: float) -> None:
        """Go part of the way to other goals."""
        self.pursue([own + part * (goal - own) for own, goal in zip(self.goals, goals, strict=True)])

    def grow_way(self, k: int) -> None:
        """Have a way of one's own, by luck better or worse."""
        w = self.model.ways
        self.quality[k][self.row] = clipped(self.model.random.gauss(w.own_quality, w.own_spread), 0.0, 1.0)

    def follow_lead(self) -> None:
        """Feel the lead of head and top."""
        s = self.model.sponsorship
        felt = s.directive_lead + (1.0 - s.directive_lead) * s.style
        engaged = s.head_weight * self.head.engagement + (1.0 - s.head_weight) * self.model.top.engagement
        self.lead = felt * engaged

    def prepare(self) -> None:
        """What all staff share in this week's decisions: what speaks for each practice here, and how easily it is let go."""
        model, a, lead = self.model, self.model.adoption, self.lead
        self.offer, self.dropping, self.fading = [], [], []
        for k, practice in enumerate(model.practices):
            tools = min(1.0, self.technology * self.backing[k])
            self.offer.append(
                a.lead_weight * (lead - a.lead_reference)
                - a.effort_weight * practice.effort * (1.0 - tools) * self.ease[k]
                + a.fit_weight * (self.fit[k] * self.alignment - a.fit_reference)
                - a.hurdle
            )
            starved = 1.0 + max(0.0, a.starved_below - self.budget * self.backing[k])
            self.dropping.append(starved * a.lapse_trying * (1.0 - a.lapse_trying_lead * lead))
            self.fading.append(starved * a.lapse_routine * (1.0 - a.lapse_routine_lead * lead))
        if model.turnover:
            t = model.turnover
            self.climate = t.ordinary + t.lead_weight * (lead - t.lead_reference)
            self.climate += t.alignment_weight * (self.alignment - t.alignment_reference)
        g = model.governance
        self.left_by_mandate = 1.0 - g.resentment * g.mandate if self.joined else 1.0

    def get_used(self) -> None:
        """Take the commonest way of each practice for a habit; it stays while nobody practises."""
        for k, tally in enumerate(self.tally):
            if tally[self.habit[k]] < max(tally):
                self.habit[k] = tally.index(max(tally))

    def recount(self) -> None:
        """Count anew who practises what, after people have changed places."""
        for k in range(len(self.practised)):
            doing = [e for e in self.staff if k in e.doing]
            self.practised[k] = len(doing)
            self.routine[k] = sum(e.rung[k] == ROUTINE for e in doing)
            self.tally[k] = [0] * self.model.number_of_ways
            for e in doing:
                self.tally[k][e.way[k]] += 1
        self.active = sum(bool(e.doing) for e in self.staff)

    def culture(self, new: set[Employee]) -> float:
        """How content those are who are not new."""
        content = [e.satisfaction for e in self.staff if e not in new]
        return sum(content) / len(content) if content else self.model.turnover.ordinary

    # Worth

    def value(self, k: int, everywhere: list[int], chi: float) -> None:
        """What a practice is worth to who does it in each way, and here; `everywhere` counts who works so."""
        w, tally, quality, experienced = self.model.worth, self.tally[k], self.quality[k], self.experienced[k]
        here = self.practised[k]
        attached, others = max(0.0, self.fit[k] * self.alignment), max(1, sum(everywhere) - here)
        mean = good = 0.0
        for way, people in enumerate(tally):
            together = (everywhere[way] - people) / others
            omega = attached * ((1.0 - chi) * quality[way] + chi * together)
            experienced[way] = min(1.0, w.experience * omega)
            mean += people * omega
            good += people * quality[way]
        self.good[k] = good / max(1, here)
        self.worth[k] += w.pace * (mean / max(1, here) * self.routine[k] / self.size - self.worth[k])

    def fall_flat(self) -> None:
        """Lose worth of what is only pushed while hardly anybody listens."""
        v, w, model = self.model.voice, self.model.worth, self.model
        heard = max([self.practised[k] for k in model.listening], default=0) / self.size
        if heard >= v.enough:
            return
        lost = v.harm * (1.0 - heard / v.enough)
        for k in model.presenting:
            self.experienced[k] = [max(0.0, one - w.experience * lost) for one in self.experienced[k]]
            self.worth[k] -= w.pace * lost * self.routine[k] / self.size

    def err(self) -> None:
        """Draw a quarter's errors of measurement."""
        self.error = [self.model.random.gauss(0.0, 1.0) for _ in self.model.practices]

    def measure(self) -> None:
        """Measure worth as it was some weeks ago; the errors of measurement are others each quarter."""
        m, week, worth = self.model.measurement, self.model.week, self.worth
        if week % QUARTER == 0:
            self.err()
        if m.delay:
            worth, self.past[week % m.delay] = self.past[week % m.delay], list(worth)
        noise = m.noise * (1.0 - self.insight)
        self.measured = [one + noise * error for one, error in zip(worth, self.error, strict=True)]

    @property
    def share(self) -> float:
        """Measured worth as a share of the fit that is there."""
        return sum(self.measured) / sum(self.fit) if sum(self.fit) > 0.0 else 0.0

    def steer(self) -> None:
        """Move support between the practices that are meant for the department, by what is seen of each."""
        p, m = self.model.programmes, self.model.measurement
        signal = {
            k: m.focus * max(0.0, self.measured[k])
            + (1.0 - m.focus) * m.followers * self.practised[k] / self.size
            for k, meant in enumerate(self.meant)
            if meant
        }
        total = sum(signal.values())
        if total > 0.0:
            for k, seen in signal.items():
                due = p.even + (1.0 - p.even) * len(signal) * seen / total
                self.backing[k] += p.pace * (due - self.backing[k])


class Executive(mesa.Agent):
    """The seat of a head of department, or of the top, whose scope is all departments."""

    def __init__(self, model: PlainOrganisation, person: Employee, scope: list[Department]) -> None:
        super().__init__(model)
        self.person, self.scope, self.sponsor, self.evidence = person, scope, False, 0.0
        self.sit_down()

    def sit_down(self) -> None:
        """Begin with an engagement and an understanding of one's own."""
        s, luck = self.model.sponsorship, self.model.random
        self.engagement = clipped(luck.gauss(s.engagement, s.spread), 0.0, 1.0)
        self.understanding = luck.uniform(0.0, s.understanding)

    def back(self, mean: float) -> None:
        """Understand more; warm by evidence, company and a sponsor's pull, and cool by disappointment."""
        model, s, u, g = self.model, self.model.sponsorship, self.understanding, self.engagement
        staff = sum(here.size for here in self.scope)
        money = sum(here.budget * here.size for here in self.scope) / staff
        self.expected = s.expectation * money * min(1.0, model.week / s.patience)
        change = s.evidence_pull * u * (1.0 - g) * min(1.0, s.evidence_full * self.evidence)
        if model.pull is None:
            change *= s.unsponsored
        else:
            change += s.sponsor_pull * max(0.0, model.pull - g)
        change += s.company * (mean - g) - s.disappointment * max(0.0, self.expected - self.evidence) * g
        activity = sum(here.active for here in self.scope) / staff
        gain = s.learn_by_activity * activity + s.learn_by_use * bool(self.person.doing)
        self.understanding, self.engagement = u + gain * (1.0 - u), clipped(g + change, 0.0, 1.0)

    def see(self) -> None:
        """Take measured worth and followers for evidence."""
        m = self.model.measurement
        attainable = sum(here.size * sum(here.fit) for here in self.scope)
        worth = sum(here.size * sum(here.measured) for here in self.scope)
        followers = sum(
            n * fit for here in self.scope for n, fit in zip(here.practised, here.fit, strict=True)
        )
        self.evidence = m.focus * clipped(worth / (m.good * attainable), 0.0, 1.0)
        self.evidence += (1.0 - m.focus) * m.followers * followers / attainable


class Committee(mesa.Agent):
    """One executive of every department, who meet, pull goals together, move money and know each other."""

    def __init__(self, model: PlainOrganisation) -> None:
        super().__init__(model)
        self.since: int | None = None

    def step(self) -> None:
        """Found it when it is due; every so many weeks it meets."""
        model, c = self.model, self.model.plan["committee"]
        if model.week == c.founded:
            self.since = model.week
            members = list(dict.fromkeys(x.person for x in model.executives))
            for one, other in combinations(members, 2):
                one.tie(other, c.strength)
        if self.since is not None and (model.week - self.since) % c.interval == 0:
            mean = [
                sum(goals) / len(goals) for goals in zip(*(d.goals for d in model.departments), strict=True)
            ]
            for here in model.departments:
                here.approach(mean, c.pull)
            if c.reallocation > 0.0:
                self.reallocate(c.reallocation)

    def reallocate(self, part: float) -> None:
        """Let part of the money follow alignment."""
        departments = self.model.departments
        merit = [max(0.0, here.alignment) for here in departments]
        total = sum(one * here.size for one, here in zip(merit, departments, strict=True))
        for one, here in zip(merit, departments, strict=True) if total > 0.0 else ():
            here.favour = 1.0 - part + part * one * len(self.model.employees) / total
