"""From the prepared Parquet file to read-only bars, and what is refused on the way."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from params_optimizer.data import loader
from params_optimizer.data.bars import GENERATED, M1, METADATA_KEY, Bars, check_bars
from params_optimizer.data.loader import load_bars, optimized_file
from params_optimizer.errors import DataError, FormatError, MissingDataError, SettingsError

START = int(np.datetime64("2024-03-28T21:00", "m").astype(np.int64))


def some(count: int = 200, seed: int = 1) -> M1:
    """Bars that can be, with missing minutes."""
    random = np.random.default_rng(seed)
    time = START + np.cumsum(random.integers(1, 4, count))
    middle = 100 + np.cumsum(random.normal(0, 0.1, (count, 1)), axis=0)
    prices = np.sort(middle + random.normal(0, 0.1, (count, 4)), axis=1)
    low, open_, close, high = prices.T
    return M1(time, open_, high, low, close, random.integers(1, 99, count).astype(float))


def table_of(m1: M1, unit: str = "us", zone: str | None = "UTC") -> pa.Table:
    time = pa.array(m1.time * 60, pa.int64()).cast(pa.timestamp("s"))
    columns = {"time": time.cast(pa.timestamp(unit, tz=zone))}
    return pa.table(columns | dict(zip(m1._fields[1:], m1[1:], strict=True)))


@pytest.fixture
def save(tmp_path):
    """Writes a table (or bytes) where the prepared bars of a symbol belong."""

    def _save(content: pa.Table | M1 | bytes, symbol: str = "US30") -> Path:
        path = optimized_file(tmp_path, symbol)
        path.parent.mkdir(exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            table = content if isinstance(content, pa.Table) else table_of(content)
            pq.write_table(table, path)
        return path

    return _save


@pytest.fixture
def no_parsing(monkeypatch):
    """From the moment it is called, a Parquet file cannot be parsed any more."""

    def refuse(*arguments: object) -> None:
        raise AssertionError("the Parquet file was parsed again")

    return lambda: monkeypatch.setattr(loader, "_parse", refuse)


def same(found: M1, expected: M1) -> bool:
    return all(
        one.dtype == other.dtype and np.array_equal(one, other)
        for one, other in zip(found, expected, strict=True)
    )


def test_bars_are_loaded_as_they_were_prepared(tmp_path, save):
    save(some())
    bars = load_bars(tmp_path, "US30")
    assert (bars.symbol, bars.count, bars.generated) == ("US30", 200, False)
    assert same(bars.m1, some())
    assert bars.fingerprint == Bars.from_arrays("US30", some()).fingerprint


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", ["UTC", None, "Europe/Berlin"])
def test_any_timestamp_column_means_the_same_instants(tmp_path, save, unit, zone):
    save(table_of(some(), unit, zone))
    assert same(load_bars(tmp_path, "US30").m1, some())


def test_other_columns_their_order_and_whole_numbers_do_not_matter(tmp_path, save):
    m1 = M1(some().time, *[np.full(200, 7.0)] * 5)
    table = table_of(m1).append_column("note", pa.array(["x"] * 200))
    table = table.set_column(5, "tick_volume", pa.array([7] * 200))
    save(table.select(table.column_names[::-1]))
    assert same(load_bars(tmp_path, "US30").m1, m1)


def test_generated_bars_stay_labelled(tmp_path, save):
    save(table_of(some()).replace_schema_metadata({METADATA_KEY: GENERATED}))
    assert load_bars(tmp_path, "US30").generated
    again = load_bars(tmp_path, "US30")
    assert again.generated
    assert again.between(START, START + 100).generated


def test_later_loads_map_what_the_first_one_parsed(tmp_path, save, no_parsing):
    save(some())
    first = load_bars(tmp_path, "US30")
    no_parsing()
    second = load_bars(tmp_path, "US30")
    assert same(second.m1, first.m1)
    assert second.fingerprint == first.fingerprint
    assert not any(array.flags.owndata for array in second.m1), "mapped, not read into memory"


def test_equal_files_of_two_symbols_keep_their_names(tmp_path, save):
    save(some(), "AAA")
    save(some(), "BBB")
    assert load_bars(tmp_path, "AAA").symbol == "AAA"
    assert load_bars(tmp_path, "BBB").symbol == "BBB"


def test_a_changed_file_is_never_served_from_the_cache(tmp_path, save):
    save(some(seed=1))
    load_bars(tmp_path, "US30")
    save(some(seed=2))
    assert same(load_bars(tmp_path, "US30").m1, some(seed=2))


def _flip(at: int):
    def damage(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[at] ^= 1
        path.write_bytes(content)

    return damage


DAMAGES = {
    "digest": _flip(3),
    "label": _flip(64),
    "time": _flip(100),
    "price": _flip(5000),
    "last byte": _flip(-1),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-48]),
    "head only": lambda path: path.write_bytes(path.read_bytes()[:40]),
    "longer": lambda path: path.write_bytes(path.read_bytes() + bytes(48)),
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("not bars at all " * 100),
    "gone": lambda path: path.unlink(),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_cache_is_replaced(tmp_path, save, own_cache, no_parsing, damage):
    save(some())
    load_bars(tmp_path, "US30")
    (cached,) = own_cache.glob("bars-*.bin")
    damage(cached)
    assert same(load_bars(tmp_path, "US30").m1, some())
    no_parsing()
    assert same(load_bars(tmp_path, "US30").m1, some())


def test_the_cache_forgets_old_files(tmp_path, save, own_cache):
    for seed in range(20):
        save(some(10, seed))
        load_bars(tmp_path, "US30")
    assert len(list(own_cache.glob("bars-*.bin"))) == 16


def test_bars_cannot_be_written_to(tmp_path, save):
    save(some())
    loaded = load_bars(tmp_path, "US30")
    for bars in (loaded, Bars.from_arrays("US30", some()), loaded.between(START + 9, None)):
        for array in bars.m1:
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 1


def test_bars_keep_nothing_of_the_arrays_they_were_made_from():
    source = some()
    bars = Bars.from_arrays("US30", source)
    source.close[:] = 1
    assert same(bars.m1, some())


def test_arrays_of_other_kinds_become_the_kinds_that_kernels_know():
    plain = M1(*[array.tolist() for array in some()])
    assert same(Bars.from_arrays("US30", plain).m1, some())


def changed(at: int, **columns: float) -> M1:
    m1 = some()
    for name, value in columns.items():
        getattr(m1, name)[at] = value
    return m1


NAN, INF = float("nan"), float("inf")
IMPOSSIBLE = [
    (5, {"time": some().time[4]}, "its time is not after the bar before (1 such bars)"),
    (5, {"time": some().time[3]}, "its time is not after the bar before"),
    (0, {"time": -1}, "its time is before 1970 or after 2099"),
    (199, {"time": START * 60}, "its time is before 1970 or after 2099"),
    (7, {"open": NAN}, "a price is not a finite number"),
    (7, {"close": NAN}, "a price is not a finite number"),
    (7, {"high": INF}, "a price is not a finite number"),
    (7, {"low": 0.0}, "a price is 0 or negative"),
    (7, {"low": -3.0}, "a price is 0 or negative"),
    (199, {"high": 1.0}, "high or low do not enclose open and close"),
    (0, {"low": 1000.0}, "high or low do not enclose open and close"),
    (7, {"open": 1000.0}, "high or low do not enclose open and close"),
    (7, {"close": 1.0}, "high or low do not enclose open and close"),
]


@pytest.mark.parametrize(("at", "columns", "problem"), IMPOSSIBLE)
def test_an_impossible_bar_is_named(tmp_path, save, at, columns, problem):
    m1 = changed(at, **columns)
    with pytest.raises(DataError) as caught:
        check_bars(m1, "US30")
    bar = np.datetime64(int(m1.time[at]), "m")
    assert str(caught.value).startswith(f"US30: bar {bar} UTC: {problem}")
    with pytest.raises(DataError, match=problem.split(" (")[0]):
        Bars.from_arrays("US30", m1)
    path = save(m1)
    with pytest.raises(DataError) as caught:
        load_bars(tmp_path, "US30")
    assert str(caught.value).startswith(f"{path}: bar {bar} UTC: {problem}")
    assert "--prepare-data" in str(caught.value)


def test_all_impossible_bars_are_counted():
    m1 = some()
    m1.open[[3, 50, 120]] = NAN
    with pytest.raises(DataError, match=r"\(3 such bars\)"):
        check_bars(m1, "US30")


def test_columns_of_different_lengths_are_refused():
    m1 = some()
    with pytest.raises(DataError, match="columns of different shapes"):
        Bars.from_arrays("US30", m1._replace(close=m1.close[:-1]))


def _rows(table: pa.Table, **columns: pa.Array) -> pa.Table:
    for name, values in columns.items():
        table = table.set_column(table.column_names.index(name), name, values)
    return table


GOOD = table_of(some(3))
SECONDS = some(3).time * 60
UNREADABLE = [
    (b"", "is not a readable Parquet file of bars"),
    (b"time,open,high,low,close\n", "is not a readable Parquet file of bars"),
    (b"PAR1 and then nothing PAR1", "is not a readable Parquet file of bars"),
    (GOOD.drop_columns("close"), "has no column 'close'; has time, open, high"),
    (GOOD.slice(0, 0), "contains no bars"),
    (_rows(GOOD, time=pa.array(["2024-03-28"] * 3)), "column 'time' contains string values"),
    (_rows(GOOD, time=pa.array(SECONDS)), "column 'time' contains int64 values"),
    (_rows(GOOD, close=pa.array(["a", "b", "c"])), "is not a readable Parquet file of bars"),
    (
        _rows(GOOD, time=pa.array(SECONDS + 30).cast(pa.timestamp("s"))),
        "column 'time' contains times that are not whole minutes",
    ),
    (
        _rows(GOOD, time=pa.array([*SECONDS[:2].tolist(), None]).cast(pa.timestamp("s"))),
        "column 'time' contains times that are not whole minutes",
    ),
    (_rows(GOOD, close=pa.array([1.0, None, 1.0])), "a price is not a finite number"),
]


@pytest.mark.parametrize(("content", "problem"), UNREADABLE, ids=lambda value: str(value)[:30])
def test_a_file_that_holds_no_bars_is_refused(tmp_path, save, own_cache, content, problem):
    path = save(content)
    with pytest.raises(DataError) as caught:
        load_bars(tmp_path, "US30")
    assert str(caught.value).startswith(f"{path}: ")
    assert problem in str(caught.value)
    assert not list(own_cache.glob("bars-*.bin")), "nothing wrong is kept"


def test_a_missing_column_is_an_error_of_the_format(tmp_path, save):
    save(GOOD.drop_columns("tick_volume"))
    with pytest.raises(FormatError, match="Import it with --prepare-data"):
        load_bars(tmp_path, "US30")


def _cut(content: bytes) -> bytes:
    return content[:-100]


def _price_bit_flipped(content: bytes) -> bytes:
    at = content.index(some().close[100].tobytes())
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def _name_without_letters(content: bytes) -> bytes:
    return content.replace(b"tick_volume", b"tick_vol\xffme")


@pytest.mark.parametrize("damage", [_cut, _price_bit_flipped, _name_without_letters])
def test_a_damaged_parquet_file_is_refused(tmp_path, save, damage):
    path = save(b"")
    plain = {"compression": "none", "use_dictionary": False, "write_page_checksum": True}
    pq.write_table(table_of(some()), path, **plain)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match="make it again with --prepare-data --force"):
        load_bars(tmp_path, "US30")


def test_a_folder_in_place_of_the_file_is_refused(tmp_path):
    optimized_file(tmp_path, "US30").mkdir(parents=True)
    with pytest.raises(DataError, match=r"US30_m1\.parquet: cannot be read"):
        load_bars(tmp_path, "US30")


def test_missing_bars_are_answered_with_the_command_that_makes_them(tmp_path):
    with pytest.raises(MissingDataError) as caught:
        load_bars(tmp_path, "US30")
    message = str(caught.value)
    assert "python -m params_optimizer.run_optimizer --symbol US30 --data-dir" in message
    assert f"'{tmp_path}/US30 1m .../'" in message


def test_a_symbol_cannot_lead_out_of_the_folder(tmp_path):
    with pytest.raises(SettingsError, match="write 1 to 32"):
        load_bars(tmp_path, "../US30")


BORDERS = [
    (None, None, slice(None)),
    (int(some().time[50]), None, slice(50, None)),
    (int(some().time[50]) + 1, None, slice(51, None)),
    (None, int(some().time[50]), slice(50)),
    (None, int(some().time[50]) + 1, slice(51)),
    (int(some().time[10]), int(some().time[20]), slice(10, 20)),
    (0, START, slice(0)),
    (int(some().time[20]), int(some().time[10]), slice(0)),
]


@pytest.mark.parametrize(("start", "end", "part"), BORDERS)
def test_between_takes_the_start_and_leaves_the_end(start, end, part):
    bars = Bars.from_arrays("US30", some())
    found = bars.between(start, end)
    expected = Bars.from_arrays("US30", M1(*[array[part] for array in some()]))
    assert same(found.m1, expected.m1)
    assert found.fingerprint == expected.fingerprint
    assert all(
        np.shares_memory(one, whole) or not found.count
        for one, whole in zip(found.m1, bars.m1, strict=True)
    )


def test_the_fingerprint_tells_any_change_of_the_bars_and_nothing_else():
    m1 = some()
    between = (m1.low[100] + m1.high[100]) / 2
    others = [
        changed(199, time=m1.time[199] + 1),
        changed(100, open=between),
        changed(100, high=m1.high[100] + 1e-9),
        changed(100, low=m1.low[100] - 1e-9),
        changed(100, close=between),
        changed(100, tick_volume=m1.tick_volume[100] + 1),
        M1(*[array[:-1] for array in m1]),
    ]
    prints = {Bars.from_arrays("US30", one).fingerprint for one in [m1, *others]}
    assert len(prints) == 1 + len(others)
    assert Bars.from_arrays("GER40", m1, generated=True).fingerprint in prints
