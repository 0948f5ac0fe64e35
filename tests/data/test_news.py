"""The news calendar: which decisions an event voids, and what a broken file says."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from params_optimizer.data.calendar_files import NewsEvent
from params_optimizer.data.news import (
    NO_NEWS,
    TEMPLATE,
    Calendar,
    NewsWindows,
    load_calendar,
    write_template,
)
from params_optimizer.errors import DataError, MissingDataError, StorageError

HEADER = "datetime_utc,currency,impact,title\n"
EVENT = {"datetime_utc": "2024-01-05T13:30:00", "country": "USD", "impact": "High", "title": "NFP"}


def minute(text: str) -> int:
    return int(np.datetime64(text, "m").astype(int))


def calendar(*times: str, currency: str = "USD", impact: str = "High") -> Calendar:
    """Events at "2024-01-05T13:30:00"."""
    events = [
        NewsEvent(minute(time[:16]), currency, impact, "event", float(time[17:] or 0))
        for time in times
    ]
    return Calendar(tuple(sorted(events)), ())


def put(data_dir: Path, name: str, content: str | bytes | dict[str, object]) -> Path:
    path = data_dir / "news" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content) if isinstance(content, dict) else content
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def spans(windows: NewsWindows) -> list[tuple[int, int]]:
    return list(zip(windows.start.tolist(), windows.end.tolist(), strict=True))


# Windows (R6.2)


def test_both_ends_are_included() -> None:
    windows = calendar("2024-01-05T13:30").windows(["USD"], 2, 3)
    voided = [at for at in range(minute("2024-01-05T13:20"), minute("2024-01-05T13:45"))
              if windows.contains(at)]  # fmt: skip
    assert voided == list(range(minute("2024-01-05T13:28"), minute("2024-01-05T13:33") + 1))


@pytest.mark.parametrize(
    ("time", "before", "after", "first", "last"),
    [
        ("12:30", 2, 2, "12:28", "12:32"),
        ("12:30", 0, 0, "12:30", "12:30"),
        ("12:30:30", 2, 2, "12:29", "12:32"),
        ("12:30:01", 1, 0, "12:30", "12:30"),
        ("12:30:59.5", 0, 1, "12:31", "12:31"),
    ],
)
def test_seconds_move_the_start_only(
    time: str, before: int, after: int, first: str, last: str
) -> None:
    windows = calendar(f"2024-01-05T{time}").windows(["USD"], before, after)
    assert spans(windows) == [(minute(f"2024-01-05T{first}"), minute(f"2024-01-05T{last}"))]


def test_an_event_between_two_minutes_voids_none_without_minutes_around_it() -> None:
    assert spans(calendar("2024-01-05T12:30:30").windows(["USD"], 0, 0)) == []


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        (["10:00", "10:00"], [("09:58", "10:02")]),
        (["10:00", "10:03"], [("09:58", "10:05")]),  # overlapping
        (["10:00", "10:05"], [("09:58", "10:07")]),  # touching: 10:02 and 10:03 follow
        (["10:00", "10:06"], [("09:58", "10:02"), ("10:04", "10:08")]),  # 10:03 is free
        (["23:59"], [("23:57", "1 00:01")]),
    ],
)
def test_windows_that_overlap_or_touch_are_merged(
    times: list[str], expected: list[tuple[str, str]]
) -> None:
    def at(clock: str) -> int:
        day, _, time = clock.rpartition(" ")
        return minute(f"2024-01-0{5 + int(day or 0)}T{time}")

    windows = calendar(*(f"2024-01-05T{time}" for time in times)).windows(["USD"], 2, 2)
    assert spans(windows) == [(at(start), at(end)) for start, end in expected]


def test_seconds_order_events_of_one_minute_whatever_their_currency() -> None:
    at = minute("2024-01-05T12:30")
    events = (NewsEvent(at, "EUR", "High", "a", 30.0), NewsEvent(at, "USD", "High", "b"))
    assert spans(Calendar(events, ()).windows(["EUR", "USD"], 2, 2)) == [(at - 2, at + 2)]


@pytest.mark.parametrize(
    ("currency", "impact", "wanted", "voided"),
    [
        ("USD", "High", ("USD",), True),
        ("EUR", "High", ("EUR", "USD"), True),
        ("USD", "High", ("usd",), True),
        ("GBP", "High", ("EUR", "USD"), False),
        ("USD", "High", (), False),
        ("USD", "Medium", ("USD",), False),
        ("USD", "Low", ("USD",), False),
        ("USD", "Holiday", ("USD",), False),
        ("USD", "Non-Economic", ("USD",), False),
    ],
)
def test_only_high_impact_events_of_the_currencies_count(
    currency: str, impact: str, wanted: tuple[str, ...], voided: bool
) -> None:
    one = calendar("2024-01-05T13:30", currency=currency, impact=impact)
    assert one.windows(wanted, 2, 2).contains(minute("2024-01-05T13:30")) is voided


seconds = st.integers(0, 3600 * 6)


@given(st.lists(seconds, max_size=25), st.integers(0, 20), st.integers(0, 20))
def test_windows_void_exactly_what_the_rule_says(
    instants: list[int], before: int, after: int
) -> None:
    events = tuple(sorted(NewsEvent(at // 60, "USD", "High", "", at % 60) for at in instants))
    windows = Calendar(events, ()).windows(["USD"], before, after)
    for at in range(-30, 6 * 60 + 30):
        rule = any(one - before * 60 <= at * 60 <= one + after * 60 for one in instants)
        assert windows.contains(at) is rule
    assert windows.start.dtype == windows.end.dtype == np.int64
    assert (windows.start <= windows.end).all()
    assert (windows.start[1:] > windows.end[:-1] + 1).all()


def test_no_news_holds_no_minute() -> None:
    assert not NO_NEWS.contains(0)
    assert spans(Calendar((), ()).windows(["USD"], 2, 2)) == []


# Coverage and fingerprint


def test_years_without_events_are_those_of_the_bars() -> None:
    events = calendar("2019-12-31T23:59", "2021-06-01T12:00").events
    others = calendar("2020-06-01T12:00", currency="GBP").events
    both = Calendar(tuple(sorted(events + others)), ())
    first, last = minute("2018-12-31T23:59"), minute("2022-01-01T00:00")
    assert both.years_without_events(first, last, ["USD"]) == [2018, 2020, 2022]
    assert both.years_without_events(first, last, ["GBP", "USD"]) == [2018, 2022]
    assert both.years_without_events(minute("2021-01-01"), minute("2021-02-01"), ["USD"]) == []
    assert both.years_without_events(minute("2021-01-01"), minute("2021-02-01"), []) == [2021]


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"title": "another title"}, True),
        ({"datetime_utc": "2024-01-05T14:30:00+01:00"}, True),
        ({"datetime_utc": "2024-01-05T13:31:00"}, False),
        ({"datetime_utc": "2024-01-05T13:30:01"}, False),
        ({"impact": "Medium"}, False),
        ({"country": "EUR"}, False),
    ],
)
def test_the_fingerprint_hangs_on_what_can_change_a_result(
    tmp_path: Path, change: dict[str, str], same: bool
) -> None:
    for folder, event in (("a", EVENT), ("b", EVENT | change)):
        put(tmp_path / folder, "forex_factory_2024.json", {"events": [event]})
    prints = [load_calendar(tmp_path / folder).fingerprint(["USD"]) for folder in "ab"]
    assert (prints[0] == prints[1]) is same


def test_the_fingerprint_ignores_how_events_are_spread_over_files(tmp_path: Path) -> None:
    later = EVENT | {"datetime_utc": "2024-02-02T13:30:00"}
    irrelevant = [EVENT | {"country": "GBP"}, EVENT | {"impact": "Low"}]
    put(tmp_path / "a", "forex_factory_2024.json", {"events": [EVENT, later]})
    put(tmp_path / "b", "forex_factory_2024.json", {"events": [later, *irrelevant]})
    put(tmp_path / "b", "forex_factory_2025.json", {"events": [EVENT, EVENT]})
    calendars = [load_calendar(tmp_path / folder) for folder in "ab"]
    assert calendars[0].fingerprint(["USD"]) == calendars[1].fingerprint(["USD"])


# Reading


def test_every_file_is_read_and_duplicates_are_merged(tmp_path: Path) -> None:
    paths = [
        put(tmp_path, "forex_factory_2024.json", {"year": 2024, "events": [EVENT, EVENT]}),
        put(tmp_path, "mine.csv", f"{HEADER}2024-01-05 13:30,usd,HIGH,NFP\n"
                                  f'2023-03-01T12:00:00,EUR,low,"a, b"\n'),
        put(tmp_path, "other.csv", f"{HEADER}"),
    ]  # fmt: skip
    put(tmp_path, "notes.txt", "not a calendar")
    put(tmp_path, "._mine.csv", b"\x00\x05\x16\x07")
    loaded = load_calendar(tmp_path)
    assert loaded.files == tuple(paths)
    assert loaded.events == (
        NewsEvent(minute("2023-03-01T12:00"), "EUR", "Low", "a, b"),
        NewsEvent(minute("2024-01-05T13:30"), "USD", "High", "NFP"),
    )


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2024-01-05T13:30:00", "2024-01-05T13:30"),
        ("2024-01-05 13:30", "2024-01-05T13:30"),
        ("2024-01-05T13:30:00Z", "2024-01-05T13:30"),
        ("2024-01-05T08:30:00-05:00", "2024-01-05T13:30"),
        ("2024-01-05T19:00:00+0530", "2024-01-05T13:30"),
        ("2024-01-01T00:30+01:00", "2023-12-31T23:30"),
        (" 2024-01-05T13:30:00 ", "2024-01-05T13:30"),
        ("1969-12-31T23:59:00", "1969-12-31T23:59"),
        ("0001-01-01T00:00:00+14:00", "0000-12-31T10:00"),
    ],
)
def test_times_are_utc_unless_they_carry_an_offset(tmp_path: Path, text: str, utc: str) -> None:
    put(tmp_path / "json", "forex_factory_1.json", {"events": [EVENT | {"datetime_utc": text}]})
    put(tmp_path / "csv", "a.csv", f"{HEADER}{text},USD,High,NFP\n")
    for folder in ("json", "csv"):
        assert load_calendar(tmp_path / folder).events[0].time == minute(utc)


def test_seconds_and_their_fractions_are_kept(tmp_path: Path) -> None:
    put(tmp_path, "a.csv", f"{HEADER}2024-01-05T13:30:30.25,USD,High,NFP\n")
    assert load_calendar(tmp_path).events[0].second == 30.25


def test_what_spreadsheets_add_to_a_csv_is_read(tmp_path: Path) -> None:
    put(tmp_path, "a.csv", "\ufeffTitle, Impact ,currency,datetime_utc,note\r\n\r\n"
                           "NFP,High,USD,2024-01-05T13:30:00,x\r\n,,,,\r\n")  # fmt: skip
    assert load_calendar(tmp_path).events == (
        NewsEvent(minute("2024-01-05T13:30"), "USD", "High", "NFP"),
    )


def test_the_real_calendar_loads(shared: Path) -> None:
    loaded = load_calendar(shared / "data")
    high = [one for one in loaded.events if one.impact == "High"]
    assert (len(loaded.files), len(high)) == (4, 3435)
    assert loaded.years_without_events(minute("2022-05-01"), minute("2026-05-01"), ["EUR"]) == [
        2022
    ]
    payrolls = loaded.windows(["USD"], 2, 2)
    assert payrolls.contains(minute("2024-01-05T13:28"))
    assert not payrolls.contains(minute("2024-01-05T13:27"))


# Files that cannot be read


def test_without_a_calendar_the_message_says_where_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError) as caught:
        load_calendar(tmp_path)
    for part in (str(tmp_path / "news"), "forexfactory.com", "forex_factory_2024.json", '"events"',
                 HEADER.strip(), "--news-template", "--no-news-filter"):  # fmt: skip
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("mine.csv", "datetime_utc,currency,impact,title\n"),
        ("forex_factory_2024.json", '{"events": []}'),
    ],
)
def test_files_without_a_single_event_are_no_calendar(
    tmp_path: Path, name: str, content: str
) -> None:
    path = tmp_path / "news" / name
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(DataError, match=rf"{name}, so the news filter.*--no-news-filter"):
        load_calendar(tmp_path)
    path.with_name("other.csv").write_text(TEMPLATE)
    assert load_calendar(tmp_path).events, "one of several may be empty"


def test_the_example_in_that_message_is_a_valid_file(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError) as caught:
        load_calendar(tmp_path)
    text = str(caught.value)
    example = text[text.index("{") : text.index(", ...]}")] + "]}"
    put(tmp_path, "forex_factory_2024.json", example)
    assert load_calendar(tmp_path).windows(["USD"], 2, 2).contains(minute("2024-01-05T13:30"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("IBH", "line 1, column 1"),
        ("", "line 1, column 1"),
        (b"\xff\xfe\x00", "not UTF-8"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "has no list 'events'"),
        ("{}", "has no list 'events'"),
        ('{"events": "many"}', "has no list 'events'"),
        ('{"events": {"a": 1}}', "has no list 'events'"),
        ({"events": [EVENT, "NFP"]}, "event 2: 'NFP' must be a JSON object"),
        ({"events": [{"impact": "High"}]}, "event 1: has no 'datetime_utc'"),
        ({"events": [{"datetime_utc": "2024-01-05T13:30:00"}]}, "no 'currency' or 'country'"),
        ({"events": [EVENT | {"country": None}]}, "country None must be text"),
        ({"events": [EVENT | {"country": "United States"}]}, "currency 'UNITED STATES'"),
        ({"events": [EVENT | {"country": ""}]}, "currency ''"),
        ({"events": [EVENT | {"impact": "Huge"}]}, "impact 'Huge' must be one of High, Med"),
        ({"events": [EVENT | {"impact": ["High"]}]}, "impact ['High'] must be text"),
        ({"events": [EVENT | {"title": 7}]}, "title 7 must be text"),
        ({"events": [EVENT | {"datetime_utc": 1704461400}]}, "1704461400 must be text"),
        ({"events": [EVENT | {"datetime_utc": "Tentative"}]}, "'Tentative' is not a time"),
        ({"events": [EVENT | {"datetime_utc": "2024-01-05"}]}, "'2024-01-05' is not a time"),
        ({"events": [EVENT | {"datetime_utc": "05.01.2024 13:30"}]}, "is not a time"),
        ({"events": [EVENT | {"datetime_utc": "2024-02-30T13:30:00"}]}, "is not a time"),
        ({"events": [EVENT | {"datetime_utc": "2024-01-05T13:30:00+25:00"}]}, "is not a time"),
        ({"events": [EVENT | {"datetime_utc": "2024-01-05T13:30:00 EST"}]}, "is not a time"),
    ],
)  # fmt: skip
def test_a_broken_json_names_the_event_and_the_value(
    tmp_path: Path, content: str | bytes | dict[str, object], message: str
) -> None:
    path = put(tmp_path, "forex_factory_2024.json", content)
    with pytest.raises(DataError) as caught:
        load_calendar(tmp_path)
    assert str(path) in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "line 1: the header is ''"),
        ("2024-01-05T13:30:00,USD,High,NFP\n", "line 1: the header is"),
        ("datetime_utc;currency;impact;title\n", "separated by commas"),
        (f"{HEADER}2024-01-05T13:30:00,USD,High\n", "line 2: has 3 fields, the header has 4"),
        (f"{HEADER}\n2024-01-05T13:30:00,USD,High,a,b\n", "line 3: has 5 fields"),
        (f"{HEADER}5.1.2024,USD,High,NFP\n", "line 2: datetime_utc '5.1.2024' is not a time"),
        (f"{HEADER}2024-01-05T13:30:00,USD,red,NFP\n", "line 2: impact 'red'"),
        (f"{HEADER}2024-01-05T13:30:00,Dollar,High,NFP\n", "line 2: currency 'DOLLAR'"),
        (f'{HEADER}2024-01-05T13:30:00,USD,High,"NFP\n', "line 2: unexpected end"),
        (f"{HEADER}2024-01-05T13:30:00,USD,High,{'x' * 200_000}\n", "line 2: field larger"),
        (HEADER.encode() + b"2024-01-05T13:30:00,EUR,High,\xe4\n", "CSV UTF-8"),
    ],
)
def test_a_broken_csv_names_the_line_and_the_value(
    tmp_path: Path, content: str | bytes, message: str
) -> None:
    path = put(tmp_path, "mine.csv", content)
    with pytest.raises(DataError) as caught:
        load_calendar(tmp_path)
    assert str(path) in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["forex_factory_2024.json", "mine.csv"])
def test_a_folder_in_place_of_a_calendar_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "news" / name).mkdir(parents=True)
    with pytest.raises(DataError, match=f"{name}: cannot be read"):
        load_calendar(tmp_path)


# The template


def test_the_template_is_a_calendar(tmp_path: Path) -> None:
    write_template(tmp_path / "news" / "template.csv")
    events = load_calendar(tmp_path).events
    assert {one.impact for one in events} == {"High", "Medium"}
    assert minute("2024-02-02T13:30") in {one.time for one in events}  # its line has an offset


def test_the_template_never_overwrites(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("precious")
    with pytest.raises(StorageError, match="already exists"):
        write_template(tmp_path / "mine.csv")
    assert (tmp_path / "mine.csv").read_text() == "precious"


WEEKLY = [
    {
        "title": "OPEC Meetings",
        "country": "All",
        "date": "2024-01-05T08:30:00-05:00",
        "impact": "High",
        "forecast": "",
        "previous": "",
    },
    {"title": "CPI", "country": "USD", "date": "2024-01-05T15:00:00+00:00", "impact": "High"},
]


def test_every_file_of_the_folder_is_read_or_named(tmp_path):
    row = HEADER + "2024-01-1{}T13:30:00,USD,High,CPI\n"
    calendars = {
        "a.csv": row.format(1),
        "b.CSV": row.format(2),
        "c.csv.gz": gzip.compress(row.format(3).encode()),
        "forexfactory.json": json.dumps({"events": [EVENT]}),
        "ff_calendar_thisweek.json": json.dumps(WEEKLY),
        "forex_factory_2024.JSON": '{"events": []}',
    }
    others = {"d.csv.gz": "x", "settings.json": "{}", "e.tsv": "x", "f.txt": "x"}
    for name, content in (calendars | others).items():
        put(tmp_path, name, content)
    loaded = load_calendar(tmp_path)
    assert {path.name for path in loaded.files} == set(calendars)
    assert {path.name for path in loaded.unread} == set(others)
    assert len(loaded.events) == 6


def test_events_of_every_market_count_where_they_are_listed(tmp_path):
    put(tmp_path, "ff_calendar_thisweek.json", json.dumps(WEEKLY))
    loaded = load_calendar(tmp_path)
    assert [event.time for event in loaded.relevant(["USD", "All"])] == [
        minute("2024-01-05T13:30"),
        minute("2024-01-05T15:00"),
    ]
    assert (loaded.uncounted(["USD"]), loaded.uncounted(["USD", "All"])) == (1, 0)


def test_a_date_of_the_weekly_file_needs_its_offset(tmp_path):
    put(tmp_path, "week.json", json.dumps([WEEKLY[1] | {"date": "2024-01-05T15:00:00"}]))
    with pytest.raises(DataError, match=r"event 1: date .* has no offset"):
        load_calendar(tmp_path)
