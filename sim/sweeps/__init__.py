"""Sweeps: an experiment's design, its runs on several processes, and the store that keeps each of them once."""

from __future__ import annotations

from sim.sweeps.design import Point, load_experiment, points
from sim.sweeps.experiment import Experiment
from sim.sweeps.factor import Factor
from sim.sweeps.key import code_digest, run_key
from sim.sweeps.results import Failure, Results, load_results
from sim.sweeps.runner import Standing, sweep
from sim.sweeps.summary import by_level, finding

__all__ = [
    "Experiment",
    "Factor",
    "Failure",
    "Point",
    "Results",
    "Standing",
    "by_level",
    "code_digest",
    "finding",
    "load_experiment",
    "load_results",
    "points",
    "run_key",
    "sweep",
]
