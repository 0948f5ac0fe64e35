"""Clocks of files without a zone: what can be named, and what daylight saving does to them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from params_optimizer.data.source_timezone import OK, REPEATED, SKIPPED, parse_source_timezone
from params_optimizer.errors import SettingsError

EPOCH = datetime.fromisoformat("1970-01-01")


def seconds(*texts):
    wall = [datetime.fromisoformat(text) - EPOCH for text in texts]
    return np.array([one / timedelta(seconds=1) for one in wall], np.int64)


def to_utc(zone, *texts):
    utc, problem = parse_source_timezone(zone).to_utc(seconds(*texts))
    known = [
        str(np.datetime64(int(one), "s")) if sort == OK else int(sort)
        for one, sort in zip(utc, problem, strict=True)
    ]
    return [one[:16] if isinstance(one, str) else one for one in known]


@pytest.mark.parametrize(
    ("zone", "winter", "summer"),
    [
        ("UTC", "12:00", "12:00"),
        ("gmt", "12:00", "12:00"),
        ("Z", "12:00", "12:00"),
        ("UTC-5", "17:00", "17:00"),
        ("utc+2", "10:00", "10:00"),
        ("GMT+2", "10:00", "10:00"),
        ("+02:00", "10:00", "10:00"),
        ("-0530", "17:30", "17:30"),
        ("+5", "07:00", "07:00"),
        ("Europe/Berlin", "11:00", "10:00"),
        ("europe/berlin", "11:00", "10:00"),
        (" Asia/Tokyo ", "03:00", "03:00"),
        ("newyork+7", "10:00", "09:00"),
        ("NewYork", "17:00", "16:00"),
        ("newyork-1", "18:00", "17:00"),
    ],
)
def test_names_of_clocks(zone, winter, summer):
    assert to_utc(zone, "2026-01-15T12:00", "2026-07-15T12:00") == [
        f"2026-01-15T{winter}",
        f"2026-07-15T{summer}",
    ]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "IANA name"),
        ("Europe/Berln", "did you mean 'Europe/Berlin'"),
        ("Europe", "newyork\\+7"),
        ("../UTC", "fixed offset"),
        ("+25:00", "is not a time zone"),
        ("+02:75", "is not a time zone"),
        ("newyork+7h", "is not a time zone"),
    ],
)
def test_unknown_clock_is_refused_with_the_options(text, part):
    with pytest.raises(SettingsError, match=part):
        parse_source_timezone(text)


def test_a_skipped_time_has_no_instant():
    assert to_utc(
        "Europe/Berlin",
        "2026-03-29T01:59",
        "2026-03-29T02:00",
        "2026-03-29T02:59",
        "2026-03-29T03:00",
    ) == ["2026-03-29T00:59", SKIPPED, SKIPPED, "2026-03-29T01:00"]


def test_a_broker_clock_changes_when_new_york_does():
    # 2026-03-08 02:00 in New York is 09:00 on the broker's clock.
    assert to_utc("newyork+7", "2026-03-08T08:59", "2026-03-08T09:30", "2026-03-08T10:00") == [
        "2026-03-08T06:59",
        SKIPPED,
        "2026-03-08T07:00",
    ]


def test_an_hour_recorded_twice_is_resolved_by_order():
    assert to_utc(
        "Europe/Berlin",
        *("2026-10-25T01:59", "2026-10-25T02:00", "2026-10-25T02:59"),
        *("2026-10-25T02:00", "2026-10-25T02:59", "2026-10-25T03:00"),
    ) == [
        *("2026-10-24T23:59", "2026-10-25T00:00", "2026-10-25T00:59"),
        *("2026-10-25T01:00", "2026-10-25T01:59", "2026-10-25T02:00"),
    ]


@pytest.mark.parametrize(
    "clocks",
    [
        ["02:00", "02:59"],  # one pass: which one?
        ["02:10", "02:10"],  # a duplicate, or two hours
        ["02:59", "02:30", "02:00"],  # newest first
        ["02:00", "02:59", "04:00", "02:00", "02:59"],  # two files joined: not one recording
    ],
)
def test_a_repeated_time_without_order_is_not_guessed(clocks):
    told = to_utc("Europe/Berlin", *(f"2026-10-25T{clock}" for clock in clocks))
    assert told == [REPEATED if c.startswith("02") else "2026-10-25T03:00" for c in clocks]


@pytest.mark.parametrize(
    ("zone", "local", "utc"),
    [
        # The clock changes at midnight: the hour before, or after it, is the odd one.
        ("America/Sao_Paulo", "2018-11-04T00:30", SKIPPED),
        ("America/Sao_Paulo", "2018-11-03T23:30", "2018-11-04T02:30"),
        ("America/Sao_Paulo", "2019-02-16T23:30", REPEATED),
        ("America/Sao_Paulo", "2019-02-17T00:30", "2019-02-17T03:30"),
        ("America/St_Johns", "2010-11-06T23:30", REPEATED),  # 00:01 became 23:01
        ("America/St_Johns", "2010-11-06T22:30", "2010-11-07T01:00"),
        ("Australia/Lord_Howe", "2026-10-04T02:15", SKIPPED),  # half an hour
    ],
)
def test_unusual_changes(zone, local, utc):
    assert to_utc(zone, local) == [utc]


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Tokyo"]),
    st.integers(min_value=1_000_000_000, max_value=1_900_000_000),
)
def test_a_complete_recording_comes_back(zone, start):
    start -= start % 60
    utc = np.arange(start, start + 4 * 86_400, 600)
    place = ZoneInfo(zone)
    wall = [datetime.fromtimestamp(int(one), place).replace(tzinfo=None) - EPOCH for one in utc]
    local = np.array([one / timedelta(seconds=1) for one in wall], np.int64)
    told, problem = parse_source_timezone(zone).to_utc(local)
    wrong = (told != utc) & (problem == OK)
    assert not wrong.any()
    # Nothing is refused but an hour of which the recording holds one pass only.
    assert (problem == SKIPPED).sum() == 0
    assert (problem == REPEATED).sum() <= 6


def test_no_times():
    told, problem = parse_source_timezone("Europe/Berlin").to_utc(np.zeros(0, np.int64))
    assert told.shape == problem.shape == (0,)
