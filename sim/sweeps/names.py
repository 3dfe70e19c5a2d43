"""Names: ids of a roster's people, which belong to whoever reads the roster, are kept out of what is stored of failures."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from sim.sweeps.broken import Broken

PSEUDONYM = "<id>"

_COLUMNS = {"id", "manager", "source", "target"}
_WORD = re.compile(r"\w+")
_ESCAPED = re.compile(r"\\+[nrt]")
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
            kind = broken.error.partition(":")[0]
            gone = f"{kind}: its message is not kept: the roster cannot be read any more"
            return replace(broken, error=gone if broken.kind == "raised" else broken.error, traceback="")
        return replace(broken, error=self._out_of(broken.error), traceback=self._out_of(broken.traceback))

    def _out_of(self, text: str) -> str:
        plain = [" ".join(one.replace("\\", "").split()) for one in (text, _ESCAPED.sub(" ", text))]
        words = {"", *(word for one in plain for word in _WORD.findall(one))}
        named = [
            name
            for word in words
            for name in self._by_word.get(word, ())
            if any(name in one for one in plain)
        ]
        if not named:
            return text
        any_of = "|".join(map(_spelled, sorted(named, key=len, reverse=True)))
        whole = rf"(?:(?<!\w)|(?<=\\[nrt]))(?:{any_of})(?!\w)"
        return re.sub(f"{_LINE}|{whole}", lambda match: match[1] or PSEUDONYM, text)


def _spelled(name: str) -> str:
    """An id however it is quoted: with other blanks, or with backslashes before its characters."""
    return r"(?:\s|\\+[nrt])+".join(r"\\*".join(map(re.escape, word)) for word in name.split())


def names_of(files: Iterable[Path]) -> Names:
    """The ids in files, read once as long as they do not change."""
    return _names_of(tuple((file, _state(file)) for file in files))


@lru_cache(maxsize=16)
def _names_of(files: tuple[tuple[Path, object], ...]) -> Names:
    return Names(file for file, _ in files)


def _state(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _ids(text: str) -> set[str]:
    rows = csv.reader(io.StringIO(text, newline=""))
    header = [name.strip().casefold() for name in next(rows, [])]
    places = [place for place, name in enumerate(header) if name in _COLUMNS]
    return {row[place].strip() for row in rows for place in places if place < len(row)}
