"""Status: what is done, failed and missing, said once or as long as a sweep goes on."""

import io
import json
import os
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from sim import cli
from sim.cli.results import _watch
from sim.errors import InputError
from sim.sweeps import Broken, load_results, standing, sweep
from sim.sweeps.replication import Precision
from sim.sweeps.standing import Account, Pace
from sim.sweeps.store import FILE, Store
from tests.stored import EXPERIMENT, asked, brittle_toml, design, finished, installed, stored


def test_a_pace_is_that_of_late(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(standing.time, "monotonic", lambda: now[0])
    pace = Pace(5)
    for now[0] in range(1, 101):
        rate = pace.rate(5 + int(now[0]))
    assert rate == 1.0
    for now[0] in range(101, 201):
        rate = pace.rate(5 + 100 + 4 * (int(now[0]) - 100))
    assert rate == 4.0


def test_what_went_before_the_first_run_does_not_slow_the_pace(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(standing.time, "monotonic", lambda: now[0])
    account = Account()
    account.total, now[0] = 100, 60.0
    account.begin()
    account.fresh, now[0] = 20, 70.0
    assert account.standing().rate == 2.0
    assert account.standing().left == 40.0


def status(folder, *words):
    return CliRunner().invoke(cli.unsilo, ["status", str(folder), *words], env={"COLUMNS": "160"})


def test_what_is_done_failed_and_missing_and_with_what_it_was_made(tmp_path):
    keys = list(finished())
    broken = {keys[0]: Broken("raised", "ValueError: no"), keys[1]: Broken("timeout", "took longer than 1 s")}
    stored(tmp_path, keys[2:7], broken)
    said = status(tmp_path)
    assert said.exit_code == 1
    for part in (
        "5 of 8 runs: 5 stalled", "2: 1 raised, 1 timeout", "no sweep is writing here", "mesa 3", "numpy", "pandas",
        "0:1", "weeks = 30, departments = without", "ValueError: no", f"unsilo replay {tmp_path} 0:1 [--pdb]",
        "1 runs are missing. To go on, what started it:",
    ):  # fmt: skip
        assert part in said.stdout, part
    found = json.loads(status(tmp_path, "--json").stdout)
    assert (found["runs"], found["finished"], found["missing"]) == (8, 5, 1)
    assert found["failed"] == {"raised": 1, "timeout": 1}
    assert found["states"] == {"stalled": 5}
    assert [(one["point"], one["seed"], one["kind"]) for one in found["failures"]] == [
        (0, 1, "raised"),
        (0, 2, "timeout"),
    ]
    assert {"command", "python", "seaborn", "cpu", "engine", "dirty"} <= found["sessions"][0].keys()


def test_when_all_has_finished_it_exits_with_0(tmp_path):
    stored(tmp_path)
    said = status(tmp_path)
    assert said.exit_code == 0
    assert "Everything that the experiment asks for has finished." in said.stdout
    watched = status(tmp_path, "--watch", "--json")
    assert [json.loads(line)["finished"] for line in watched.stdout.splitlines()] == [8]


def test_later_rounds_of_a_precision_are_no_runs_of_an_earlier_design(tmp_path):
    precise = EXPERIMENT.model_copy(
        update={"precision": Precision(outcome="A", within=0.001, least=2, batch=2), "replicates": 6}
    )
    sweep(precise, tmp_path, workers=0).close()
    with Store(tmp_path, precise, {}) as target:
        target.plan(design(), asked())  # its first round, of seeds 1 and 2
    assert load_results(tmp_path).standing["besides"] == 0
    with Store(tmp_path, precise, {}) as target:
        target.plan(design()[:2], asked(design()[:2]))
    assert load_results(tmp_path).standing["besides"] > 0, "those of points that it has no more"
    with Store(tmp_path, EXPERIMENT, {}) as target:
        target.plan(design()[:2], asked(design()[:2]))
    assert load_results(tmp_path).standing["besides"] > 0


def test_a_sweep_that_was_stopped_before_it_had_asked_for_all_its_runs_has_not_finished(tmp_path):
    stored(tmp_path).close()
    with Store(tmp_path, EXPERIMENT, {"command": "unsilo sweep mine.toml"}) as target:
        target.plan(design(), asked())
    said = status(tmp_path)
    assert "8 of 8 runs" in said.stdout
    assert "stopped before it came to its end. To go on, the command that started it: unsilo" in said.stdout
    assert json.loads(status(tmp_path, "--json").stdout)["complete"] is False


def test_runs_of_an_earlier_design_are_counted_beside_the_present_ones(tmp_path):
    stored(tmp_path).close()
    with Store(tmp_path, EXPERIMENT, {}) as target:
        target.plan(design(), asked()[:5])
    assert "3 of an earlier design or source" in status(tmp_path).stdout


def test_a_watch_lets_go_of_the_store_between_looks(tmp_path, monkeypatch):
    from sim.cli import results as commands

    stored(tmp_path).close()
    target = Store(tmp_path, EXPERIMENT, {})
    target.plan(design(), asked())
    monkeypatch.setattr(commands.time, "sleep", lambda seconds: target.__exit__())
    assert status(tmp_path, "--watch").exit_code == 0
    assert {path.name for path in tmp_path.iterdir()} == {FILE, ".lock"}


def test_a_sweep_that_writes_is_seen(tmp_path):
    stored(tmp_path, list(finished())[:3])
    with Store(tmp_path, EXPERIMENT, {}):
        said = status(tmp_path).stdout
        assert "a sweep is writing here" in said
        assert "To go on" not in said


def test_only_the_first_of_many_failures_are_listed(tmp_path, monkeypatch):
    from sim.cli import results as commands

    monkeypatch.setattr(commands, "_SHOWN", 3)
    stored(tmp_path, [], dict.fromkeys(finished(), Broken("died", "killed by signal 9")))
    said = status(tmp_path).stdout
    assert said.count("killed by signal 9") == 3
    assert "and 5 more" in said
    assert "All others have finished" in said


def begun(folder):
    try:
        return load_results(folder / "results" / "fragile").asked
    except InputError:
        return False


def terminal_says(terminal):
    said = b""
    while True:
        try:
            said += os.read(terminal, 4096)
        except OSError:  # the other end has closed
            return said


@pytest.mark.skipif(sys.platform == "win32", reason="terminals are POSIX's here")
def test_a_sweep_is_watched_until_it_ends_by_lines_in_place_and_no_longer_than_one_likes(tmp_path):
    import pty

    environment = installed(tmp_path)
    brittle_toml(tmp_path, raises=2)
    (tmp_path / "hold").touch()

    def start(*words, **streams):
        return subprocess.Popen(
            [sys.executable, "-m", "sim", *words], cwd=tmp_path, env=environment, **streams
        )

    sweep = start("sweep", "fragile.toml", "--workers", "0", stdout=-1, stderr=-1)
    while not begun(tmp_path):
        assert sweep.poll() is None, sweep.communicate()
        time.sleep(0.05)
    ours, theirs = pty.openpty()
    environment["TERM"] = "xterm"
    streams = {"text": True, "stdout": -1, "stderr": -1}
    left = start("status", "fragile", "--watch", **streams)
    piped = start("status", "fragile", "--watch", **streams)
    shown = start("status", "fragile", "--watch", stdout=theirs, stderr=theirs, stdin=theirs)
    os.close(theirs)

    assert "runs finished" in left.stdout.readline()
    first = piped.stdout.readline()
    assert first.startswith("0 of 6 runs finished")
    in_place = os.read(ours, 4096)
    left.send_signal(signal.SIGINT)
    assert left.communicate(timeout=20)[1] == "\nNo longer watching; a sweep goes on by itself.\n"
    assert left.returncode == 130
    assert sweep.poll() is None

    (tmp_path / "hold").unlink()
    said, error = piped.communicate(timeout=60)
    in_place += terminal_says(ours)
    os.close(ours)
    assert (sweep.wait(10), piped.returncode, shown.wait(10), error) == (1, 1, 1, "")
    lines = [line for line in said.splitlines() if "runs finished" in line]
    assert lines[-1].startswith("4 of 6 runs finished: 4 stalled; 2 failed: 2 raised")
    assert "a second" in lines[-1]
    assert (
        "All others have finished. To try those that failed again, the command that started it: unsilo sweep fragile.toml"
        in said
    )
    assert in_place.count(b"runs finished") >= 2
    assert b"\x1b[2K" in in_place and b"Traceback" not in in_place
    sweep.communicate()


def test_the_pace_of_a_watch_is_that_of_late_and_leaves_out_the_start(monkeypatch, capsys):
    clock = [0.0]

    def asleep(seconds):
        clock[0] += seconds

    def standing(_):
        done = max(0, int(40 * (clock[0] - 40.0)))  # workers start until then
        going = clock[0] < 80.0
        return {
            "finished": done,
            "failed": {},
            "states": {},
            "runs": 4000,
            "missing": 4000 - done,
            "sweeping": going,
        }

    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(time, "sleep", asleep)
    monkeypatch.setattr("sim.sweeps.load_results", lambda name: io.StringIO())
    monkeypatch.setattr("sim.cli.results._standing", standing)
    _watch("any", as_json=True)
    rates = [json.loads(line)["rate"] for line in capsys.readouterr().out.splitlines()]
    assert rates[:9] == [0.0] * 9
    assert all(rate == pytest.approx(40.0) for rate in rates[9:])
