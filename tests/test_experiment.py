"""Experiments and designs: what a file means point by point, and every fault of it before anything runs."""

from pathlib import Path

import pytest

from sim.errors import InputError
from sim.figures import FIGURES
from sim.scenario import load
from sim.sweeps import Experiment, Factor, design, load_experiment, points, run_key
from sim.sweeps.experiment import FIGURES as NAMED
from sim.sweeps.experiment import RESERVED
from sim.sweeps.sampling import LatinHypercube

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
        ('scenario = "baseline"\nname = "../elsewhere"', "name: found '../elsewhere'; a name of at most 200 letters"),
        (f'scenario = "baseline"\nname = "{"n" * 300}"', "a name of at most 200 letters"),
        ('scenarios = ["baseline", ""]', "scenarios: an empty name"),
        ('scenario = "baseline"\n[[factors]]\nkey = "mechanisms"\nvalues = [1]', "factor mechanisms: unknown key 'mechanisms'"),
        ('scenario = "baseline"\n[[factors]]\nkeys = ["weeks", "weeks"]\nlabel = "w"\nvalues = [9]', "'weeks' listed twice"),
        (f'scenario = "baseline"\n[[factors]]\nkey = "weeks"\nvalues = [1{"0" * 400}]', "weeks: found"),
        (f'scenario = "baseline"\n[[factors]]\nkey = "weeks"\nvalues = [1{"0" * 5000}]', "syntax"),
        ('scenario = "baseline"\n[[factors]]\nkey = "weeks"\nlow = 1\nhigh = 1e300\ndistribution = "integers"\n'
         '[design]\nkind = "latin_hypercube"\npoints = 4',
         "integers from 1 to 1e+300; whole numbers, 1.13e+15 at the most"),
        ('scenario = "baseline"\n[[factors]]\nkey = "governance"\nvalues = [false, {}]\nnames = ["off", "on"]\n'
         '[[factors]]\nkey = "governance.form"\nvalues = ["none", "holistic"]',
         "factor form: 'governance.form' lies in 'governance', which another factor drops"),
        ('scenario = "baseline"\nfigures = ["phases"]', "line 2, figures.0: found 'phases'"),
        ('scenarios = ["baseline", "everything"]\n[[factors]]\nkey = "weeks"\nvalues = [8, 9]\n[design]\nkind = "one_at_a_time"',
         "design: beside several scenarios, which have values of their own; one scenario, or a grid"),
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
    values = ", ".join(f"{n / 1000}" for n in range(1, 200))
    keys = ("engagement", "spread", "understanding", "style", "sponsor_engagement", "learn_by_use")
    text = 'scenario = "baseline"\n' + "".join(factor.format(key, values) for key in keys)
    assert load_experiment(write(text)).size == 20 * 199**6
    assert any(
        "did you mean 'sponsorship.engagement'?" in fault
        for fault in faults(write(text.replace("engagement", "engagment")))
    )


def test_columns_of_results_are_reserved():
    assert {"seed", "state", "run", "week", "A"} <= set(RESERVED)


def test_every_figure_can_be_asked_for(write):
    names = ", ".join(f'"{name}"' for name in FIGURES)
    assert load_experiment(write(f'scenario = "baseline"\nfigures = [{names}]')).figures == list(FIGURES)
    assert set(FIGURES) == set(NAMED)


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


def test_designs_set_the_scenario(write):
    text = """
    scenario = "baseline"
    constraints = ["funding <= 0.5 * sponsorship + 0.5", 'form != "holistic" or funding > 0.3']
    [[factors]]
    key = "funding.level"
    label = "funding"
    low = 0.1
    high = 1.0
    [[factors]]
    label = "sponsorship"
    keys = ["sponsorship.engagement", "sponsorship.sponsor_engagement"]
    low = 0.0
    high = 1.0
    distribution = "normal"
    mean = 0.5
    sd = 0.2
    [[factors]]
    key = "governance.form"
    values = ["none", "holistic"]
    [design]
    kind = "latin_hypercube"
    points = 60
    seed = 4
    """
    found = points(load_experiment(write(text)))
    assert 30 < len(found) < 60
    assert [point.index for point in found] == list(range(len(found)))
    for point in found:
        funding, sponsorship, form = point.factors.values()
        assert funding <= 0.5 * sponsorship + 0.5
        assert form != "holistic" or funding > 0.3
        assert point.plan["funding"].level == funding
        assert (
            point.plan["sponsorship"].engagement
            == point.plan["sponsorship"].sponsor_engagement
            == sponsorship
        )
        assert point.plan["governance"].form == form
        assert point.hash == point.plan.hash()
        assert point.key(3) == run_key(point.plan, 3)


def test_a_whole_event_is_on_or_off_and_its_week_a_range(write):
    text = """
    scenario = "everything"
    [design]
    kind = "sobol"
    points = 8
    [[factors]]
    label = "cut"
    key = "events.cut"
    values = [false, {}]
    names = ["off", "on"]
    [[factors]]
    label = "merger in week"
    key = "events.merger.week"
    low = 30
    high = 90
    distribution = "integers"
    """
    file = write(text)
    name = next(iter(load("everything")["events"].scripted))
    scripted = load("everything")["events"].scripted
    other = next(one for one in scripted if one != "cut")
    file.write_text(text.replace("merger", other))
    found = points(load_experiment(file))
    assert {point.factors["cut"] for point in found} == {"off", "on"}, name
    for point in found:
        events = point.plan["events"].scripted
        assert ("cut" in events) == (point.factors["cut"] == "on")
        assert events[other].week == list(point.factors.values())[1]
        if "cut" in events:
            assert events["cut"] == scripted["cut"]


def test_an_event_of_ones_own_is_a_factor_too(write):
    text = """
    scenario = "baseline"
    [[factors]]
    label = "announcement"
    key = "events.launch"
    values = [false, { what = "desk_closed", week = 40 }]
    names = ["none", "desk closed"]
    """
    without, with_ = points(load_experiment(write(text)))
    assert not without.plan["events"] or "launch" not in without.plan["events"].scripted
    assert with_.plan["events"].scripted["launch"].week == 40
    found = faults(write(text.replace("desk_closed", "desk_close")))
    assert any("factor announcement, events.launch.what: found 'desk_close'" in fault for fault in found)


def test_scenarios_are_sampled_as_any_factor(small):
    at_hand = {"a": small(weeks=10), "b": small(weeks=20)}
    ranged = Factor(key="funding.level", low=0.1, high=0.9)
    found = points(
        Experiment(scenarios=["a", "b"], factors=[ranged], design=LatinHypercube(points=20)), at_hand
    )
    assert [point.factors["scenario"] for point in found].count("a") == 10
    assert all(point.plan.weeks == {"a": 10, "b": 20}[point.factors["scenario"]] for point in found)


def test_one_at_a_time_starts_from_the_scenario_as_it_is(write):
    own = load("baseline")
    levels = [own["governance"].mandate, 0.123]
    text = f"""
    scenario = "baseline"
    [set]
    weeks = 99
    [design]
    kind = "one_at_a_time"
    [[factors]]
    key = "governance.mandate"
    values = {levels}
    [[factors]]
    key = "funding.level"
    low = 0.2
    high = 0.9
    levels = 2
    [[factors]]
    key = "governance.form"
    values = ["none", "holistic"]
    """
    found = points(load_experiment(write(text)))
    assert found[0].plan.hash() == own.replaced({"weeks": 99}).hash()
    assert [tuple(point.factors.values()) for point in found[1:]] == [
        (0.123, own["funding"].level, "hub_and_spoke"),
        (own["governance"].mandate, 0.2, "hub_and_spoke"), (own["governance"].mandate, 0.9, "hub_and_spoke"),
        (own["governance"].mandate, own["funding"].level, "none"),
        (own["governance"].mandate, own["funding"].level, "holistic"),
    ]  # fmt: skip


RANGE = '[[factors]]\nkey = "funding.level"\nlow = 0.1\nhigh = 0.9\n'
LABELLED = '[[factors]]\nkey = "funding.{}"\nlabel = "{}"\nlow = 0.1\nhigh = 0.9\n'
FORMS = 'factors = [{ key = "governance.form", values = ["none", "holistic"] }]\n'
LHS = '[design]\nkind = "latin_hypercube"\npoints = 10\n'


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        (RANGE, ["line 2, factor level: a range without levels; levels = n", "latin_hypercube, sobol, saltelli"]),
        (RANGE.replace("0.1", "1.9") + LHS, ["line 2, factor level: a range from 1.9 to 0.9; low below high"]),
        (RANGE + 'distribution = "unifrom"\n' + LHS, ["line 2, factor level.distribution", "did you mean 'uniform'?"]),
        (RANGE.replace("0.1", "0.0") + 'distribution = "loguniform"\n' + LHS, ["a loguniform range from 0; low above 0"]),
        (RANGE.replace("0.9", "inf") + LHS, ["factor level.high: found inf"]),
        (RANGE.replace("level", "levle") + LHS, ["unknown key 'funding.levle'", "did you mean 'funding.level'?"]),
        (RANGE.replace("0.9", "900") + LHS, ["factor level, funding.level: found 900"]),
        (RANGE.replace("funding.level", "weeks") + LHS, ["weeks: found 0.1", 'distribution = "integers"']),
        ("constraints = ['levle > 1']\n" + RANGE + LHS, ["line 2, constraints, number 1: 'levle' is no factor", "'level'"]),
        ("constraints = ['level > 1', 'level **']\n" + RANGE + LHS, ["line 2, constraints, number 2: found 'level **'"]),
        ("constraints = ['level > 1']\n" + RANGE + LHS, ["line 2, constraints: leave none of 10 points"]),
        ("constraints = ['level > \"a\"']\n" + RANGE + LHS, ["line 2, constraints, number 1: at point level = ", "supported"]),
        ("constraints = ['level > 0.5']\n" + RANGE + LHS.replace("latin_hypercube", "saltelli").replace("10", "8"),
         ["constraints: found beside a saltelli design"]),
        ("constraints = ['level > 0.5']\n" + RANGE + 'levels = 3\n[design]\nkind = "one_at_a_time"\nbaseline = { level = 0.2 }',
         ["constraints: leave out the baseline, point level = 0.2"]),
        (RANGE + LHS.replace("latin_hypercube", "sobol"), ["design.points: found 10; a power of two: 8 or 16"]),
        (RANGE + LHS.replace("latin_hypercube", "sobel"), ["line 7, design.kind: found 'sobel'", "did you mean 'sobol'?"]),
        (RANGE + LHS.replace("points", "point"), ["design.point: unknown key", "did you mean 'points'?"]),
        (RANGE + '[design]\nkind = "latin_hypercube"', ["design.points: is missing"]),
        ('[[factors]]\nkey = "governance.form"\nvalues = ["none", "holistic"]\nshares = [0.5, 0.5]',
         ["factor form.shares: beside a grid design; one of latin_hypercube, sobol, saltelli"]),
        (RANGE + '[design]\npoints = 3', ["design.kind: is missing; one of"]),
        (RANGE + '[design]\nkind = "list"\nrows = [{ level = 0.95 }]',
         ["line 8, design.rows, row 1: level = 0.95; a number from 0.1"]),
        (RANGE.replace("0.9", "0.10000005") + LHS, ["factor level: a range from 0.1 to 0.10000005; a wider one"]),
        (RANGE.replace("0.1", "-0.9").replace("high = 0.9", "high = -0.89999995") + LHS,
         ["factor level: a range from -0.9 to -0.89999995; a wider"]),
        (RANGE + 'distribution = "normal"\nmean = -1e300\nsd = 0.001\n' + LHS, ["a normal range of which no values can be told"]),
        (FORMS + 'constraints = ["form != \'hollistic\'"]', ["form is never 'hollistic'; one of none, holistic", "did you"]),
        (FORMS + 'constraints = ["form in (\'none\', \'holistc\')"]', ["constraints, number 1: form is never 'holistc'"]),
        (RANGE.replace("0.1", "1.9") + "levels = 3", ["line 2, factor level: a range from 1.9 to 0.9; low below high"]),
        (RANGE.replace("high = 0.9", 'levels = 3\ndistribution = "integers"'), ["factor level: a range without high"]),
        (RANGE.replace("0.9", "0.1") + 'levels = 3\ndistribution = "triangular"\nmode = 0.1', ["a range from 0.1 to 0.1; low"]),
        (RANGE.replace("0.9", "1e300") + 'levels = 3\ndistribution = "integers"', ["integers from 0.1 to 1e+300; whole"]),
        ('set = { governance = false }\n' + FORMS, ["factor form: 'governance.form' lies in 'governance', which set drops"]),
        ('[[factors]]\nkey = "governance"\nlabel = "gov"\n[[factors]]\nkey = "governance.hubs"\n[design]\nkind = "list"\n'
         'rows = [{ gov = false, hubs = 3 }]', ["factor hubs: 'governance.hubs' lies in 'governance', which another factor"]),
        ('[[factors]]\nkey = "events.cut.week"\nlabel = "when"\nvalues = [20, 60]\n[[factors]]\nkey = "events.cut"\n'
         'names = ["a"]\nvalues = [{ what = "budget_cut", week = 80, to = 0.5 }]',
         ["factor when: 'events.cut.week' lies in 'events.cut', which another factor sets with it"]),
        ('[set]\ngovernance = true\n[[factors]]\nkey = "governance.hubs"\nvalues = [2, 3]', ["set, governance: found True"]),
        ('[[factors]]\nkey = "governance"\nlow = 0.1\nhigh = 0.5\nlevels = 2\n[[factors]]\nkey = "governance.form"\n'
         'values = ["none"]',
         ["factor governance, governance: found 0.1"]),
        (LABELLED.format("level.x", "x") + LABELLED.format("level", "level") + LHS,
         ["factor x: unknown key 'funding.level.x'; a key that", "'funding.level'?"]),
        ('set = { governance.form = "none" }\n[[factors]]\nkey = "governance"\nnames = ["a", "b"]\n'
         'values = [{ form = "centralised" }, {}]',
         ["set: 'governance.form' lies in 'governance', which another factor sets with it"]),
        ('set = { "governance" = false, "governance.hubs" = 3 }', ["set: 'governance.hubs' lies in 'governance', which set d"]),
        ('set = { events.cut.week = 60 }\n[[factors]]\nkey = "events.cut"\nnames = ["a", "b"]\n'
         'values = [false, { what = "budget_cut", week = 80, to = 0.5 }]', ["set: 'events.cut.week' lies in 'events.cut'"]),
        ('[[factors]]\nkey = "governance.form"\nvalues = ["none", "centralisd", 18446744073709551616]\n[design]\n'
         'kind = "list"\nrows = [{ form = "none" }]', ["factor form, governance.form: found 'centralisd'"]),
        ('set = { organisation.reports = "reports.csv" }', ["reporting lines are those of a roster"]),
        ('name = ""', ["name: found ''; a name for its results' folder, or none"]),
        ('constraints = ["a_b > 0"]\n' + LABELLED.format("level", "a b") + LABELLED.format("aid", "a_b") + LHS,
         ["constraints, number 1: 'a_b' may be any of 'a b', 'a_b'"]),
        ('set = { weeks = 52 }\n[precision]\noutcome = "weeks_siloed"\nwithin = 26',
         ["precision.within: found 26 for weeks_siloed; less than 26"]),
        (RANGE + LHS + '[precision]\noutcome = "A"\nwithin = -1', ["line 11, precision.within: found -1"]),
        (RANGE + LHS + '[precision]\noutcome = "siload"\nwithin = 0.1', ["line 10, precision.outcome", "'siloed'"]),
        ('[[factors]]\nkey = "organisation.departments"\nvalues = [{}]\nnames = ["own"]\n[design]\nkind = "one_at_a_time"',
         ["design.baseline: no level of departments, and the scenario has no one value of organisation.departments",
          "as baseline = { departments = ... } in [design]"]),
        ('[[factors]]\nkey = "organisation.departments"\nlabel = "own departments"\nvalues = [{}]\nnames = ["own"]\n[design]\n'
         'kind = "one_at_a_time"', ['as baseline = { "own departments" = ... } in [design]']),
        ('[[factors]]\nkey = "weeks"\nvalues = [8]\nlabel = "long\\u202E"', ["label 'long\\u202e'; no line ends, and no signs"]),
        ('[[factors]]\nkey = "weeks"\nvalues = [8]\nnames = ["a\\nb"]', ["name 'a\\nb'; no line ends, and no signs"]),
        ('[[factors]]\nkey = "weeks"\nvalues = [8]\nlabel = "a\\u2067b"', ["label 'a\\u2067b'; no line ends, and no signs"]),
        ('[[factors]]\nkey = "weeks"\nvalues = [8]\nlabel = "a\\u2028b"', ["label 'a\\u2028b'; no line ends, and no signs"]),
    ],
)  # fmt: skip
def test_designs_that_make_no_sense_are_refused(write, text, pieces):
    found = faults(write(f'scenario = "baseline"\n{text}'))
    assert any(all(piece in fault for piece in pieces) for fault in found), found
    assert all("mine.toml" in fault for fault in found)


def test_levels_that_a_factor_may_have_besides_its_own_can_be_asked_for(write):
    """One at a time the scenario's own are among them, in a list whatever its rows say, and of several scenarios their names."""
    one = (
        FORMS
        + "constraints = [\"form == 'hub_and_spoke' or form != 'none'\"]\n[design]\nkind = \"one_at_a_time\""
    )
    assert len(points(load_experiment(write(f'scenario = "baseline"\n{one}')))) == 2
    rows = "[design]\nkind = 'list'\nrows = [{ level = 0.2 }, { level = 0.3 }]"
    listed = f"constraints = ['level != 0.2']\nfactors = [{{ key = 'funding.level' }}]\n{rows}"
    assert len(points(load_experiment(write(f'scenario = "baseline"\n{listed}')))) == 1
    dropped = FORMS + "constraints = [\"form != 'hub_and_spoke' and form != 'decentralised'\"]"
    assert len(points(load_experiment(write(f'scenario = "baseline"\n{dropped}')))) == 2
    several = "scenarios = ['baseline', 'everything']\nconstraints = ['scenario == \"baseline\"']"
    assert len(points(load_experiment(write(several)))) == 1
    ranged = RANGE + "levels = 3\n"
    assert (
        len(
            points(load_experiment(write(f"scenario = 'baseline'\nconstraints = ['level == 0.5']\n{ranged}")))
        )
        == 1
    )


@pytest.mark.parametrize("text", [
    'distribution = "integers"\nlow = 4000000\nhigh = 4000003\n[design]\nkind = "latin_hypercube"\npoints = 3',
    'distribution = "integers"\nlow = 2000000\nhigh = 2000001\nlevels = 2',
    'distribution = "loguniform"\nlow = 1\nhigh = 1e12\nlevels = 5',
    'low = 1\nhigh = 1.00001\nlevels = 3',
])  # fmt: skip
def test_ranges_whose_values_can_be_told_apart_are_taken(write, text):
    """Of a key that there is not, so that only what is wrong with the range could be said beside that."""
    found = faults(write(f'scenario = "baseline"\n[[factors]]\nkey = "interest"\n{text}'))
    assert found
    assert all("unknown key 'interest'" in fault for fault in found), found


def test_a_value_that_no_row_takes_may_be_one_that_takes_another(write):
    text = (
        'scenario = "baseline"\nset = { governance.form = "multiple_hubs", governance.hubs = 2 }\n[[factors]]\n'
        'key = "governance.hubs"\nvalues = [2, 40]\n[[factors]]\nkey = "organisation.employees"\nvalues = [60]\n'
        '[design]\nkind = "list"\nrows = [{ hubs = 2, employees = 60 }]'
    )
    assert any("40" in fault for fault in faults(write(text)))
    text = text.replace(", governance.hubs = 2 }", " }").replace(
        'governance.form = "multiple_hubs"', "weeks = 30"
    )
    assert len(points(load_experiment(write(text)))) == 1


def test_a_value_that_no_row_takes_may_go_with_another_of_the_same_row(write):
    """Forty hubs are too many for the form of the scenario, and no matter in the form that the row takes."""
    write('extends = "baseline"\n[governance]\nform = "multiple_hubs"\nhubs = 2\n', "grouped.toml")
    text = (
        'scenario = "grouped.toml"\n[[factors]]\nkey = "governance.form"\nvalues = ["multiple_hubs", "centralised"]\n'
        '[[factors]]\nkey = "governance.hubs"\nvalues = [2, 40]\n'
        '[design]\nkind = "list"\nrows = [{ form = "FORM", hubs = 2 }]'
    )
    assert len(points(load_experiment(write(text.replace("FORM", "centralised"))))) == 1
    assert any("40" in fault for fault in faults(write(text.replace("FORM", "multiple_hubs"))))


def test_what_set_gives_a_table_holds_wherever_a_factor_leaves_it(write):
    text = 'scenario = "everything"\nset = { voice.harm = 0.125 }\n[[factors]]\nkey = "voice"\nvalues = [false, {}]\n'
    off, on = points(load_experiment(write(text + 'names = ["off", "on"]')))
    assert off.plan["voice"] is None
    assert on.plan["voice"].harm == 0.125


def test_precision_in_weeks_is_held_against_the_longest_run_that_a_design_may_have(write):
    text = 'scenario = "baseline"\nreplicates = 40\n[precision]\noutcome = "weeks_siloed"\nwithin = 160\n[design]\n'
    rows = 'kind = "list"\nrows = [{ weeks = 520 }]\n[[factors]]\nkey = "weeks"'
    assert len(points(load_experiment(write(text + rows)))) == 1
    alone = 'kind = "one_at_a_time"\nbaseline = { weeks = 1040 }\n[[factors]]\nkey = "weeks"\nvalues = [312]'
    assert len(points(load_experiment(write(text + alone)))) == 2


def test_what_hangs_on_a_part_that_cannot_be_read_is_not_faulted(write):
    given = 'scenario = "baseline"\nreplicates = 400.5\n[precision]\noutcome = "A"\nwithin = 0.1\nleast = 50'
    (fault,) = faults(write(given))
    assert "replicates" in fault
    (fault,) = faults(write("scenario = 3"))
    assert "found 3" in fault
    alone = '[design]\nkind = "one_at_a_time"\nbaselin = { form = "none" }\n'
    (fault,) = faults(write(f'scenario = "baseline"\nconstraints = ["form != \'holistc\'"]\n{FORMS}{alone}'))
    assert "baselin" in fault
    (fault,) = faults(
        write(f'scenario = "baseline"\n{FORMS.replace("values", "valuess")}{alone.replace("lin ", "line ")}')
    )
    assert "valuess" in fault


ALL_WRONG = """
scenario = "baseline"
replicates = 10
constraints = ["levle > 1", "level +"]
[precision]
outcome = "convergd"
within = 0.05
least = 20
[design]
kind = "sobol"
points = 100
[[factors]]
key = "funding.level"
low = 0.9
high = 0.1
[[factors]]
key = "governance.mandat"
low = 0.0
high = 1.0
[[factors]]
key = "governance.champion"
low = 0.0
high = 1.0
distribution = "lognormal"
"""


def test_all_faults_of_a_design_come_at_once(write):
    found = faults(write(ALL_WRONG))
    expected = [
        ("line 4, constraints, number 1", "'levle' is no factor", "level, mandat, champion"),
        ("line 4, constraints, number 2", "found 'level +'"),
        ("precision.outcome", "'convergd'", "'converged'"),
        ("precision.least", "found 20"),
        ("design.points", "64 or 128"),
        ("line 12, factor level", "a range from 0.9 to 0.1"),
        ("line 16, factor mandat", "unknown key 'governance.mandat'"),
        ("line 20, factor champion.distribution", "'lognormal'", "'loguniform'"),
    ]
    for pieces in expected:
        assert sum(all(piece in fault for piece in pieces) for fault in found) == 1, (pieces, found)
    assert len(found) == len(expected), found


def test_points_are_worked_out_once(write, monkeypatch):
    experiment = load_experiment(write(f'scenario = "baseline"\n{RANGE}{LHS}'))
    monkeypatch.setattr(design, "load", None)
    assert len(points(experiment)) == 10
    fewer = experiment.model_copy(update={"design": LatinHypercube(points=3)})
    with pytest.raises(TypeError):
        points(fewer)


def test_impossible_points_are_listed_no_further_than_helps(write, monkeypatch):
    text = '[[factors]]\nkey = "organisation.employees"\nlow = 60\nhigh = 600\ndistribution = "integers"\n'
    text += '[[factors]]\nkey = "organisation.firms"\nlow = 1\nhigh = 12\ndistribution = "integers"\n'
    file = write(f'scenario = "baseline"\n{text}{LHS.replace("10", "500")}')
    whole = faults(file)
    assert all("point employees = " in fault for fault in whole)
    monkeypatch.setattr(design, "_ENOUGH", 3)
    assert faults(file) == whole[:3] != whole


@pytest.mark.parametrize(
    "label", ["taux\u00a0de confiance", "\u4fe1\u983c\u3000\u5ea6", "\u0645\u06cc\u200c\u0634\u0648\u062f"]
)
def test_labels_may_have_the_spaces_and_joiners_that_scripts_have(write, label):
    text = f'scenario = "baseline"\n[[factors]]\nkey = "weeks"\nvalues = [8]\nlabel = "{label}"\n'
    assert points(load_experiment(write(text)))[0].factors == {label: 8}
