"""Experiments and designs: what a file means point by point, and every fault of it before anything runs."""

from pathlib import Path

import pytest

from sim.errors import InputError
from sim.scenario import load
from sim.sweeps import Experiment, Factor, load_experiment, points
from sim.sweeps.experiment import RESERVED

SPONSORSHIP = Factor(
    label="sponsorship", keys=["sponsorship.engagement", "sponsorship.sponsor_engagement"], values=[0.1, 0.9]
)
FORM = Factor(key="governance.form", values=["none", "holistic", "centralised"])


@pytest.fixture
def write(tmp_path):
    """Write an experiment file and give its path."""

    def make(text, name="mine.toml"):
        file = tmp_path / name
        file.write_text(text)
        return file

    return make


def faults(file):
    with pytest.raises(InputError) as error:
        load_experiment(file)
    return [str(fault) for fault in error.value.faults]


def test_shipped_experiments_are_sound():
    main = load_experiment("sponsorship_funding_governance")
    assert (main.size, len(points(main)), list(main.seeds)) == (2400, 120, list(range(1, 21)))
    assert main.name == "sponsorship_funding_governance"
    assert list(main.axes) == ["sponsorship", "funding", "governance"]
    assert load_experiment("quickstart").size == 120


def test_points_are_the_grid_with_the_last_factor_varying_fastest():
    found = points(Experiment(scenario="baseline", factors=[SPONSORSHIP, FORM]))
    assert [point.index for point in found] == list(range(6))
    assert [tuple(point.factors.values()) for point in found] == [
        (0.1, "none"), (0.1, "holistic"), (0.1, "centralised"), (0.9, "none"), (0.9, "holistic"), (0.9, "centralised"),
    ]  # fmt: skip
    last = found[-1]
    assert list(last.factors) == ["sponsorship", "form"]
    assert last.plan == load(
        "baseline",
        {
            "sponsorship.engagement": 0.9,
            "sponsorship.sponsor_engagement": 0.9,
            "governance.form": "centralised",
        },
    )
    assert last.hash == last.plan.hash()


def test_constant_changes_hold_at_every_point_nested_or_dotted():
    nested = Experiment(scenario="baseline", set={"governance": {"founded": 20}}, factors=[FORM])
    dotted = Experiment(scenario="baseline", set={"governance.founded": 20}, factors=[FORM])
    assert [point.plan["governance"].founded for point in points(nested)] == [20, 20, 20]
    assert [point.hash for point in points(nested)] == [point.hash for point in points(dotted)]


def test_named_levels_show_their_names_and_false_drops_a_table():
    factor = Factor(key="measurement", values=[False, {"focus": 0.9}], names=["none", "outcomes"])
    without, with_ = points(Experiment(scenario="baseline", factors=[factor]))
    assert without.factors == {"measurement": "none"}
    assert with_.factors == {"measurement": "outcomes"}
    assert without.plan["measurement"] is None
    assert with_.plan["measurement"].focus == 0.9


def test_several_scenarios_are_a_factor(small):
    at_hand = {"a": small(weeks=10), "b": small(weeks=20)}
    found = points(Experiment(scenarios=["a", "b"], factors=[FORM]), at_hand)
    assert [point.factors["scenario"] for point in found] == ["a", "a", "a", "b", "b", "b"]
    assert [point.plan.weeks for point in found] == [10, 10, 10, 20, 20, 20]


def test_a_scenario_beside_the_file_comes_before_a_shipped_one(write):
    write('extends = "baseline"\nweeks = 7\n', "centralised.toml")
    file = write('scenario = "centralised"\n[[factors]]\nkey = "funding.level"\nvalues = [0.1]\n')
    experiment = load_experiment(file)
    assert experiment.name == "mine"
    assert points(experiment)[0].plan.weeks == 7


def test_people_are_looked_for_beside_the_file_and_read_before_anything_runs(write, tmp_path):
    (tmp_path / "people.csv").write_text("id,department\n1,a\n2,a\n3,b\n")
    (tmp_path / "ties.csv").write_text("source,target\n1,2\n2,3\n")
    text = 'scenario = "baseline"\n[set.organisation]\nroster = "people.csv"\nties = "ties.csv"\n'
    plan = points(load_experiment(write(text)))[0].plan
    assert Path(plan.organisation.roster) == (tmp_path / "people.csv").resolve()
    (tmp_path / "ties.csv").write_text("source,target\n1,7\n")
    assert any("ties.csv" in fault for fault in faults(tmp_path / "mine.toml"))


EVERYTHING = """
scenario = "baseline"
replicates = 0
frist_seed = 2
[[factors]]
key = "funding.levle"
values = [0.1]
[[factors]]
key = "governance.mandate"
values = "high"
[[factors]]
key = "governance.form"
values = ["none", "none", "hub_and_spok"]
[[factors]]
key = "practices.listening.fit.it"
label = "engagement"
values = [0.1, 2.0]
[[factors]]
key = "sponsorship.engagement"
values = [0.1, 1.5]
"""


def test_all_faults_come_at_once_each_with_its_line_and_nearest_name(write):
    found = faults(write(EVERYTHING))
    expected = [
        ("line 3, replicates", "found 0", "greater than or equal to 1"),
        ("line 4, frist_seed", "unknown key", "'first_seed'"),
        ("line 5, factor levle", "unknown key 'funding.levle'", "'funding.level'"),
        ("line 8, factor mandate.values", "found 'high'", "list"),
        ("line 11, factor form", "'none' listed twice", "each value once"),
        ("line 11, factor form, governance.form", "found 'hub_and_spok'", "'hub_and_spoke'"),
        ("line 14, factor engagement", "impossible values", "it = 2.0"),
        ("line 18, factor engagement.label", "another factor", "a label each"),
        ("line 18, factor engagement, sponsorship.engagement", "found 1.5", "less than or equal to 1"),
    ]
    for pieces in expected:
        assert sum(all(piece in fault for piece in pieces) for fault in found) == 1, pieces
    assert len(found) == len(expected)
    assert all("mine.toml: line" in fault for fault in found)


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("replicates = 2", "no scenario"),
        ('scenario = "baseline"\nscenarios = ["baseline"]', "both scenario and scenarios"),
        ('scenarios = ["baseline", "baseline"]', "'baseline' listed twice"),
        ('scenario = "basline"', "did you mean 'baseline'?"),
        ('scenario = "baseline"\nset = { funding.levle = 1 }', "did you mean 'funding.level'?"),
        ('scenario = "baseline"\n[[factors]]\nvalues = [1]', "no key"),
        ('scenario = "baseline"\n[[factors]]\nkey = "weeks"\nvalues = []', "factor weeks: no values"),
        ('scenario = "baseline"\n[[factors]]\nkey = "weeks"\nvalues = [9, 9]', "9.0 listed twice"),
        ('scenario = "baseline"\n[[factors]]\nkey = "weeks"\nkeys = ["weeks"]\nvalues = [9]', "both key and keys"),
        ('scenario = "baseline"\n[[factors]]\nkey = "weeks"\nlabel = "seed"\nvalues = [9]', "another label"),
        ('scenario = "baseline"\n[[factors]]\nkey = "weeks"\nnames = ["a"]\nvalues = [8, 9]', "1 names for 2 values"),
        ('scenario = "baseline"\n[[factors]]\nkey = "network"\nvalues = [{}]', "names for them"),
        ('scenario = "baseline"\nset = { weeks = 3 }\n[[factors]]\nkey = "weeks"\nvalues = [9]', "is set by set too"),
        ('scenario = "baseline"\nname = "../elsewhere"', "name"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(write, text, piece):
    assert any(piece in fault for fault in faults(write(text))), faults(write(text))


def test_values_that_are_impossible_together_name_their_point(write):
    text = """
    scenario = "baseline"
    [[factors]]
    key = "organisation.employees"
    values = [100, 6]
    [[factors]]
    key = "organisation.departments"
    names = ["as they are", "one more"]
    values = [{}, { lab = 5 }]
    """
    (fault,) = faults(write(text))
    assert "point employees = 6, departments = one more" in fault


def test_values_that_are_only_possible_together_are_accepted(write):
    """Six people fill no six departments and a lab, so each value alone would be wrong in the baseline of 5 people."""
    text = """
    scenario = "baseline"
    set = { organisation.employees = 6 }
    [[factors]]
    keys = ["organisation.departments.hr", "organisation.departments.it"]
    label = "closed"
    values = [false]
    [[factors]]
    key = "organisation.departments"
    names = ["labs"]
    values = [{ lab = 1, shop = 1 }]
    """
    assert len(points(load_experiment(write(text)))) == 1


def test_a_design_beyond_all_bounds_is_not_worked_out(write):
    factor = '[[factors]]\nkey = "sponsorship.{}"\nvalues = [{}]\n'
    values = ", ".join(f"{n / 1000}" for n in range(1, 1000))
    keys = ("engagement", "spread", "understanding", "style", "sponsor_engagement", "learn_by_use")
    text = 'scenario = "baseline"\n' + "".join(factor.format(key, values) for key in keys)
    assert load_experiment(write(text)).size == 20 * 999**6


def test_columns_of_results_are_reserved():
    assert {"seed", "state", "run", "week", "A"} <= set(RESERVED)


def test_unknown_experiments_name_the_nearest():
    with pytest.raises(InputError, match="did you mean 'quickstart'"):
        load_experiment("quikstart")


def test_an_event_is_a_factor_like_any_key(write):
    text = 'scenario = "everything"\n[[factors]]\nlabel = "cut in week"\nkey = "events.cut.week"\nvalues = [20, 40]\n'
    found = points(load_experiment(write(text)))
    assert [point.plan["events"].scripted["cut"].week for point in found] == [20, 40]
    assert found[0].hash != found[1].hash
    wrong = write(text.replace("cut.week", "cut.wek"))
    assert any("did you mean 'events.cut.week'" in fault for fault in faults(wrong))
