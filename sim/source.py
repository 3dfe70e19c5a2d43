"""The source that decides what runs give: the engine and its mechanisms, not the faces."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent
_FACES = {"__init__.py", "__main__.py"}


def engine_files() -> dict[str, Path]:
    """The engine's files, by their place in the package."""
    files = [path for path in PACKAGE.glob("*.py") if path.name not in _FACES]
    files += [path for folder in ("mechanisms", "happenings") for path in (PACKAGE / folder).glob("*.py")]
    return {path.relative_to(PACKAGE).as_posix(): path for path in files}


def digest_of(files: Mapping[str, Path]) -> str:
    """One digest of named files' text, the same on every system's line ends."""
    content = hashlib.blake2b(digest_size=16)
    for name in sorted(files):
        content.update(name.encode() + b"\0" + files[name].read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return content.hexdigest()


@cache
def engine_digest() -> str:
    """The digest of the engine as it stands on disk."""
    return digest_of(engine_files())
