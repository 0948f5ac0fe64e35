"""Rows of a file and the bars made of them, with rejected rows counted by reason."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import M1
from params_optimizer.data.importers.stamps import (
    EARLIEST,
    LATEST,
    NO_ZONE,
    SPELLINGS,
    UNREADABLE,
    Stamps,
)
from params_optimizer.data.source_timezone import (
    OK,
    OPTIONS,
    REPEATED,
    SKIPPED,
    SourceTimezone,
)
from params_optimizer.errors import DataError, FormatError, TimezoneNeededError

Stamp = Literal["open", "close"]
"""Which end of a bar its time is that of."""

MALFORMED = "wrong number of fields"
_UNREADABLE_TIME = "time not readable"
_FEWEST_FOR_TIME_FRAME = 10
_FEWEST_STEPS_OF_STRETCH = 20
_LONGER_MINUTES = (5, 10, 15, 30, 60, 240, 1440)


@dataclass(frozen=True, slots=True)
class Rows:
    """What a format read: arrays of shape (rows,), prices (4, rows) as open high low close.

    Unreadable numbers are NaN. `lines` are the places in the file, from 1, which `place`
    ("line", "row") counts; `quote` gives the text of a row. Malformed lines, of which
    `first_malformed` is the first place and text, are in no array.

    `volume_name` is the column of the volume, None without one; `series` are the values of the
    columns that name market and time frame; `spread`, in points of price, shape (rows,), is
    None where it is not recorded; `closes`: times are known to be those of the close.
    """

    format: str
    stamps: Stamps
    prices: NDArray[np.float64]
    volume: NDArray[np.float64]
    lines: NDArray[np.int64]
    quote: Callable[[int], str]
    place: str = "line"
    malformed: int = 0
    first_malformed: tuple[int, str] | None = None
    generated: bool = False
    volume_name: str | None = None
    series: tuple[str, ...] = ()
    spread: NDArray[np.float64] | None = None
    closes: bool = False


class LongerBars(NamedTuple):
    """Neighbouring bars that are further apart than their file's: `minutes`, how many, borders.

    `first` and `last` are UTC minutes.
    """

    minutes: int
    bars: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class ImportedBars:
    """Usable bars of one file, in its order: not sorted, times may repeat.

    `rows` counts all rows but the header and empty ones: bars and `rejected` (by reason,
    without zeros) together; `first_rejected` is the place in the file, reason and text of
    the first rejected row. `own_zone`: the times carry a time zone. `stamps`: whether the
    times of the file are those of the open or the close; those of `m1` are of the open.

    `hours` counts rows and usable rows by hour of the day of the file's clock, shape (2, 24),
    as far as times are readable. `longer` are stretches of bars of a longer time frame. Volume,
    series and spread (of usable bars) as in `Rows`.
    """

    path: Path
    format: str
    m1: M1
    rows: int
    rejected: dict[str, int]
    first_rejected: str
    own_zone: bool
    generated: bool
    stamps: Stamp
    hours: NDArray[np.int64]
    longer: tuple[LongerBars, ...]
    volume_name: str | None
    series: tuple[str, ...]
    spread: NDArray[np.float64] | None


def to_bars(
    path: Path,
    rows: Rows,
    zone: SourceTimezone | None,
    *,
    one_minute: bool = True,
    stamps: Stamp | None = None,
) -> ImportedBars:
    """Turn the rows of `path` into bars, UTC; `zone` is used where they carry none.

    `one_minute` refuses bars of a longer time frame. `stamps` states which end of a bar the
    times are of; times of the close are put one time frame earlier.

    Raises:
        TimezoneNeededError: the times carry no zone and `zone` is None.
        FormatError: times with and without a zone, bars of another time frame, or a format
            known for times of the close and no `stamps`.
        DataError: no row is a usable bar.
    """
    readable = rows.stamps.seconds != UNREADABLE
    own_zone = _carries_zone(path, rows, readable)
    if readable.any():
        _check_stated(path, rows, zone_missing=not own_zone and zone is None, stamps=stamps)
    seconds, problem = _utc(rows.stamps, readable, None if own_zone else zone)
    in_range = readable & (seconds >= EARLIEST) & (seconds < LATEST)
    step = _time_step(path, seconds[in_range & (problem == OK)], one_minute=one_minute)
    if stamps == "close":
        seconds = seconds - step
    reasons = {
        _UNREADABLE_TIME: ~readable,
        "time outside 1980 to 2099": ~in_range,
        "local time skipped by a clock change": problem == SKIPPED,
        "local time repeated by a clock change": problem == REPEATED,
        "time not a whole minute": seconds % 60 != 0,
        **_impossible_prices(rows.prices),
    }
    reason = np.select(list(reasons.values()), [*range(len(reasons))], default=-1)
    usable = reason < 0
    first_rejected = _first_rejected(rows, reason, list(reasons))
    if not usable.any():
        raise DataError(_nothing_usable(path, rows, first_rejected))
    rejected = {MALFORMED: rows.malformed}
    rejected |= {name: int((reason == code).sum()) for code, name in enumerate(reasons)}
    volume = np.where(rows.volume >= 0, rows.volume, 1.0)
    volume[np.isinf(volume)] = 1.0
    return ImportedBars(
        path=path,
        format=rows.format,
        m1=M1._make([seconds[usable] // 60, *rows.prices[:, usable], volume[usable]]),
        rows=rows.malformed + usable.size,
        rejected={name: count for name, count in rejected.items() if count},
        first_rejected=first_rejected,
        own_zone=own_zone,
        generated=rows.generated,
        stamps=stamps or "open",
        hours=_hours(rows.stamps.seconds, readable, usable),
        longer=_longer_bars(seconds[usable] // 60) if one_minute else (),
        volume_name=rows.volume_name,
        series=rows.series,
        spread=None if rows.spread is None else rows.spread[usable],
    )


def _check_stated(path: Path, rows: Rows, *, zone_missing: bool, stamps: Stamp | None) -> None:
    """Refuse times whose zone, or end of the bar, is not stated."""
    closes = rows.closes and stamps is None
    missing = []
    if closes:
        missing.append(
            f"{rows.format} usually writes the time of the close of each bar: state it with "
            f"--stamps close, or --stamps open if yours is set to write the open"
        )
    if zone_missing:
        missing.append(
            f"the times of this {rows.format} file carry no time zone; name it with "
            f"--source-timezone: {OPTIONS}"
        )
    if missing:
        error = TimezoneNeededError if zone_missing else FormatError
        raise error(f"{path}: {'. Also, '.join(missing)}")


def _hours(
    seconds: NDArray[np.int64], readable: NDArray[np.bool_], usable: NDArray[np.bool_]
) -> NDArray[np.int64]:
    hour = np.where(readable, seconds, 0) // 3600 % 24
    return np.stack([np.bincount(hour[rows], minlength=24) for rows in (readable, usable)])


def _longer_bars(minutes: NDArray[np.int64]) -> tuple[LongerBars, ...]:
    """Stretches in which every step is the same longer time frame; quiet markets have no pace."""
    times, steps = minutes, np.diff(minutes)
    if (steps <= 0).any():
        times = np.unique(minutes)
        steps = np.diff(times)
    if not (steps > 1).any():
        return ()
    edges = np.flatnonzero(np.diff(steps, prepend=-1, append=-1))
    return tuple(
        LongerBars(int(steps[first]), int(end - first), int(times[first]), int(times[end]))
        for first, end in pairwise(edges)
        if end - first >= _FEWEST_STEPS_OF_STRETCH and steps[first] in _LONGER_MINUTES
    )


def _carries_zone(path: Path, rows: Rows, readable: NDArray[np.bool_]) -> bool:
    """Whether the times carry a time zone; a mixture is refused."""
    zoned = rows.stamps.offset != NO_ZONE
    indices = np.flatnonzero(readable)
    if not indices.size:
        return True  # nothing to convert: the error about it comes later
    differing = indices[zoned[indices] != zoned[indices[0]]]
    if differing.size:
        row = int(differing[0])
        article = "a" if zoned[row] else "no"
        raise FormatError(
            f"{path}: {rows.place} {rows.lines[row]} has {article} time zone, unlike the times "
            f"before it: {rows.quote(row)!r:.120}. Import files with and without zones one by one"
        )
    return bool(zoned[indices[0]])


def _utc(
    stamps: Stamps, readable: NDArray[np.bool_], zone: SourceTimezone | None
) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """UTC seconds (0 where unreadable) and the status of each from `SourceTimezone.to_utc`."""
    problem = np.full(readable.size, OK, np.int8)
    if zone is None:
        return np.where(readable, stamps.seconds - stamps.offset * readable, 0), problem
    seconds = np.where(readable, stamps.seconds, 0)
    in_range = np.flatnonzero((seconds >= EARLIEST) & (seconds < LATEST))
    seconds[in_range], problem[in_range] = zone.to_utc(seconds[in_range])
    return seconds, problem


def _impossible_prices(prices: NDArray[np.float64]) -> dict[str, NDArray[np.bool_]]:
    opened, high, low, close = prices
    with np.errstate(invalid="ignore"):
        return {
            "price not a finite number": ~np.isfinite(prices).all(axis=0),
            "price 0 or negative": (prices <= 0).any(axis=0),
            "high below low": high < low,
            "open or close outside low to high": (
                (np.maximum(opened, close) > high) | (np.minimum(opened, close) < low)
            ),
        }


def _time_step(path: Path, seconds: NDArray[np.int64], *, one_minute: bool) -> int:
    """The usual seconds from bar to bar; refuses files in which that is not a minute.

    With `one_minute` the step of accepted files counts as 60, whatever a quiet market misses.
    """
    steps = np.diff(np.sort(seconds))
    steps = steps[steps > 0]
    if steps.size < _FEWEST_FOR_TIME_FRAME - 1:
        return 60 if one_minute or not steps.size else int(steps.min())
    values, counts = np.unique(steps, return_counts=True)
    usual = int(values[counts.argmax()])
    # Quiet markets miss minutes, but not at a regular pace.
    regular = counts.max() * 2 >= steps.size and np.mean(steps == 60) < 0.01
    if usual < 60 or (usual > 60 and regular and one_minute):
        raise FormatError(
            f"{path}: looks like {_time_frame(usual)} bars, not one-minute bars; export the "
            f"1-minute time frame (M1)"
        )
    return 60 if one_minute else usual


def _time_frame(step: int) -> str:
    for unit, name in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if step % unit == 0:
            return f"{step // unit}-{name}"
    return f"{step}-second"


def _first_rejected(rows: Rows, reason: NDArray[np.int64], reasons: list[str]) -> str:
    """Place, reason and text of the first rejected row; empty if there is none."""
    candidates = []
    rejected_rows = np.flatnonzero(reason >= 0)
    if rejected_rows.size:
        row = int(rejected_rows[0])
        candidates.append((int(rows.lines[row]), reasons[int(reason[row])], rows.quote(row)))
    if rows.first_malformed:
        line, text = rows.first_malformed
        candidates.append((line, MALFORMED, text))
    if not candidates:
        return ""
    line, cause, text = min(candidates)
    return f"{rows.place} {line} ({cause}): {text!r:.120}"


def _nothing_usable(path: Path, rows: Rows, first_rejected: str) -> str:
    total = rows.malformed + rows.lines.size
    if not total:
        return f"{path}: contains a header and no bars"
    hint = f". {SPELLINGS[0].upper()}{SPELLINGS[1:]}" if _UNREADABLE_TIME in first_rejected else ""
    return (
        f"{path}: none of its {total:,} rows is a usable bar; the first rejected row: "
        f"{first_rejected}{hint}"
    )
