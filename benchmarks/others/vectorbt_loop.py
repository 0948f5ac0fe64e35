"""Combinations a second of vectorbt, which gets the signals ready made: see README.md.

In an environment of its own: python -m benchmarks.others.vectorbt_loop
"""

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from benchmarks.equality import sample, trade_figures
from benchmarks.market import Market, find_market
from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.orchestrator.study import Study
from params_optimizer.strategies.initial_balance.backtest import backtest_arrays
from params_optimizer.strategies.initial_balance.day_trade import TradeArrays
from params_optimizer.strategies.initial_balance.params import VARIATIONS, Params
from params_optimizer.strategies.initial_balance.sessions import (
    sessions,
    trade_windows,
)

T = TypeVar("T")


class Case(NamedTuple):
    """One combination: its trades by our kernel, and what vectorbt is told besides.

    `entries` are the bars of entry, `exits` the last bars of their windows.
    """

    trades: TradeArrays
    entries: NDArray[np.int64]
    exits: NDArray[np.int64]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20, help="combinations (20)")
    parser.add_argument("--quick", action="store_true", help="generated bars")
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        market = find_market("XAUUSD", None, Path(folder), print, generated=arguments.quick)
        measure(market, arguments.count)


def measure(market: Market, count: int) -> None:
    """Print the rates of both engines of vectorbt and of our loop, and how far they agree."""
    study = market.study("standard")
    chosen = [study.params(number) for number in sample(study, 16 * count)]
    fixed = [params for params in chosen if params.tsl_target == 0][:count]
    cases = [case(study, params) for params in fixed]
    print(f"{len(cases)} combinations with a fixed target, {study.bars.count:,} bars")
    report("plain Numba loop (ours)", partial(ours, study), fixed)
    expected = [one.trades.r.sum() for one in cases]
    for engine in ("numba", "rust"):
        totals = report(f"vectorbt, {engine} engine", partial(theirs, study, engine), cases)
        print(f"  total R differs by at most {np.abs(np.subtract(totals, expected)).max():.3g}")


def report(name: str, work: Callable[[T], float], cases: Sequence[T]) -> list[float]:
    """Print the rate of `work` over all cases after a first one that compiles."""
    work(cases[0])
    began = process_time()
    totals = [work(one) for one in cases]
    print(f"{name:28} {len(cases) / (process_time() - began):10,.2f} combinations/s")
    return totals


def case(study: Study, params: Params) -> Case:
    window = (params.ib_start, params.ib_end, params.ib_timezone)
    levels = study.levels[window]
    trades = backtest_arrays(study.bars, params, study.spread, study.news, levels)
    days = sessions(study.bars, window, levels)
    bars = trade_windows(
        study.bars.m1, days, params.ib_wait_minutes, (params.trade_window_minutes,)
    )
    entries = np.searchsorted(study.bars.m1.time, trades.entry_time)
    return Case(trades, entries, bars.end[np.searchsorted(days.date, trades.date), 0] - 1)


def ours(study: Study, params: Params) -> float:
    """All rules, from bars to metrics."""
    window = (params.ib_start, params.ib_end, params.ib_timezone)
    trades = backtest_arrays(study.bars, params, study.spread, study.news, study.levels[window])
    return trade_figures(trades)["total_r"]


def theirs(study: Study, engine: str, one: Case) -> float:
    """Exits, trade records and the same metrics; the signals are given."""
    import vectorbt as vbt  # type: ignore[import-not-found]

    m1, trades, count = study.bars.m1, one.trades, study.bars.count
    risk = np.abs(trades.entry_price - trades.stop)
    reward = np.abs(trades.target - trades.entry_price)
    price, exits = np.full(count, np.nan), np.zeros(count, np.bool_)
    # The time exit of R8.4: close of the bar before, half the spread worse.
    side = np.where(trades.long, -1, 1)
    price[one.exits] = m1.close[one.exits - 1] + side * study.spread / 2
    price[one.entries] = trades.entry_price
    exits[one.exits] = True

    def at_entries(values: NDArray[Any], kind: type, empty: float) -> NDArray[Any]:
        column: NDArray[Any] = np.full(count, empty, kind)
        column[one.entries] = values
        return column

    portfolio = vbt.Portfolio.from_signals(
        m1.close,
        open=m1.open,
        high=m1.high,
        low=m1.low,
        entries=at_entries(trades.long, np.bool_, empty=False),
        short_entries=at_entries(~trades.long, np.bool_, empty=False),
        exits=exits,
        short_exits=exits,
        price=price,
        size=1.0,
        init_cash=1e12,
        sl_stop=at_entries(risk / trades.entry_price, np.float64, np.nan),
        tp_stop=at_entries(reward / trades.entry_price, np.float64, np.nan),
        stop_entry_price="FillPrice",
        engine=engine,
    )
    records = portfolio.trades.records
    place = np.searchsorted(one.entries, records["entry_idx"].to_numpy())
    r = records["pnl"].to_numpy() / risk[place]
    for code in range(len(VARIATIONS)):
        metrics_of_r(r[trades.variation[place] == code])
    return float(metrics_of_r(r)["total_r"])


if __name__ == "__main__":
    main()
