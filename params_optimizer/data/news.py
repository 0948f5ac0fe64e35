"""The news calendar: when high-impact events void a decision (R6.2).

Read from the calendars in `news/` of the data folder, see `calendar_files`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.calendar_files import COLUMNS, HIGH, NewsEvent, calendar_events
from params_optimizer.errors import DataError, MissingDataError, StorageError
from params_optimizer.storage import files

ALL = "ALL"
"""Currency of events that concern every market, such as OPEC meetings."""

# Events that took place: a template left in the news folder does no harm.
TEMPLATE = """\
datetime_utc,currency,impact,title
2024-01-05T13:30:00,USD,High,Non-Farm Employment Change
2024-01-25T13:15:00Z,EUR,High,Main Refinancing Rate
2024-01-30T15:00:00,USD,Medium,CB Consumer Confidence
2024-02-02T08:30:00-05:00,USD,High,Non-Farm Employment Change
"""

_NO_FILTER = "trade around news as well: --no-news-filter"


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


@dataclass(frozen=True, slots=True)
class Calendar:
    """Events of all impacts and currencies, each once, sorted, and the files they came from.

    `unread` are the files of the news folder that are not calendars.
    """

    events: tuple[NewsEvent, ...]
    files: tuple[Path, ...]
    unread: tuple[Path, ...] = ()

    def relevant(self, currencies: Collection[str]) -> list[NewsEvent]:
        """High-impact events of these currencies, in time order."""
        codes = {currency.upper() for currency in currencies}
        return [event for event in self.events if event.impact == HIGH and event.currency in codes]

    def uncounted(self, currencies: Collection[str]) -> int:
        """Number of high-impact events of `All` where that is none of the currencies."""
        return 0 if ALL in {code.upper() for code in currencies} else len(self.relevant([ALL]))

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
    calendars: dict[Path, list[NewsEvent]] = {}
    unread = []
    for path in _files(folder):
        events = calendar_events(path)
        if events is None:
            unread.append(path)
        else:
            calendars[path] = events
    if not calendars:
        raise MissingDataError(_how_to_get_one(folder, optional=optional))
    merged = {event for events in calendars.values() for event in events}
    if not merged:
        names = ", ".join(path.name for path in calendars)
        raise DataError(
            f"{folder}: no event in {names}, so the news filter would do nothing; add "
            f"events{', or ' + _NO_FILTER if optional else ''}"
        )
    return Calendar(tuple(sorted(merged)), tuple(calendars), tuple(unread))


def _files(folder: Path) -> list[Path]:
    """The files of a folder in order, without those that other programs hide."""
    return sorted(
        path
        for path in folder.glob("*")
        if not path.name.startswith(".") and (path.is_file() or path.suffix in {".json", ".csv"})
    )


def write_template(path: Path) -> None:
    """Write a small valid CSV calendar to be filled in; its folder is made.

    Raises:
        StorageError: there is a file of this name already, or it cannot be written.
    """
    if path.exists():
        raise StorageError(f"{path}: already exists and was not changed; choose another name")
    files.make_folder(path.parent)
    files.write_text(path, TEMPLATE)


def uncounted_events(count: int) -> str:
    """A remark about events of all markets that do not count."""
    return (
        f"{count:,} high-impact events of All (every market) are not counted; list All in "
        f"news_currencies to count them"
    )


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
