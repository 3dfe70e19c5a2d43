"""The weekly series that are kept of a run, packed into some 9 kB; anything finer comes from living the run again.

Layout, after zlib, little-endian, nothing between the arrays: `state` and `stage`, int8[1 + weeks] each; then each of
`SERIES` after those two, float32[1 + weeks]; then the adoption of each department, float32[departments, 1 + weeks].
"""

from __future__ import annotations

import zlib
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


def pack(record: Record) -> bytes:
    """The series of a finished run."""
    parts = [record.states.astype(_SMALL), record["stage"].astype(_SMALL)]
    parts += [record[name].astype(_WIDE) for name in SERIES[len(_BYTES) :]]
    parts.append(record.adoption.T.astype(_WIDE))
    return zlib.compress(b"".join(part.tobytes() for part in parts))


def unpack(data: bytes, name: str, weeks: int) -> np.ndarray:
    """One series: float64[1 + weeks]; no more of the data is unpacked than it takes."""
    place, length = SERIES.index(name), weeks + 1
    if name in _BYTES:
        kind, start = _SMALL, place * length
    else:
        kind, start = _WIDE, _small(length) + (place - len(_BYTES)) * length * _WIDE.itemsize
    content = zlib.decompressobj().decompress(data, start + length * kind.itemsize)
    return np.frombuffer(content[start:], kind).astype(float)


def unpack_adoption(data: bytes, weeks: int, departments: int) -> np.ndarray:
    """Adoption by department: float64[1 + weeks, departments]."""
    length = weeks + 1
    start = _small(length) + (len(SERIES) - len(_BYTES)) * length * _WIDE.itemsize
    flat = np.frombuffer(zlib.decompress(data)[start:], _WIDE)
    return flat.reshape(departments, length).T.astype(float)


def _small(length: int) -> int:
    return len(_BYTES) * length
