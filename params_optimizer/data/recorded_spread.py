"""The spread that an export recorded for each bar, beside the flat one of the settings."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from params_optimizer.data.importers import ImportedBars

_HOURS = range(24)


@dataclass(frozen=True, slots=True)
class RecordedSpread:
    """Median and 95 % quantile in points of price, over all bars and by hour of the market's clock.

    `by_hour` are medians, None where an hour has no bar.
    """

    median: float
    quantile_95: float
    by_hour: tuple[float | None, ...]


def recorded_spread(imported: Sequence[ImportedBars], zone: str) -> RecordedSpread | None:
    """The spreads of all files that record them; None where none does, or all are 0."""
    files = [(file.m1.time, file.spread) for file in imported if file.spread is not None]
    if not files:
        return None
    spread = np.concatenate([values for _, values in files])
    hour = np.concatenate([_hours(time, zone) for time, _ in files])
    usable = np.isfinite(spread) & (spread >= 0)
    spread, hour = spread[usable], hour[usable]
    if not (spread > 0).any():
        return None
    by_hour = [spread[hour == number] for number in _HOURS]
    return RecordedSpread(
        float(np.median(spread)),
        float(np.quantile(spread, 0.95)),
        tuple(float(np.median(values)) if values.size else None for values in by_hour),
    )


def _hours(time: "np.ndarray", zone: str) -> "np.ndarray":
    """Hour of the local clock of UTC minutes; computed once for each UTC hour."""
    from datetime import UTC, datetime

    hours, inverse = np.unique(time // 60, return_inverse=True)
    local = [datetime.fromtimestamp(int(at) * 3600, UTC).astimezone(ZoneInfo(zone)) for at in hours]
    return np.array([moment.hour for moment in local], np.int64)[inverse]
