"""Rumours: a week of talk among four people by hand, and each kind of correction by itself."""

import numpy as np
import pytest

from sim.mechanisms.rumours import Rumours
from sim.organisation import Organisation, run
from sim.tables import TRYING, UNAWARE
from sim.ties import Ties

SILENT = {"spread": 0.0, "fading": 0.0, "crowd": 0.0, "official": 0.0, "disbelief": 0.0}


@pytest.fixture
def four(small):
    """Anna (0), Ben (1), Cleo (2) and Dan (3) as rows of an organisation in which nobody else knows anybody.

    Anna - Ben with weight 3, Ben - Cleo with 1, Ben - Dan with 1; Cleo and Dan practise.
    """

    def make(rumour=(0.8, 0.0, 0.0, 0.0), **changes):
        values = {f"rumours__{key}": value for key, value in {**SILENT, **changes}.items()}
        org = Organisation(small("no_governance", incidents__base=0.0, **values), 1)
        k, rows = np.nonzero(org.employees.practising)
        org.move(rows, k, UNAWARE)
        source, target, weight = np.array([0, 1, 1]), np.array([1, 2, 3]), np.array([3, 1, 1])
        org.set_ties(Ties.from_edges(org.employees.rows, source, target, weight))
        org.move([2, 3], [0, 2], TRYING, [0, 0])
        org.employees.rumour[:4] = rumour
        org.employees.belief[:] = 0.5
        org.departments.lead[:] = 0.4
        org.week = 10
        return org

    return make


def talked(org):
    org.plan["rumours"].step(org)
    return org.employees.rumour[:4].tolist()


def test_it_spreads_by_ties_and_fades(four):
    assert talked(four(spread=0.5)) == pytest.approx([0.8, 0.5 * 0.8 * 3 / 5, 0.0, 0.0])
    assert talked(four(fading=0.1)) == pytest.approx([0.72, 0.0, 0.0, 0.0])
    mutual = talked(four(rumour=(0.8, 0.4, 0.0, 0.0), spread=0.5))
    assert mutual == pytest.approx([0.8 + 0.5 * 0.4 * 0.2, 0.4 + 0.5 * 0.48 * 0.6, 0.2, 0.2]), (
        "by what all believed"
    )


def test_the_crowd_corrects_by_number(four):
    """Ben has two contacts who practise; Anna, who has none, goes on believing."""
    start = (0.8, 0.6, 0.0, 0.0)
    assert talked(four(start, crowd=0.0)) == list(start)
    assert talked(four(start, crowd=0.2)) == pytest.approx([0.8, 0.6 * (1 - 2 * 0.2), 0.0, 0.0])
    assert talked(four(start, crowd=0.7)) == pytest.approx([0.8, 0.0, 0.0, 0.0]), "saturated"


def test_contacts_who_believe_it_or_do_not_practise_correct_nobody(four):
    believer = (0.8, 0.6, 0.3, 0.0)
    assert talked(four(believer, crowd=0.2, doubt=0.1)) == pytest.approx([0.8, 0.6 * 0.8, 0.3, 0.0])
    assert talked(four(believer, crowd=0.2, doubt=0.3)) == pytest.approx([0.8, 0.6 * 0.6, 0.3, 0.0])
    idle = four(believer, crowd=0.2)
    idle.move([2, 3], [0, 2], UNAWARE)
    assert talked(idle) == list(believer)


def test_the_statement_corrects_once_by_trust(four):
    org = four((0.8, 0.6, 0.0, 0.0), official=0.5, statement_after=3)
    org.incidents[8, 2] = 1
    assert talked(org) == [0.8, 0.6, 0.0, 0.0]
    org.week = 11
    assert talked(org) == pytest.approx([0.8 * (1 - 0.5 * 0.4), 0.6 * 0.8, 0.0, 0.0])
    after = org.employees.rumour[:4].tolist()
    org.week = 12
    assert talked(org) == after
    for changes, lead in (({"official": 0.0}, 0.4), ({"official": 0.5}, 0.0)):
        org = four((0.8, 0.6, 0.0, 0.0), statement_after=3, **changes)
        org.departments.lead[:] = lead
        org.week, org.incidents[8, 2] = 11, 1
        assert talked(org) == [0.8, 0.6, 0.0, 0.0]


def test_whether_the_crowd_or_the_statement_does_more_is_up_to_numbers(four):
    """Claim 66: the crowd wins where correcting contacts x c_p is above c_o x trust."""
    for crowd, trust, crowd_wins in ((0.2, 0.5, True), (0.2, 0.9, False), (0.02, 0.5, False)):
        by_crowd = talked(four((0.0, 0.5, 0.0, 0.0), crowd=crowd))[1]
        org = four((0.0, 0.5, 0.0, 0.0), official=0.5, statement_after=0)
        org.departments.lead[:], org.incidents[10, 0] = trust, 1
        assert (by_crowd < talked(org)[1]) == crowd_wins == (2 * crowd > 0.5 * trust)


def test_a_whole_week_by_hand(four):
    org = four((0.8, 0.5, 0.05, 0.2), spread=0.5, fading=0.1, crowd=0.2, official=0.5, disbelief=0.1,
               statement_after=0)  # fmt: skip
    org.incidents[10, 1] = 1
    stated = 1 - 0.5 * 0.4
    expected = [
        (0.8 + 0.5 * 0.5 * 0.2 - 0.08) * stated,
        (0.5 + 0.5 * (3 * 0.8 + 0.05 + 0.2) / 5 * 0.5 - 0.05) * (1 - 0.2) * stated,  # of two, Dan believes it
        (0.05 + 0.5 * 0.5 * 0.95 - 0.005) * stated,
        (0.2 + 0.5 * 0.5 * 0.8 - 0.02) * stated,
    ]
    assert talked(org) == pytest.approx(expected)
    assert org.employees.belief[:, :4] == pytest.approx(np.tile(0.5 * (1 - 0.1 * np.array(expected)), (5, 1)))
    assert (org.employees.belief[:, 4:] == 0.5).all()
    assert org.mean_rumour == pytest.approx(sum(expected) / 120)


def test_an_incident_starts_it_in_its_department(small):
    org = Organisation(small(incidents__base=0.0, rumours__spread=0.1), 1)
    here = org.employees.department == 3
    for expected in (0.6, 0.6 + 0.4 * 0.6):
        org.plan["incidents"].strike(org, 3, 1, 0.6)
        assert org.employees.rumour == pytest.approx(np.where(here, expected, 0.0))


def test_without_incidents_it_is_no_table_at_all(small):
    assert run(small(rumours__spread=1.0), 1).digest() == run(small(), 1).digest()


def test_newcomers_have_not_heard_it(small):
    org = Organisation(small(rumours__spread=0.1, turnover__base=0.01), 1)
    org.employees.rumour[:] = 0.7
    org.replace([5, 60])
    assert np.flatnonzero(org.employees.rumour == 0.0).tolist() == [5, 60]


def test_a_strike_in_a_run_is_put_right_faster_by_who_corrects(small):
    def weeks_of_talk(**changes):
        org = Organisation(small(incidents__base=0.0, adoption__push=0.05, adoption__hurdle=0.2,
                                 **{f"rumours__{key}": value for key, value in changes.items()}), 1)  # fmt: skip
        total = 0.0
        while org.running:
            if org.week == 40:
                org.plan["incidents"].strike(org, 0, 2, 1.0)
            org.step()
            total += org.mean_rumour
        return total

    neither = weeks_of_talk(crowd=0.0, official=0.0)
    assert neither > weeks_of_talk(crowd=0.0) > 0.0 and neither > weeks_of_talk(official=0.0) > 0.0
    assert Rumours().crowd > 0.0 < Rumours().official
