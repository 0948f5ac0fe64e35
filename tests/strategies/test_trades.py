"""Trades of some days, under each border policy."""

import numpy as np
import pytest

from params_optimizer.strategies.registry import strategy_named
from params_optimizer.strategies.trades import BORDERS, Stretches, first_bars, no_trades
from tests.strategies.market import walk

BARS = walk(1200, 5)
STRATEGY = strategy_named("ma_crossover")
PARAMETERS = {"fast": 5, "slow": 20}
DATES = np.unique(BARS.m1.time // 1440)
WHOLE = STRATEGY.trades(BARS, PARAMETERS)


def rows(trades):
    return [tuple(row) for row in zip(*(column.tolist() for column in trades), strict=True)]


def of(dates, border, zone="UTC"):
    return rows(Stretches(BARS, dates, zone).trades(STRATEGY, PARAMETERS, border))


@pytest.mark.parametrize("border", BORDERS)
def test_all_days_are_all_trades(border):
    assert of(DATES, border) == rows(WHOLE)
    assert of(np.zeros(0, np.int64), border) == rows(no_trades())
    assert of(np.array([1]), border) == []


def test_what_becomes_of_a_trade_that_leaves():
    for first, last in [(3, 20), (10, 11), (0, 7), (20, DATES.size - 1)]:
        dates = DATES[first : last + 1]
        day = WHOLE.entry_time // 1440
        entered = [one for one, d in zip(rows(WHOLE), day, strict=True) if d in dates]
        bars_in = BARS.m1.time[np.isin(BARS.m1.time // 1440, dates)]
        end = int(bars_in[-1])
        carried, dropped, closed = (of(dates, one) for one in ("carry", "drop", "close"))
        assert carried == entered
        assert dropped == [one for one in entered if one[1] <= end]
        assert closed[: len(dropped)] == dropped
        left = [one for one in entered if one[1] > end]
        assert len(closed) == len(dropped) + len(left)
        if left:
            last_close = float(BARS.m1.close[np.searchsorted(BARS.m1.time, end)])
            assert (closed[-1][:1], closed[-1][1], closed[-1][4]) == (left[0][:1], end, last_close)
            assert closed[-1][2:4] == left[0][2:4]


def test_every_stretch_has_its_own_end():
    """Days in turn, three in and three out: as if each three were asked alone."""
    groups = [DATES[at : at + 3] for at in range(0, DATES.size, 6)]
    for border in BORDERS:
        together = of(np.concatenate(groups), border)
        assert together == [one for group in groups for one in of(group, border)]
    assert of(np.concatenate(groups), "close") != of(np.concatenate(groups), "carry")


def test_days_are_those_of_the_zone():
    tokyo = np.unique((BARS.m1.time + 540) // 1440)
    found = of(tokyo[4:6], "carry", "Asia/Tokyo")
    day = (WHOLE.entry_time + 540) // 1440
    expected = [one for one, d in zip(rows(WHOLE), day, strict=True) if d in tokyo[4:6].tolist()]
    assert found == expected


def test_known_trades_are_not_computed_again():
    class Never:
        name = "never"

        def space(self):
            return {}

        def trades(self, bars, parameters):
            raise AssertionError

    stretches = Stretches(BARS, DATES, "UTC")
    assert rows(stretches.trades(Never(), {}, whole=WHOLE)) == rows(WHOLE)
    assert len(stretches) == 1


def test_first_bars_are_the_same_memory_under_another_name():
    part = first_bars(BARS, 100)
    assert np.shares_memory(part.m1.close, BARS.m1.close)
    assert (part.count, part.fingerprint) == (100, f"{BARS.fingerprint}:100")
