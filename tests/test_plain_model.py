"""The engine and the plain model of the benchmark are two readings of the same equations, and must tell one story.

On the same luck both must live the same weeks, to nine digits (`tests/twin.py` lends it). Who and what there is at the start,
which the plain model draws by itself, and whole runs on luck of its own must agree within sampling error.
"""

import numpy as np
import pytest

from benchmarks.plain.organisation import BESIDES, NEEDED, PlainOrganisation
from sim.analysis.returns import returns
from sim.mechanisms import Mechanism
from sim.organisation import Organisation
from sim.record import WEEKLY, Series
from sim.scenario import Scenario, load
from sim.tables import RUNGS
from tests.twin import OF_DEPARTMENTS, OF_EXECUTIVES, OF_PEOPLE, twin

HURRIED = {  # all phases of adoption and of the hub, queues too, fit into 130 weeks
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
SCRIPT = {
    "listening": 5, "pilot": 12, "mentoring": 20, "guideline": 25, "group": 30, "cut": 50, "champions": 60, "hiring": 66,
    "merger": 72, "incident": 84, "reorganisation": 90, "sponsor": 100,
}  # fmt: skip
BUSY = {  # no term of any mechanism is idle
    **HURRIED,
    **{f"events.{name}.week": week for name, week in SCRIPT.items()},
    "events.cut.lasts": 13,
    "committee.founded": 35,
    "committee.reallocation": 0.4,
    "governance.locus": 0.3,
    "measurement.delay": 5,
    "strategy.clarity": 0.4,
    "digital.chance": 0.2,
    "turbulence.chance": 0.02,
    "turnover.base": 0.01,
    "incidents.base": 0.3,
    "incidents.process": True,
    "voice.enough": 0.4,
    "duties.content": 2.0,
    "duties.governance": 1.5,
    "duties.training": 0.5,
    "duties.insight": 1.2,
    "duties.conversation": 0.8,
}


@pytest.fixture(scope="module")
def busy() -> Scenario:
    return load("everything", BUSY)


# Given the same luck


def same(what: str, engine: object, plain: object) -> None:
    """Both hold the same numbers, but for the order in which they were added up."""
    assert np.allclose(engine, plain, rtol=1e-9, atol=1e-12, equal_nan=True), what


def same_week(org: Organisation, model: PlainOrganisation) -> None:
    """Everything that the two hold after a week."""
    e, d, x, seats = org.employees, org.departments, org.executives, model.random.seats
    row = {one: row for row, one in enumerate(seats)} | {None: -1}

    def each(agents: list, name: str) -> np.ndarray:
        return np.array([getattr(one, name) for one in agents])

    for name in set(OF_PEOPLE) - {"way"}:
        same(f"{name} in week {org.week}", getattr(e, name).T, each(seats, name))
    practising = e.practising.T == 1  # a way that nobody goes is nobody's
    assert np.array_equal(e.way.T[practising], each(seats, "way")[practising])
    for name in {*OF_DEPARTMENTS, "practised", "routine", "tally"} - {"experienced"}:
        held = getattr(d, name)
        same(f"{name} in week {org.week}", held, each(model.departments, name).reshape(held.shape))
    ways = slice(None) if model.hub.open else slice(d.rows)  # until there is a hub, its way is nothing
    for held, name in ((d.suits, "quality"), (d.experienced, "experienced")):
        same(f"{name} in week {org.week}", held[..., ways], each(model.departments, name)[..., ways])
    same("how ways work", d.quality, each(model.departments, "good"))
    for name in OF_EXECUTIVES:
        same(f"{name} in week {org.week}", getattr(x, name), each(model.executives, name))
    same("the hub's way", org.desks.quality[0], model.hub.quality)
    assert e.manager.tolist() == [row[one.manager] for one in seats]
    assert e.department.tolist() == [one.department.row for one in seats]
    assert x.person.tolist() == [row[one.person] for one in model.executives]
    for at, one in enumerate(seats):
        known = slice(org.ties.indptr[at], org.ties.indptr[at + 1])
        pairs = zip(org.ties.indices[known].tolist(), org.ties.weights[known].tolist(), strict=True)
        assert {other: tie for other, tie in pairs if tie} == {row[other]: tie for other, tie, _ in one.peers}
    for name in Series.fields:
        same(f"{name} in week {org.week}", getattr(org.record, name)[org.week], model.record.kept[name][-1])


@pytest.mark.parametrize(
    ("name", "seed", "more"),
    [
        ("everything", 1, {}),
        ("everything", 2, {}),
        ("everything", 3, {"sponsorship.sponsor_week": 90, "maturity.policy_reach": 0.2}),
        ("baseline", 1, {}),
    ],
)
def test_given_the_same_luck_both_live_the_same_weeks(name, seed, more):
    plan = load(name, (BUSY if name == "everything" else HURRIED) | more)
    org = Organisation(plan, seed)
    model = twin(org)
    while org.week < plan.weeks:
        model.step()
        org.step()
        same_week(org, model)
        model.random.new_week()
    kept = org.record
    assert kept["cleared"].sum() > 20 and kept["given_up"].sum() > 0
    if name == "everything":
        assert org.incidents.sum() > 5 and kept["rumour"].max() > 0.1 and org.employees.digital.sum() > 20
        assert kept["left"].sum() > 40
    else:
        ours, theirs = returns(kept), returns(model.record)
        for a, b in zip([ours.total, *ours.programmes], [theirs.total, *theirs.programmes], strict=True):
            same(f"what {a.name} cost and brought", [a.spent, a.worth], [b.spent, b.worth])
        same("business outcomes", [one.last for one in ours.gains], [one.last for one in theirs.gains])


# By luck of their own

STATE = (
    *RUNGS, "belief", "spread of belief", "exposure", "fluency", "guidance", "threshold", "influence", "asked", "own way",
    "hub's way", "digital ties", "contacts", "outside", "practising outside", "goals", "quality", "hub's quality", "support",
)  # fmt: skip
RUNS, FAR = 16, 4.0  # standard errors


def of_engine(org: Organisation) -> list[float]:
    """`STATE`; means over people or departments, of rungs the shares, of ways those among practitioners."""
    e, d = org.employees, org.departments
    all_in, heavy = max(1, d.tally.sum()), e.outsiders.sum(axis=0)
    own = sum(d.tally[row, :, row].sum() for row in range(d.rows)) / all_in
    weights = org.ties.weights[org.ties.weights > 0].astype(np.int64)
    return [
        *np.bincount(e.rung.ravel(), minlength=len(RUNGS)) / e.rung.size, e.belief.mean(), e.belief.std(), e.exposure.mean(),
        e.fluency.mean(), e.guidance.mean(), e.threshold.mean(), e.influence.mean(), (e.asked >= 0).mean(), own,
        d.tally[:, :, -1].sum() / all_in, e.digital.mean(), weights.sum() / e.rows, np.log1p(heavy).mean(),
        np.log1p(e.outside).mean(), d.goals.std(), d.suits[..., : d.rows].mean(), org.desks.quality.mean(), d.backing.std(),
    ]  # fmt: skip


def of_plain(org: PlainOrganisation) -> list[float]:
    """The same."""
    e, d = org.employees, org.departments
    people = {name: np.array([getattr(one, name) for one in e]) for name in (*OF_PEOPLE, "outsiders")}
    tally, quality = np.array([one.tally for one in d]), np.array([one.quality for one in d])
    all_in, belief = max(1, tally.sum()), people["belief"]
    own = sum(tally[row, :, row].sum() for row in range(len(d))) / all_in
    return [
        *np.bincount(people["rung"].ravel(), minlength=len(RUNGS)) / people["rung"].size, belief.mean(), belief.std(),
        *(people[name].mean() for name in ("exposure", "fluency", "guidance", "threshold", "influence")),
        (people["asked"] >= 0).mean(), own, tally[:, :, -1].sum() / all_in, np.mean([len(one.online) for one in e]),
        sum(tie for one in e for _, tie, _ in one.peers) / len(e), np.log1p(people["outsiders"]).mean(),
        np.log1p(people["outside"]).mean(), np.std([one.goals for one in d]), quality[..., :-1].mean(),
        np.mean(org.hub.quality), np.std([one.backing for one in d]),
    ]  # fmt: skip


def sample(kind: type, plan: Scenario, weeks: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Weekly series, as they are and summed up, and states, by name and week: float64[runs]."""
    look, runs = of_engine if kind is Organisation else of_plain, []
    for seed in range(RUNS):
        org, states = kind(plan, seed + (1000 if kind is PlainOrganisation else 0)), []
        for _ in range(weeks[-1]):
            org.step()
            if org.week in weeks:
                states.append(look(org))
        org.close()
        weekly = np.array([org.record[name] for name in WEEKLY]).T
        runs.append(np.hstack([weekly[list(weeks)], np.cumsum(weekly, axis=0)[list(weeks)], states]))
    names = (*WEEKLY, *(f"sum of {name}" for name in WEEKLY), *(f"mean {name}" for name in STATE))
    found = np.array(runs)
    return {f"{name}, week {w}": found[:, i, j] for i, w in enumerate(weeks) for j, name in enumerate(names)}


def apart(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> dict[str, float]:
    """What differs between two models by more than `FAR` standard errors, and by how many."""
    error = {name: np.sqrt((a[name].var(ddof=1) + b[name].var(ddof=1)) / RUNS) for name in a}
    change = {name: abs(a[name].mean() - b[name].mean()) for name in a}
    return {
        name: change[name] / max(error[name], 1e-9) for name in a if change[name] > FAR * error[name] + 1e-9
    }


def test_both_agree_within_sampling_error(busy):
    weeks = (10, 20, 34, 48, 58, 70, 80, 89, 95, 110, 130)
    assert apart(sample(Organisation, busy, weeks), sample(PlainOrganisation, busy, weeks)) == {}


def test_at_the_start_both_agree_closely():
    """Many people, one week: who they are, whom they know outside, and what their departments want."""
    plan = load(
        "everything",
        {
            "organisation.employees": 600,
            "weeks": 1,
            "outside.start": 0.2,
            "practices.listening.pioneers": 0.5,
        },
    )
    assert apart(sample(Organisation, plan, (1,)), sample(PlainOrganisation, plan, (1,))) == {}


# What is not written


class Read:
    """A table of a scenario that notes which of its keys are read."""

    def __init__(self, table: object, name: str, seen: set[str]) -> None:
        self._table, self._name, self._seen = table, name, seen

    def __getattr__(self, key: str) -> object:
        self._seen.add(f"{self._name}.{key}")
        return getattr(self._table, key)


class ReadPlan:
    """A scenario whose mechanisms note which of their keys are read."""

    def __init__(self, plan: Scenario, seen: set[str]) -> None:
        self._plan = plan
        self._tables = {one.name: Read(one, one.name, seen) for one in plan.mechanisms}

    def __getattr__(self, key: str) -> object:
        return getattr(self._plan, key)

    def __getitem__(self, name: str) -> object:
        return self._tables.get(name)


OF_OTHER_FORMS = {
    *(f"adoption.{key}" for key in ("threshold_of", "contacts", "contacts_spread", "external", "internal", "routine", "lapse")),
    *(f"alliance.{key}" for key in ("desk", "pool", "showcase", "acquainted", "strength")),
    *(f"governance.{key}" for key in ("paying_engagement", "hubs", "tied", "tie_after", "tie_rate")),
    "funding.schedule",
    "teaching.colleagues",
}  # fmt: skip


def test_every_parameter_of_the_engine_is_read_by_the_plain_model(busy):
    seen: set[str] = set()
    org = PlainOrganisation(ReadPlan(busy.replaced({"maturity.executives": 0.0}), seen), 1)
    for _ in range(busy.weeks):
        org.step()
    org.close()
    there = {f"{one.name}.{key}" for one in busy.mechanisms for key in type(one).model_fields}
    assert {one.name for one in busy.mechanisms} == {*NEEDED, *BESIDES}
    assert there - seen == OF_OTHER_FORMS


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"governance.form": "centralised"}, "centralised"),
        ({"adoption.rule": "hazard"}, "hazard"),
        ({"team.land": "bundled"}, "bundled"),
        ({"events": False, "organisation.firms": 2}, "one generated firm"),
        ({"worth": False}, "worth is missing"),
        ({"events.more": {"what": "goals_drift", "week": 5}}, "goals_drift"),
    ],
)
def test_the_plain_model_refuses_what_it_does_not_write_out(busy, change, message):
    with pytest.raises(ValueError, match=message):
        PlainOrganisation(busy.replaced(change))


def test_the_plain_model_refuses_a_mechanism_that_it_does_not_know(busy):
    class Fatigue(Mechanism):
        """One of somebody's own."""

    with pytest.raises(ValueError, match="fatigue is not written here"):
        PlainOrganisation(busy.with_mechanism(Fatigue()))
