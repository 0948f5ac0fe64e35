"""The generated sample: the layout of exports, the habits of a market, and no mixing."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from params_optimizer.config import Settings
from params_optimizer.data.marker import MARKER, is_generated
from params_optimizer.data.sample import write_sample
from params_optimizer.data.sample.export import SampleSpan, csv_bytes
from params_optimizer.data.sample.markets import MARKETS
from params_optimizer.data.sample.prices import CentBars
from params_optimizer.data.sample.sessions import sessions_between
from params_optimizer.errors import DataError, SettingsError
from params_optimizer.storage import files

# Both changes to daylight saving (New York 10 March, Berlin 31 March), Good Friday
# (29 March) and Easter Monday (1 April) lie inside.
SPRING = SampleSpan(date(2024, 2, 19), date(2024, 4, 19), rows=3_000, overlap=200)
WEEK = SampleSpan(date(2024, 3, 18), date(2024, 3, 22), rows=3_000, overlap=200)
SYMBOLS = ("GER40", "XAUUSD")
ZONES = {"GER40": "Europe/Berlin", "XAUUSD": "America/New_York"}


@dataclass(frozen=True)
class Sample:
    root: Path
    written: list[Path]

    def exports(self, symbol: str) -> list[Path]:
        return [path for path in self.written if path.name.startswith(f"GENERATED_{symbol},")]

    def bars(self, symbol: str) -> pd.DataFrame:
        bars = pd.concat(pd.read_csv(path) for path in self.exports(symbol))
        bars["time"] = pd.to_datetime(bars["time"])
        return bars.drop_duplicates("time").set_index("time")


@pytest.fixture(scope="module")
def spring(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    root = tmp_path_factory.mktemp("sample") / "spring"
    return Sample(root, write_sample(root, span=SPRING))


def contents(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def minute_returns(bars: pd.DataFrame) -> np.ndarray:
    returns = np.log(bars["close"]).diff()
    return returns[bars.index.to_series().diff() == pd.Timedelta(minutes=1)].to_numpy()


def correlation(values: np.ndarray, lag: int) -> float:
    return float(np.corrcoef(values[lag:], values[:-lag])[0, 1])


def relative_range(bars: pd.DataFrame) -> pd.Series:
    return (bars["high"] - bars["low"]) / bars["close"] * 1e4


# Layout


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_exports_have_the_names_and_rows_of_the_real_ones(spring: Sample, symbol: str):
    exports = spring.exports(symbol)
    assert len(exports) > 11  # ` (10)` has to come after ` (9)`
    assert {path.parent for path in exports} == {spring.root / f"{symbol} 1m 19_02_2024-19_04_2024"}
    names = [f"GENERATED_{symbol}, 1{f' ({n})' if n else ''}.csv" for n in range(len(exports))]
    assert [path.name for path in exports] == names
    tables = [path.read_text().splitlines() for path in exports]
    assert {table[0] for table in tables} == {"time,open,high,low,close,Volume"}
    assert {len(table) - 1 for table in tables[:-1]} == {SPRING.rows}
    assert SPRING.overlap < len(tables[-1]) - 1 <= SPRING.rows
    for earlier, later in pairwise(tables):
        assert earlier[-SPRING.overlap :] == later[1 : 1 + SPRING.overlap]
        assert earlier[-1] < later[1 + SPRING.overlap]  # ISO times sort as text
    price = r"[1-9]\d*\.\d\d"
    row = re.compile(rf"2024-\d\d-\d\dT\d\d:\d\d:00Z(,{price}){{4}},[1-9]\d*")
    assert all(row.fullmatch(line) for table in tables for line in table[1:])


def test_rows_are_written_to_the_last_digit():
    columns = ([28401120, 28401121], [999_999, 5], [1_000_000, 100], [999_990, 5], [1_000_000, 99])
    bars = CentBars._make(np.array(column) for column in (*columns, [7, 1234]))
    assert csv_bytes(bars) == (
        b"time,open,high,low,close,Volume\n"
        b"2024-01-01T00:00:00Z,9999.99,10000.00,9999.90,10000.00,7\n"
        b"2024-01-01T00:01:00Z,0.05,1.00,0.05,0.99,1234\n"
    )


def test_the_default_is_three_years_in_files_of_20000_rows():
    assert SampleSpan() == SampleSpan(
        date(2023, 1, 2), date(2025, 12, 31), rows=20_000, overlap=500
    )


def test_the_folder_is_marked_and_says_what_it_is(spring: Sample):
    assert is_generated(spring.root)
    text = (spring.root / MARKER).read_text()
    assert "random process" in text
    assert "says nothing about any market" in text


# Determinism


def test_the_bytes_depend_on_nothing_but_the_symbol(tmp_path: Path):
    write_sample(tmp_path / "both", SYMBOLS, span=WEEK)
    write_sample(tmp_path / "other_order", SYMBOLS[::-1], span=WEEK)
    write_sample(tmp_path / "alone", ("XAUUSD",), span=WEEK)
    both = contents(tmp_path / "both")
    assert both == contents(tmp_path / "other_order")
    alone = contents(tmp_path / "alone")
    del alone["sample.json"]  # lists what is there
    assert alone == {name: both[name] for name in both.keys() & alone.keys()}
    assert any(name.startswith("XAUUSD") for name in alone)
    assert not any(name.startswith("GER40") for name in alone)


# A market's habits


@pytest.mark.parametrize(
    ("symbol", "day", "first", "last"),
    [
        ("GER40", date(2024, 1, 16), "2024-01-15T23:05", "2024-01-16T21:49"),
        ("GER40", date(2024, 3, 19), "2024-03-18T22:05", "2024-03-19T20:49"),  # New York changed
        ("GER40", date(2024, 7, 16), "2024-07-15T22:05", "2024-07-16T20:49"),
        ("GER40", date(2024, 7, 19), "2024-07-18T22:05", "2024-07-19T19:49"),  # a Friday
        ("XAUUSD", date(2024, 1, 16), "2024-01-15T23:00", "2024-01-16T21:59"),
        ("XAUUSD", date(2024, 7, 16), "2024-07-15T22:00", "2024-07-16T20:59"),
        ("XAUUSD", date(2024, 1, 15), "2024-01-14T23:00", "2024-01-15T17:59"),  # M. L. King
        ("XAUUSD", date(2024, 11, 28), "2024-11-27T23:00", "2024-11-28T17:59"),  # Thanksgiving
        ("XAUUSD", date(2024, 12, 24), "2024-12-23T23:00", "2024-12-24T17:59"),
    ],
)
def test_sessions_follow_the_clock_of_new_york(symbol: str, day: date, first: str, last: str):
    sessions = sessions_between(MARKETS[symbol], day, day)
    opens, closes = sessions.opens[0], sessions.opens[0] + sessions.length[0] - 1
    assert str(np.datetime64(int(opens), "m")) == first
    assert str(np.datetime64(int(closes), "m")) == last


@pytest.mark.parametrize(
    ("symbol", "closed"),
    [
        ("GER40", "2024-01-01 2024-03-29 2024-04-01 2024-05-01 2024-12-24 2024-12-25 2024-12-26"),
        ("GER40", "2023-04-07 2023-04-10 2025-04-18 2025-04-21 2024-03-30 2024-03-31"),
        ("XAUUSD", "2024-01-01 2024-03-29 2024-12-25 2023-04-07 2025-04-18 2024-03-30"),
    ],
)
def test_weekends_and_holidays_are_closed(symbol: str, closed: str):
    for day in map(date.fromisoformat, closed.split()):
        assert sessions_between(MARKETS[symbol], day, day).date.size == 0


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_no_bar_lies_outside_a_session(spring: Sample, symbol: str):
    local = spring.bars(symbol).index.tz_convert("America/New_York")
    clock = local.hour * 60 + local.minute
    opens, closes = {"GER40": (18 * 60 + 5, 16 * 60 + 50), "XAUUSD": (18 * 60, 17 * 60)}[symbol]
    assert ((clock >= opens) | (clock < closes)).all()
    assert not (local.day_of_week == 5).any()
    assert (clock[local.day_of_week == 6] >= opens).all()
    assert (clock[local.day_of_week == 4] < closes).all()
    good_friday = pd.Timestamp("2024-03-28 18:00"), pd.Timestamp("2024-03-31 17:59")
    assert not local.tz_localize(None).to_series().between(*good_friday).any()


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_every_bar_is_possible_and_on_a_tick(spring: Sample, symbol: str):
    bars = spring.bars(symbol)
    prices = bars[["open", "high", "low", "close"]].to_numpy()
    assert bars.index.is_monotonic_increasing
    assert (prices > 0).all()
    assert (bars["high"] == prices.max(axis=1)).all()
    assert (bars["low"] == prices.min(axis=1)).all()
    ticks = prices / {"GER40": 0.1, "XAUUSD": 0.01}[symbol]
    assert np.abs(ticks - np.rint(ticks)).max() < 1e-6
    assert (bars["Volume"] >= 1).all()


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_some_minutes_are_missing_most_of_them_in_quiet_hours(spring: Sample, symbol: str):
    bars = spring.bars(symbol)
    sessions = sessions_between(MARKETS[symbol], SPRING.first, SPRING.last)
    possible = np.concatenate(
        [np.arange(o, o + n) for o, n in zip(sessions.opens, sessions.length, strict=True)]
    )
    there = bars.index.tz_localize(None).to_numpy().astype("datetime64[m]").astype(np.int64)
    missing = np.setdiff1d(possible, there)
    assert np.setdiff1d(there, possible).size == 0
    assert 0.0005 < missing.size / possible.size < 0.01
    hour, missing_hour = possible // 60 % 24, missing // 60 % 24
    liveliness = relative_range(bars).groupby(bars.index.hour).mean().sort_values()
    quiet, lively = (
        np.isin(missing_hour, hours).sum() / np.isin(hour, hours).sum()
        for hours in (liveliness.index[:6], liveliness.index[-6:])
    )
    assert quiet > 1.5 * lively


@pytest.mark.parametrize(
    ("symbol", "zone", "before", "after", "ratio"),
    [
        ("GER40", "Europe/Berlin", "08:45", "09:00", 1.6),  # Xetra
        ("GER40", "America/New_York", "09:15", "09:30", 1.1),  # New York shares
        ("XAUUSD", "Asia/Tokyo", "08:45", "09:00", 1.15),
        ("XAUUSD", "Europe/London", "07:45", "08:00", 1.1),
        ("XAUUSD", "America/New_York", "08:15", "08:30", 1.2),
    ],
)
def test_opening_peaks_stay_at_their_local_time(
    spring: Sample, symbol: str, zone: str, before: str, after: str, ratio: float
):
    """So in UTC they move by an hour when the clocks change."""
    bars = spring.bars(symbol)
    size = relative_range(bars)
    size.index = bars.index.tz_convert(zone)
    changed = size.index >= pd.Timestamp("2024-04-02", tz=zone)  # New York and Europe have

    def quarter(clock: str, part: pd.Series) -> float:
        start = pd.Timestamp(clock)
        end = start + pd.Timedelta(minutes=14)
        return float(part.between_time(start.time(), end.time()).mean())

    for part in (size[~changed], size[changed]):
        assert quarter(after, part) > ratio * quarter(before, part)


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_volatility_clusters_tails_are_fat_and_volume_follows(spring: Sample, symbol: str):
    bars = spring.bars(symbol)
    returns = minute_returns(bars)
    assert pd.Series(returns).kurt() > 8
    for lag in (1, 10, 60):
        assert correlation(np.abs(returns), lag) > 0.08
    assert np.corrcoef(np.log1p(relative_range(bars)), np.log(bars["Volume"]))[0, 1] > 0.6
    nights = bars["open"] / bars["close"].shift() - 1
    gaps = nights[bars.index.to_series().diff() > pd.Timedelta(minutes=30)]
    assert gaps.abs().median() > np.abs(returns).mean()


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_the_past_says_nothing_about_the_direction(spring: Sample, symbol: str):
    bars = spring.bars(symbol)
    returns = minute_returns(bars)
    assert abs(returns.mean()) < 4 * returns.std() / np.sqrt(returns.size)
    signs = np.sign(returns)
    for lag in (1, 2, 5, 30, 60):
        assert abs(correlation(signs, lag)) < 4 / np.sqrt(signs.size)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("symbol", "first", "last"), [("GER40", 14_000, 21_300), ("XAUUSD", 1_825, 4_470)]
)
def test_three_years_end_near_the_prices_of_today(
    tmp_path: Path, symbol: str, first: float, last: float
):
    bars = Sample(tmp_path, write_sample(tmp_path, (symbol,))).bars(symbol)
    assert 1_000_000 < len(bars) < 1_100_000
    assert bars["open"].iloc[0] == first
    assert bars["close"].iloc[-1] == pytest.approx(last, rel=0.01)


# News


def events(root: Path, year: int) -> list[dict[str, str | None]]:
    calendar = json.loads((root / "news" / f"forex_factory_{year}.json").read_bytes())
    assert calendar["year"] == year
    assert calendar["event_count"] == len(calendar["events"])
    assert "generated" in calendar["source"]
    return calendar["events"]


def test_the_calendar_has_the_form_of_forex_factory(spring: Sample):
    listed = events(spring.root, 2024)
    keys = ["title", "country", "datetime_utc", "impact", "forecast", "previous", "actual"]
    assert all(list(event) == keys for event in listed)
    assert {event["impact"] for event in listed} == {"High", "Medium", "Low"}
    currencies = Settings().symbols["GER40"].news_currencies
    high = {event["country"] for event in listed if event["impact"] == "High"}
    assert high > set(currencies)  # and others, which a symbol has to leave out
    times = [event["datetime_utc"] for event in listed]
    assert times == sorted(times)
    assert all(re.fullmatch(r"2024-0[2-4]-\d\dT\d\d:\d\d:00", time) for time in times)
    assert all(event["title"].endswith("(generated)") for event in listed)


@pytest.mark.parametrize(
    ("title", "zone", "clock", "weekday"),
    [
        ("CPI m/m", "America/New_York", "08:30", None),
        ("Non-Farm Employment Change", "America/New_York", "08:30", 4),
        ("Unemployment Claims", "America/New_York", "08:30", 3),
        ("Federal Funds Rate", "America/New_York", "14:00", 2),
        ("Main Refinancing Rate", "Europe/Berlin", "14:15", 3),
    ],
)
def test_news_come_at_their_local_clock_time(
    spring: Sample, title: str, zone: str, clock: str, weekday: int | None
):
    times = [
        datetime.fromisoformat(f"{event['datetime_utc']}Z").astimezone(ZoneInfo(zone))
        for event in events(spring.root, 2024)
        if event["title"] == f"{title} (generated)"
    ]
    assert times
    assert {f"{time:%H:%M}" for time in times} == {clock}
    assert all(time.weekday() < 5 for time in times)
    if weekday is not None:
        assert {time.weekday() for time in times} == {weekday}


def test_news_of_a_symbol_shake_its_price(spring: Sample):
    bars = spring.bars("GER40")
    size = relative_range(bars)
    news = pd.to_datetime(
        [e["datetime_utc"] for e in events(spring.root, 2024) if e["impact"] == "High"], utc=True
    )
    at = size.reindex(news.unique()).mean()
    before = size.reindex(news.unique() - pd.Timedelta(minutes=5)).mean()
    assert at > 1.5 * before


def test_each_year_has_its_own_calendar(tmp_path: Path):
    turn = SampleSpan(date(2023, 12, 18), date(2024, 1, 12))
    write_sample(tmp_path, (), span=turn)
    for year in (2023, 2024):
        assert {event["datetime_utc"][:4] for event in events(tmp_path, year)} == {str(year)}


# Again, after a crash, and beside other files


@pytest.fixture
def week(tmp_path: Path) -> Path:
    root = tmp_path / "sample"
    write_sample(root, span=WEEK)
    return root


def test_a_whole_sample_is_left_alone(week: Path, caplog: pytest.LogCaptureFixture):
    def times() -> dict[Path, int]:
        return {p: p.stat().st_mtime_ns for p in week.rglob("*.*") if p.name != MARKER}

    caplog.set_level("INFO", "params_optimizer")
    first = times()
    again = write_sample(week, span=WEEK)
    assert times() == first
    assert len(again) == 1 + 3 * len(SYMBOLS)
    assert all(path.is_file() for path in again)
    assert len(caplog.messages) == 3
    assert all("there already" in line for line in caplog.messages)


def test_force_makes_it_again(week: Path):
    export = next(week.glob("GER40*/*.csv"))
    before, old = contents(week), export.stat().st_ino
    write_sample(week, span=WEEK, force=True)
    assert export.stat().st_ino != old
    assert contents(week) == before


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(path.read_bytes()[:-7]),
        lambda path: path.write_bytes(path.read_bytes().replace(b"1", b"2", 1)),
    ],
)
@pytest.mark.parametrize("name", ["XAUUSD*/GENERATED_XAUUSD, 1 (1).csv", "sample.json", MARKER])
def test_what_is_missing_or_damaged_is_made_again(
    week: Path, name: str, damage: Callable[[Path], object]
):
    before = contents(week)
    path = next(week.glob(name))
    if name == MARKER:
        path.write_text("GENERATED")
    else:
        damage(path)
    write_sample(week, span=WEEK)
    assert contents(week) == before


@pytest.mark.parametrize("manifest", [b"[]", b'{"GER40": 1}', b'{"news": {"files": []}}', b"\xff"])
def test_a_foreign_manifest_proves_nothing(week: Path, manifest: bytes):
    before = contents(week)
    (week / "sample.json").write_bytes(manifest)
    write_sample(week, span=WEEK)
    assert contents(week) == before


def test_an_older_sample_leaves_nothing_behind(week: Path, tmp_path: Path):
    later = SampleSpan(date(2024, 3, 25), date(2024, 3, 26), rows=3_000, overlap=200)
    write_sample(week, span=later)
    write_sample(tmp_path / "fresh", span=later)
    assert contents(week) == contents(tmp_path / "fresh")


class Crash(Exception):  # noqa: N818 - the end of the process, not an error
    pass


@pytest.mark.parametrize("step", range(0, 57, 7))
def test_half_a_sample_is_marked_and_completed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
):
    tiny = SampleSpan(date(2024, 3, 18), date(2024, 3, 18), rows=600, overlap=100)
    root, calls = tmp_path / "sample", []

    def crash(operation: str, path: Path) -> None:
        calls.append((operation, path))
        if len(calls) > step:
            raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(files, "before", crash)
        with pytest.raises(Crash):
            write_sample(root, span=tiny)
    assert is_generated(root) or not any(root.rglob("*.*"))
    write_sample(root, span=tiny)
    write_sample(tmp_path / "fresh", span=tiny)
    assert contents(root) == contents(tmp_path / "fresh")


@pytest.mark.parametrize(
    ("marked", "foreign"),
    [
        (False, "README.md"),
        (False, "GER40 1m 01_01_2020-31_12_2020/FTMO_GER40, 1.csv"),
        (False, "news/forex_factory_2024.json"),
        (True, "GER40 1m 18_03_2024-22_03_2024/FTMO_GER40, 1.csv"),
        (True, "EURUSD 1m 01_01_2020-31_12_2020/bars.csv"),
        (True, "news/forex_factory_2023.json"),
        (True, "news/own.csv"),
    ],
)
@pytest.mark.parametrize("force", [False, True])
def test_foreign_files_are_named_and_never_touched(
    tmp_path: Path, marked: bool, foreign: str, force: bool
):
    root = tmp_path / "data"
    if marked:
        write_sample(root, ("GER40",), span=WEEK)
    (root / foreign).parent.mkdir(parents=True, exist_ok=True)
    (root / foreign).write_text("{}")
    before = contents(root)
    with pytest.raises(DataError, match=re.escape(Path(foreign).parts[0])) as caught:
        write_sample(root, span=WEEK, force=force)
    assert str(root) in str(caught.value)
    assert contents(root) == before


def test_what_was_made_from_a_sample_may_lie_in_its_folder(week: Path):
    (week / "optimized").mkdir()
    (week / "optimized" / "GER40_m1.parquet").write_bytes(b"bars")
    write_sample(week, span=WEEK, force=True)
    assert (week / "optimized" / "GER40_m1.parquet").read_bytes() == b"bars"


def test_an_unknown_symbol_is_refused_before_anything_is_written(tmp_path: Path):
    with pytest.raises(SettingsError, match=r"'DAX'.*GER40 and XAUUSD"):
        write_sample(tmp_path / "sample", ("GER40", "DAX"), span=WEEK)
    assert not (tmp_path / "sample").exists()
