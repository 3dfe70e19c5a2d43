"""Where the shipped scenarios and experiments are: beside the package in a checkout, inside it when installed."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def folder(kind: str) -> Path:
    """The folder of shipped `scenarios` or `experiments`."""
    inside = _PACKAGE / kind
    return inside if inside.is_dir() else _PACKAGE.parent / kind


def names(kind: str) -> list[str]:
    """The names of what ships, sorted."""
    return sorted(path.stem for path in folder(kind).glob("*.toml"))


def find(kind: str, name: str, beside: Path | None = None) -> Path | None:
    """The file that a name or path means: a file as it stands, one beside the file that names it, or a shipped one."""
    candidates = [Path(name), folder(kind) / f"{name}.toml"]
    if beside is not None:
        candidates[:0] = [beside / name, beside / f"{name}.toml"]
    return next((path for path in candidates if path.suffix == ".toml" and _is_file(path)), None)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name too long for any file
        return False
