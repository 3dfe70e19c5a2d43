"""How long it is since something was heard of."""

from __future__ import annotations

import time

_SUSPENDED = 0.5  # seconds between two looks of which more were not spent looking on


class Since:
    """Counts the seconds since something was heard of, as far as anybody looked on: none while this process is suspended.

    Attributes:
        seconds: as of the last look.
    """

    def __init__(self) -> None:
        self.now()

    def now(self) -> None:
        """It is heard of."""
        self.seconds, self._looked = 0.0, time.monotonic()

    def look(self, counts: bool = True) -> None:
        """Count the time since the last look, if that counts."""
        before, self._looked = self._looked, time.monotonic()
        if counts:
            self.seconds += min(self._looked - before, _SUSPENDED)
