"""A week in one kernel call: the same as mechanism by mechanism, whatever stands between them."""

import numpy as np
import pytest

from sim import Mechanism, load, organisation
from sim.mechanisms import SCHEDULE, chain
from sim.mechanisms import week as weeks
from sim.organisation import Organisation, run

SMALL = {"organisation.employees": 90, "weeks": 160}


@pytest.fixture(scope="module")
def plan():
    return load("everything", SMALL)


def one_by_one(plan, seed):
    """A run in which each mechanism's `step` and `welcome` are called, and no chain of kernels."""
    org = Organisation(plan, seed)
    for part in (org.order.week, org.order.door):
        part.numbers[:] = weeks.PYTHON
    while org.running:
        org.step()
    return org.record


def test_a_week_is_its_mechanisms_one_after_the_other(plan):
    assert run(plan, 2).digest() == one_by_one(plan, 2).digest()


@pytest.mark.parametrize("weeks_at_once", [1, 7])
def test_a_run_is_the_same_in_parts(plan, monkeypatch, weeks_at_once):
    """Large organisations come back to Python between weeks, so that Ctrl-C is heard."""
    whole = run(plan, 2).digest()
    monkeypatch.setattr(organisation, "AT_ONCE", weeks_at_once * 90 * len(plan.practices))
    calls = []
    monkeypatch.setattr(weeks.Order, "live", lambda *args, live=weeks.Order.live: calls.append(live(*args)))
    assert run(plan, 2).digest() == whole
    assert len(calls) >= plan.weeks / weeks_at_once - 1


def test_newcomers_are_the_same_whether_python_seats_them_or_the_kernel(plan):
    """Once agents have been made, they must follow whoever leaves."""
    org = Organisation(plan, 2)
    assert len(org.agents) > 90
    org.live(plan.weeks)
    assert org.left.sum() > 10
    assert org.record.digest() == run(plan, 2).digest()


def test_each_number_calls_the_loop_of_its_mechanism(plan):
    """With one mechanism on at a time, the chain does what that mechanism's own step does."""
    for n, kind in enumerate(chain.LOOPS):
        chained, stepped = Organisation(plan, 3), Organisation(plan, 3)
        for org in (chained, stepped):
            org.live(12)
        (only,) = (one for one in chained.mechanisms if one.name == kind.name)
        chained.order = weeks.Order([only], chained.luck)
        assert chained.order.week.numbers.tolist() == [n]
        chained.live(1)
        weeks.begin_week(stepped.state)
        only.step(stepped)
        for table in ("employees", "departments", "executives", "desks"):
            for name in getattr(chained, table).columns:
                one, other = (getattr(getattr(org, table), name) for org in (chained, stepped))
                assert np.array_equal(one, other, equal_nan=one.dtype.kind == "f"), (kind.name, name)


def test_the_chain_has_every_mechanism_that_has_a_kernel():
    assert [kind.name for kind in chain.LOOPS] == [kind.name for kind in SCHEDULE if kind.loop]
    assert set(chain.Rules.fields) == {kind.name for kind in chain.LOOPS} | {"outcome"}
    assert {kind.name for kind in chain.ARRIVALS} <= set(chain.Rules.fields)


class Idle(Mechanism):
    """Stands in the way and does nothing."""

    after = "learning"
    seen: int = 0

    def step(self, org):
        assert org.employees.exposure.max() == 0.0 or org.week > 1, "influence comes later"

    def welcome(self, org, rows):
        assert (org.employees.rung[:, rows] == 0).all()


def test_a_mechanism_of_ones_own_breaks_the_chain_and_nothing_else(plan):
    org = Organisation(plan.with_mechanism(Idle()), 2)
    assert (org.order.week.numbers == weeks.PYTHON).sum() == 1
    while org.running:
        org.step()
    assert org.record.digest() == run(plan, 2).digest()


def test_a_mechanism_in_place_of_its_namesake_is_called_by_its_own_parameters(plan):
    kind = type(plan["worth"])

    class Dear(kind):
        name = "worth"
        mood: float = 0.5

    same = plan.with_mechanism(Dear(**plan["worth"].model_dump()))
    other = plan.with_mechanism(Dear(**plan["worth"].model_dump() | {"experience": 0.2}))
    assert run(same, 1).digest() == run(plan, 1).digest() != run(other, 1).digest()


def test_coefficients_follow_an_updated_copy(plan):
    worth = plan["worth"]
    assert worth.coefficients["pace"][0] == worth.pace
    assert worth.model_copy(update={"pace": 0.7}).coefficients["pace"][0] == 0.7
