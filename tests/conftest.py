"""What tests share: small organisations that run in milliseconds."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from sim.scenario import Scenario, load
from sim.sweeps.living import warm
from sim.sweeps.work import Parcel

if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
):  # as in the background of a shell: Ctrl-C is tested all the same
    signal.signal(signal.SIGINT, signal.default_int_handler)
settings.register_profile("untimed", deadline=None)  # the first call of a kernel compiles it
settings.load_profile("untimed")

DATA = Path(__file__).parents[2] / "shared" / "data"
FORMS = ("none", "decentralised", "centralised", "hub_and_spoke", "multiple_hubs", "holistic")


def pytest_sessionstart(session):
    """Compile kernels once, before there is a process a core to do it."""
    if session.config.getoption("numprocesses", None) and not hasattr(session.config, "workerinput"):
        warm(Parcel.of(load("everything")))


@pytest.fixture
def small() -> Callable[..., Scenario]:
    """A scenario of 120 employees and 104 weeks, with other values under dotted keys."""

    def make(name: str = "baseline", **changes: Any) -> Scenario:
        values = {key.replace("__", "."): value for key, value in changes.items()}
        return load(name, {"organisation.employees": 120, "weeks": 104, **values})

    return make


@pytest.fixture
def data() -> Callable[[str], Path]:
    """A folder of the real data sets, or a skip where they are not at hand."""

    def folder(name: str) -> Path:
        if not (DATA / name).is_dir():
            pytest.skip(f"the data set {name} is not beside this checkout")
        return DATA / name

    return folder
