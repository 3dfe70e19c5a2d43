"""Mesa's page for one organisation: levers, controls and our components; `unsilo browse` shows it.

It also runs as any page of Mesa's does, with `solara run sim.browser.app`, and then shows the baseline.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

import solara
from mesa.visualization import SolaraViz
from mesa.visualization.utils import update_counter

from sim.browser.components import Adoption, Network, Now
from sim.browser.frame import Frame, Scene
from sim.mechanisms.governance import Governance
from sim.organisation import Organisation
from sim.scenario import Scenario, load

plan: Scenario | None = None
"""The scenario to show, set before the page is served; the baseline unless set."""

MOST_SEEDS = 100
PLAY_INTERVAL = 200  # ms
LEAST_INTERVAL = 100  # ms; Mesa's page breaks when each week comes while the last is still being drawn

FORMS = {form.replace("_", " "): form for form in get_args(Governance.model_fields["form"].annotation)}


@dataclass(frozen=True)
class Lever:
    """One lever: the scenario's key, its name on the page, what it does, and the slider's upper end."""

    key: str
    label: str
    help: str
    most: float = 1.0

    def value(self, plan: Scenario) -> Any:
        """What the scenario says, or None where the lever's mechanism is off."""
        table, name = self.key.split(".")
        return getattr(plan[table], name, None)


LEVERS = {
    "sponsorship": Lever(
        "sponsorship.engagement", "Sponsorship: executives' engagement, 0-1",
        "how visibly executives back social practices at the start; the sponsor, once named, moves along with them.",
    ),
    "funding": Lever(
        "funding.level", "Funding, units per head and year",
        "base budget for training, tools, desk people and measurement; 1 pays one desk person per 100 staff.", 2.0,
    ),
    "form": Lever(
        "governance.form", "Form of governance",
        "who approves, teaches and recommends a way: nobody; a desk in each department; one desk; a hub with "
        "liaisons; several hubs; or (holistic) everybody who has learnt it.",
    ),
    "mandate": Lever(
        "governance.mandate", "Mandate of the desk, 0-1",
        "0 advises, 1 orders departments to join and to take its way; orders cost belief.",
    ),
    "clarity": Lever(
        "strategy.clarity", "Clarity of the strategy, 0-1",
        "how precisely departments understand what the organisation wants; without it their goals drift apart.",
    ),
}  # fmt: skip


class AdjustableOrganisation(Organisation):
    """An organisation with the levers as keyword arguments, as Mesa's page wants; `frame` is its latest week."""

    def __init__(
        self,
        plan: Scenario,
        seed: int = 1,
        sponsorship: float | None = None,
        funding: float | None = None,
        form: str | None = None,
        mandate: float | None = None,
        clarity: float | None = None,
    ) -> None:
        given = {"funding": funding, "form": FORMS.get(form or ""), "mandate": mandate, "clarity": clarity}
        changes = {LEVERS[name].key: value for name, value in given.items() if value is not None}
        if sponsorship is not None:
            changes |= _sponsored(plan, sponsorship)
        super().__init__(plan.replaced(changes), seed)
        self.frame = Frame.of(self, Scene.of(self))

    def step(self) -> None:
        """Live one week, then copy what there is to see of it."""
        super().step()
        self.frame = Frame.of(self, self.frame.scene)


def _sponsored(plan: Scenario, engagement: float) -> dict[str, float]:
    """Executives' engagement as given, and the sponsor as far above or below it as the scenario has it."""
    above = plan["sponsorship"].sponsor_engagement - plan["sponsorship"].engagement
    sponsor = round(min(1.0, max(0.0, engagement + above)), 6)
    return {"sponsorship.engagement": engagement, "sponsorship.sponsor_engagement": sponsor}


def model_params(plan: Scenario) -> dict[str, Any]:
    """Mesa's description of the levers; a lever whose mechanism the scenario leaves out is left out too."""
    params: dict[str, Any] = {"plan": plan}
    for name, lever in LEVERS.items():
        value = lever.value(plan)
        if value is None:
            continue
        if name == "form":
            value = value.replace("_", " ")
            params[name] = {"type": "Select", "label": lever.label, "value": value, "values": list(FORMS)}
        else:
            scale = {"min": 0.0, "max": lever.most, "step": 0.01}
            params[name] = {"type": "SliderFloat", "label": lever.label, "value": value, **scale}
    scale = {"min": 1, "max": MOST_SEEDS, "step": 1}
    return params | {"seed": {"type": "SliderInt", "label": "Seed of the luck", "value": 1, **scale}}


@solara.component
def Page() -> None:  # noqa: N802
    """The page; every tab that opens it has an organisation of its own."""
    scenario = solara.use_memo(lambda: plan or load("baseline"), [])
    model = solara.use_memo(lambda: solara.reactive(AdjustableOrganisation(scenario)), [])
    living = model.value
    interval = solara.use_memo(lambda: solara.reactive(PLAY_INTERVAL), [])
    asked = interval.value
    solara.use_effect(lambda: interval.set(max(asked, LEAST_INTERVAL)), [asked])
    solara.use_effect(lambda: living.close, [living])
    solara.Title("Unsilo")
    solara.Style(STYLE)
    Week(living)
    SolaraViz(
        model,
        components=[],  # Mesa's grid would give each half a row of 390 px under a tab "Page 0"; `Week` lays them out
        model_params=solara.use_memo(lambda: model_params(scenario), []),
        name=f"Unsilo: {scenario.title}",
        play_interval=interval,
    )
    with solara.Div():  # a level deeper than Mesa's part of the sidebar, hence below it
        Help(scenario)


@solara.component
def Week(organisation: AdjustableOrganisation) -> None:  # noqa: N802
    """The week last lived, drawn anew whenever Mesa's controls have stepped."""
    update_counter.get()
    frame = organisation.frame
    with solara.Div(classes=["unsilo-week"]):
        Now(frame)
        told = f"This run: {in_words(organisation)} (Reset applies changed levers)"
        solara.Text(told, classes=["unsilo-run"])
        with solara.Div(classes=["unsilo-pictures"]):
            Network(frame)
            Adoption(frame)


def in_words(organisation: AdjustableOrganisation) -> str:
    """Where the levers stand in an organisation."""
    values = {name: lever.value(organisation.plan) for name, lever in LEVERS.items()}
    values["seed"] = organisation.seed
    return " · ".join(
        f"governance {value.replace('_', ' ')}" if name == "form" else f"{name} {value:g}"
        for name, value in values.items()
        if value is not None
    )


@solara.component
def Help(scenario: Scenario) -> None:  # noqa: N802
    """What the levers do, under them."""
    there = [lever for lever in LEVERS.values() if lever.value(scenario) is not None]
    lines = [f"<p><b>{lever.label}</b>: {lever.help}</p>" for lever in there]
    with solara.Sidebar(), solara.Card("What the levers do"):
        solara.HTML(tag="div", unsafe_innerHTML="".join(lines))


STYLE = """
.unsilo-week { padding: 0 12px; }
.unsilo-now { font-size: 1.15rem; }
.unsilo-now p { font-size: 1rem; margin: 2px 0 0; min-height: 3em; }
.unsilo-run { font-size: .85rem; opacity: .75; }
.unsilo-pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(390px, 1fr)); gap: 12px; margin-top: 10px; }
.unsilo-network { display: block; width: 100%; height: clamp(540px, 66vh, 860px); }
.unsilo-chart { width: 100%; max-width: 640px; font: 14px sans-serif; fill: currentColor; }
.unsilo-chart .end { text-anchor: end; }
.unsilo-chart .mid { text-anchor: middle; }
.unsilo-chart .grid { stroke: #8884; }
.unsilo-chart .line { fill: none; stroke-width: 1.8; }
.unsilo-chart .all { fill: none; stroke-width: 3.5; }
.unsilo-chart .mark { stroke: #333; stroke-width: .2; }
.unsilo-chart .lead { fill: none; stroke: #8886; }
.v-navigation-drawer .v-card { padding: 8px 14px !important; }
.v-navigation-drawer .v-card__title, .v-navigation-drawer .v-card__text { padding: 0; font-size: 1rem; }
.v-navigation-drawer .solara-content-main, .v-navigation-drawer .v-card__text > div { row-gap: 4px !important; }
.v-navigation-drawer .v-input__slider .v-input__slot { display: block; }
.v-navigation-drawer .v-slider { min-height: 36px; }
.v-navigation-drawer .v-input--checkbox { margin: 0; padding: 0; }
.v-navigation-drawer .v-input--checkbox .v-messages { display: none; }
.v-navigation-drawer .v-slider__thumb-label-container { display: block !important; }
.v-navigation-drawer .v-slider__thumb-label {
  background: none !important; color: inherit; transform: translate(-50%, 5px) !important;
}
.v-navigation-drawer .v-slider__thumb-label > div { transform: none; }
"""
