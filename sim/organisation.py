"""The organisation: a Mesa model that lives week by week through its scenario's mechanisms."""

from __future__ import annotations

from typing import Any

import mesa
import numpy as np

from sim.agents import Department, Employee, Executive
from sim.building import build_tables, shared
from sim.luck import Luck
from sim.measures import MEASURES, organisation_measures
from sim.record import Record
from sim.regrouping import regroup
from sim.scenario import Scenario
from sim.seats import replace
from sim.staff import Lines
from sim.tables import OBJECTIVES, USES, Departments, Desks, Employees, Executives, Practices, State
from sim.tally import count_peers, settle
from sim.ties import Ties


class Organisation(mesa.Model):
    """One organisation under one scenario and one seed.

    Attributes:
        plan, seed, week: the scenario, the seed, and the weeks lived.
        employees, departments, executives, desks, practices: tables of columns, see `sim.tables`.
        ties, lines: the contact network and the direct reports, as compressed rows.
        state: the same tables, as kernels take them.
        ledger: float64[1 + weeks, D, uses], units spent.
        left: int64[1 + weeks], how many people left.
        record: what is kept of the run.
    """

    practice_names: tuple[str, ...]
    department_names: tuple[str, ...]
    practices: Practices
    employees: Employees
    departments: Departments
    executives: Executives
    desks: Desks
    ties: Ties
    lines: Lines
    requests: np.ndarray
    state: State
    ways: int
    top: int
    notices: tuple[str, ...]

    def __init__(self, plan: Scenario, seed: int = 1) -> None:
        super().__init__(rng=int(seed))
        self.plan, self.seed, self.luck, self.week = plan, int(seed), Luck(seed), 0
        build_tables(self)
        d, k = self.departments.rows, self.practices.rows
        self.ledger = np.zeros((plan.weeks + 1, d, len(USES)))
        self.left = np.zeros(plan.weeks + 1, np.int64)
        self.sponsored, self.sponsor_pull, self.stage, self.in_contact = False, 0.0, 1, 0
        self.level, self.granted, self.founded = 0.0, 1.0, plan.weeks + 1
        self.goals, self.steered = np.full(len(OBJECTIVES), len(OBJECTIVES) ** -0.5), False
        self._measures, self._by_practice, self._by_department = (
            np.zeros(len(MEASURES)),
            np.zeros(k),
            np.zeros(d),
        )
        self._measured = False
        duties = plan["duties"]
        self.mechanisms = duties.applied(plan.mechanisms) if duties else plan.mechanisms
        for mechanism in self.mechanisms:
            mechanism.build(self)
        for kind, table in ((Department, self.departments), (Executive, self.executives)):
            for row in range(table.rows):
                kind(self, row)
        self.record = Record.blank(self)
        self.record.write(self)

    def step(self) -> None:
        """Live one week; the last one of the scenario ends the run."""
        if self.week == self.plan.weeks:
            return
        self.week += 1
        self.requests[:] = 0
        for mechanism in self.mechanisms:
            mechanism.step(self)
        self.record.write(self)
        self.running = self.week < self.plan.weeks

    def move(self, rows: Any, practices: Any, rung: int, way: Any = None) -> None:
        """Put employees on a rung of practices, one of each in a pair; the counts follow.

        Args:
            rows: int[n], rows of employees.
            practices: int[n], rows of practices.
            rung: one of `sim.tables`' rungs.
            way: int[n], the way in which it is done; as before where left out.

        Raises:
            ValueError: a way is not one of the organisation's.
        """
        rows, practices = np.atleast_1d(rows), np.atleast_1d(practices)
        ways = self.employees.way[practices, rows] if way is None else np.asarray(way)
        if ways.size and not 0 <= ways.min() <= ways.max() < self.ways:
            raise ValueError(f"a way is one of 0..{self.ways - 1}")
        changes, n = self.state.changes, len(rows)
        changes.practice[:n], changes.employee[:n], changes.rung[:n], changes.way[:n] = (
            practices,
            rows,
            rung,
            ways,
        )
        self.settle(n)

    def settle(self, count: int) -> None:
        """Make the first `count` moves that stand in the state's `changes`."""
        settle(count, self.week, self.state)
        self._measured = False

    def regroup(self, come_from: np.ndarray) -> None:
        """Let people change seats, see `sim.regrouping`: for each seat the row of the person who takes it, int[n]."""
        regroup(self, come_from, super().agents_by_type.get(Employee, ()))

    def tie(self, source: Any, target: Any, weight: int) -> None:
        """Open ties between people, pair by pair; exposure counts them from the next week on.

        Args:
            source: int[m], rows of employees.
            target: int[m], rows of employees.
            weight: strength of each tie; a pair that is tied already keeps the greater one.
        """
        source, target = np.atleast_1d(source).astype(np.int32), np.atleast_1d(target).astype(np.int32)
        self.set_ties(self.ties.with_edges(source, target, np.full(len(source), weight, np.int16)))

    def set_ties(self, ties: Ties) -> None:
        """Replace the contact network."""
        self.ties = ties
        self.state = State.of({"changes": self.state.changes, **shared(self)})
        count_peers(self.state)
        if self.plan["influence"]:
            self.plan["influence"].weigh(self)

    def replace(self, rows: Any) -> None:
        """Let the people in these rows leave, newcomers take their seats: see `sim.seats`; in a mechanism's step.

        Raises:
            ValueError: a row is not an employee's.
        """
        replace(self, rows, super().agents_by_type.get(Employee, ()))

    # What the state amounts to

    @property
    def measured(self) -> np.ndarray:
        """`measures.MEASURES` as they stand now: float64[7]."""
        if not self._measured:
            d = self.departments
            organisation_measures(
                d.tally, d.size, d.meant, self._measures, self._by_practice, self._by_department
            )
            self._measured = True
        return self._measures

    @property
    def measures(self) -> dict[str, float]:
        """`measured`, by name."""
        return dict(zip(MEASURES, self.measured.tolist(), strict=True))

    @property
    def by_practice(self) -> np.ndarray:
        """Adoption of each practice over the staff it is meant for: float64[K]."""
        self.measured  # noqa: B018  (brings it up to date)
        return self._by_practice

    @property
    def adoption(self) -> np.ndarray:
        """Practising pairs over meant pairs in each department: float64[D], nan where nothing is meant."""
        self.measured  # noqa: B018  (brings it up to date)
        return self._by_department

    @property
    def mean_alignment(self) -> float:
        """Mean alignment of the departments' goals with the organisation's, by staff."""
        d = self.departments
        return float((d.alignment * d.size).sum() / self.employees.rows)

    # What mechanisms ask for

    def rows_of(self, department: int) -> slice:
        """The rows of a department's employees."""
        first = int(self.departments.first[department])
        return slice(first, first + int(self.departments.size[department]))

    def practice(self, name: str) -> int:
        """The row of a practice.

        Raises:
            ValueError: there is none of that name.
        """
        return _row("practice", name, self.practice_names)

    def department(self, name: str) -> int:
        """The row of a department.

        Raises:
            ValueError: there is none of that name.
        """
        return _row("department", name, self.department_names)

    # Mesa's side

    def _employ(self) -> None:
        """Make the employees' agents, once."""
        if Employee not in super().agents_by_type:
            for row in range(self.employees.rows):
                Employee(self, row)

    @property
    def agents(self) -> Any:
        """All agents: departments, executives and employees; the latter are made when first asked for."""
        self._employ()
        return super().agents

    @property
    def agents_by_type(self) -> Any:
        """The same, by class."""
        self._employ()
        return super().agents_by_type

    def close(self) -> None:
        """Let go of what Mesa 3.3 keeps of every model that ever had agents."""
        getattr(mesa.Agent, "_ids", {}).pop(self, None)


def _row(kind: str, name: str, names: tuple[str, ...]) -> int:
    if name not in names:
        raise ValueError(f"no {kind} {name!r}; known: {', '.join(names)}")
    return names.index(name)


def run(plan: Scenario, seed: int = 1) -> Record:
    """Live one organisation to the end of its scenario: the same scenario and seed give the same bytes."""
    org = Organisation(plan, seed)
    try:
        while org.week < plan.weeks:
            org.step()
        return org.record
    finally:
        org.close()
