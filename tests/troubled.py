"""Sweeps in which some seeds make trouble, here and in scripts of somebody's."""

import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from trouble import Trouble

from benchmarks.kills import running
from sim.scenario import load
from sim.sweeps import Experiment

SMALL = {"organisation.employees": 60, "weeks": 60}


LINUX = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to see processes")


def troubled(replicates=8, **trouble):
    """An experiment of one point in which some seeds make trouble, and its scenario."""
    plan = load("baseline", SMALL).with_mechanism(Trouble(**trouble))
    return Experiment(name="troubled", scenario="own", replicates=replicates), {"own": plan}


def failures(results):
    """Kind, attempts and error of each run that was set aside, by its seed."""
    found = results.failures
    return {row.seed: (row.kind, row.attempts, row.error) for row in found.itertuples()}


def gone(group):
    """Whether all processes of a group end within some seconds."""
    until = time.monotonic() + 20
    while running(group) and time.monotonic() < until:
        time.sleep(0.05)
    return not running(group)


SCRIPT = """
    import sys, time
    from sim import load
    from sim.sweeps import Broken, Experiment, Limits, sweep
    sys.path.append({tests!r})
    from trouble import Trouble

    def main():
        plan = load("baseline", {{"organisation.employees": 60, "weeks": 60}}).with_mechanism(Trouble({trouble}))
        experiment = Experiment(name="script", scenario="own", replicates={replicates})
        tell = lambda standing: print(standing.stored, flush=True)
        results = sweep(experiment, "r", workers=2, plans={{"own": plan}}, progress=tell, limits=Limits({limits}))
        print(len(results.runs), len(results.failures))

    {guard}main()
"""


def script(folder, trouble="", replicates=6, limits="", guard="if __name__ == '__main__': "):
    """A sweep in a script of somebody's, in a group of processes of its own."""
    home = Path(__file__).parents[1]
    text = SCRIPT.format(
        tests=str(home / "tests"), trouble=trouble, replicates=replicates, limits=limits, guard=guard
    )
    (folder / "script.py").write_text(textwrap.dedent(text))
    environment = {**os.environ, "PYTHONPATH": str(home)}
    return subprocess.Popen(
        [sys.executable, "script.py"], cwd=folder, env=environment, start_new_session=True, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
