"""The hub: who joins it, who is paid, what waits for it, whom it helps and teaches, and the way that it recommends."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

import mesa

from benchmarks.plain.offices import QUARTER, Department
from benchmarks.plain.people import Employee
from sim.tables import AWARE, NOT_ASKED

if TYPE_CHECKING:
    from benchmarks.plain.organisation import PlainOrganisation

YEAR = 52.0
DUTIES = (
    "governance", "best_practice", "content", "training", "technology", "leadership", "insight", "conversation",
    "conflict",
)  # fmt: skip


class Hub(mesa.Agent):
    """The hub that departments join, with its liaisons in them."""

    def __init__(self, model: PlainOrganisation) -> None:
        super().__init__(model)
        self.way = len(model.departments)  # comes after the departments' own
        self.open, self.people, self.time = False, 0.0, 0.0
        self.quality = [model.best_practice.start_quality for _ in model.practices]
        self.queue: list[tuple[int, Employee, int]] = []
        self.new_week()

    def new_week(self) -> None:
        """Count requests afresh."""
        self.made = self.done = self.waited = self.given_up = self.withdrawn = 0

    def pace(self, duty: str) -> float:
        """How much effort a duty gets, as a multiple of an even share."""
        duties = self.model.duties
        if not duties:
            return 1.0
        return len(DUTIES) * getattr(duties, duty) / sum(getattr(duties, one) for one in DUTIES)

    def work(self, spent: list[list[float]]) -> None:
        """A week of the hub, from its founding on."""
        model = self.model
        if model.week < model.governance.founded:
            return
        self.open = True
        self.join()
        self.served = [here for here in model.departments if here.joined]
        self.pay(spent)
        if model.duties:
            self.help_out()
        if model.team and model.week == model.governance.founded:
            self.appoint()
        self.clear()
        self.teach()
        self.learn()

    def join(self) -> None:
        """Departments join and leave; the owners join at the founding."""
        model, g, random = self.model, self.model.governance, self.model.random.random
        members = [here for here in model.departments if here.joined]
        seen = max(0.0, sum(here.share for here in members) / max(1, len(members)))
        pull = g.join_base + g.join_worth * seen + g.mandate
        if model.committee and model.committee.since is not None:
            pull += model.plan["committee"].joining
        for here in model.departments:
            engagement = here.head.engagement
            if here.joined:
                here.joined = random() >= g.leave_rate * (1.0 - engagement) * (1.0 - g.mandate)
            else:
                here.joined = random() < g.join_rate * (g.join_engagement + engagement) * pull
            if here.owner and model.week == g.founded:
                here.joined = True

    def pay(self, spent: list[list[float]]) -> None:
        """Hire people and liaisons, who work as far as hub and departments pay; the latter stands in the ledger."""
        model, g = self.model, self.model.governance
        posts, busy = (
            g.liaison_hub_part + g.liaison_department_part,
            any(here.waiting for here in self.served),
        )
        grown = min(1.0, (model.week - g.founded + 1) / g.hiring_weeks)
        team = (
            grown
            * model.split[1]
            * sum(here.budget * here.size for here in model.departments)
            / g.person_cost
        )
        for here in model.departments:
            here.liaisons = max(1, int(here.size / g.staff_per_liaison)) if here.joined else 0
        owed = g.liaison_hub_part * sum(here.liaisons for here in model.departments)
        paid = min(owed, g.liaison_most * team)
        self.people = team - paid
        self.time = self.people + (self.time if busy else 0.0)
        by_hub = paid / owed if owed > 0.0 else 0.0
        for here, uses in zip(model.departments, spent, strict=True):
            here.local = 0.0
            if here.liaisons:
                owed = g.liaison_department_part * g.person_cost * here.liaisons
                paid = min(owed, here.budget * here.size)
                filled = g.liaison_hub_part * by_hub
                if owed > 0.0:
                    filled += g.liaison_department_part * paid / owed
                here.local = g.liaison_time * here.liaisons * (filled / posts if posts > 0.0 else 1.0)
                uses[-1] = paid / YEAR
            here.time = here.local + (here.time if here.waiting else 0.0)

    def help_for(self, here: Department) -> float:
        """How much of a desk a department has: people and liaisons for each 100 staff served, at most 1."""
        if not here.joined:
            return 0.0
        people = self.people / sum(one.size for one in self.served)
        return min(1.0, 100.0 * (people + here.local / here.size))

    def help_out(self) -> None:
        """What the hub does for departments besides: content, tools, insight, and what their heads understand."""
        model, duties = self.model, self.model.duties
        for here in model.departments:
            there = self.help_for(here)
            content = duties.content_saves * self.pace("content") * there
            tools = duties.technology_saves * self.pace("technology") * there
            here.ease = [
                max(0.0, 1.0 - (content if k in model.presenting else tools))
                for k in range(len(model.practices))
            ]
            here.insight = min(1.0, here.insight + duties.insight_clears * self.pace("insight") * there)
            gain = min(1.0, duties.leadership_teaches * self.pace("leadership") * there)
            here.head.understanding += gain * (1.0 - here.head.understanding)

    def appoint(self) -> None:
        """Make employees to whom most people listen members of the hub, who know each other, reach out, and practise."""
        model, t, random = self.model, self.model.team, self.model.random
        number = max(1, round(t.per_hundred * len(model.employees) / 100.0))
        ranked = [
            sorted(
                here.staff, key=lambda e: (-e.influence * sum(tie for _, tie, _ in e.peers), random.random())
            )
            for here in model.departments
        ]
        members = [e for rank in zip_longest(*ranked) for e in rank if e][:number]
        reached = []
        for n, one in enumerate(members):
            others = [here for here in model.departments if here is not one.department]
            for m in range(t.ties if others else 0):
                reached.append((one, random.choice(others[(n + m) % len(others)].staff)))
        near = range(1, 1 + min(len(members), t.colleagues) // 2)
        known = {frozenset((n, (n + by) % len(members))) for n in range(len(members)) for by in near}
        for one, other in [*((members[a], members[b]) for a, b in map(sorted, known)), *reached]:
            one.tie(other, t.strength)
        for one in members:
            if random.random() < t.practising:
                for k, meant in enumerate(one.department.meant):
                    if meant and k not in one.doing:
                        one.begin(k)

    # Requests

    def ask(self, e: Employee, k: int) -> None:
        """Take a request; it can be cleared from next week on."""
        e.asked[k] = self.model.week
        self.made += 1
        self.queue.append((self.model.week, e, k))

    def stands(self, since: int, e: Employee, k: int) -> bool:
        """Whether a request is neither pointless by now nor given up."""
        if e.asked[k] != since:  # whoever asked has left
            return False
        if e.department.joined and k in e.doing:
            return True
        if e.department.joined and e.rung[k] == AWARE:
            if self.model.random.random() >= self.model.approval.give_up:
                return True
            self.given_up += 1
        else:
            self.withdrawn += 1
        e.asked[k] = NOT_ASKED
        return False

    def clear(self) -> None:
        """Clear what waits, the oldest first, by liaisons or else by the hub's own people."""
        model, desk, week, random = self.model, self.model.approval, self.model.week, self.model.random.random
        effort = 1.0 / (desk.requests * self.pace("governance"))
        for here in model.departments:
            here.cleared[week % QUARTER] = here.waiting = 0
            if here.joined and not here.gated:
                self.grant_those_who_practise(here)
            here.gated = here.joined
        queue, self.queue, stuck = [one for one in self.queue if self.stands(*one)], [], False
        for since, e, k in sorted(queue, key=lambda one: (one[0], random())):
            here = e.department
            cost = effort * (1.0 + desk.special_cost * here.specificity)
            if here.time >= effort:
                here.time -= effort
            elif self.time >= cost and not stuck:
                self.time -= cost
            else:
                stuck = True
                here.waiting += 1
                self.queue.append((since, e, k))
                continue
            self.done += 1
            self.waited += week - since
            here.cleared[week % QUARTER] += 1
            e.approved[k], e.contact = week + desk.holds - 1, week
            e.asked[k], e.cleared[k] = NOT_ASKED, e.rung[k] == AWARE

    def grant_those_who_practise(self, here: Department) -> None:
        """Where the gate has just gone up, practitioners have to ask within some time, one sooner, the other later."""
        model = self.model
        for e in here.staff:
            for k in e.doing:
                if model.risky[k]:
                    until = model.week + int(model.approval.holds * model.random.random())
                    e.approved[k] = max(e.approved[k], until)

    # Teaching and learning

    def teach(self) -> None:
        """Teach staff in turn with the time that is left where nothing waits."""
        model, g = self.model, self.model.guidance
        pupils = model.teaching.pupils * self.pace("training")
        busy, people = any(here.waiting for here in self.served), sum(here.size for here in self.served)
        for here in self.served:
            if not here.waiting:
                here.credit += pupils * here.time
                here.time = 0.0
            if not busy:
                here.credit += pupils * self.time * here.size / people
            here.credit = min(here.size, here.credit)
            while here.credit >= 1.0:
                here.credit -= 1.0
                pupil = here.staff[here.turn]
                pupil.taught = pupil.contact = model.week
                here.turn = (here.turn + 1) % here.size
            done = sum(here.cleared)
            answered = done / (done + here.waiting) if done + here.waiting else 1.0
            here.met = g.policy * (g.by_policy + (1.0 - g.by_policy) * answered)
        for here in model.departments:
            if not here.joined:
                here.credit = here.time = 0.0
        if not busy:
            self.time = 0.0

    def learn(self) -> None:
        """Take over what works best among the departments served; how the hub's way suits each department."""
        model, desk = self.model, self.model.best_practice
        learning = desk.learning * self.pace("best_practice")
        for k in range(len(self.quality)) if self.served else ():
            best = max(self.served, key=lambda here: here.worth[k])
            self.quality[k] += learning * max(0.0, best.good[k] - self.quality[k])
        for here in model.departments:
            loss = desk.misfit * here.specificity * (desk.liaison_misfit if here.liaisons else 1.0)
            for quality, own in zip(here.quality, self.quality, strict=True):
                quality[self.way] = own * (1.0 - loss)
