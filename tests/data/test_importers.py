"""Files of every known format: what they import to, what is left out, what is refused."""

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from params_optimizer.data.importers import import_file
from params_optimizer.errors import (
    DataError,
    FormatError,
    MissingDataError,
    OptimizerError,
    SettingsError,
    StorageError,
    TimezoneNeededError,
)

FIRST = np.datetime64("2026-04-22T01:44", "m").astype(np.int64)
BARS = [
    (24215.81, 24221.81, 24215.81, 24218.31),
    (24219.31, 24219.81, 24213.81, 24213.81),
    (24211.31, 24213.31, 24205.31, 24208.31),
]
P = [f"{o},{h},{low},{c}" for o, h, low, c in BARS]
TRADINGVIEW = f"""time,open,high,low,close,Volume
2026-04-22T01:44:00Z,{P[0]},14
2026-04-22T01:45:00Z,{P[1]},28
2026-04-22T01:46:00Z,{P[2]},49
"""
UNIX = f"time,open,high,low,close\n1776822240,{P[0]}\n1776822300,{P[1]}\n1776822360,{P[2]}\n"
METATRADER = """<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>
2026.04.22\t04:44:00\t24215.81\t24221.81\t24215.81\t24218.31\t14\t0\t15
2026.04.22\t04:45:00\t24219.31\t24219.81\t24213.81\t24213.81\t28\t0\t15
2026.04.22\t04:46:00\t24211.31\t24213.31\t24205.31\t24208.31\t49\t0\t15
"""
METATRADER_4 = f"""2026.04.22,04:44,{P[0]},14
2026.04.22,04:45,{P[1]},28
2026.04.22,04:46,{P[2]},49
"""
HISTDATA = """20260421 204400;24215.81;24221.81;24215.81;24218.31;0
20260421 204500;24219.31;24219.81;24213.81;24213.81;0
20260421 204600;24211.31;24213.31;24205.31;24208.31;0
"""
DUKASCOPY = f"""Gmt time,Open,High,Low,Close,Volume
22.04.2026 01:44:00.000,{P[0]},14
22.04.2026 01:45:00.000,{P[1]},28
22.04.2026 01:46:00.000,{P[2]},49
"""
DUKASCOPY_LOCAL = (
    DUKASCOPY.replace("Gmt", "Local").replace("01:", "03:").replace(".000", ".000 GMT+0200")
)


def at(tmp_path, content, name="bars.csv"):
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def imported(tmp_path, content, zone=None):
    return import_file(at(tmp_path, content), zone)


def table(times, **columns):
    """Parquet bytes of the three bars with the given times."""
    prices = dict(zip(("open", "high", "low", "close"), zip(*BARS, strict=True), strict=True))
    content = io.BytesIO()
    pq.write_table(
        pa.table({"time": times, **{k: [*v] for k, v in prices.items()}, **columns}), content
    )
    return content.getvalue()


def timestamps(unit="us", zone="UTC", shift=0):
    factor = {"s": 60, "ms": 60_000, "us": 60_000_000, "ns": 60_000_000_000}[unit]
    minutes = [(FIRST + shift + i) * factor for i in range(3)]
    return pa.array(minutes, pa.int64()).cast(pa.timestamp(unit, tz=zone))


QUOTED = "\n".join(",".join(f'"{f}"' for f in line.split(",")) for line in TRADINGVIEW.split("\n"))
REORDERED = f"""MA;Close;low;"Band (9; close)";High;OPEN;Time
1;{BARS[0][3]};{BARS[0][2]};x;{BARS[0][1]};{BARS[0][0]};2026-04-22 01:44
2;{BARS[1][3]};{BARS[1][2]};"a;b";{BARS[1][1]};{BARS[1][0]};2026-04-22 01:45
3;{BARS[2][3]};{BARS[2][2]};;{BARS[2][1]};{BARS[2][0]};2026-04-22 01:46
"""
MIXED_OFFSETS = f"""time,open,high,low,close
2026-04-22T01:44:00Z,{P[0]}
2026-04-22T10:45:00+09:00,{P[1]}
2026-04-21 21:46:00.000-0400,{P[2]}
"""
ISO_AND_UNIX = f"""time,open,high,low,close
2026-04-22T01:44:00+00:00,{P[0]}
1776822300,{P[1]}
1776822360.0,{P[2]}
"""
INDEXED = "\n".join(
    f"{number or ''}\t{line}".replace(",", "\t")
    for number, line in enumerate(TRADINGVIEW.splitlines())
)
BLANK_LINES = "\n \n" + TRADINGVIEW.replace("\n", "\n\n", 2) + " \n,,,,,\n\n"


@pytest.mark.parametrize(
    ("content", "zone", "volume"),
    [
        pytest.param(TRADINGVIEW, None, [14, 28, 49], id="tradingview"),
        pytest.param(TRADINGVIEW.replace("Volume", "volume"), None, [14, 28, 49], id="volume"),
        pytest.param(TRADINGVIEW.replace("Volume", "tick_volume"), None, [14, 28, 49], id="ticks"),
        pytest.param(TRADINGVIEW.replace("Volume", "RSI"), None, [1, 1, 1], id="no volume"),
        pytest.param(TRADINGVIEW.replace(",28\n", ",\n"), None, [14, 1, 49], id="volume missing"),
        pytest.param(TRADINGVIEW.replace(",28\n", ",-3\n"), None, [14, 1, 49], id="volume < 0"),
        pytest.param(TRADINGVIEW.replace(",28\n", ",inf\n"), None, [14, 1, 49], id="volume inf"),
        pytest.param(TRADINGVIEW.replace(",28\n", ",0.25\n"), None, [14, 0.25, 49], id="fraction"),
        pytest.param(UNIX, None, [1, 1, 1], id="unix seconds"),
        pytest.param(
            "\n".join(line.replace(",", "000,", 1) for line in UNIX.split("\n")).replace(
                "time000", "time"
            ),
            None,
            [1, 1, 1],
            id="unix milliseconds",
        ),
        pytest.param(MIXED_OFFSETS, None, [1, 1, 1], id="offsets change"),
        pytest.param(ISO_AND_UNIX, None, [1, 1, 1], id="ISO and unix"),
        pytest.param(REORDERED, "UTC", [1, 1, 1], id="reordered with indicators"),
        pytest.param(QUOTED, None, [14, 28, 49], id="quoted"),
        pytest.param(TRADINGVIEW.replace(",", ", "), None, [14, 28, 49], id="spaces"),
        pytest.param(INDEXED, None, [14, 28, 49], id="unnamed index, tabs"),
        pytest.param(TRADINGVIEW.rstrip(), None, [14, 28, 49], id="no last line end"),
        pytest.param(BLANK_LINES, None, [14, 28, 49], id="blank lines"),
        pytest.param(TRADINGVIEW.replace("\n", "\r\n"), None, [14, 28, 49], id="CRLF"),
        pytest.param(TRADINGVIEW.replace("\n", "\r"), None, [14, 28, 49], id="CR"),
        pytest.param(TRADINGVIEW.encode("utf-8-sig"), None, [14, 28, 49], id="BOM"),
        pytest.param(TRADINGVIEW.encode("utf-16"), None, [14, 28, 49], id="UTF-16"),
        pytest.param(
            TRADINGVIEW.replace("Volume", "Volume,Bänder")
            .replace(",14", ",14,0")
            .replace(",28", ",28,0")
            .replace(",49", ",49,0")
            .encode("latin-1"),
            None,
            [14, 28, 49],
            id="old code page",
        ),
        pytest.param(METATRADER, "newyork+7", [14, 28, 49], id="metatrader 5"),
        pytest.param(METATRADER, "UTC+3", [14, 28, 49], id="metatrader 5 fixed offset"),
        pytest.param(METATRADER.encode("utf-16-le"), "+03:00", [14, 28, 49], id="UTF-16 LE bare"),
        pytest.param(METATRADER.encode("utf-16-be"), "+03:00", [14, 28, 49], id="UTF-16 BE bare"),
        pytest.param(METATRADER_4, "newyork+7", [14, 28, 49], id="metatrader 4"),
        pytest.param(HISTDATA, "UTC-5", [1, 1, 1], id="histdata"),
        pytest.param(DUKASCOPY, None, [14, 28, 49], id="dukascopy"),
        pytest.param(DUKASCOPY_LOCAL, None, [14, 28, 49], id="dukascopy local time"),
        pytest.param(table(timestamps()), None, [1, 1, 1], id="parquet"),
        pytest.param(table(timestamps("ns")), None, [1, 1, 1], id="parquet ns"),
        pytest.param(table(timestamps("ms", "Asia/Tokyo")), None, [1, 1, 1], id="parquet Tokyo"),
        pytest.param(table(timestamps("s", None, 120)), "+2", [1, 1, 1], id="parquet naive"),
        pytest.param(table([1776822240 + 60 * i for i in range(3)]), None, [1] * 3, id="unix ints"),
        pytest.param(table([1776822240.0 + 60 * i for i in range(3)]), None, [1] * 3, id="floats"),
        pytest.param(
            table([f"2026-04-22T01:{44 + i}:00Z" for i in range(3)], Volume=[14, 28, 49]),
            None,
            [14, 28, 49],
            id="parquet texts",
        ),
    ],
)
def test_the_same_bars_from_every_format(tmp_path, content, zone, volume):
    bars = imported(tmp_path, content, zone)
    assert bars.m1.time.tolist() == [FIRST, FIRST + 1, FIRST + 2]
    assert [*zip(*(column.tolist() for column in bars.m1[1:5]), strict=True)] == BARS
    assert bars.m1.tick_volume.tolist() == volume
    assert (bars.rows, bars.rejected) == (3, {})


def test_pandas_index_and_foreign_column_types(tmp_path):
    content = table(timestamps(), volume=pa.array([14, None, 49], pa.int32()))
    frame = pq.read_table(io.BytesIO(content)).to_pandas().set_index("time")
    frame.index.name = None
    frame["Open"] = frame.pop("open").astype(str)
    path = tmp_path / "frame.dat"
    frame.to_parquet(path)
    bars = import_file(path, None)
    assert bars.m1.time.tolist() == [FIRST, FIRST + 1, FIRST + 2]
    assert bars.m1.open.tolist() == [bar[0] for bar in BARS]
    assert bars.m1.tick_volume.tolist() == [14, 1, 49]


@pytest.mark.parametrize(
    ("name", "zone", "kind", "with_volume"),
    [
        ("tradingview_unix.csv", None, "TradingView", True),
        ("dukascopy_gmt.csv", None, "Dukascopy", True),
        ("mt5_export_server_time_newyork_plus_7h.csv", "newyork+7", "MetaTrader", True),
        ("histdata_ascii_est_no_dst.csv", "UTC-5", "HistData ASCII", False),
    ],
)
def test_real_files_of_each_format(shared: Path, name, zone, kind, with_volume):
    folder = shared / "data" / "formats"
    expected = import_file(folder / "expected_utc.csv", None)
    bars = import_file(folder / name, zone)
    assert (bars.format, bars.rows, bars.rejected) == (kind, 14_503, {})
    for column, (ours, theirs) in enumerate(zip(bars.m1, expected.m1, strict=True)):
        if column < 5 or with_volume:
            assert ours.tobytes() == theirs.tobytes()


def test_a_zone_in_the_file_wins_over_a_given_one(tmp_path):
    told = imported(tmp_path, TRADINGVIEW, "Asia/Tokyo")
    assert told.own_zone
    assert told.m1.time[0] == FIRST
    assert not imported(tmp_path, METATRADER, "newyork+7").own_zone


@pytest.mark.parametrize(
    "content",
    [
        TRADINGVIEW.replace("Volume", "Close"),
        table(timestamps(), Close=["x", "y", "z"], close_of_plot=[1, 2, 3]),
    ],
)
def test_the_first_of_two_columns_of_a_name_counts(tmp_path, content):
    assert imported(tmp_path, content).m1.close.tolist() == [bar[3] for bar in BARS]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("2026-04-22T01:47:00Z,1,2,0.5", "wrong number of fields"),
        ("2026-04-22T01:47:00Z,1,2,0.5,1,9,9", "wrong number of fields"),
        ("2026-02-30T01:47:00Z,1,2,0.5,1,9", "time not readable"),
        ("2026-04-22T24:00:00Z,1,2,0.5,1,9", "time not readable"),
        ("2026-04-22T01:47:00+99:00,1,2,0.5,1,9", "time not readable"),
        ("soon,1,2,0.5,1,9", "time not readable"),
        ("20260422,1,2,0.5,1,9", "time not readable"),
        ("202604220147,1,2,0.5,1,9", "time not readable"),
        ("9999999999999999999,1,2,0.5,1,9", "time not readable"),
        ("1970-01-01T00:00:00Z,1,2,0.5,1,9", "time outside 1980 to 2099"),
        ("2026-04-22T01:47:30Z,1,2,0.5,1,9", "time not a whole minute"),
        ("2026-04-22T01:47:00.250Z,1,2,0.5,1,9", "time not a whole minute"),
        ("1776822420250,1,2,0.5,1,9", "time not a whole minute"),
        ("2026-04-22T01:47:00Z,,2,0.5,1,9", "price not a finite number"),
        ("2026-04-22T01:47:00Z,1,2,NaN,1,9", "price not a finite number"),
        ("2026-04-22T01:47:00Z,1,inf,0.5,1,9", "price not a finite number"),
        ("2026-04-22T01:47:00Z,1,2,0.5,1_0,9", "price not a finite number"),
        ('2026-04-22T01:47:00Z,1,2,"0,5",1,9', "price not a finite number"),
        ('2026-04-22T01:47:00Z,1,2,"0.5,1,9', "price not a finite number"),
        ("2026-04-22T01:47:00Z,1,2,0,1,9", "price 0 or negative"),
        ("2026-04-22T01:47:00Z,-1,2,0.5,1,9", "price 0 or negative"),
        ("2026-04-22T01:47:00Z,1,0.5,2,1,9", "high below low"),
        ("2026-04-22T01:47:00Z,3,2,0.5,1,9", "open or close outside low to high"),
        ("2026-04-22T01:47:00Z,1,2,0.5,2.1,9", "open or close outside low to high"),
        ("2026-04-22T01:47:00Z,0.4,2,0.5,1,9", "open or close outside low to high"),
        ("2026-04-22T01:47:00Z,1,2,0.5,0.4,9", "open or close outside low to high"),
    ],
)
def test_wrong_rows_are_left_out_and_counted(tmp_path, line, reason):
    header, *lines = TRADINGVIEW.splitlines()
    bars = imported(tmp_path, "\n".join([header, lines[0], line, *lines[1:]]))
    assert bars.m1.time.tolist() == [FIRST, FIRST + 1, FIRST + 2]
    assert (bars.rows, bars.rejected) == (4, {reason: 1})


def test_texts_of_parquet_that_are_none_are_told(tmp_path):
    broken = pa.array([b"\x80", b"", b""]).cast(pa.string(), safe=False)
    with pytest.raises(DataError, match="damaged Parquet file"):
        imported(tmp_path, table(broken))


def test_wrong_rows_of_parquet_are_counted_too(tmp_path):
    times = pa.array([timestamps()[0].as_py(), None, timestamps()[2].as_py()], timestamps().type)
    bars = imported(tmp_path, table(times))
    assert bars.m1.time.tolist() == [FIRST, FIRST + 2]
    assert bars.rejected == {"time not readable": 1}


def test_local_times_without_an_instant_are_counted(tmp_path):
    lines = [f"2026-03-29 0{hour}:30,1,2,0.5,1" for hour in (1, 2, 3)]
    lines += [f"2026-10-25 0{hour}:30,1,2,0.5,1" for hour in (1, 2, 3)]
    bars = imported(tmp_path, "\n".join(["time,open,high,low,close", *lines]), "Europe/Berlin")
    assert bars.m1.time.size == 4
    assert bars.rejected == {
        "local time skipped by a clock change": 1,
        "local time repeated by a clock change": 1,
    }


def twice():
    """Parquet bytes with two columns of one name."""
    content = io.BytesIO()
    one = pq.read_table(io.BytesIO(table(timestamps())))
    pq.write_table(one.append_column("close", one["close"]), content)
    return content.getvalue()


TWICE = twice()
HEADER = "time,open,high,low,close\n"


@pytest.mark.parametrize(
    ("content", "error", "parts"),
    [
        ("", FormatError, ["is empty"]),
        ("\ufeff \r\n\n", FormatError, ["is empty"]),
        (HEADER, DataError, ["contains a header and no bars"]),
        (
            "Dear diary,\ntoday I lost 3R.\n",
            FormatError,
            ["none of the known formats", "Dear diary"],
        ),
        (b"\x00\x01\x02\xff" * 50, FormatError, ["none of the known formats"]),
        ("PK\x03\x04...", FormatError, ["ZIP archive", "unpack"]),
        (b"\x1f\x8b\x08...", FormatError, ["gzip"]),
        (TRADINGVIEW.replace("close", "end"), FormatError, ["no column 'close'", "end, volume"]),
        (TRADINGVIEW.replace("time", "when"), FormatError, ["no column 'time'", "when, open"]),
        (METATRADER.replace("<TIME>", "<X>"), FormatError, ["no column 'time'", "date, x, open"]),
        (TRADINGVIEW.replace("01:45:00Z", "01:45:00"), FormatError, ["line 3", "no time zone"]),
        (
            TRADINGVIEW.replace("Z", "").replace("01:46:00", "01:46:00+02:00"),
            FormatError,
            ["line 4 has a time zone", "01:46:00+02:00"],
        ),
        (UNIX + f"2026-04-22 01:47,{P[0]}\n", FormatError, ["line 5 has no time zone"]),
        (
            HEADER + "\nx,1,2\n2026-04-22T01:44:00Z,0,0,0,0\n",
            DataError,
            ["none of its 2 rows", "line 3", "wrong number of fields", "'x,1,2'"],
        ),
        (
            HEADER + "2026-04-22T01:44:00Z,NaN,NaN,NaN,NaN\nx,1,2\n",
            DataError,
            ["line 2 (price not a finite number)", "NaN,NaN"],
        ),
        (b"PAR1" + b"\0" * 40, DataError, ["damaged Parquet"]),
        (table(timestamps())[:-30], DataError, ["damaged Parquet"]),
        (table(timestamps()).replace(b"close", b"clos_"), FormatError, ["no column 'close'"]),
        (TWICE, FormatError, ["the column 'close' twice"]),
        (table([True, False, True]), FormatError, ["column 'time' has type bool"]),
        (
            table(timestamps(), close=[{"a": 1}] * 3),
            FormatError,
            ["'close' has type struct"],
        ),
    ],
)
def test_files_that_are_refused(tmp_path, content, error, parts):
    with pytest.raises(error) as told:
        imported(tmp_path, content)
    assert str(told.value).startswith(str(tmp_path / "bars.csv"))
    assert [part for part in parts if part not in str(told.value)] == []


@pytest.mark.parametrize(
    "content",
    [
        METATRADER,
        METATRADER_4,
        HISTDATA,
        TRADINGVIEW.replace("Z", ""),
        table(timestamps("s", None)),
    ],
)
def test_a_clock_that_nobody_named_is_not_guessed(tmp_path, content):
    with pytest.raises(
        TimezoneNeededError, match=r"--source-timezone: an IANA name.*newyork"
    ) as told:
        imported(tmp_path, content)
    assert str(tmp_path) in str(told.value)


def test_paths_and_zones_that_are_wrong(tmp_path):
    with pytest.raises(MissingDataError, match="no such file"):
        import_file(tmp_path / "gone.csv", None)
    with pytest.raises(StorageError, match="cannot be read"):
        import_file(tmp_path, None)
    with pytest.raises(SettingsError, match="is not a time zone"):
        imported(tmp_path, HISTDATA, "EST+lunch")


@pytest.mark.parametrize(
    ("step", "frame"),
    [(1, "1-second"), (30, "30-second"), (300, "5-minute"), (3600, "1-hour"), (86400, "1-day")],
)
def test_other_time_frames_are_refused_by_name(tmp_path, step, frame):
    lines = [f"{1776816000 + step * i},1,2,0.5,1" for i in range(20)]
    with pytest.raises(FormatError, match=f"looks like {frame} bars"):
        imported(tmp_path, HEADER + "\n".join(lines))


def test_bars_of_a_quiet_market_pass(tmp_path):
    gaps = np.cumsum([2, 7, 3, 2, 5, 11, 4, 2, 9, 3, 6, 8, 2, 5])
    lines = [f"{1776816000 + 60 * gap},1,2,0.5,1" for gap in gaps]
    assert imported(tmp_path, HEADER + "\n".join(lines)).rows == 14


def test_order_of_the_file_is_kept(tmp_path):
    header, *lines = TRADINGVIEW.splitlines()
    bars = imported(tmp_path, "\n".join([header, *reversed(lines), lines[0]]))
    assert (bars.m1.time - FIRST).tolist() == [2, 1, 0, 0]


# The writers below are the plainest way to write each format, apart from the importers.
def _iso(minute, form="%Y-%m-%dT%H:%M:%SZ", shift=0):
    moment = np.datetime64(int(minute) + shift, "m").astype("datetime64[s]").item()
    return moment.strftime(form)


WRITERS = {
    "tradingview": (HEADER, lambda t, p: f"{_iso(t)},{','.join(p)}", None),
    "unix": (HEADER, lambda t, p: f"{t * 60},{','.join(p)}", None),
    "metatrader": (
        METATRADER.split("\n", 1)[0] + "\n",
        lambda t, p: "\t".join([*_iso(t, "%Y.%m.%d %H:%M:%S", -90).split(), *p, "7", "0", "2"]),
        "-01:30",
    ),
    "histdata": ("", lambda t, p: ";".join([_iso(t, "%Y%m%d %H%M%S", -300), *p, "0"]), "UTC-5"),
    "dukascopy": (
        DUKASCOPY.split("\n", 1)[0] + "\n",
        lambda t, p: ",".join([_iso(t, "%d.%m.%Y %H:%M:%S.000"), *p, "1"]),
        None,
    ),
}
PRICES = st.lists(
    st.floats(min_value=1e-6, max_value=1e9, allow_subnormal=False), min_size=4, max_size=4
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.tuples(st.integers(6_000_000, 60_000_000), PRICES), min_size=1, max_size=9),
    st.sampled_from(sorted(WRITERS)),
)
def test_any_bars_come_back_bit_for_bit(tmp_path, bars, kind):
    header, write, zone = WRITERS[kind]
    rows = []
    for minute, prices in bars:
        low, one, other, high = sorted(prices)
        rows.append((minute, one, high, low, other))
    lines = [write(minute, [repr(price) for price in prices]) for minute, *prices in rows]
    back = imported(tmp_path, header + "\n".join(lines) + "\n", zone)
    assert [*zip(*(column.tolist() for column in back.m1[:5]), strict=True)] == rows


SEEDS = [
    text.encode()
    for text in (TRADINGVIEW, QUOTED, METATRADER, METATRADER_4, HISTDATA, DUKASCOPY, UNIX)
] + [METATRADER.encode("utf-16"), table(timestamps())]
PIECES = [b'"', b",", b"\n", b"\r", b"\0", b"nan", b"-", b"9" * 40, b"+09:00", b"Z", b"\xff", b""]


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.sampled_from(SEEDS), st.data())
def test_damage_gives_an_error_or_a_full_account(tmp_path, seed, data):
    content = bytearray(seed)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        content[start : start + data.draw(st.integers(0, 9))] = data.draw(st.sampled_from(PIECES))
    cut = data.draw(st.integers(0, len(content)))
    for damaged in (bytes(content), bytes(content[:cut])):
        try:
            bars = imported(tmp_path, damaged, "newyork+7")
        except OptimizerError:
            continue
        assert bars.rows == bars.m1.time.size + sum(bars.rejected.values())
        assert all(column.size == bars.m1.time.size for column in bars.m1)
