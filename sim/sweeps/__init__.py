"""Sweeps: an experiment's design, its runs on several processes, and the store that keeps each of them once."""

from __future__ import annotations

from sim.sweeps.broken import Broken
from sim.sweeps.design import Point, load_experiment, points
from sim.sweeps.experiment import Experiment
from sim.sweeps.factor import Factor
from sim.sweeps.key import code_digest, run_key
from sim.sweeps.place import Unwritable
from sim.sweeps.results import Results, load_results
from sim.sweeps.runner import Standing, sweep
from sim.sweeps.summary import by_level, finding
from sim.sweeps.worker import Limits

__all__ = [
    "Broken",
    "Experiment",
    "Factor",
    "Limits",
    "Point",
    "Results",
    "Standing",
    "Unwritable",
    "by_level",
    "code_digest",
    "finding",
    "load_experiment",
    "load_results",
    "points",
    "run_key",
    "sweep",
]
