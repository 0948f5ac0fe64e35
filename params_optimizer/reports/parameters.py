"""The parameters of a run as columns of its tables, and their values as texts."""

from collections.abc import Sequence
from typing import Any

from params_optimizer.config.space import ListedParameter
from params_optimizer.reports.blocks import Column, Row
from params_optimizer.reports.forms import FLAG, SETTING
from params_optimizer.reports.labels import PARAMETERS, Label
from params_optimizer.search.axis import Axis
from params_optimizer.search.space import ParameterSpace
from params_optimizer.strategies.initial_balance.strategy import IB_WINDOW
from params_optimizer.strategies.registry import INITIAL_BALANCE

TRIAL_COLUMNS = ("trial", "state", "violation", "source", "reason", "rank", "score")
"""Columns of trials that are no parameters."""
_INITIAL_BALANCE = {
    IB_WINDOW: Label("IB window", "", "Start and end of the Initial Balance, and their zone."),
    **PARAMETERS,
}
_VALUES_SHOWN = 30
_WIDEST = 26.0


def column_of(parameter: str) -> str:
    """The column of a parameter: its name, unless a column of trials has that name."""
    return f"parameter_{parameter}" if parameter in TRIAL_COLUMNS else parameter


def parameter_columns(space: ParameterSpace, strategy: str) -> list[Column]:
    """A column for each parameter of a space."""
    return [
        _column(axis, place, _words(name, strategy))
        for axis in space.axes
        for place, name in enumerate(axis.names)
    ]


def axis_rows(space: ParameterSpace, strategy: str) -> list[Row]:
    """The space, an axis each: `parameter`, its `keys`, number of `values`, `range` as a text."""
    return [
        {
            "parameter": " / ".join(_words(name, strategy).name for name in axis.names),
            "keys": axis.names,
            "values": "endless" if axis.count is None else axis.count,
            "range": range_text(axis),
        }
        for axis in space.axes
    ]


def range_text(axis: Axis) -> str:
    """The values of a parameter, or of joined ones."""
    model = axis.model
    if isinstance(model, ListedParameter):
        rows = (axis.row(place) for place in range(min(len(model.choices), _VALUES_SHOWN)))
        rest = ", …" if len(model.choices) > _VALUES_SHOWN else ""
        return ", ".join(" / ".join(map(str, row)) for row in rows) + rest
    exact = all(float(f"{end:g}") == end for end in (model.low, model.high))
    text = f"{model.low:g} to {model.high:g}" if exact else f"{model.low} to {model.high}"
    if model.step is None:
        text += ", every number"
    elif model.step != 1:
        text += f", step {model.step:g}"
    return f"{text}, by orders of magnitude" if model.log else text


def _words(name: str, strategy: str) -> Label:
    """The words of the Initial Balance; elsewhere the name itself, as `--backtest` has it."""
    labels = _INITIAL_BALANCE if strategy == INITIAL_BALANCE else {}
    return labels.get(name) or Label(name, "")


def _column(axis: Axis, place: int, words: Label) -> Column:
    name, choices = axis.names[place], _choices(axis, place)
    switch = bool(choices) and all(isinstance(choice, bool) for choice in choices)
    longest = max([7, *(len(str(text)) for text in (*choices, *words.name.split()))])
    return Column(
        column_of(name),
        words.name,
        words.unit,
        words.note,
        FLAG if switch else SETTING,
        group="Parameters",
        width=min(longest + 3.0, _WIDEST),
    )


def _choices(axis: Axis, place: int) -> Sequence[Any]:
    if axis.choices is None:
        return ()
    return [choice[place] for choice in axis.choices] if axis.joined else axis.choices
