"""The news calendar: when high-impact events void a decision (R6.2).

Read from `news/forex_factory_*.json` and `news/*.csv` of the data folder. Times
without an offset are UTC.
"""

import csv
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.config import read_json
from params_optimizer.errors import DataError, MissingDataError, SettingsError, StorageError
from params_optimizer.storage import files

HIGH = "High"
IMPACTS = (HIGH, "Medium", "Low", "Holiday", "Non-Economic")
COLUMNS = ("datetime_utc", "currency", "impact", "title")

# Events that took place: a template left in the news folder does no harm.
TEMPLATE = """\
datetime_utc,currency,impact,title
2024-01-05T13:30:00,USD,High,Non-Farm Employment Change
2024-01-25T13:15:00Z,EUR,High,Main Refinancing Rate
2024-01-30T15:00:00,USD,Medium,CB Consumer Confidence
2024-02-02T08:30:00-05:00,USD,High,Non-Farm Employment Change
"""

_NO_FILTER = "trade around news as well: --no-news-filter"
_CANONICAL_IMPACT = {impact.casefold(): impact for impact in IMPACTS}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


class NewsWindows(NamedTuple):
    """Closed intervals of UTC minutes in which a decision is void; arrays of shape (windows,).

    int64, sorted, with at least one free minute between two of them, so that the only
    window that can hold a minute is the last one that starts at or before it.
    """

    start: NDArray[np.int64]
    end: NDArray[np.int64]

    def contains(self, minute: int) -> bool:
        """Whether a decision at this UTC minute is void."""
        place = int(np.searchsorted(self.start, minute, side="right")) - 1
        return place >= 0 and minute <= int(self.end[place])


NO_NEWS = NewsWindows(np.zeros(0, np.int64), np.zeros(0, np.int64))


class NewsEvent(NamedTuple):
    """One event: the UTC minute it falls into, and the seconds (0 <= second < 60) past it."""

    time: int
    currency: str
    impact: str
    title: str
    second: float = 0.0


@dataclass(frozen=True, slots=True)
class Calendar:
    """Events of all impacts and currencies, each once, sorted, and the files they came from."""

    events: tuple[NewsEvent, ...]
    files: tuple[Path, ...]

    def relevant(self, currencies: Collection[str]) -> list[NewsEvent]:
        """High-impact events of these currencies, in time order."""
        codes = {currency.upper() for currency in currencies}
        return [event for event in self.events if event.impact == HIGH and event.currency in codes]

    def windows(
        self, currencies: Collection[str], before_minutes: int, after_minutes: int
    ) -> NewsWindows:
        """When a decision is void: from `before_minutes` to `after_minutes` around an event.

        Both ends are included (R6.2). Decisions are whole minutes, so an event at 12:30:30
        with two minutes on each side voids 12:29 to 12:32.
        """
        events = self.relevant(currencies)
        minute = np.array([event.time for event in events], dtype=np.int64)
        past = np.array([event.second > 0 for event in events], dtype=np.int64)
        start, end = minute + past - before_minutes, minute + after_minutes
        holds_a_minute = start <= end  # not so for 12:30:30 with no minute on either side
        return _merged(start[holds_a_minute], end[holds_a_minute])

    def years_without_events(
        self, first_minute: int, last_minute: int, currencies: Collection[str]
    ) -> list[int]:
        """UTC years from `first_minute` to `last_minute` without any relevant event.

        Events count for the whole calendar year: the question is whether the calendar
        covers it, whatever part of it the bars do.
        """
        covered = {_year(event.time) for event in self.relevant(currencies)}
        years = range(_year(first_minute), _year(last_minute) + 1)
        return [year for year in years if year not in covered]

    def fingerprint(self, currencies: Collection[str]) -> str:
        """SHA-256 of the instants of the relevant events: equal means equal windows."""
        instants = sorted({(event.time, event.second) for event in self.relevant(currencies)})
        return sha256(repr(instants).encode()).hexdigest()


def load_calendar(data_dir: Path, *, optional: bool = True) -> Calendar:
    """Every calendar file in `data_dir/news`, as one calendar; duplicates merged.

    `optional`: the filter can still be switched off, and the message says how.

    Raises:
        MissingDataError: there is no calendar; the message says where to get one.
        DataError: a file is damaged; the message names the event or line and the value. Or
            all files together contain no event.
    """
    folder = data_dir / "news"
    paths = sorted(
        path
        for pattern in ("forex_factory_*.json", "*.csv")
        for path in folder.glob(pattern)
        if not path.name.startswith(".")  # resource forks and locks of other programs
    )
    if not paths:
        raise MissingDataError(_how_to_get_one(folder, optional=optional))
    events = {
        event
        for path in paths
        for event in (_csv_events(path) if path.suffix == ".csv" else _json_events(path))
    }
    if not events:
        names = ", ".join(path.name for path in paths)
        raise DataError(
            f"{folder}: no event in {names}, so the news filter would do nothing; add "
            f"events{', or ' + _NO_FILTER if optional else ''}"
        )
    return Calendar(tuple(sorted(events)), tuple(paths))


def write_template(path: Path) -> None:
    """Write a small valid CSV calendar to be filled in; its folder is made.

    Raises:
        StorageError: there is a file of this name already, or it cannot be written.
    """
    if path.exists():
        raise StorageError(f"{path}: already exists and was not changed; choose another name")
    files.make_folder(path.parent)
    files.write_text(path, TEMPLATE)


def _how_to_get_one(folder: Path, *, optional: bool) -> str:
    if not optional:
        return (
            f"{folder}: there is no news calendar, but this run was made with one; restore the "
            f"same calendar"
        )
    return f"""{folder}: there is no news calendar, which the news filter needs. Either
  - put ForexFactory calendars (https://www.forexfactory.com/calendar) there, one a year, as
    forex_factory_2024.json: {{"events": [{{"datetime_utc": "2024-01-05T13:30:00",
    "country": "USD", "impact": "High", "title": "Non-Farm Employment Change"}}, ...]}}
  - or put any economic calendar there as a CSV file with the header {",".join(COLUMNS)}
    (--news-template writes one to fill in); times are UTC unless they carry an offset
  - or {_NO_FILTER}"""


def _merged(start: NDArray[np.int64], end: NDArray[np.int64]) -> NewsWindows:
    if not start.size:
        return NO_NEWS
    # All reach equally far around their events, so starts and ends have the same order.
    start, end = np.sort(start), np.sort(end)
    first = np.flatnonzero(np.concatenate([[True], start[1:] > end[:-1] + 1]))
    last = np.append(first[1:], start.size) - 1
    return NewsWindows(start[first], end[last])


def _year(minute: int) -> int:
    return int(np.datetime64(int(minute), "m").astype("datetime64[Y]").astype(int)) + 1970


def _json_events(path: Path) -> Iterator[NewsEvent]:
    try:
        content = read_json(path)
    except SettingsError as error:
        raise DataError(str(error)) from error
    events = content.get("events") if isinstance(content, dict) else None
    if not isinstance(events, list):
        raise DataError(
            f"{path}: has no list 'events'; a calendar looks like "
            f'{{"events": [{{"datetime_utc": ..., "country": ..., "impact": ..., "title": ...}}]}}'
        )
    for number, event in enumerate(events, 1):
        where = f"{path}: event {number}"
        if not isinstance(event, dict):
            raise DataError(f"{where}: {event!r:.60} must be a JSON object")
        yield _event(where, event)


def _csv_events(path: Path) -> Iterator[NewsEvent]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file, strict=True)
            header = [name.strip().lower() for name in next(rows, [])]
            if not set(COLUMNS) <= set(header):
                raise DataError(
                    f"{path}: line 1: the header is {','.join(header)!r:.80}; it must contain "
                    f"{','.join(COLUMNS)}, separated by commas"
                )
            for row in rows:
                where = f"{path}: line {rows.line_num}"
                if not any(row):
                    continue
                if len(row) != len(header):
                    raise DataError(
                        f"{where}: has {len(row)} fields, the header has {len(header)}; "
                        f"put titles that contain a comma in double quotes"
                    )
                yield _event(where, dict(zip(header, row, strict=True)))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is not UTF-8 text; save it as 'CSV UTF-8'") from error
    except csv.Error as error:
        raise DataError(f"{path}: line {rows.line_num}: {error}") from error


def _event(where: str, fields: Mapping[str, object]) -> NewsEvent:
    minute, second = _time(where, _text(where, fields, "datetime_utc"))
    currency = _text(where, fields, "currency", "country").upper()
    if not _CURRENCY.fullmatch(currency):
        raise DataError(
            f"{where}: currency {currency!r:.60} is not a three-letter code such as USD"
        )
    impact = _text(where, fields, "impact")
    if impact.casefold() not in _CANONICAL_IMPACT:
        raise DataError(f"{where}: impact {impact!r:.60} must be one of {', '.join(IMPACTS)}")
    title = _text(where, fields, "title")
    return NewsEvent(minute, currency, _CANONICAL_IMPACT[impact.casefold()], title, second)


def _text(where: str, fields: Mapping[str, object], *names: str) -> str:
    """The text under the first of `names` that is there."""
    for name in names:
        if name in fields:
            value = fields[name]
            if not isinstance(value, str):
                raise DataError(f"{where}: {name} {value!r:.60} must be text")
            return value.strip()
    raise DataError(f"{where}: has no {' or '.join(map(repr, names))}")


def _time(where: str, text: str) -> tuple[int, float]:
    """UTC minute and the seconds past it."""
    try:
        when = datetime.fromisoformat(text) if _TIME.fullmatch(text) else None
    except ValueError:  # the shape of a time, but no such day or hour
        when = None
    if when is None:
        raise DataError(
            f"{where}: datetime_utc {text!r:.60} is not a time; write it as 2024-01-05T13:30:00 "
            f"(UTC) or with an offset as 2024-01-05T08:30:00-05:00"
        )
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    minutes, rest = divmod(when - _EPOCH, _MINUTE)
    return minutes, rest.total_seconds()
