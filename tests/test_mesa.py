"""Mesa's side: agents are views that read and write the columns, and Mesa's own tools work on them."""

import gc
import weakref

import mesa
import numpy as np
import pytest

from sim.agents import Department, Employee, Executive
from sim.firm import Firm
from sim.mechanisms import Mechanism
from sim.organisation import Organisation, run
from sim.parameters import share
from sim.tables import TRYING


def test_agents_are_made_when_asked_for(small):
    org = Organisation(small(), 1)
    assert isinstance(org, mesa.Model)
    assert len(super(Firm, org).agents) == 0
    assert {kind: len(agents) for kind, agents in org.agents_by_type.items()} == {
        Department: 6, Executive: 7, Employee: 120,
    }  # fmt: skip
    assert len(org.agents) == 133
    assert [one.name for one in org.agents_by_type[Department]] == list(org.department_names)
    assert org.agents_by_type[Executive][6].name == "top"


def test_a_run_makes_no_employee_agents(small, monkeypatch):
    def refuse(*args):
        raise AssertionError("an employee's agent was made")

    monkeypatch.setattr(Employee, "__init__", refuse)
    run(small(), 1)


def test_select_agg_and_groupby(small):
    org = Organisation(small(), 1)
    for _ in range(80):
        org.step()
    employees = org.agents_by_type[Employee]
    assert employees.agg("fluency", max) == org.employees.fluency.max()
    active = employees.select(lambda one: one.breadth > 0)
    assert len(active) == (org.employees.breadth > 0).sum() > 0
    groups = employees.groupby("unit").count()
    assert groups == dict(zip(org.department_names, org.departments.size.tolist(), strict=True))
    assert sum(employees.get("level")) == org.employees.level.sum()


def test_a_data_collector_collects_from_model_and_agents(small):
    org = Organisation(small(), 1)
    collector = mesa.DataCollector(
        model_reporters={"adoption": lambda model: model.measures["A"], "stage": "stage"},
        agenttype_reporters={Department: {"adoption": "adoption"}, Employee: {"fluency": "fluency"}},
    )
    agents = mesa.DataCollector(agent_reporters={"kind": lambda one: type(one).__name__})
    for _ in range(5):
        org.step()
        collector.collect(org)
    agents.collect(org)
    assert collector.get_model_vars_dataframe()["adoption"].tolist() == org.record["A"][1:].tolist()
    departments = collector.get_agenttype_vars_dataframe(Department)["adoption"].to_numpy().reshape(5, 6)
    assert np.array_equal(departments, org.record.adoption[1:6])
    assert len(collector.get_agenttype_vars_dataframe(Employee)) == 600
    assert len(agents.get_agent_vars_dataframe()) == 133


def test_setting_an_attribute_changes_the_run(small):
    plain, changed = Organisation(small(), 1), Organisation(small(), 1)
    for executive in changed.agents_by_type[Executive]:
        executive.engagement = 1.0
    for employee in changed.agents_by_type[Employee]:
        employee.fluency = 0.9
        employee.belief = 0.9
    for org in (plain, changed):
        for _ in range(60):
            org.step()
    assert changed.record["practising"][60] > 1.5 * plain.record["practising"][60]


def test_two_organisations_in_one_process_share_nothing(small):
    alone = run(small(), 1)
    one, other = Organisation(small(), 1), Organisation(small("no_governance"), 2)
    list(other.agents)
    while one.running and one.week < 104:
        one.step()
        other.step()
        for employee in other.agents_by_type[Employee]:
            employee.fluency = 1.0
    assert one.record.weekly.tobytes() == alone.weekly.tobytes()
    assert one.agents_by_type[Employee][0].model is one


def test_moving_an_agent_keeps_every_count(small):
    org = Organisation(small(), 1)
    employee = org.agents_by_type[Employee].select(lambda one: one.level == 0)[0]
    boss, before = employee.manager, org.departments.practised.sum()
    employee.move("collaborating", "routine", way=2)
    helping = org.practice("collaborating")
    assert employee.rung[helping] == 3
    assert org.departments.practised.sum() == before + 1
    assert org.departments.routine[employee.department, helping] == 1
    assert org.departments.tally[employee.department, helping, 2] == 1
    assert org.employees.followers[helping, boss] == 1
    assert org.record is not None
    assert org.measures["A"] != org.record["A"][0], "measures are of now, the record of the week's end"
    employee.move("collaborating", "lapsed")
    assert org.departments.practised.sum() == before


def test_what_counts_depend_on_cannot_be_set_behind_their_back(small):
    org = Organisation(small(), 1)
    employee = org.agents_by_type[Employee][0]
    with pytest.raises(AttributeError):
        employee.rung = 3
    with pytest.raises(ValueError, match="read-only"):
        employee.way[0] = 1
    with pytest.raises(ValueError, match="known: listening"):
        employee.move("gardening", "trying")
    with pytest.raises(ValueError, match="no rung 'flying'"):
        employee.move("helping", "flying")
    with pytest.raises(ValueError, match=r"one of 0\.\.6"):
        employee.move("helping", "trying", way=99)
    with pytest.raises(AttributeError, match="no attribute 'hobby'"):
        _ = employee.hobby


def test_organisations_are_forgotten_after_a_run(small):
    def alive():
        gc.collect()
        return sum(type(one) is Organisation for one in gc.get_objects())

    before = alive()
    record = run(small(), 1)
    assert record.week == 104
    assert alive() == before
    org = Organisation(small(), 1)
    list(org.agents)
    ghost = weakref.ref(org)
    org.close()
    del org
    gc.collect()
    assert ghost() is None


def test_the_model_stops_at_the_end_of_its_scenario(small):
    org = Organisation(small(weeks=3), 1)
    org.run_model()
    assert org.week == 3
    assert not org.running
    with pytest.raises(AttributeError):
        org.agents = []


class Nudge(Mechanism):
    after = "influence"
    size: float = share(0.0, "belief added each week")

    def build(self, org):
        org.employees.add("nudged", float, 0.0, "0..1", "belief added so far")

    def step(self, org):
        org.employees.belief[:] = np.minimum(1.0, org.employees.belief + self.size)
        org.employees.nudged += self.size


def test_a_mechanism_of_ones_own_is_added_replaced_and_dropped(small):
    plain = small()
    nudged = plain.with_mechanism(Nudge(size=0.05))
    names = [one.name for one in nudged.mechanisms]
    assert names[names.index("influence") + 1] == "nudge"
    assert run(nudged, 1)["practising"][-1] > run(plain, 1)["practising"][-1]
    silent = nudged.with_mechanism(Nudge())
    assert len(silent.mechanisms) == len(nudged.mechanisms)
    assert run(silent, 1).weekly.tobytes() == run(plain, 1).weekly.tobytes()
    assert run(nudged.without("nudge"), 1).weekly.tobytes() == run(plain, 1).weekly.tobytes()
    assert nudged.hash() != silent.hash() != plain.hash()
    again = nudged.replaced({"nudge.size": 0.1})
    assert again["nudge"].size == 0.1
    assert [one.name for one in again.mechanisms] == names, "it keeps its place in the week"


def test_a_column_of_ones_own_shows_on_the_agents(small):
    org = Organisation(small().with_mechanism(Nudge(size=0.25)), 1)
    org.step()
    assert org.agents_by_type[Employee][0].nudged == 0.25
    with pytest.raises(ValueError, match="already has a column"):
        org.employees.add("nudged", float, 0.0)


def test_one_practice_stands_for_all_rows_and_one_that_is_not_there_is_refused(small):
    org = Organisation(small(), 1)
    org.move([3, 4, 5], 2, TRYING, way=0)
    assert (org.employees.rung[2, 3:6] == TRYING).all()
    before, n, k = org.departments.practised.copy(), org.employees.rows, org.practices.rows
    for rows, practices, ways, what, many in (
        ([3], [-1], [0], "practice", k), ([3], [k], [0], "practice", k), ([-1], [0], [0], "row", n), ([n], [0], [0], "row", n),
        ([n], [0], None, "row", n), ([3], [0], [-1], "way", org.ways), ([3, 4], [0, 0], [0, org.ways], "way", org.ways),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=f"a {what} is one of 0..{many - 1}"):
            org.move(rows, practices, TRYING, ways)
    with pytest.raises(ValueError, match="more moves than there are people"):
        org.move([*range(n), 0], 0, TRYING)
    assert np.array_equal(org.departments.practised, before)
