"""The weekly series that are kept of a run, packed into some 9 kB; anything finer comes from living the run again.

Layout, after zlib, little-endian, nothing between the arrays: `state` and `stage`, int8[1 + weeks] each; then each of
`SERIES` after those two, float32[1 + weeks]; then the adoption of each department, float32[departments, 1 + weeks].
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from sim.record import Record

SERIES = (
    "state", "stage", "A", "A_min", "C", "V", "alignment", "engagement", "budget", "served", "reach", "waiting",
    "practising",
)  # fmt: skip
"""Names, in the order of the layout; `state` is an index into `sim.outcome.STATES`."""

_BYTES = ("state", "stage")
_SMALL: np.dtype[Any] = np.dtype("i1")
_WIDE: np.dtype[Any] = np.dtype("<f4")

KINDS = {name: _SMALL if name in _BYTES else _WIDE for name in SERIES}
"""Of which type each is."""


def pack(record: Record) -> bytes:
    """The series of a finished run."""
    parts = [(record.states if name == "state" else record[name]).astype(KINDS[name]) for name in SERIES]
    parts.append(record.adoption.T.astype(_WIDE))
    return zlib.compress(b"".join(part.tobytes() for part in parts))


def unpack(data: bytes, names: Sequence[str], weeks: int) -> dict[str, np.ndarray]:
    """Some of the series by name: float64[1 + weeks] each; no more of the data is unpacked than they take."""
    places = {name: _place(SERIES.index(name), weeks) for name in names}
    end = max((start + length for start, length, _ in places.values()), default=0)
    content = zlib.decompressobj().decompress(data, end) if end else b""
    return {
        name: np.frombuffer(content[start : start + length], kind).astype(float)
        for name, (start, length, kind) in places.items()
    }


def unpack_adoption(data: bytes, weeks: int, departments: Sequence[int]) -> np.ndarray:
    """Adoption of some departments, by their numbers: float64[1 + weeks, departments]; no more is unpacked than that."""
    places = [_place(len(SERIES) + number, weeks) for number in departments]
    end = max((start + length for start, length, _ in places), default=0)
    content = zlib.decompressobj().decompress(data, end) if end else b""
    columns = [np.frombuffer(content[start : start + length], kind) for start, length, kind in places]
    return np.array(columns, float).reshape(len(columns), weeks + 1).T


def _place(number: int, weeks: int) -> tuple[int, int, np.dtype[Any]]:
    """Where an array begins, how many bytes it takes, and of what type its values are."""
    length = weeks + 1
    if number < len(_BYTES):
        return number * length, length, _SMALL
    size = length * _WIDE.itemsize
    return len(_BYTES) * length + (number - len(_BYTES)) * size, size, _WIDE
