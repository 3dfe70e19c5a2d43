"""Names: ids of a roster's people, which belong to whoever reads the roster, are kept out of what is stored of failures."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from sim.sweeps.broken import Broken

PSEUDONYM = "<id>"
FILES = ("roster", "ties", "reports")
"""Keys of a scenario's `organisation` that name files of people."""

_COLUMNS = {"id", "manager", "source", "target"}
_WORD = re.compile(r"\w+")
_LINE = r'(", line \d+, in )'  # of a traceback: a number that is nobody's id


class Names:
    """The ids in the files of a roster, however wrong the files are otherwise."""

    def __init__(self, files: Iterable[Path]) -> None:
        self._by_word: dict[str, list[str]] = {}
        self._known = True
        found: set[str] = set()
        for file in files:
            try:
                text = file.read_text("utf-8-sig", "replace")
            except OSError:
                self._known = False
                continue
            try:
                found |= _ids(text)
            except csv.Error:
                found |= set(re.split(r"[,;\s\"]+", text))
        for name in filter(None, found):
            line = " ".join(name.split())
            self._by_word.setdefault(next(iter(_WORD.findall(line)), ""), []).append(line)

    def out_of(self, broken: Broken) -> Broken:
        """What became of a run without anybody's id; where the files are gone, without its message."""
        if not self._known:
            kind, colon, _ = broken.error.partition(":")
            gone = "its message is not kept: the roster cannot be read any more"
            return Broken(broken.kind, f"{kind}{colon} {gone}", "", broken.attempts, broken.seconds)
        return Broken(
            broken.kind,
            self._out_of(broken.error),
            self._out_of(broken.traceback),
            broken.attempts,
            broken.seconds,
        )

    def _out_of(self, text: str) -> str:
        line, words = " ".join(text.split()), {*_WORD.findall(text), ""}
        named = [name for word in words for name in self._by_word.get(word, ()) if name in line]
        if not named:
            return text
        named.sort(key=len, reverse=True)
        any_of = "|".join(r"\s+".join(map(re.escape, name.split())) for name in named)
        return re.sub(rf"{_LINE}|(?<!\w)(?:{any_of})(?!\w)", lambda match: match[1] or PSEUDONYM, text)


@lru_cache(maxsize=16)
def names_of(files: tuple[Path, ...]) -> Names:
    """The ids in files, read once."""
    return Names(files)


def _ids(text: str) -> set[str]:
    rows = csv.reader(io.StringIO(text, newline=""))
    header = [name.strip().casefold() for name in next(rows, [])]
    places = [place for place, name in enumerate(header) if name in _COLUMNS]
    return {row[place].strip() for row in rows for place in places if place < len(row)}
