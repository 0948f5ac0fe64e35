"""The table of everything that reads a file of a user, or one that a disk may have damaged.

A new reader is one more line of `READERS`: its name, the name of the file, how sound files
look, how they are changed, and a function that reads one. The function may check what it
gets; `OptimizerError` is the only exception that is not a bug.
"""

import io
import json
import re
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from params_optimizer.config import Settings, load_settings
from params_optimizer.data.bars import M1, Bars, check_bars
from params_optimizer.data.ib_cache import read_ib_cache, write_ib_cache
from params_optimizer.data.importers import import_file
from params_optimizer.data.loader import load_bars, optimized_file
from params_optimizer.data.news import load_calendar
from params_optimizer.data.prepare_data import prepare
from params_optimizer.data.sample import manifest as sample_manifest
from params_optimizer.data.sample.export import SampleSpan, bar_files, news_files
from params_optimizer.data.source_timezone import parse_source_timezone
from params_optimizer.errors import FormatError, TimezoneNeededError
from params_optimizer.orchestrator.check import check
from params_optimizer.orchestrator.columns import EvaluatedSlice
from params_optimizer.orchestrator.manifest import new_manifest
from params_optimizer.orchestrator.study import Study, load_grid, make_study, reopen
from params_optimizer.search.space import ParameterSpace
from params_optimizer.storage import parquet
from params_optimizer.storage.journal import Journal
from params_optimizer.storage.parts import find_parts, part_metadata, write_part
from params_optimizer.storage.run_directory import COMPLETE, RunDirectory
from params_optimizer.strategies.initial_balance.grid import GridAxes
from params_optimizer.strategies.initial_balance.panel.slices import PanelSlices
from params_optimizer.workflows.hypotheses import read_hypotheses
from params_optimizer.workflows.plan import read_workflow
from tests.crash.harness import SYMBOL, TINY_GRID
from tests.fuzz.mutations import BYTES, JSON, TEXT, Change

Samples = Callable[[], Sequence[bytes]]


@dataclass(frozen=True)
class Reader:
    """Something that reads `file` below a folder of its own; `samples` are sound contents."""

    name: str
    file: str
    samples: Samples
    changes: Sequence[Change]
    read: Callable[[Path], object]

    def __str__(self) -> str:
        return self.name


# --- raw bars

_DAY = SampleSpan(first=date(2024, 1, 8), last=date(2024, 1, 9))
_ROWS = 40


@cache
def _csv() -> bytes:
    ((_, content),) = bar_files(SYMBOL, _DAY)
    header, *rows = content.split(b"\n")
    return b"\n".join([header, *rows[600 : 600 + _ROWS]]) + b"\n"  # after the market has opened


def _rows(form: Callable[[datetime, list[str]], str], header: str = "") -> Samples:
    """The sample's bars as another program writes them."""

    def samples() -> list[bytes]:
        rows = [line.split(",") for line in _csv().decode().splitlines()[1:]]
        lines = [form(datetime.fromisoformat(row[0]), row[1:]) for row in rows]
        return ["\n".join([header, *lines, ""]).lstrip("\n").encode()]

    return samples


TEXT_BARS: dict[str, Samples] = {
    "TradingView": lambda: [_csv()],
    "TradingView, unix time": _rows(
        lambda at, row: f"{int(at.timestamp())},{','.join(row)}", "time,open,high,low,close,Volume"
    ),
    "MetaTrader 5": _rows(
        lambda at, row: "\t".join([f"{at:%Y.%m.%d}", f"{at:%H:%M:%S}", *row, "0", "15"]),
        "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>",
    ),
    "MetaTrader 4": _rows(lambda at, row: f"{at:%Y.%m.%d,%H:%M},{','.join(row)}"),
    "HistData": _rows(lambda at, row: f"{at:%Y%m%d %H%M%S};{';'.join(row[:4])};0"),
    "Dukascopy": _rows(
        lambda at, row: f"{at:%d.%m.%Y %H:%M:%S}.000,{','.join(row)}",
        "Gmt time,Open,High,Low,Close,Volume",
    ),
    "Dukascopy, local time": _rows(
        lambda at, row: f"{at:%d.%m.%Y %H:%M:%S}.000 GMT+0200,{','.join(row)}",
        "Local time,Open,High,Low,Close,Volume",
    ),
    "NinjaTrader": _rows(lambda at, row: f"{at:%Y%m%d %H%M%S};{';'.join(row)}"),
    "TradeStation": _rows(
        lambda at, row: f"{at:%m/%d/%Y,%H:%M},{','.join(row)},0",
        '"Date","Time","Open","High","Low","Close","Up","Down"',
    ),
    "twelve hours, decimal commas": _rows(
        lambda at, row: f"{at:%d/%m/%Y %I:%M %p};{';'.join(row).replace('.', ',')}",
        "Time;o;h;l;c;v",
    ),
}
_ZONES = ("UTC", "Europe/Berlin", "newyork+7", "UTC-5")


def _import(path: Path) -> None:
    """Every row is a possible bar or counted as rejected."""
    try:
        found = import_file(path, None)
    except (TimezoneNeededError, FormatError):
        zone = _ZONES[path.stat().st_size % len(_ZONES)]
        found = import_file(path, zone, stamps="close", date_order="mdy")
    bars = found.m1
    assert found.rows == bars.time.size + sum(found.rejected.values())
    prices = np.stack(bars[1:5])
    assert np.isfinite(prices).all()
    assert (prices > 0).all()
    assert (bars.high >= bars.low).all()
    assert np.isfinite(bars.tick_volume).all()


def _prepare(path: Path) -> None:
    """What is written are sound bars, and the counts add up."""
    root = path.parent / "prepared"
    settings = Settings()
    try:
        summary = prepare(
            root,
            SYMBOL,
            settings.symbol(SYMBOL),
            [path],
            source_timezone="UTC",
            force=True,
            show_progress=False,
        )
        left = summary.bars + summary.duplicates + summary.filtered
        assert summary.rows == left + sum(summary.rejected.values())
        assert summary.text()
        check_bars(load_bars(root, SYMBOL).m1, SYMBOL)
    finally:
        shutil.rmtree(root, ignore_errors=True)


# --- Parquet


@cache
def _bars() -> Bars:
    """Nineteen days with every Initial Balance of a window, few bars."""
    days = np.arange("2024-01-08", "2024-01-27", dtype="datetime64[D]").astype(np.int64)
    time = np.add.outer(days * 1440 + 7 * 60, np.arange(180)).ravel()
    close = 15_000 + np.cumsum(np.sin(np.arange(time.size)))
    return Bars.from_arrays(
        SYMBOL, M1(time, close, close + 2, close - 2, close + 1, np.ones(time.size))
    )


def _prepared() -> list[bytes]:
    from params_optimizer.data.prepare_data import _parquet

    return [_parquet(_bars())]


def _parquet_bars() -> list[bytes]:
    """Bars as this program and others write them, and columns of kinds that make no sense."""
    m1 = M1._make(column[:50] for column in _bars().m1)
    prices = {name: m1[place] for place, name in enumerate(M1._fields)} | {"time": m1.time * 60}
    times = pa.array(m1.time * 60_000_000_000, pa.timestamp("ns"))
    odd = [
        *(pa.nulls(50), pa.array([b"\xff"] * 50), pa.array([[1]] * 50), pa.array(["x"] * 50)),
        *(pa.array([{"a": 1}] * 50), pa.array([True] * 50), pa.array([date(2024, 1, 1)] * 50)),
        *(
            pa.array([2**64 - 1] * 50, pa.uint64()),
            pa.array(m1.open).cast(pa.float16(), safe=False),
        ),
        pa.array(m1.open).cast(pa.decimal128(20, 5), safe=False),
        pa.array([str(one) for one in m1.open]).dictionary_encode(),
        pa.array([datetime(9999, 1, 1, tzinfo=UTC)] * 50, pa.timestamp("us", tz="UTC")),
        pa.array([*times[:49].to_pylist(), None], pa.timestamp("ns", tz="Europe/Berlin")),
    ]
    tables = [pa.table(prices), pa.table({**prices, "time": times}), pa.table(prices).slice(0, 0)]
    tables += [pa.table({**prices, name: kind}) for kind in odd for name in ("time", "open")]
    tables += [pa.table({**prices, "volume": kind}) for kind in odd]
    return [_parquet_bytes(table) for table in tables]


def _parquet_bytes(table: pa.Table) -> bytes:
    content = io.BytesIO()
    pq.write_table(table, content)
    return content.getvalue()


def _load_bars(path: Path) -> None:
    check_bars(load_bars(path.parents[1], SYMBOL).m1, SYMBOL)


# --- calendars, grids, settings, zones


def _calendars() -> list[bytes]:
    ((_, content),) = news_files(SampleSpan(first=date(2024, 1, 1), last=date(2024, 1, 31)))
    events = json.loads(content)
    weekly = [{**event, "date": f"{event['datetime_utc']}Z"} for event in events["events"][:5]]
    for event in weekly:
        del event["datetime_utc"]
    samples = ({**events, "events": events["events"][:20]}, weekly)
    return [json.dumps(sample).encode() for sample in samples]


def _csv_calendars() -> list[bytes]:
    from params_optimizer.data.news import TEMPLATE

    return [TEMPLATE.encode(), b"\xef\xbb\xbf" + TEMPLATE.replace("Non-", '"Non, ').encode()]


def _calendar(path: Path) -> None:
    calendar = load_calendar(path.parents[1])
    for currencies, before, after in ((["USD"], 2, 2), (["EUR", "USD"], 0, 0), (["XXX"], 1439, 9)):
        windows = calendar.windows(currencies, before, after)
        assert (windows.start <= windows.end).all()
        assert (windows.start[1:] > windows.end[:-1]).all()
        calendar.fingerprint(currencies)
        calendar.years_without_events(28_000_000, 29_000_000, currencies)


def _grid(path: Path) -> None:
    """A grid that is accepted can be counted, cut into slices and decoded at its ends."""
    settings = Settings()
    grid = load_grid(settings, settings.symbol(SYMBOL), str(path))
    slices = PanelSlices(grid)
    assert slices[0].first == 0
    last = slices[len(slices) - 1]
    assert last.first + last.rows == len(grid)
    for number in (0, len(grid) // 2, len(grid) - 1):
        assert grid.number(grid[number]) == number
    grid.fingerprint  # noqa: B018  it is computed


def _settings(path: Path) -> None:
    settings = load_settings(path, {"news_filter.enabled": True})
    for symbol in list(settings.symbols)[:3]:
        load_grid(settings, settings.symbol(symbol))
    assert load_settings(None, {}) is not None
    settings.model_dump_json()


def _configurations() -> list[bytes]:
    small = {"min_trades": 10, "symbols": {"GER40": {"spread": 2.0}}, "grid_mode": "standard"}
    return [json.dumps(small).encode(), Settings().model_dump_json().encode()]


def _zone(path: Path) -> None:
    zone = parse_source_timezone(path.read_bytes().decode(errors="replace"))
    zone.to_utc(np.arange(1_700_000_000, 1_720_000_000, 3_600_000))


# --- what a run leaves


@cache
def _study() -> Study:
    """A study of the tiny grid."""
    with TemporaryDirectory() as folder:
        settings = load_settings(None, {"news_filter.enabled": False})
        grid = Path(folder) / "grid.json"
        grid.write_text(json.dumps(TINY_GRID))
        own = load_grid(settings, settings.symbol(SYMBOL), str(grid))
        return make_study(settings, SYMBOL, _data(Path(folder)), grid=own)


def _data(root: Path) -> Path:
    """Put the prepared bars below `root`, once."""
    path = optimized_file(root, SYMBOL)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_prepared()[0])
    return root


def _manifest(path: Path) -> None:
    """A run directory is opened again only as what it was."""
    study = reopen(_signed(path), _data(path.parents[1] / "data"))
    assert study.fingerprint == _study().fingerprint


def _check(path: Path) -> None:
    """Whatever `run.json` says, a run without a single result is not complete and trusted."""
    directory, data = _signed(path), _data(path.parents[1] / "data")
    verdict = check(directory, lambda: reopen(directory, data), seed=1)
    assert not (verdict.trusted and verdict.status == COMPLETE)
    assert verdict.text()


def _signed(path: Path) -> RunDirectory:
    """The directory of a manifest; every other one gets a checksum that fits."""
    directory = RunDirectory(path.parent)
    with suppress(ValueError, RecursionError):
        content = json.loads(path.read_bytes())
        if isinstance(content, dict) and path.stat().st_size % 2:
            directory.write_manifest(content)
    return directory


def _manifests() -> list[bytes]:
    """Of runs that have just begun, and of one that ended."""
    manifest = new_manifest(_study())
    ended = {"status": COMPLETE, "results_sha256": "0", "files": {"x.csv": "0"}}
    length = len(json.dumps({**manifest, "host": ""}))
    odd, even = ({**manifest, "host": "x" * (size + length % 2)} for size in (1, 2))
    return [json.dumps(one).encode() for one in (odd, even, {**manifest, **ended})]


def _sample_manifests() -> list[bytes]:
    return [json.dumps({SYMBOL: {"recipe": "recipe", "files": {"x.csv": "0"}}}).encode()]


def _written(write: Callable[[Path], object]) -> Samples:
    """The only file that `write` leaves in a folder."""

    def samples() -> list[bytes]:
        with TemporaryDirectory() as folder:
            write(Path(folder))
            (path,) = (one for one in Path(folder).rglob("*") if one.is_file())
            return [path.read_bytes()]

    return samples


def _write_cache(folder: Path) -> None:
    write_ib_cache(folder / "cache.pkl", _study().bars, GridAxes.of(_study().grid).ib_windows)


def _cache(path: Path) -> None:
    """What a damaged cache gives, if anything, has the form of levels."""
    for levels in read_ib_cache(path, _study().bars).values():
        assert (levels.ibh >= levels.ibl).all()
        assert (np.diff(levels.date) > 0).all()


def _write_part(folder: Path) -> None:
    piece = PanelSlices(_study().grid)[0]
    numbers, metrics = np.arange(piece.rows), _study().engine().metrics(piece)
    table = _study().table.table(EvaluatedSlice(piece, numbers, metrics))
    metadata = part_metadata(piece, _study().key, "rows")
    content = parquet.table_bytes(table, metadata, ["ib_start"], ["combination"])
    write_part(folder, piece.number, content)


def _part(path: Path) -> None:
    """A part under the name of other content never counts as sound."""
    folder = path.parent / "parts"
    folder.mkdir(exist_ok=True)
    target = folder / f"000000-{'0' * 64}.parquet"
    path.replace(target)
    found = find_parts(folder, PanelSlices(_study().grid), _study().key, "rows")
    assert found.good == {}
    assert set(found.bad) == {target}


def _join(path: Path) -> None:
    parquet.join([path], path.with_name("joined.parquet"), {"a": "b"}, 8)


def _sample_manifest(path: Path) -> None:
    assert sample_manifest.whole_piece(path.parent, SYMBOL, "recipe") in ({}, {"x.csv": "0"})


# --- spaces and workflows

SPACE = {
    "parameters": {
        "fast": {"type": "int", "low": 2, "high": 50, "step": 1},
        "width": {"type": "float", "low": 0.1, "high": 10.0, "log": True},
        "side": {"type": "categorical", "choices": ["long", "short", "both"]},
    },
    "constraints": ["fast >= 3 and side != 'both'", "max_drawdown <= 12"],
}


def _space(path: Path) -> object:
    space = ParameterSpace.read(path)
    found = space.sample(np.random.default_rng(0))
    assert space.contains(found)
    return found


def _workflows() -> Sequence[bytes]:
    """The examples of the documentation, which are YAML of both kinds."""
    page = (Path(__file__).parents[2] / "docs" / "workflows.md").read_text(encoding="utf-8")
    found = re.findall(r"```yaml\n(optimization:.*?)```", page, re.DOTALL)
    return [text.encode() for text in (*found, PHASES)]


PHASES = """\
optimization:
  containers: {pool_size: 2, resource_limits: {memory_mb: 512}}
  phases:
    data_mining: {stop_after: true}
    analysis: {generate_reports: [parameter_sensitivity]}
    oos_testing: {configurations: ideas.yaml, days: 0.2}
  workflow:
    - stage: component_optimization
      components: [{name: rsi, method: bayesian}]
    - {stage: weight_optimization, method: genetic}
"""
HYPOTHESES = b"""\
hypotheses:
  - {name: a, parameters: {rsi.period: 3}}
  - {name: b, from: rsi.best}
"""


def _hypotheses(path: Path) -> object:
    return read_hypotheses(path, ["rsi"])


def _write_journal(folder: Path) -> None:
    journal = Journal(folder / "trials.jsonl")
    journal.append([{"number": 0, "loss": 1.5}, {"number": 1, "loss": None}])
    journal.append([{"number": 2, "reason": "raised"}])


def _journal(path: Path) -> None:
    for batch in Journal(path).read():
        assert batch, "a batch has records"


READERS = [
    *(Reader(f"{name} bars", "bars.csv", rows, TEXT, _import) for name, rows in TEXT_BARS.items()),
    Reader("bars to be prepared", "bars.csv", TEXT_BARS["TradingView"], TEXT, _prepare),
    Reader("Parquet bars", "bars.parquet", _parquet_bars, BYTES, _import),
    Reader("prepared bars", f"optimized/{SYMBOL}_m1.parquet", _prepared, BYTES, _load_bars),
    Reader("JSON calendar", "news/forex_factory_2024.json", _calendars, JSON, _calendar),
    Reader("CSV calendar", "news/own.csv", _csv_calendars, TEXT, _calendar),
    Reader("grid", "grid.json", lambda: [json.dumps(TINY_GRID).encode()], JSON, _grid),
    Reader("configuration", "config.json", _configurations, JSON, _settings),
    Reader("space", "space.json", lambda: [json.dumps(SPACE).encode()], JSON, _space),
    Reader("workflow", "flow.yaml", _workflows, TEXT, read_workflow),
    Reader("hypotheses", "ideas.yaml", lambda: [HYPOTHESES], TEXT, _hypotheses),
    Reader("search journal", "trials.jsonl", _written(_write_journal), BYTES, _journal),
    Reader("source timezone", "zone.txt", lambda: [b"Europe/Berlin", b"newyork+7"], TEXT, _zone),
    Reader("run manifest", "run/run.json", _manifests, JSON, _manifest),
    Reader("run to be checked", "run/run.json", _manifests, JSON, _check),
    Reader("IB cache", "cache.pkl", _written(_write_cache), BYTES, _cache),
    Reader("part", "part.parquet", _written(_write_part), BYTES, _part),
    Reader("part to be joined", "part.parquet", _written(_write_part), BYTES, _join),
    Reader("sample manifest", "sample.json", _sample_manifests, JSON, _sample_manifest),
]
