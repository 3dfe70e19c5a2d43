"""Where results come from: versions, machine, commit and command, so that a figure can be traced and made again."""

from __future__ import annotations

import os
import platform
import shlex
import sqlite3
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from sim.mechanisms import schedule
from sim.source import engine_digest

PACKAGES = (
    "unsilo", "mesa", "numpy", "scipy", "pandas", "numba", "llvmlite", "pydantic", "pydantic-core", "click", "rich",
    "matplotlib", "seaborn",
)  # fmt: skip
"""What every sweep runs on; the version of one that is not installed (unsilo, in a plain checkout) is null."""

EXTRAS = ("dask", "distributed", "cloudpickle", "pyarrow", "solara", "SALib")
"""What it may run on; only what is installed is named."""


def provenance() -> dict[str, Any]:
    """What this process runs on, and which source it runs: `engine` is the digest that runs' keys are made of."""
    extras = {name: found for name in (*EXTRAS, *_own()) if (found := _version(name))}
    commit, dirty = _commit()
    return {
        "command": _command(),
        "python": platform.python_version(),
        **{name: _version(name) for name in PACKAGES},
        **extras,
        "sqlite": sqlite3.sqlite_version,
        "platform": platform.platform(),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "engine": engine_digest(),
        "commit": commit,
        "dirty": dirty,
    }


def _own() -> list[str]:
    """Packages that bring mechanisms of their own."""
    from importlib.metadata import packages_distributions

    tops = {kind.__module__.partition(".")[0] for kind in schedule()} - {"sim"}
    known = packages_distributions() if tops else {}
    return sorted({name for top in tops for name in known.get(top, ())})


def _command() -> str:
    """How this process was started, with the name of its program and not the path."""
    name = Path(sys.argv[0]).name
    if name == "__main__.py":  # of `python -m package`
        name = Path(sys.argv[0]).parent.name
    return shlex.join(["unsilo" if name == "sim" else name, *sys.argv[1:]])


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _cpu() -> str:
    """The processor's name, as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _commit() -> tuple[str | None, bool | None]:
    """The git commit of the working folder, and whether tracked files differ from it; nothing outside of git."""
    head = _git("rev-parse", "--verify", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no") if head else None
    return head, None if changed is None else bool(changed)


def _git(*words: str) -> str | None:
    try:
        said = subprocess.run(["git", *words], capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return said.stdout.strip()
