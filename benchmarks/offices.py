"""What the plain model needs beside its employees: departments, executives and the hub, and the stage of maturity.

They are ordinary Mesa agents like the employees, but so few that nothing here is written for speed.
"""

from __future__ import annotations

from collections import defaultdict
from math import sqrt
from typing import TYPE_CHECKING

import mesa

from sim.building import UNKNOWN
from sim.outcome import converged_now
from sim.tables import AWARE, OBJECTIVES

if TYPE_CHECKING:
    from benchmarks.plain import Employee, PlainOrganisation

NOT_ASKED, WAITS, CLEARED = range(3)
QUARTER, YEAR = 13, 52.0


def clipped(value: float, least: float, most: float) -> float:
    """The value, kept within its bounds."""
    return min(most, max(least, value))


class Department(mesa.Agent):
    """A department; lists have one value a practice, lists of lists one a practice and way."""

    def __init__(self, model: PlainOrganisation, row: int, name: str, function: str, size: int) -> None:
        super().__init__(model)
        people, luck, none = model.plan.organisation, model.random, len(model.practices)
        strategy, ways = model.plan["strategy"], model.plan["ways"]
        self.row, self.size, self.owner, self.staff = row, size, name in people.owners, []
        self.specificity = people.specificity.get(function, UNKNOWN)
        self.fit = [one.fit.get(function, UNKNOWN) for one in model.practices]
        self.attainable = size * sum(self.fit)
        wanted = [getattr(strategy.objectives, objective) for objective in OBJECTIVES]
        wanted = [one / sqrt(sum(w * w for w in wanted)) for one in wanted]
        noise = strategy.noise * (1.0 - max(strategy.clarity, strategy.clarity_floor)) / sqrt(len(wanted))
        goals = [one + luck.gauss(0.0, noise) for one in wanted]
        cosine = sum(g * w for g, w in zip(goals, wanted, strict=True)) / sqrt(sum(g * g for g in goals))
        self.alignment, self.lead, self.courses = cosine, 0.0, 0.0
        self.joined, self.liaison_time, self.waiting, self.turn = False, 0.0, 0, 0
        self.cleared, self.answered, self.carry, self.credit = [0] * QUARTER, 1.0, 0.0, 0.0
        self.active, self.practised, self.routine, self.habit = 0, [0] * none, [0] * none, [row] * none
        self.worth, self.measured = [0.0] * none, [0.0] * none
        self.error, self.good = [luck.gauss(0.0, 1.0) for _ in model.practices], [0.0] * none
        self.tally = [[0] * model.ways for _ in model.practices]
        self.experienced = [[0.0] * model.ways for _ in model.practices]
        self.quality = [[ways.foreign_quality] * model.ways for _ in model.practices]
        for quality in self.quality:
            quality[row] = clipped(luck.gauss(ways.own_quality, ways.own_spread), 0.0, 1.0)

    def value(self, k: int, everywhere: list[int], chi: float) -> None:
        """What a practice is worth to who does it in each way, and here; `everywhere` counts who works so."""
        w, tally, quality, experienced = (
            self.model.plan["worth"],
            self.tally[k],
            self.quality[k],
            self.experienced[k],
        )
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

    def measure(self) -> None:
        """Measure worth; the errors of measurement are others each quarter."""
        if self.model.week % QUARTER == 0:
            self.error = [self.model.random.gauss(0.0, 1.0) for _ in self.error]
        left = self.model.plan["measurement"].noise * (1.0 - self.model.insight)
        self.measured = [worth + left * e for worth, e in zip(self.worth, self.error, strict=True)]

    @property
    def share(self) -> float:
        """Measured worth as a share of the fit that is there."""
        return sum(self.measured) / sum(self.fit)


class Executive(mesa.Agent):
    """The head of a department, or the top, whose scope is all of them."""

    def __init__(self, model: PlainOrganisation, person: Employee, scope: list[Department]) -> None:
        super().__init__(model)
        s, luck = model.plan["sponsorship"], model.random
        self.person, self.scope = person, scope
        self.staff, self.attainable = sum(one.size for one in scope), sum(one.attainable for one in scope)
        self.engagement = clipped(luck.gauss(s.engagement, s.spread), 0.0, 1.0)
        self.understanding, self.evidence = luck.uniform(0.0, s.understanding), 0.0

    def back(self, mean: float, expected: float, pull: float | None) -> None:
        """Understand more; warm by evidence, company and a sponsor's pull, and cool by disappointment."""
        s, u, g = self.model.plan["sponsorship"], self.understanding, self.engagement
        change = s.evidence_pull * u * (1.0 - g) * min(1.0, s.evidence_full * self.evidence)
        if pull is None:
            change *= s.unsponsored
        else:
            change += s.sponsor_pull * max(0.0, pull - g)
        change += s.company * (mean - g) - s.disappointment * max(0.0, expected - self.evidence) * g
        activity = sum(here.active for here in self.scope) / self.staff
        gain = s.learn_by_activity * activity + s.learn_by_use * (self.person.breadth > 0)
        self.understanding, self.engagement = u + gain * (1.0 - u), clipped(g + change, 0.0, 1.0)

    def see(self) -> None:
        """Take measured worth and followers for evidence."""
        m = self.model.plan["measurement"]
        worth = sum(here.size * sum(here.measured) for here in self.scope) / (m.good * self.attainable)
        followers = sum(
            n * fit for here in self.scope for n, fit in zip(here.practised, here.fit, strict=True)
        )
        self.evidence = (
            m.focus * clipped(worth, 0.0, 1.0) + (1.0 - m.focus) * m.followers * followers / self.attainable
        )


class Hub(mesa.Agent):
    """The hub that departments join: its people, its queue and the way it recommends."""

    def __init__(self, model: PlainOrganisation) -> None:
        super().__init__(model)
        self.open, self.people, self.carry = False, 0.0, 0.0
        self.quality = [model.plan["best_practice"].start_quality for _ in model.practices]
        self.queue: list[tuple[int, Employee, int]] = []
        self.expiring: defaultdict[int, list[tuple[Employee, int]]] = defaultdict(list)
        self.cleared: list[tuple[Employee, int]] = []

    def new_week(self) -> None:
        """Count afresh."""
        self.cleared = []
        self.made = self.done = self.waited = self.given_up = self.withdrawn = 0

    def work(self, spent: list[list[float]]) -> None:
        """A week of the hub, from its founding on."""
        model, g = self.model, self.model.plan["governance"]
        if model.week >= g.founded:
            self.open = True
            self.join(g)
            self.pay(g, spent)
            served = [here for here in model.departments if here.joined]
            self.teach(served, self.clear())
            self.learn(served)

    def join(self, g) -> None:
        """Departments join and leave, the owners join at the founding; a gate goes up at once."""
        model, random = self.model, self.model.random.random
        members = [here for here in model.departments if here.joined]
        seen = max(0.0, sum(here.share for here in members) / max(1, len(members)))
        for here, head in zip(model.departments, model.executives, strict=False):
            if here.joined:
                here.joined = random() >= g.leave_rate * (1.0 - head.engagement) * (1.0 - g.mandate)
                continue
            drive = g.join_base + g.join_worth * seen + g.mandate
            here.joined = random() < g.join_rate * (g.join_engagement + head.engagement) * drive
            if here.joined or (here.owner and model.week == g.founded):
                here.joined = True
                for e in here.staff:  # practitioners have to ask within a year, one sooner, the other later
                    for k, practises in enumerate(e.practises):
                        if practises and model.risky[k]:
                            self.approve(e, k, int(model.plan["approval"].holds * random()))

    def pay(self, g, spent: list[list[float]]) -> None:
        """Hire people and liaisons, who work as far as they are paid; a department's part stands in its ledger."""
        model = self.model
        desk, grown = (
            model.plan["funding"].split.shares()[1],
            min(1.0, (model.week - g.founded + 1) / g.hiring_weeks),
        )
        team = grown * desk * model.budget * len(model.employees) / g.person_cost
        posts = [
            max(1, int(here.size / g.staff_per_liaison)) if here.joined else 0 for here in model.departments
        ]
        owed = g.liaison_hub_part * sum(posts)
        paid = min(owed, g.liaison_most * team)
        self.people = team - paid
        for here, own, uses in zip(model.departments, posts, spent, strict=True):
            here.liaison_time = 0.0
            if own:
                theirs = g.liaison_department_part * g.person_cost * own
                given = min(theirs, model.budget * here.size)
                filled = g.liaison_hub_part * paid / owed + g.liaison_department_part * given / theirs
                here.liaison_time = (
                    g.liaison_time * own * filled / (g.liaison_hub_part + g.liaison_department_part)
                )
                uses[-1] = given / YEAR

    def approve(self, e: Employee, k: int, weeks: int) -> None:
        """Give approval for so many weeks beyond this one."""
        e.approved[k] = self.model.week + weeks
        self.expiring[self.model.week + weeks + 1].append((e, k))

    def ask(self, e: Employee, k: int) -> None:
        """Take a request; it can be cleared from next week on."""
        e.asked[k] = WAITS
        self.made += 1
        self.queue.append((self.model.week, e, k))

    def clear(self) -> float:
        """Clear what waits, the oldest first, by liaisons or else by the hub; the hub's time that is left."""
        model, desk, week, random = (
            self.model,
            self.model.plan["approval"],
            self.model.week,
            self.model.random.random,
        )
        for here in model.departments:
            here.cleared[week % QUARTER] = here.waiting = 0
            here.time = desk.requests * here.liaison_time + here.carry
        room, stuck = desk.requests * self.people + self.carry, False
        queue, self.queue = [one for one in self.queue if self.stands(*one)], []
        for e, k in self.expiring.pop(week, ()):
            if e.practises[k] and e.department.joined and e.approved[k] < week and e.asked[k] == NOT_ASKED:
                self.ask(e, k)
        for since, e, k in sorted(queue, key=lambda one: (one[0], random())):
            here = e.department
            cost = 1.0 + desk.special_cost * here.specificity
            if here.time >= 1.0:
                here.time -= 1.0
            elif room >= cost and not stuck:
                room -= cost
            else:
                stuck = True
                here.waiting += 1
                self.queue.append((since, e, k))
                continue
            self.done += 1
            self.waited += week - since
            here.cleared[week % QUARTER] += 1
            self.approve(e, k, desk.holds)
            e.contact, e.asked[k] = week, NOT_ASKED
            if e.rung[k] == AWARE:
                e.asked[k] = CLEARED
                self.cleared.append((e, k))
        return room

    def stands(self, since: int, e: Employee, k: int) -> bool:
        """Whether a request is neither pointless by now nor given up."""
        if e.department.joined and e.practises[k]:
            return True
        if e.department.joined and e.rung[k] == AWARE:
            if self.model.random.random() >= self.model.plan["approval"].give_up:
                return True
            self.given_up += 1
        else:
            self.withdrawn += 1
        e.asked[k] = NOT_ASKED
        return False

    def teach(self, served: list[Department], room: float) -> None:
        """Carry time over while something waits, and else teach staff in turn."""
        week, plan = self.model.week, self.model.plan
        pupils, busy = (
            plan["teaching"].pupils / plan["approval"].requests,
            any(here.waiting for here in served),
        )
        self.carry, people = room if busy else 0.0, sum(here.size for here in served)
        for here in self.model.departments:
            here.carry = here.time if here.waiting else 0.0
            if not here.joined:
                here.credit = 0.0
                continue
            left = (0.0 if here.waiting else here.time) + (0.0 if busy else room * here.size / people)
            here.credit = min(here.size, here.credit + pupils * left)
            while here.credit >= 1.0:
                here.credit -= 1.0
                pupil = here.staff[here.turn]
                pupil.taught = pupil.contact = week
                here.turn = (here.turn + 1) % here.size
            done = sum(here.cleared)
            here.answered = done / (done + here.waiting) if done + here.waiting else 1.0

    def learn(self, served: list[Department]) -> None:
        """Take over what works best among the departments served; how the hub's way fits each department."""
        desk = self.model.plan["best_practice"]
        for k in range(len(self.quality)) if served else ():
            best = max(served, key=lambda here: here.worth[k])
            self.quality[k] += desk.learning * max(0.0, best.good[k] - self.quality[k])
        for here in self.model.departments:
            loss = desk.misfit * here.specificity * (desk.liaison_misfit if here.joined else 1.0)
            for quality, own in zip(here.quality, self.quality, strict=True):
                quality[-1] = own * (1.0 - loss)


def stage_of(
    model: PlainOrganisation, seen: dict[str, float], alignment: float, engagement: float, joined: float
) -> int:
    """The stage of maturity, 1 to 6, from the week's measures, two means and the share of staff in joined departments."""
    m, d, practices = model.plan["maturity"], model.departments, model.practices
    if converged_now(seen["A"], seen["C"], seen["V"], alignment, model.plan.outcome):
        return 6
    active = sum(here.active >= m.active * here.size for here in d) / len(d)
    if active >= m.strategic_departments and engagement >= m.executives and seen["C"] >= m.dominant:
        return 5
    if model.pull is not None and active >= m.formal_departments and joined >= m.policy_reach:
        return 4
    engaging = [k for k, one in enumerate(practices) if one.kind == "engagement"]
    enough = min(m.engaged_departments, len(d))
    if any(sum(here.practised[k] >= m.engagement * here.size for here in d) >= enough for k in engaging):
        return 3
    presence = [k for k, one in enumerate(practices) if one.kind == "presence"]
    owners = [here for here in d if here.owner]
    return 2 if any(here.practised[k] >= m.presence * here.size for here in owners for k in presence) else 1
