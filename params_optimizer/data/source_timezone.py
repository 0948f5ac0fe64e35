"""The clock of a file whose times carry no zone, as `--source-timezone` names it.

Seconds are int64 since 1970-01-01 00:00, of UTC or of the file's own wall clock.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from difflib import get_close_matches
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import numpy as np
from numpy.typing import NDArray

from params_optimizer.errors import SettingsError

OPTIONS = (
    "an IANA name (Europe/Berlin), a fixed offset (UTC, UTC-5, +02:00), or newyork+7 for the "
    "clock of most MetaTrader brokers (New York time + 7 hours). HistData.com states UTC-5 "
    "for its files"
)

OK, SKIPPED, REPEATED = 0, 1, 2
"""Status of a local time in `to_utc`: one instant, no instant, or two that cannot be told apart."""

_DAY = 86_400
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a wall clock gets its zone in _offset
_FARTHEST = 14 * 3600  # Kiribati; nothing on Earth is further from UTC
_OFFSET = re.compile(r"(?:UTC|GMT)?(?:([+-])(\d{1,2})(?::?(\d{2}))?)?", re.IGNORECASE)
_NEW_YORK = re.compile(r"newyork([+-](?:\d|1[0-4]))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SourceTimezone:
    """A wall clock that runs `shift` seconds ahead of `zone`."""

    zone: tzinfo
    shift: int = 0

    def to_utc(self, local: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
        """UTC seconds of wall clock seconds, both of shape (rows,), and OK, SKIPPED or REPEATED.

        `local` stands in the order of the file: an hour that the clock shows twice is
        resolved where its rows are adjacent and step back exactly once, as a complete
        recording does. Other repeated times, and skipped ones, have no sure instant.
        """
        wall = local - self.shift
        problem = np.full(wall.size, OK, np.int8)
        days, inverse = np.unique(wall // _DAY, return_inverse=True)
        offsets = np.array([self._offsets_of_day(int(day)) for day in days], np.int64)
        offsets = offsets.reshape(days.size, 4)
        steady = (offsets == offsets[:, :1]).all(axis=1)
        utc = wall - offsets[inverse, 0]
        for day in np.flatnonzero(~steady):
            rows = np.flatnonzero(inverse == day)
            utc[rows], problem[rows] = self._across_change(wall[rows], rows)
        return utc, problem

    def _offsets_of_day(self, day: int) -> list[int]:
        borders = (day * _DAY, (day + 1) * _DAY)
        return [self._offset(border, fold) for border in borders for fold in (0, 1)]

    def _across_change(
        self, wall: NDArray[np.int64], rows: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
        """The same for the times of one day on which the clock changes."""
        first, second = np.array(
            [[self._offset(int(second), fold) for fold in (0, 1)] for second in wall], np.int64
        ).T
        utc = wall - first
        # PEP 495: across a gap the second offset is the larger one, across a fold the smaller.
        problem = np.where(first < second, SKIPPED, OK).astype(np.int8)
        repeated = np.flatnonzero(first > second)
        if repeated.size:
            begin = _second_pass(wall[repeated], rows[repeated])
            if begin is None:
                problem[repeated] = REPEATED
            else:
                later = repeated[begin:]
                utc[later] = wall[later] - second[later]
        return utc, problem

    def _offset(self, wall: int, fold: int) -> int:
        at = (_EPOCH + timedelta(seconds=wall)).replace(tzinfo=self.zone, fold=fold)
        offset = at.utcoffset()
        return 0 if offset is None else round(offset.total_seconds())


def parse_source_timezone(text: str) -> SourceTimezone:
    """The clock that `text` names, upper or lower case.

    Raises:
        SettingsError: it is not a time zone; the message lists what can be written.
    """
    name = text.strip()
    new_york = _NEW_YORK.fullmatch(name)
    if new_york:
        return SourceTimezone(ZoneInfo("America/New_York"), int(new_york[1] or 0) * 3600)
    offset = offset_seconds(name)
    if offset is not None:
        return SourceTimezone(timezone(timedelta(seconds=offset)))
    try:
        return SourceTimezone(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        names = {zone.lower(): zone for zone in available_timezones()}
        nearest = get_close_matches(name.lower(), names, n=1)
        if nearest and nearest[0] == name.lower():
            return SourceTimezone(ZoneInfo(names[nearest[0]]))
        hint = f"; did you mean {names[nearest[0]]!r}?" if nearest else ""
        raise SettingsError(
            f"source timezone {text!r}is not a time zone{hint}; write {OPTIONS}"
        ) from error


def offset_seconds(text: str) -> int | None:
    """Seconds east of UTC that `Z`, `UTC`, `GMT`, `+09:00`, `-0500` or `UTC+2` stand for."""
    if text in {"Z", "z"}:
        return 0
    match = _OFFSET.fullmatch(text)
    if not text or not match:
        return None
    sign, hours, minutes = match.groups()
    seconds = int(hours or 0) * 3600 + int(minutes or 0) * 60
    if seconds > _FARTHEST or int(minutes or 0) > 59:
        return None
    return -seconds if sign == "-" else seconds


def _second_pass(wall: NDArray[np.int64], rows: NDArray[np.int64]) -> int | None:
    """Index at which the clock shows the repeated hour again; None if it cannot be determined."""
    together = int(rows[-1] - rows[0]) == rows.size - 1
    steps = np.diff(wall)
    back = np.flatnonzero(steps <= 0)
    if together and back.size == 1 and steps[back[0]] < 0:
        return int(back[0]) + 1
    return None
