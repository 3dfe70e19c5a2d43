"""What the server of worker processes has done before it forks them; nobody else imports this."""

from __future__ import annotations

from sim.starting import starting

with starting():
    import sim.sweeps.worker  # noqa: F401
    from sim.sweeps.work import load_kernels

    load_kernels()
