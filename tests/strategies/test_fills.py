"""Stressed fills against the reference engine, on bars that leave it no favourable choice."""

from dataclasses import replace

import numpy as np
import pytest

from params_optimizer.data.news import NO_NEWS
from params_optimizer.strategies.initial_balance.backtest import backtest, backtest_arrays
from params_optimizer.strategies.initial_balance.fills import pessimistic_r, slipped_r
from params_optimizer.strategies.initial_balance.reference import backtest as reference
from tests.validation.studies import study_in

# Without rev_rb, whose signal depends on later bars of the day (R6.4).
FIXED, STEPPED = 0.0, 0.5


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return study_in(tmp_path_factory.mktemp("study"))


def combinations(study, tsl_target):
    return [
        params
        for params in map(study.params, range(len(study.grid)))
        if params.tsl_target == tsl_target and not params.rev_rb_enabled
    ][::3]


def arrays_of(study, params, spread=None):
    levels = study.levels[(params.ib_start, params.ib_end, params.ib_timezone)]
    cost = study.spread if spread is None else spread
    return backtest_arrays(study.bars, params, cost, NO_NEWS, levels), levels


def unfavourable(bars, trades):
    """Bars on which R8 can only do what a wary trader counts on.

    Until the trade is over: a bar that reaches stop and target does not reach the target
    any more, and one that opens beyond the stop does not come back.
    """
    time, opened, high, low, close = (np.array(column) for column in bars.m1[:5])
    for trade in trades:
        begin = int(np.searchsorted(time, trade.entry_time)) + 1
        end = int(np.searchsorted(time, trade.exit_time)) + 1
        for bar in range(begin, end):
            if trade.long and opened[bar] <= trade.stop:
                high[bar] = opened[bar]
                close[bar] = min(close[bar], opened[bar])
            elif not trade.long and opened[bar] >= trade.stop:
                low[bar] = opened[bar]
                close[bar] = max(close[bar], opened[bar])
            elif trade.long and low[bar] <= trade.stop and opened[bar] < trade.target:
                high[bar] = min(high[bar], np.nextafter(trade.target, 0))
            elif not trade.long and high[bar] >= trade.stop and opened[bar] > trade.target:
                low[bar] = max(low[bar], np.nextafter(trade.target, np.inf))
    return replace(bars, m1=bars.m1._replace(open=opened, high=high, low=low, close=close))


def test_pessimistic_fills_equal_the_reference_on_unfavourable_bars(study):
    differing = 0
    for params in combinations(study, FIXED):
        tested, levels = arrays_of(study, params)
        trades = backtest(study.bars, params, study.spread, NO_NEWS, levels)
        altered = unfavourable(study.bars, trades)
        expected = [one.r for one in reference(altered, params, study.spread, NO_NEWS)]
        found = pessimistic_r(study.bars, params, study.spread, levels, tested)
        assert found.tolist() == expected
        differing += int((found != tested.r).sum())
        assert (found <= tested.r).all()
    assert differing, "these bars try nothing"


def test_without_ambiguous_bars_stepped_trailing_is_that_of_the_rules(study):
    """The step moves the stop at most to the entry here: only gaps can differ."""
    equal = total = 0
    for params in combinations(study, STEPPED):
        tested, levels = arrays_of(study, params)
        found = pessimistic_r(study.bars, params, study.spread, levels, tested)
        assert (found <= tested.r + 1e-9).all()
        equal, total = equal + int((found == tested.r).sum()), total + found.size
    assert 0.5 * total < equal < total


def test_slippage_makes_both_fills_worse(study):
    for params in combinations(study, FIXED)[:5]:
        tested, _ = arrays_of(study, params)
        expected = []
        for one in reference(study.bars, params, study.spread, NO_NEWS):
            way, risk = (1 if one.long else -1), abs(one.entry_price - one.stop)
            entry, exit_price = one.entry_price + way * 0.25, one.exit_price - way * 0.25
            expected.append(way * (exit_price - entry) / risk)
        assert slipped_r(tested, 0.25) == pytest.approx(expected)
        assert slipped_r(tested, 0.0).tolist() == tested.r.tolist()


def test_a_trade_that_was_never_placed_costs_nothing(study):
    tested, levels = arrays_of(study, study.params(0))
    invalid = tested._replace(
        exit_reason=np.full(tested.r.size, 3), r=np.zeros(tested.r.size), stop=tested.entry_price
    )
    assert not slipped_r(invalid, 1.0).any()
    assert not pessimistic_r(study.bars, study.params(0), study.spread, levels, invalid).any()
