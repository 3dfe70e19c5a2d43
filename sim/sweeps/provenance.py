"""Where results come from: versions, machine, commit and command, so that a figure can be traced and made again."""

from __future__ import annotations

import platform
import shlex
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("unsilo", "mesa", "numpy", "numba", "scipy")


def provenance() -> dict[str, Any]:
    """What this process runs on; a package that is not installed (a plain checkout) has the version null."""
    return {
        "command": _command(),
        "python": platform.python_version(),
        **{name: _version(name) for name in PACKAGES},
        "platform": platform.platform(),
        "commit": _commit(),
    }


def _command() -> str:
    """How this process was started, with the name of its program and not the path."""
    name = Path(sys.argv[0]).name
    return shlex.join(["unsilo" if name == "__main__.py" else name, *sys.argv[1:]])


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _commit() -> str | None:
    """The git commit of the working folder, "+" where files differ from it, or null outside of git."""
    try:
        said = subprocess.run(
            ["git", "describe", "--always", "--abbrev=40", "--dirty=+", "--exclude=*"],
            capture_output=True, text=True, timeout=10, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return said.stdout.strip()
