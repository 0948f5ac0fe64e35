"""Files as other programs write them, and as people change them: read, or refused by name."""

import bz2
import gzip
import io
import lzma
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from params_optimizer.config import Settings
from params_optimizer.data.importers import import_file, import_files
from params_optimizer.data.importers.number_texts import number_columns
from params_optimizer.data.loader import load_bars
from params_optimizer.data.ohlc import load_ohlc
from params_optimizer.data.prepare_data import prepare
from params_optimizer.errors import DataError, FormatError, TimezoneNeededError

FIRST = int(np.datetime64("2024-01-22T09:30", "m").astype(int))
PRICES = ["100,102,99,101", "101,103,100,102", "102,104,101,103"]
CLOCKS = ["9:30", "9:31", "9:32"]
SETTINGS = Settings()


def table(header, rows, separator=","):
    return "\n".join([header, *rows, ""]).replace(",", separator)


def rows(form, volume=7):
    """Three bars of 2024-01-22 from 09:30; `form` gets day, month, hour and minute."""
    return [
        f"{form.format(d=22, m=1, h=9, hh='09', mm=30 + number)},{prices},{volume}"
        for number, prices in enumerate(PRICES)
    ]


def written(tmp_path, content, name="bars.csv"):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(tmp_path, content, zone="UTC", **options):
    return import_file(written(tmp_path, content), zone, **options)


ONE_COLUMN = "time,open,high,low,close,volume"
TWO_COLUMNS = "Date,Time,Open,High,Low,Close,Volume"


@pytest.mark.parametrize(
    ("header", "form"),
    [
        (ONE_COLUMN, "2024-1-{d} {h}:{mm}"),
        (ONE_COLUMN, "2024/01/{d} {hh}:{mm}:00"),
        (ONE_COLUMN, "{d}.1.2024 {h}:{mm}"),
        (ONE_COLUMN, "{d}/1/2024 {h}:{mm}"),
        (ONE_COLUMN, "1/{d}/2024 {h}:{mm}:00 AM"),
        (ONE_COLUMN, "01-{d}-2024 {hh}:{mm} a.m."),
        (ONE_COLUMN, "202401{d} {hh}{mm}00"),
        (ONE_COLUMN, "202401{d}{hh}{mm}00"),
        (ONE_COLUMN, "202401{d} {hh}:{mm}"),
        (TWO_COLUMNS, "202401{d},{hh}{mm}00"),
        (TWO_COLUMNS, "202401{d},{h}{mm}00"),
        (TWO_COLUMNS, "202401{d},{h}{mm}"),
        (TWO_COLUMNS, "{d}/01/2024,{h}:{mm}"),
        (TWO_COLUMNS, "01/{d}/2024,{h}:{mm} am"),
        (TWO_COLUMNS.replace("Time", "Timestamp"), "202401{d},{hh}:{mm}:00"),
        ("open_time,open,high,low,close,volume", "2024-01-{d} {hh}:{mm}"),
        ("t,o,h,l,c,v", "2024-01-{d}T{hh}:{mm}"),
        ("Date,Open,High,Low,Last,Volume", "2024-01-{d} {hh}:{mm}"),
        (f"# exported by a program\n\n{ONE_COLUMN}", "2024-01-{d} {hh}:{mm}"),
        (f"https://www.example.org/\n{ONE_COLUMN}", "2024-01-{d} {hh}:{mm}"),
    ],
)
def test_spellings_of_times_and_columns(tmp_path, header, form):
    bars = read(tmp_path, table(header, rows(form)))
    assert bars.m1.time.tolist() == [FIRST, FIRST + 1, FIRST + 2]
    assert bars.m1.close.tolist() == [101, 102, 103]
    assert bars.m1.tick_volume.tolist() == [7, 7, 7]


def test_an_evening_on_a_clock_of_twelve_hours(tmp_path):
    lines = [f"1/22/2024 {clock},1,2,0.5,1,1" for clock in ("12:05 AM", "12:05 PM", "9:30 PM")]
    time = read(tmp_path, table(ONE_COLUMN, lines)).m1.time
    assert (time % 1440).tolist() == [5, 725, 1290]


def test_a_header_of_three_lines(tmp_path):
    content = (
        "Price,Close,High,Low,Open,Volume\nTicker,SPY,SPY,SPY,SPY,SPY\nDatetime,,,,,\n"
        "2024-01-22 14:30:00+00:00,101,102,99,100,7\n"
    )
    bars = read(tmp_path, content, None)
    assert (bars.format, bars.rows, bars.m1.open.tolist()) == ("yfinance", 1, [100])
    with pytest.raises(FormatError, match=r"several series.*SPY, QQQ"):
        read(tmp_path, content.replace("SPY,SPY,SPY,SPY,SPY", "SPY,QQQ,SPY,QQQ,SPY"))


def test_ticker_files_and_unix_nanoseconds(tmp_path):
    header = "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>"
    bars = read(tmp_path, table(header, rows("SBER,1,202401{d},{hh}{mm}00")))
    assert (bars.m1.time[0], bars.series) == (FIRST, ("SBER", "1"))
    polygon = "ticker,volume,open,close,high,low,window_start,transactions"
    lines = [f"SPY,7,100,101,102,99,{(FIRST + i) * 60 * 10**9},3" for i in range(2)]
    assert read(tmp_path, table(polygon, lines), None).m1.time.tolist() == [FIRST, FIRST + 1]


def test_binance_writes_no_header(tmp_path):
    lines = [
        f"{(FIRST + number) * 60_000},{prices},7.5,{(FIRST + number) * 60_000 + 59_999},1.5,9,3,2,0"
        for number, prices in enumerate(PRICES)
    ]
    bars = read(tmp_path, "\n".join(lines), None)
    assert (bars.format, bars.m1.time[0]) == ("Binance klines", FIRST)
    assert bars.m1.tick_volume.tolist() == [7.5, 7.5, 7.5]


def test_the_order_of_day_and_month_is_proven_or_asked_for(tmp_path):
    lines = [f"02/01/2024 {clock},1,2,0.5,1,1" for clock in CLOCKS]
    with pytest.raises(FormatError, match=r"02/01/2024.*--date-order dmy or mdy"):
        read(tmp_path, table(ONE_COLUMN, lines))
    for order, day in (("dmy", "2024-01-02"), ("mdy", "2024-02-01")):
        time = read(tmp_path, table(ONE_COLUMN, lines), date_order=order).m1.time
        assert str(np.datetime64(int(time[0]), "m")) == f"{day}T09:30"
    lines.append("31/01/2024 9:30,1,2,0.5,1,1")
    time = read(tmp_path, table(ONE_COLUMN, lines)).m1.time
    assert str(np.datetime64(int(time[0]), "m")) == "2024-01-02T09:30"
    with pytest.raises(FormatError, match="--date-order"):
        read(tmp_path, table(ONE_COLUMN, [*lines, "01/31/2024 9:30,1,2,0.5,1,1"]))


def test_times_that_cannot_be_read_are_told_with_those_that_can(tmp_path):
    with pytest.raises(DataError, match=r"'noon,1.*Times are read as 2024-01-31 09:30"):
        read(tmp_path, table(ONE_COLUMN, ["noon,1,2,0.5,1,1"]))


def test_bars_stamped_with_their_close(tmp_path):
    ninjatrader = [line.replace(",", ";") for line in rows("202401{d} {hh}{mm}00")]
    content = "\n".join(ninjatrader)
    with pytest.raises(TimezoneNeededError, match=r"--stamps close.*--source-timezone"):
        read(tmp_path, content, None)
    with pytest.raises(FormatError, match=r"NinjaTrader.*--stamps close"):
        read(tmp_path, content)
    bars = read(tmp_path, content, stamps="close")
    assert (bars.format, bars.m1.time[0], bars.m1.tick_volume.tolist()) == (
        "NinjaTrader",
        FIRST - 1,
        [7, 7, 7],
    )
    assert read(tmp_path, content, stamps="open").m1.time[0] == FIRST
    histdata = read(tmp_path, content.replace(";7", ";0"), "UTC")
    assert (histdata.format, histdata.m1.time[0], histdata.volume_name) == (
        "HistData ASCII",
        FIRST,
        None,
    )


def test_closing_times_of_longer_bars_go_back_by_their_own_length(tmp_path):
    lines = [f"2024-01-22 {hour:02}:00,1,2,0.5,1,1" for hour in range(1, 15)]
    path = written(tmp_path, table(ONE_COLUMN, lines))
    bars = load_ohlc(path, "UTC", stamps="close").bars
    assert (bars.m1.time % 1440 // 60).tolist() == [*range(14)]


def test_tradestation_has_months_first_and_two_volumes(tmp_path):
    header = '"Date","Time","Open","High","Low","Close","Up","Down"'
    lines = [
        f"01/02/2024,{clock},{prices},7,4" for clock, prices in zip(CLOCKS, PRICES, strict=True)
    ]
    with pytest.raises(TimezoneNeededError, match=r"--stamps.*--source-timezone"):
        read(tmp_path, table(header, lines), None)
    bars = read(tmp_path, table(header, lines), stamps="close")
    assert str(np.datetime64(int(bars.m1.time[0]), "m")) == "2024-01-02T09:29"
    assert (bars.m1.tick_volume.tolist(), bars.volume_name) == ([11, 11, 11], "Up + Down")


@pytest.mark.parametrize(
    ("columns", "name", "volume"),
    [
        ("Volume", "Volume", 7),
        ("vol", "vol", 7),
        ("tick_volume", "tick_volume", 7),
        ("Volume BTC", "Volume BTC", 7),
        ("Volume_(BTC)", "Volume_(BTC)", 7),
        ("real_volume", "real_volume", 7),
        ("Volume MA", None, 1),
        ("quote_volume", None, 1),
        ("RSI", None, 1),
    ],
)
def test_volume_is_found_by_its_name(tmp_path, columns, name, volume):
    content = table(f"time,open,high,low,close,{columns}", rows("2024-01-{d} {hh}:{mm}"))
    bars = read(tmp_path, content)
    assert (bars.volume_name, bars.m1.tick_volume.tolist()) == (name, [volume] * 3)


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (["1 234.50", "999.5"], [1234.5, 999.5]),
        (["1,234.50", "2,000"], [1234.5, 2000]),
        (["1.234,50", "1.300", "12"], [1234.5, 1300, 12]),
        (["1234,5", "1,234"], [1234.5, 1.234]),
        (["1,234", "5"], [np.nan, 5]),
        (["0 500", "1 23"], [np.nan, np.nan]),
        (["-1.5e-3", "+.5"], [-1.5e-3, 0.5]),
    ],
)
def test_spellings_of_numbers(texts, values):
    np.testing.assert_array_equal(number_columns([pa.array(texts)])[0], values)


def test_quoted_thousands(tmp_path):
    lines = ['2024-01-22 09:30,"1,000.25","1,002","999.5","1,001.50",7']
    bars = read(tmp_path, table(ONE_COLUMN, []) + lines[0])
    assert [column[0] for column in bars.m1[1:5]] == [1000.25, 1002, 999.5, 1001.5]


CONTENT = table(ONE_COLUMN, rows("2024-01-{d}T{hh}:{mm}Z")).encode()


def zipped(members):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return content.getvalue()


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(CONTENT),
        lzma.compress(CONTENT),
        bz2.compress(CONTENT),
        zipped({"a.csv": CONTENT}),
    ],
)
def test_compressed_files(tmp_path, packed):
    assert read(tmp_path, packed, None).rows == 3


def test_archives_of_several_files(tmp_path):
    path = written(
        tmp_path, zipped({"a.csv": CONTENT, "b.csv": CONTENT, "a.txt": b"x", "c.doc": b"x"})
    )
    assert [file.path for file in import_files(path, None)] == [path / "a.csv", path / "b.csv"]
    with pytest.raises(FormatError, match="contains 2 files; unpack"):
        import_file(path, None)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (zipped({"a.doc": b"x"}), "contains no .csv"),
        (zipped({"[Content_Types].xml": b"x"}), "Excel workbook"),
        (gzip.compress(CONTENT)[:-20], "gzip file is damaged"),
        (b"\x91\x01\x00\x00" + bytes(100), r"MetaTrader 4 history file \(.hst\)"),
        (b"SCID" + bytes(100), r"Sierra Chart data file \(.scid\)"),
        (b"ARROW1" + bytes(100), "Feather"),
        (b"\x07\x00\x08" * 50, "It is a binary file"),
    ],
    ids=["no table", "xlsx", "damaged", "hst", "scid", "feather", "binary"],
)
def test_files_that_are_not_text_are_named_and_not_quoted(tmp_path, content, kind):
    with pytest.raises(FormatError, match=kind) as error:
        read(tmp_path, content)
    assert "\\x" not in str(error.value)


@pytest.mark.parametrize("column", ["symbol", "Ticker", "timeframe"])
def test_several_series_in_one_file(tmp_path, column):
    header = f"{column},{ONE_COLUMN}"
    content = table(header, rows("A,2024-01-{d} {hh}:{mm}") + rows("B,2024-01-{d} {hh}:{mm}"))
    with pytest.raises(FormatError, match=f"several series.*{column}.*A, B.*split"):
        read(tmp_path, content)
    frame = pa.table({column: ["A", "B"], "time": [1776822240, 1776822300], **PARQUET})
    buffer = io.BytesIO()
    pq.write_table(frame, buffer)
    with pytest.raises(FormatError, match=f"several series.*{column}.*A, B.*split"):
        read(tmp_path, buffer.getvalue())


PARQUET = {name: [1.0, 1.0] for name in ("open", "high", "low", "close")}


# From here on: preparation of whole folders.


def minutes(count, first=9 * 60):
    return [f"{at // 60:02}:{at % 60:02}" for at in range(first, first + count)]


def bars_of(clocks, price=100.0, extra="", day="2024-01-22"):
    return [f"{extra}{day}T{at}Z,{price},{price + 2},{price - 1},{price + 1},7" for at in clocks]


def folder(tmp_path, **files):
    for name, content in files.items():
        written(tmp_path, content, f"XAUUSD 1m raw/{name.replace('_', '.')}")


def prepared(tmp_path, **options):
    return prepare(tmp_path, "XAUUSD", SETTINGS.symbol("XAUUSD"), show_progress=False, **options)


def test_two_series_in_one_folder(tmp_path):
    folder(
        tmp_path,
        BID_csv=table(ONE_COLUMN, bars_of(minutes(30))),
        ASK_csv=table(ONE_COLUMN, bars_of(minutes(30), 100.2)),
    )
    with pytest.raises(DataError, match=r"30 of 30 repeated.*ASK.csv and BID.csv.*bid and ask"):
        prepared(tmp_path)
    assert not (tmp_path / "optimized").exists()


def test_two_series_in_a_file_of_any_time_frame(tmp_path):
    pairs = zip(bars_of(minutes(30)), bars_of(minutes(30), 200), strict=True)
    path = written(tmp_path, table(ONE_COLUMN, [line for pair in pairs for line in pair]))
    with pytest.raises(DataError, match=r"30 of 30 repeated minutes.*Split the file"):
        load_ohlc(path)


def test_files_that_name_different_markets(tmp_path):
    header = f"symbol,{ONE_COLUMN}"
    folder(
        tmp_path,
        a_csv=table(header, bars_of(minutes(3), extra="AAPL,")),
        b_csv=table(header, bars_of(minutes(3, 700), extra="MSFT,")),
    )
    with pytest.raises(DataError, match=r"AAPL \(a.csv\), MSFT \(b.csv\)"):
        prepared(tmp_path)


def test_an_unfinished_last_bar_gives_way_to_the_complete_one(tmp_path):
    unfinished = "2024-01-22T09:09Z,100,100.5,100,100.25,1"
    complete = bars_of(minutes(20, 545))
    folder(
        tmp_path,
        a_csv=table(ONE_COLUMN, [*bars_of(minutes(9)), unfinished]),
        b_csv=table(ONE_COLUMN, complete),
    )
    summary = prepared(tmp_path)
    bars = load_bars(tmp_path, "XAUUSD").m1
    assert (bars.high[9], bars.tick_volume[9]) == (102, 7)
    assert (summary.unfinished, summary.conflicts) == (1, 1)
    assert "unfinished bars                     1" in summary.text()


def test_stretches_of_longer_bars_are_named(tmp_path):
    later = [f"{at // 60:02}:{at % 60:02}" for at in range(660, 860, 5)]
    folder(tmp_path, a_csv=table(ONE_COLUMN, bars_of(minutes(60)) + bars_of(later)))
    text = prepared(tmp_path).text()
    assert "bars of 5 minutes                  39  from 2024-01-22 11:00 UTC" in text
    assert "14:15 UTC in a.csv" in text


def test_losses_of_a_pattern_are_refused_without_force(tmp_path):
    negative = [line.replace(",99.0,", ",-99.0,") for line in bars_of(minutes(3, 700))]
    folder(tmp_path, a_csv=table(ONE_COLUMN, bars_of(minutes(100)) + negative))
    with pytest.raises(DataError, match=r"a.csv: 3 of its 103 rows \(2.9%\).*negative.*--force"):
        prepared(tmp_path)
    assert prepared(tmp_path, force=True).bars == 100


def test_a_lost_hour_is_refused_without_force(tmp_path):
    days = [f"2024-01-{day:02}" for day in range(8, 13)]
    good = [line for day in days for line in bars_of(minutes(240), day=day)]
    lost = [line.replace("102.0", "1") for line in bars_of(minutes(10, 1200), day=days[0])]
    folder(tmp_path, a_csv=table(ONE_COLUMN, good + lost))
    with pytest.raises(DataError, match=r"none of the 10 rows from 20:00 to 20:59.*--force"):
        prepared(tmp_path)
    assert prepared(tmp_path, force=True).rejected == {"high below low": 10}


def test_every_file_of_a_folder_is_read_or_named(tmp_path):
    contents = [table(ONE_COLUMN, bars_of(minutes(3, 60 * hour))) for hour in range(1, 7)]
    folder(
        tmp_path,
        a_csv=contents[0],
        b_CSV=contents[1],
        c_tsv=contents[2].replace(",", "\t"),
        d_txt=contents[3],
        e_csv_gz=gzip.compress(contents[4].encode()),
        f_zip=zipped({"x.csv": contents[5].encode()}),
        g_hst="x",
        h_xlsx="x",
    )
    summary = prepared(tmp_path)
    assert (summary.bars, len(summary.files)) == (18, 6)
    assert [path.name for path in summary.left_out] == ["g.hst", "h.xlsx"]
    assert "left out: g.hst, h.xlsx\n" in summary.text()


def test_the_summary_names_volume_and_recorded_spread(tmp_path):
    header = "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>"
    lines = [
        f"2024.01.22\t{clock}:00\t2000.10\t2000.50\t2000.00\t2000.25\t9\t0\t{spread}"
        for clock, spread in zip(
            minutes(60, 0) + minutes(40, 600), [40] * 60 + [20] * 40, strict=True
        )
    ]
    folder(tmp_path, a_csv="\n".join([header, *lines]))
    text = prepared(tmp_path, source_timezone="UTC").text()
    assert "volume                   from TICKVOL\n" in text
    assert "recorded spread          median 0.4, 95 % 0.4; that of the settings is 0.3\n" in text
    assert "median by hour in Asia/Tokyo: 09h 0.4, 19h 0.2\n" in text
