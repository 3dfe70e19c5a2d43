"""Employees: what somebody learns, sees, believes and does in a week, and with whom they are in touch."""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING

import mesa

from sim.mechanisms.influence import UNIT
from sim.tables import AWARE, LAPSED, NEVER, NOT_ASKED, ROUTINE, TRYING, UNAWARE

if TYPE_CHECKING:
    from benchmarks.plain.offices import Department
    from benchmarks.plain.organisation import PlainOrganisation


def clipped(value: float, least: float, most: float) -> float:
    """The value, kept within its bounds."""
    return min(most, max(least, value))


class Employee(mesa.Agent):
    """A seat and whoever sits there: contacts stay when somebody leaves. Lists have one value a practice."""

    def __init__(self, model: PlainOrganisation, department: Department) -> None:
        super().__init__(model)
        none = len(model.practices)
        self.department, self.executive = department, False
        self.manager: Employee | None = None
        self.reports: list[Employee] = []
        self.contacts: dict[Employee, int] = {}  # and the strength of each tie
        self.online: list[Employee] = []  # contacts by a digital tie
        self.collaborates = False
        self.peers: list[
            tuple[Employee, int, int]
        ] = []  # all contacts, each with its tie and how much it is heeded
        self.seen: list[tuple[Employee, float]] = []  # who makes up exposure, and how much each
        self.by_outsider = 0.0  # what a unit of weight of a contact outside makes up of it
        self.exposure, self.rung, self.doing = [0.0] * none, [UNAWARE] * none, []

    def arrive(self, attracted: float = 0.0) -> None:
        """Sit down with a mind and outside contacts of one's own; a culture that attracts brings people of low thresholds."""
        model, a, i, none = self.model, self.model.adoption, self.model.influence, len(self.model.practices)
        heeded = clipped(exp(model.random.gauss(0.0, i.spread)), i.heeded_least, i.heeded_most)
        self.influence = round(UNIT * heeded)
        threshold = model.random.gauss(a.threshold, a.threshold_spread)
        threshold = clipped(threshold, a.threshold_least, a.threshold_most) * (1.0 - attracted)
        self.threshold = max(a.threshold_least, threshold)
        self.belief = [model.random.uniform(i.belief_least, i.belief_most) for _ in model.practices]
        self.fluency = self.guidance = self.training = self.rumour = self.told = 0.0
        self.satisfaction = model.turnover.ordinary if model.turnover else 0.5
        self.knows, self.taught, self.contact = False, NEVER, NEVER
        self.way, self.since = [0] * none, [NEVER] * none
        self.asked, self.cleared, self.approved = [NOT_ASKED] * none, [False] * none, [NEVER] * none
        self.outsiders, self.outside, self.to_come = 0, [0] * none, []
        if model.outside:
            self.bring_contacts()

    def leave(self) -> None:
        """Take along all one knew and did; requests that wait are withdrawn, digital ties end."""
        self.model.hub.withdrawn += sum(since >= 0 for since in self.asked)
        for k, rung in enumerate(self.rung):
            if rung != UNAWARE:
                self.move(k, UNAWARE)
        self.log_off()

    # Whom one sees

    def attend(self) -> None:
        """Look anew at whom one sees: reports, peers, manager and executives, and the part of each in exposure."""
        i, head, top = self.model.influence, self.department.head.person, self.model.top.person
        self.peers = [(one, tie, tie * one.influence) for one, tie in self.contacts.items()]
        if self.online:
            tie = self.model.digital.strength
            self.peers += [(one, tie, tie * one.influence) for one in self.online]
        heard = sum([heed for _, _, heed in self.peers]) + self.outsiders
        manager = [self.manager] if self.manager else []
        executives = [one for one in ([head] if head is top else [head, top]) if one is not self]
        weights = i.reports, i.peers, i.manager, i.executives
        counts = len(self.reports), heard, len(manager), len(executives)
        total = sum([weight for weight, count in zip(weights, counts, strict=True) if count]) or 1.0
        of_report, of_peer, of_manager, of_executive = [
            weight / (total * count) if count else 0.0 for weight, count in zip(weights, counts, strict=True)
        ]
        self.by_outsider = of_peer
        self.seen = [(one, of_report) for one in self.reports]
        self.seen += [(one, of_peer * heed) for one, _, heed in self.peers]
        self.seen += [(one, of_manager) for one in manager] + [(one, of_executive) for one in executives]

    def tie(self, other: Employee, strength: int) -> None:
        """Get to know somebody for good; who is tied already keeps the greater strength, a digital tie gives way."""
        if other is self:
            return
        if strength > self.contacts.get(other, 0):
            self.contacts[other] = other.contacts[self] = strength
        if other in self.online:
            self.online.remove(other)
            other.online.remove(self)
        self.attend()
        other.attend()

    def come_across(self) -> None:
        """Meet a colleague by lot online, and be tied if both collaborate, have room and do not know each other."""
        model, digital, here = self.model, self.model.digital, self.department
        if len(self.online) == digital.most:
            return
        if model.random.random() < digital.near:
            other = model.random.choice(here.staff)
        elif here.size < len(model.employees):
            other = self
            while other.department is here:
                other = model.random.choice(model.employees)
        else:
            return
        known = other is self or other in self.contacts or other in self.online
        if known or other is self.manager or self is other.manager:
            return
        if other.collaborates and len(other.online) < digital.most:
            self.online.append(other)
            other.online.append(self)
            self.attend()
            other.attend()

    def log_off(self) -> None:
        """End all digital ties."""
        for other in self.online:
            other.online.remove(self)
            other.attend()
        if self.online:
            self.online = []
            self.attend()

    def bring_contacts(self) -> None:
        """Draw contacts outside, how heavy each weighs, and how far each practice must have spread until each takes it up."""
        o, random = self.model.outside, self.model.random
        mean = o.contacts * (o.bridging if self.executive or self.department.owner else 1.0)
        number, u, chance = 0, random.random(), exp(-mean)
        below = chance
        while u >= below and number < o.most:
            number += 1
            chance *= mean / number
            below += chance
        heavy = [min(o.heaviest, exp(random.gauss(0.0, o.spread))) for _ in range(number)]
        heavy = [max(1, round(UNIT * o.strength * one)) for one in heavy]
        self.outsiders = sum(heavy)
        self.to_come = [sorted([(random.random(), one) for one in heavy], reverse=True) for _ in self.rung]
        self.look_outside()

    def look_outside(self) -> None:
        """Let those contacts outside begin whom the practices have reached."""
        spread = self.model.spread_outside
        for k, due in enumerate(self.to_come):
            while due and due[-1][0] < spread:
                self.outside[k] += due.pop()[1]

    # A week

    def step(self) -> None:
        """Live a week, by what others did last week."""
        self.learn()
        self.look()
        self.believe()
        self.decide()

    def learn(self) -> None:
        """Training, what the hub's guidance comes to, knowledge of the policy, and fluency."""
        model, here, guidance, rules = self.model, self.department, self.model.guidance, self.model.learning
        training = 1.0 if model.week - self.taught < rules.taught_weeks else here.courses
        self.guidance = 0.0
        if here.joined:
            if model.week - self.contact < guidance.contact_weeks:
                self.guidance = here.met
                model.in_contact += 1
            else:
                self.guidance = guidance.policy * guidance.by_policy
                if not self.knows:
                    self.guidance *= guidance.unknown
            if not self.knows:
                chance = rules.policy_by_chance + rules.policy_by_training * training
                self.knows = model.random.random() < chance
        gain = rules.by_training * training
        if self.doing:
            gain += rules.by_practice
        self.fluency += gain * (1.0 - self.fluency) - rules.forgetting * self.fluency
        self.training = training

    def look(self) -> None:
        """Exposure: who of those one sees practises what."""
        exposure = [self.by_outsider * heavy for heavy in self.outside]
        for other, weight in self.seen:
            for k in other.doing:
                exposure[k] += weight
        self.exposure = exposure

    def believe(self) -> None:
        """Move belief towards exposure, lead and experience; being told to costs some."""
        i, here, belief = self.model.influence, self.department, self.belief
        left, lead = here.left_by_mandate, here.lead
        for k, seen in enumerate(self.exposure):
            b = belief[k] * left
            change = i.by_exposure * (seen - b) + i.by_lead * (lead - b)
            if k in self.doing:
                change += i.by_experience * (here.experienced[k][self.way[k]] - b)
            belief[k] = b + change

    def decide(self) -> None:
        """Come to know of practices, try them, make them routine, let them go, or think again of how to do them."""
        model, a, here, random = self.model, self.model.adoption, self.department, self.model.random.random
        review, moves = model.ways.review, model.moves
        for k, now in enumerate(self.rung):
            if now == UNAWARE:
                heard = a.push + a.announcement * here.lead * self.training
                if random() < heard + a.word_of_mouth * self.exposure[k]:
                    moves.append((self, k, AWARE))
            elif now == TRYING or now == ROUTINE:
                if random() < review:
                    model.again.append((self, k))
                if here.joined and model.risky[k]:
                    self.renew(k)
                if now == TRYING:
                    worth = here.experienced[k][self.way[k]]
                    up = (
                        a.settle
                        * self.fluency
                        * (a.settle_belief + self.belief[k])
                        * (a.settle_worth + worth)
                    )
                    down = here.dropping[k]
                else:
                    up, down = 0.0, here.fading[k] * (1.0 - a.lapse_routine_fluency * self.fluency)
                u = random()
                if u < up:
                    moves.append((self, k, ROUTINE))
                elif u < up + down * (1.0 - self.belief[k]):
                    moves.append((self, k, LAPSED))
            elif self.cleared[k]:
                self.cleared[k] = False
                moves.append((self, k, TRYING))
            elif self.asked[k] == NOT_ASKED:
                u, most = random(), a.attempt if now == AWARE else a.relearn
                if u < most and u < most / (1.0 + exp(-self.utility(k))):
                    if now == LAPSED:
                        moves.append((self, k, AWARE))
                    elif self.may_start(k):
                        moves.append((self, k, TRYING))

    def utility(self, k: int) -> float:
        """What speaks for trying a practice, less what speaks against it."""
        a, practice = self.model.adoption, self.model.practices[k]
        return (
            self.department.offer[k]
            + a.exposure_weight * (self.exposure[k] - self.threshold)
            + a.belief_weight * (self.belief[k] - a.belief_reference)
            + a.fluency_weight * self.fluency
            + a.guidance_weight * (self.guidance - a.guidance_reference)
            - a.risk_weight * practice.risk * (1.0 - self.guidance)
        )

    def may_start(self, k: int) -> bool:
        """Whether manager and hub let one try now; if it is the hub that does not, one asks."""
        model, manager = self.model, self.manager
        if manager and k not in manager.doing and model.random.random() < model.adoption.blocking:
            return False
        if model.risky[k] and self.department.joined and self.approved[k] < model.week:
            model.hub.ask(self, k)
            return False
        return True

    def renew(self, k: int) -> None:
        """Ask again where approval has run out, and go on meanwhile."""
        if self.approved[k] < self.model.week and self.asked[k] == NOT_ASKED:
            self.model.hub.ask(self, k)

    # What one does, and how

    def move(self, k: int, rung: int) -> None:
        """Come to another rung of a practice; what counts practitioners follows."""
        here, was, now = self.department, k in self.doing, rung == TRYING or rung == ROUTINE
        here.routine[k] += (rung == ROUTINE) - (self.rung[k] == ROUTINE)
        self.rung[k], self.since[k] = rung, self.model.week
        if was != now:
            step = 1 if now else -1
            here.tally[k][self.way[k]] += step
            here.practised[k] += step
            here.active -= bool(self.doing)
            if now:
                self.doing.append(k)
            else:
                self.doing.remove(k)
            here.active += bool(self.doing)
            if k in self.model.collaborating:
                self.collaborates = any(one in self.doing for one in self.model.collaborating)

    def begin(self, k: int) -> None:
        """Try a practice, for the moment in the department's habit; this week one chooses how."""
        self.way[k] = self.department.habit[k]
        self.move(k, TRYING)
        self.model.beginners.append((self, k))

    def began(self, k: int) -> bool:
        """Whether one has begun this week."""
        return self.rung[k] == TRYING and self.since[k] == self.model.week

    def choose(self, k: int) -> int:
        """The way with most of contacts, guidance, mandate, habit and quality for it."""
        model, here, w = self.model, self.department, self.model.ways
        shares: dict[int, int] = {}
        for other, _, heed in self.peers:
            if k in other.doing and not other.began(k):
                shares[other.way[k]] = shares.get(other.way[k], 0) + heed
        total, quality, habit = sum(shares.values()), here.quality[k], here.habit[k]
        current = None if self.began(k) else self.way[k]
        advised, advice, local = None, 0.0, 0.0
        if here.joined:
            advised, local = model.hub.way, model.governance.locus
            advice = w.guidance_weight * self.guidance + w.mandate_weight * model.governance.mandate
        best, most = habit, -1.0
        for way in sorted({*shares, advised, current, habit} - {None}):
            score = w.quality_weight * quality[way]
            if way in shares:
                score += w.contacts_weight * shares[way] / total
            if way == advised:
                score += (1.0 - local) * advice
            if way == habit:
                score += local * advice if here.joined else w.habit_weight
            if way == current:
                score += w.current_weight
            if score > most:
                best, most = way, score
        return best

    def take(self, k: int, way: int) -> None:
        """Practise in another way."""
        tally = self.department.tally[k]
        tally[self.way[k]] -= 1
        tally[way] += 1
        self.way[k] = way

    # What one hears and feels

    def hear(self) -> None:
        """What to believe of the rumour after a week of talk with contacts, some of whom put it right."""
        r, before = self.model.rumours, self.rumour
        ties, heard, correcting = 0, 0.0, 0
        for other, tie, _ in self.peers:
            ties += tie
            heard += tie * other.rumour
            if other.doing and other.rumour <= r.doubt:
                correcting += 1
        told = heard / ties if ties else 0.0
        now = before + r.spread * told * (1.0 - before) - r.fading * before
        now *= 1.0 - min(1.0, r.crowd * correcting)
        if self.model.stated:
            now *= 1.0 - min(1.0, r.official * self.department.lead)
        self.told = now if now >= r.least else 0.0

    def take_in(self) -> None:
        """Believe the rumour by what one was told, and the less in practices."""
        self.rumour = self.told
        lost = self.model.rumours.disbelief * self.rumour
        if lost:
            self.belief = [b - lost * b for b in self.belief]

    def feel(self) -> None:
        """Be more or less content, and leave by a chance that contentment lowers."""
        t, here, content, random = (
            self.model.turnover,
            self.department,
            self.department.climate,
            self.model.random,
        )
        if self.doing:
            worth = sum([here.experienced[k][self.way[k]] for k in self.doing]) / len(self.doing)
            content += t.worth_weight * (worth - t.worth_reference)
        self.satisfaction += t.pace * (clipped(content, 0.0, 1.0) - self.satisfaction)
        u, most = random.random(), t.executives if self.executive else t.base
        if u < most and u < most * exp(-t.sensitivity * self.satisfaction):
            self.model.leavers.append(self)
