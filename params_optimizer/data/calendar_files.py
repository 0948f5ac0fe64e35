"""Files of economic calendars: JSON of ForexFactory, CSV of any source, plain or compressed.

Times without an offset are UTC, but for the key `date` of ForexFactory's weekly file
(`ff_calendar_thisweek.json`), which carries one.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from params_optimizer.config import parse_json
from params_optimizer.data.importers.archives import COMPRESSED_SUFFIXES, unpacked
from params_optimizer.errors import DataError, FormatError, SettingsError

HIGH = "High"
IMPACTS = (HIGH, "Medium", "Low", "Holiday", "Non-Economic")
COLUMNS = ("datetime_utc", "currency", "impact", "title")

_SUFFIXES = (".json", ".csv")
_NAME = "forex_factory_"
_CANONICAL_IMPACT = {impact.casefold(): impact for impact in IMPACTS}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


class NewsEvent(NamedTuple):
    """One event: the UTC minute it falls into, and the seconds (0 <= second < 60) past it."""

    time: int
    currency: str
    impact: str
    title: str
    second: float = 0.0


def calendar_events(path: Path) -> list[NewsEvent] | None:
    """The events of a calendar file, or None for a file that is not a calendar.

    Calendars end in .json or .csv in any case, or in that and the suffix of a compressed file.
    A JSON file counts if it is named `forex_factory_*` or has the form of ForexFactory's.

    Raises:
        DataError: a calendar is damaged; the message names the event or line and the value.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    packed = bool(suffixes) and suffixes[-1] in COMPRESSED_SUFFIXES
    kind = suffixes[-2] if packed and len(suffixes) > 1 else suffixes[-1] if suffixes else ""
    if kind not in (*_SUFFIXES, ".zip"):
        return None
    try:
        content = path.read_bytes()
        files = unpacked(path, content, _SUFFIXES)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    except FormatError:
        return None
    if packed and files == [(path, content)]:  # not compressed after all
        return None
    events: list[NewsEvent] = []
    for name, data in files:
        is_csv = kind == ".csv" if kind != ".zip" else name.suffix.lower() == ".csv"
        rows = list(_csv_events(name, data)) if is_csv else _json_events(name, data)
        if rows is None:
            return None
        events += rows
    return events


def _json_events(path: Path, content: bytes) -> list[NewsEvent] | None:
    required = path.name.lower().startswith(_NAME)
    try:
        document = parse_json(path, content)
    except SettingsError as error:
        if required:
            raise DataError(str(error)) from error
        return None
    events = document.get("events") if isinstance(document, dict) else document or None
    if not isinstance(events, list) or not (required or _is_calendar(events)):
        if not required:
            return None
        raise DataError(
            f"{path}: has no list 'events'; a calendar looks like "
            f'{{"events": [{{"datetime_utc": ..., "country": ..., "impact": ..., "title": ...}}]}}'
        )
    return [_json_event(f"{path}: event {number}", event) for number, event in enumerate(events, 1)]


def _is_calendar(events: list[object]) -> bool:
    """Whether a list of another file has the form of ForexFactory's events."""
    keys = {"country", "impact"}
    return all(isinstance(event, dict) and keys <= event.keys() for event in events)


def _json_event(where: str, event: object) -> NewsEvent:
    if not isinstance(event, dict):
        raise DataError(f"{where}: {event!r:.60} must be a JSON object")
    return _event(where, event)


def _csv_events(path: Path, content: bytes) -> Iterator[NewsEvent]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is not UTF-8 text; save it as 'CSV UTF-8'") from error
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
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
    except csv.Error as error:
        raise DataError(f"{path}: line {rows.line_num}: {error}") from error


def _event(where: str, fields: Mapping[str, object]) -> NewsEvent:
    minute, second = _moment(where, fields)
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


def _moment(where: str, fields: Mapping[str, object]) -> tuple[int, float]:
    """UTC minute and the seconds past it."""
    if "date" in fields and "datetime_utc" not in fields:
        text = _text(where, fields, "date")
        if not text.endswith("Z") and not re.search(r"[+-]\d\d:?\d\d$", text[10:]):
            raise DataError(f"{where}: date {text!r:.60} has no offset such as -05:00")
        return _time(where, "date", text)
    return _time(where, "datetime_utc", _text(where, fields, "datetime_utc"))


def _text(where: str, fields: Mapping[str, object], *names: str) -> str:
    """The text under the first of `names` that is there."""
    for name in names:
        if name in fields:
            value = fields[name]
            if not isinstance(value, str):
                raise DataError(f"{where}: {name} {value!r:.60} must be text")
            return value.strip()
    raise DataError(f"{where}: has no {' or '.join(map(repr, names))}")


def _time(where: str, name: str, text: str) -> tuple[int, float]:
    """UTC minute and the seconds past it."""
    try:
        when = datetime.fromisoformat(text) if _TIME.fullmatch(text) else None
    except ValueError:  # the shape of a time, but no such day or hour
        when = None
    if when is None:
        raise DataError(
            f"{where}: {name} {text!r:.60} is not a time; write it as 2024-01-05T13:30:00 "
            f"(UTC) or with an offset as 2024-01-05T08:30:00-05:00"
        )
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    minutes, rest = divmod(when - _EPOCH, _MINUTE)
    return minutes, rest.total_seconds()
