"""Events: what is done to the organisation in a scripted week, each a small table under a name of one's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, get_args

from pydantic import ConfigDict, model_validator

from sim.errors import Fault, InputError, nearest_name
from sim.mechanisms.base import Mechanism
from sim.mechanisms.happenings import AnyEvent, Event

if TYPE_CHECKING:
    from sim.organisation import Organisation


class Events(Mechanism):
    """What is scripted: `[events.NAME]` with `what` and `week`, so that a sweep's factor may be `events.NAME.week`."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, AnyEvent]
    kinds: ClassVar[dict[str, type[Event]]] = {
        get_args(kind.model_fields["what"].annotation)[0]: kind for kind in get_args(get_args(AnyEvent)[0])
    }

    @model_validator(mode="before")
    @classmethod
    def _dropped(cls, data: Any) -> Any:
        """`NAME = false` leaves an event of an extended scenario out."""
        return (
            {name: one for name, one in data.items() if one is not False} if isinstance(data, dict) else data
        )

    @property
    def scripted(self) -> Mapping[str, Event]:
        """All events, by name."""
        return self.__pydantic_extra__ or {}

    def build(self, org: Organisation) -> None:
        """Refuse names that the organisation does not have, and write the organisation's agenda in the order of names."""
        faults = self.strangers(org.department_names, org.practice_names)
        if faults:
            raise InputError(faults)
        for name, event in sorted(self.scripted.items()):
            once = type(event).step is Event.step
            for week in range(event.week, min(event.week if once else org.plan.weeks, org.plan.weeks) + 1):
                org.agenda.setdefault(week, []).append((name, event))

    def strangers(self, departments: Sequence[str], practices: Sequence[str]) -> list[Fault]:
        """What events name that is neither a department nor a practice."""
        known = {"department": departments, "practice": practices}
        return [
            Fault(
                f"events.{name}.{key}",
                f"found {given!r}",
                f"one of {', '.join(names)}",
                "",
                nearest_name(given, names),
            )
            for name, event in self.scripted.items()
            for key, names in known.items()
            if (given := getattr(event, key, None)) is not None and given not in names
        ]

    def step(self, org: Organisation) -> None:
        """Let happen what is due this week, in the order of the events' names; one with a `step` of its own goes on."""
        before, org.granted = org.granted, 1.0
        for name, event in org.agenda.get(org.week, ()):
            event.step(org, name)
        if org.granted != before and org.plan["funding"]:
            org.plan["funding"].grant(org, org.level)
