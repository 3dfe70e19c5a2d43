"""The firm: the state of an organisation, what may be done to it, and what may be asked of it."""

from __future__ import annotations

from typing import Any

import mesa
import numpy as np

from sim.agents import Department, Employee, Executive
from sim.contacts import move_ties, open_ties, put_in_place
from sim.hiring import hire
from sim.luck import Luck
from sim.measures import MEASURES
from sim.mechanisms.chain import Rules
from sim.mechanisms.influence import weigh
from sim.mechanisms.week import Order
from sim.regrouping import regroup
from sim.scenario import Scenario
from sim.seats import replace
from sim.staff import Lines
from sim.tables import Departments, Desks, Employees, Executives, Firms, Practices, State, Whole
from sim.tally import decide, hold_lines, measure, settle
from sim.ties import Edges, Ties
from sim.wings import ALONE, Wings


def _of_now(name: str, meaning: str) -> property:
    def read(self: Firm) -> Any:
        return self.whole.now[name].item()

    def write(self: Firm, value: Any) -> None:
        self.whole.now[name] = value

    return property(read, write, doc=meaning)


class Firm(mesa.Model):
    """State in tables, changed through these methods alone where counts depend on it."""

    plan: Scenario
    seed: int
    luck: Luck
    practice_names: tuple[str, ...]
    department_names: tuple[str, ...]
    functions: tuple[str, ...]
    practices: Practices
    employees: Employees
    departments: Departments
    executives: Executives
    firms: Firms
    desks: Desks
    ties: Ties
    room: int = 0
    lines: Lines
    rules: Rules
    requests: np.ndarray
    ledger: np.ndarray
    incidents: np.ndarray
    left: np.ndarray
    leaving: np.ndarray
    due: np.ndarray
    whole: Whole
    threads: int
    wings: Wings
    state: State
    order: Order
    ways: int
    notices: tuple[str, ...]
    files: str

    def move(self, rows: Any, practices: Any, rung: int, way: Any = None) -> None:
        """Put employees on a rung of practices, one of each in a pair; the counts follow.

        Args:
            rows: int[n], rows of employees.
            practices: int[n], rows of practices.
            rung: one of `sim.tables`' rungs.
            way: int[n], the way in which it is done; as before where left out.

        Raises:
            ValueError: a row, a practice or a way is not one of the organisation's, or somebody is named so often that a practice
                has more moves than there are people.
        """
        moves = np.empty((3, np.broadcast(rows, practices).size), np.int64)
        moves[0], moves[1], moves[2] = rows, practices, 0 if way is None else way
        known = {"row": self.employees.rows, "practice": self.practices.rows, "way": self.ways}
        wrong = decide(moves, rung, way is None, tuple(known.values()), self.state)
        if wrong == len(known):
            raise ValueError("a practice has more moves than there are people; name each person once")
        if wrong >= 0:
            raise ValueError(f"a {[*known][wrong]} is one of 0..{[*known.values()][wrong] - 1}")
        settle(self.week, self.state, ALONE)

    def regroup(self, come_from: np.ndarray) -> None:
        """Let people change seats, see `sim.regrouping`: for each seat the row of the person who takes it, int[n]."""
        regroup(self, come_from, super().agents_by_type.get(Employee, ()))

    def tie(self, source: Any, target: Any, weight: int) -> None:
        """Open ties between people, pair by pair; exposure counts them when `influence` next looks: this week, if it is yet to.

        Args:
            source: int[m], rows of employees.
            target: int[m], rows of employees.
            weight: strength of each tie; a pair that is tied already keeps the greater one, but a digital tie gives way.
        """
        source, target = np.atleast_1d(source), np.atleast_1d(target)
        more = Ties.from_edges(self.employees.rows, source, target, np.full(len(source), weight, np.int16))
        self._connected(open_ties(more, self.room, self.state), np.flatnonzero(np.diff(more.indptr)))

    def reseat(self, now_at: np.ndarray, rows: np.ndarray) -> None:
        """Let the contact network follow people to other rows.

        Args:
            now_at: int[n], for each row where its person sits now.
            rows: int[m], whose seat, or number of reports, has changed.
        """
        self._connected(move_ties(now_at, self.room, self.state, self.employees.rows), rows)

    def set_ties(self, ties: Ties, digital: Edges | None = None) -> None:
        """Replace the contact network.

        Args:
            ties: all of it but the digital layer.
            digital: the digital layer, which stays as it is if left out; a pair in both is tied by `ties` alone.
        """
        digital = self.ties.split(self.room)[1] if digital is None else digital
        ties = ties.with_room(self.room, *digital)
        self.employees.digital[:] = ties.in_use(self.room)
        put_in_place(ties, self.state)
        self._connected(ties)

    def reline(self) -> None:
        """Hold the reporting lines that the employees' managers amount to."""
        self.lines = Lines.of(self.employees.manager)
        self.employees.reports[:] = np.diff(self.lines.indptr)
        hold_lines(self.lines, self.state)
        vars(self.state).update(lines=self.lines)

    def _connected(self, ties: Ties, rows: np.ndarray | None = None) -> None:
        """Hold the network that kernels hold, and share out the sources' weights of those in these rows, or all, anew."""
        self.ties = ties
        vars(self.state).update(ties=ties)
        weigh(self, rows)

    def replace(self, rows: Any) -> None:
        """Let the people in these rows leave, newcomers take their seats: see `sim.seats`; in a mechanism's step.

        Raises:
            ValueError: a row is not an employee's.
        """
        replace(self, rows, super().agents_by_type.get(Employee, ()))

    def hire(self, departments: Any, contacts: int, strength: int) -> np.ndarray:
        """Open and fill a seat in each of these departments, int[m] rows: see `sim.hiring`; the newcomers' rows."""
        views = super().agents_by_type.get(Employee)
        return hire(self, np.asarray(departments), contacts, strength, views)

    def scopes(self) -> None:
        """Count whom executives and firms have under them, after departments have changed size or firm."""
        d, x, f = self.departments, self.executives, self.firms
        fitting = d.size * d.fit.sum(axis=1)
        x.staff[: d.rows], x.attainable[: d.rows], x.firm[: d.rows] = d.size, fitting, d.firm
        for seat in range(d.rows, x.rows):
            own = d.firm == x.firm[seat]
            x.staff[seat], x.attainable[seat] = d.size[own].sum(), fitting[own].sum()
        np.maximum(1e-9, x.attainable, out=x.attainable)
        f.staff[:] = [d.size[d.firm == firm].sum() for firm in range(f.rows)]

    # What the state amounts to

    @property
    def measured(self) -> np.ndarray:
        """`measures.MEASURES` as they stand now: float64[7]."""
        measure(self.state)
        return self.whole.measures

    @property
    def measures(self) -> dict[str, float]:
        """`measured`, by name."""
        return dict(zip(MEASURES, self.measured.tolist(), strict=True))

    @property
    def by_practice(self) -> np.ndarray:
        """Adoption of each practice over the staff it is meant for: float64[K]."""
        measure(self.state)
        return self.whole.by_practice

    @property
    def adoption(self) -> np.ndarray:
        """Practising pairs over meant pairs in each department: float64[D], nan where nothing is meant."""
        measure(self.state)
        return self.whole.adoption

    week = _of_now("week", "The week that is being lived, or was last.")
    stage = _of_now("stage", "The stage of maturity: 1 to 6.")
    in_contact = _of_now("in_contact", "Staff in contact with a desk.")
    founded = _of_now("founded", "The week in which governance begins, or one past the last.")
    steered = _of_now("steered", "Whether the steering committee meets.")
    steered_since = _of_now("steered_since", "The week in which it first met.")
    granted = _of_now("granted", "Part of all budgets that this week's events leave.")

    @property
    def goals(self) -> np.ndarray:
        """The organisation's goals, of length 1: float64[objectives]."""
        return self.whole.goals

    @property
    def mean_alignment(self) -> float:
        """Mean alignment of the departments' goals with the organisation's, by staff."""
        d = self.departments
        return float((d.alignment * d.size).sum() / self.employees.rows)

    @property
    def mean_rumour(self) -> float:
        """How far staff believe, on average, what is said after incidents: 0..1."""
        return float(self.employees.rumour.mean())

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

    def _populate(self) -> None:
        """Make the agents, once."""
        if Employee not in super().agents_by_type:
            self.whole.now["viewed"] = True
            for kind in (Department, Executive, Employee):
                for row in range(getattr(self, kind.table).rows):
                    kind(self, row)

    @property
    def agents(self) -> Any:
        """All agents: departments, executives and employees; they are made when first asked for."""
        self._populate()
        return super().agents

    @property
    def agents_by_type(self) -> Any:
        """The same, by class."""
        self._populate()
        return super().agents_by_type

    def close(self) -> None:
        """Let go of what Mesa 3.3 keeps of every model that ever had agents."""
        getattr(mesa.Agent, "_ids", {}).pop(self, None)


def _row(kind: str, name: str, names: tuple[str, ...]) -> int:
    if name not in names:
        raise ValueError(f"no {kind} {name!r}; known: {', '.join(names)}")
    return names.index(name)
