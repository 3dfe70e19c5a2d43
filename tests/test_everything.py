"""Every mechanism at once: all of them shipped in a scenario, each of them droppable."""

import numpy as np
import pytest

from sim import load
from sim.mechanisms import SCHEDULE
from sim.mechanisms.influence import weigh
from sim.organisation import Organisation, run
from sim.record import WEEKLY
from sim.tables import AWARE, LAPSED, ROUTINE, TRYING, UNAWARE
from tests.test_organisation import full_sums

SMALL = {"organisation.employees": 90, "weeks": 220}


@pytest.fixture(scope="module")
def plan():
    return load("everything", SMALL)


def test_the_scenario_has_every_mechanism(plan):
    assert {one.name for one in plan.mechanisms} == {kind.name for kind in SCHEDULE}


@pytest.mark.parametrize("dropped", [kind.name for kind in SCHEDULE])
def test_each_mechanism_can_be_dropped(plan, dropped):
    assert run(plan.without(dropped), 1).week == plan.weeks


def test_what_holds_in_every_week(plan):
    org = Organisation(plan, 4)
    made = ended = 0
    while org.running:
        org.step()
        e, d, x = org.employees, org.departments, org.executives
        assert d.size.sum() == e.rows == 90 + 12 * (org.week >= 120) == len(set(e.key.tolist()))
        for shares in (e.belief, e.exposure, e.fluency, e.guidance, e.training, e.satisfaction, d.lead, d.courses,
                       d.technology, d.insight, d.ease, x.engagement, x.understanding, x.evidence, d.experienced):  # fmt: skip
            assert shares.min() >= 0.0 and shares.max() <= 1.0
        assert np.isin(e.rung, (UNAWARE, AWARE, TRYING, ROUTINE, LAPSED)).all()
        made += org.requests[0]
        ended += org.requests[1] + org.requests[3] + org.requests[4]
        assert made == ended + (e.asked >= 0).sum(), "queues never lose a request"
        kept = e.sources.copy()
        weigh(org)
        assert np.array_equal(org.heed, org.ties.weights * e.influence[org.ties.indices]), (
            "ties are heeded by influence"
        )
        assert np.array_equal(e.sources, kept), "the sources' weights follow every tie that opens or closes"
        if org.week % 20 == 0:
            counted = full_sums(org)
            for table, names in ((e, ("practising", "breadth", "followers", "peers", "led")),
                                 (d, ("tally", "activity", "practised", "routine"))):  # fmt: skip
                for name in names:
                    assert np.array_equal(getattr(table, name), counted[name]), name
    assert org.left.sum() > 0 and e.hires.sum() == org.left.sum()
    spent = org.record["spent"][1:].sum()
    assert spent == pytest.approx(org.ledger[1:].sum()), "money spent is money in the ledger"


def test_one_mechanism_off_leaves_the_luck_of_all_others(plan):
    """Until somebody comes or goes, nothing else that people draw depends on whether somebody might leave."""
    never = plan.replaced({"turnover.base": 0.0, "turnover.executives": 0.0, "turbulence.chance": 0.0})
    without = never.without("turnover", "turbulence")
    seen = [name != "satisfaction" for name in WEEKLY]
    assert run(never, 2).weekly[:120, seen].tobytes() == run(without, 2).weekly[:120, seen].tobytes()
