"""What the server of worker processes has done before it forks them; nobody else imports this."""

from __future__ import annotations

from contextlib import suppress

from sim.starting import starting

with (
    suppress(Exception),
    starting(),
):  # what cannot be imported is told of by the process that asks for workers
    import sim.sweeps.working  # noqa: F401
    from sim.sweeps.likeness import versions
    from sim.sweeps.living import load_kernels

    versions()
    load_kernels()
