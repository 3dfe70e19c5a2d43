"""Broken runs: what is kept of a run that raised, overstayed, outgrew its memory or took its worker with it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal, get_args

Kind = Literal["raised", "timeout", "memory", "died"]
KINDS: tuple[Kind, ...] = get_args(Kind)

LONGEST = 500
"""Characters of an error that are stored."""

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
        """One line, and no address of an object: those differ each time."""
        object.__setattr__(self, "error", " ".join(_ADDRESS.sub("0x...", self.error).split()))

    def shortened(self) -> Broken:
        """The same with no more than `LONGEST` characters of its error."""
        cut = f"{self.error[: LONGEST - 3]}..." if len(self.error) > LONGEST else self.error
        return replace(self, error=cut)

    @classmethod
    def of(cls, error: BaseException, traceback: str = "", attempts: int = 1, seconds: float = 0.0) -> Broken:
        """A run that raised."""
        return cls("raised", f"{type(error).__name__}: {error}", traceback, attempts, seconds)
