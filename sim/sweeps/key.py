"""Keys of runs: what decides a run's result, in one hash - its scenario, its seed, and the code that lived it.

An edit of the engine or of a mechanism gives every run it may touch another key, so no stale result is ever reused.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterator
from functools import cache
from importlib.util import resolve_name
from pathlib import Path
from types import ModuleType

from sim.errors import Fault, InputError
from sim.scenario import Scenario
from sim.source import digest_of, engine_digest

_TRUSTED = {"sim", "pydantic", "builtins", "abc", "typing"}


def run_key(plan: Scenario, seed: int) -> str:
    """The key under which a run is stored: 32 hexadecimal digits."""
    return key_of_run(plan.hash(), code_digest(plan), seed)


def key_of_run(scenario: str, code: str, seed: int) -> str:
    """The same, from a scenario's hash and a digest of its code that are known already."""
    return _digest(f"{scenario}/{code}/{int(seed)}".encode())


def code_digest(plan: Scenario) -> str:
    """A digest of the source that decides what a scenario's runs give.

    That is the engine and its mechanisms, and for each mechanism of one's own the file of its class and of its base
    classes, with those modules of the same folder or package that they import.

    Raises:
        InputError: a mechanism of one's own has no source file (it was typed into a shell).
    """
    own = {
        kind for one in plan.mechanisms for kind in type(one).__mro__ if _top(kind.__module__) not in _TRUSTED
    }
    faults = [
        Fault(
            f"mechanism {kind.__name__}",
            "has no source file",
            "a class in a .py file: runs are keyed by their source",
        )
        for kind in sorted(own, key=lambda kind: kind.__name__)
        if _file(kind.__module__) is None
    ]
    if faults:
        raise InputError(faults)
    return _code(frozenset(own))


@cache
def _code(kinds: frozenset[type]) -> str:
    """By the classes themselves: one that is loaded anew, after an edit, is another."""
    if not kinds:
        return engine_digest()
    files: dict[str, Path] = {}
    for name in {kind.__module__ for kind in kinds}:
        files |= _sources(sys.modules[name])
    return _digest(f"{engine_digest()}/{digest_of(files)}".encode())  # the engine as it was loaded


def _file(name: str) -> Path | None:
    """The source file of a module that is loaded, if it has one."""
    file = Path(getattr(sys.modules.get(name), "__file__", None) or "")
    return file.resolve() if file.suffix == ".py" and file.is_file() else None


def _sources(start: ModuleType) -> dict[str, Path]:
    """The files of a module and of those that it imports from its own package or folder, now or later, by module name."""
    name, file = start.__name__, _file(start.__name__)
    assert file, "its class was refused"
    if name in ("__main__", "__mp_main__"):  # here or on a worker; with -m it is a module all the same
        name = start.__spec__.name if start.__spec__ else "__main__"
    home = file.parent
    depth = name.count(".") + (file.name == "__init__.py")
    root = home.parents[depth - 1] if depth else home
    found: dict[str, Path] = {}
    first = name
    queue = [(name, start.__package__ or "", file)]
    while queue:
        name, package, file = queue.pop()
        near = file.parent == home or (depth and _top(name) == _top(first))
        if name not in found and near:
            found[name] = file
            for other in _imports(package, file):
                place = root.joinpath(*other.split("."))
                for lying in (place / "__init__.py", place.with_suffix(".py"), _file(other)):
                    if lying and lying.is_file():
                        queue.append(
                            (other, other if lying.name == "__init__.py" else other.rpartition(".")[0], lying)
                        )
                        break
    return found


def _imports(package: str, file: Path) -> Iterator[str]:
    """The full names of what a module of a package imports, and of what might be a module among them."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = resolve_name("." * node.level + (node.module or ""), package or None)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _top(module: str) -> str:
    return module.partition(".")[0]


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()
