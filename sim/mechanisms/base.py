"""What a mechanism is: a table of parameters and a step. Subclass it to add one of your own."""

from __future__ import annotations

from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from sim.parameters import Section

if TYPE_CHECKING:
    from sim.organisation import Organisation


class Mechanism(Section):
    """One construct of the theory; its fields are the keys of its table in a scenario.

    `name` is that table's name: the class's in lower case unless set. `after` names the mechanism that one of your
    own follows in the week; without it, it comes last. A mechanism holds parameters only; whatever changes in a run
    lives in the organisation's columns, so one object serves any number of organisations.
    """

    name: ClassVar[str]
    after: ClassVar[str] = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "name" not in cls.__dict__:
            cls.name = cls.__name__.lower()

    @cached_property
    def coefficients(self) -> np.ndarray:
        """The parameters that are one number or switch, for kernels: a record array of one row, fields by key."""
        layout = _layout(type(self))
        return np.array([tuple(getattr(self, key) for key in layout.names or ())], layout)

    def build(self, org: Organisation) -> None:
        """Set the columns as they stand at week 0; called once, in the order of the schedule."""

    def welcome(self, org: Organisation, rows: np.ndarray) -> None:
        """Set what newcomers bring to these rows of employees, int[n], whose own columns stand at their start."""

    def step(self, org: Organisation) -> None:
        """Move the organisation by one week; `org.week` is the week that is being lived."""


@cache
def _layout(kind: type[Mechanism]) -> np.dtype:
    """How a mechanism's coefficients lie: one object a class, for a kernel compares layouts at every call."""
    kinds = {bool: np.bool_, int: np.int64, float: np.float64}
    return np.dtype(
        [(key, kinds[of.annotation]) for key, of in kind.model_fields.items() if of.annotation in kinds]
    )
