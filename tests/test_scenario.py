"""Scenario files: what ships is right, overlays lay over, and every fault is found and said at once."""

import json
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import shipped
from sim.errors import InputError
from sim.mechanisms import Events
from sim.organisation import run
from sim.scenario import Scenario, load, parameters, parse

SHIPPED = shipped.names("scenarios")


def faults_of(call, *args):
    with pytest.raises(InputError) as caught:
        call(*args)
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_scenarios_load_and_say_what_they_stand_for(name):
    plan = load(name)
    assert plan.title
    assert plan.about.endswith(".")
    assert (shipped.folder("scenarios") / f"{name}.toml").read_text().startswith("# ")


def test_the_scenarios_of_a_first_afternoon_ship():
    wanted = {"baseline", "media_strategy", "business_strategy", "no_strategy", "no_governance", "no_funding",
              "strong_sponsor", "silent_executives", "decentralised", "centralised", "hub_and_spoke",
              "multiple_hubs", "holistic"}  # fmt: skip
    assert wanted <= set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_tables_and_parse_are_inverse(name):
    plan = load(name)
    again = parse(json.loads(json.dumps(plan.tables())))
    assert again == plan
    assert again.hash() == plan.hash()


def test_every_parameter_has_a_meaning_and_a_source_and_numbers_a_unit_and_range():
    kinds = [one for name, kind in Events.kinds.items() for one in parameters(kind, f"events.{name}.")]
    for key, value, unit, allowed, meaning, source in [*parameters(load("everything")), *kinds]:
        if key.endswith(".what"):
            continue
        assert meaning, key
        assert source, key
        if isinstance(value, float) or (isinstance(value, int) and not isinstance(value, bool)):
            assert unit and allowed, key


def test_extends_overlays_key_by_key_and_false_drops(tmp_path):
    (tmp_path / "mine.toml").write_text(
        'extends = "baseline"\ntitle = "Mine"\nmeasurement = false\n'
        "[funding]\nlevel = 0.2\n[sponsorship]\nsponsor_week = false\n"
        "[governance]\nform = 'multiple_hubs'\ntied = false\n[organisation.departments]\nhr = false\nlegal = 30\n"
    )
    (tmp_path / "second.toml").write_text('extends = "mine"\n[funding]\nmode = "fixed"\n')
    plan, base = load(tmp_path / "second.toml"), load("baseline")
    assert (plan["funding"].level, plan["funding"].mode) == (0.2, "fixed")
    assert plan["funding"].split == base["funding"].split
    assert plan["sponsorship"].sponsor_week is None
    assert plan["governance"].tied is False
    assert plan["measurement"] is None
    assert list(plan.organisation.departments) == ["marketing", "sales", "service", "product", "it", "legal"]
    assert plan.about == "", "what a file stands for is its own to say"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"governance": True, "governance.hubs": 3}, "governance.hubs: lies in 'governance', which is True; one of"),
        ({"governance.form": "none", "governance": 0.5}, "governance.form: lies in 'governance', which is 0.5"),
        ({"funding.level.x": "a", "funding.level": 0.3}, "funding.level.x: lies in 'funding.level', which is 0.3"),
        ({"funding.level": 0.3, "funding.level.x": "a"}, "funding.level.x: lies in 'funding.level', which is 0.3"),
    ],
)  # fmt: skip
def test_a_key_that_lies_in_another_is_not_lost_and_loses_nothing(changes, said):
    for change in (load("baseline").replaced, partial(load, "baseline")):
        with pytest.raises(InputError) as found:
            change(changes)
        assert said in str(found.value.faults[0])
    size = {"organisation.departments.it": 40, "organisation.departments.it.function": "it"}
    assert load("baseline", size).organisation.departments["it"].size == 40


def test_identity_is_what_runs_not_what_it_is_called(tmp_path):
    base = load("baseline")
    assert base.replaced({"title": "Other"}).hash() == base.hash()
    assert load("hub_and_spoke").hash() == base.hash(), "the baseline's form, spelled out"
    assert base.replaced({"funding.level": 0.51}).hash() != base.hash()
    assert base.without("maturity").hash() != base.hash()


def test_the_order_of_departments_and_practices_is_part_of_it_as_runs_depend_on_it():
    plan = load("baseline", {"organisation.employees": 60, "weeks": 60})
    departments, practices, other = plan.tables(), plan.tables(), plan.tables()
    departments["organisation"]["departments"] = dict(
        reversed(departments["organisation"]["departments"].items())
    )
    practices["practices"] = dict(reversed(practices["practices"].items()))
    other["organisation"] = dict(reversed(other["organisation"].items()))
    assert len({parse(one).hash() for one in (plan.tables(), departments, practices)}) == 3
    assert len({run(parse(one), 1).outcome for one in (plan.tables(), departments, practices)}) == 3
    assert parse(dict(reversed(other.items()))).hash() == plan.hash()


def test_scaled_sizes_are_exact():
    for employees in (6, 7, 100, 599, 1001):
        sizes = [
            size
            for _, _, size in load("baseline", {"organisation.employees": employees}).organisation.sizes()
        ]
        assert sum(sizes) == employees
        assert min(sizes) >= 1


def test_all_faults_of_a_file_are_said_at_once_with_line_value_and_nearest_name(tmp_path):
    file = tmp_path / "wrong.toml"
    file.write_text(
        'extends = "baseline"\n'
        "wekks = 3\n"
        "[funding]\n"
        "level = 7.5\n"
        "levle = 1\n"
        'mode = "earnt"\n'
        "[governance]\n"
        'form = "hub_and_spokes"\n'
        "founded = 1.5\n"
        "[practices.listening]\n"
        'effort = "much"\n'
        "[sponsorshp]\n"
        "x = 1\n"
    )
    faults = faults_of(load, file)
    assert len(faults) == 8
    for expected in (
        ("line 2", "wekks", "unknown table or key", "did you mean 'weeks'?"),
        ("line 4", "funding.level", "found 7.5", "less than or equal to 2"),
        ("line 5", "funding.levle", "unknown key", "did you mean 'level'?"),
        ("line 6", "funding.mode", "found 'earnt'", "'fixed' or 'earned'", "did you mean 'earned'?"),
        ("line 8", "governance.form", "found 'hub_and_spokes'", "did you mean 'hub_and_spoke'?"),
        ("line 9", "governance.founded", "found 1.5", "integer"),
        ("line 11", "practices.listening.effort", "found 'much'", "number"),
        ("line 12", "sponsorshp", "unknown table or key", "did you mean 'sponsorship'?"),
    ):
        matching = [fault for fault in faults if expected[1] in fault]
        assert matching, expected
        for part in expected:
            assert part in matching[0], (part, matching[0])
        assert str(file) in matching[0]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("weeks = 3\nx = = 2", ["syntax", "line 2"]),
        ('extends = "basline"', ["extends", "'basline'", "did you mean 'baseline'?"]),
        ("extends = 3", ["extends", "found 3"]),
        ("weeks = 10", ["organisation", "is missing"]),
        ('extends = "baseline"\nweeks = 0', ["line 2", "weeks", "found 0"]),
        ('extends = "baseline"\n[influence]\nbelief_least = 0.9', ["influence", "belief_least 0.9 is above"]),
        ('extends = "baseline"\n[funding.split]\ntraining = 0\ndesk = 0\ntechnology = 0\nmeasurement = 0',
         ["funding.split", "sum to nothing"]),
        ('extends = "baseline"\n[organisation]\nowners = ["marketng"]', ["owner 'marketng'", "did you mean 'marketing'?"]),
        ('extends = "baseline"\n[organisation]\nroster = "people.csv"', ["a roster and its ties go together"]),
        ('extends = "baseline"\n[organisation.departments]\nhr = 0', ["organisation.departments.hr", "found 0"]),
        ('extends = "baseline"\n[practices.listening.fit]\nsales = 1.5', ["practices.listening", "sales = 1.5"]),
        ('extends = "baseline"\n[strategy.objectives]\nprofit = 1.0', ["strategy.objectives.profit", "unknown key", "customers"]),
        ('extends = "baseline"\n[governance]\nform = "multiple_hubs"\nhubs = 9', ["hubs", "9", "6 departments"]),
        ('extends = "baseline"\nfunding = 3', ["funding", "found 3"]),
        ("\ufeffextends = 'nothing'", ["nothing"]),
    ],
)  # fmt: skip
def test_a_fault_says_where_what_and_what_is_allowed(tmp_path, text, parts):
    file = tmp_path / "file.toml"
    file.write_text(text)
    message = "\n".join(faults_of(load, file))
    for part in (*parts, str(file)):
        assert part in message


def test_a_circle_of_extends_is_named(tmp_path):
    (tmp_path / "a.toml").write_text('extends = "b"')
    (tmp_path / "b.toml").write_text('extends = "a"')
    assert "a -> b -> a" in faults_of(load, tmp_path / "a.toml")[0]


def test_bytes_that_are_no_text_are_a_fault(tmp_path):
    (tmp_path / "a.toml").write_bytes(b"title = '\xff\xfe'")
    assert "not UTF-8" in faults_of(load, tmp_path / "a.toml")[0]
    assert "one of" in faults_of(load, tmp_path / "none.toml")[0]


def test_changes_are_checked_like_a_file():
    assert "did you mean 'level'?" in faults_of(load, "baseline", {"funding.levl": 0.3})[0]
    assert "found 3.0" in faults_of(load("baseline").replaced, {"funding.level": 3.0})[0]


BASE = (shipped.folder("scenarios") / "baseline.toml").read_text()


@settings(max_examples=150)
@given(st.integers(0, len(BASE)), st.integers(0, 40), st.text(max_size=12))
def test_a_mutated_file_is_a_fault_or_a_scenario(tmp_path_factory, at, length, text):
    file = tmp_path_factory.mktemp("mutated") / "file.toml"
    file.write_text(BASE[:at] + text + BASE[at + length :], encoding="utf-8", errors="replace")
    try:
        assert isinstance(load(file), Scenario)
    except InputError as error:
        assert error.faults
