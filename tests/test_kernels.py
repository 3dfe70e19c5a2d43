"""Compiled kernels never outlive the source they were compiled from."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from numba import types
from numba.core.itanium_mangler import mangle

from sim.organisation import Organisation
from sim.scenario import load

SIM = Path(__file__).parents[1] / "sim"
CALLER = """
from sim.kernels import kernel
from sim.callee import number

@kernel
def call():
    return 2 * number()
"""


def test_an_edit_of_a_kernel_reaches_the_kernels_that_call_it(tmp_path):
    """Numba's own cache would go on answering 2: it looks at the caller's file alone."""
    package = tmp_path / "sim"
    package.mkdir()
    for name in ("errors.py", "kernels.py", "source.py"):
        shutil.copy(SIM / name, package)
    (package / "__init__.py").touch()
    (package / "caller.py").write_text(CALLER)
    env = {key: value for key, value in os.environ.items() if key != "NUMBA_CACHE_DIR"}

    def answer(number):
        (package / "callee.py").write_text(
            f"from sim.kernels import kernel\n\n@kernel\ndef number():\n    return {number}\n"
        )
        line = "from sim.caller import call; print(call(), sum(call.stats.cache_hits.values()))"
        done = subprocess.run(
            [sys.executable, "-c", line], cwd=tmp_path, env=env, capture_output=True, text=True, check=True
        )
        return done.stdout.split()

    assert answer(1) == ["2", "0"]
    assert answer(1) == ["2", "1"], "what has not changed is not compiled again"
    assert answer(21) == ["42", "0"]
    assert len(list((package / "__pycache__").glob("kernels-*"))) == 2


def test_kernels_are_named_shortly_and_apart():
    """Numba's own names write out every field of every table: caches of 160 MB, and starts that wait for them."""
    state = Organisation(load("baseline", {"organisation.employees": 60}), 1).state
    kinds = [state._numba_type_, state.employees._numba_type_, state.departments._numba_type_]
    names = [mangle("step", [kind]) for kind in kinds]
    other = type(kinds[1])((name, types.int8[:]) for name in state.employees.fields)
    assert max(map(len, names)) < 100 < len(kinds[1].name)
    assert len({*names, mangle("step", [other])}) == 4


@pytest.mark.parametrize("words", [["run"], ["sweep", "quickstart"]])
def test_a_cache_that_cannot_be_written_is_named(tmp_path, words):
    environment = {**os.environ, "NUMBA_CACHE_DIR": "/proc/nothere"}
    command = [sys.executable, "-m", "sim", *words]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert not (tmp_path / "results").exists()
    assert ended.returncode == 2 and "Traceback" not in ended.stderr
    assert "NUMBA_CACHE_DIR: found '/proc/nothere'; a folder that can be written" in ended.stderr
