"""Patches: how nested tables differ from others, as RFC 7396 writes it; a scenario is stored as it differs from another."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


class Patches:
    """Patches that make other tables of these."""

    def __init__(self, base: Mapping[str, Any]) -> None:
        self._base = base
        self._texts = {key: json.dumps(value) for key, value in base.items()}

    def to(self, whole: Mapping[str, Any]) -> dict[str, Any] | None:
        """The patch that makes `whole` to the byte; None where there is none, as keys would come in another order."""
        patch: dict[str, Any] = {key: None for key in self._base if key not in whole}
        for key, value in whole.items():
            text = json.dumps(value)
            if text == self._texts.get(key):
                continue
            patch[key] = value
            mine = self._base.get(key)
            if isinstance(value, Mapping) and isinstance(mine, Mapping):
                patch[key] = _difference(mine, value)
                if json.dumps(patched(mine, patch[key])) != text:
                    return None
        return patch if list(patched(self._base, patch)) == list(whole) else None


def _difference(base: Mapping[str, Any], whole: Mapping[str, Any]) -> dict[str, Any]:
    """The patch, but for the order of keys."""
    patch: dict[str, Any] = {key: None for key in base if key not in whole}
    for key, value in whole.items():
        mine = base.get(key)
        if isinstance(value, Mapping) and isinstance(mine, Mapping):
            if below := _difference(mine, value):
                patch[key] = below
        elif key not in base or value != mine or type(value) is not type(mine):
            patch[key] = value
    return patch


def patched(base: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Tables with a patch merged into them."""
    whole = dict(base)
    for key, value in patch.items():
        if value is None:
            whole.pop(key, None)
        elif isinstance(value, Mapping):
            below = whole.get(key)
            whole[key] = patched(below if isinstance(below, Mapping) else {}, value)
        else:
            whole[key] = value
    return whole


def flat(tables: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted keys and values of nested tables; an empty table counts as a value."""
    for key, value in tables.items():
        if isinstance(value, Mapping) and value:
            yield from flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value
