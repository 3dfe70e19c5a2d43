"""What is wrong with something a user handed over, said once and all at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One thing wrong: where it is, what was found, what is allowed, and the nearest known name."""

    where: str
    found: str
    allowed: str
    file: str = ""
    nearest: str = ""

    def __str__(self) -> str:
        place = f"{self.file}: {self.where}" if self.file else self.where
        hint = f" (did you mean {self.nearest!r}?)" if self.nearest else ""
        return f"{place}: {self.found}; {self.allowed}{hint}"


class InputError(ValueError):
    """The input is wrong; carries every fault found, and the command line ends with exit code 2."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


def nearest_name(name: str, known: Iterable[str]) -> str:
    """The known name closest to what was typed, or an empty string if none is close."""
    return next(iter(difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)), "")
