"""Starting: what a run needs is imported without delay, and what it does without when somebody asks for it."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from threading import RLock
from types import ModuleType
from typing import Any

_LATER = ("mesa.experimental", "networkx", "pandas")
_LOADING = RLock()


@contextmanager
def starting() -> Iterator[None]:
    """Import what a process needs that is there to live runs.

    Garbage is not collected meanwhile, which would look again and again through what stays for good. Mesa comes first, as its
    loggers look through all modules that are there.
    """
    gc.disable()
    try:
        import mesa  # noqa: F401

        yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def later() -> Iterator[None]:
    """Have modules wait that Mesa imports for other ends than runs: they are loaded when something of them is asked for."""
    sys.meta_path.insert(0, _Later)
    try:
        yield
    finally:
        sys.meta_path.remove(_Later)


class _Waiting(ModuleType):
    """A module that is loaded when something of it is asked for, which includes its place, for whoever imports a part of it.

    The library's lazy modules are loaded by a look at their `__file__` as well, which Mesa's loggers take at every module.
    """

    def __getattr__(self, name: str) -> Any:
        own = vars(self)
        with _LOADING:
            if type(self) is _Waiting:
                if "__path__" in own:
                    raise AttributeError(f"module {self.__name__!r} is being loaded and has no {name!r} yet")
                own["__path__"] = own["__spec__"].submodule_search_locations
                try:
                    own["__loader__"].exec_module(self)
                except BaseException:
                    sys.modules.pop(self.__name__, None)
                    del own["__path__"]
                    raise
                self.__class__ = ModuleType  # type: ignore[assignment]
        return getattr(self, name)

    def __dir__(self) -> Any:
        self.__path__  # noqa: B018
        return super().__dir__()


class _Later:
    """Finds the modules that wait, and has them wait."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        """Where the package is, if it is one of those that wait."""
        spec = PathFinder.find_spec(name, path, target) if name in _LATER else None
        if spec and spec.loader and spec.submodule_search_locations:
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
        del module.__path__
        module.__class__ = _Waiting
