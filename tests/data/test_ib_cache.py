"""Initial Balance levels (R1) and the cache file that holds them."""

import math
import pickle
import re
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from params_optimizer.data.bars import M1, Bars
from params_optimizer.data.days import to_day
from params_optimizer.data.ib_cache import (
    IBLevels,
    cache_file,
    initial_balances,
    read_ib_cache,
    write_ib_cache,
)
from params_optimizer.errors import (
    DamagedFileError,
    MissingDataError,
    SettingsError,
    StaleCacheError,
)

BERLIN = ("08:00", "08:30", "Europe/Berlin")
TOKYO = ("09:00", "10:00", "Asia/Tokyo")


def bars_at(rows: dict[str, tuple[float, float]], symbol: str = "GER40") -> Bars:
    """Bars at UTC "2024-01-05T07:00" with (high, low)."""
    time = np.array([np.datetime64(at, "m").astype(int) for at in rows], dtype=np.int64)
    high, low = np.array(list(rows.values()), dtype=np.float64).T
    return Bars.from_arrays(symbol, M1(time, low, high, low, high, np.ones(time.size)))


def as_rows(levels: IBLevels) -> list[tuple[int, float, float, float]]:
    return list(zip(*(column.tolist() for column in levels), strict=True))


def row(day: str, high: float, low: float) -> tuple[int, float, float, float]:
    return to_day(date.fromisoformat(day)), high, low, (high + low) / 2


def test_the_start_belongs_to_the_initial_balance_and_the_end_does_not() -> None:
    bars = bars_at(
        {
            "2024-01-05T06:59": (99, 1),
            "2024-01-05T07:00": (11, 9),  # 08:00 in Berlin
            "2024-01-05T07:29": (12, 10),
            "2024-01-05T07:30": (98, 2),  # 08:30
        }
    )
    assert as_rows(initial_balances(bars, BERLIN)) == [row("2024-01-05", 12, 9)]


def test_a_day_without_a_bar_in_the_window_has_no_row() -> None:
    bars = bars_at(
        {
            "2024-01-04T07:10": (11, 9),
            "2024-01-05T06:59": (99, 1),
            "2024-01-05T07:30": (98, 2),
            "2024-01-08T07:20": (13, 8),  # the last bar of all
        }
    )
    expected = [row("2024-01-04", 11, 9), row("2024-01-08", 13, 8)]
    assert as_rows(initial_balances(bars, BERLIN)) == expected


def test_no_initial_balance_at_all_is_no_row() -> None:
    assert as_rows(initial_balances(bars_at({"2024-01-05T12:00": (2, 1)}), BERLIN)) == []


def test_clock_times_follow_daylight_saving() -> None:
    bars = bars_at(
        {
            "2024-03-29T07:00": (11, 9),  # 08:00 winter time
            "2024-04-01T06:00": (12, 8),  # 08:00 summer time
            "2024-04-01T07:00": (99, 1),
        }
    )
    expected = [row("2024-03-29", 11, 9), row("2024-04-01", 12, 8)]
    assert as_rows(initial_balances(bars, BERLIN)) == expected


def test_the_date_is_that_of_the_zone() -> None:
    bars = bars_at({"2024-01-04T23:30": (3, 1), "2024-01-05T00:30": (5, 2)})
    window = ("08:00", "10:00", "Asia/Tokyo")  # 23:00 to 01:00 UTC
    assert as_rows(initial_balances(bars, window)) == [row("2024-01-05", 5, 1)]


@given(
    gaps=st.lists(st.integers(1, 400), min_size=1, max_size=80),
    start=st.integers(0, 1439),
    length=st.integers(1, 720),
    zone=st.sampled_from(["Europe/Berlin", "Asia/Tokyo", "America/New_York", "Asia/Kolkata"]),
)
def test_levels_are_those_of_the_rule(gaps: list[int], start: int, length: int, zone: str) -> None:
    end = (start + length) % 1440
    window = (f"{start // 60:02}:{start % 60:02}", f"{end // 60:02}:{end % 60:02}", zone)
    # Winter: a clock time that daylight saving skips or repeats is tested with data/days.
    first = int(np.datetime64("2024-01-03T00:00", "m").astype(int))
    rows = {
        str(np.datetime64(first + sum(gaps[:place]), "m")): (10.0 + gap % 7, 9.0 - gap % 5)
        for place, gap in enumerate(gaps)
    }
    expected: dict[int, list[tuple[float, float]]] = {}
    for at, levels in rows.items():
        local = datetime.fromisoformat(f"{at}+00:00").astimezone(ZoneInfo(zone))
        began = local - timedelta(minutes=start)  # no clock changes in these days
        if began.hour * 60 + began.minute < length:
            expected.setdefault(to_day(began.date()), []).append(levels)
    assert as_rows(initial_balances(bars_at(rows), window)) == [
        (day, high, low, (high + low) / 2)
        for day, held in expected.items()
        for high, low in [(max(one[0] for one in held), min(one[1] for one in held))]
    ]


# The file


@pytest.fixture
def bars() -> Bars:
    start = datetime.fromisoformat("2024-01-03T00:00")
    rows = {
        (start + timedelta(minutes=10 * step)).isoformat(): (10.0 + step % 9, 9.0 - step % 7)
        for step in range(500)
    }
    return bars_at(rows)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return cache_file(tmp_path, "GER40")


def test_the_cache_gives_back_what_was_computed(path: Path, bars: Bars) -> None:
    empty = ("03:01", "03:02", "Asia/Tokyo")  # between two bars of every day
    write_ib_cache(path, bars, [BERLIN, TOKYO, empty])
    cached = read_ib_cache(path, bars)
    assert list(cached) == [BERLIN, TOKYO, empty]
    for window, levels in cached.items():
        assert as_rows(levels) == as_rows(initial_balances(bars, window))
        assert [column.dtype for column in levels] == [np.int64, *[np.float64] * 3]
    assert (len(cached[BERLIN].date), len(cached[empty].date)) == (4, 0)


def test_the_file_is_what_the_design_says(path: Path, bars: Bars) -> None:
    write_ib_cache(path, bars, [BERLIN])
    assert path.name == "GER40_ib_cache.pkl"
    assert path.parent.name == "optimized"
    content = pickle.loads(path.read_bytes())
    first = initial_balances(bars, BERLIN)
    assert content["fingerprint"] == bars.fingerprint
    assert content[BERLIN][date(2024, 1, 3)] == {
        "IBH": first.ibh[0],
        "IBL": first.ibl[0],
        "EQ": first.eq[0],
    }


def test_the_same_bars_give_the_same_bytes(path: Path, bars: Bars) -> None:
    write_ib_cache(path, bars, [BERLIN, TOKYO])
    before = path.read_bytes()
    write_ib_cache(path, bars, [BERLIN, TOKYO])
    assert path.read_bytes() == before


def test_a_cache_of_other_bars_is_never_used(path: Path, bars: Bars) -> None:
    write_ib_cache(path, bars.between(int(bars.m1.time[1]), None), [BERLIN])
    with pytest.raises(StaleCacheError) as caught:
        read_ib_cache(path, bars)
    other = pickle.loads(path.read_bytes())["fingerprint"]
    for part in (str(path), bars.fingerprint[:12], other[:12], "ib_precompute --symbol GER40",
                 f"--data-dir {path.parent.parent}", "--force"):  # fmt: skip
        assert part in str(caught.value)


def test_a_cache_with_a_window_that_a_clock_change_leaves_out_is_never_used(path: Path) -> None:
    """Earlier versions moved it by an hour."""
    bars = bars_at({"2024-03-30T01:05": (2, 1), "2024-03-31T01:05": (4, 3)})
    window = ("02:00", "02:30", "Europe/Berlin")
    write_ib_cache(path, bars, [window])
    content = pickle.loads(path.read_bytes())
    assert list(content[window]) == [date(2024, 3, 30)]
    content[window][date(2024, 3, 31)] = {"IBH": 4.0, "IBL": 3.0, "EQ": 3.5}
    path.write_bytes(pickle.dumps(content))
    with pytest.raises(StaleCacheError, match="a change of the clock leaves it out") as caught:
        read_ib_cache(path, bars)
    assert "02:00-02:30 Europe/Berlin" in str(caught.value)


def test_a_missing_cache_names_the_command(path: Path, bars: Bars) -> None:
    with pytest.raises(MissingDataError, match=r"ib_precompute --symbol GER40") as caught:
        read_ib_cache(path, bars)
    assert "--force" not in str(caught.value)


def test_a_name_that_leaves_the_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        cache_file(tmp_path, "../GER40")


LEVELS = {"IBH": 3.0, "IBL": 1.0, "EQ": 2.0}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([1, 2], "contains no fingerprint"),
        ({}, "contains no fingerprint"),
        ({"fingerprint": 7}, "contains no fingerprint"),
        ({BERLIN: {date(2024, 1, 3): LEVELS}}, "contains no fingerprint"),
        ({("08:00", "08:30"): {}}, "is not (start, end, timezone)"),
        ({("08:00", "08:30", 1): {}}, "is not (start, end, timezone)"),
        ({"GER40": {}}, "'GER40' is not (start, end, timezone)"),
        ({BERLIN: [LEVELS]}, "does not contain levels by date"),
        ({BERLIN: {"2024-01-03": LEVELS}}, "does not contain levels by date"),
        ({BERLIN: {datetime(2024, 1, 3): LEVELS}}, "does not contain levels by date"),  # noqa: DTZ001
        ({BERLIN: {date(2024, 1, 4): LEVELS, date(2024, 1, 3): dict(LEVELS)}}, "not in order"),
        ({BERLIN: {date(2024, 1, 3): [3.0, 1.0, 2.0]}}, "2024-01-03: [3.0, 1.0, 2.0]"),
        ({BERLIN: {date(2024, 1, 3): {"IBH": 3.0, "IBL": 1.0}}}, "must be IBH"),
        ({BERLIN: {date(2024, 1, 3): LEVELS | {"x": 1.0}}}, "must be IBH"),
        ({BERLIN: {date(2024, 1, 3): LEVELS | {"EQ": "2"}}}, "must be IBH"),
        ({BERLIN: {date(2024, 1, 3): LEVELS | {"EQ": 2.5}}}, "must be IBH"),
        ({BERLIN: {date(2024, 1, 3): LEVELS | {"IBH": 0.5}}}, "must be IBH"),
        (
            {BERLIN: {date(2024, 1, 3): LEVELS | {"IBH": math.inf, "EQ": math.inf}}},
            "must be IBH",
        ),
        ({BERLIN: {date(2024, 1, 3): dict.fromkeys(LEVELS, math.nan)}}, "must be IBH"),
    ],
)
def test_a_damaged_cache_is_refused(path: Path, bars: Bars, content: object, message: str) -> None:
    if isinstance(content, dict) and content and "no fingerprint" not in message:
        content = {"fingerprint": bars.fingerprint} | content
    path.parent.mkdir(parents=True)
    path.write_bytes(pickle.dumps(content))
    with pytest.raises(DamagedFileError, match=re.escape(message)) as caught:
        read_ib_cache(path, bars)
    assert "--force" in str(caught.value)


def test_a_truncated_cache_is_refused(path: Path, bars: Bars) -> None:
    write_ib_cache(path, bars, [BERLIN])
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(DamagedFileError, match=r"ib_precompute --symbol GER40.*--force"):
        read_ib_cache(path, bars)
