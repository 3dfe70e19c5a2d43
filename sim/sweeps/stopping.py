"""How a sweep is asked to stop: Ctrl-C, or a signal to terminate as schedulers and supervisors send it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_ASKS = (signal.SIGINT, signal.SIGTERM)

_theirs: dict[int, Any] = {}
"""How the children that a run forks deal with the signals that are for the sweep: as if there were none."""
_mask = threading.local()


def take(asks: int, handler: Callable[[int, Any], None], theirs: Any = signal.SIG_DFL) -> None:
    """Deal with a signal here, and let what a run forks deal with it in their way."""
    _theirs[asks] = theirs
    signal.signal(asks, handler)


def _before_fork() -> None:
    """Hold signals back: one that a child is sent as it begins would be for the handler that it still has, and be lost."""
    _mask.before = signal.pthread_sigmask(signal.SIG_BLOCK, ())  # known before any handler can raise
    signal.pthread_sigmask(signal.SIG_BLOCK, set(_theirs))


def _after_fork() -> None:
    signal.pthread_sigmask(signal.SIG_SETMASK, _mask.before)


def _in_child() -> None:
    for asks, theirs in _theirs.items():
        signal.signal(asks, theirs)
    _theirs.clear()
    _after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_in_child)


def surely(do: Callable[[], None]) -> None:
    """Do what has to be done at the end, however often Ctrl-C is pressed meanwhile."""
    while True:
        try:
            return do()
        except KeyboardInterrupt:
            continue


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Being asked to stop is noted instead of raised, so that it never falls into a transaction; a second time it is raised.

    Signals that whoever started this process has it ignore stay ignored. Sweeps may begin and end in any order.
    """
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return
    try:
        _sweeps.append(asked)
        if len(_sweeps) == 1:
            _listen()
        yield asked.is_set
    finally:
        last = _sweeps == [asked]
        _sweeps.remove(asked)
        if last:
            _listen_no_more()


_sweeps: list[threading.Event] = []
"""Those that are going on, and whether they have been asked to stop."""
_raised = threading.Event()
_before: dict[int, Any] = {}
"""How signals were dealt with before the first of them."""
_children_before: dict[int, Any] = {}


def _listen() -> None:
    _raised.clear()
    _children_before.update(_theirs)
    for one in _ASKS:
        old = signal.getsignal(one)
        if old not in (signal.SIG_IGN, None):
            _before[one] = old  # before it is taken: Ctrl-C may fall in between
            take(one, _note, _theirs.get(one, old))


def _listen_no_more() -> None:
    before = sorted(_before.items(), reverse=True)
    _before.clear()
    _theirs.clear()
    _theirs.update(_children_before)
    _children_before.clear()
    for one, old in before:  # SIGINT last: as soon as it is given back, Ctrl-C raises
        if signal.getsignal(one) is _note:  # in a child it is not
            signal.signal(one, old)


def _note(number: int, frame: object) -> None:
    again = any(one.is_set() for one in _sweeps)
    for one in _sweeps:
        one.set()
    if again and not _raised.is_set():
        _raised.set()
        raise KeyboardInterrupt
