"""Signals: sweeps that are stopped, suspended or killed, and the children that runs fork."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from benchmarks.kills import running
from sim.sweeps import load_results, stopping
from sim.sweeps.stopping import interruptible
from tests.troubled import LINUX, gone, script

WILD = """
import sys
from sim import load
from sim.sweeps import Experiment, sweep
from trouble import Trouble

if __name__ == "__main__":
    found = []
    for name, trouble in (("calm", {}), ("wild", {"forks": [2, 5], "bears": [3], "ends_others": [4]})):
        plan = load("baseline", {"organisation.employees": 60, "weeks": 60}).with_mechanism(Trouble(**trouble))
        asked = Experiment(name=name, scenario="own", replicates=30)
        results = sweep(asked, name, workers=int(sys.argv[1]), plans={"own": plan})
        assert len(results.runs) == 30, results.failures["traceback"].tolist()
        found.append(results.timelines().drop(columns="run"))
    print(found[0].equals(found[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing can fork here")
@pytest.mark.parametrize("workers", ["0", "2"])
def test_what_a_run_forks_or_starts_changes_nothing_of_others(tmp_path, workers):
    (tmp_path / "script.py").write_text(WILD)
    home = Path(__file__).parents[1]
    process = subprocess.Popen(
        [sys.executable, "script.py", workers], cwd=tmp_path, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (home, home / "tests")))},
    )  # fmt: skip
    try:
        said, errors = process.communicate(timeout=60)
        assert said.split()[-1] == "True"
        assert "Traceback" not in errors
        assert gone(process.pid)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


@LINUX
@pytest.mark.parametrize("trouble", ["pause=1000.0", "hangs=list(range(100))"])
def test_workers_go_with_a_sweep_that_is_killed_whatever_they_are_doing(tmp_path, trouble):
    process = script(tmp_path, trouble)
    try:
        assert process.stdout.readline() == "0\n"
        until = time.monotonic() + 60
        while len(running(process.pid)) < 5 and time.monotonic() < until:  # with fork server and tracker
            time.sleep(0.05)
        time.sleep(0.5)
        process.kill()
        assert gone(process.pid)
    finally:
        process.kill()
        process.communicate()


@LINUX
def test_a_sweep_that_is_suspended_and_resumed_sets_nothing_aside(tmp_path):
    process = script(tmp_path, "pause=0.3", replicates=20, limits="1.5")
    for line in process.stdout:
        if int(line) >= 3:
            break
    os.killpg(process.pid, signal.SIGSTOP)
    time.sleep(3.0)
    os.killpg(process.pid, signal.SIGCONT)
    said, _ = process.communicate(timeout=60)
    assert said.splitlines()[-1] == "20 0"


@LINUX
@pytest.mark.parametrize(
    ("sent", "times", "trouble"),
    [(signal.SIGTERM, 1, "pause=1.0"), (signal.SIGINT, 2, "sleeps=list(range(3, 100))")],
)
def test_asked_to_stop_a_sweep_finishes_what_it_has_begun_and_asked_again_it_stops_now(
    tmp_path, sent, times, trouble
):
    process = script(tmp_path, trouble, replicates=40)
    for line in process.stdout:
        if int(line) == 2:
            break
    for _ in range(times):
        os.killpg(process.pid, sent)
        time.sleep(0.3)
    said, errors = process.communicate(timeout=30)
    assert process.returncode != 0
    assert errors.rstrip().endswith("KeyboardInterrupt"), errors
    assert errors.count("Traceback") == 1, errors
    assert gone(process.pid)
    stored = len(load_results(tmp_path / "r").runs)
    assert stored == int((said or line).split()[-1])
    assert (stored > 2) == (times == 1)
    assert stored < 10
    assert {path.name for path in (tmp_path / "r").iterdir()} == {"results.sqlite", ".lock"}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_sweeps_that_end_in_any_order_leave_signals_as_they_were(order):
    before = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)]
    sweeps = [interruptible(), interruptible()]
    asked = [one.__enter__() for one in sweeps]
    signal.raise_signal(signal.SIGINT)
    assert [one() for one in asked] == [True, True]
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)
    sweeps[order[0]].__exit__(None, None, None)
    assert signal.getsignal(signal.SIGINT) != before[0]
    sweeps[order[1]].__exit__(None, None, None)
    assert [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)] == before
    with interruptible() as later:
        assert not later()


def test_a_sweep_that_begins_once_another_is_asked_to_stop_is_stopped_by_the_second_time():
    with interruptible():
        signal.raise_signal(signal.SIGINT)
        with interruptible() as inner:
            assert not inner()
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)


def test_ctrl_c_as_a_sweep_listens_no_more_leaves_nothing(monkeypatch):
    before = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)]
    given = signal.signal

    def interrupted(one, handler):
        given(one, handler)
        if (one, handler) == (signal.SIGINT, before[0]):
            raise KeyboardInterrupt

    sweep = interruptible()
    sweep.__enter__()
    with monkeypatch.context() as patched:
        patched.setattr(signal, "signal", interrupted)
        with pytest.raises(KeyboardInterrupt):
            sweep.__exit__(None, None, None)
    assert [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)] == before
    with interruptible() as asked:
        signal.raise_signal(signal.SIGINT)
        assert asked()


def test_ctrl_c_as_a_sweep_begins_to_listen_leaves_nothing(monkeypatch):
    before = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)]

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(stopping, "take", interrupted)
        with pytest.raises(KeyboardInterrupt):
            interruptible().__enter__()
    with interruptible() as asked:
        signal.raise_signal(signal.SIGINT)
        assert asked()
    assert [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)] == before
