"""What a store holds, save how and when it came to be: the same for sweeps that give the same."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

from sim.sweeps.store import FILE

_HOW = {"session", "seconds", "finished"}
"""Columns that tell how a run came to be, and not what it gave."""


def content(folder: Path) -> str:
    """A digest of all tables but those on starts and failures, in the order of their keys."""
    db = sqlite3.connect(f"{(folder / FILE).resolve().as_uri()}?mode=ro", uri=True)
    digest = hashlib.blake2b()
    try:
        for name in ("meta", "scenarios", "points", "design", "runs", "series"):
            columns = [row[1] for row in db.execute(f"PRAGMA table_info({name})") if row[1] not in _HOW]
            listed = ", ".join(f'"{column}"' for column in columns)
            for row in db.execute(f"SELECT {listed} FROM {name} ORDER BY 1, 2"):
                digest.update(repr((name, row)).encode())
    finally:
        db.close()
    return digest.hexdigest()
