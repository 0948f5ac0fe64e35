"""Bars of any time frame: from files, and gathered from shorter ones."""

import numpy as np
import pandas as pd
import pytest

from params_optimizer.data.bars import M1, Bars
from params_optimizer.data.importers import import_file
from params_optimizer.data.ohlc import (
    load_ohlc,
    parse_time_frame,
    resample,
    symbol_of,
    time_frame,
    time_frame_name,
)
from params_optimizer.errors import (
    FormatError,
    MissingDataError,
    SettingsError,
    TimezoneNeededError,
)
from tests.strategies.market import walk


def csv_of(bars: Bars, *, extra: str = "") -> str:
    times = bars.m1.time.astype("datetime64[m]").astype(str)
    rows = zip(times, *bars.m1[1:5], strict=True)
    lines = [",".join([f"{time}:00Z", *map(str, prices)]) for time, *prices in rows]
    return "time,open,high,low,close\n" + "\n".join(lines) + "\n" + extra


@pytest.mark.parametrize("minutes", [1, 15, 60, 240, 1440, 10_080])
def test_the_time_frame_of_a_file_is_found(tmp_path, minutes):
    bars = walk(200, minutes=minutes)
    path = tmp_path / "EURUSD h1 (2).csv"
    path.write_text(csv_of(bars))
    found = load_ohlc(path)
    assert found.time_frame == minutes
    assert found.bars.symbol == "EURUSD_h1_2"
    assert found.left_out == {}
    assert (found.bars.m1.close == bars.m1.close).all()
    assert (found.bars.m1.time == bars.m1.time).all()


def test_rows_that_are_no_bars_are_counted(tmp_path):
    bars = walk(50)
    last = bars.m1.time[-1].astype("datetime64[m]")
    path = tmp_path / "x.csv"
    path.write_text(csv_of(bars, extra=f"{last}:00Z,1,1,1,1\n{last + 60}:00Z,5,4,3,5\n"))
    found = load_ohlc(path, symbol="X")
    assert found.bars.fingerprint == Bars.from_arrays("X", bars.m1).fingerprint
    assert found.left_out == {"open or close outside low to high": 1, "repeated time": 1}


def test_files_that_are_no_bars(tmp_path):
    with pytest.raises(MissingDataError, match=r"no\.csv: there is no such file"):
        load_ohlc(tmp_path / "no.csv")
    path = tmp_path / "x.csv"
    path.write_text(csv_of(walk(20)).replace("Z,", ","))
    with pytest.raises(TimezoneNeededError, match="--source-timezone"):
        load_ohlc(path)
    assert load_ohlc(path, "UTC").time_frame == 60
    path.write_text("a,b\n1,2\n")
    with pytest.raises(FormatError):
        load_ohlc(path)


@pytest.mark.parametrize(
    ("stem", "name"), [("a b", "a_b"), ("..", "DATA"), ("x" * 40, "x" * 32), ("ü1", "1")]
)
def test_names_of_files_become_symbols(tmp_path, stem, name):
    assert symbol_of(tmp_path / f"{stem}.csv") == name


@pytest.mark.parametrize("minutes", [5, 60, 240, 1440, 10_080])
def test_gathered_bars_equal_those_of_pandas(minutes):
    bars = walk(9000, minutes=1)
    frame = bars.to_pandas()
    how = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    rule = "W-MON" if minutes == 10_080 else f"{minutes}min"
    expected = frame.resample(rule, closed="left", label="left").agg(how).dropna()
    pd.testing.assert_frame_equal(
        resample(bars, minutes).to_pandas(), expected, check_freq=False, check_index_type=False
    )


def test_time_frames_have_names():
    assert [time_frame_name(one) for one in (1, 15, 60, 240, 1440, 10_080, 90, 0)] == [
        *("M1", "M15", "H1", "H4", "D1", "W1", "M90", "unknown")
    ]
    assert [parse_time_frame(one) for one in ("M15", "h1", "D1", "240")] == [15, 60, 1440, 240]
    for text in ("H", "x", "0", "-5", "W2", "1.5"):
        with pytest.raises(SettingsError, match="write M15, H1, D1"):
            parse_time_frame(text)
    assert time_frame(np.array([5])) == 0


def test_bars_are_not_gathered_to_what_does_not_fit():
    with pytest.raises(SettingsError, match="90 minutes is not a multiple of 60"):
        resample(walk(50), 90)
    one = Bars.from_arrays("X", M1(*(column[:1] for column in walk(2).m1)))
    assert resample(one, 1440).count == 1


DAILY = {
    "a table": (
        "Date,Open,High,Low,Close,Adj Close,Volume",
        "{d:%Y-%m-%d},{o},{h},{l},{c},{c},5",
    ),
    "MetaTrader": (
        "<DATE>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>",
        "{d:%Y.%m.%d}\t{o}\t{h}\t{l}\t{c}\t5\t0\t1",
    ),
}


@pytest.mark.parametrize(("header", "line"), DAILY.values(), ids=DAILY)
def test_daily_bars_without_clock_times(tmp_path, header, line):
    frame = walk(60, minutes=1440).to_pandas()
    rows = [
        line.format(d=day, o=row.open, h=row.high, l=row.low, c=row.close)
        for day, row in zip(frame.index, frame.itertuples(), strict=True)
    ]
    path = tmp_path / "daily.csv"
    path.write_text("\n".join([header, *rows]))
    found = load_ohlc(path, "UTC")
    assert found.time_frame == 1440
    assert (found.bars.close == frame.close.to_numpy()).all()
    assert (found.bars.m1.time == (walk(60, minutes=1440).m1.time // 1440 * 1440)).all()
    with pytest.raises(FormatError, match="looks like 1-day bars"):
        import_file(path, "UTC")
