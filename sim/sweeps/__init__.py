"""Sweeps: an experiment's design, its runs on several processes, and the store that keeps each of them once."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.sweeps.broken import Broken
    from sim.sweeps.design import points
    from sim.sweeps.experiment import Experiment
    from sim.sweeps.factor import Factor
    from sim.sweeps.key import code_digest, run_key
    from sim.sweeps.place import Unwritable
    from sim.sweeps.point import Point
    from sim.sweeps.reading import load_experiment
    from sim.sweeps.results import Results, load_results
    from sim.sweeps.runner import sweep
    from sim.sweeps.standing import Standing
    from sim.sweeps.summary import by_level, finding
    from sim.sweeps.worker import Limits

_HOMES = {
    "Broken": "broken",
    "Experiment": "experiment",
    "Factor": "factor",
    "Limits": "worker",
    "Point": "point",
    "Results": "results",
    "Standing": "standing",
    "Unwritable": "place",
    "by_level": "summary",
    "code_digest": "key",
    "finding": "summary",
    "load_experiment": "reading",
    "load_results": "results",
    "points": "design",
    "run_key": "key",
    "sweep": "runner",
}

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


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for: workers need few of them."""
    if name in _HOMES:
        return getattr(import_module(f"sim.sweeps.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'sim.sweeps' has no attribute {name!r}")
