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
from sim.source import digest_of, engine_digest, engine_files

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
    modules = tuple(sorted({kind.__module__ for kind in own}))
    faults = [
        Fault(
            f"mechanism {kind.__name__}",
            "has no source file",
            "a class in a .py file: runs are keyed by their source",
        )
        for kind in sorted(own, key=lambda kind: kind.__name__)
        if getattr(sys.modules.get(kind.__module__), "__file__", None) is None
    ]
    if faults:
        raise InputError(faults)
    return _code(modules)


@cache
def _code(modules: tuple[str, ...]) -> str:
    if not modules:
        return engine_digest()
    files = engine_files()
    for name in modules:
        files |= _sources(sys.modules[name])
    return digest_of(files)


def _sources(start: ModuleType) -> dict[str, Path]:
    """The files of a module and of those that it imports from its own package or folder, by module name."""
    home = Path(start.__file__ or "").resolve().parent
    found: dict[str, Path] = {}
    queue = [start]
    while queue:
        module = queue.pop()
        file = Path(getattr(module, "__file__", None) or "/").resolve()
        near = file.parent == home or (
            "." in start.__name__ and _top(module.__name__) == _top(start.__name__)
        )
        if module.__name__ not in found and near and file.suffix == ".py":
            found[module.__name__] = file
            queue += [sys.modules[name] for name in _imports(module, file) if name in sys.modules]
    return found


def _imports(module: ModuleType, file: Path) -> Iterator[str]:
    """The full names of what a module imports, and of what might be a module among them."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = resolve_name("." * node.level + (node.module or ""), module.__package__ or None)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _top(module: str) -> str:
    return module.partition(".")[0]


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()
