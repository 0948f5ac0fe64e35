"""Nothing that comes later changes a trade of strict execution; the rules let it (R15)."""

from dataclasses import replace

import numpy as np
import pytest

from params_optimizer.data.news import NO_NEWS
from params_optimizer.strategies.initial_balance.backtest import backtest
from params_optimizer.strategies.initial_balance.params import RULES, Execution
from tests.strategies import random_cases
from tests.strategies.hand_made import EASY, bars_of

STRICT = Execution(strict=True)
CUTS = 25
SEVERAL = [pytest.param(range(at, at + 40), marks=pytest.mark.slow) for at in range(40, 440, 40)]


def closed_before(trades, minute):
    return [trade for trade in trades if trade.exit_time < minute]


@pytest.mark.parametrize("cases", [range(40), *SEVERAL])
def test_trades_that_are_over_stay_as_they_are_with_the_bars_cut_off_after_any_minute(cases):
    """The last bar left may be taken for that of a window, which it was not: it is left out."""
    compared = 0
    for case in cases:
        rng = np.random.default_rng(case)
        market = random_cases.market(rng)
        params = random_cases.params(rng, market.zone)
        question = (params, market.spread, market.news)
        execution = random_cases.execution(rng)
        whole = backtest(market.bars, *question, execution=execution)
        for place in rng.integers(1, market.bars.count, CUTS):
            minute = int(market.bars.m1.time[place])
            cut = market.bars.between(None, minute + 1)
            expected = closed_before(whole, minute)
            trades = backtest(cut, *question, execution=execution)
            assert closed_before(trades, minute) == expected, (case, minute, params)
            compared += len(expected)
    assert compared > 100


REBOUND = """
08:00 105 110 100 105
08:10 107   115 104   112        # extension: REV_RB waits at 110
08:12 112   112 109.5 109.5      # there
08:14 109.5 109.75 104 104.5     # stop
08:16 104.5 106 104   105.5
08:18 105.5 111 105.5 110.5      # OCAE
08:20 110.5 111 110   110.5
08:22 110.5 111 110   110.5
"""
REBOUNDS = replace(EASY, rev_rb_enabled=True, max_distance_pct=0.1)


def test_under_the_rules_a_later_signal_voids_a_trade_that_is_over():
    bars = bars_of(REBOUND)
    cut = bars.between(None, int(bars.m1.time[-3]))
    for execution, kept in ((RULES, False), (STRICT, True)):
        [before] = backtest(cut, REBOUNDS, 0.0, NO_NEWS, execution=execution)
        [after] = backtest(bars, REBOUNDS, 0.0, NO_NEWS, execution=execution)
        assert before.variation == "REV_RB"
        assert (after == before) == kept
