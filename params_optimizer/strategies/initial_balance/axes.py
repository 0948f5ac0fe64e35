"""The values of a grid as one axis per digit of the combination number (R11)."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from params_optimizer.config import GridValues, IBWindow
from params_optimizer.errors import GridError
from params_optimizer.strategies.initial_balance.params import StopMode


@dataclass(frozen=True, slots=True)
class Axes:
    """One tuple of values per digit, slowest first; pairs are one digit each (R11.1).

    `trailings` holds (tsl_target, tsl_sl), `rebounds` (rev_rb_enabled, rev_rb_pct).
    """

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
    def from_values(cls, values: GridValues, ib_windows: tuple[IBWindow, ...]) -> "Axes":
        """Axes of the listed values; `ib_windows` serve where the grid lists none.

        Raises:
            GridError: no pair of trailing values goes together (R11.2).
        """
        return cls(
            ib_windows=values.ib_windows or ib_windows,
            waits=values.ib_wait_minutes,
            windows=values.trade_window_minutes,
            rr_targets=values.rr_target,
            stop_modes=values.stop_mode,
            trailings=_trailings(values.tsl_target, values.tsl_sl),
            min_sls=values.min_sl_pct,
            rebounds=_rebounds(values.rev_rb_enabled, values.rev_rb_pct),
            buffers=values.ib_buffer_pct,
            distances=values.max_distance_pct,
        )

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Axes":
        """Axes as `dataclasses.asdict` and JSON leave them.

        Raises:
            GridError: the content is something else.
        """
        pairs = ("ib_windows", "trailings", "rebounds")
        try:
            values: dict[str, Any] = {
                field.name: tuple(
                    tuple(value) if field.name in pairs else value for value in content[field.name]
                )
                for field in fields(cls)
            }
            return cls(**values)
        except (KeyError, TypeError) as error:
            raise GridError(f"the grid of this run cannot be read: {error!r}") from error


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
