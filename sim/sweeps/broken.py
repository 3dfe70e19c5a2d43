"""Broken runs: what is kept of a run that raised, overstayed, outgrew its memory or took its worker with it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal, get_args

Kind = Literal["raised", "timeout", "memory", "died"]
KINDS: tuple[Kind, ...] = get_args(Kind)

LONGEST = 500
"""Characters of an error that are stored."""

_LONGEST_TRACEBACK = 100_000  # an error's own words stand in it again

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}")


@dataclass(frozen=True)
class Broken:
    """A run that did not finish.

    Attributes:
        kind: it raised, took longer or more memory than allowed, or its worker died of it.
        error: what happened, in one line.
        traceback: where, as Python tells it; empty where nobody lived to tell.
        attempts: how often it was tried.
        seconds: how long it took in all.
    """

    kind: Kind
    error: str
    traceback: str = ""
    attempts: int = 1
    seconds: float = 0.0

    def __post_init__(self) -> None:
        """One line, no address of an object, as those differ each time, and only what can be written in UTF-8."""
        object.__setattr__(self, "error", " ".join(_ADDRESS.sub("0x...", _writable(self.error)).split()))
        object.__setattr__(self, "traceback", _writable(self.traceback))

    def shortened(self) -> Broken:
        """The same with no more than `LONGEST` characters of its error, and so many of its traceback that it can be stored."""
        cut = f"{self.error[: LONGEST - 3]}..." if len(self.error) > LONGEST else self.error
        told, half = self.traceback, _LONGEST_TRACEBACK // 2
        if len(told) > _LONGEST_TRACEBACK:
            told = f"{told[:half]}\n... {len(told) - 2 * half:,} characters ...\n{told[-half:]}"
        return replace(self, error=cut, traceback=told)


def _writable(text: str) -> str:
    """Text with an escape for each half of a character, as stand in names of files that are no UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode()
