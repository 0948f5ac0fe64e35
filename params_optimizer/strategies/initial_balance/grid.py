"""The grid of the Initial Balance: which axes it has, from settings and from grid files (R11)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

from params_optimizer.config import GridValues, IBWindow, Settings, Symbol, parse_model, read_json
from params_optimizer.config.messages import nearest
from params_optimizer.config.space import (
    CategoricalParameter,
    JoinedParameter,
    ListedParameter,
    SpaceModel,
    Value,
)
from params_optimizer.errors import GridError, SettingsError, StrategyError
from params_optimizer.strategies.batch import FiniteAxis, FiniteSpace
from params_optimizer.strategies.initial_balance.params import StopMode

AXES: Final[Mapping[str, tuple[str, ...]]] = {
    "ib_window": ("ib_start", "ib_end", "ib_timezone"),
    "ib_wait_minutes": ("ib_wait_minutes",),
    "trade_window_minutes": ("trade_window_minutes",),
    "rr_target": ("rr_target",),
    "stop_mode": ("stop_mode",),
    "trailing": ("tsl_target", "tsl_sl"),
    "min_sl_pct": ("min_sl_pct",),
    "rev_rb": ("rev_rb_enabled", "rev_rb_pct"),
    "ib_buffer_pct": ("ib_buffer_pct",),
    "max_distance_pct": ("max_distance_pct",),
}
"""The axes of a grid, slowest first, and the keys of R11.1 that change together on each."""


class GridAxes(NamedTuple):
    """The values of each axis, in the order of `AXES`."""

    ib_windows: tuple[IBWindow, ...]
    waits: tuple[int, ...]
    windows: tuple[int, ...]
    rr_targets: tuple[float, ...]
    stop_modes: tuple[StopMode, ...]
    trailings: tuple[tuple[float, float], ...]
    min_sls: tuple[float, ...]
    rebounds: tuple[tuple[bool, float], ...]
    buffers: tuple[float, ...]
    distances: tuple[float, ...]

    @classmethod
    def of(cls, space: FiniteSpace) -> "GridAxes":
        """The values of a space that has the axes of a grid in their order.

        Raises:
            StrategyError: it has others.
        """
        if not is_grid(space):
            raise StrategyError(
                f"strategy initial_balance: a grid has the axes {', '.join(AXES)} in this order, "
                f"of these parameters: {'; '.join(map(', '.join, AXES.values()))}"
            )
        return cls(*(_values(axis) for axis in space.axes))


def is_grid(space: FiniteSpace) -> bool:
    """Whether a space has the axes of a grid, in their order."""
    return [axis.names for axis in space.axes] == list(AXES.values())


def _values(axis: FiniteAxis) -> Any:  # noqa: ANN401  the type of the field
    rows = (axis.row(place) for place in range(axis.count or 0))
    return tuple(row if len(axis.names) > 1 else row[0] for row in rows)


def read_grid(
    settings: Settings, market: Symbol, mode: str | GridValues | None = None
) -> SpaceModel:
    """The grid of the values `mode`, or called so: the name of one, or a path to a JSON file.

    None takes `grid_mode` of the settings.

    Raises:
        GridError: the file cannot be read, or a key or value is wrong.
    """
    name = mode or settings.grid_mode
    if isinstance(name, GridValues):
        return grid_model(name, market.ib_windows)
    values = getattr(settings.grids, name) if name in type(settings.grids).model_fields else None
    return grid_model(values or _read_values(name), market.ib_windows)


def grid_model(values: GridValues, ib_windows: tuple[IBWindow, ...]) -> SpaceModel:
    """The space of the listed values; `ib_windows` serve where the grid lists none.

    Raises:
        GridError: no pair of trailing values goes together (R11.2).
    """
    joined = {
        "ib_window": values.ib_windows or ib_windows,
        "trailing": _trailings(values.tsl_target, values.tsl_sl),
        "rev_rb": _rebounds(values.rev_rb_enabled, values.rev_rb_pct),
    }
    return _model({name: joined.get(name) or getattr(values, name) for name in AXES})


def model_of_manifest(content: Mapping[str, Any]) -> SpaceModel:
    """The space of a grid as manifests of format 1 hold it.

    Raises:
        GridError: the content is something else.
    """
    try:
        columns = (content[field] for field in GridAxes._fields)
        return _model(dict(zip(AXES, columns, strict=True)))
    except (KeyError, TypeError, ValueError) as error:
        raise GridError(f"the grid of this run cannot be read: {error!r}") from error


def _model(columns: Mapping[str, Sequence[Any]]) -> SpaceModel:
    parameters: dict[str, Any] = {}
    for name, values in columns.items():
        names = AXES[name]
        entry: ListedParameter
        if len(names) > 1:
            entry = JoinedParameter(names=names, choices=tuple(map(tuple, values)))
        else:
            entry = CategoricalParameter(choices=cast("tuple[Value, ...]", tuple(values)))
        parameters[name] = entry
    return SpaceModel(parameters=parameters)


def _read_values(name: str) -> GridValues:
    path = Path(name)
    if path.suffix.lower() != ".json":
        raise GridError(
            f"--grid {name!r}: is neither standard, expanded, own nor a .json file"
            f"{nearest(name, ('standard', 'expanded'))}"
        )
    try:
        return parse_model(GridValues, read_json(path), name)
    except SettingsError as error:
        raise GridError(str(error)) from error


def _trailings(
    targets: tuple[float, ...], stops: tuple[float, ...]
) -> tuple[tuple[float, float], ...]:
    """Pairs that mean different things: one for no trailing, else tsl_sl <= tsl_target."""
    pairs = tuple(
        (target, stop)
        for target in targets
        for stop in (stops if target > 0 else stops[:1])
        if target == 0 or stop <= target
    )
    if not pairs:
        raise GridError(
            f"the grid holds no combination: every tsl_sl of {list(stops)} is above every "
            f"tsl_target of {list(targets)}; add a smaller tsl_sl, or 0 to tsl_target"
        )
    return pairs


def _rebounds(
    enabled: tuple[bool, ...], percentages: tuple[float, ...]
) -> tuple[tuple[bool, float], ...]:
    """Pairs that mean different things: the percentage matters only where enabled (R11.3)."""
    return tuple(
        (on, percentage)
        for on in enabled
        for percentage in (percentages if on else percentages[:1])
    )
