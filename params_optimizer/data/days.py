"""Local calendar days and clock times as UTC minutes (R1.1).

Times are int64 minutes since 1970-01-01 00:00 UTC; dates are int64 days since
1970-01-01. A clock time that a daylight-saving change skips or repeats becomes
the instant PEP 495 gives it with fold=0; `skipped` tells which ones are skipped.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

MINUTES_PER_DAY = 1440
_EPOCH = date(1970, 1, 1).toordinal()


class Days(NamedTuple):
    """The local days that have bars; all arrays have shape (days,).

    The bars of day `i` are `first[i] <= index < end[i]`.
    """

    date: NDArray[np.int64]
    first: NDArray[np.int64]
    end: NDArray[np.int64]


def instants(dates: NDArray[np.int64], clock: str, zone: str) -> NDArray[np.int64]:
    """UTC minute at which it is `clock` ("HH:MM") in `zone` on each of the local `dates`."""
    seconds = [moment.timestamp() for moment in _moments(dates, clock, zone)]
    return np.array(seconds, dtype=np.int64) // 60


def skipped(dates: NDArray[np.int64], clock: str, zone: str) -> NDArray[np.bool_]:
    """Whether a change of the clock leaves out `clock` on each of the local `dates`."""
    # In such a gap, fold 0 has the offset of before and fold 1 the larger one of after (PEP 495).
    gaps = [
        moment.replace(fold=1).utcoffset() > moment.utcoffset()  # type: ignore[operator]
        for moment in _moments(dates, clock, zone)
    ]
    return np.array(gaps, dtype=np.bool_)


def _moments(dates: NDArray[np.int64], clock: str, zone: str) -> Iterator[datetime]:
    place, at = ZoneInfo(zone), time.fromisoformat(clock)
    return (datetime.combine(to_date(day), at, place) for day in dates)


def dates_around(minutes: NDArray[np.int64]) -> NDArray[np.int64]:
    """All dates, with or without bars, from two before the first minute to two after the last.

    No zone is further than a day from UTC, and no Initial Balance longer than one, so these
    are the dates of every bar and of every Initial Balance. `minutes` are sorted.
    """
    if not minutes.size:
        return np.zeros(0, np.int64)
    return np.arange(minutes[0] // MINUTES_PER_DAY - 2, minutes[-1] // MINUTES_PER_DAY + 3)


def local_days(minutes: NDArray[np.int64], zone: str) -> Days:
    """Split sorted UTC `minutes`, shape (bars,), into the local dates of `zone`."""
    dates = dates_around(minutes)
    borders = np.searchsorted(minutes, instants(dates, "00:00", zone))
    nonempty = borders[1:] > borders[:-1]
    return Days(dates[:-1][nonempty], borders[:-1][nonempty], borders[1:][nonempty])


def to_date(day: int) -> date:
    """The calendar date of `day`, days since 1970-01-01."""
    return date.fromordinal(int(day) + _EPOCH)


def to_day(day: date) -> int:
    """Days since 1970-01-01 of a calendar date."""
    return day.toordinal() - _EPOCH


def utc_text(minute: int) -> str:
    """A UTC minute as `2018-01-02 00:54`."""
    return iso_minute(minute)[:16].replace("T", " ")


def listed(items: Sequence[object], most: int = 5) -> str:
    """Up to `most` dates or names, with dots in the place of further ones."""
    return ", ".join(map(str, items[:most])) + (", ..." if len(items) > most else "")


def iso_minute(minute: int) -> str:
    """A UTC minute as `2018-01-02T00:54:00Z`."""
    return f"{np.datetime64(int(minute), 'm')}:00Z"
