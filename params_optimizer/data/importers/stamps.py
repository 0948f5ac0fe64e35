"""Times as files write them, to seconds and offsets; one parse per distinct text.

Two years of bars hold a million times, but only some hundred dates and a few thousand
clock times: each distinct piece is parsed once in plain Python and looked up after that.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.source_timezone import offset_seconds

ArrowArray: TypeAlias = Any  # the types of pyarrow say less than the name
ArrowStrings: TypeAlias = ArrowArray
"""An Arrow array of strings without nulls."""

UNREADABLE = np.iinfo(np.int64).min
NO_ZONE = np.iinfo(np.int64).max

EARLIEST = 315_532_800  # 1980-01-01
LATEST = 4_102_444_800  # 2100-01-01

_SECONDS_PER_DAY = 86_400
_EPOCH = date(1970, 1, 1).toordinal()
_YEAR_FIRST = re.compile(r"(\d{4})([-./])(\d\d)\2(\d\d)")
_DAY_FIRST = re.compile(r"(\d\d)\.(\d\d)\.(\d{4})")
_COMPACT_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)")
_CLOCK = re.compile(r"[T ]?([01]\d|2[0-3])(:?)([0-5]\d)(?:\2([0-5]\d)(?:\.(\d+))?)? ?(.*)")
_UNIX = r"^[0-9]{9,19}(\.0*)?$"
_UNIX_UNITS = (1, 1_000, 1_000_000, 1_000_000_000)


class Stamps(NamedTuple):
    """Times of bars, int64 arrays of shape (rows,).

    `seconds` since 1970-01-01 00:00 of the clock that the file shows, or UNREADABLE;
    `offset` of that clock, seconds east of UTC, or NO_ZONE where the time does not say.
    """

    seconds: NDArray[np.int64]
    offset: NDArray[np.int64]


def calendar_stamps(
    dates: ArrowStrings, clocks: ArrowStrings, parse_date: Callable[[str], int]
) -> Stamps:
    """Stamps of Arrow string arrays: dates, and clock times with or without a zone."""
    (days,) = look_up(dates, lambda text: (parse_date(text),))
    seconds, offset = look_up(clocks, parse_clock)
    readable = (days != UNREADABLE) & (seconds != UNREADABLE)
    total = np.where(readable, days, 0) * _SECONDS_PER_DAY + seconds
    return Stamps(np.where(readable, total, UNREADABLE), offset)


def free_stamps(strings: ArrowStrings) -> Stamps:
    """Stamps of Arrow strings that are ISO 8601 or unix time, line by line.

    Where every one is a date without a clock time (daily bars), midnight is meant.
    """
    import pyarrow.compute as pc

    unix: ArrowArray = pc.match_substring_regex(strings, _UNIX)
    is_unix = unix.to_numpy(zero_copy_only=False)
    seconds = np.empty(len(strings), np.int64)
    offset = np.zeros(len(strings), np.int64)
    if is_unix.any():
        texts: list[str] = strings.filter(unix).to_pylist()
        whole = np.array([int(text.partition(".")[0]) for text in texts], np.uint64)
        seconds[is_unix] = unix_seconds(np.minimum(whole, NO_ZONE).astype(np.int64))
    if not is_unix.all():
        rest = strings.filter(pc.invert(unix))
        clocks = pc.utf8_slice_codeunits(rest, 10)
        if not is_unix.any() and not pc.any(pc.not_equal(clocks, "")).as_py():
            clocks = pc.replace_substring_regex(clocks, "^$", "00:00")
        written = calendar_stamps(pc.utf8_slice_codeunits(rest, 0, 10), clocks, year_first)
        seconds[~is_unix], offset[~is_unix] = written
    return Stamps(seconds, offset)


def unix_seconds(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Unix times in seconds, milli-, micro- or nanoseconds, told apart by their size.

    From 1980 to 2099 the four ranges do not meet; a number in none of them is UNREADABLE.
    """
    seconds = np.full(numbers.size, UNREADABLE, np.int64)
    for unit in _UNIX_UNITS:
        meant = (numbers >= EARLIEST * unit) & (numbers < LATEST * unit)
        seconds[meant] = whole_seconds(numbers[meant], unit)
    return seconds


def whole_seconds(numbers: NDArray[np.int64], unit: int) -> NDArray[np.int64]:
    """Times of `unit` parts a second, rounded down, but never onto a whole minute."""
    seconds, rest = np.divmod(numbers, unit)
    return np.where((rest > 0) & (seconds % 60 == 0), seconds + 1, seconds)


def year_first(text: str) -> int:
    """Days since 1970-01-01 of `2026-04-22`, `2026.04.22` or `2026/04/22`, or UNREADABLE."""
    match = _YEAR_FIRST.fullmatch(text)
    return _days(match[1], match[3], match[4]) if match else UNREADABLE


def day_first(text: str) -> int:
    """Days since 1970-01-01 of `22.04.2026`, or UNREADABLE."""
    match = _DAY_FIRST.fullmatch(text)
    return _days(match[3], match[2], match[1]) if match else UNREADABLE


def compact_date(text: str) -> int:
    """Days since 1970-01-01 of `20260422`, or UNREADABLE."""
    match = _COMPACT_DATE.fullmatch(text)
    return _days(match[1], match[2], match[3]) if match else UNREADABLE


def parse_clock(text: str) -> tuple[int, int]:
    """Seconds after midnight, and offset, of `01:44`, ` 014400` or `T01:44:00.000+09:00`.

    A fraction of a second counts as a second right after a full minute, and is cut
    elsewhere: either way the time is not a whole minute.
    """
    match = _CLOCK.fullmatch(text)
    if not match:
        return UNREADABLE, NO_ZONE
    hours, _, minutes, seconds, fraction, zone = match.groups()
    offset = offset_seconds(zone) if zone else NO_ZONE
    if offset is None:
        return UNREADABLE, NO_ZONE
    second = int(seconds or 0)
    if second == 0 and (fraction or "").strip("0"):
        second = 1
    return int(hours) * 3600 + int(minutes) * 60 + second, offset


def look_up(strings: ArrowStrings, parse: Callable[[str], Sequence[int]]) -> NDArray[np.int64]:
    """Parse each distinct text of an Arrow array once; shape (numbers per text, rows)."""
    encoded = strings.dictionary_encode()
    # One text more gives the table its shape where there are no rows.
    texts = [*encoded.dictionary.to_pylist(), ""]
    parsed = np.array([parse(text) for text in texts], np.int64)
    values: NDArray[np.int64] = parsed[encoded.indices.to_numpy()]
    return values.T


def _days(year: str, month: str, day: str) -> int:
    try:
        return date(int(year), int(month), int(day)).toordinal() - _EPOCH
    except ValueError:
        return UNREADABLE
