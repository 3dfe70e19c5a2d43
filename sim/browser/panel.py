"""The panel of levers: groups that open, switches for mechanisms, and under each lever what it means."""

from __future__ import annotations

from typing import Any

import solara

from sim.browser.levers import Lever, Part, parts_of
from sim.scenario import Scenario

OPEN_AT_FIRST = 2  # groups


class Moved:
    """What the levers of one page ask for, beyond what its scenario says; it acts at the next reset.

    `asked` maps dotted keys to values, and tables to whether they are on.
    """

    def __init__(self, plan: Scenario) -> None:
        self.groups = parts_of(plan)
        self.told = {part.name: part.on for parts in self.groups.values() for part in parts} | {
            lever.key: lever.value
            for parts in self.groups.values()
            for part in parts
            for lever in part.levers
        }
        self.asked: solara.Reactive[dict[str, Any]] = solara.reactive({})

    def __getitem__(self, key: str) -> Any:
        """Where a lever or switch stands."""
        return self.asked.value.get(key, self.told[key])

    def __setitem__(self, key: str, value: Any) -> None:
        """Move it; back at what the scenario says it asks for nothing."""
        kept = {name: one for name, one in self.asked.value.items() if name != key}
        self.asked.value = kept if value == self.told[key] else {**kept, key: value}


@solara.component
def Panel(moved: Moved) -> None:  # noqa: N802
    """All groups, the first ones open."""
    with solara.Sidebar(), solara.Card("Levers", classes=["unsilo-levers"]):
        for number, (title, parts) in enumerate(moved.groups.items()):
            Group(title, parts, moved, number < OPEN_AT_FIRST)


@solara.component
def Group(title: str, parts: list[Part], moved: Moved, open_at_first: bool) -> None:  # noqa: N802
    """One group; its levers are made when it is opened, and keep where they stand when it is closed."""
    is_open = solara.use_reactive(open_at_first)
    off = sum(not moved[part.name] for part in parts)
    told = f"{title} ({off} of {len(parts)} off)" if off else title
    solara.Button(
        f"{'▾' if is_open.value else '▸'} {told}",
        on_click=lambda: is_open.set(not is_open.value),
        text=True,
        classes=["unsilo-group"],
        attributes={"aria-expanded": str(is_open.value).lower()},
    )
    if is_open.value:
        for part in parts:
            Table(part, moved)


@solara.component
def Table(part: Part, moved: Moved) -> None:  # noqa: N802
    """One table: its switch, what it is about, and its levers while it is on."""
    name = part.name.removeprefix("events.").replace("_", " ")
    with solara.Div(classes=["unsilo-part"]):
        if part.droppable:
            solara.Switch(
                label=name, value=moved[part.name], on_value=lambda on: moved.__setitem__(part.name, on)
            )
        else:
            solara.Text(name)
        solara.Text(part.about, classes=["unsilo-help"])
        if moved[part.name]:
            for lever in part.levers:
                Handle(lever, moved)


@solara.component
def Handle(lever: Lever, moved: Moved) -> None:  # noqa: N802
    """One lever, and what it means."""
    value, scale = moved[lever.key], lever.scale

    def move(new: Any) -> None:
        moved[lever.key] = None if lever.optional and not new else new

    with solara.Div(classes=["unsilo-lever"]):
        if lever.options:
            solara.Select(lever.label, value=value, values=lever.options, on_value=move)
        elif lever.kind is bool:
            solara.Checkbox(label=lever.label, value=value, on_value=move)
        elif isinstance(scale, tuple):
            slider: Any = solara.SliderInt if isinstance(scale[2], int) else solara.SliderFloat
            slider(lever.label, value=value or 0, min=scale[0], max=scale[1], step=scale[2], on_value=move)
        else:
            field: Any = {int: solara.InputInt, float: solara.InputFloat}.get(lever.kind, solara.InputText)
            field(lever.label, value=value, on_value=move)
        solara.Text(lever.help, classes=["unsilo-help"])
