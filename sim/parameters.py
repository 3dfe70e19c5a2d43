"""How a number that steers behaviour is declared: with name, unit, range, meaning and source, in one place."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

ASSUMED = "assumed"


class Section(BaseModel):
    """A table of a scenario: every key is declared, unknown ones are refused, and values never change in a run."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, validate_default=True)

    @model_validator(mode="before")
    @classmethod
    def _left_out(cls, data: Any) -> Any:
        """`key = false` leaves out a key that need not be given: TOML has no word for nothing."""
        if not isinstance(data, dict):
            return data
        optional = _optional(cls)
        return {key: value for key, value in data.items() if value is not False or key not in optional}


@cache
def _optional(kind: type[Section]) -> frozenset[str]:
    """The keys that need not be given."""
    return frozenset(name for name, field in kind.model_fields.items() if field.default is None)


def parameter(
    default: Any,
    meaning: str,
    *,
    unit: str = "",
    source: str = ASSUMED,
    **limits: Any,
) -> Any:
    """A scenario key with its meaning, unit, allowed range and source.

    Args:
        default: the value that holds where a scenario is silent; `...` where it must speak.
        meaning: one sentence for people who read `unsilo show`.
        unit: e.g. "share", "weeks", "1/week"; empty for a name or a switch.
        source: where the default comes from, or "assumed".
        limits: pydantic's `ge`, `gt`, `le`, `lt`, `min_length` and the like.
    """
    return Field(default, description=meaning, json_schema_extra={"unit": unit, "source": source}, **limits)


def share(default: Any, meaning: str, *, source: str = ASSUMED) -> Any:
    """A parameter in 0..1."""
    return parameter(default, meaning, unit="share", source=source, ge=0.0, le=1.0)


def rate(default: float, meaning: str, *, source: str = ASSUMED) -> Any:
    """A parameter that is a chance, or a share of the way gone, per week."""
    return parameter(default, meaning, unit="1/week", source=source, ge=0.0, le=1.0)


def weight(default: float, meaning: str, *, source: str = ASSUMED, most: float = 10.0) -> Any:
    """A dimensionless coefficient of 0 or more."""
    return parameter(default, meaning, unit="weight", source=source, ge=0.0, le=most)
