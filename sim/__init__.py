"""Unsilo: how an organisation adopts social practices and becomes a social business, or breaks into silos."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.analysis.comparison import compare
    from sim.mechanisms.base import Mechanism
    from sim.organisation import Organisation, run
    from sim.scenario import Scenario, load
    from sim.sweeps import load_results, sweep

__all__ = ["Mechanism", "Organisation", "Scenario", "compare", "load", "load_results", "run", "sweep"]

_HOMES = {
    "Mechanism": "sim.mechanisms.base",
    "Organisation": "sim.organisation",
    "Scenario": "sim.scenario",
    "compare": "sim.analysis.comparison",
    "load": "sim.scenario",
    "load_results": "sim.sweeps",
    "run": "sim.organisation",
    "sweep": "sim.sweeps",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that `unsilo --help` does not wait for it."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'sim' has no attribute {name!r}")
