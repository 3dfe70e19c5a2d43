"""Mesa agents: views of table rows, whose attributes read and write the organisation's columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import mesa
import numpy as np

from sim.tables import DEPARTMENTS, EMPLOYEES, EXECUTIVES, RUNGS, Column, Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.organisation import Organisation


class View(mesa.Agent):
    """An agent that is one row of a table; `row` says which."""

    model: Organisation
    table: ClassVar[str]

    def __init__(self, model: Organisation, row: int) -> None:
        super().__init__(model)
        self._row = row

    @property
    def row(self) -> int:
        """Its row of the table."""
        return self._row

    def __getattr__(self, name: str) -> Any:
        """A column that a mechanism of your own has added."""
        if not name.startswith("_") and "model" in self.__dict__:
            table: Table = getattr(self.model, type(self).table)
            if name in table.columns:
                return _value(table, name, self.row)
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")


def _value(table: Table, name: str, row: int) -> Any:
    """A number as Python's own; of a column with one value a practice, a view of them, so writing to it counts."""
    value = table.at(name, row)
    return value if value.ndim else value.item()


def _column(table: str, name: str, column: Column, fixed: bool) -> property:
    def read(self: View) -> Any:
        value = _value(getattr(self.model, table), name, self.row)
        if fixed and column.each:
            value = value.view()
            value.flags.writeable = False
        return value

    def write(self: View, value: Any) -> None:
        rows: Table = getattr(self.model, table)
        getattr(rows, name)[(..., self.row) if rows.across else self.row] = value

    return property(read, None if fixed else write, doc=f"{column.meaning} [{column.unit}]")


def _view_of(table: str, columns: dict[str, Column], fixed: set[str]) -> Callable[[type[View]], type[View]]:
    """Give an agent class one property a column; `fixed` ones are kept by the engine and can only be read."""

    def dress(cls: type[View]) -> type[View]:
        cls.table = table
        for name, column in columns.items():
            if name not in cls.__dict__:
                setattr(cls, name, _column(table, name, column, name in fixed))
        return cls

    return dress


_KEPT = {"key", "department", "manager", "level", "reports", "influence", "breadth"}
_KEPT |= {"rung", "since", "practising", "way", "peers", "followers", "led", "turn", "sources", "hires"}
_KEPT |= {"peers_most", "digital", "online", "outsiders", "outside", "outside_next"}


@_view_of("employees", EMPLOYEES, _KEPT)
class Employee(View):
    """One employee; made when somebody asks for the organisation's agents.

    What other counts depend on (rung, way) is changed by `move`. A row is a seat: once somebody else sits there, whatever
    is asked of the view of who left raises `LookupError`, and the organisation's agents hold the newcomer's.
    """

    def __init__(self, model: Organisation, row: int) -> None:
        super().__init__(model, row)
        self._hire = int(model.employees.hires[row])

    @property
    def row(self) -> int:
        """The employee's seat."""
        if self.model.employees.hires[self._row] != self._hire:
            raise LookupError(f"whoever sat in row {self._row} has left; org.agents has the newcomer")
        return self._row

    def sit(self, row: int) -> None:
        """Follow the person to another row, where a reorganisation has put them."""
        self._row, self._hire = row, int(self.model.employees.hires[row])

    def move(self, practice: str, rung: str, way: int | None = None) -> None:
        """Put the employee on a rung of a practice ("trying", say), in a way if it is practised.

        Raises:
            ValueError: there is no such practice, rung or way.
        """
        if rung not in RUNGS:
            raise ValueError(f"no rung {rung!r}; known: {', '.join(RUNGS)}")
        ways = None if way is None else np.array([way])
        k = self.model.practice(practice)
        self.model.move(np.array([self.row]), np.array([k]), RUNGS.index(rung), ways)

    @property
    def unit(self) -> str:
        """The name of the employee's department."""
        return self.model.department_names[self.department]


@_view_of("departments", DEPARTMENTS, {"key", "size", "first", "head", "activity", "routine"})
class Department(View):
    """One department."""

    @property
    def name(self) -> str:
        """The department's name."""
        return self.model.department_names[self.row]

    @property
    def adoption(self) -> float:
        """Practising pairs of employee and practice, as a share of those that are meant to."""
        return float(self.model.adoption[self.row])


@_view_of("executives", EXECUTIVES, {"person", "scope"})
class Executive(View):
    """One executive: the head of a department, or the top."""

    @property
    def name(self) -> str:
        """The department headed, or "top"."""
        return "top" if self.scope < 0 else self.model.department_names[self.scope]
