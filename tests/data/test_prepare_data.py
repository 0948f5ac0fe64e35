"""--prepare-data: which files, which rows, and what happens to bars that are there already."""

import os
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from params_optimizer.config import Settings, TradingHours
from params_optimizer.data import prepare_data as module
from params_optimizer.data.loader import load_bars
from params_optimizer.data.marker import mark_generated
from params_optimizer.data.preparation_summary import longest_runs
from params_optimizer.data.prepare_data import newer_raw_files, prepare, raw_files
from params_optimizer.errors import (
    DataError,
    FormatError,
    MissingDataError,
    SettingsError,
    StorageError,
    TimezoneNeededError,
    UnknownFormatError,
)
from params_optimizer.storage import files

SYMBOLS = Settings().symbols
GOLD, DAX = SYMBOLS["XAUUSD"], SYMBOLS["GER40"]
HEADER = "time,open,high,low,close,Volume\n"
MONDAY = "2026-04-20T"


def lines(*clocks, price=100.0, day=MONDAY):
    return "".join(
        f"{day}{clock}:00Z,{price},{price + 1},{price - 1},{price},5\n" for clock in clocks
    )


def raw(data_dir, name, content, folder="XAUUSD 1m 2026"):
    path = data_dir / folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def prepared(data_dir, paths=(), **options):
    return prepare(data_dir, "XAUUSD", GOLD, paths, show_progress=False, **options)


def clocks(data_dir, symbol="XAUUSD"):
    times = load_bars(data_dir, symbol).m1.time
    return [str(one)[11:] for one in times.astype("datetime64[m]")]


def accounted(summary):
    total = summary.bars + summary.duplicates + summary.filtered + sum(summary.rejected.values())
    return summary.rows == total


@pytest.mark.parametrize(
    ("symbol", "rows", "distinct", "kept"),
    [("XAUUSD", 728_386, 706_406, 696_417), ("GER40", 14_703, 14_503, 10_303)],
)
def test_real_data(shared: Path, tmp_path, symbol, rows, distinct, kept):
    for folder in (shared / "data" / "raw").glob(f"{symbol} 1m *"):
        target = tmp_path / folder.name
        target.mkdir()
        for path in folder.iterdir():
            (target / path.name).symlink_to(path)
    summary = prepare(tmp_path, symbol, SYMBOLS[symbol], show_progress=False)
    assert (summary.rows, summary.rows - summary.duplicates, summary.bars) == (rows, distinct, kept)
    assert (summary.rejected, summary.conflicts, summary.generated) == ({}, 0, False)
    assert accounted(summary)
    assert load_bars(tmp_path, symbol).count == kept


def test_what_is_written(tmp_path):
    raw(tmp_path, "x.csv", HEADER + lines("10:01", "10:00"))
    summary = prepared(tmp_path)
    table = pq.read_table(tmp_path / "optimized" / "XAUUSD_m1.parquet")
    assert table.schema.names == ["time", "open", "high", "low", "close", "tick_volume"]
    assert str(table.schema.field("time").type) == "timestamp[us, tz=UTC]"
    assert {str(table.schema.field(one).type) for one in table.schema.names[1:]} == {"double"}
    assert table.to_pylist()[0] | {"time": 0} == {
        "time": 0, "open": 100, "high": 101, "low": 99, "close": 100, "tick_volume": 5
    }  # fmt: skip
    chunk = pq.ParquetFile(summary.path).metadata.row_group(0).column(1)
    assert chunk.compression == "SNAPPY"
    assert clocks(tmp_path) == ["10:00", "10:01"]


def test_every_row_is_accounted_for(tmp_path):
    raw(tmp_path, "x.csv", HEADER + lines("10:00", "10:01", "10:01") + "torn,1\n")
    raw(tmp_path, "x (1).csv", HEADER + lines("10:01", price=7) + lines("10:05", price=-1))
    raw(tmp_path, "x (2).csv", HEADER + lines("10:02", day="2026-04-25T") + lines("11:00"))
    summary = prepared(tmp_path, source_timezone="newyork+7")
    assert accounted(summary)
    assert summary.rejected == {"wrong number of fields": 1, "price 0 or negative": 1}
    assert (summary.rows, summary.duplicates, summary.conflicts) == (8, 2, 1)
    assert (summary.filtered, summary.bars, summary.days) == (1, 3, 1)
    assert (summary.formats, summary.zone_not_used) == ({"TradingView": 3}, 3)
    text = summary.text()
    for part in (
        "files                               3  3 TradingView",
        "rows read                           8",
        "rejected                            2",
        "  1 wrong number of fields",
        "duplicates                          2  first kept; 1 have other prices",
        "at 2026-04-20 10:01 UTC",
        "outside trading hours               1  kept: 00:00 to 24:00 UTC, mon tue wed thu fri",
        "kept                                3",
        "first bar                2026-04-20 10:00 UTC",
        "last bar                 2026-04-20 11:00 UTC",
        "58  minutes after 2026-04-20 10:01 UTC",
        "newyork+7 was not used for 3 files",
        str(summary.path),
    ):
        assert part in text


def test_missing_weekdays_are_named(tmp_path):
    days = ("2026-04-15T", "2026-04-16T", "2026-04-21T", "2026-04-23T")
    raw(tmp_path, "x.csv", HEADER + "".join(lines("10:00", day=day) for day in days))
    summary = prepared(tmp_path)
    assert summary.missing_weekdays == (date(2026, 4, 17), date(2026, 4, 20), date(2026, 4, 22))
    assert "3  2026-04-17 to 2026-04-20, 2026-04-22\n" in summary.text()


def test_longest_runs_of_weekdays():
    days = [date(2026, 4, day) for day in (1, 10, 13, 14, 20)]
    assert longest_runs(tuple(days)) == [
        (date(2026, 4, 10), date(2026, 4, 14)),
        (date(2026, 4, 1), date(2026, 4, 1)),
        (date(2026, 4, 20), date(2026, 4, 20)),
    ]
    assert longest_runs(()) == []


def test_files_are_found_and_ordered_naturally(tmp_path):
    wanted = [
        raw(tmp_path, name, "", folder)
        for folder, name in [
            ("XAUUSD 1m", "z.csv"),
            ("XAUUSD 1m 2 old", "a.csv"),
            ("XAUUSD 1m 10 new", "x.csv"),
            ("XAUUSD 1m 10 new", "x (1).CSV"),
            ("XAUUSD 1m 10 new", "x (2).txt"),
            ("XAUUSD 1m 10 new", "x (10).parquet"),
        ]
    ]
    for folder, name in [
        ("XAUUSD 1m 10 new", ".x.csv"),
        ("XAUUSD 1m 10 new", "~$x.csv"),
        ("XAUUSD 1m 10 new", "x.csv.tmp"),
        ("XAUUSD 1m 10 new", "x.txt"),  # the report that HistData adds to x.csv
        ("XAUUSD 1m 10 new/older", "x.csv"),
        ("XAUUSD 1m2026", "x.csv"),
        ("XAUUSD 5m 2026", "x.csv"),
        ("GER40 1m 2026", "x.csv"),
    ]:
        raw(tmp_path, name, "", folder)
    assert raw_files(tmp_path, "XAUUSD") == wanted


def test_first_file_and_first_row_win(tmp_path):
    raw(tmp_path, "x (10).csv", HEADER + lines("10:00", "10:01", price=3))
    raw(tmp_path, "x (2).csv", HEADER + lines("10:01", price=2) + lines("10:01", price=4))
    raw(tmp_path, "x.csv", HEADER + lines("10:00", price=0) + lines("10:00", "10:05", price=5))
    summary = prepared(tmp_path)
    assert load_bars(tmp_path, "XAUUSD").m1.open.tolist() == [5, 2, 5]
    assert summary.rejected == {"price 0 or negative": 1}  # no usable row, so not the first one
    assert (summary.duplicates, summary.conflicts) == (3, 3)


def test_first_rows_win_in_a_long_file(tmp_path):
    minutes = [f"{10 + minute // 60}:{minute % 60:02}" for minute in range(120)]
    content = "".join(lines(*minutes).replace(",5\n", f",{volume}\n") for volume in (9, 8, 7))
    raw(tmp_path, "x.csv", HEADER + content)
    summary = prepared(tmp_path)
    assert set(load_bars(tmp_path, "XAUUSD").m1.tick_volume.tolist()) == {9}
    assert (summary.duplicates, summary.conflicts) == (240, 0)


@pytest.mark.parametrize(
    "changed", ["100.5,101,99,100", "100,101.5,99,100", "100,101,98.5,100", "100,101,99,100.5"]
)
def test_another_price_is_a_conflict(tmp_path, changed):
    raw(
        tmp_path,
        "x.csv",
        f"{HEADER}{MONDAY}10:00:00Z,100,101,99,100,1\n{MONDAY}10:00:00Z,{changed},1\n",
    )
    assert (prepared(tmp_path).duplicates, prepared(tmp_path).conflicts) == (1, 1)


def test_another_volume_is_no_conflict(tmp_path):
    raw(
        tmp_path,
        "x.csv",
        f"{HEADER}{MONDAY}10:00:00Z,100,101,99,100,1\n{MONDAY}10:00:00Z,100,101,99,100,2\n",
    )
    assert (prepared(tmp_path).duplicates, prepared(tmp_path).conflicts) == (1, 0)


@pytest.mark.parametrize(
    ("symbol", "hours", "kept"),
    [
        ("GER40", None, ["05:00", "20:59"]),  # 07:00 to 23:00 in Berlin's summer
        ("XAUUSD", None, ["04:59", "05:00", "20:59", "21:00"]),
        ("XAUUSD", TradingHours(timezone="Asia/Tokyo", end="06:00"), ["20:59"]),
        ("XAUUSD", TradingHours(timezone="Asia/Tokyo", weekdays=("tue",)), ["20:59", "21:00"]),
        ("XAUUSD", TradingHours(start="20:59", end="24:00"), ["20:59", "21:00"]),
    ],
)
def test_trading_hours(tmp_path, symbol, hours, kept):
    raw(tmp_path, "x.csv", HEADER + lines("04:59", "05:00", "20:59", "21:00"), f"{symbol} 1m x")
    market = SYMBOLS[symbol].model_copy(update={"trading_hours": hours} if hours else {})
    summary = prepare(tmp_path, symbol, market, show_progress=False)
    assert clocks(tmp_path, symbol) == kept
    assert summary.filtered == 4 - len(kept)


def test_weekends_of_the_zone_are_left_out(tmp_path):
    weekend = [lines("23:59", "00:00", day=f"2026-04-{day}T") for day in (24, 25, 26, 27)]
    raw(tmp_path, "x.csv", HEADER + "".join(weekend))
    prepared(tmp_path)
    times = load_bars(tmp_path, "XAUUSD").m1.time.astype("datetime64[m]")
    assert {str(one)[:10] for one in times} == {"2026-04-24", "2026-04-27"}


def test_no_bar_inside_trading_hours_is_an_error(tmp_path):
    raw(tmp_path, "x.csv", HEADER + lines("10:00", day="2026-04-25T"))
    with pytest.raises(DataError, match=r"all 1 bars are outside .*mon tue wed.*trading_hours"):
        prepared(tmp_path)
    assert not (tmp_path / "optimized").exists()


def test_named_files_and_folders(tmp_path):
    data_dir, downloads = tmp_path / "data", tmp_path / "downloads"
    one = raw(downloads, "mt5.dat", "2026.04.20,13:00,1,2,0.5,1,3\n", "a")
    raw(downloads, "x.csv", HEADER + lines("10:01"), "b")
    again = downloads / "a" / ".." / "b" / "x.csv"
    summary = prepared(data_dir, [one, downloads / "b", again], source_timezone="newyork+7")
    assert summary.files == (one, downloads / "b" / "x.csv")
    assert (summary.duplicates, summary.zone_not_used) == (0, 1)
    assert clocks(data_dir) == ["10:00", "10:01"]


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("gone.csv", "there is no such file or folder"),
        ("empty", "it is empty"),
        ("packed", "it contains bars.hst"),
    ],
)
def test_named_paths_without_bars(tmp_path, path, part):
    (tmp_path / "empty").mkdir()
    raw(tmp_path, "bars.hst", "", "packed")
    with pytest.raises(MissingDataError, match=part):
        prepared(tmp_path / "data", [tmp_path / path])
    assert not (tmp_path / "data").exists()


def test_no_raw_files(tmp_path):
    with pytest.raises(
        MissingDataError, match=r"no folder 'XAUUSD 1m \.\.\.'.*--prepare-data PATH"
    ):
        prepared(tmp_path / "gone")
    (tmp_path / "XAUUSD 1m 2026").mkdir()
    with pytest.raises(MissingDataError, match=r"XAUUSD 1m 2026: .*it is empty"):
        prepared(tmp_path)


def present(data_dir):
    """A data folder with two prepared bars; gives the file and its bytes."""
    raw(data_dir, "x.csv", HEADER + lines("10:00", "10:01"))
    path = prepared(data_dir).path
    return path, path.read_bytes()


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("some text\n", FormatError),
        ("time,open,high,low,close\n2026-04-20 10:02,1,2,0.5,1\n", TimezoneNeededError),
        (HEADER + lines("10:02", price=0), DataError),
        ("PAR1 broken", DataError),
    ],
)
def test_a_failing_preparation_changes_nothing(tmp_path, content, error):
    path, before = present(tmp_path)
    raw(tmp_path, "y.csv", content)
    with pytest.raises(error, match=r"y\.csv"):
        prepared(tmp_path, force=True)
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_bars_are_added_without_force(tmp_path):
    present(tmp_path)
    raw(tmp_path, "y.csv", HEADER + lines("10:01", "10:02"))
    prepared(tmp_path)
    assert clocks(tmp_path) == ["10:00", "10:01", "10:02"]


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (lines("10:01", "10:02"), "1 would be lost and 0 changed (the first: 2026-04-20T10:00"),
        (lines("10:00") + lines("10:01", price=50), "0 would be lost and 1 changed"),
        (lines("09:00"), "2 would be lost and 0 changed"),
        (lines("12:00"), "2 would be lost and 0 changed"),
        (lines("10:00", "10:01").replace(",5\n", ",6\n"), "0 would be lost and 2 changed"),
    ],
)
def test_bars_are_lost_or_changed_only_with_force(tmp_path, content, part):
    path, before = present(tmp_path)
    other = raw(tmp_path, "other.csv", HEADER + content, "elsewhere")
    with pytest.raises(DataError) as told:
        prepared(tmp_path, [other])
    assert part in str(told.value)
    assert "--force" in str(told.value)
    assert path.read_bytes() == before
    assert prepared(tmp_path, [other], force=True).bars == load_bars(tmp_path, "XAUUSD").count
    assert path.read_bytes() != before


def test_a_damaged_file_of_bars_is_replaced_only_with_force(tmp_path):
    path, before = present(tmp_path)
    path.write_bytes(before[:-100])
    with pytest.raises(DataError, match="--prepare-data --force"):
        prepared(tmp_path)
    assert path.read_bytes() == before[:-100]
    prepared(tmp_path, force=True)
    assert path.read_bytes() == before


def test_the_same_preparation_gives_the_same_bytes(tmp_path):
    path, before = present(tmp_path)
    prepared(tmp_path)
    assert path.read_bytes() == before


def test_own_files_can_be_imported(tmp_path):
    path, before = present(tmp_path / "one")
    prepared(tmp_path / "two", [path])
    assert (tmp_path / "two" / "optimized" / path.name).read_bytes() == before


def test_newer_raw_files(tmp_path):
    old = raw(tmp_path, "x.csv", HEADER + lines("10:00"))
    assert newer_raw_files(tmp_path, "XAUUSD") == [old]
    path = prepared(tmp_path).path
    assert newer_raw_files(tmp_path, "XAUUSD") == []
    new = raw(tmp_path, "y.csv", HEADER + lines("10:01"))
    later = path.stat().st_mtime_ns + 1_000_000_000
    os.utime(new, ns=(later, later))
    assert newer_raw_files(tmp_path, "XAUUSD") == [new]


def test_generated_bars_stay_generated(tmp_path):
    sample = tmp_path / "sample"
    mark_generated(sample, "random")
    raw(sample, "x.csv", HEADER + lines("10:00"))
    summary = prepared(sample)
    assert summary.generated
    assert load_bars(sample, "XAUUSD").generated
    assert "generated by a random process" in summary.text()


@pytest.mark.parametrize("kind", ["raw", "link", "parquet", "both"])
def test_generated_and_real_bars_are_not_mixed(tmp_path, kind):
    sample, real = tmp_path / "sample", tmp_path / "real"
    mark_generated(sample, "random")
    source = raw(sample, "x.csv", HEADER + lines("10:00"))
    if kind == "link":
        (real / "XAUUSD 1m 2026").mkdir(parents=True)
        (real / "XAUUSD 1m 2026" / "x.csv").symlink_to(source)
        source = real / "XAUUSD 1m 2026" / "x.csv"
    if kind == "parquet":
        source = files_copy(prepared(sample).path, tmp_path / "innocent.parquet")
    own = [raw(real, "y.csv", HEADER + lines("11:00"))] if kind == "both" else []
    with pytest.raises(DataError, match="generated"):
        prepared(real, [source, *own])
    assert not (real / "optimized").exists()


def files_copy(source, target):
    target.write_bytes(source.read_bytes())
    return target


def test_real_bars_do_not_go_into_a_generated_folder(tmp_path):
    mark_generated(tmp_path / "sample", "random")
    source = raw(tmp_path, "x.csv", HEADER + lines("10:00"), "downloads")
    with pytest.raises(DataError, match="never mixed"):
        prepared(tmp_path / "sample", [source])


def test_a_wrong_zone_is_told_before_anything_is_read(tmp_path):
    with pytest.raises(SettingsError, match="is not a time zone"):
        prepared(tmp_path / "gone", source_timezone="Mars")


def test_a_full_disk_leaves_the_old_bars(tmp_path, monkeypatch):
    path, before = present(tmp_path)
    raw(tmp_path, "y.csv", HEADER + lines("10:02"))

    def full(operation, place):
        if operation == "write" and place.parent == path.parent:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "before", full)
    with pytest.raises(StorageError, match="No space left"):
        prepared(tmp_path)
    assert path.read_bytes() == before


def test_what_was_written_is_read_back(tmp_path, monkeypatch):
    raw(tmp_path, "x.csv", HEADER + lines("10:00", "10:01"))
    honest = module._parquet
    monkeypatch.setattr(
        module, "_parquet", lambda bars: honest(bars.between(None, int(bars.m1.time[1])))
    )
    with pytest.raises(DataError, match="does not contain what was written"):
        prepared(tmp_path)


def test_progress_is_silent_away_from_a_terminal(tmp_path, capsys):
    raw(tmp_path, "x.csv", HEADER + lines("10:00"))
    prepare(tmp_path, "XAUUSD", GOLD)
    assert capsys.readouterr() == ("", "")


def test_a_day_of_daylight_saving_keeps_its_hours(tmp_path):
    # Berlin leaves summer time on 2026-10-25: 07:00 is 05:00 UTC before and 06:00 UTC after.
    content = "".join(lines("05:59", "06:00", day=f"2026-10-{day}T") for day in (24, 25))
    raw(tmp_path, "x.csv", HEADER + content, "GER40 1m x")
    prepare(tmp_path, "GER40", DAX, show_progress=False)
    times = load_bars(tmp_path, "GER40").m1.time.astype("datetime64[m]")
    assert [str(one) for one in times] == [
        "2026-10-24T05:59", "2026-10-24T06:00", "2026-10-25T06:00"
    ]  # fmt: skip
    assert np.all(np.diff(times.astype(np.int64)) > 0)


NOTES = ("readme.txt", "Read me, please.\nThese bars are mine.\n")


def test_a_note_beside_the_raw_files_is_left_out_and_named(tmp_path):
    raw(tmp_path, "x.csv", HEADER + lines("10:00"))
    note = raw(tmp_path, *NOTES)
    summary = prepared(tmp_path)
    assert (summary.bars, summary.left_out) == (1, (note,))
    assert "not read                            1  left out: readme.txt\n" in summary.text()
    with pytest.raises(UnknownFormatError, match="none of the known formats"):
        prepared(tmp_path, [note])


@pytest.mark.parametrize("name", ["readme.csv", "only.txt"])
def test_what_might_be_bars_stops_the_import_with_a_way_out(tmp_path, name):
    if name.endswith(".csv"):
        raw(tmp_path, "x.csv", HEADER + lines("10:00"))
    raw(tmp_path, name, NOTES[1])
    with pytest.raises(UnknownFormatError, match=f"{name}: .*move it out of this folder"):
        prepared(tmp_path)


def test_the_first_rejected_row_is_named_with_its_file_and_line(tmp_path):
    raw(tmp_path, "a.csv", HEADER + lines("10:00"))
    raw(tmp_path, "b.csv", HEADER + lines("10:01") + lines("10:02", price=-5.0) + "x,y\n")
    with pytest.raises(DataError, match=r"b\.csv: 2 of its 3 rows .*b.*line 3.*add --force"):
        prepared(tmp_path)
    summary = prepared(tmp_path, force=True)
    assert summary.first_rejected.startswith(
        "b.csv, line 3 (price 0 or negative): '2026-04-20T10:0"
    )
    assert f"    the first: {summary.first_rejected}\n" in summary.text()


def test_rejected_rows_are_told_where_no_bar_is_left(tmp_path):
    raw(tmp_path, "a.csv", HEADER + "2026-04-21T10:00:00Z,1\n" + lines("10:00", day="2026-04-19T"))
    with pytest.raises(DataError, match=r"Another 1 rows .* first is a\.csv, line 2 \(wrong"):
        prepared(tmp_path)
