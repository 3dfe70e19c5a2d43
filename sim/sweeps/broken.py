"""Broken runs: what is kept of a run that raised, overstayed, outgrew its memory or took its worker with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal["raised", "timeout", "memory", "died"]
KINDS: tuple[Kind, ...] = get_args(Kind)


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

    @classmethod
    def of(cls, error: BaseException, traceback: str = "", attempts: int = 1, seconds: float = 0.0) -> Broken:
        """A run that raised."""
        return cls("raised", f"{type(error).__name__}: {error}", traceback, attempts, seconds)
