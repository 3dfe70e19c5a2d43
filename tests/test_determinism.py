"""The same scenario and seed give the same bytes, on every Python, Mesa, thread count and platform release.

`baseline.json` holds a handful of runs exactly. When results change on purpose, write it anew and say so in the
changelog: python tests/test_determinism.py
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.organisation import Organisation, run
from sim.scenario import load

ROOT = Path(__file__).parents[1]
BASELINE = Path(__file__).with_name("baseline.json")
RUNS = {
    "the baseline": ("baseline", {}, 1),
    "no governance, a year": ("no_governance", {"weeks": 52}, 2),
    "one central desk, overloaded": ("centralised", {"funding.level": 0.1, "sponsorship.engagement": 0.9}, 3),
    "two hubs, fixed funding": ("multiple_hubs", {"funding.mode": "fixed", "organisation.employees": 150}, 4),
    "everybody teaches": ("holistic", {"organisation.employees": 240, "sponsorship.engagement": 0.7}, 5),
    "desks of their own, media strategy": ("media_strategy", {"governance.form": "decentralised"}, 6),
    "every mechanism and event": ("everything", {"organisation.employees": 300}, 7),
    "small firms in an alliance": ("small_firms_alliance", {"weeks": 104}, 8),
}


def kept(name, threads=1):
    scenario, changes, seed = RUNS[name]
    record = run(load(scenario, changes), seed, threads)
    outcome = record.outcome
    return {
        "digest": record.digest(),
        "state": outcome.state,
        "A": outcome.A,
        "practitioner_weeks": outcome.practitioner_weeks,
    }


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", RUNS)
def test_runs_are_those_of_the_baseline_file(name, threads):
    assert kept(name, threads) == json.loads(BASELINE.read_text())[name]


@pytest.mark.parametrize("threads", ["1", "2"])
def test_the_number_of_threads_of_libraries_makes_no_difference(threads, small):
    text = "from sim import load, run; print(run(load('baseline', {'organisation.employees': 120, 'weeks': 104}), 1).digest())"
    limits = {"NUMBA_NUM_THREADS": threads, "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
    done = subprocess.run(
        [sys.executable, "-c", text],
        cwd=ROOT,
        env=os.environ | limits,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == run(small(), 1).digest()


def test_seeds_differ_and_repeat(small):
    digests = [run(small(), seed).digest() for seed in (1, 2, 1)]
    assert digests[0] == digests[2] != digests[1]


def test_looking_at_a_run_does_not_change_it(small):
    org = Organisation(small(), 1)
    while org.week < 104:
        org.step()
        _ = org.measures, org.adoption, org.random.random(), org.rng.random()
        if org.week == 50:
            list(org.agents)
    assert org.record.digest() == run(small(), 1).digest()


if __name__ == "__main__":
    BASELINE.write_text(json.dumps({name: kept(name) for name in RUNS}, indent=2) + "\n")
