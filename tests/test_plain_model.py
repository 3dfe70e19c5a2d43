"""The engine and the plain models of the benchmark are readings of the same equations, and must tell one story."""

from collections.abc import Callable

import numpy as np
import pytest

from benchmarks.fused import FusedOrganisation
from benchmarks.plain import PlainOrganisation
from sim.organisation import Organisation
from sim.record import WEEKLY
from sim.scenario import Scenario, load
from sim.tables import RUNGS

HURRIED = {  # all phases of adoption and of the hub, queues too, fit into 130 weeks; luck of few people matters little
    "organisation.employees": 120,
    "weeks": 130,
    "sponsorship.engagement": 0.6,
    "sponsorship.spread": 0.03,
    "sponsorship.sponsor_week": 13,
    "sponsorship.sponsor_engagement": 0.8,
    "governance.founded": 40,
    "governance.join_rate": 0.3,
    "approval.requests": 1.5,
    "adoption.push": 0.02,
    "adoption.hurdle": 0.2,
}
WEEKS = (13, 26, 39, 52, 78, 104, 130)
OF_PEOPLE = ("belief", "exposure", "fluency", "guidance")
OF_DEPARTMENTS = ("lead", "courses", "worth")
STATE = (*OF_PEOPLE, *OF_DEPARTMENTS, *RUNGS, "own way", "hub's way")
RUNS = 32
FAR = 4.0  # standard errors

Found = dict[str, np.ndarray]
Model = Organisation | PlainOrganisation


@pytest.fixture(scope="module")
def plan() -> Scenario:
    return load("baseline", HURRIED)


def of_engine(org: Organisation) -> list[float]:
    """Means of `STATE` over people or departments; of rungs the shares, of ways those among practitioners."""
    e, d = org.employees, org.departments
    means = [getattr(e, name).mean() for name in OF_PEOPLE] + [
        getattr(d, name).mean() for name in OF_DEPARTMENTS
    ]
    rungs = np.bincount(e.rung.ravel(), minlength=len(RUNGS)) / e.rung.size
    own = sum(d.tally[row, :, row].sum() for row in range(d.rows))
    return [*means, *rungs, own / d.tally.sum(), d.tally[:, :, -1].sum() / d.tally.sum()]


def of_plain(org: PlainOrganisation) -> list[float]:
    """The same."""
    e, d = org.employees, org.departments
    means = [np.mean([getattr(one, name) for one in e]) for name in OF_PEOPLE]
    means += [np.mean([getattr(one, name) for one in d]) for name in OF_DEPARTMENTS]
    rungs = [rung for one in e for rung in one.rung]
    all_in = sum(sum(here.practised) for here in d)
    own, hub = (
        sum(tally[way(here)] for here in d for tally in here.tally) for way in (lambda d: d.row, lambda _: -1)
    )
    return [*means, *(rungs.count(r) / len(rungs) for r in range(len(RUNGS))), own / all_in, hub / all_in]


def sample(kind: type[Model], plan: Scenario) -> Found:
    """Every weekly series and state in `WEEKS`, by name and week: float64[runs]."""
    look: Callable[[Model], list[float]] = of_engine if kind is Organisation else of_plain
    runs = []
    for seed in range(RUNS):
        org, states = kind(plan, seed), []
        while org.week < plan.weeks:
            org.step()
            if org.week in WEEKS:
                states.append(look(org))
        org.close()
        weekly = org.record.weekly if kind is Organisation else np.array(org.weekly)
        runs.append(np.hstack([weekly[list(WEEKS)], states]))
    values, names = np.array(runs), (*WEEKLY, *(f"mean {name}" for name in STATE))
    return {f"{name}, week {w}": values[:, i, j] for i, w in enumerate(WEEKS) for j, name in enumerate(names)}


def apart(a: Found, b: Found) -> dict[str, float]:
    """What differs between two models by more than `FAR` standard errors, and by how many."""
    error = {name: np.sqrt((a[name].var(ddof=1) + b[name].var(ddof=1)) / RUNS) for name in a}
    change = {name: abs(a[name].mean() - b[name].mean()) for name in a}
    return {
        name: change[name] / max(error[name], 1e-9) for name in a if change[name] > FAR * error[name] + 1e-9
    }


@pytest.fixture(scope="module")
def engine(plan: Scenario) -> Found:
    return sample(Organisation, plan)


@pytest.mark.parametrize("kind", [PlainOrganisation, FusedOrganisation])
def test_the_models_agree_within_sampling_error(plan, engine, kind):
    assert apart(engine, sample(kind, plan)) == {}


def test_an_equation_changed_in_one_model_alone_shows(plan, engine):
    assert apart(engine, sample(FusedOrganisation, plan.replaced({"adoption.attempt": 0.08})))


def test_the_plain_model_refuses_what_it_does_not_write_out(plan):
    with pytest.raises(ValueError, match="centralised"):
        PlainOrganisation(plan.replaced({"governance.form": "centralised"}))
    with pytest.raises(ValueError, match="hazard"):
        PlainOrganisation(plan.replaced({"adoption.rule": "hazard"}))
