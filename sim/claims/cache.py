"""What has been read off runs that were lived again, by the runs' keys, in a file beside the store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sim.claims.readouts import Readout


class Cache:
    """Read-outs by the keys of their runs, a line each; a line that was cut off when the process ended is passed over."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known: dict[tuple[str, str], Any] = {}
        text = file.read_text("utf-8") if file.is_file() else ""
        for line in text.splitlines():
            try:
                key, readout, value = json.loads(line)
            except ValueError:
                continue
            self._known[key, readout] = value
        if text and not text.endswith("\n"):
            with file.open("a", encoding="utf-8") as out:
                out.write("\n")

    def get(self, key: str, readout: Readout, otherwise: Any, weekly: bool = False) -> Any:
        """The read-out of a run, a number or the list of its weeks, or another value where it is not known."""
        return self._known.get((key, _spec(readout, weekly)), otherwise)

    def put(self, key: str, readout: Readout, value: float | list[float], weekly: bool = False) -> None:
        """Keep it."""
        place = key, _spec(readout, weekly)
        if place not in self._known:
            self._known[place] = value
            with self._file.open("a", encoding="utf-8") as out:
                out.write(json.dumps([*place, value]) + "\n")


def _spec(readout: Readout, weekly: bool) -> str:
    spec = readout.model_dump_json(include=set(Readout.model_fields), exclude_none=True)
    return f"weeks of {spec}" if weekly else spec
