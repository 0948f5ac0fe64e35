"""Small studies on generated bars, and the answers that brute force gives about them."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from params_optimizer.config import (
    GridValues,
    NewsFilter,
    RankingWeights,
    Settings,
)
from params_optimizer.data.bars import M1, Bars
from params_optimizer.data.days import instants, to_date
from params_optimizer.data.ib_cache import initial_balances
from params_optimizer.data.prepare_data import prepare
from params_optimizer.data.sample import write_sample
from params_optimizer.engine.metrics_calculator import METRICS, metrics_of_r
from params_optimizer.orchestrator.plan import Dates
from params_optimizer.orchestrator.study import Study, make_study
from params_optimizer.search.objective import Objective
from params_optimizer.search.space import ParameterSpace
from params_optimizer.strategies.initial_balance.backtest import backtest
from params_optimizer.strategies.initial_balance.panel.slices import PanelSlices
from params_optimizer.validation.candidates import DatedTrades
from params_optimizer.validation.slices import SliceCandidates
from tests.grids import grid_of

GOLDEN = Path(__file__).parents[1] / "golden" / "generated"
SYMBOL = "GER40"
TINY = GridValues(
    ib_wait_minutes=(0,),
    trade_window_minutes=(60, 120),
    rr_target=(0.5, 1.0, 2.0),
    stop_mode=("ib_start", "eq"),
    tsl_target=(0.0, 0.5),
    tsl_sl=(0.5,),
    min_sl_pct=(0.001,),
    rev_rb_enabled=(True, False),
    rev_rb_pct=(0.5,),
    ib_buffer_pct=(0.05, 0.20),
    max_distance_pct=(0.75,),
)
WEIGHTS, EVER = RankingWeights(), Dates()
GRIDS = {"tiny": TINY, "standard": Settings().grids.standard}


def candidates_of(
    study: Study, metric: str = "score", min_trades: int = 10, workers: int = 1
) -> SliceCandidates:
    """Every combination of the grid, judged by one metric."""
    return SliceCandidates(study, Objective.of(study.settings, metric, min_trades), workers)


def study_in(root: Path, grid: str = "tiny", dates: Dates = EVER) -> Study:
    """A grid on the generated bars of GER40 (60 days), without news; data lies in `root`."""
    bars = root / "data" / "optimized" / f"{SYMBOL}_m1.parquet"
    if not bars.exists():
        bars.parent.mkdir(parents=True)
        shutil.copy(GOLDEN / bars.name, bars)
    return _study(root, SYMBOL, grid, dates)


def real_study(shared: Path, root: Path) -> Study:
    """The standard grid on the real bars of gold, without news; data lies in `root`."""
    for folder in (shared / "data" / "raw").glob("XAUUSD 1m *"):
        (root / "data").mkdir(exist_ok=True)
        (root / "data" / folder.name).symlink_to(folder, target_is_directory=True)
    prepare(root / "data", "XAUUSD", Settings().symbol("XAUUSD"))
    return _study(root, "XAUUSD", "standard", EVER)


def generated_study(root: Path) -> Study:
    """The standard grid on three years of generated bars of GER40; data lies in `root`."""
    write_sample(root / "data", [SYMBOL])
    prepare(root / "data", SYMBOL, Settings().symbol(SYMBOL))
    return _study(root, SYMBOL, "standard", EVER)


def _study(root: Path, symbol: str, grid: str, dates: Dates) -> Study:
    settings = Settings(news_filter=NewsFilter(enabled=False))
    with pytest.MonkeyPatch.context() as patch:  # shared fixtures come before `own_cache`
        patch.setenv("PARAMS_OPTIMIZER_CACHE", str(root / "cache"))
        own = grid_in(grid, symbol)
        return make_study(settings, symbol, root / "data", dates=dates, grid=own)


def between(study: Study, days: np.ndarray) -> Study:
    """A study of its own from the first to the last of `days`, as --from and --to make it."""
    root, symbol = study.data_dir.parent, study.symbol
    [grid] = [name for name in GRIDS if grid_in(name, symbol).fingerprint == study.grid.fingerprint]
    return _study(root, symbol, grid, Dates(to_date(int(days[0])), to_date(int(days[-1]))))


def grid_in(name: str, symbol: str) -> ParameterSpace:
    return grid_of(GRIDS[name], Settings().symbol(symbol).ib_windows)


def columns(study: Study) -> dict[str, np.ndarray]:
    """The metrics over all trades of every combination, in order, as a run has them."""
    engine = study.engine()
    parts = [engine.metrics(piece)[: len(METRICS)] for piece in PanelSlices(study.grid)]
    return dict(zip(METRICS, np.concatenate(parts, axis=1), strict=True))


def values(
    found: dict[str, np.ndarray],
    metric: str,
    rows: np.ndarray,
    weights: RankingWeights = WEIGHTS,
) -> np.ndarray:
    """R12 by the book over `rows`, or the plain metric as files show it."""
    if metric != "score":
        return found[metric][rows]
    total = np.zeros(np.count_nonzero(rows))
    for name in ("total_r", "sharpe_ratio", "winrate"):
        one = found[name][rows]
        span = one.max() - one.min()
        normal = (one - one.min()) / span if span else np.full(one.size, 0.5)
        total += getattr(weights, name) * normal
    return total


def ranked(
    found: dict[str, np.ndarray],
    metric: str,
    min_trades: int,
    weights: RankingWeights = WEIGHTS,
) -> list[tuple[int, float]]:
    """Combination and value of all with enough trades, best first."""
    rows = found["total_trades"] >= min_trades
    if not rows.any():
        return []
    got = values(found, metric, rows, weights)
    merits, totals = got.copy(), found["total_r"][rows]
    if metric in ("profit_factor", "calmar_ratio"):  # no loss beats any number
        merits[(got == 0) & (totals > 0)] = np.inf
    ties = np.where(np.isinf(merits), totals, 0.0)
    order = np.lexsort((np.flatnonzero(rows), -ties, -merits))
    return list(zip(np.flatnonzero(rows)[order].tolist(), got[order].tolist(), strict=True))


def trades(study: Study, number: int):
    params = study.params(number)
    window = (params.ib_start, params.ib_end, params.ib_timezone)
    return backtest(study.bars, params, study.spread, study.news, study.levels[window])


def dated(trades) -> list[tuple[int, float]]:
    """Day and R of trades, in either form."""
    if isinstance(trades, DatedTrades):
        return list(zip(trades.date.tolist(), trades.trades.r.tolist(), strict=True))
    return [(trade.date, trade.r) for trade in trades]


def figures(study: Study, number: int) -> dict[str, float]:
    return metrics_of_r(np.array([trade.r for trade in trades(study, number)], np.float64))


def with_bars(study: Study, bars: Bars) -> Study:
    """The same study on other bars."""
    return replace(
        study, bars=bars, levels={window: initial_balances(bars, window) for window in study.levels}
    )


def other_market_from(study: Study, day: int) -> Study:
    """Every bar on or after local midnight of `day` is replaced by another market's."""
    m1, rng = study.bars.m1, np.random.default_rng(7)
    begin = int(np.searchsorted(m1.time, instants(np.array([day]), "00:00", "Europe/Berlin")[0]))
    walk = 20_000 * np.exp(np.cumsum(rng.normal(0, 2e-4, m1.time.size - begin)))
    size = np.abs(rng.normal(0, 6, walk.size))
    prices = {"open": walk, "close": walk + rng.uniform(-1, 1, walk.size) * size}
    prices["high"] = np.maximum(prices["open"], prices["close"]) + size
    prices["low"] = np.minimum(prices["open"], prices["close"]) - size
    changed = {name: np.concatenate([getattr(m1, name)[:begin], prices[name]]) for name in prices}
    return with_bars(study, Bars.from_arrays(SYMBOL, M1(**{**m1._asdict(), **changed})))
