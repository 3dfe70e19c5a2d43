"""What an event is: something that is done to the organisation in a scripted week."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from sim.luck import combine, key_of
from sim.parameters import Section, parameter

if TYPE_CHECKING:
    from sim.organisation import Organisation


class Event(Section):
    """Something that happens once, at the start of its week."""

    needs: ClassVar[str] = ""
    if TYPE_CHECKING:
        what: str

    week: int = parameter(..., "week in which it happens", unit="week", source="the scenario's own", ge=1)

    @property
    def until(self) -> float:
        """The last week in which it holds."""
        return self.week

    def acts(self, week: int) -> bool:
        """Whether a week in which it holds changes anything."""
        return True

    def left(self, week: int) -> float:
        """What it leaves in a week in which it holds, of what budgets would be granted."""
        return 1.0

    def step(self, org: Organisation, name: str) -> None:
        """Let it happen if it is due; `name` is what the scenario calls it."""
        if org.week == self.week:
            own = combine(org.employees.key, np.uint64(key_of(f"events/{name}")))
            self.happen(org, org.luck.uniform("events", own, org.week))

    def happen(self, org: Organisation, luck: np.ndarray) -> None:
        """Change the organisation; `luck` is one uniform number for each employee, this event's own."""
