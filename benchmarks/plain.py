"""The baseline's dynamics written with one plain Mesa object an employee: what the column engine is measured against.

It is what a good Mesa programmer writes down from the equations: every employee an agent with a step of its own, in plain
numbers and lists, nothing computed twice. `fused.py` holds its employees' loops tuned by hand, as fast as Python gets. It is also
a second reading of the equations, so that a change made in one place alone shows in the comparison of the two.
"""

from __future__ import annotations

from math import exp

import mesa
import numpy as np

from benchmarks.offices import NOT_ASKED, QUARTER, YEAR, Department, Executive, Hub, clipped, stage_of
from sim import network, staff
from sim.building import MEANT
from sim.luck import Luck
from sim.measures import MEASURES, organisation_measures
from sim.record import WEEKLY
from sim.scenario import Scenario
from sim.tables import AWARE, LAPSED, NEVER, ROUTINE, TRYING, UNAWARE


class Employee(mesa.Agent):
    """An employee; lists have one value a practice."""

    def __init__(self, model: PlainOrganisation, department: Department) -> None:
        super().__init__(model)
        a, i, luck, none = model.adoption, model.influence, model.random, len(model.practices)
        self.department = department
        self.threshold = clipped(
            luck.gauss(a.threshold, a.threshold_spread), a.threshold_least, a.threshold_most
        )
        self.influence = round(16 * clipped(exp(luck.gauss(0.0, i.spread)), i.heeded_least, i.heeded_most))
        self.belief = [luck.uniform(i.belief_least, i.belief_most) for _ in model.practices]
        self.fluency, self.guidance, self.training = 0.0, 0.0, 0.0
        self.knows, self.breadth = False, 0
        self.taught = self.contact = NEVER
        self.exposure, self.rung, self.way = [0.0] * none, [UNAWARE] * none, [0] * none
        self.practises, self.asked, self.approved = [False] * none, [NOT_ASKED] * none, [NEVER] * none
        self.manager: Employee | None = None
        self.reports: list[Employee] = []
        self.contacts: list[tuple[Employee, int]] = []  # and how much each is heeded
        self.seen: list[tuple[Employee, float]] = []  # who makes up exposure, and how much each

    def step(self) -> None:
        """Live a week, by what others did last week."""
        self.learn()
        self.look()
        for k in range(len(self.rung)):
            self.believe(k)
            self.decide(k)

    def learn(self) -> None:
        """Training, what the hub's guidance comes to, knowledge of the policy, and fluency."""
        model, here, guidance, week = self.model, self.department, self.model.guidance, self.model.week
        rules = model.learning
        training = 1.0 if week - self.taught < rules.taught_weeks else here.courses
        self.guidance = 0.0
        if here.joined:
            if week - self.contact < guidance.contact_weeks:
                self.guidance = guidance.policy * (
                    guidance.by_policy + (1.0 - guidance.by_policy) * here.answered
                )
                model.in_contact += 1
            else:
                self.guidance = (
                    guidance.policy * guidance.by_policy * (1.0 if self.knows else guidance.unknown)
                )
            chance = rules.policy_by_chance + rules.policy_by_training * training
            if not self.knows and model.random.random() < chance:
                self.knows = True
                model.knowing += 1
        gain = rules.by_training * training + (rules.by_practice if self.breadth else 0.0)
        self.fluency += gain * (1.0 - self.fluency) - rules.forgetting * self.fluency
        self.training = training

    def look(self) -> None:
        """Exposure: who of those one sees practises what."""
        seen = self.seen
        for k in range(len(self.exposure)):
            self.exposure[k] = sum([weight for other, weight in seen if other.practises[k]])

    def believe(self, k: int) -> None:
        """Move belief towards exposure, lead and experience; being told to costs some."""
        i, here, b = self.model.influence, self.department, self.belief[k]
        if here.joined:
            b *= 1.0 - self.model.governance.resentment * self.model.governance.mandate
        change = i.by_exposure * (self.exposure[k] - b) + i.by_lead * (here.lead - b)
        if self.practises[k]:
            change += i.by_experience * (here.experienced[k][self.way[k]] - b)
        self.belief[k] = b + change

    def decide(self, k: int) -> None:
        """Come to know of a practice, try it, make it routine, let it go, or think again of how to do it."""
        model, a, here, now = self.model, self.model.adoption, self.department, self.rung[k]
        u = model.random.random()
        if now == UNAWARE:
            heard = a.push + a.announcement * here.lead * self.training
            if u < heard + a.word_of_mouth * self.exposure[k]:
                model.moves.append((self, k, AWARE))
        elif now == AWARE or now == LAPSED:
            most = a.attempt if now == AWARE else a.relearn
            if self.asked[k] == NOT_ASKED and u < most / (1.0 + exp(-self.utility(k))):
                if now == LAPSED:
                    model.moves.append((self, k, AWARE))
                elif model.may_start(self, k):
                    model.starts.append((self, k))
        else:
            if model.random.random() < model.rules_of_ways.review:
                model.again.append((self, k))
            up, b = 0.0, self.belief[k]
            if now == TRYING:
                worth = here.experienced[k][self.way[k]]
                up = a.settle * self.fluency * (a.settle_belief + b) * (a.settle_worth + worth)
                down = a.lapse_trying * (1.0 - b) * (1.0 - a.lapse_trying_lead * here.lead)
            else:
                down = a.lapse_routine * (1.0 - b) * (1.0 - a.lapse_routine_lead * here.lead)
                down *= 1.0 - a.lapse_routine_fluency * self.fluency
            if u < up:
                model.moves.append((self, k, ROUTINE))
            elif u < up + down * model.starved:
                model.moves.append((self, k, LAPSED))

    def utility(self, k: int) -> float:
        """What speaks for trying a practice, less what speaks against it."""
        model, a, here, practice = self.model, self.model.adoption, self.department, self.model.practices[k]
        return (
            a.exposure_weight * (self.exposure[k] - self.threshold)
            + a.belief_weight * (self.belief[k] - a.belief_reference)
            + a.fluency_weight * self.fluency
            + a.lead_weight * (here.lead - a.lead_reference)
            + a.guidance_weight * (self.guidance - a.guidance_reference)
            - a.effort_weight * practice.effort * (1.0 - model.technology)
            - a.risk_weight * practice.risk * (1.0 - self.guidance)
            + a.fit_weight * (here.fit[k] * here.alignment - a.fit_reference)
            - a.hurdle
        )

    def sources(self, head: Employee, top: Employee) -> list[tuple[Employee, float]]:
        """Whom one sees - reports, contacts, manager and executives - and the part of each in exposure."""
        i, executives = self.model.influence, [head] if head is top else [head, top]
        sources = [
            (i.reports, [(one, 1) for one in self.reports]),
            (i.peers, self.contacts),
            (i.manager, [(self.manager, 1)] if self.manager else []),
            (i.executives, [(one, 1) for one in executives if one is not self]),
        ]
        total = sum(weight for weight, others in sources if others)
        return [
            (other, weight * heed / (total * sum(heed for _, heed in others)))
            for weight, others in sources
            for other, heed in others
        ]

    def move(self, k: int, rung: int) -> None:
        """Come to another rung of a practice; what counts practitioners follows."""
        here, now = self.department, rung == TRYING or rung == ROUTINE
        here.routine[k] += (rung == ROUTINE) - (self.rung[k] == ROUTINE)
        self.rung[k] = rung
        if now != self.practises[k]:
            step = 1 if now else -1
            self.practises[k] = now
            here.tally[k][self.way[k]] += step
            here.practised[k] += step
            here.active -= self.breadth > 0
            self.breadth += step
            here.active += self.breadth > 0

    def choose(self, k: int, current: int | None) -> int:
        """The way with most of contacts, guidance, mandate, habit and quality for it."""
        plan, here, shares = self.model.plan, self.department, {}
        w, quality, habit = plan["ways"], here.quality[k], here.habit[k]
        for other, heed in self.contacts:
            if other.practises[k]:
                way = other.way[k]
                shares[way] = shares.get(way, 0) + heed
        total = sum(shares.values()) or 1
        advised = len(quality) - 1 if here.joined else None
        best, most = habit, -1.0
        for way in sorted({*shares, advised, current, habit} - {None}):
            score = w.quality_weight * quality[way] + w.contacts_weight * shares.get(way, 0) / total
            if way == advised:
                score += w.guidance_weight * self.guidance + w.mandate_weight * plan["governance"].mandate
            if way == habit and not here.joined:
                score += w.habit_weight
            if way == current:
                score += w.current_weight
            if score > most:
                best, most = way, score
        return best


Cell = tuple[Employee, int]
Move = tuple[Employee, int, int]


class PlainOrganisation(mesa.Model):
    """An organisation under the baseline scenario, or one that differs from it in numbers alone.

    Raises:
        ValueError: the scenario's strategy, funding, governance or rule is of a kind that is not written here.
    """

    kind: type[Employee] = Employee

    def __init__(self, plan: Scenario, seed: int = 1) -> None:
        super().__init__(rng=int(seed))
        kinds = plan["strategy"].kind, plan["funding"].mode, plan["governance"].form
        kinds += (plan["adoption"].rule,)
        if kinds != ("business", "earned", "hub_and_spoke", "utility"):
            raise ValueError(
                f"written for business, earned, hub_and_spoke, utility; found {', '.join(kinds)}"
            )
        self.plan, self.week, self.practices = plan, 0, list(plan.practices.values())
        self.adoption, self.influence, self.learning = plan["adoption"], plan["influence"], plan["learning"]
        self.guidance, self.governance, self.rules_of_ways = (
            plan["guidance"],
            plan["governance"],
            plan["ways"],
        )
        self.risky = [one.risk >= plan["approval"].risk for one in self.practices]
        who = staff.generate(plan.organisation.sizes(), plan.organisation.span)
        ties = network.generate(plan.network, who, Luck(seed))
        self.ways = len(who.departments) + 1  # the departments' own, and the hub's
        named = zip(who.departments, who.functions, np.diff(who.start).tolist(), strict=True)
        self.departments = [Department(self, row, *one) for row, one in enumerate(named)]
        self.employees = people = [self.kind(self, self.departments[d]) for d in who.department.tolist()]
        first, others, weights = ties.indptr.tolist(), ties.indices.tolist(), ties.weights.tolist()
        for row, (e, boss) in enumerate(zip(people, who.manager.tolist(), strict=True)):
            e.department.staff.append(e)
            if boss >= 0:
                e.manager = people[boss]
                e.manager.reports.append(e)
            known = range(first[row], first[row + 1])
            e.contacts = [(people[others[c]], weights[c] * people[others[c]].influence) for c in known]
        heads, top = [people[row] for row in who.head.tolist()], people[who.top]
        self.executives = [Executive(self, e, [d]) for e, d in zip(heads, self.departments, strict=True)]
        self.executives.append(Executive(self, top, self.departments))
        self.budget, self.insight, self.technology = plan["funding"].level, 0.0, 0.0
        self.pull, self.expected, self.in_contact, self.knowing, self.hub = None, 0.0, 0, 0, Hub(self)
        for e in people:
            e.seen = e.sources(heads[e.department.row], top)
        self.watch()
        for here in self.departments:
            self.random.shuffle(here.staff)  # the order in which the hub teaches them
            for e in here.staff if here.owner else ():
                for k, practice in enumerate(self.practices):
                    if self.random.random() < practice.pioneers:
                        e.way[k] = here.row
                        e.move(k, TRYING)
        self.meant = np.array([[fit >= MEANT for fit in here.fit] for here in self.departments])
        self.sizes = np.array([here.size for here in self.departments])
        self.weekly, self.by_department, self.by_practice, self.served = [], [], [], []
        self.engagement, self.habits, self.spent = [], [], []
        self.hub.new_week()
        self.lead()
        self.value()
        self.record([[0.0] * 5 for _ in self.departments])

    def step(self) -> None:
        """Live one week."""
        self.week += 1
        self.hub.new_week()
        self.back()
        spent = self.fund()
        self.hub.work(spent)
        self.settle(*self.live())
        self.value()
        for one in self.departments:
            one.measure()
        for one in self.executives:
            one.see()
        self.record(spent)

    def back(self) -> None:
        """Executives come to understand, back or cool; one of them may be named as the sponsor."""
        s, executives = self.plan["sponsorship"], self.executives
        if self.week == s.sponsor_week:
            sponsor = max(executives, key=lambda x: x.engagement)
            self.pull = sponsor.engagement = max(sponsor.engagement, s.sponsor_engagement)
        self.expected = s.expectation * self.budget * min(1.0, self.week / s.patience)
        mean = sum(x.engagement for x in executives) / len(executives)
        for x in executives:
            x.back(mean, self.expected, self.pull)
        self.lead()

    def lead(self) -> None:
        """Lead felt in each department."""
        s, top = self.plan["sponsorship"], self.executives[-1].engagement
        felt = s.directive_lead + (1.0 - s.directive_lead) * s.style
        for here, head in zip(self.departments, self.executives, strict=False):
            here.lead = felt * (s.head_weight * head.engagement + (1.0 - s.head_weight) * top)

    def fund(self) -> list[list[float]]:
        """Earn the budget each quarter and buy with it; units spent by department and use."""
        f = self.plan["funding"]
        if self.week % QUARTER == 0 and f.level > 0.0:
            surplus = (self.executives[-1].evidence - self.expected) / (f.earned_scale * f.level)
            mean = sum(x.engagement for x in self.executives) / len(self.executives)
            deserved = f.level * (f.earned_floor + f.earned_engaged * mean)
            deserved *= 1.0 + f.earned_evidence * clipped(surplus, -f.earned_loss, 1.0)
            budget = self.budget + f.earned_pace * (deserved - self.budget)
            self.budget = clipped(budget, f.least * f.level, f.most * f.level)
        courses, desk, technology, measurement = f.split.shares()
        if not self.hub.open:
            courses, desk = courses + desk, 0.0
        self.technology = min(1.0, f.technology_yield * technology * self.budget)
        self.insight = min(1.0, f.measurement_yield * measurement * self.budget)
        for here in self.departments:
            here.courses = min(1.0, f.course_yield * courses * self.budget * here.lead)
        uses = courses, technology, desk, measurement, 0.0
        return [[part * self.budget * here.size / YEAR for part in uses] for here in self.departments]

    def watch(self) -> None:
        """Prepare for who looks at whom; everybody here simply looks."""

    def live(self) -> tuple[list[Move], list[Cell], list[Cell]]:
        """Everybody lives the week: who moves where, who starts, who thinks of another way."""
        self.moves, self.starts, self.again, self.in_contact = [], self.hub.cleared, [], 0
        self.starved = 1.0 + max(0.0, self.adoption.starved_below - self.budget)
        self.agents_by_type[self.kind].do("step")
        return self.moves, self.starts, self.again

    def may_start(self, e: Employee, k: int) -> bool:
        """Whether manager and hub let somebody try now; if it is the hub that does not, they ask."""
        if e.manager and not e.manager.practises[k] and self.random.random() < self.plan["adoption"].blocking:
            return False
        if self.risky[k] and e.department.joined and e.approved[k] < self.week:
            self.hub.ask(e, k)
            return False
        return True

    def settle(self, moves: list[Move], starts: list[Cell], again: list[Cell]) -> None:
        """Make the moves; who starts or thinks again picks a way by those who practised before."""
        for e, k, rung in moves:
            e.move(k, rung)
        news = [(e, k, e.choose(k, None)) for e, k in starts]
        for e, k, way in [(e, k, e.choose(k, e.way[k])) for e, k in again if e.practises[k]]:
            e.department.tally[k][e.way[k]] -= 1
            e.department.tally[k][way] += 1
            e.way[k] = way
        for e, k, way in news:
            e.way[k], e.asked[k] = way, NOT_ASKED
            e.move(k, TRYING)
        for here in self.departments:
            for k, tally in enumerate(here.tally):
                if tally[here.habit[k]] < max(tally):
                    here.habit[k] = tally.index(max(tally))

    def value(self) -> None:
        """Value every way in every department."""
        for k, practice in enumerate(self.practices):
            everywhere = [
                sum(people) for people in zip(*(here.tally[k] for here in self.departments), strict=True)
            ]
            for here in self.departments:
                here.value(k, everywhere, practice.coordination)

    def record(self, spent: list[list[float]]) -> None:
        """Keep the week."""
        d, n, hub, x = self.departments, len(self.employees), self.hub, self.executives
        measures, by_practice, by_department = (
            np.zeros(n) for n in (len(MEASURES), len(self.practices), len(d))
        )
        tally = np.array([here.tally for here in d], np.int32)
        organisation_measures(tally, self.sizes, self.meant, measures, by_practice, by_department)
        values, alignment = measures.tolist(), sum(here.alignment * here.size for here in d) / n
        engagement, joined = (
            sum(one.engagement for one in x) / len(x),
            sum(here.size for here in d if here.joined),
        )
        stage = stage_of(self, dict(zip(MEASURES, values, strict=True)), alignment, engagement, joined / n)
        self.weekly.append((
            *values, alignment, stage, sum(sum(here.practised) for here in d), engagement,
            sum(one.understanding for one in x) / len(x), self.budget, sum(sum(uses) for uses in spent),
            sum(here.share * here.size for here in d) / n, joined / n, self.in_contact / n, self.knowing / n,
            hub.made, hub.done, hub.waited, hub.given_up, hub.withdrawn, sum(here.waiting for here in d),
            self.hollow(), 0, 0.5, 0.0, 0,  # nobody leaves, and nothing goes wrong
        ))  # fmt: skip
        self.by_department.append(by_department.tolist())
        self.by_practice.append(by_practice.tolist())
        self.served.append([here.joined for here in d])
        self.engagement.append([one.engagement for one in x])
        self.habits.append([list(here.habit) for here in d])
        self.spent.append(spent)

    def hollow(self) -> float:
        """Share of practising pairs that experience hardly any worth."""
        pairs = [
            (people, worth < self.plan.outcome.hollow_below)
            for here in self.departments
            for tally, experienced in zip(here.tally, here.experienced, strict=True)
            for people, worth in zip(tally, experienced, strict=True)
        ]
        return sum(people for people, empty in pairs if empty) / max(1, sum(people for people, _ in pairs))

    def __getitem__(self, name: str) -> np.ndarray:
        """A weekly series, as in a record: float64[1 + weeks lived]."""
        return np.array([week[WEEKLY.index(name)] for week in self.weekly])

    def close(self) -> None:
        """Let go of what Mesa 3.3 keeps of every model that ever had agents."""
        getattr(mesa.Agent, "_ids", {}).pop(self, None)


def run(plan: Scenario, seed: int = 1) -> PlainOrganisation:
    """Live an organisation to the end of its scenario."""
    return live_through(PlainOrganisation(plan, seed))


def live_through(org: PlainOrganisation) -> PlainOrganisation:
    """Live all weeks of an organisation."""
    for _ in range(org.plan.weeks):
        org.step()
    org.close()
    return org
