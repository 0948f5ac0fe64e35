"""Candles around a trade."""

import numpy as np
import pytest

from params_optimizer.analytics.trade_bars import bars_around
from params_optimizer.data.bars import M1


@pytest.mark.parametrize(("entry", "leave"), [(50, 53), (0, 0), (998, 999), (100, 900), (0, 999)])
def test_candles_hold_the_trade_and_no_more_than_asked(entry, leave):
    rng = np.random.default_rng(3)
    time = 10_000 + 5 * np.arange(1000)
    close = 100 + np.cumsum(rng.normal(size=1000))
    m1 = M1(time, close - 0.1, close + 1, close - 1, close, np.ones(1000))
    found = bars_around(m1, int(time[entry]), int(time[leave]), 60)
    assert found.time.size <= 60
    for bar, place in ((entry, found.entry), (leave, found.exit)):
        first = int(np.searchsorted(time, found.time[place]))
        inside = slice(first, min(first + found.bars, 1000))
        assert inside.start <= bar < inside.start + found.bars
        assert found.open[place] == m1.open[first]
        if place < found.time.size - 1:
            assert found.high[place] == m1.high[inside].max()
            assert found.low[place] == m1.low[inside].min()
            assert found.close[place] == close[inside][-1]
