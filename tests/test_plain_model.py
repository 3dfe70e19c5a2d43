"""The engine and the plain model of the benchmark are two readings of the same equations, and must tell one story."""

from collections.abc import Callable

import numpy as np
import pytest

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
    "governance.founded": 20,
    "governance.join_rate": 0.3,
    "desk.requests": 1.5,
    "adoption.push": 0.02,
    "adoption.hurdle": 0.6,
}
WEEKS = (13, 26, 52, 78, 104, 130)
STATE = ("belief", "exposure", "fluency", "guidance", "lead", "courses", "worth", *RUNGS)
RUNS = 32
FAR = 4.0  # standard errors

Found = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def plan() -> Scenario:
    return load("baseline", HURRIED)


def of_engine(org: Organisation) -> list[float]:
    """Means of `STATE`: over employees, and departments; of rungs, the shares."""
    e, d = org.employees, org.departments
    columns = (e.belief, e.exposure, e.fluency, e.guidance, d.lead, d.courses, d.worth)
    shares = np.bincount(e.rung.ravel(), minlength=len(RUNGS)) / e.rung.size
    return [*(column.mean() for column in columns), *shares]


def of_plain(org: PlainOrganisation) -> list[float]:
    """The same."""
    e, d = org.employees, org.departments
    lists = [[getattr(one, name) for one in e] for name in STATE[:4]]
    lists += [[getattr(one, name) for one in d] for name in STATE[4:7]]
    rungs = [rung for one in e for rung in one.rung]
    return [*(np.mean(values) for values in lists), *(rungs.count(r) / len(rungs) for r in range(len(RUNGS)))]


def engine(plan: Scenario, seed: int) -> np.ndarray:
    """The engine's weekly series and its state in `WEEKS`: float64[weeks, series]."""
    org, states = Organisation(plan, seed), []
    while org.week < plan.weeks:
        org.step()
        if org.week in WEEKS:
            states.append(of_engine(org))
    org.close()
    return np.hstack([org.record.weekly[list(WEEKS)], states])


def plain(plan: Scenario, seed: int) -> np.ndarray:
    """The same of the plain model."""
    org, states = PlainOrganisation(plan, seed), []
    while org.week < plan.weeks:
        org.step()
        if org.week in WEEKS:
            states.append(of_plain(org))
    org.close()
    return np.hstack([np.array(org.weekly)[list(WEEKS)], states])


def sample(model: Callable[[Scenario, int], np.ndarray], plan: Scenario) -> Found:
    """Every series and state by name and week, over `RUNS` seeds: float64[runs]."""
    runs = np.array([model(plan, seed) for seed in range(RUNS)])
    names = (*WEEKLY, *(f"mean {name}" for name in STATE))
    return {f"{name}, week {w}": runs[:, i, j] for i, w in enumerate(WEEKS) for j, name in enumerate(names)}


def apart(a: Found, b: Found) -> dict[str, float]:
    """What differs between two models by more than `FAR` standard errors, and by how many."""
    error = {name: np.sqrt((a[name].var(ddof=1) + b[name].var(ddof=1)) / RUNS) for name in a}
    change = {name: abs(a[name].mean() - b[name].mean()) for name in a}
    return {
        name: change[name] / max(error[name], 1e-9) for name in a if change[name] > FAR * error[name] + 1e-9
    }


@pytest.fixture(scope="module")
def found(plan: Scenario) -> Found:
    return sample(engine, plan)


def test_the_plain_model_and_the_engine_agree_within_sampling_error(plan, found):
    assert apart(found, sample(plain, plan)) == {}


@pytest.mark.parametrize(("key", "value"), [("adoption.attempt", 0.08), ("governance.join_rate", 0.1)])
def test_an_equation_changed_in_one_model_alone_shows(plan, found, key, value):
    assert apart(found, sample(plain, plan.replaced({key: value})))


def test_the_plain_model_refuses_what_it_does_not_write_out(plan):
    with pytest.raises(ValueError, match="centralised"):
        PlainOrganisation(plan.replaced({"governance.form": "centralised"}))
