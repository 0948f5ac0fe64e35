"""Times as files write them, to seconds and offsets; each distinct text is parsed once.

Two years of bars hold a million times, but only some hundred dates and a few thousand
clock times: each distinct piece is parsed once in plain Python and looked up after that.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.source_timezone import offset_seconds
from params_optimizer.errors import FormatError

ArrowArray: TypeAlias = Any  # the types of pyarrow say less than the name
ArrowStrings: TypeAlias = ArrowArray
"""An Arrow array of strings without nulls."""

DateOrder = Literal["dmy", "mdy"]

UNREADABLE = np.iinfo(np.int64).min
NO_ZONE = np.iinfo(np.int64).max

EARLIEST = 315_532_800  # 1980-01-01
LATEST = 4_102_444_800  # 2100-01-01

SPELLINGS = (
    "times are read as 2024-01-31 09:30[:00] (with T, Z or an offset, too), 2024/1/31, 31.01.2024 "
    "9:30, 01/31/2024 9:30 AM, 20240131 093000, the same in two columns, or unix time"
)

_SECONDS_PER_DAY = 86_400
_EPOCH = date(1970, 1, 1).toordinal()
_YEAR_FIRST = re.compile(r"(\d{4})([-./])(\d{1,2})\2(\d{1,2})")
_YEAR_LAST = re.compile(r"(\d{1,2})([-./])(\d{1,2})\2(\d{4})")
_COMPACT_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)")
_TEN_CHARACTERS = re.compile(r"\d{4}[-./]\d\d[-./]\d\d|\d\d[-./]\d\d[-./]\d{4}|")
_CLOCK = re.compile(
    r"[T ]*(\d{1,2}):([0-5]\d)(?::([0-5]\d)(?:[.,](\d+))?)?(?: ?([AaPp])\.?[Mm]\.?)? ?(.*)"
)
_COMPACT_CLOCK = re.compile(r"[T ]*(\d\d)([0-5]\d)(?:([0-5]\d)(?:\.(\d+))?)?()? ?(.*)")
_UNIX = r"^[0-9]{9,19}(\.0*)?$"
_UNIX_UNITS = (1, 1_000, 1_000_000, 1_000_000_000)


class Stamps(NamedTuple):
    """Times of bars, int64 arrays of shape (rows,).

    `seconds` since 1970-01-01 00:00 of the clock that the file shows, or UNREADABLE;
    `offset` of that clock, seconds east of UTC, or NO_ZONE where the time carries none.
    """

    seconds: NDArray[np.int64]
    offset: NDArray[np.int64]


def time_stamps(columns: Sequence[ArrowStrings], order: "DateReading") -> Stamps:
    """Stamps of one column of times, or of a column of dates and one of clock times.

    Raises:
        FormatError: the order of day and month cannot be determined.
    """
    if len(columns) == 1:
        return free_stamps(columns[0], order)
    return calendar_stamps(columns[0], columns[1], order)


class DateReading(NamedTuple):
    """What is known about dates such as 01/02/2024 before they are read.

    `stated` by the user wins; `documented` for the format serves where the dates themselves
    do not show which part is the day.
    """

    stated: DateOrder | None = None
    documented: DateOrder | None = None

    def order(self, texts: Iterable[str]) -> DateOrder:
        """The order of day and month in `texts`.

        Raises:
            FormatError: both are possible, or neither is.
        """
        matches = [match for text in texts if (match := _YEAR_LAST.fullmatch(text))]
        pairs = {(int(match[1]), int(match[3])) for match in matches if match[2] != "."}
        day_first = any(12 < first <= 31 for first, _ in pairs)
        month_first = any(12 < second <= 31 for _, second in pairs)
        if self.stated:
            return self.stated
        if day_first and month_first:
            raise FormatError(
                "some dates are written day/month/year and others month/day/year; state the order "
                "with --date-order dmy or mdy, so that the others are rejected"
            )
        if day_first or month_first:
            return "dmy" if day_first else "mdy"
        if self.documented or all(first == second for first, second in pairs):
            return self.documented or "dmy"
        example = next(match[0] for match in matches if match[2] != "." and match[1] != match[3])
        raise FormatError(
            f"dates such as {example} may be day/month or month/day, and no date in this file "
            f"decides it; state the order with --date-order dmy or mdy"
        )


def calendar_stamps(dates: ArrowStrings, clocks: ArrowStrings, reading: DateReading) -> Stamps:
    """Stamps of Arrow string arrays: dates, and clock times with or without a zone.

    Raises:
        FormatError: the order of day and month cannot be determined.
    """
    order: list[DateOrder] = []

    def parse_dates(texts: list[str]) -> list[Sequence[int]]:
        order.append(reading.order(texts))
        return [(parse_date(text, order[0]),) for text in texts]

    (days,) = look_up(dates, parse_dates)
    seconds, offset = look_up(clocks, _parse_clocks)
    readable = (days != UNREADABLE) & (seconds != UNREADABLE)
    total = np.where(readable, days, 0) * _SECONDS_PER_DAY + seconds
    return Stamps(np.where(readable, total, UNREADABLE), offset)


def free_stamps(strings: ArrowStrings, reading: DateReading) -> Stamps:
    """Stamps of Arrow strings that are dates with clock times or unix time, line by line.

    Where every one is a date without a clock time (daily bars), midnight is meant.

    Raises:
        FormatError: the order of day and month cannot be determined.
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
        # 20240131093000 is in the range of none of the units.
        compact = is_unix & (seconds == UNREADABLE) & _has_length(strings, 14)
        is_unix &= ~compact
    if not is_unix.all():
        dates, clocks = _split(strings.filter(_arrow(~is_unix)))
        if not is_unix.any() and not pc.any(pc.not_equal(clocks, "")).as_py():
            clocks = pc.replace_substring_regex(clocks, "^$", "00:00")
        seconds[~is_unix], offset[~is_unix] = calendar_stamps(dates, clocks, reading)
    return Stamps(seconds, offset)


def _split(strings: ArrowStrings) -> tuple[ArrowStrings, ArrowStrings]:
    """Dates and clock times; cutting after ten characters is the quick way where it fits."""
    import pyarrow.compute as pc

    dates = pc.utf8_slice_codeunits(strings, 0, 10)
    if all(_TEN_CHARACTERS.fullmatch(text) for text in pc.unique(dates).to_pylist()):
        return dates, pc.utf8_slice_codeunits(strings, 10)
    spaced = pc.replace_substring_regex(strings, r"^(\d{8})(\d{6})$", r"\1 \2")
    parts = pc.extract_regex(spaced, r"^(?P<date>[^T ]*)(?P<clock>.*)$")
    return tuple(pc.struct_field(parts, name).fill_null("") for name in ("date", "clock"))


def _has_length(strings: ArrowStrings, length: int) -> NDArray[np.bool_]:
    import pyarrow.compute as pc

    lengths: ArrowArray = pc.utf8_length(strings)
    return np.asarray(lengths.to_numpy(zero_copy_only=False) == length)


def _arrow(mask: NDArray[np.bool_]) -> ArrowArray:
    import pyarrow as pa

    return pa.array(mask)


def unix_seconds(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Unix times in seconds, milli-, micro- or nanoseconds, told apart by their size.

    From 1980 to 2099 the four ranges do not meet; a number in none of them is UNREADABLE.
    """
    seconds = np.full(numbers.size, UNREADABLE, np.int64)
    for unit in _UNIX_UNITS:
        in_range = (numbers >= EARLIEST * unit) & (numbers < LATEST * unit)
        seconds[in_range] = whole_seconds(numbers[in_range], unit)
    return seconds


def whole_seconds(numbers: NDArray[np.int64], unit: int) -> NDArray[np.int64]:
    """Times of `unit` parts a second, rounded down, but never onto a whole minute."""
    seconds, rest = np.divmod(numbers, unit)
    return np.where((rest > 0) & (seconds % 60 == 0), seconds + 1, seconds)


def parse_date(text: str, order: DateOrder) -> int:
    """Days since 1970-01-01 of a date, or UNREADABLE.

    Read are `2026-04-22`, `2026.4.22`, `2026/04/22`, `20260422`, `22.04.2026` (always the day
    first), and `22/04/2026` or `04-22-2026` in the given order.
    """
    match = _YEAR_FIRST.fullmatch(text)
    if match:
        return _days(match[1], match[3], match[4])
    match = _COMPACT_DATE.fullmatch(text)
    if match:
        return _days(match[1], match[2], match[3])
    match = _YEAR_LAST.fullmatch(text)
    if not match:
        return UNREADABLE
    if match[2] == "." or order == "dmy":
        return _days(match[4], match[3], match[1])
    return _days(match[4], match[1], match[3])


def _parse_clocks(texts: list[str]) -> list[Sequence[int]]:
    """Clock times; where all are digits alone, zeros that a spreadsheet removed are put back."""
    written = [text for text in texts if text]
    if written and all(text.isascii() and text.isdigit() for text in written):
        width = 4 if max(map(len, written)) <= 4 else 6
        return [parse_clock(text.zfill(width) if text else text) for text in texts]
    return [parse_clock(text) for text in texts]


@lru_cache(maxsize=4096)  # the files of a folder write the same minutes of the day
def parse_clock(text: str) -> tuple[int, int]:
    """Seconds after midnight, and offset, of `01:44`, `9:30 PM`, ` 014400` or `T01:44:00+09:00`.

    A fraction of a second counts as a second right after a full minute, and is cut
    elsewhere: either way the time is not a whole minute.
    """
    match = _CLOCK.fullmatch(text) or _COMPACT_CLOCK.fullmatch(text)
    if not match:
        return UNREADABLE, NO_ZONE
    digits, minutes, seconds, fraction, half, zone = match.groups()
    hours = _hour(int(digits), (half or "").upper())
    offset = offset_seconds(zone) if zone else NO_ZONE
    if hours is None or offset is None:
        return UNREADABLE, NO_ZONE
    second = int(seconds or 0)
    if second == 0 and (fraction or "").strip("0"):
        second = 1
    return hours * 3600 + int(minutes) * 60 + second, offset


def _hour(hour: int, half: str) -> int | None:
    """Hour of the day; `half` is A or P where the clock has twelve hours."""
    if not half:
        return hour if hour < 24 else None
    if not 1 <= hour <= 12:
        return None
    return hour % 12 + (12 if half == "P" else 0)


def look_up(
    strings: ArrowStrings, parse: Callable[[list[str]], list[Sequence[int]]]
) -> NDArray[np.int64]:
    """Parse the distinct texts of an Arrow array; shape (numbers per text, rows)."""
    encoded = strings.dictionary_encode()
    # One text more gives the table its shape where there are no rows.
    parsed = np.array(parse([*encoded.dictionary.to_pylist(), ""]), np.int64)
    values: NDArray[np.int64] = parsed[encoded.indices.to_numpy()]
    return values.T


def _days(year: str, month: str, day: str) -> int:
    try:
        return date(int(year), int(month), int(day)).toordinal() - _EPOCH
    except ValueError:
        return UNREADABLE
