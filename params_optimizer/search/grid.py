"""A parameter grid that is never held in memory: a combination is a number (R11.1)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from json import dumps
from math import prod
from pathlib import Path
from typing import NamedTuple

from params_optimizer.config import GridValues, Settings, Symbol, parse_model, read_json
from params_optimizer.config.messages import nearest
from params_optimizer.errors import GridError, SettingsError
from params_optimizer.strategies.initial_balance.axes import Axes
from params_optimizer.strategies.initial_balance.params import Params

Value = str | int | float | bool


class Digit(NamedTuple):
    """Keys that change together, and their values in order, one tuple per place."""

    keys: tuple[str, ...]
    values: tuple[tuple[Value, ...], ...]


class ParameterGrid:
    """Numbers from 0 to `len(grid) - 1` and the parameters they stand for, both ways.

    The combination number counts in mixed radix: one digit per axis, the last one
    fastest (R11.1).
    """

    def __init__(self, axes: Axes) -> None:
        self.axes = axes
        self.digits = _digits(axes)
        self._places = [
            {values: place for place, values in enumerate(digit.values)} for digit in self.digits
        ]

    def __len__(self) -> int:
        return prod(len(digit.values) for digit in self.digits)

    def __getitem__(self, number: int) -> Params:
        """The parameters of combination `number`.

        Raises:
            IndexError: there is no such combination.
        """
        return Params(**self.values(number))  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[Params]:
        return (self[number] for number in range(len(self)))

    def values(self, number: int) -> dict[str, Value]:
        """The 14 keys of R11.1 and their values for combination `number`, in order."""
        if not 0 <= number < len(self):
            raise IndexError(f"combination {number}: this grid has 0 to {len(self) - 1}")
        found: dict[str, Value] = {}
        for digit, place in zip(self.digits, self.places(number), strict=True):
            found.update(zip(digit.keys, digit.values[place], strict=True))
        return found

    def places(self, number: int) -> list[int]:
        """The place on each axis that combination `number` stands for."""
        places = []
        for digit in reversed(self.digits):
            number, place = divmod(number, len(digit.values))
            places.append(place)
        return places[::-1]

    def number(self, params: Params) -> int:
        """The combination number of `params`.

        Raises:
            GridError: the grid does not hold them; the message names the first wrong key.
        """
        wanted = asdict(params)
        number = 0
        for digit, places in zip(self.digits, self._places, strict=True):
            values = tuple(wanted[key] for key in digit.keys)
            if values not in places:
                raise GridError(
                    f"{', '.join(digit.keys)}: {_shown(values)} is not in the grid; it has "
                    f"{'; '.join(_shown(known) for known in list(places)[:20])}"
                )
            number = number * len(places) + places[values]
        return number

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all values in their order."""
        return sha256(dumps(self.digits).encode()).hexdigest()


def load_grid(settings: Settings, market: Symbol, mode: str | None = None) -> ParameterGrid:
    """The grid called `mode`: standard, expanded, or a path to a JSON file of values.

    None takes `grid_mode` of the settings.

    Raises:
        GridError: the file cannot be read, or a key or value is wrong.
    """
    chosen = mode or settings.grid_mode
    named: Mapping[str, GridValues] = {
        "standard": settings.grids.standard,
        "expanded": settings.grids.expanded,
    }
    values = named[chosen] if chosen in named else _read_values(chosen)
    return ParameterGrid(Axes.from_values(values, market.ib_windows))


def _read_values(name: str) -> GridValues:
    path = Path(name)
    if path.suffix.lower() != ".json":
        raise GridError(
            f"--grid {name!r}: is neither standard, expanded nor a .json file"
            f"{nearest(name, ('standard', 'expanded'))}"
        )
    try:
        return parse_model(GridValues, read_json(path), name)
    except SettingsError as error:
        raise GridError(str(error)) from error


def _digits(axes: Axes) -> tuple[Digit, ...]:
    def single(key: str, values: Sequence[Value]) -> Digit:
        return Digit((key,), tuple((value,) for value in values))

    return (
        Digit(("ib_start", "ib_end", "ib_timezone"), axes.ib_windows),
        single("ib_wait_minutes", axes.waits),
        single("trade_window_minutes", axes.windows),
        single("rr_target", axes.rr_targets),
        single("stop_mode", axes.stop_modes),
        Digit(("tsl_target", "tsl_sl"), axes.trailings),
        single("min_sl_pct", axes.min_sls),
        Digit(("rev_rb_enabled", "rev_rb_pct"), axes.rebounds),
        single("ib_buffer_pct", axes.buffers),
        single("max_distance_pct", axes.distances),
    )


def _shown(values: tuple[object, ...]) -> str:
    return ", ".join(str(value) for value in values)
