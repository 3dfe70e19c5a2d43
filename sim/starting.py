"""Starting: what a run needs is imported without delay, and what it does without when somebody asks for it."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

_LATER = ("mesa.experimental", "networkx", "pandas", "scipy.linalg")


@contextmanager
def starting() -> Iterator[None]:
    """Import what a process needs that has one thread and lives runs.

    What runs do without waits, see `later`. Garbage is not collected, which would look again and again through what stays for
    good. And Mesa comes first, as its loggers look through all modules that are there.
    """
    gc.disable()
    try:
        with later():
            import mesa  # noqa: F401

            yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def later() -> Iterator[None]:
    """Have modules wait that Mesa imports for other ends than runs, and numba, as it loads its first kernel, for linear algebra.

    They are loaded when something of them is asked for, which must not be by several threads at once.
    """
    sys.meta_path.insert(0, _Later)
    try:
        yield
    finally:
        sys.meta_path.remove(_Later)


class _Waiting(ModuleType):
    """A module that is loaded when something of it is asked for.

    The library's lazy modules are loaded by a look at their `__file__` as well, which Mesa's loggers take at every module.
    """

    def __getattr__(self, name: str) -> Any:
        self.__class__ = ModuleType  # type: ignore[assignment]
        try:
            self.__loader__.exec_module(self)  # type: ignore[union-attr]
        except BaseException:
            sys.modules.pop(self.__name__, None)
            raise
        return getattr(self, name)


class _Later:
    """Finds the modules that wait, and has them wait."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        """Where the module is, if it is one of those that wait."""
        spec = PathFinder.find_spec(name, path, target) if name in _LATER else None
        if spec and spec.loader:
            spec.loader = _Put(spec.loader)  # type: ignore[assignment]
        return spec


class _Put:
    """Loads a module by having it wait for its own loader."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Made as its own loader makes it."""
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing yet."""
        module.__loader__ = self._loader
        if module.__spec__:
            module.__spec__.loader = self._loader
        module.__class__ = _Waiting
