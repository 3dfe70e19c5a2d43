"""The plain model tuned by hand: one function for all employees, exposure pushed by who changes, luck drawn before chances.

This is no longer how one writes a Mesa model: it tells how much of the column engine's lead is left over Python at its fastest.
"""

from __future__ import annotations

from math import exp

from benchmarks import plain
from benchmarks.offices import NOT_ASKED
from benchmarks.plain import Cell, Employee, Move, PlainOrganisation
from sim.scenario import Scenario
from sim.tables import AWARE, LAPSED, ROUTINE, TRYING, UNAWARE


class FusedEmployee(Employee):
    """An employee whose practising is pushed into the exposure of whoever sees it, when it changes."""

    def __init__(self, model: PlainOrganisation, department) -> None:
        super().__init__(model, department)
        self.watchers: list[tuple[list[float], float]] = []  # exposures that one raises, and how much

    def move(self, k: int, rung: int) -> None:
        """Come to another rung of a practice; what counts practitioners, and exposure, follow."""
        before = self.practises[k]
        super().move(k, rung)
        if self.practises[k] != before:
            step = 1 if self.practises[k] else -1
            for exposure, weight in self.watchers:
                exposure[k] += step * weight


class FusedOrganisation(PlainOrganisation):
    """The plain organisation, its employees' week in one function."""

    kind = FusedEmployee

    def watch(self) -> None:
        """Let everybody know whose exposure they are part of."""
        for e in self.employees:
            for other, weight in e.seen:
                other.watchers.append((e.exposure, weight))

    def live(self) -> tuple[list[Move], list[Cell], list[Cell]]:
        """All learn, believe and decide by last week's people: who moves where, who starts, who thinks of another way.

        One loop over everybody, with what it needs in local names: a call or a look-up more an employee would show.
        """
        a, i, l, g = (self.plan[name] for name in ("adoption", "influence", "learning", "guidance"))  # noqa: E741
        by_exposure, by_experience, word_of_mouth = i.by_exposure, i.by_experience, a.word_of_mouth
        by_training, by_practice, forgetting = l.by_training, l.by_practice, l.forgetting
        random, review, practices = self.random.random, self.plan["ways"].review, range(len(self.practices))
        taught_since, met_since = self.week - l.taught_weeks, self.week - g.contact_weeks
        starved = 1.0 + max(0.0, a.starved_below - self.budget)
        resentment = self.plan["governance"].resentment * self.plan["governance"].mandate
        known = g.policy * g.by_policy
        unknown = g.unknown * known
        moves, starts, again, in_contact = [], self.hub.cleared, [], 0
        for here in self.departments:
            lead, courses, joined, experienced = here.lead, here.courses, here.joined, here.experienced
            left = 1.0 - resentment if joined else 1.0
            keep, by_lead = left * (1.0 - by_exposure - i.by_lead), i.by_lead * lead
            keep_using = left * (1.0 - by_exposure - i.by_lead - by_experience)
            met = known + (g.policy - known) * here.answered
            lapse = starved * a.lapse_trying * (1.0 - a.lapse_trying_lead * lead)
            fade = starved * a.lapse_routine * (1.0 - a.lapse_routine_lead * lead)
            most_change = a.settle * (a.settle_belief + 1.0) * (a.settle_worth + 1.0) + lapse
            announced = a.announcement * lead
            offer = [
                a.lead_weight * (lead - a.lead_reference) - a.belief_weight * a.belief_reference - a.hurdle
                - a.effort_weight * one.effort * (1.0 - self.technology)
                + a.fit_weight * (fit * here.alignment - a.fit_reference)
                for one, fit in zip(self.practices, here.fit, strict=True)
            ]  # fmt: skip
            for e in here.staff:
                training, guidance = 1.0 if e.taught > taught_since else courses, 0.0
                if joined:
                    if e.contact > met_since:
                        guidance = met
                        in_contact += 1
                    else:
                        guidance = known if e.knows else unknown
                    if not e.knows and random() < l.policy_by_chance + l.policy_by_training * training:
                        e.knows = True
                        self.knowing += 1
                e.guidance, fluency = guidance, e.fluency
                gain = by_training * training + by_practice if e.breadth else by_training * training
                e.fluency = fluency = fluency + gain * (1.0 - fluency) - forgetting * fluency
                heard, belief, exposure, rung = a.push + announced * training, e.belief, e.exposure, e.rung
                for k in practices:
                    now, seen = rung[k], exposure[k]
                    if now == UNAWARE:
                        belief[k] = keep * belief[k] + by_exposure * seen + by_lead
                        if random() < heard + word_of_mouth * seen:
                            moves.append((e, k, AWARE))
                    elif now == ROUTINE or now == TRYING:
                        worth = experienced[k][e.way[k]]
                        belief[k] = b = (
                            keep_using * belief[k] + by_exposure * seen + by_lead + by_experience * worth
                        )
                        if random() < review:
                            again.append((e, k))
                        u = random()
                        if now == ROUTINE:
                            if u < fade and u < fade * (1.0 - b) * (1.0 - a.lapse_routine_fluency * fluency):
                                moves.append((e, k, LAPSED))
                        elif u < most_change:
                            up = a.settle * fluency * (a.settle_belief + b) * (a.settle_worth + worth)
                            if u < up + lapse * (1.0 - b):
                                moves.append((e, k, ROUTINE if u < up else LAPSED))
                    else:
                        belief[k] = b = keep * belief[k] + by_exposure * seen + by_lead
                        u, most = random(), a.attempt if now == AWARE else a.relearn
                        if u < most and e.asked[k] == NOT_ASKED:
                            z = (
                                offer[k] + a.exposure_weight * (seen - e.threshold) + a.belief_weight * b
                                + a.fluency_weight * fluency + a.guidance_weight * (guidance - a.guidance_reference)
                                - a.risk_weight * self.practices[k].risk * (1.0 - guidance)
                            )  # fmt: skip
                            if u < most / (1.0 + exp(-z)):
                                if now == LAPSED:
                                    moves.append((e, k, AWARE))
                                elif self.may_start(e, k):
                                    starts.append((e, k))
        self.in_contact = in_contact
        return moves, starts, again


def run(plan: Scenario, seed: int = 1) -> PlainOrganisation:
    """Live an organisation to the end of its scenario."""
    return plain.live_through(FusedOrganisation(plan, seed))
