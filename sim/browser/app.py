"""Mesa's page for one organisation: levers, controls and our components; `unsilo browse` shows it.

It also runs as any page of Mesa's does, with `solara run sim.browser.app`, and then shows the baseline.
"""

from __future__ import annotations

from typing import Any

import solara
from mesa.visualization import SolaraViz
from mesa.visualization.utils import update_counter

from sim.browser.components import Adoption, Network, Now
from sim.browser.frame import Frame, Scene
from sim.browser.levers import adjusted
from sim.browser.panel import Moved, Panel
from sim.errors import InputError
from sim.organisation import Organisation
from sim.scenario import Scenario, load

plan: Scenario | None = None
"""The scenario to show, set before the page is served; the baseline unless set."""

MOST_SEEDS = 100
LOOK_ANEW = 13  # weeks; digital ties come and go one by one
PLAY_INTERVAL = 200  # ms
LEAST_INTERVAL = 100  # ms; Mesa's page breaks when each week comes while the last is still being drawn


class AdjustableOrganisation(Organisation):
    """An organisation under moved levers, as Mesa's page wants; `frame` is its latest week.

    Attributes:
        moved: what the levers asked for when it was made, see `sim.browser.panel.Moved`.
        refused: why the levers could not have their way, in which case the scenario holds as it is; or nothing.
    """

    def __init__(self, plan: Scenario, seed: int = 1, levers: Moved | None = None) -> None:
        self.moved, self.refused = dict(levers.asked.value) if levers else {}, ""
        try:
            super().__init__(adjusted(plan, self.moved), seed)
        except InputError as error:
            self.moved, self.refused = {}, str(error)
            super().__init__(plan, seed)
        self.frame = Frame.of(self, Scene.of(self))

    def step(self) -> None:
        """Live one week, then copy what there is to see of it; who sits and knows whom is looked at when it may be new."""
        known = self.ties
        super().step()
        anew = self.ties is not known or self.week % LOOK_ANEW == 0
        self.frame = Frame.of(self, Scene.of(self) if anew else self.frame.scene)


def model_params(plan: Scenario, levers: Moved) -> dict[str, Any]:
    """Mesa's description of what makes an organisation; the levers are our own, for there are too many for a flat list."""
    seed = {
        "type": "SliderInt",
        "label": "Seed of the luck",
        "value": 1,
        "min": 1,
        "max": MOST_SEEDS,
        "step": 1,
    }
    return {"plan": plan, "levers": levers, "seed": seed}


@solara.component
def Page() -> None:  # noqa: N802
    """The page; every tab that opens it has an organisation of its own."""
    scenario = solara.use_memo(lambda: plan or load("baseline"), [])
    levers = solara.use_memo(lambda: Moved(scenario), [])
    model = solara.use_memo(lambda: solara.reactive(AdjustableOrganisation(scenario)), [])
    living = model.value
    interval = solara.use_memo(lambda: solara.reactive(PLAY_INTERVAL), [])
    asked = interval.value
    solara.use_effect(lambda: interval.set(max(asked, LEAST_INTERVAL)), [asked])
    solara.use_effect(lambda: living.close, [living])
    solara.Title("Unsilo")
    solara.Style(STYLE)
    Week(living, levers)
    SolaraViz(
        model,
        components=[],  # Mesa's grid would give each half a row of 390 px under a tab "Page 0"; `Week` lays them out
        model_params=solara.use_memo(lambda: model_params(scenario, levers), []),
        name=f"Unsilo: {scenario.title}",
        play_interval=interval,
    )
    with solara.Div():  # a level deeper than Mesa's part of the sidebar, hence below it
        Panel(levers)


@solara.component
def Week(organisation: AdjustableOrganisation, levers: Moved) -> None:  # noqa: N802
    """The week last lived, drawn anew whenever Mesa's controls have stepped."""
    update_counter.get()
    frame = organisation.frame
    with solara.Div(classes=["unsilo-week"]):
        Now(frame)
        solara.Text(f"This run: {in_words(organisation)}", classes=["unsilo-run"])
        if levers.asked.value != organisation.moved and not organisation.refused:
            solara.Text(" · levers have moved since: Reset applies them", classes=["unsilo-run"])
        if organisation.refused:
            solara.Text(f"Not applied: {organisation.refused}", classes=["unsilo-refused"])
        with solara.Div(classes=["unsilo-pictures"]):
            Network(frame)
            Adoption(frame)


def in_words(organisation: AdjustableOrganisation) -> str:
    """Where an organisation differs from its scenario, and its seed."""
    said = [f"{key} {_word(value)}" for key, value in organisation.moved.items()]
    return " · ".join([*(said or ["as the scenario has it"]), f"seed {organisation.seed}"])


def _word(value: Any) -> str:
    words = {True: "on", False: "off", None: "never"}
    if value is None or isinstance(value, bool):
        return words[value]
    return f"{value:g}" if isinstance(value, int | float) else str(value).replace("_", " ")


STYLE = """
.unsilo-week { padding: 0 12px; }
.unsilo-now { font-size: 1.15rem; }
.unsilo-now p { font-size: 1rem; margin: 2px 0 0; min-height: 3em; }
.unsilo-run { font-size: .85rem; opacity: .75; }
.unsilo-refused { color: #b00020; }
.unsilo-levers .v-card__title { margin-bottom: 4px; }
.unsilo-group.v-btn { width: 100%; justify-content: flex-start; text-transform: none; letter-spacing: 0;
  font-size: .95rem; font-weight: 600; padding: 0 4px !important; }
.unsilo-part { padding: 0 0 10px 12px; }
.unsilo-part .v-input { margin: 0; padding: 0; }
.unsilo-part .v-input__slot { margin: 0; }
.unsilo-part .v-select { padding-top: 20px; }
.unsilo-part .v-select .v-label--active { transform: translateY(-22px); }
.unsilo-part .v-messages, .unsilo-part .v-text-field__details { display: none; }
.unsilo-part .v-label { font-size: .95rem; }
.unsilo-part .v-input--switch .v-label { font-weight: 600; }
.unsilo-lever { padding-top: 8px; }
.unsilo-help { display: block; font-size: .78rem; line-height: 1.25; opacity: .7; }
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
