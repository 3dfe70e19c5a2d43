"""What a mechanism is: a table of parameters and a step. Subclass it to add one of your own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from sim.parameters import Section, layout_of
from sim.wings import ALONE

if TYPE_CHECKING:
    from sim.organisation import Organisation


class Mechanism(Section):
    """One construct of the theory; its fields are the keys of its table in a scenario.

    `name` is that table's name: the class's in lower case unless set. `after` names the mechanism that one of your
    own follows in the week; without it, it comes last. A mechanism holds parameters only; whatever changes in a run
    lives in the organisation's columns, so one object serves any number of organisations.

    What a shipped mechanism does in a week is its `loop`, a kernel of (rules, week, luck, org): all mechanisms'
    coefficients, the week, the mechanism's stream of luck in it, and the state. It returns whether something rare is due
    that is left to Python, to `attend`; `sim.mechanisms.week` calls all loops at once. Where a run is lived by several threads,
    the first alone calls it, unless it is `shared`: then it takes the thread as well. `arrival`, of (rules, luck, rows, org)
    with the stream of week 0, sets what newcomers bring. One of your own needs no kernel: it has a `step`, and a `welcome`.
    """

    name: ClassVar[str]
    after: ClassVar[str] = ""
    loop: ClassVar[Callable[..., bool] | None] = None
    shared: ClassVar[bool] = False
    arrival: ClassVar[Callable[..., None] | None] = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "name" not in cls.__dict__:
            cls.name = cls.__name__.lower()

    @classmethod
    def weekly(cls, loop: Callable[..., bool]) -> Callable[..., bool]:
        """Make a kernel the loop of this class: `@Teaching.weekly` above it."""
        cls.loop = loop
        return loop

    @classmethod
    def together(cls, loop: Callable[..., bool]) -> Callable[..., bool]:
        """The same for a kernel that all threads of a run live together."""
        cls.shared = True
        return cls.weekly(loop)

    @classmethod
    def welcoming(cls, arrival: Callable[..., None]) -> Callable[..., None]:
        """Make a kernel the arrival of this class."""
        cls.arrival = arrival
        return arrival

    @classmethod
    def layout(cls) -> np.dtype:
        """How the coefficients lie: as in the class that owns the loop, for which alone it is compiled."""
        owner = next(kind for kind in cls.__mro__ if "loop" in vars(kind))
        return layout_of(cls if owner is Mechanism else owner)

    def build(self, org: Organisation) -> None:
        """Set the columns as they stand at week 0; called once, in the order of the schedule."""

    def welcome(self, org: Organisation, rows: np.ndarray) -> None:
        """Set what newcomers bring to these rows of employees, int[n], whose own columns stand at their start."""
        arrival = type(self).arrival
        if arrival:
            arrival(org.rules, org.luck.stream(self.name), rows, org.state)

    def step(self, org: Organisation) -> None:
        """Move the organisation by one week; `org.week` is the week that is being lived."""
        loop, luck = type(self).loop, org.luck.stream(self.name, org.week)
        threads = (ALONE,) if type(self).shared else ()
        if loop and loop(org.rules, org.week, luck, org.state, *threads):
            self.attend(org)

    def attend(self, org: Organisation) -> None:
        """Do what the loop has left to do this week."""
