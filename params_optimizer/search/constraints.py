"""Constraints on values (`fast >= 5`), relations (`fast < slow`) and performance.

A text is parsed, never executed: comparisons, `and`, `or`, `not`, `in`, arithmetic, and
`abs`, `min`, `max` of parameters, numbers and texts are all there is.
"""

import ast
import math
import operator
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from params_optimizer.config.messages import nearest
from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.errors import SpaceError

_LONGEST = 500
MATH: Mapping[type, Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
ORDER: Mapping[type, Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_MIRRORED: Mapping[type, type[ast.cmpop]] = {
    ast.Lt: ast.Gt,
    ast.LtE: ast.GtE,
    ast.Gt: ast.Lt,
    ast.GtE: ast.LtE,
    ast.Eq: ast.Eq,
}
"""What a comparison becomes when its sides are swapped."""
_CALLS: Mapping[str, Callable[..., Any]] = {"abs": abs, "min": min, "max": max}


@dataclass(frozen=True, slots=True)
class Constraint:
    """A condition on the values called `names`.

    `measures` are those names that are no parameters: columns of results, known only after an
    evaluation.
    """

    text: str
    names: frozenset[str]
    measures: frozenset[str]
    tree: ast.expr

    @property
    def on_performance(self) -> bool:
        """Whether it needs an evaluation."""
        return bool(self.measures)

    def violation(self, values: Mapping[str, Any]) -> float:
        """How far `values` are from meeting it: 0 where they do, else above 0.

        Of a comparison of numbers the distance, of anything else 1.

        Raises:
            SpaceError: it compares what cannot be compared.
        """
        try:
            return _violation(self.tree, values)
        except ZeroDivisionError:
            return 1.0
        except TypeError as error:
            pairs = ", ".join(f"{name}={values.get(name)!r}" for name in sorted(self.names))
            raise SpaceError(f"constraint {self.text!r}: {error} (with {pairs})") from error

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether `values` meet it."""
        return self.violation(values) == 0

    def bounds(self) -> list[tuple[str, ast.cmpop, float]]:
        """Its plain comparisons of a name with a number, alone or joined by `and`."""
        return list(_bounds(self.tree))


def parse_constraint(
    text: str,
    parameters: Collection[str],
    source: str = "",
    measures: Collection[str] = METRICS,
    kind: str = "constraint",
) -> Constraint:
    """The constraint that `text` writes, on `parameters` and the columns `measures` of results.

    Raises:
        SpaceError: it is no condition, or names something unknown; the nearest name is shown.
    """
    place = f"{source}: {kind} {text!r}" if source else f"{kind} {text!r}"
    if len(text) > _LONGEST:
        raise SpaceError(f"{place:.120}...: is longer than {_LONGEST} characters")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        names = frozenset(_names(tree))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise SpaceError(f"{place}: {_why(error)}; write for example fast < slow") from error
    if not _is_condition(tree):
        raise SpaceError(f"{place}: is no condition; write for example fast < slow")
    possible = [*parameters, *measures]
    for name in sorted(names - set(possible)):
        hint = nearest(name, possible)
        raise SpaceError(f"{place}: unknown name {name!r}{hint or f', known: {_list(parameters)}'}")
    if not names:
        raise SpaceError(f"{place}: names no parameter; known: {_list(parameters)}")
    return Constraint(text, names, names - set(parameters), tree)


def check_bounds(constraints: Sequence[Constraint], source: str = "") -> None:
    """Refuse bounds on one name that no number is within: `x >= 50` beside `x <= 40`.

    Only plain comparisons with numbers are looked at, alone or joined by `and`.

    Raises:
        SpaceError: the message names both constraints.
    """
    lowest: dict[str, tuple[float, bool, str]] = {}
    highest: dict[str, tuple[float, bool, str]] = {}
    for constraint in constraints:
        for name, kind, number in constraint.bounds():
            if not isinstance(kind, ast.Lt | ast.LtE):
                low = (number, isinstance(kind, ast.Gt), constraint.text)
                lowest[name] = max(lowest.get(name, low), low, key=lambda bound: bound[:2])
            if not isinstance(kind, ast.Gt | ast.GtE):
                high = (number, isinstance(kind, ast.Lt), constraint.text)
                highest[name] = min(
                    highest.get(name, high), high, key=lambda bound: (bound[0], not bound[1])
                )
    for name in lowest.keys() & highest.keys():
        low, high = lowest[name], highest[name]
        if low[0] > high[0] or (low[0] == high[0] and (low[1] or high[1])):
            texts = " and ".join(dict.fromkeys((repr(low[2]), repr(high[2]))))
            raise SpaceError(
                f"{f'{source}: ' if source else ''}constraints: {texts}: no {name} is within both"
            )


def _bounds(node: ast.expr) -> Iterator[tuple[str, ast.cmpop, float]]:
    """Name, comparison and number of each plain bound; the name is on the left."""
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
        for part in node.values:
            yield from _bounds(part)
    if not isinstance(node, ast.Compare):
        return
    for kind, (left, right) in zip(node.ops, pairwise((node.left, *node.comparators)), strict=True):
        if type(kind) not in _MIRRORED:
            continue
        if is_name(left) and (number := _number(right)) is not None:
            yield ast.unparse(left), kind, number
        elif is_name(right) and (number := _number(left)) is not None:
            yield ast.unparse(right), _MIRRORED[type(kind)](), number


def _number(node: ast.expr) -> float | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        number = _number(node.operand)
        return None if number is None else -number
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    return None


def _list(names: Collection[str]) -> str:
    return ", ".join(names)


def _why(error: BaseException) -> str:
    if isinstance(error, SyntaxError) and error.text is not None:
        return f"cannot be read ({error.msg})"
    return str(error) or "is nested too deeply"


def _names(node: ast.expr) -> set[str]:
    """Names in an expression.

    Raises:
        ValueError: it holds something that constraints do not have.
    """
    if is_name(node):
        return {ast.unparse(node)}
    if isinstance(node, ast.Constant) and isinstance(node.value, bool | int | float | str):
        return set[str]()
    return set[str]().union(*(_names(part) for part in parts_of(node)))


def is_name(node: ast.expr) -> bool:
    """Whether it is a name; those of a rule's parameters have dots: `ma_crossover.fast`."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def parts_of(node: ast.expr) -> list[ast.expr]:
    """The expressions that a node is made of.

    Raises:
        ValueError: constraints do not have such nodes.
    """
    match node:
        case ast.BoolOp(values=parts) | ast.Tuple(elts=parts) | ast.List(elts=parts):
            return parts
        case ast.Compare(left=left, comparators=others, ops=kinds) if all(
            type(kind) in ORDER or isinstance(kind, ast.In | ast.NotIn) for kind in kinds
        ):
            return [left, *others]
        case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.UAdd(), operand=part):
            return [part]
        case ast.BinOp(left=left, op=kind, right=right) if type(kind) in MATH:
            return [left, right]
        case ast.Call(func=ast.Name(id=name), args=parts, keywords=[]) if name in _CALLS and parts:
            return parts
    raise ValueError(f"{ast.unparse(node)!r} is not possible in a constraint")


def _is_condition(node: ast.expr) -> bool:
    match node:
        case ast.BoolOp(values=parts):
            return all(map(_is_condition, parts))
        case ast.UnaryOp(op=ast.Not(), operand=part):
            return _is_condition(part)
        # A name can be that of a true-or-false parameter.
        case ast.Compare() | ast.Name() | ast.Attribute():
            return True
    return False


def _violation(node: ast.expr, values: Mapping[str, Any]) -> float:
    if isinstance(node, ast.BoolOp):
        parts = [_violation(part, values) for part in node.values]
        return sum(parts) if isinstance(node.op, ast.And) else min(parts)
    if isinstance(node, ast.UnaryOp):
        return 0.0 if _violation(node.operand, values) > 0 else 1.0
    if isinstance(node, ast.Compare):
        sides = [_value(part, values) for part in (node.left, *node.comparators)]
        pairs = zip(node.ops, pairwise(sides), strict=True)
        return sum(_distance(kind, left, right) for kind, (left, right) in pairs)
    return 0.0 if _value(node, values) else 1.0


def _distance(kind: ast.cmpop, left: Any, right: Any) -> float:  # noqa: ANN401
    if isinstance(kind, ast.In | ast.NotIn):
        return 0.0 if (left in right) == isinstance(kind, ast.In) else 1.0
    if ORDER[type(kind)](left, right):
        return 0.0
    if isinstance(left, str) or isinstance(right, str):
        return 1.0
    away = abs(float(left) - float(right))
    return away if 0 < away < math.inf else 1.0


def _value(node: ast.expr, values: Mapping[str, Any]) -> Any:  # noqa: ANN401  of any kind
    if is_name(node):
        return values[ast.unparse(node)]
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Tuple | ast.List):
        return [_value(part, values) for part in node.elts]
    if isinstance(node, ast.BinOp | ast.UnaryOp | ast.Call) and not _is_not(node):
        operands = [_value(part, values) for part in parts_of(node)]
        if any(isinstance(operand, str | list) for operand in operands):
            raise TypeError("arithmetic needs numbers")
        if isinstance(node, ast.Call) and len(operands) > 1:
            return _CALLS[ast.unparse(node.func)](*operands)
        if isinstance(node, ast.Call):
            return abs(operands[0]) if ast.unparse(node.func) == "abs" else operands[0]
        return MATH[type(node.op)](*operands)
    return _violation(node, values) == 0


def _is_not(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
