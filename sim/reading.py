"""Reading TOML files into checked sections, with every fault found and none left for later."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from sim.errors import Fault, InputError, nearest_name

S = TypeVar("S", bound=BaseModel)


def read_toml(path: Path) -> dict[str, Any]:
    """The file's content.

    Raises:
        InputError: it cannot be read, is not UTF-8 or is not TOML; the message names the line.
    """
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise InputError([Fault("file", str(error.strerror), "a readable TOML file", str(path))]) from None
    except UnicodeDecodeError as error:
        raise InputError([Fault(f"byte {error.start}", "not UTF-8 text", "a TOML file", str(path))]) from None
    except (ValueError, RecursionError) as error:  # not TOML, or a number of thousands of digits
        raise InputError([Fault("syntax", str(error), "TOML, see toml.io", str(path))]) from None


def overlay(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with the values of `over` laid upon it, table by table; `key = false` drops a table."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(value, Mapping):
            merged[key] = overlay(below if isinstance(below, Mapping) else {}, value)
        elif value is False and isinstance(below, Mapping):
            merged.pop(key)
        else:
            merged[key] = value
    return merged


def nested(dotted: str, value: Any) -> dict[str, Any]:
    """The mapping that holds one value under a dotted path."""
    for part in reversed(dotted.split(".")):
        value = {part: value}
    return value


def under(tables: Any, dotted: str) -> Any:
    """What stands under a dotted path, or None."""
    for part in dotted.split("."):
        tables = tables.get(part) if isinstance(tables, Mapping) else None
    return tables


def checked(model: type[S], data: Any, where: str = "", file: str = "") -> tuple[S | None, list[Fault]]:
    """The section that `data` makes, or None, and what is wrong with it."""
    try:
        return model.model_validate(data), []
    except ValidationError as error:
        return None, [fault for one in error.errors() for fault in _faults(model, one, where, file)]


def _faults(model: type[BaseModel], error: Any, where: str, file: str) -> list[Fault]:
    """What an error stands for: the faults that a validator has listed, or one."""
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, InputError):
        return [replace(fault, file=file) for fault in cause.faults]
    return [_fault(model, error, where, file)]


def _fault(model: type[BaseModel], error: Any, where: str, file: str) -> Fault:
    path = [str(part) for part in error["loc"]]
    kinds = getattr(model, "kinds", {})
    if (
        len(path) > 1 and path[1] in kinds
    ):  # a table whose kind decides its keys: the kind is no part of its path
        model, path = kinds[path[1]], [path[0], *path[2:]]
    place = ".".join([where, *path] if where else path) or "file"
    found = error["input"]
    if error["type"] == "extra_forbidden":
        known = _keys(model, path[:-1])
        return Fault(
            place,
            "unknown key",
            f"known here: {', '.join(known) or 'nothing'}",
            file,
            nearest_name(path[-1], known),
        )
    if error["type"].startswith("union_tag"):
        tags = re.findall(r"'([^']*)'", error["ctx"].get("expected_tags", "")) or sorted(kinds)
        key = error["ctx"]["discriminator"].strip("'")
        tag = str(error["ctx"].get("tag", ""))
        found = f"found {tag!r}" if tag else "is missing"
        return Fault(f"{place}.{key}", found, f"one of {', '.join(tags)}", file, nearest_name(tag, tags))
    if error["type"] == "missing":
        return Fault(place, "is missing", "a value is needed", file)
    message = re.sub(r"^(Value error, |Input should be )", "", error["msg"])
    if error["type"] == "value_error":
        return Fault(place, "impossible values", message, file)
    allowed = error.get("ctx", {}).get("expected", "")
    names = re.findall(r"'([^']*)'", allowed)
    return Fault(place, _short(found), f"allowed: {message}", file, nearest_name(str(found), names))


def _short(value: Any) -> str:
    text = repr(value)
    return f"found {text if len(text) < 60 else text[:57] + '...'}"


def _keys(model: type[BaseModel], path: Iterable[str]) -> list[str]:
    """The keys that a section knows, or one inside it or in a list of it."""
    for part in path:
        field = model.model_fields.get(part)
        inside = getattr(field, "annotation", None)
        for kind in (inside, *get_args(inside)):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                model = kind
    return list(model.model_fields)


def with_lines(faults: Iterable[Fault], file: Path) -> list[Fault]:
    """The faults with the line of their key added, where the file has that key."""
    try:
        lines = file.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        return list(faults)
    return [
        Fault(f"line {line}, {fault.where}", fault.found, fault.allowed, fault.file, fault.nearest)
        if fault.file == str(file) and (line := _line_of(lines, fault.where))
        else fault
        for fault in faults
    ]


def _line_of(lines: list[str], dotted: str) -> int:
    """The number of the line that sets a dotted key, or 0."""
    table = ""
    for number, text in enumerate(lines, 1):
        header = re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", text)
        if header:
            table = header[1].replace('"', "")
            if table == dotted:
                return number
            continue
        key = re.match(r"\s*([\w.\"'-]+)\s*=", text)
        if key:
            name = key[1].replace('"', "").replace("'", "")
            full = f"{table}.{name}" if table else name
            if dotted == full or dotted.startswith(full + "."):
                return number
    return 0
