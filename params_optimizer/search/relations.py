"""Constraints evaluated for many parameter sets at once."""

import ast
import operator
from collections.abc import Callable, Mapping
from functools import reduce
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from params_optimizer.search.constraints import MATH, ORDER, Constraint, is_name, parts_of

Array = NDArray[Any]
_CALLS: Mapping[str, Callable[..., Array]] = {"min": np.minimum, "max": np.maximum}
_EXACT = 2**53


class _NotVectorisedError(Exception):
    """The relation compares texts by order, or something else that arrays do not have."""


def holds_in_rows(
    constraint: Constraint, columns: Mapping[str, Array], rows: int
) -> NDArray[np.bool_]:
    """Whether each row of the columns meets the constraint; the same as `Constraint.holds`.

    Raises:
        SpaceError: it compares what cannot be compared.
    """
    evaluation = _Evaluation(columns, rows)
    try:
        with np.errstate(all="ignore"):
            holds = np.array(np.broadcast_to(evaluation.condition(constraint.tree), rows))
        holds &= ~evaluation.undefined
        doubtful = np.flatnonzero(evaluation.doubtful)
    except _NotVectorisedError:
        holds, doubtful = np.zeros(rows, np.bool_), np.arange(rows)
    for row in doubtful.tolist():
        values = {name: _plain(columns[name][row]) for name in constraint.names}
        holds[row] = constraint.holds(values)
    return holds


class _Evaluation:
    """A tree of a constraint over columns of `rows` values.

    `doubtful` are the rows where arrays may differ from Python's numbers: integers that floats
    do not tell apart. `undefined` are those with a division by zero, which meet nothing.
    """

    def __init__(self, columns: Mapping[str, Array], rows: int) -> None:
        self._columns = columns
        self.doubtful = np.zeros(rows, np.bool_)
        self.undefined = np.zeros(rows, np.bool_)

    def condition(self, node: ast.expr) -> Array:
        if isinstance(node, ast.BoolOp):
            joined = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
            return reduce(joined, map(self.condition, node.values))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return np.logical_not(self.condition(node.operand))
        if isinstance(node, ast.Compare):
            sides = map(self._operand, (node.left, *node.comparators))
            pairs = zip(node.ops, pairwise(sides), strict=True)
            return reduce(np.logical_and, (_compared(kind, *pair) for kind, pair in pairs))
        truth: Array = _numeric(self._operand(node)) != 0
        return truth

    def _operand(self, node: ast.expr) -> Any:  # noqa: ANN401  an array, or a list of them
        if is_name(node):
            return self._counted(self._columns[ast.unparse(node)])
        if isinstance(node, ast.Constant):
            return self._counted(np.array(node.value, object if _is_text(node.value) else None))
        if isinstance(node, ast.Tuple | ast.List):
            return [self._operand(part) for part in node.elts]
        if isinstance(node, ast.Call):
            return self._called(ast.unparse(node.func), map(self._operand, parts_of(node)))
        if isinstance(node, ast.BinOp):
            return self._calculated(node, *map(self._operand, parts_of(node)))
        if isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.Not):
            return MATH[type(node.op)](_numeric(self._operand(node.operand)))
        return self.condition(node).astype(np.int64)

    def _called(self, name: str, arguments: Any) -> Array:  # noqa: ANN401
        values = [_numeric(argument) for argument in arguments]
        if len(values) == 1:
            (value,) = values
            return np.abs(value) if name == "abs" else value
        if name not in _CALLS:
            raise _NotVectorisedError
        return reduce(_CALLS[name], values)

    def _calculated(self, node: ast.BinOp, left: Any, right: Any) -> Array:  # noqa: ANN401
        left, right = _numeric(left), _numeric(right)
        if isinstance(node.op, ast.Div | ast.FloorDiv | ast.Mod):
            self.undefined |= right == 0
            right = np.where(right == 0, 1, right)
        if isinstance(node.op, ast.Mult):  # integers wrap around without a word
            self.doubtful |= np.abs(left.astype(np.float64) * right) > _EXACT
        return self._counted(MATH[type(node.op)](left, right))

    def _counted(self, array: Array) -> Array:
        """The array; truths count as 1 and 0, integers that floats cannot hold are doubtful."""
        if array.dtype.kind in "biu" and array.dtype != np.int64:  # narrow ones would wrap around
            return array.astype(np.int64)
        if array.dtype == np.int64:
            self.doubtful |= np.abs(array) > _EXACT
        return array


def _compared(kind: ast.cmpop, left: Any, right: Any) -> Array:  # noqa: ANN401
    if isinstance(kind, ast.In | ast.NotIn):
        if not isinstance(right, list):
            raise _NotVectorisedError
        inside = reduce(
            np.logical_or, (_equal(left, item) for item in right), np.zeros((), np.bool_)
        )
        return inside if isinstance(kind, ast.In) else np.logical_not(inside)
    if isinstance(kind, ast.Eq | ast.NotEq):
        equal = _equal(left, right)
        return equal if isinstance(kind, ast.Eq) else np.logical_not(equal)
    compared: Array = ORDER[type(kind)](_numeric(left), _numeric(right))  # type: ignore[assignment]
    return compared


def _equal(left: Any, right: Any) -> Array:  # noqa: ANN401
    if isinstance(left, list) or isinstance(right, list):
        raise _NotVectorisedError
    if object in (left.dtype, right.dtype):
        left, right = left.astype(object), right.astype(object)
    return np.asarray(operator.eq(left, right), np.bool_)


def _numeric(value: Any) -> Array:  # noqa: ANN401
    if isinstance(value, list) or value.dtype.kind not in "if":
        raise _NotVectorisedError
    array: Array = value
    return array


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _plain(value: Any) -> Any:  # noqa: ANN401  a number of NumPy, or anything else
    return value.item() if isinstance(value, np.generic) else value
