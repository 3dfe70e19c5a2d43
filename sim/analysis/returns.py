"""Returns: what was spent against the worth that it brought, by department and programme, and what functions gained.

Read off a record; nothing here moves a run. Worth is counted in staff-years of full worth: realised worth V, times staff,
summed over the weeks of a year. What one brings in is a parameter, so returns compare departments, programmes and
scenarios, and are money only as far as that number is right (claims 28, 71, 73).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from sim.mechanisms.funding import WEEKS_A_YEAR
from sim.record import Record


@dataclass(frozen=True)
class Return:
    """What a department, or a programme, cost and brought.

    Attributes:
        name: of the department or practice.
        spent: units.
        worth: staff-years of full worth.
        ratio: units brought in per unit spent; None where nothing was spent.
        programmes: of a department, the same for each practice in it.
    """

    name: str
    spent: float
    worth: float
    ratio: float | None
    programmes: tuple[Return, ...] = ()


@dataclass(frozen=True)
class Gain:
    """A business outcome of one department at the start and at the end of a run."""

    department: str
    outcome: str
    unit: str
    first: float
    last: float


@dataclass(frozen=True)
class Returns:
    """Money and worth of a run.

    Attributes:
        total: all of it.
        departments: each department's.
        programmes: each practice's, over all departments.
        split: by what a department's money counts for its programmes: "support" or "practitioners".
        unassigned: units spent where there was nothing of that kind to split by.
        gains: business outcomes of departments whose function has one.
    """

    total: Return
    departments: tuple[Return, ...]
    programmes: tuple[Return, ...]
    split: str
    unassigned: float
    gains: tuple[Gain, ...]

    def as_dict(self) -> dict[str, Any]:
        """The same for machines."""
        return asdict(self)


def returns(record: Record) -> Returns:
    """What a run cost and brought up to the week it has reached.

    A department's money counts for its programmes week by week: by their support where the mechanism `programmes` moves it,
    and else by the staff who practise each.
    """
    weeks, value = slice(record.week + 1), record.plan.returns.value
    split = "support" if record.plan["programmes"] else "practitioners"
    parts = record.backing if split == "support" else record.practised
    parts, money = parts[weeks], record.spent[weeks].sum(axis=2)
    whole = parts.sum(axis=2)
    per_part = np.divide(money, whole, out=np.zeros_like(money), where=whole > 0)
    spent = (per_part[:, :, None] * parts).sum(axis=0)
    worth = (record.worth[weeks] * record.staff[weeks][:, :, None])[1:].sum(axis=0) / WEEKS_A_YEAR

    def one(name: str, spent: float, worth: float, programmes: tuple[Return, ...] = ()) -> Return:
        ratio = float(worth * value / spent) if spent > 0.0 else None
        return Return(name, float(spent), float(worth), ratio, programmes)

    def each(spent: np.ndarray, worth: np.ndarray) -> tuple[Return, ...]:
        return tuple(map(one, record.practices, spent, worth))

    return Returns(
        total=one("all", money.sum(), worth.sum()),
        departments=tuple(
            one(name, money[:, d].sum(), worth[d].sum(), each(spent[d], worth[d]))
            for d, name in enumerate(record.departments)
        ),
        programmes=each(spent.sum(axis=0), worth.sum(axis=0)),
        split=split,
        unassigned=float(max(0.0, money.sum() - spent.sum())),
        gains=_gains(record),
    )


def _gains(record: Record) -> tuple[Gain, ...]:
    """Business outcomes by department: base x (1 + most x mean worth of the practices that move it)."""
    known = {name.casefold(): one for name, one in record.plan.returns.outcomes.items()}
    kinds = np.array([one.kind for one in record.plan.practices.values()])
    gains = []
    for here, (department, function) in enumerate(zip(record.departments, record.functions, strict=True)):
        outcome = known.get(function.casefold())
        if outcome is None:
            continue
        moves = record.meant[here] & (kinds == outcome.by)
        ends = record.worth[[0, record.week], here][:, moves]
        first, last = outcome.base * (
            1.0 + outcome.most * (ends.mean(axis=1) if moves.any() else np.zeros(2))
        )
        gains.append(Gain(department, outcome.name, outcome.unit, float(first), float(last)))
    return tuple(gains)
