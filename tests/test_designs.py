"""Sweeps of designs: stored, resumed, summed up and drawn, and replicates until an outcome is known."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scipy import stats

from sim.cli import sweeping
from sim.errors import InputError
from sim.figures import plot, wanted
from sim.figures.selection import select
from sim.mechanisms import Mechanism
from sim.scenario import load
from sim.sweeps import Experiment, Factor, by_level, finding, load_experiment, load_results, points, sweep
from sim.sweeps.levels import Levels, Span
from sim.sweeps.replication import Precision
from sim.sweeps.sampling import LatinHypercube, Listed, OneAtATime, Saltelli, Sobol
from sim.sweeps.summary import share

SMALL = {"organisation.employees": 60, "weeks": 60}
FUNDING = Factor(key="funding.level", label="funding", low=0.1, high=0.9)
LEVEL = Factor(key="funding.level", label="funding", values=[0.2, 0.8])
FORM = Factor(key="governance.form", label="governance", values=["none", "hub_and_spoke"])
WEEK = Factor(key="governance.founded", label="founded", low=10, high=50, distribution="integers")


def experiment(design, *factors, replicates=2, **options):
    return Experiment(
        name="designs",
        scenario="baseline",
        set=SMALL,
        factors=list(factors),
        design=design,
        replicates=replicates,
        **options,
    )


@pytest.fixture(scope="module")
def sampled(tmp_path_factory):
    """Finished results of a Latin hypercube of three factors."""
    return sweep(
        experiment(LatinHypercube(points=40), FUNDING, FORM, WEEK),
        tmp_path_factory.mktemp("sampled"),
        workers=0,
    )


def test_results_hold_the_values_that_were_drawn(sampled):
    design = points(sampled.experiment)
    assert len(sampled.runs) == 80
    for label in ("funding", "governance", "founded"):
        assert list(sampled.runs[label][::2]) == [point.factors[label] for point in design]
    assert sampled.scenario(7).replaced({}) == design[7].plan


def test_factors_of_any_value_are_told_by_equal_parts_of_their_range(sampled):
    levels = by_level(sampled)
    funding = [one for one in levels if one.factor == "funding"]
    assert [one.level for one in funding] == Levels(sampled).of["funding"]
    assert all(isinstance(one.level, Span) for one in funding)
    assert [one.runs for one in funding] == [26, 28, 26] or max(one.runs for one in funding) < 30
    assert sum(one.runs for one in funding) == 80
    assert 0.1 <= funding[0].level.low < 0.13 and 0.87 < funding[-1].level.high <= 0.9
    assert [one.level for one in levels if one.factor == "governance"] == FORM.values
    assert all(sum(share.share for share in one.states.values()) == pytest.approx(1.0) for one in levels)
    text = finding(sampled)
    assert text.startswith("Of 80 runs ") and text.endswith(".")
    json.dumps(text)


def test_figures_of_a_sample_pool_what_they_do_not_show(sampled, tmp_path):
    files = plot(sampled, folder=tmp_path, formats=["png"])
    assert {file.stem for file in files} == {"adoption", "stages", "states", "phase"}
    selection = select(sampled, {}, room=1)
    assert sum(len(rows) for _, rows in selection.panels()) == 80
    assert "over all " in selection.caption([80])
    assert selection.worth(selection.rows()) == 40
    with pytest.raises(
        InputError, match="no two points of a latin_hypercube design differ in one factor alone"
    ):
        plot(sampled, ["difference"], folder=tmp_path)


def test_a_value_means_the_part_of_the_range_around_it(sampled):
    spans = Levels(sampled).of["funding"]
    assert wanted(sampled, [("funding", "0.5"), ("governance", "none")]) == {
        "funding": [next(span for span in spans if 0.5 in span)], "governance": ["none"],
    }  # fmt: skip
    assert wanted(sampled, [("funding", str(spans[0]))]) == {"funding": spans[:1]}
    with pytest.raises(InputError, match=r"where funding: found '0.95'"):
        wanted(sampled, [("funding", "0.95")])


def test_one_at_a_time_compares_each_level_with_the_baseline(tmp_path):
    design = OneAtATime(baseline={"funding": 0.2})
    results = sweep(experiment(design, LEVEL, FORM), tmp_path, workers=0)
    runs = results.runs
    assert [tuple(row) for row in runs[["funding", "governance"]][::2].to_numpy()] == [
        (0.2, "hub_and_spoke"), (0.8, "hub_and_spoke"), (0.2, "none"),
    ]  # fmt: skip
    levels = {(one.factor, one.level): one.runs for one in by_level(results)}
    assert set(levels.values()) == {2}
    assert levels.keys() == {
        ("funding", 0.2),
        ("funding", 0.8),
        ("governance", "none"),
        ("governance", "hub_and_spoke"),
    }
    selection = select(results, {}, room=3, axes=2)
    assert len(selection.free) == 1
    (held,) = {"funding", "governance"} - set(selection.free)
    assert selection.levels[held] == [{"funding": 0.2, "governance": "hub_and_spoke"}[held]]
    assert all(len(rows) == 2 for _, rows in selection.panels())
    assert len(plot(results, folder=tmp_path / "figures", formats=["png"])) == 5


def test_what_a_scenario_lacks_is_dropped_at_the_baseline(tmp_path):
    cut = {"what": "budget_cut", "week": 20, "to": 0.5}
    factor = Factor(key="events.cut", label="cut", values=[False, cut], names=["no", "yes"])
    levels = FUNDING.model_copy(update={"levels": 2})
    results = sweep(experiment(OneAtATime(), factor, levels, replicates=1), tmp_path, workers=0)
    assert list(results.runs["cut"]) == ["no", "yes", "no", "no"]
    own = load("baseline")["funding"].level
    assert Levels(results).of == {"cut": ["no", "yes"], "funding": sorted([0.1, own, 0.9])}


def test_a_list_is_swept_as_it_stands_and_grows(tmp_path):
    rows = [{"funding": 0.3, "governance": "none"}, {"funding": 0.5, "governance": "hub_and_spoke"}]
    listed = experiment(Listed(rows=rows), LEVEL.model_copy(update={"values": []}), FORM)
    sweep(listed, tmp_path, workers=0)
    seen = []
    grown = listed.model_copy(update={"design": Listed(rows=[*rows, {"funding": 0.9, "governance": "none"}])})
    results = sweep(grown, tmp_path, workers=0, progress=seen.append)
    assert (seen[0].stored, seen[-1].fresh) == (4, 2)
    assert Levels(results).of == {"funding": [0.3, 0.5, 0.9], "governance": FORM.values}
    assert [one.runs for one in by_level(results)] == [2, 2, 2, 4, 2]
    plot(results, folder=tmp_path / "figures", formats=["png"])


def test_a_larger_sobol_sample_keeps_the_smaller_ones_runs(tmp_path):
    small = experiment(Sobol(points=4), FUNDING, FORM)
    sweep(small, tmp_path, workers=0)
    seen = []
    sweep(small.model_copy(update={"design": Sobol(points=8)}), tmp_path, workers=0, progress=seen.append)
    assert (seen[0].stored, seen[-1].fresh) == (8, 8)


def test_saltellis_runs_come_in_the_order_of_its_samples(tmp_path):
    results = sweep(experiment(Saltelli(points=8), FUNDING, WEEK, replicates=1), tmp_path, workers=0)
    assert len(results.runs) == 32
    a, b, first, second = results.runs[["funding", "founded"]].to_numpy().reshape(4, 8, 2)
    assert np.array_equal(first, np.column_stack([b[:, 0], a[:, 1]]))
    assert np.array_equal(second, np.column_stack([a[:, 0], b[:, 1]]))
    assert by_level(results)[0].states["converged"].high > 0.2, (
        "eight draws, however many runs were made of them"
    )


@pytest.mark.parametrize("replicates", [1, 5])
def test_intervals_of_samples_cover_other_points_and_other_luck(replicates):
    """Logistic runs at points drawn anew each time, whose log-odds differ by point, by seed and by run."""
    rng = np.random.default_rng(6)
    point, seed = (pd.Series(part.ravel()) for part in np.indices((40, replicates)))
    truth = (1.0 / (1.0 + np.exp(-(np.sqrt(5.0) * rng.normal(size=1_000_000) - 0.5)))).mean()
    hits = plain = 0
    for _ in range(400):
        odds = 2.0 * rng.normal(size=40)[point] + rng.normal(size=replicates)[seed] * (replicates > 1) - 0.5
        odds += rng.normal(size=len(point)) * (replicates == 1)
        hit = pd.Series(rng.random(len(point)) < 1.0 / (1.0 + np.exp(-odds)))
        found = share(point, seed, hit, sampled=lambda point: point)
        hits += found.low <= truth <= found.high
        low, high = stats.binomtest(int(hit.sum()), len(hit)).proportion_ci(method="wilson")
        plain += low <= truth <= high
    assert 0.88 <= hits / 400 <= 0.99
    assert replicates == 1 or plain / 400 < 0.75


def test_one_point_of_a_sample_tells_hardly_anything():
    one = pd.Series([0] * 20)
    found = share(one, pd.Series(range(20)), pd.Series([True, False] * 10), sampled=lambda point: point)
    assert found.high - found.low > 0.85


class Bills(Mechanism):
    """Spends in week 5 what luck says, whatever the model does: so that one point is known soon, and another late."""

    spread: float = 0.0
    raises: int = 0

    def step(self, org):
        if org.week == 5 and org.seed == self.raises:
            raise ZeroDivisionError("no budget")
        if org.week == 5:
            org.ledger[5, 0, 0] += self.spread * org.luck.uniform("bills", org.departments.key, org.week)[0]


PLANS = {"bills": load("baseline", SMALL).with_mechanism(Bills())}
PRECISE = Experiment(
    name="precise",
    scenario="bills",
    factors=[Factor(key="bills.spread", values=[0.0, 1000.0, 3000.0])],
    replicates=60,
    precision=Precision(outcome="spent", within=200.0, least=10, batch=5),
)


def exported(folder):
    """What a store holds of runs, series and design, as ordered bytes."""
    db = sqlite3.connect(folder / "results.sqlite")
    tables = [
        db.execute("SELECT key, scenario, seed, state, A, V, spent FROM runs ORDER BY key"),
        db.execute("SELECT * FROM series ORDER BY run"),
        db.execute("SELECT * FROM points ORDER BY point"),
        db.execute("SELECT * FROM design ORDER BY point, seed"),
    ]
    text = repr([table.fetchall() for table in tables])
    db.close()
    return text


@pytest.fixture(scope="module")
def precise(tmp_path_factory):
    folder = tmp_path_factory.mktemp("precise")
    sweep(PRECISE, folder, workers=0, plans=PLANS)
    return folder


def test_replicates_go_on_until_the_outcome_is_known(precise):
    results = load_results(precise)
    runs = results.runs
    assert len(results.missing) == 0 and results.asked == len(runs)
    taken = runs.groupby("point")["seed"].agg(["count", "min", "max"])
    assert taken["count"].nunique() == 3
    assert (taken["min"] == 1).all() and (taken["max"] == taken["count"]).all()
    for _, here in runs.groupby("point"):
        values, n = here["spent"].to_numpy(), len(here)
        assert n == 60 or PRECISE.precision.reached(values, lambda: 60, 60)
        assert n == 10 or not PRECISE.precision.reached(values[: n - 5], lambda: 60, 60)
    assert list(taken["count"])[::2] == [10, 60]
    assert (
        "At 2 of 3 points the mean of spent is known to within 200, 95 % sure whenever it stopped."
        in finding(results)
    )


def test_points_that_stop_early_have_the_same_seeds_as_others(precise):
    """So any two points are paired as far as the shorter one goes: replicate r has the same luck at both."""
    runs = load_results(precise).runs
    seeds = {point: list(here["seed"]) for point, here in runs.groupby("point")}
    shortest = min(map(len, seeds.values()))
    assert len({tuple(one[:shortest]) for one in seeds.values()}) == 1


def test_workers_do_not_change_which_runs_are_asked_for(precise, tmp_path):
    sweep(PRECISE, tmp_path, workers=2, plans=PLANS)
    assert exported(tmp_path) == exported(precise)


def test_a_run_that_is_set_aside_counts_for_nothing(tmp_path):
    """As nothing, and not as nothing spent: a point is decided by the others of the same replicates."""
    brittle = Factor(key="bills.raises", values=[0, 3])
    precision = Precision(outcome="spent", within=8.0, least=10, batch=5)
    asked = PRECISE.model_copy(
        update={"factors": [brittle], "precision": precision, "set": {"bills.spread": 20.0}}
    )
    results = sweep(asked, tmp_path, workers=0, plans=PLANS)
    assert list(results.missing["seed"]) == [3]
    rows = results.sql("SELECT point, COUNT(*) AS runs FROM design GROUP BY point")["runs"]
    for point, here in results.runs.groupby("point"):
        last = here["seed"] <= rows[point] - 5
        assert rows[point] < 60
        assert precision.reached(here["spent"], lambda: 60, 60)
        assert not precision.reached(here["spent"][last], lambda: 60, 60)
    again = sweep(asked, tmp_path, workers=0, plans=PLANS)
    assert again.runs.equals(results.runs)


@pytest.mark.parametrize("after", [1, 17, 31, 44])
def test_an_interrupted_one_goes_on_to_the_same_runs(precise, tmp_path, after):
    def stop(standing):
        if standing.fresh >= after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(PRECISE, tmp_path, workers=0, plans=PLANS, progress=stop)
    assert len(load_results(tmp_path).runs) < len(load_results(precise).runs)
    sweep(PRECISE, tmp_path, workers=0, plans=PLANS)
    assert exported(tmp_path) == exported(precise)


def test_more_precision_runs_only_what_is_new(precise, tmp_path):
    (tmp_path / "results.sqlite").write_bytes((precise / "results.sqlite").read_bytes())
    before = load_results(precise).runs
    finer = PRECISE.model_copy(update={"precision": PRECISE.precision.model_copy(update={"within": 150.0})})
    seen = []
    results = sweep(finer, tmp_path, workers=0, plans=PLANS, progress=seen.append)
    assert set(before["run"]) <= set(results.runs["run"])
    assert seen[-1].fresh == len(results.runs) - len(before)
    whole = tmp_path / "whole"
    assert results.runs.equals(sweep(finer, whole, workers=0, plans=PLANS).runs)


FILE_TEXT = """
scenario = "baseline"
set = { organisation.employees = 60, weeks = 104 }
replicates = 100
[precision]
outcome = "A"
within = 0.06
least = 10
batch = 10
[design]
kind = "latin_hypercube"
points = 6
[[factors]]
label = "sponsorship"
keys = ["sponsorship.engagement", "sponsorship.sponsor_engagement"]
low = 0.1
high = 0.9
[[factors]]
key = "governance.form"
values = ["none", "hub_and_spoke"]
"""


def test_a_killed_one_goes_on_to_the_same_runs(tmp_path):
    (tmp_path / "killed.toml").write_text(FILE_TEXT.replace("points = 6", "points = 3"))
    folder = tmp_path / "results" / "killed"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-m", "sim", "sweep", "killed.toml", "--workers", "2"]
    for more in (35, 80):
        process = subprocess.Popen(
            command, cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        while stored(folder) < more and process.poll() is None:
            time.sleep(0.01)
        process.kill()
        process.wait(timeout=20)
    asked = load_experiment(tmp_path / "killed.toml")
    sweep(asked, folder, workers=0)
    sweep(asked, tmp_path / "whole", workers=0)
    assert exported(folder) == exported(tmp_path / "whole")
    assert load_results(folder).runs.groupby("point").size().between(20, 100).all()


def stored(folder):
    try:
        db = sqlite3.connect(f"{(folder / 'results.sqlite').as_uri()}?mode=ro", uri=True)
        return db.execute("SELECT COUNT(*) FROM runs").fetchone()[0]
    except sqlite3.OperationalError:
        return 0


def unsilo(*words):
    return CliRunner().invoke(sweeping.sweep, words)


def test_a_dry_run_says_what_a_sweep_would_take_and_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("killed.toml").write_text("constraints = [\"sponsorship > 0.5 or form == 'none'\"]\n" + FILE_TEXT)
    asked = load_experiment("killed.toml")
    kept = len(points(asked))
    assert 0 < kept < 6
    done = unsilo("killed.toml", "--dry-run", "--workers", "3")
    assert done.exit_code == 0
    assert f"{kept} points, {6 - kept} of its settings left out by constraints" in done.stdout
    assert f"10 to 100 a point, {10 * kept} to {100 * kept} in all, of which 0 are stored" in done.stdout
    assert "on 3 workers for what is not stored" in done.stdout
    assert not Path("results").exists()
    found = json.loads(unsilo("killed.toml", "--dry-run", "--json").stdout)
    assert (found["points"], found["left_out"], found["runs"]) == (kept, 6 - kept, 100 * kept)
    assert found["first"][1] == {"point": 1, **points(asked)[1].factors}
    assert 0.0 < found["seconds"] < 5.0 and 500 < found["size"] < 20_000


def test_a_dry_run_beyond_the_cap_works_out_the_first_points_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    values = ", ".join(f"{n / 1000}" for n in range(1, 600))
    keys = ("engagement", "spread", "understanding", "style")
    factors = [f'[[factors]]\nkey = "sponsorship.{key}"\nvalues = [{values}]\n' for key in keys]
    Path("huge.toml").write_text(
        'scenario = "baseline"\nreplicates = 7\nset = { weeks = 5 }\n' + "".join(factors)
    )
    done = unsilo("huge.toml", "--dry-run")
    assert done.exit_code == 0
    assert f"{599**4:,} points, of which the first were worked out" in done.stdout
    assert f"7 a point, {7 * 599**4:,} in all" in done.stdout
    assert "start with --yes only" in done.stdout


def test_a_dry_run_tells_from_stored_runs_where_there_are_enough(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    head, _, tail = FILE_TEXT.replace("100", "4").partition("[precision]")
    Path("killed.toml").write_text(head + tail[tail.index("[design]") :])
    sweep(load_experiment("killed.toml"), workers=0)
    found = json.loads(unsilo("killed.toml", "--dry-run", "--json").stdout)
    assert (found["runs"], found["stored"], found["lived"], found["timed"]) == (24, 24, False, 24)
    assert found["to_go"] == [0.0, 0.0]
    each = load_results("killed").sql("SELECT AVG(seconds) AS seconds FROM runs")["seconds"][0]
    assert found["seconds"] == pytest.approx(each)
    size = Path("results/killed/results.sqlite").stat().st_size
    assert 0.3 < found["bytes"][1] / size < 3.0


def test_a_dry_run_beside_results_of_another_experiment_says_so_as_the_sweep_would(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("killed.toml").write_text(FILE_TEXT)
    sweep(experiment(LatinHypercube(points=2), FUNDING), Path("results/killed"), workers=0)
    for words in (("--dry-run",), ()):
        with pytest.raises(InputError, match="belong to the experiment 'designs' of baseline"):
            CliRunner().invoke(sweeping.sweep, ["killed.toml", *words], catch_exceptions=False)


def test_a_dry_run_finds_what_the_sweep_would_where_its_results_go(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("killed.toml").write_text(FILE_TEXT)
    Path("results").write_text("")
    for words in (("--dry-run",), ()):
        with pytest.raises(InputError, match=r"results: .*a folder that can be written"):
            CliRunner().invoke(sweeping.sweep, ["killed.toml", *words], catch_exceptions=False)
    Path("results").unlink()
    Path("results/killed").mkdir(parents=True)
    Path("results/killed/results.sqlite").touch()  # as a sweep leaves it that is killed at once
    done = CliRunner().invoke(sweeping.sweep, ["killed.toml", "--dry-run"], catch_exceptions=False)
    assert done.exit_code == 0
    assert "0 are stored" in done.output


def test_the_cap_counts_the_runs_that_there_are(tmp_path, monkeypatch):
    """Those that constraints leave, points that mean the same once: as a dry run says."""
    monkeypatch.chdir(tmp_path)
    factor = '[[factors]]\nkey = "sponsorship.{}"\nlow = 0.0\nhigh = 0.7\nlevels = 71\n'
    Path("cap.toml").write_text(
        'scenario = "baseline"\nreplicates = 30\nset = { weeks = 2, organisation.employees = 8 }\n'
        'constraints = ["engagement <= 0.01 and spread <= 0.01"]\n'
        + factor.format("engagement")
        + factor.format("spread")
    )
    assert "yes" not in unsilo("cap.toml", "--dry-run").output
    done = unsilo("cap.toml", "--workers", "0")
    assert done.exit_code == 0
    assert len(load_results("cap").runs) == 120


def test_words_of_a_file_are_no_markup_of_tables(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("words.toml").write_text(
        'scenario = "baseline"\nreplicates = 1\nset = { weeks = 5, organisation.employees = 60 }\n[[factors]]\n'
        'label = "[/b]"\nkey = "governance.form"\nvalues = ["none", "holistic"]\nnames = ["[/red]", "[red]y"]\n'
    )
    for words in ("--dry-run", "--workers=0"):
        done = unsilo("words.toml", words)
        assert done.exit_code == 0, done.exception
        assert all(word in done.stdout for word in ("[/b]", "[/red]", "[red]y"))


def test_more_runs_than_the_cap_are_worked_out_only_if_they_are_meant(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("killed.toml").write_text(FILE_TEXT.replace("points = 6", "points = 1_000_000"))
    done = unsilo("killed.toml")
    assert isinstance(done.exception, InputError)
    assert "100 at each of 1,000,000 points: 100,000,000 runs; 100,000 runs or fewer" in str(done.exception)
    assert not Path("results").exists()


@pytest.mark.parametrize(("integers", "parts"), [(False, True), (True, False)])
def test_a_few_points_of_a_range_are_told_by_parts_unless_they_are_whole(tmp_path, integers, parts):
    low, high = (50, 60) if integers else (0.1, 0.9)
    key = "organisation.employees" if integers else "funding.level"
    how = "integers" if integers else "uniform"
    one = Factor(key=key, label="one", low=low, high=high, distribution=how)
    experiment = Experiment(
        name="few", scenario="baseline", set={"weeks": 4} | ({} if integers else {"organisation.employees": 60}),
        factors=[one], design={"kind": "latin_hypercube", "points": 9}, replicates=1,
    )  # fmt: skip
    levels = Levels(sweep(experiment, tmp_path, workers=0)).of["one"]
    assert all(isinstance(level, Span) for level in levels) == parts


def test_values_that_are_listed_are_told_one_by_one(tmp_path):
    rows = [{"level": n / 10} for n in range(1, 9)]
    experiment = Experiment(
        name="listed", scenario="baseline", set={"weeks": 4, "organisation.employees": 60},
        factors=[Factor(key="funding.level")], design={"kind": "list", "rows": rows}, replicates=1,
    )  # fmt: skip
    assert Levels(sweep(experiment, tmp_path, workers=0)).of["level"] == [row["level"] for row in rows]
