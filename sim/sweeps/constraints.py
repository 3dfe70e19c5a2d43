"""Constraints: which points an experiment leaves out, said in a small language over its factors' labels.

`funding <= 1.2 * sponsorship and governance != "none"` is read as Python reads it and worked out here, piece by piece:
comparisons, arithmetic, and/or/not, labels, numbers and texts. Nothing else is understood, so nothing else can be run.
"""

from __future__ import annotations

import ast
import operator
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from keyword import iskeyword
from typing import Any

ALLOWED = 'comparisons, + - * /, and, or, not, numbers, "texts" and labels, e.g. funding <= 1.2 * sponsorship'
_LONGEST = 1000  # characters: what is longer is no constraint that somebody wrote

_COMPARED: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.In: lambda one, many: one in many, ast.NotIn: lambda one, many: one not in many,
}  # fmt: skip
_COUNTED: dict[type[ast.operator | ast.unaryop], Callable[..., Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.USub: operator.neg, ast.UAdd: operator.pos,
}  # fmt: skip

Levels = Mapping[str, Any]
_Part = Callable[[Levels], Any]


class Constraint:
    """One constraint, ready to be asked of a point's levels.

    Args:
        text: the expression.
        labels: the factors' labels; in the expression, what is no letter, digit or underscore is written as one.

    Attributes:
        strange: names in it that are no label's.
        levels: (label, level) wherever it asks whether a factor has a level.

    Raises:
        ValueError: it is no expression of the language, or a name in it stands for several labels.
    """

    def __init__(self, text: str, labels: Iterable[str]) -> None:
        self._labels: dict[str, list[str]] = {}  # by the name that stands for them
        for label in labels:
            self._labels.setdefault(as_name(label), []).append(label)
        self.strange: list[str] = []
        self.levels: list[tuple[str, Any]] = []
        if len(text) > _LONGEST:
            raise ValueError(f"{len(text):,} characters")
        try:
            self._holds = self._part(ast.parse(text.strip(), mode="eval").body)
        except (SyntaxError, RecursionError, MemoryError) as error:
            raise ValueError(f"found {text!r}: {getattr(error, 'msg', 'too deeply nested')}") from None

    def __call__(self, levels: Levels) -> bool:
        """Whether it holds.

        Args:
            levels: the point's level of each factor, by label.

        Raises:
            ValueError: it means nothing at these levels: it compares a text with a number, say.
        """
        try:
            found = self._holds(levels)
        except (TypeError, ArithmeticError, RecursionError) as error:
            raise ValueError(str(error)) from None
        if not isinstance(found, bool):
            raise ValueError(f"gives {found!r}, which is neither true nor false")
        return found

    def _part(self, node: ast.AST) -> _Part:
        """What a piece of the expression is at a point."""
        if isinstance(node, ast.Constant) and isinstance(node.value, bool | int | float | str):
            constant = node.value
            return lambda levels: constant
        if isinstance(node, ast.Name):
            meant = self._labels.get(node.id, [])
            if len(meant) > 1:
                raise ValueError(f"{node.id!r} may be any of {', '.join(map(repr, meant))}")
            if not meant:
                self.strange.append(node.id)
            label = (meant or [node.id])[0]
            return lambda levels: levels[label]
        if isinstance(node, ast.Tuple | ast.List):
            parts = [self._part(one) for one in node.elts]
            return lambda levels: [part(levels) for part in parts]
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            denied = self._part(node.operand)
            return lambda levels: not _truth(denied(levels))
        if isinstance(node, ast.UnaryOp) and type(node.op) in _COUNTED:
            sign, one = _COUNTED[type(node.op)], self._part(node.operand)
            return lambda levels: sign(_number(one(levels)))
        if isinstance(node, ast.BinOp) and type(node.op) in _COUNTED:
            sum_of, one, other = _COUNTED[type(node.op)], self._part(node.left), self._part(node.right)
            return lambda levels: sum_of(_number(one(levels)), _number(other(levels)))
        if isinstance(node, ast.BoolOp):
            every, parts = isinstance(node.op, ast.And), [self._part(one) for one in node.values]
            return lambda levels: (all if every else any)(_truth(part(levels)) for part in parts)
        if isinstance(node, ast.Compare) and all(type(one) in _COMPARED for one in node.ops):
            compared, signs = (node.left, *node.comparators), [_COMPARED[type(one)] for one in node.ops]
            for left, how, right in zip(compared, node.ops, node.comparators, strict=False):
                self._note(left, how, right)
            sides = [self._part(one) for one in compared]
            return lambda levels: _compared(signs, [side(levels) for side in sides])
        raise ValueError(f"found {ast.unparse(node)!r}")

    def _note(self, left: ast.AST, how: ast.cmpop, right: ast.AST) -> None:
        """Note for which levels of a factor a comparison asks."""
        if isinstance(how, ast.Eq | ast.NotEq):
            for one, other in ((left, right), (right, left)):
                self._ask(one, [other])
        elif isinstance(how, ast.In | ast.NotIn) and isinstance(right, ast.Tuple | ast.List):
            self._ask(left, right.elts)

    def _ask(self, one: ast.AST, others: Sequence[ast.AST]) -> None:
        if isinstance(one, ast.Name) and one.id in self._labels:
            levels = [other.value for other in others if isinstance(other, ast.Constant)]
            self.levels += [(label, level) for label in self._labels[one.id] for level in levels]


def as_name(label: str) -> str:
    """How a label is written in a constraint."""
    name = re.sub(r"\W", "_", unicodedata.normalize("NFKC", label))  # as Python reads names
    return f"_{name}" if name[:1].isdigit() or iskeyword(name) else name


def _compared(signs: list[Callable[[Any, Any], bool]], sides: list[Any]) -> bool:
    return all(sign(one, other) for sign, one, other in zip(signs, sides, sides[1:], strict=False))


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no number")
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is neither true nor false")
    return value
