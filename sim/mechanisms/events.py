"""Events: what is done to the organisation in a scripted week, each a small table under a name of one's own."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, get_args

from pydantic import ConfigDict, model_validator

from sim.errors import Fault, InputError, nearest_name
from sim.happenings import AnyEvent, Event
from sim.kernels import kernel
from sim.mechanisms.base import Mechanism
from sim.mechanisms.funding import grant

if TYPE_CHECKING:
    from sim.organisation import Organisation
    from sim.scenario import Scenario


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
        """Refuse names that the organisation does not have; write the organisation's agenda in the order of names."""
        faults = self.strangers(org.department_names, org.practice_names, org.firms.rows)
        if faults:
            raise InputError(faults)
        idle = {name: why for name, event in self.scripted.items() if (why := self._idle(org.plan, event))}
        org.notices += tuple(
            f"the event {name!r} ({self.scripted[name].what}) does nothing: {why}"
            for name, why in idle.items()
        )
        agenda, due, weeks = org.agenda, org.due, org.plan.weeks
        for name, event in sorted(self.scripted.items()):
            if name in idle:
                continue
            held = range(event.week, int(min(event.until, weeks)) + 1)
            for week in held:
                agenda.setdefault(week, []).append((name, event))
            due[[week for week in held if event.acts(week)]] = True

    def _idle(self, plan: Scenario, event: Event) -> str:
        """Why an event can do nothing in a scenario; empty if it may."""
        sponsorship = plan["sponsorship"]
        if event.needs and not plan[event.needs]:
            return f"the scenario has no [{event.needs}]"
        if event.week > plan.weeks:
            return f"week {event.week} comes after the last, {plan.weeks}"
        if (
            event.what == "sponsor_leaves"
            and not sponsorship.sponsor_week
            and not self._weeks("sponsor_named")
        ):
            return "nobody is ever named sponsor"
        if event.what == "desk_founded" and plan["governance"].form == "none":
            return "the form of governance is none"
        return ""

    def _weeks(self, what: str) -> list[int]:
        """The weeks in which events of a kind are scripted."""
        return sorted(event.week for event in self.scripted.values() if event.what == what)

    def too_early(self, sponsorship: Any) -> list[Fault]:
        """Sponsors who leave before anybody is named, by the mechanism `sponsorship` or by an event."""
        named = (
            [*self._weeks("sponsor_named"), *filter(None, [sponsorship.sponsor_week])] if sponsorship else []
        )
        return [
            Fault(
                f"events.{name}.week",
                f"found {event.week}",
                f"a week after a sponsor is named, in {min(named)}",
            )
            for name, event in self.scripted.items()
            if event.what == "sponsor_leaves" and named and event.week < min(named)
        ]

    def strangers(self, departments: Sequence[str], practices: Sequence[str], firms: int) -> list[Fault]:
        """What events name that is no department, practice or firm; and departments of two firms that cannot merge."""
        known = {
            "department": departments, "into": departments, "practice": practices,
            "firm": range(1, firms + 1), "by": range(1, firms + 1),
        }  # fmt: skip
        faults = [
            Fault(
                f"events.{name}.{key}",
                f"found {given!r}",
                f"one of {', '.join(map(str, names))}",
                "",
                nearest_name(str(given), [*map(str, names)]),
            )
            for name, event in self.scripted.items()
            for key, names in known.items()
            if (given := vars(event).get(key)) is not None and given not in names
        ]
        for name, event in () if faults else self.scripted.items():
            pair = [departments.index(one) * firms // len(departments)
                    for key in ("department", "into") if (one := vars(event).get(key))]  # fmt: skip
            if len(set(pair)) == 2:
                where = f"events.{name}.into"
                faults.append(
                    Fault(where, "found a department of another firm", "two of one firm; or a takeover")
                )
        return faults

    def attend(self, org: Organisation) -> None:
        """Let happen what is due this week, in the order of the events' names, after all cuts are known."""
        week = org.week
        due = org.agenda.get(week, ())
        before, org.granted = org.granted, math.prod(event.left(week) for _, event in due)
        for name, event in due:
            event.step(org, name)
        if org.granted != before and org.plan["funding"]:
            grant(org.state)


@Events.weekly
@kernel
def due(rules, week, luck, org):
    """Whether an event acts."""
    return org.due[week]
