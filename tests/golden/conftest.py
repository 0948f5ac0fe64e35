"""The golden files, each with its bars, spread and news.

The generated ones lie beside this file, the real ones beside the team's checkouts only.
They were made from STRATEGY.md and are never regenerated from our own code.
"""

import csv
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from params_optimizer.config import Settings
from params_optimizer.data.bars import Bars
from params_optimizer.data.days import iso_minute, to_date
from params_optimizer.data.loader import load_bars
from params_optimizer.data.news import NO_NEWS, NewsWindows, load_calendar
from params_optimizer.data.prepare_data import prepare
from params_optimizer.strategies.initial_balance.params import RULES, Execution, Params, Trade
from tests.strategies.panels import RATIOS, SCOPES

GENERATED = Path(__file__).parent / "generated"
SYMBOLS = Settings().symbols


@dataclass(frozen=True)
class GoldenFiles:
    """One set of golden files; the names are those of ../shared/golden."""

    symbol: str
    prefix: str
    suffix: str = ""
    calendar: str | None = None
    generated: bool = False


GOLDEN = {
    "ger40": GoldenFiles("GER40", "ger40"),
    "xauusd": GoldenFiles("XAUUSD", "xauusd"),
    "xauusd_news_2018": GoldenFiles("XAUUSD", "xauusd_news_2018", calendar="news_events.json"),
}
for _symbol in ("GER40", "XAUUSD"):
    _name, _calendar = f"generated_{_symbol.lower()}", f"{_symbol}_news.json"
    GOLDEN[_name] = GoldenFiles(_symbol, _symbol, generated=True)
    GOLDEN[f"{_name}_news"] = GoldenFiles(
        _symbol, _symbol, "_with_news", calendar=_calendar, generated=True
    )
NUMBERS = ("entry_price", "stop", "tp", "exit_price", "r", "ibh", "ibl", "eq")


@dataclass(frozen=True)
class Market:
    """Bars with what trading them costs and the news around them."""

    bars: Bars
    spread: float
    news: NewsWindows


@dataclass(frozen=True)
class GoldenTrades:
    """Parameter sets of one market and, for each, the rows of its trades."""

    name: str
    market: Market
    execution: Execution
    cases: list[Params]
    rows: list[list[dict[str, str | float]]]

    def check(self, case: int, trades: list[Trade]) -> None:
        """Every field equal, prices and R bit for bit.

        The generated files of the execution by the rules lack exit prices.
        """
        expected = [
            {key: row[key] for key in row if key not in {"ibh", "ibl", "eq"}}
            for row in self.rows[case]
        ]
        got = [golden_row(case, trade) for trade in trades]
        if expected and "exit_price" not in expected[0]:
            for row in got:
                del row["exit_price"]
        assert got == expected, f"{self.name}, case {case}: {self.cases[case]}"


@dataclass(frozen=True)
class GoldenMetrics:
    """Parameter sets of one market and, for each, all metric columns by name."""

    name: str
    market: Market
    cases: list[Params]
    rows: list[dict[str, float]]

    def check(self, case: int, row: dict[str, float]) -> None:
        """`row`: the columns of R10, alone and with each variation's prefix; its tolerances."""
        for name, expected in self.rows[case].items():
            what = f"{self.name}, case {case}, {name}: {self.cases[case]}"
            if isinstance(expected, int):
                assert row[name] == expected, what
            elif name.endswith(RATIOS):
                assert row[name] == pytest.approx(expected, rel=1e-6, abs=0), what
            else:
                assert row[name] == pytest.approx(expected, rel=1e-9, abs=1e-9), what

    def check_trades(
        self, case: int, trades: list[Trade], count: Callable[[list[float]], dict[str, float]]
    ) -> None:
        """The same for the metrics that `count` makes of `trades`, all and per variation."""
        row = {}
        for prefix, variation in SCOPES.items():
            chosen = [trade.r for trade in trades if variation in {None, trade.variation}]
            row |= {prefix + name: value for name, value in count(chosen).items()}
        self.check(case, row)


EXECUTIONS = {"": RULES, "_strict": Execution(strict=True)}


@pytest.fixture(scope="session", params=[name + end for end in EXECUTIONS for name in GOLDEN])
def golden_trades(request, golden_folder, golden_market) -> GoldenTrades:
    end = "_strict" if request.param.endswith("_strict") else ""
    source = GOLDEN[request.param.removesuffix("_strict")]
    folder = golden_folder(source)
    text = (folder / f"{source.prefix}_cases.json").read_text()
    cases = [Params(**case) for case in json.loads(text)]
    rows: list[list[dict[str, str | float]]] = [[] for _ in cases]
    with (folder / f"{source.prefix}_trades{source.suffix}{end}.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            numbers = {key: float(row[key]) for key in NUMBERS if key in row}
            rows[int(row["case"])].append({**row, **numbers})
    return GoldenTrades(request.param, golden_market(source), EXECUTIONS[end], cases, rows)


@pytest.fixture(scope="session", params=[name for name in GOLDEN if name != "xauusd_news_2018"])
def golden_metrics(request, golden_folder, golden_market) -> GoldenMetrics:
    import pandas as pd

    source = GOLDEN[request.param]
    file = golden_folder(source) / f"{source.prefix}_metrics{source.suffix}.parquet"
    table = pd.read_parquet(file)
    keys = list(Params.__dataclass_fields__)
    cases = [Params(**row) for row in table[keys].to_dict("records")]
    rows = table.drop(columns=keys).to_dict("records")
    return GoldenMetrics(request.param, golden_market(source), cases, rows)


@pytest.fixture(scope="session")
def golden_grid(golden_folder, golden_market):
    """The market, and a table of the standard grid on it."""
    import pandas as pd

    source = GOLDEN["xauusd"]
    table = pd.read_parquet(golden_folder(source) / "xauusd_standard_grid.parquet")
    return golden_market(source), table


@pytest.fixture(scope="session")
def golden_folder(request) -> Callable[[GoldenFiles], Path]:
    """Where the files lie; skips the test where these are not part of the checkout."""

    def folder(source: GoldenFiles) -> Path:
        return GENERATED if source.generated else request.getfixturevalue("shared") / "golden"

    return folder


@pytest.fixture(scope="session")
def golden_market(golden_folder, tmp_path_factory) -> Iterator[Callable[[GoldenFiles], Market]]:
    """Bars (read once each), shipped spread, and two minutes of news around the events."""
    loaded: dict[tuple[str, bool], Bars] = {}

    def market(source: GoldenFiles) -> Market:
        folder, key = golden_folder(source), (source.symbol, source.generated)
        if key not in loaded:
            load = generated_bars if source.generated else real_bars
            loaded[key] = load(source.symbol, folder, tmp_path_factory.mktemp("bars"))
        bars, news = loaded[key], NO_NEWS
        if source.calendar:
            calendar = folder / source.calendar
            news = news_around(calendar, source.symbol, tmp_path_factory.mktemp("calendar"))
        if source.calendar == "news_events.json":  # its bars are those of UTC year 2018
            bars = bars.between(*np.array(["2018", "2019"], "M8[m]").astype(np.int64).tolist())
        return Market(bars, SYMBOLS[source.symbol].spread, news)

    # A session fixture comes before `own_cache`: the user's cache stays out of it here, too.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PARAMS_OPTIMIZER_CACHE", str(tmp_path_factory.mktemp("golden_cache")))
        yield market


def generated_bars(symbol: str, golden: Path, data_dir: Path) -> Bars:
    (data_dir / "optimized").mkdir()
    shutil.copy(golden / f"{symbol}_m1.parquet", data_dir / "optimized")
    return load_bars(data_dir, symbol)


def real_bars(symbol: str, golden: Path, data_dir: Path) -> Bars:
    """Prepared from the raw files as a user does it."""
    for folder in (golden.parent / "data" / "raw").glob(f"{symbol} 1m *"):
        (data_dir / folder.name).symlink_to(folder, target_is_directory=True)
    prepare(data_dir, symbol, SYMBOLS[symbol])
    return load_bars(data_dir, symbol)


def news_around(calendar: Path, symbol: str, data_dir: Path) -> NewsWindows:
    (data_dir / "news").mkdir()
    shutil.copy(calendar, data_dir / "news" / "forex_factory_golden.json")
    return load_calendar(data_dir).windows(SYMBOLS[symbol].news_currencies, 2, 2)


def golden_row(case: int, trade: Trade) -> dict[str, str | float]:
    return {
        "case": str(case),
        "date": to_date(trade.date).isoformat(),
        "variation": trade.variation,
        "direction": "long" if trade.long else "short",
        "entry_time": iso_minute(trade.entry_time),
        "entry_price": trade.entry_price,
        "stop": trade.stop,
        "tp": trade.target,
        "exit_time": iso_minute(trade.exit_time),
        "exit_price": trade.exit_price,
        "exit_reason": trade.exit_reason,
        "r": trade.r,
    }
