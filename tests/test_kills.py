"""Sweeps in processes of their own, killed at random moments or asked to stop: nothing is lost, and nobody left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks import kills
from benchmarks.contents import content
from sim.sweeps import load_experiment, load_results, sweep
from sim.sweeps.store import FILE

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="needs /proc to see which processes are left"
)

TEXT = """
scenario = "baseline"
replicates = 150
set = { organisation.employees = 60, weeks = 60 }
[[factors]]
key = "governance.form"
values = ["none", "hub_and_spoke"]
"""


def test_killed_sweeps_lose_nothing_and_end_with_the_bytes_of_an_unbroken_one(tmp_path):
    account = kills.kill_sweeps(tmp_path, kills=6, runs=400, seed=time.time_ns())
    assert account.kills.total() == 6
    assert account.sound, account


def test_the_count_of_kills_notices_what_is_lost_or_changed(tmp_path):
    experiment = kills.experiment(8)
    sweep(experiment, tmp_path, workers=0)
    before = kills.stored(tmp_path)
    assert len(before) == 8
    assert kills.running(os.getpgrp())
    one = min(before)
    for spoil, lost in (
        ("UPDATE runs SET finished = '' WHERE key = ?", 0),
        ("DELETE FROM runs WHERE key = ?", 1),
    ):
        kills.sqlite3.connect(tmp_path / FILE, isolation_level=None).execute(spoil, (one,))
        after = kills.stored(tmp_path)
        assert len(before.keys() - after.keys()) == lost
        assert after.get(one) != before[one]


@pytest.mark.parametrize("where", [[], ["--dask", "local"]], ids=["processes", "dask"])
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_the_command_line_stops_with_130_and_goes_on(tmp_path, sent, where):
    if where:
        pytest.importorskip("distributed", reason="dask is not installed: pip install '.[cluster]'")
    file = tmp_path / "stopped.toml"
    file.write_text(TEXT)
    home = Path(__file__).parents[1]
    command = [sys.executable, "-m", "sim", "sweep", file.name, "--workers", "2", *where]
    process = subprocess.Popen(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(home)}, start_new_session=True, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    folder = tmp_path / "results" / "stopped"
    while len(kills.stored(folder)) < 10:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    os.killpg(process.pid, sent)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    first = len(load_results(folder).runs)
    assert 10 <= first < 300
    assert f"Stopped: {first} of 300 runs are stored. The same command goes on from there." in said
    until = time.monotonic() + 20
    while kills.running(process.pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not kills.running(process.pid)
    experiment = load_experiment(file)
    seen = []
    sweep(experiment, folder, workers=0, progress=seen.append)
    assert (seen[0].stored, seen[-1].fresh) == (first, 300 - first)
    sweep(experiment, tmp_path / "whole", workers=0)
    assert content(folder) == content(tmp_path / "whole")
