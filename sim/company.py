"""The company that a scenario is about: its people, practices, and what worth brings in; no mechanism, but what all read."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import model_validator

from sim.errors import nearest_name
from sim.parameters import Section, parameter, share

FILES = ("roster", "ties", "reports")
"""Keys of `People` that name files."""

SPECIFICITY = {
    "marketing": 0.2,
    "communications": 0.2,
    "hr": 0.3,
    "sales": 0.4,
    "service": 0.4,
    "operations": 0.5,
    "product": 0.6,
    "it": 0.6,
    "finance": 0.6,
    "legal": 0.8,
    "research": 0.8,
}


class Practice(Section):
    """One social practice: what it costs, risks and needs, and whom it fits."""

    kind: Literal["listening", "presence", "engagement", "collaboration"] = parameter(
        ..., "what the practice is to the stages of maturity", source="claims 20-22"
    )
    effort: float = share(..., "what it costs to do", source="assumed: a trial's starting value")
    risk: float = share(..., "what can go wrong", source="assumed: a trial's starting value")
    coordination: float = share(
        ...,
        "part of its worth that needs others to work the same way",
        source="assumed: a trial's starting value",
    )
    pioneers: float = share(
        0.0,
        "share of the owner departments' staff who try it at week 0",
        source="assumed: a trial's starting value",
    )
    fit: dict[str, float] = parameter(
        {},
        "how well it fits each function, 0..1; others .5; it is meant for those of at least .5",
        unit="share",
    )

    @model_validator(mode="after")
    def _shares(self) -> Practice:
        wrong = [f"{name} = {value}" for name, value in self.fit.items() if not 0.0 <= value <= 1.0]
        if wrong:
            raise ValueError(f"fit must be in 0..1, found {', '.join(wrong)}")
        return self


class Department(Section):
    """One department of a generated organisation."""

    size: int = parameter(..., "people in it, its head among them", unit="people", ge=1, le=5_000_000)
    function: str = parameter("", "what it does; its name unless said otherwise")


class People(Section):
    """Who there is: departments to generate, or files with the people and ties of a real organisation."""

    departments: dict[str, Department] = parameter({}, "people in each department: name = size, or a table")
    employees: int | None = parameter(
        None,
        "staff in all, if not the departments' sum: sizes are scaled to it",
        unit="people",
        ge=1,
        le=5_000_000,
    )
    firms: int = parameter(
        1, "independent firms among which the staff are divided, each with all the departments", unit="firms",
        source="claim 77", ge=1, le=1000,
    )  # fmt: skip
    owners: list[str] = parameter(
        ["marketing"], "departments that own the social media activity", source="claim 5"
    )
    disconnected: list[list[str]] = parameter(
        [], "pairs of departments between which nobody knows anybody", source="claim 64"
    )
    span: int = parameter(8, "direct reports of a manager", unit="people", ge=2, le=100)
    specificity: dict[str, float] = parameter(
        SPECIFICITY, "how special each function's work is; others .5", unit="0..1"
    )
    roster: str | None = parameter(None, "CSV file of people, in place of departments", unit="path")
    ties: str | None = parameter(None, "CSV file of ties between them", unit="path")
    reports: str | None = parameter(None, "CSV file of reporting lines", unit="path")

    @model_validator(mode="after")
    def _consistent(self) -> People:
        if bool(self.roster) != bool(self.ties):
            raise ValueError("a roster and its ties go together: give both files or neither")
        if self.reports and not self.roster:
            raise ValueError("reporting lines are those of a roster: give it and its ties too")
        if not self.roster and not self.departments:
            raise ValueError("give departments with their sizes, or a roster and its ties")
        if self.roster and self.firms > 1:
            raise ValueError("a roster is one firm's; leave firms out")
        if self.roster and self.employees is not None:
            raise ValueError("a roster's size cannot be scaled; leave employees out")
        if any(len(set(pair)) != 2 for pair in self.disconnected):
            raise ValueError('disconnected: give pairs of two departments, e.g. [["sales", "marketing"]]')
        if not self.roster:
            strangers = {one for pair in self.disconnected for one in pair} - set(self.departments)
            if strangers:
                near = nearest_name(min(strangers), self.departments)
                hint = f" (did you mean {near!r}?)" if near else ""
                raise ValueError(
                    f"disconnected: {min(strangers)!r} is no department: {', '.join(self.departments)}{hint}"
                )
            if self.employees is not None and self.employees < len(self.departments):
                raise ValueError(
                    f"{self.employees} employees do not fill {len(self.departments)} departments"
                )
            small = [name for name, _, size in self.sizes() if size < self.firms]
            if small:
                raise ValueError(
                    f"{', '.join(small)}: too few people for each of {self.firms} firms to have one"
                )
            for owner in self.owners:
                if owner not in self.departments:
                    near = nearest_name(owner, self.departments)
                    hint = f" (did you mean {near!r}?)" if near else ""
                    raise ValueError(f"owner {owner!r} is no department: {', '.join(self.departments)}{hint}")
        return self

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that are named."""
        return tuple(Path(path) for name in FILES if (path := getattr(self, name)))

    def sizes(self) -> list[tuple[str, str, int]]:
        """Name, function and size of each department; scaled sizes are apportioned by largest remainder, at least 1."""
        rows = [(name, one.function or name, one.size) for name, one in self.departments.items()]
        if self.employees is None:
            return rows
        spare, total = self.employees - len(rows), sum(size for _, _, size in rows)
        whole = [spare * size // total for _, _, size in rows]
        order = sorted(range(len(rows)), key=lambda r: (-(spare * rows[r][2] % total), r))
        for r in order[: spare - sum(whole)]:
            whole[r] += 1
        return [(name, function, 1 + extra) for (name, function, _), extra in zip(rows, whole, strict=True)]

    def name(self, department: str, firm: int) -> str:
        """What a department of a firm, 0 for the first, is called: its number is added where there are several firms."""
        return department if self.firms == 1 else f"{department} {firm + 1}"

    def names(self) -> tuple[str, ...]:
        """Names of all generated departments, firm by firm."""
        return tuple(self.name(one, firm) for firm in range(self.firms) for one in self.departments)

    def firm_sizes(self) -> list[list[tuple[str, str, int]]]:
        """`sizes` of each firm; whoever is left over when a department is divided goes to one firm after the other."""
        firms: list[list[tuple[str, str, int]]] = [[] for _ in range(self.firms)]
        turn = 0
        for name, function, size in self.sizes():
            whole, left = divmod(size, self.firms)
            for number, firm in enumerate(firms):
                firm.append(
                    (self.name(name, number), function, whole + ((number - turn) % self.firms < left))
                )
            turn += left
        return firms


class BusinessOutcome(Section):
    """What a function does better or worse by practising: base x (1 + most x worth of the practices that move it)."""

    name: str = parameter(..., "what is counted")
    unit: str = parameter(..., "what it is counted in")
    base: float = parameter(..., "without any worth", unit="its own", ge=0.0)
    most: float = parameter(
        ...,
        "change of it by full worth, below 0 for less",
        unit="ratio",
        source="claim 28; assumed",
        ge=-1.0,
        le=10.0,
    )
    by: Literal["listening", "presence", "engagement", "collaboration"] = parameter(
        ..., "kind of the practices whose mean worth moves it, where they are meant for the department"
    )


class Returns(Section):
    """What worth brings in, for `unsilo run --returns`; no run depends on it."""

    value: float = parameter(
        1.0,
        "what a staff-year of full worth brings in; a desk person costs 25 a year",
        unit="units/staff-year",
        ge=0.0,
    )
    outcomes: dict[str, BusinessOutcome] = parameter({}, "a business outcome for each function")
