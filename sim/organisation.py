"""The organisation: a Mesa model that lives week by week through its scenario's mechanisms."""

from __future__ import annotations

from sim.building import build_tables
from sim.contacts import put_in_place
from sim.firm import Firm
from sim.happenings import Event
from sim.luck import Luck
from sim.mechanisms.chain import rules_of
from sim.mechanisms.week import Order
from sim.record import Record
from sim.scenario import Scenario
from sim.wings import MOST

AT_ONCE = 20_000_000  # employee-practice-weeks, about a second, after which Ctrl-C is heard


class Organisation(Firm):
    """One organisation under one scenario and one seed.

    Attributes:
        plan, seed, week: the scenario, the seed, and the weeks lived.
        threads: how many live its weeks.
        employees, departments, executives, firms, desks, practices: tables of columns, see `sim.tables`.
        ties, lines: the contact network and the direct reports, as compressed rows.
        room: spare places in each row of `ties`, for digital ties.
        state, rules: the same tables, and the mechanisms' coefficients, as kernels take them.
        ledger: float64[1 + weeks, D, uses], units spent.
        left: int64[1 + weeks], how many people left.
        incidents: int64[1 + weeks, D], how many incidents there were.
        agenda: the events that act in each week that has any, with their names.
        record: what is kept of the run.
    """

    def __init__(self, plan: Scenario, seed: int = 1, threads: int | None = 1) -> None:
        """Build it as it stands at week 0.

        Args:
            plan: the scenario.
            seed: the luck.
            threads: how many threads live its weeks, 1 to 8, which changes its bytes in nothing; None: as suits its size.

        Raises:
            ValueError: so many threads cannot live one run.
        """
        super().__init__(rng=int(seed))
        if threads is not None and not 1 <= threads <= MOST:
            raise ValueError(f"{threads} threads; a run is lived by 1 to {MOST}")
        self.plan, self.seed, self.luck = plan, int(seed), Luck(seed)
        build_tables(self, threads)
        self.agenda: dict[int, list[tuple[str, Event]]] = {}
        self.mechanisms = plan.in_force
        self.rules, self.order = rules_of(self.mechanisms, plan.outcome), Order(self.mechanisms, self.luck)
        for mechanism in self.mechanisms:
            mechanism.build(self)
        put_in_place(self.ties, self.state)
        self._connected(self.ties)
        self.record = Record.blank(self)
        self.record.write(self)

    def step(self) -> None:
        """Live one week; the last one of the scenario ends the run."""
        self.live(1)

    def live(self, weeks: int) -> None:
        """Live so many weeks, at most to the end of the scenario; Mesa's `steps` counts calls of `step` alone."""
        until = min(self.week + weeks, self.plan.weeks)
        while self.week < until:
            heard = self.week + max(1, AT_ONCE // (self.employees.rows * self.practices.rows))
            self.order.live(self, min(until, heard))
        self.running = self.week < self.plan.weeks


def run(plan: Scenario, seed: int = 1, threads: int | None = 1) -> Record:
    """Live one organisation to the end of its scenario: the same scenario and seed give the same bytes.

    Arguments as of `Organisation`.
    """
    org = Organisation(plan, seed, threads)
    try:
        org.live(plan.weeks)
        return org.record
    finally:
        org.close()
