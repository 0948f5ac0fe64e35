"""Local days and clock times, against the timezone database bar by bar."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from params_optimizer.data.days import instants, iso_minute, local_days, to_date, to_day

# Ordinary ones, half hours, midnights that daylight saving skips, a day left out of the calendar.
ZONES = [
    "Europe/Berlin",
    "Asia/Tokyo",
    "America/New_York",
    "UTC",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "America/Havana",
    "Africa/Cairo",
    "Pacific/Apia",
    "Pacific/Kiritimati",
]
A_WEEK = 7 * 24 * 60


def minute(text: str) -> int:
    """UTC minute of an ISO time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) // 60


def local(at: int, zone: str) -> datetime:
    return datetime.fromtimestamp(at * 60, ZoneInfo(zone))


starts = st.integers(minute("1999-12-20"), minute("2037-12-31"))
offsets = st.lists(st.integers(0, A_WEEK), min_size=1, max_size=60, unique=True).map(sorted)


@settings(deadline=None)
@given(zone=st.sampled_from(ZONES), start=starts, offsets=offsets)
@example(zone="Europe/Berlin", start=minute("2024-03-30"), offsets=list(range(0, A_WEEK, 30)))
@example(zone="Europe/Berlin", start=minute("2024-10-26"), offsets=list(range(0, A_WEEK, 30)))
@example(zone="America/New_York", start=minute("2024-11-02"), offsets=list(range(0, A_WEEK, 30)))
@example(zone="America/Sao_Paulo", start=minute("2018-11-03"), offsets=list(range(0, A_WEEK, 30)))
@example(zone="America/Sao_Paulo", start=minute("2019-02-15"), offsets=list(range(0, A_WEEK, 30)))
@example(zone="Pacific/Apia", start=minute("2011-12-28"), offsets=list(range(0, A_WEEK, 30)))
def test_every_bar_is_in_the_day_of_its_local_date(zone, start, offsets):
    minutes = np.array(offsets, np.int64) + start
    days = local_days(minutes, zone)
    found = [
        (day, index) for day, first, end in zip(*days, strict=True) for index in range(first, end)
    ]
    assert found == [
        (to_day(local(int(at), zone).date()), index) for index, at in enumerate(minutes)
    ]
    assert (days.end > days.first).all(), "a day without bars is none"


def test_no_bars_make_no_days():
    assert [array.size for array in local_days(np.zeros(0, np.int64), "Europe/Berlin")] == [0, 0, 0]


@settings(deadline=None)
@given(zone=st.sampled_from(ZONES), start=starts, clock=st.times())
def test_an_instant_shows_its_clock_time_on_its_date(zone, start, clock):
    first = start // 1440
    text = clock.strftime("%H:%M")
    for day, at in enumerate(instants(np.arange(first, first + 8), text, zone), first):
        shown = local(int(at), zone)
        wall = datetime.combine(to_date(day), clock.replace(second=0, microsecond=0))
        if shown.replace(tzinfo=None) != wall:  # only a time that daylight saving skipped
            there_and_back = wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
            assert there_and_back.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != wall


@pytest.mark.parametrize(
    ("day", "clock", "zone", "utc"),
    [
        ("2024-01-15", "08:00", "Europe/Berlin", "2024-01-15T07:00"),
        ("2024-07-15", "08:00", "Europe/Berlin", "2024-07-15T06:00"),
        ("2024-03-31", "02:30", "Europe/Berlin", "2024-03-31T01:30"),  # skipped: as if an hour on
        ("2024-10-27", "02:30", "Europe/Berlin", "2024-10-27T00:30"),  # repeated: the first one
        ("2024-03-31", "09:00", "Asia/Tokyo", "2024-03-31T00:00"),
        ("2024-03-10", "09:30", "America/New_York", "2024-03-10T13:30"),
        ("2024-03-08", "09:30", "America/New_York", "2024-03-08T14:30"),
        ("1970-01-01", "00:00", "UTC", "1970-01-01T00:00"),
    ],
)
def test_clock_times_around_daylight_saving(day, clock, zone, utc):
    dates = np.array([to_day(date.fromisoformat(day))])
    assert instants(dates, clock, zone).tolist() == [minute(utc)]


@given(st.dates())
def test_dates_and_days_are_the_same(day):
    assert to_date(to_day(day)) == day
    assert date(1970, 1, 1) + timedelta(days=to_day(day)) == day


def test_a_minute_is_written_as_iso_utc():
    assert iso_minute(minute("2018-01-02T00:54")) == "2018-01-02T00:54:00Z"
    assert iso_minute(0) == "1970-01-01T00:00:00Z"
