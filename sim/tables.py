"""The state of an organisation: columns of numpy arrays, one table a kind, one row an employee, department, ...

Every column starts at a value that does nothing, so a mechanism that is switched off leaves the others unmoved. Kernels
take whole tables and read columns by name.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
from numba.core import types
from numba.experimental import structref

from sim.kernels import kernel

UNAWARE, AWARE, TRYING, ROUTINE, LAPSED = range(5)
RUNGS = ("unaware", "aware", "trying", "routine", "lapsed")

QUARTER = 13  # weeks: how often money moves and worth is measured
NEVER = -10_000  # a week so long ago that nothing of it is left
NOBODY = -1
NO_WEEKS = -1  # in `Whole.cast`, beside a number of eight weeks
NOT_ASKED = -1  # in `asked`, beside the week of a request that still waits

SOURCES = ("reports", "peers", "manager", "head", "top")

USES = ("training", "desk", "technology", "measurement", "liaison")
OBJECTIVES = ("innovation", "knowledge", "investment", "customers", "talent", "suppliers")


class Column(NamedTuple):
    """What a column holds; `each` names further axes: one value for each practice, say, or each practice and way."""

    dtype: Any
    start: Any
    unit: str
    meaning: str
    each: str = ""

    @property
    def of_lots(self) -> bool:
        """Whether it holds lots, which follow from keys: whoever changes rows has them cast anew, see `NO_WEEKS`."""
        return "lot" in self.each.split()


EMPLOYEES = {
    "key": Column(np.uint64, 0, "", "whose luck this is: stable, never a row number"),
    "department": Column(np.int32, 0, "row", "department; rows are sorted by it"),
    "manager": Column(np.int32, NOBODY, "row", "manager, or -1"),
    "level": Column(np.int8, 0, "0..3", "staff, manager, head of a department, top executive"),
    "reports": Column(np.int32, 0, "people", "direct reports"),
    "threshold": Column(
        float,
        0.35,
        "share",
        "exposure, or by that rule contacts, at which peers stop holding the employee back",
    ),
    "influence": Column(np.int16, 16, "1/16", "how much peers heed the employee; 16 is the median"),
    "fluency": Column(float, 0.0, "0..1", "skill with social tools, one for all practices"),
    "knows": Column(np.bool_, False, "", "knows the policy"),
    "guidance": Column(
        float, 0.0, "0..1", "guidance that reaches the employee, through policy, desk and contact"
    ),
    "training": Column(float, 0.0, "0..1", "training the employee is getting now"),
    "taught": Column(np.int32, NEVER, "week", "when a desk or a colleague last taught the employee"),
    "contact": Column(np.int32, NEVER, "week", "when a desk last taught or cleared the employee"),
    "breadth": Column(np.int32, 0, "practices", "how many practices the employee practises"),
    "belief": Column(float, 0.3, "0..1", "how worthwhile the employee thinks the practice", "practice"),
    "sources": Column(
        float,
        0.0,
        "weight",
        "weight in exposure of one report, all peers, the manager, head and top",
        "source",
    ),
    "turn": Column(np.int64, 0, "row", "who comes at this place of the department's turn to be taught"),
    "exposure": Column(float, 0.0, "share", "practising among those whom the employee sees", "practice"),
    "rung": Column(np.int8, UNAWARE, "0..4", "unaware, aware, trying, routine, lapsed", "practice"),
    "since": Column(np.int16, NEVER, "week", "when the employee came to this rung", "practice"),
    "began": Column(np.uint8, 0, "0/1", "began to try and has not chosen a way yet", "practice"),
    "moves": Column(np.uint8, 0, "lot", "first bits of eight weeks' luck in adoption", "lot practice"),
    "reviews": Column(
        np.uint8, 0, "lot", "first bits of eight weeks' luck in thinking again", "lot practice"
    ),
    "practising": Column(np.uint8, 0, "0/1", "trying or routine", "practice"),
    "way": Column(np.int16, 0, "way", "how the employee does it, or last did", "practice"),
    "heard": Column(np.int16, -1, "way", "the way a colleague taught, or -1", "practice"),
    "asked": Column(np.int16, NOT_ASKED, "week", "when approval was asked for, or -1", "practice"),
    "cleared": Column(np.uint8, 0, "0/1", "approval has just come, and the try may start", "practice"),
    "approved": Column(np.int16, NEVER, "week", "last week in which approval holds", "practice"),
    "peers": Column(
        np.int32, 0, "tie x 1/16", "summed tie times influence of practising contacts", "practice"
    ),
    "peers_most": Column(np.int32, 0, "tie x 1/16", "what `peers` would be if all contacts practised"),
    "digital": Column(np.int32, 0, "ties", "digital ties, which stand in the first of the spare places"),
    "online": Column(np.uint8, 0, "0/1", "collaborated when the digital layer last changed"),
    "meetings": Column(
        np.uint8, 0, "lot", "first bits of eight weeks' luck in coming across colleagues online", "lot"
    ),
    "departures": Column(np.uint8, 0, "lot", "first bits of eight weeks' luck in leaving", "lot"),
    "outsiders": Column(
        np.int32, 0, "tie x 1/16", "what each contact outside the firm weighs; 0 for none", "outsider"
    ),
    "outside": Column(np.int32, 0, "tie x 1/16", "summed weight of practising contacts outside", "practice"),
    "outside_next": Column(
        float, 2.0, "share", "spread outside at which the next contact there begins", "practice"
    ),
    "followers": Column(np.int32, 0, "people", "direct reports who practise", "practice"),
    "led": Column(np.uint8, 0, "0/1", "the manager practises", "practice"),
    "hires": Column(np.int64, 0, "people", "newcomers that this seat has seen"),
    "satisfaction": Column(float, 0.5, "0..1", "how content the employee is with how the firm works"),
    "rumour": Column(float, 0.0, "0..1", "how far the employee believes what is said after incidents"),
}

DEPARTMENTS = {
    "key": Column(np.uint64, 0, "", "whose luck this is"),
    "size": Column(np.int64, 0, "people", "staff"),
    "firm": Column(np.int64, 0, "row", "firm that it belongs to"),
    "place": Column(np.int64, 0, "place", "among the departments of the firm that it began in"),
    "first": Column(np.int64, 0, "row", "row of its first employee"),
    "head": Column(np.int32, 0, "row", "employee who heads it"),
    "open": Column(np.bool_, True, "", "the strategy gives it push, money and desks"),
    "owner": Column(np.bool_, False, "", "owns the social media activity"),
    "specificity": Column(float, 0.5, "0..1", "how special its work is"),
    "fit": Column(float, 0.5, "0..1", "how well the practice fits its function", "practice"),
    "meant": Column(np.bool_, True, "", "the practice is meant for it: fit of at least a half", "practice"),
    "goals": Column(float, 1.0, "weight", "its goals", "objective"),
    "alignment": Column(float, 1.0, "-1..1", "cosine of its goals with the organisation's"),
    "lead": Column(float, 0.0, "0..1", "lead that its staff feel from head and top"),
    "budget": Column(float, 0.0, "units/head/year", "money it may spend"),
    "favour": Column(float, 1.0, "ratio", "its budget per head to the mean one, as a committee moves money"),
    "purse": Column(float, 0.0, "units/year", "money set aside for desk people"),
    "courses": Column(float, 0.0, "0..1", "training by outside courses"),
    "technology": Column(float, 0.0, "0..1", "share of the effort that technology takes away"),
    "ease": Column(float, 1.0, "share", "effort that a desk's help leaves", "practice"),
    "insight": Column(float, 0.0, "0..1", "share of the noise that measurement takes away"),
    "joined": Column(np.bool_, False, "", "joined a hub"),
    "served": Column(np.int32, NOBODY, "desk", "desk whose way is recommended here, or -1 for none"),
    "guided": Column(np.bool_, False, "", "a desk or the holistic policy serves it"),
    "gated": Column(np.bool_, False, "", "risky tries need approval"),
    "gated_since": Column(np.int32, NEVER, "week", "when the gate went up"),
    "was_gated": Column(np.bool_, False, "", "risky tries needed approval last week"),
    "pays_desk": Column(np.bool_, False, "", "part of its money is set aside for desk people"),
    "local": Column(float, 0.0, "person-weeks", "own desk people or liaisons"),
    "group": Column(np.int64, 0, "desk", "desk that would serve it"),
    "liaisons": Column(np.int64, 0, "people", "its liaisons to the hub, who know its work"),
    "mandate": Column(float, 0.0, "0..1", "how binding the desk's way is here"),
    "locus": Column(
        float, 0.0, "0..1", "part of guidance and mandate that speaks for the department's own way"
    ),
    "time": Column(float, 0.0, "person-weeks", "local time that is left, carried over while a queue waits"),
    "credit": Column(float, 0.0, "people", "part of a person taught, carried over"),
    "next": Column(np.int64, 0, "place", "how far teaching its staff in turn has come"),
    "cleared": Column(np.int64, 0, "requests", "cleared in each of the last 13 weeks", "quarter"),
    "waiting": Column(np.int64, 0, "requests", "left waiting when the desk's week was over"),
    "advice": Column(np.int16, -1, "way", "recommended way, or -1"),
    "activity": Column(np.int64, 0, "people", "staff who practise anything"),
    "practised": Column(np.int64, 0, "people", "staff practising it", "practice"),
    "routine": Column(np.int64, 0, "people", "staff in routine", "practice"),
    "habit": Column(np.int16, 0, "way", "commonest way in the department", "practice"),
    "tally": Column(np.int32, 0, "people", "staff practising in each way", "practice way"),
    "suits": Column(float, 1.0, "0..1", "how well each way works in it", "practice way"),
    "experienced": Column(
        float, 0.0, "0..1", "what each way is worth to one who practises it here", "practice way"
    ),
    "quality": Column(float, 0.0, "0..1", "mean quality of the ways in use", "practice"),
    "worth": Column(float, 0.0, "0..1", "realised worth V; below 0 where `voice` finds harm", "practice"),
    "error": Column(float, 0.0, "sd", "error of this quarter's measurement", "practice"),
    "measured": Column(float, 0.0, "worth", "worth as measured, errors and all", "practice"),
    "past": Column(
        float, 0.0, "0..1", "worth in each of the weeks that its measurement lags", "delay practice"
    ),
    "backing": Column(float, 1.0, "ratio", "support of the practice to that of the mean one", "practice"),
}

PRACTICES = {
    "key": Column(np.uint64, 0, "", "whose luck this is"),
    "effort": Column(float, 0.0, "0..1", "what it costs to do"),
    "risk": Column(float, 0.0, "0..1", "what can go wrong"),
    "coordination": Column(float, 0.0, "0..1", "how much of its worth needs others to do it the same way"),
    "pioneers": Column(float, 0.0, "share", "of the owner departments' staff who try it at week 0"),
    "gated": Column(np.bool_, False, "", "risky enough to need approval"),
    "listens": Column(np.bool_, False, "", "a practice of listening"),
    "presents": Column(np.bool_, False, "", "a practice of presence"),
    "engages": Column(np.bool_, False, "", "a practice of engagement"),
    "collaborates": Column(np.bool_, False, "", "a practice of collaboration"),
}

EXECUTIVES = {
    "person": Column(np.int32, 0, "row", "the executive among the employees"),
    "scope": Column(np.int32, NOBODY, "department", "department headed, or -1 for the top"),
    "firm": Column(np.int64, 0, "firm", "firm whose executive this is"),
    "understanding": Column(
        float, 0.0, "0..1", "how well the executive understands what social practices do"
    ),
    "engagement": Column(float, 0.0, "0..1", "how visibly the executive backs them"),
    "style": Column(float, 0.5, "0..1", "0 directive .. 1 guiding"),
    "staff": Column(np.int64, 0, "people", "people in scope"),
    "attainable": Column(float, 1.0, "people", "people in scope times how well the practices fit them"),
    "evidence": Column(float, 0.0, "0..1", "what the executive sees of what is attainable in scope"),
    "expected": Column(float, 0.0, "ratio", "return the executive asks for; above 1 where much is spent"),
    "sponsor": Column(np.bool_, False, "", "named as the sponsor"),
    "appointed": Column(np.int32, 0, "week", "when the executive took the seat: tenure is counted from it"),
}

FIRMS = {
    "top": Column(np.int32, 0, "row", "its top executive among the employees"),
    "seat": Column(np.int64, 0, "row", "its top executive among the executives"),
    "staff": Column(np.int64, 0, "people", "people in it"),
    "sponsored": Column(np.bool_, False, "", "a sponsor is named"),
    "pull": Column(float, 0.0, "0..1", "how far the sponsor's engagement pulls that of others"),
    "level": Column(float, 0.0, "units/head/year", "budget per head, before cuts and what a committee moves"),
    "pool": Column(np.int64, 0, "pool", "firms that share one share their money"),
    "circle": Column(
        np.int64, 0, "circle", "firms that share one see what the others' departments are worth"
    ),
    "territory": Column(np.int64, 0, "territory", "firms that share one share their desks"),
}

DESKS = {
    "territory": Column(np.int64, 0, "territory", "where it serves: the firms that share it"),
    "circle": Column(np.int64, 0, "circle", "firms whose departments it can look at"),
    "home": Column(
        np.int32, NOBODY, "department", "department the desk belongs to, or -1 for the organisation"
    ),
    "way": Column(np.int32, 0, "desk", "the desk whose way it recommends: its own until tied hubs settle"),
    "people": Column(float, 0.0, "person-weeks", "people who clear and teach"),
    "time": Column(float, 0.0, "person-weeks", "time that is left, carried over while a queue waits"),
    "quality": Column(float, 0.5, "0..1", "quality of its way, before it meets special work", "practice"),
}


@kernel(inline="always")
def staff_of(first, size, here):
    """The rows of a department's employees; unsigned, so that loops over them need not ask whether they are negative."""
    return range(np.uint64(first[here]), np.uint64(first[here] + size[here]))


def _short(kind: types.StructRef) -> tuple[str, tuple[()]]:
    """What stands for a kind of object in kernels' names, where numba would write out all fields of all tables each time."""
    return f"{kind.__class__.__qualname__}_{blake2b(kind.name.encode(), digest_size=8).hexdigest()}", ()


class Struct(structref.StructRefProxy):
    """An object of named fields that Python and kernels share."""

    fields: ClassVar[tuple[str, ...]]
    _numba_type_: Any = None
    _assemble: ClassVar[Any]

    def __init_subclass__(cls, fields: Iterable[str] = ()) -> None:
        cls.fields = tuple(fields)
        kind = type(
            "Kind",
            (types.StructRef,),
            {
                "__module__": cls.__module__,
                "__qualname__": f"{cls.__qualname__}.Kind",
                "mangling_args": property(_short),
            },
        )
        cls.Kind = structref.register(kind)  # type: ignore[attr-defined]
        structref.define_constructor(cls, kind, cls.fields)
        structref.define_boxing(kind, cls)

        @kernel
        def assemble(*values):
            return cls(*values)

        cls._assemble = staticmethod(assemble)

    @classmethod
    def of(cls, values: dict[str, Any]) -> Any:
        """An object that holds these values."""
        self = cls._assemble(*(values[name] for name in cls.fields))
        vars(self).update(
            values, _numba_type_=self._type
        )  # at hand, for it is asked at every call of a kernel
        return self

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...


class Table(Struct):
    """Named columns over `rows` rows; a mechanism of yours adds its own with `add`.

    A column with one value for each practice has shape (rows, practices); the employees' have shape (practices,
    rows), so that a loop over staff runs through neighbouring numbers.
    """

    declared: ClassVar[dict[str, Column]] = {}
    across: ClassVar[bool] = False

    def __init_subclass__(cls, columns: dict[str, Column], across: bool = False) -> None:
        cls.declared, cls.across = columns, across
        super().__init_subclass__(columns)

    def __new__(cls, rows: int, axes: dict[str, int]) -> Table:
        """A table whose columns all stand at their start."""
        arrays = {name: cls._blank(column, rows, axes) for name, column in cls.declared.items()}
        return cls._holding(arrays, rows, cls.declared, axes)

    @classmethod
    def _holding(
        cls, arrays: dict[str, np.ndarray], rows: int, columns: dict[str, Column], axes: dict[str, int]
    ) -> Any:
        self = cls.of(arrays)
        vars(self).update(rows=rows, columns=dict(columns), axes=axes)
        return self

    @classmethod
    def _blank(cls, column: Column, rows: int, axes: dict[str, int]) -> np.ndarray:
        each = [axes[name] for name in column.each.split()] if column.each else []
        shape = (*each, rows) if cls.across else (rows, *each)
        return np.full(shape, column.start, column.dtype) if column.start else np.zeros(shape, column.dtype)

    def add(
        self, name: str, dtype: Any, start: Any, unit: str = "", meaning: str = "", each: str = ""
    ) -> np.ndarray:
        """Add a column and return its array.

        Raises:
            ValueError: if the table already has a column of that name.
        """
        if name in self.columns:
            raise ValueError(f"the table already has a column {name!r}")
        self.columns[name] = column = Column(dtype, start, unit, meaning, each)
        vars(self)[name] = array = self._blank(column, self.rows, self.axes)
        return array

    def __setattr__(self, name: str, value: Any) -> None:
        """Kernels hold the arrays, so a column is written into and never replaced."""
        if name in vars(self).get("columns", ()) and value is not vars(self)[name]:
            raise AttributeError(f"write into the column instead: {name}[:] = ...")
        super().__setattr__(name, value)

    def at(self, name: str, row: int) -> np.ndarray:
        """What a row holds of a column: one number, or one for each practice and the like."""
        column = vars(self)[name]
        return column[..., row] if self.across else column[row]


class Employees(Table, columns=EMPLOYEES, across=True):
    """One row an employee, department by department."""

    def opened(self, now_at: np.ndarray, rows: np.ndarray) -> Employees:
        """The same people on other rows, `now_at`, int64[n], and new `rows`, int64[m], at their start.

        Lots have to be cast anew.
        """
        arrays, come_from = {}, np.zeros(self.rows + rows.size, np.int64)
        come_from[now_at] = np.arange(self.rows)
        for name, column in self.columns.items():
            before = getattr(self, name)
            if column.of_lots:
                arrays[name] = np.zeros((*before.shape[:-1], come_from.size), before.dtype)
                continue
            arrays[name] = after = before.take(come_from, axis=-1)
            after[..., rows] = column.start
        return self._holding(arrays, come_from.size, self.columns, self.axes)


class Departments(Table, columns=DEPARTMENTS):
    """One row a department."""


class Practices(Table, columns=PRACTICES):
    """One row a practice."""


class Executives(Table, columns=EXECUTIVES):
    """One row an executive: the heads in the order of their departments, and last the top of each firm."""


class Firms(Table, columns=FIRMS):
    """One row a firm; most organisations are one."""


class Desks(Table, columns=DESKS):
    """One row a desk that has a way of its own."""


NOW = np.dtype([
    ("week", np.int64), ("fresh", np.bool_), ("stage", np.int64), ("in_contact", np.int64), ("founded", np.int64),
    ("steered", np.bool_), ("steered_since", np.int64), ("granted", np.float64), ("viewed", np.bool_), ("kept", np.int64),
])  # fmt: skip
MOVES, REVIEWS, MEETINGS, DEPARTURES = range(4)  # whose lots, in `cast`


class Whole(Struct, fields=("now", "cast", "goals", "measures", "by_practice", "adoption")):
    """What holds for the organisation as a whole.

    Attributes:
        now: one row of `NOW`: the week, whether the measures are up to date, the stage, staff in contact with a desk, the
            weeks in which governance and committee began, whether the latter did, the part of all budgets that events leave,
            whether employees' agents have been made, and the last week in the record.
        cast: int64[4], for which eight weeks lots are cast, by `MOVES`, `REVIEWS`, `MEETINGS` and `DEPARTURES`; or
            `NO_WEEKS`.
        goals: float64[objectives], the organisation's, of length 1.
        measures: float64[7], `measures.MEASURES`.
        by_practice: float64[practices], adoption of each over the staff it is meant for.
        adoption: float64[departments], practising pairs over meant pairs.
    """


class State(
    Struct,
    fields=(
        "employees", "departments", "practices", "executives", "firms", "desks", "ties", "lines", "requests", "ledger",
        "incidents", "left", "leaving", "due", "whole", "wings", "changes",
    ),
):  # fmt: skip
    """All that kernels see of an organisation.

    `ties` and `lines` (direct reports) are compressed rows; `requests` counts the week's requests made, cleared, weeks waited by
    the cleared, given up and withdrawn; `ledger`, float64[1 + weeks, departments, uses], `incidents`, int64[1 + weeks,
    departments], and `left`, int64[1 + weeks], are kept week by week; `leaving`, int64[n], are the rows of those who leave this
    week; `due`, bool[1 + weeks], says in which weeks an event acts; `wings` are what threads share, and `changes` the
    moves that people have decided on.
    """


@kernel
def _state(
    employees, departments, practices, executives, firms, desks, ties, lines, requests, ledger, incidents, left, leaving,
    due, whole, wings, changes,
):  # fmt: skip
    return State(
        employees, departments, practices, executives, firms, desks, ties, lines, requests, ledger, incidents, left,
        leaving, due, whole, wings, changes,
    )  # fmt: skip


State._assemble = staticmethod(_state)  # one by one: a tuple of them all takes a millisecond to type
