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
    _mask.before = signal.pthread_sigmask(signal.SIG_BLOCK, set(_theirs))


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

    Signals that whoever started this process has it ignore stay ignored.
    """
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return
    raised = False

    def note(number: int, frame: object) -> None:
        nonlocal raised
        again = asked.is_set()
        asked.set()
        if again and not raised:
            raised = True
            raise KeyboardInterrupt

    before, theirs = {one: signal.getsignal(one) for one in _ASKS}, dict(_theirs)
    taken = {one: old for one, old in before.items() if old not in (signal.SIG_IGN, None)}
    for one, old in taken.items():
        take(one, note, theirs.get(one, old))
    try:
        yield asked.is_set
    finally:
        for one, old in taken.items():
            signal.signal(one, old)
            del _theirs[one]
        _theirs.update(theirs)
