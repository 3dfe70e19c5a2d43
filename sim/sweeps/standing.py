"""How far a sweep has come: what is told while it goes on, reckoned from what has ended of late."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

_LATELY = 30.0  # seconds from which the pace is reckoned
_ENOUGH = 20  # runs from which it is, where they take longer


@dataclass(frozen=True)
class Standing:
    """How far a sweep has come.

    Attributes:
        total: runs to be had in the end, each once; those of rounds to come are not known yet.
        stored: of these, how many are in the store.
        failed: how many have been set aside since this start.
        fresh: how many have been stored since this start.
        seconds: since this start.
        rate: runs a second of late, those that were set aside included.
        states: how many of those stored ended in each state.
        in_hand: how many have been handed to workers, where the sweep was asked to stop and waits for them.
        workers: how many live runs at a time; 0 while there is nobody, as may be on a cluster.
        slow: a run that takes far longer than any before it, in words, and the seconds that it has taken.
    """

    total: int
    stored: int
    failed: int = 0
    fresh: int = 0
    seconds: float = 0.0
    rate: float = 0.0
    states: Mapping[str, int] = field(default_factory=dict)
    in_hand: int | None = None
    slow: tuple[str, float] | None = None
    workers: int = 1

    @property
    def done(self) -> int:
        """Runs that need no more work: stored, or set aside since this start."""
        return self.stored + self.failed

    @property
    def left(self) -> float | None:
        """Seconds to go at that pace, or None while nothing can be said."""
        return (self.total - self.done) / self.rate if self.rate > 0.0 else None


class Pace:
    """How many runs end a second, of late.

    Args:
        ended: how many had ended before.
    """

    def __init__(self, ended: int = 0) -> None:
        self._lately = deque([(time.monotonic(), ended)])

    def rate(self, ended: int) -> float:
        """The pace, now that so many have."""
        now, lately = time.monotonic(), self._lately
        if ended != lately[-1][1]:
            lately.append((now, ended))
        while len(lately) > 2 and now - lately[1][0] > _LATELY and ended - lately[1][1] > _ENOUGH:
            lately.popleft()
        (since, some) = lately[0]
        return (ended - some) / (now - since) if ended > some and now > since else 0.0


class Account:
    """Keeps count of what has been stored and set aside."""

    def __init__(self) -> None:
        self.total = self.before = self.fresh = self.failed = 0
        self.states: Counter[str] = Counter()
        self.longest = 0.0
        self._began = time.monotonic()
        self._pace = Pace()

    def begin(self) -> None:
        """Reckon the pace from now on: what went before was no run."""
        self._pace = Pace(self.fresh + self.failed)

    def standing(
        self, in_hand: int | None = None, slow: tuple[str, float] | None = None, workers: int = 1
    ) -> Standing:
        """How it stands."""
        rate = self._pace.rate(self.fresh + self.failed)
        return Standing(
            self.total, self.before + self.fresh, self.failed, self.fresh, time.monotonic() - self._began, rate,
            dict(self.states), in_hand, slow, workers,
        )  # fmt: skip
