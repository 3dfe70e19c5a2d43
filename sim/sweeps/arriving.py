"""Arriving on a worker of Dask: this imports nothing itself, so that importing can be begun well."""

from __future__ import annotations

from sim.starting import starting
from sim.sweeps.forking import begin


def arrive() -> None:
    """Have the server of this worker's processes begin, and import what runs take meanwhile."""
    begin()
    with starting():
        import sim.sweeps.outpost  # noqa: F401
