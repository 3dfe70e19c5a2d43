"""Sweeps: the same bytes however they are run, interrupted or killed, and an honest word on what they found."""

import json
import os
import shutil
import signal
import sqlite3
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from sim import cli
from sim.cli import results as results_commands
from sim.cli import sweeping
from sim.errors import InputError
from sim.mechanisms import Mechanism
from sim.organisation import run
from sim.outcome import STATES
from sim.scenario import load
from sim.sweeps import (
    Experiment,
    Factor,
    by_level,
    design,
    finding,
    load_experiment,
    load_results,
    points,
    run_key,
    runner,
    stopping,
    sweep,
)
from sim.sweeps.living import live
from sim.sweeps.store import FILE, OUTCOMES, Store
from sim.sweeps.summary import share, wilson
from tests.stored import brittle_toml, installed, unsilo

SMALL = {"organisation.employees": 60, "weeks": 60}
FORM = Factor(key="governance.form", values=["none", "hub_and_spoke", "holistic"], label="governance")
FUNDING = Factor(key="funding.level", values=[0.2, 0.8], label="funding")
EXPERIMENT = Experiment(name="small", scenario="baseline", set=SMALL, factors=[FORM, FUNDING], replicates=3)


class Brittle(Mechanism):
    """Raises, or takes its process with it, in some of the runs."""

    raises: int = 0
    dies: int = 0

    def step(self, org):
        if org.week == 5 and org.seed == self.raises:
            raise ZeroDivisionError("no budget")
        if org.week == 5 and org.seed == self.dies:
            os.kill(os.getpid(), signal.SIGKILL)


def exported(folder):
    """What a store holds of runs and their series, save how and when they came to be: ordered bytes."""
    db = sqlite3.connect(folder / FILE)
    columns = ", ".join(f'"{name}"' for name in ("key", "scenario", "seed", *OUTCOMES))
    tables = [
        db.execute(f"SELECT {columns} FROM runs ORDER BY key"),
        db.execute("SELECT * FROM series ORDER BY run"),
        db.execute("SELECT * FROM points ORDER BY point"),
        db.execute("SELECT * FROM design ORDER BY point, seed"),
        db.execute("SELECT * FROM scenarios ORDER BY hash"),
    ]
    text = repr([table.fetchall() for table in tables])
    db.close()
    return text


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unbroken")
    sweep(EXPERIMENT, folder, workers=0)
    return folder


def test_a_sweep_is_its_runs(unbroken):
    results = load_results(unbroken)
    assert len(results.runs) == results.asked == 18
    for point in points(EXPERIMENT):
        for seed in (1, 2, 3):
            record = run(point.plan, seed)
            row = results.runs[(results.runs["point"] == point.index) & (results.runs["seed"] == seed)]
            assert row["state"].item() == record.outcome.state
            assert row["A"].item() == record.outcome.A
            assert row["governance"].item() == point.factors["governance"]
            assert np.array_equal(results.series("V")[row.index[0]], record["V"].astype(np.float32))


@pytest.mark.parametrize("workers", [1, 2])
def test_workers_do_not_change_a_byte(unbroken, tmp_path, workers):
    sweep(EXPERIMENT, tmp_path, workers=workers)
    assert exported(tmp_path) == exported(unbroken)


def test_the_order_of_runs_does_not_change_a_byte(unbroken, tmp_path):
    design = points(EXPERIMENT)
    tasks = [(point, seed) for point in design for seed in EXPERIMENT.seeds]
    with Store(tmp_path, EXPERIMENT, {}) as store:
        store.plan(design, [(point.index, seed, run_key(point.plan, seed)) for point, seed in tasks])
        for place in np.random.default_rng(1).permutation(len(tasks)):
            point, seed = tasks[place]
            store.add([(run_key(point.plan, seed), point.hash, seed, live(point.plan, seed))])
    assert exported(tmp_path) == exported(unbroken)


def test_an_interrupted_sweep_goes_on_and_does_nothing_twice(unbroken, tmp_path):
    seen = []

    def stop(standing):
        seen.append(standing)
        if standing.fresh == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(EXPERIMENT, tmp_path, workers=0, progress=stop)
    assert len(load_results(tmp_path).runs) == 7
    results = sweep(EXPERIMENT, tmp_path, workers=0, progress=seen.append)
    assert (seen[8].stored, seen[8].total, seen[-1].fresh, seen[-1].stored) == (7, 18, 11, 18)
    assert len(results.sessions) == 2
    assert exported(tmp_path) == exported(unbroken)
    finished = results.sql("SELECT MAX(finished) AS last FROM runs")["last"][0]
    sweep(EXPERIMENT, tmp_path, workers=2)
    assert results.sql("SELECT MAX(finished) AS last FROM runs")["last"][0] == finished


def test_the_first_runs_of_a_sweep_are_a_sweep_of_fewer_replicates(tmp_path):
    def stop(standing):
        if standing.fresh == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(EXPERIMENT, tmp_path, workers=0, progress=stop)
    runs = load_results(tmp_path).runs
    assert list(runs["seed"]) == [1] * 6
    assert list(runs["point"]) == list(range(6))


def test_more_replicates_and_values_run_only_what_is_new(unbroken, tmp_path):
    (tmp_path / FILE).write_bytes((unbroken / FILE).read_bytes())
    wider = Factor(key="funding.level", values=[0.2, 0.5, 0.8], label="funding")
    grown = EXPERIMENT.model_copy(update={"replicates": 4, "factors": [FORM, wider]})
    seen = []
    results = sweep(grown, tmp_path, workers=0, progress=seen.append)
    assert (seen[0].stored, seen[-1].fresh, len(results.runs)) == (18, 18, 36)
    old = load_results(unbroken).runs
    again = results.runs[results.runs["run"].isin(old["run"])].reset_index(drop=True)
    assert again.drop(columns="point").equals(old.drop(columns="point"))


def test_points_that_mean_the_same_are_run_once(tmp_path):
    factor = Factor(key="title", values=["one", "other"])
    experiment = EXPERIMENT.model_copy(update={"factors": [factor], "replicates": 2})
    seen = []
    results = sweep(experiment, tmp_path, workers=0, progress=seen.append)
    assert (seen[-1].fresh, seen[-1].total, len(results.runs)) == (2, 2, 4)
    assert list(results.runs["title"]) == ["one", "one", "other", "other"]


def test_points_share_their_luck(tmp_path):
    """A mandate that comes after the end changes nothing, so runs of a seed are the same at both points."""
    factor = Factor(key="governance.founded", values=[70, 80], label="founded")
    experiment = EXPERIMENT.model_copy(update={"factors": [factor], "replicates": 2})
    results = sweep(experiment, tmp_path, workers=0)
    one, two, three, four = results.series("practising")
    assert np.array_equal(one, three)
    assert np.array_equal(two, four)
    assert not np.array_equal(one, two)
    assert results.runs["run"].is_unique


def brittle(**values):
    plan = load("baseline", SMALL).with_mechanism(Brittle(**values))
    return Experiment(name="brittle", scenario="brittle", factors=[FUNDING], replicates=4), {"brittle": plan}


def test_a_run_that_raises_stops_no_other(tmp_path):
    experiment, plans = brittle(raises=2)
    results = sweep(experiment, tmp_path, workers=0, plans=plans)
    assert len(results.runs) == 6
    failures = results.failures
    assert list(zip(failures["funding"], failures["seed"], strict=True)) == [(0.2, 2), (0.8, 2)]
    assert set(failures["kind"]) == {"raised"}
    assert set(failures["error"]) == {"ZeroDivisionError: no budget"}
    assert "in step" in failures["traceback"][0]
    assert list(results.missing["seed"]) == [2, 2]


def test_a_worker_that_dies_takes_only_its_run_with_it(tmp_path):
    experiment, plans = brittle(raises=1, dies=3)
    results = sweep(experiment, tmp_path, workers=2, plans=plans)
    assert list(results.runs["seed"]) == [2, 4, 2, 4]
    failures = results.failures
    assert list(zip(failures["point"], failures["seed"], strict=True)) == [(0, 1), (0, 3), (1, 1), (1, 3)]
    assert "ZeroDivisionError" in failures["error"][0]
    assert "its worker died, and a second one too: killed by SIGKILL" in failures["error"][1]


def test_outcomes_that_are_not_stored_come_in_the_order_of_the_tasks():
    tasks = [(point.plan, seed) for point in points(EXPERIMENT) for seed in (2, 1)]
    assert runner.outcomes_of(tasks, workers=0) == [run(plan, seed).outcome for plan, seed in tasks]
    plans = brittle(raises=2)[1]
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        runner.outcomes_of([(plans["brittle"], 1), (plans["brittle"], 2)], workers=0)


def test_a_wrong_experiment_leaves_no_folder(tmp_path):
    wrong = EXPERIMENT.model_copy(update={"factors": [Factor(key="funding.level", values=[0.1, 9.0])]})
    with pytest.raises(InputError, match=r"found 9.0"):
        sweep(wrong, tmp_path / "results")
    assert not (tmp_path / "results").exists()


FILE_TEXT = """
title = "Killed"
scenario = "baseline"
replicates = {replicates}
set = {{ organisation.employees = 60, weeks = 60 }}
[[factors]]
key = "governance.form"
values = ["none", "hub_and_spoke"]
"""


def test_ctrl_c_is_noted_once_and_raised_the_second_time():
    def press_twice():
        with stopping.interruptible() as stopped:
            assert not stopped()
            signal.raise_signal(signal.SIGINT)
            assert stopped()
            signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        press_twice()
    assert signal.getsignal(signal.SIGINT) is before


def test_on_the_command_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("killed.toml").write_text(FILE_TEXT.format(replicates=3))
    done = CliRunner().invoke(sweeping.sweep, ["killed.toml", "--workers", "0"])
    assert done.exit_code == 0
    assert "0 of 6 runs, compiling and starting workers" in done.stderr
    assert "6 of 6 runs" in done.stderr
    assert "hub_and_spoke" in done.stdout
    assert finding(load_results("killed")) in done.stdout
    again = CliRunner().invoke(sweeping.sweep, ["killed.toml", "--json"])
    found = json.loads(again.stdout)
    assert (found["runs"], found["finished"], found["failures"]) == (6, 6, [])
    assert sum(found["states"].values()) == 6
    assert found["finding"] == finding(load_results("killed"))


def test_status_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["/somewhere/bin/unsilo", "sweep", "killed.toml"])
    Path("killed.toml").write_text(FILE_TEXT.format(replicates=5))

    def stop(standing):
        if standing.fresh == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(load_experiment("killed.toml"), workers=0, progress=stop)
    said = CliRunner().invoke(results_commands.status, ["killed"]).stdout
    assert "4 of 10 runs" in said
    assert "6 runs are missing. To go on, the command that started it: unsilo sweep killed.toml" in said
    assert (
        json.loads(CliRunner().invoke(results_commands.status, ["results/killed", "--json"]).stdout)[
            "missing"
        ]
        == 6
    )
    sweep(load_experiment("killed.toml"), workers=0)
    assert (
        "Everything that the experiment asks for has finished."
        in CliRunner().invoke(results_commands.status, ["killed"]).stdout
    )


def test_too_many_runs_start_only_when_they_are_meant(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("killed.toml").write_text(FILE_TEXT.format(replicates=60_000))
    with pytest.raises(
        InputError, match=r"killed\.toml: replicates: .*: 120,000 runs; 100,000 runs or fewer"
    ):
        CliRunner().invoke(sweeping.sweep, ["killed.toml"], catch_exceptions=False)
    assert not Path("results").exists()


def grid(states, replicates):
    """Results of a grid whose points end in these states at all seeds: governance x funding."""

    class Told:
        experiment = Experiment(
            scenario="baseline",
            factors=[
                Factor(key="governance.form", label="governance", values=["none", "hub"]),
                Factor(key="funding.level", label="funding", values=[0.1, 0.9]),
            ],
        )
        asked = 4 * replicates
        runs = pd.DataFrame(
            [
                {
                    "point": 2 * g + f,
                    "governance": form,
                    "funding": level,
                    "seed": seed,
                    "state": states[2 * g + f],
                    "run": f"{g}{f}{seed}",
                }
                for g, form in enumerate(("none", "hub"))
                for f, level in enumerate((0.1, 0.9))
                for seed in range(replicates)
            ]
        )
        points = runs[["point", "governance", "funding"]].drop_duplicates()

    return Told()


def test_the_finding_names_the_factor_that_made_the_largest_difference():
    told = grid(["stalled", "siloed", "mixed", "converged"], 20)
    assert finding(told) == (
        "Of 80 runs 20 converged (25.0 %, 95 % interval 16.8-35.5), 20 broke into silos, 20 stalled and 20 stayed "
        "mixed; governance made the largest difference: hub 50 % (35-65) converged, against none 0 % (0-9)."
    )
    levels = by_level(told)
    assert [(one.factor, one.level, one.runs) for one in levels] == [
        ("governance", "none", 40), ("governance", "hub", 40), ("funding", 0.1, 40), ("funding", 0.9, 40),
    ]  # fmt: skip
    assert sum(one.share for one in levels[0].states.values()) == 1.0
    assert list(levels[0].states) == list(STATES)


def test_the_finding_claims_no_difference_that_luck_explains():
    few = grid(["stalled", "stalled", "stalled", "converged"], 2)
    assert "no factor made a difference to how many converged that stands out from luck" in finding(few)
    none = grid(["stalled"] * 4, 5)
    assert finding(none).endswith(
        "; no factor made any difference to how many converged or broke into silos."
    )
    silos = grid(["stalled", "stalled", "siloed", "siloed"], 20)
    assert "hub 100 % (91-100) broke into silos, against none 0 % (0-9)" in finding(silos)


def test_the_interval_is_wilsons():
    low, high = wilson(0.3, 40)
    from scipy.stats import binomtest

    exact = binomtest(12, 40).proportion_ci(method="wilson")
    assert (low, high) == pytest.approx((exact.low, exact.high))
    assert wilson(0.0, 10)[0] == 0.0
    assert wilson(1.0, 10)[1] == 1.0


@pytest.mark.parametrize("shared", [0.0, 2.0])
def test_intervals_cover_though_runs_share_their_luck(shared):
    """Logistic runs, 20 seeds at 12 points, whose log-odds share a normal part within a seed."""
    rng = np.random.default_rng(5)
    point, seed = (pd.Series(part.ravel()) for part in np.indices((12, 20)))

    def chance(luck):
        return 1.0 / (1.0 + np.exp(-(luck - 0.5)))

    truth = chance(shared * rng.normal(size=1_000_000)).mean()
    hits, plain = 0, 0
    for _ in range(400):
        luck = shared * rng.normal(size=20)
        hit = pd.Series(rng.random(240) < chance(luck[seed]))
        found = share(point, seed, hit)
        hits += found.low <= truth <= found.high
        low, high = wilson(found.share, 240)
        plain += low <= truth <= high
    assert 0.90 <= hits / 400 <= 0.99
    assert plain / 400 < 0.75 if shared else plain / 400 > 0.90


def test_what_mechanisms_print_stands_beside_what_machines_read(tmp_path):
    environment = installed(tmp_path)
    brittle_toml(tmp_path, raises=0)
    module = tmp_path / "brittle.py"
    module.write_text(
        module.read_text().replace("if org.week == 5", "print('a word')\n        if org.week == 5")
    )
    for workers in ("0", "1"):
        swept = unsilo(environment, "sweep", "fragile.toml", "--json", "--workers", workers)
        assert json.loads(swept.stdout)["finished"] == 6
        assert swept.stderr.count("a word\n") >= 6 * 20
        shutil.rmtree(tmp_path / "results")
    once = unsilo(environment, "run", "baseline", "--set", "brittle.raises=0", "--set", "weeks=20", "--json")
    assert json.loads(once.stdout)["weeks"] == 20
    assert once.stderr.count("a word\n") == 20


def test_runs_that_points_share_count_once_wherever_they_are_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("shared.toml").write_text(
        'scenario = "baseline"\nreplicates = 3\nset = { organisation.employees = 60, weeks = 10 }\n[[factors]]\n'
        'key = "governance"\nnames = ["own", "spelled", "none"]\n'
        'values = [{}, { form = "hub_and_spoke" }, { form = "none" }]\n'
    )

    def told(*words):
        return CliRunner().invoke(cli.unsilo, words)

    asked = load_experiment("shared.toml")
    assert design.runs_of(asked) == 6
    assert json.loads(told("sweep", "shared.toml", "--dry-run", "--json").stdout)["runs"] == 6
    swept = told("sweep", "shared.toml", "--workers", "0", "--json")
    assert "6 of 6 runs" in swept.stderr
    found = json.loads(swept.stdout)
    assert (found["runs"], found["finished"], sum(found["states"].values())) == (6, 6, 6)
    assert found["finding"].startswith("Of 6 runs ")
    standing = json.loads(told("status", "shared", "--json").stdout)
    assert (standing["runs"], standing["finished"], standing["missing"]) == (6, 6, 0)
    assert len(load_results("shared").runs) == 9, "each point has its rows"


@pytest.mark.parametrize("size", ["1" + "0" * 400, "9" * 305 + "TB", "0GB", "much", "1.2.3GB"])
def test_sizes_of_memory_that_are_none_are_refused(size):
    done = CliRunner().invoke(cli.unsilo, ["sweep", "quickstart", "--memory", size])
    assert done.exit_code == 2
    assert "is no size; write it as 2GB or 512MB" in done.output
