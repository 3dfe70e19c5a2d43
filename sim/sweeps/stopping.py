"""How a sweep is asked to stop: Ctrl-C, or a signal to terminate as schedulers and supervisors send it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_ASKS = (signal.SIGINT, signal.SIGTERM)


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

    before = {one: signal.getsignal(one) for one in _ASKS}
    taken = {one: old for one, old in before.items() if old not in (signal.SIG_IGN, None)}
    for one in taken:
        signal.signal(one, note)
    try:
        yield asked.is_set
    finally:
        for one, old in taken.items():
            signal.signal(one, old)
