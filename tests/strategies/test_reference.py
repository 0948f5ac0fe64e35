"""The reference engine reproduces the golden files, of the market and generated."""

from params_optimizer.data.days import to_date
from params_optimizer.strategies.initial_balance.reference import backtest, metrics
from params_optimizer.strategies.initial_balance.reference.day import trading_days


def test_golden_trades(golden_trades):
    market = golden_trades.market
    for case, params in enumerate(golden_trades.cases):
        golden_trades.check(case, backtest(market.bars, params, market.spread, market.news))
        levels = {
            to_date(day.date).isoformat(): {"ibh": day.ib_high, "ibl": day.ib_low, "eq": day.eq}
            for day in trading_days(market.bars, params)
        }
        for row in golden_trades.rows[case]:  # the generated files tell no levels
            expected = {key: row[key] for key in ("ibh", "ibl", "eq") if key in row}
            assert expected.items() <= levels[row["date"]].items(), (case, row)


def test_golden_metrics(golden_metrics):
    market, count = golden_metrics.market, len(golden_metrics.cases)
    for case in range(0, count, max(1, count // 40)):  # evenly spread: plain Python is slow
        trades = backtest(market.bars, golden_metrics.cases[case], market.spread, market.news)
        golden_metrics.check_trades(case, trades, metrics)
