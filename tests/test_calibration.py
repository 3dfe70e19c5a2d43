"""The calibration: statistics of firms made by hand, the file and its faults, and a small calibration from end to end."""

import json
import math
import re
import shutil
import tomllib
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from sim.calibration import statistics, telling
from sim.calibration.fitting import Fitted, loss_of
from sim.calibration.living import survey
from sim.calibration.patterns import Target
from sim.calibration.plan import FILE, PRIOR, folder, load_plan
from sim.calibration.statistics import STATISTICS, crossing, estimate, point, resampled
from sim.cli import unsilo
from sim.organisation import run
from sim.scenario import load
from sim.sweeps import load_results

PAGE = Path(__file__).parents[1] / "docs" / "calibration.md"


def firms(**columns):
    """A survey of four firms whose columns stand here by arm__name."""
    made = {}
    for key, values in columns.items():
        arm, _, name = key.partition("__")
        made.setdefault(arm, {})[name] = np.array(values, float)
    return made


FOUR = firms(
    own__stage=[6, 5, 2, 1], own__siloed=[0, 1, 0, 0], own__sponsorship=[0.9, 0.5, 0.7, 0.3],
    own__A=[0.8, 0.6, 0.3, 0.1], own__C=[0.7, 0.3, 0.27, 0.1], own__V=[0.1, 0.5, 0.24, 0.0],
    own__relapses=[0, 2, 1, 0], own__years=[1, 2, 3, 4], own__served=[1.0, 0.2, 0.0, 0.0], own__knows=[0.5, 0.49, 0, 0],
    own__crossing=[0.1, 0.2, math.nan, math.nan], no_influence__A=[0.4, 0.4, 0.3, 0.1],
    technology_only__stage=[5, 4, 1, 1],
    poor__stage=[1, 1, 1, 1], fair__stage=[5, 5, 1, 1], good__stage=[6, 1, 1, 1], excellent__stage=[5, 5, 5, 1],
)  # fmt: skip

TRUTH = {
    "top": 2 / 4,
    "bottom": 2 / 4,
    "silos": 1.5 / 2.5,  # one is siloed, the first and third are coherent; half a firm on either side
    "sponsor": 1 / 2 - 0.0,  # .9 won, .7 and .3 did not
    "governance": (2.5 / 0.5) / (3.5 / 1.5),
    "technology": 1 / 4,
    "breadth": 0.15,
    "relapse": 3 / 10,
    "policy": 2 / 4,
    "known": 1 / 4,
    "imitation": 1 - 1.2 / 1.8,
}


@pytest.mark.parametrize("name", STATISTICS)
def test_statistics_of_firms_made_by_hand(name):
    assert point(name, FOUR) == pytest.approx(TRUTH[name])
    found = estimate(name, FOUR)
    assert found.low <= found.value <= found.high
    assert set(STATISTICS[name].arms) <= set(FOUR)


def test_cuts_are_where_they_say():
    edge = {
        "own": {**FOUR["own"], "A": np.full(4, 0.25), "C": np.full(4, 0.25 * 0.85), "V": np.full(4, 0.2499)}
    }
    assert point("silos", edge) == pytest.approx(1.5 / 4.5)
    edge["own"]["V"] = np.full(4, 0.25)
    assert point("silos", edge) == pytest.approx(1.5 / 0.5)
    assert point("sponsor", {"own": {**FOUR["own"], "sponsorship": np.full(4, 0.5)}}) != point(
        "sponsor", FOUR
    )


def test_the_crossing_is_the_first_week_with_two_thirds_of_departments_active():
    adoption = np.zeros((3, 5, 6))
    adoption[0, 3:, :4] = 0.1  # four of six, from week 3 on
    adoption[1, 1:, :3] = 0.9  # never more than half
    adoption[2, 2, :] = 0.5
    adoption[2, 3:] = np.nan  # it ends there
    A = np.tile(np.arange(5) / 10.0, (3, 1))
    assert crossing(adoption, A) == pytest.approx([0.3, np.nan, 0.2], nan_ok=True)


def test_intervals_hold_the_truth(monkeypatch):
    monkeypatch.setattr(statistics, "RESAMPLES", 200)
    rng, held = np.random.default_rng(1), dict.fromkeys(("top", "sponsor", "imitation"), 0)
    truth = {"top": 0.3, "sponsor": 0.5, "imitation": 0.4}
    for _ in range(300):
        sponsorship = rng.uniform(0.1, 0.9, 120)
        won = rng.random(120) < np.where(sponsorship >= 0.7, 0.6, np.where(sponsorship <= 0.3, 0.1, 0.25))
        A = rng.uniform(0.2, 0.8, 120)
        lost = A * rng.uniform(0.2, 0.6, 120)
        one = firms(
            own__stage=np.where(won, 5, 3), own__sponsorship=sponsorship, own__A=A, no_influence__A=A - lost
        )
        for name in held:
            found = estimate(name, one)
            held[name] += found.low <= truth[name] <= found.high
    assert all(0.91 * 300 <= count <= 0.99 * 300 for count in held.values()), held


def test_resamples_are_the_same_firms_for_all():
    other = {arm: {name: one.copy() for name, one in columns.items()} for arm, columns in FOUR.items()}
    assert np.array_equal(resampled("relapse", FOUR), resampled("relapse", other))
    gap = resampled("top", FOUR) + resampled("bottom", FOUR)
    assert gap == pytest.approx(np.ones_like(gap))  # each firm is in one of both


@pytest.mark.parametrize(
    ("target", "value", "distance"),
    [
        (Target(statistic="top", low=0.1, high=0.25, error=0.01), 0.1, 0.0),
        (Target(statistic="top", low=0.1, high=0.25, error=0.01), 0.08, 2.0),
        (Target(statistic="top", low=0.1, high=0.25, error=0.01), 0.28, 3.0),
        (Target(statistic="technology", high=0.15, error=0.05), 0.0, 0.0),
        (Target(statistic="silos", low=0.5, high=2.0, error=0.1, log=True), 2.0 * math.e, 10.0),
        (Target(statistic="breadth", low=0.1, error=0.1), math.nan, math.inf),
    ],
)
def test_distances_are_counted_from_the_band_in_sampling_errors(target, value, distance):
    assert target.distance(value) == pytest.approx(distance)
    assert loss_of([target], {target.statistic: value}) == pytest.approx(distance**2)


def test_what_ships_says_which_patterns_are_fitted_and_leaves_none_out():
    plan = load_plan(folder())
    numbers = [one.number for one in plan.patterns.patterns]
    assert numbers == [1, 2, 4, 5, 6, 7, 8, 9, 10]
    assert [one.number for one in plan.patterns.patterns if one.fitted] == [1, 6, 7, 8, 10]
    fit = plan.patterns.fit
    assert len(plan.firms) >= fit.firms + fit.more_firms + fit.last_firms
    assert {one.statistic for one in plan.patterns.targets()} == set(STATISTICS)


@pytest.fixture
def place(tmp_path) -> Path:
    """A folder with a small and short prior, and patterns with a small budget."""
    where = tmp_path / "own"
    shutil.copytree(folder(), where)
    prior, patterns = where / PRIOR, where / FILE
    text = (
        prior.read_text().replace("points = 1024", "points = 32").replace("employees = 300", "employees = 60")
    )
    prior.write_text(text.replace("low = 52\nhigh = 208", "low = 52\nhigh = 60"))
    text = patterns.read_text().replace(
        '"breadth before depth"\nfitted = true', '"breadth before depth"\nfitted = false'
    )
    patterns.write_text(
        re.sub(r"\[fit\](.|\n)*", FIT, text)
    )  # no firm gets there in a year, so no loss would be finite
    return where


FIT = """[fit]
candidates = 4
firms = 3
survivors = 2
more_firms = 3
accepted = 1
last_firms = 5
"""


def calibrate(*words):
    return CliRunner().invoke(unsilo, ["calibrate", "--workers", "0", *map(str, words)])


def test_a_calibration_from_end_to_end_and_again(place, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"# Before\n{telling.MARKS.begin}\n{telling.MARKS.end}\nafter\n")
    out, again = tmp_path / "out", tmp_path / "again"
    done = calibrate("--from", place, "--out", out, "--write", page)
    assert done.exit_code == 0, done.output
    assert "the last word: 2 candidates, 5 firms, 7 arms" in done.stderr
    rows = re.findall(r"^\| (\d+) .*? \| (fitted|held out) \|", page.read_text(), re.M)
    assert [int(number) for number, _ in rows] == [1, 2, 4, 5, 6, 7, 8, 9, 10]
    assert "On patterns that it has not seen the fit" in done.stdout
    found = Fitted.load(out)
    assert found.losses[0] == min(found.losses)
    with closing(load_results(out)) as results:  # the last word is by other firms, with other luck
        assert sorted(set(results.runs["firm"])) == list(range(6, 11))
        assert (results.runs["seed"] == results.runs["firm"] + 1).all()
    named = load(str(out / telling.SCENARIO))
    for one in load_plan(place).patterns.moves:
        table, _, name = one.key.rpartition(".")
        assert getattr(named[table], name) == found.accepted[0][one.name]

    calls = calibrate("--from", place, "--out", again, "--quiet")
    assert calls.exit_code == 0 and not calls.stderr
    for name in ("found.json", telling.SCENARIO, "figures/calibration.png", "figures/calibration.svg"):
        assert (out / name).read_bytes() == (again / name).read_bytes(), name

    before = (out / "results.sqlite").read_bytes()
    told = calibrate("--from", place, "--out", out, "--report", "--write", page)
    assert told.exit_code == 0 and told.stdout == calls.stdout
    assert (out / "results.sqlite").read_bytes() == before


def test_firms_are_surveyed_as_they_lived(place, tmp_path):
    plan = load_plan(place)
    candidates = [plan.shipped, plan.shipped | {"hurdle": 0.6}]
    surveys, failed = survey(
        plan,
        candidates,
        range(2, 4),
        ["own", "no_influence"],
        1,
        tmp_path / "out",
        0,
        again=lambda done, total: None,
    )
    assert failed == 0
    for candidate, found in zip(candidates, surveys, strict=True):
        for place_, firm in enumerate((2, 3)):
            changes = plan.coefficients(candidate) | plan.firm(firm)
            for arm in ("own", "no_influence"):
                record = run(plan.base.replaced(changes | plan.patterns.arms[arm].set), 1 + firm)
                outcome = record.outcome
                for name in ("stage", "A", "C", "V", "relapses"):
                    assert found[arm][name][place_] == pytest.approx(getattr(outcome, name)), (arm, name)
                assert found[arm]["years"][place_] == record.plan.weeks / 52
                if arm == "own":
                    assert found[arm]["knows"][place_] == record["knows"][-1]
                    assert found[arm]["served"][place_] == pytest.approx(record["served"][-1])
    assert surveys[0]["own"]["A"].tolist() != surveys[1]["own"]["A"].tolist()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('statistic = "top"', 'statistic = "topp"', "pattern 1.target 1.statistic: found 'topp'; one of top, "),
        ('statistic = "top"', 'statistic = "topp"', "(did you mean 'top'?)"),
        ("low = 0.40\nhigh = 0.60", "low = 0.60\nhigh = 0.40", "pattern 1.target 2.low: a band from 0.6 to 0.4; low below high"),
        ('key = "adoption.hurdle"', 'key = "adoption.hurdel"', "(did you mean 'hurdle'?)"),
        ('key = "adoption.hurdle"', 'key = "weeks"', "move 1, weeks: found 0.6"),
        ('key = "adoption.hurdle"', 'key = "strategy.clarity"', "move 1, strategy.clarity: found 2.6"),
        ('key = "adoption.hurdle"\nlow = 0.6\nhigh = 2.6', 'key = "strategy.clarity"\nlow = 0.1\nhigh = 0.2',
         "move 1: strategy.clarity is a factor of the prior too"),
        ("low = 0.6\nhigh = 2.6", "low = 2.6\nhigh = 0.6", "move 1: a range from 2.6 to 0.6; low below high"),
        ('label = "attempt"', 'label = "hurdle"', "moves: 'hurdle' listed twice"),
        ("[arms.poor]", "[arms.pore]", "arms: none is called 'poor'; one that is, for governance (did you mean 'pore'?)"),
        ('"governance.form" = "none" }', '"governance.form" = "nine" }', "arms.poor, governance.form: found 'nine'"),
        ("error = 0.0142", "error = 0.0", "pattern 1.target 1.error: found 0.0"),
        ("fitted = true", "fited = true", "pattern 1.fited: unknown key"),
        ("accepted = 1", "accepted = 3", "fit: accepted 3, survivors 2, candidates 4"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_one_message_a_fault(place, tmp_path, old, new, said):
    file = place / FILE
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))
    done = CliRunner().invoke(unsilo, ["calibrate", "--from", str(place), "--out", str(tmp_path / "out")])
    told = str(done.exception)
    assert said in told, told
    assert all(str(place) in line for line in told.splitlines())
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_asked_for_is_refused(place, tmp_path):
    out = tmp_path / "out"
    for words, said in [
        (["--candidates", 6], "candidates: found 6; a power of two: 4 or 8"),
        (["--firms", 30], "design.points: leaves"),
        (["--report"], "found.json: --report"),
    ]:
        told = str(calibrate("--from", place, "--out", out, *words).exception)
        assert said in told, told
    assert not out.exists()
    assert calibrate("--from", place, "--out", out, "--report", "--firms", 4).exit_code == 2


def test_the_page_has_all_patterns_and_the_coefficients_that_ship_beside_them():
    text = PAGE.read_text()
    rows = re.findall(r"^\| (\d+) .*? \| (fitted|held out) \|", text, re.M)
    assert [int(number) for number, _ in rows] == [1, 2, 4, 5, 6, 7, 8, 9, 10]
    named = tomllib.loads((folder() / telling.SCENARIO).read_text())
    for one in load_plan(folder()).patterns.moves:
        table, _, name = one.key.rpartition(".")
        row = re.search(rf"^\| {re.escape(one.name)} \| {one.key} \|(.*)\|$", text, re.M)
        assert f"{named[table][name]:.3g}" == row[1].split("|")[2].strip()
    assert load(str(folder() / telling.SCENARIO))


def test_json_tells_the_estimates(place, tmp_path):
    done = calibrate("--from", place, "--out", tmp_path / "out", "--quiet", "--json")
    assert set(json.loads(done.stdout)["found"]) == set(STATISTICS)
