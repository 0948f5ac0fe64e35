"""The compiled candles are those of the reference, whatever minutes are missing (R2)."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from params_optimizer.data.bars import M1, Bars
from params_optimizer.engine.candles import candles_nb
from params_optimizer.strategies.initial_balance.reference.candles import candles
from params_optimizer.strategies.initial_balance.reference.day import Bar

PRICES = st.tuples(*[st.integers(1, 5)] * 4)


@settings(deadline=None)  # the first call compiles
@given(
    st.dictionaries(st.integers(1000, 1020), PRICES, max_size=12),
    st.integers(0, 12),
    st.integers(0, 12),
)
def test_candles(minutes, low, high):
    rows = [
        Bar(minute, float(a), float(max(a, b, c, d)), float(min(a, b, c, d)), float(b))
        for minute, (a, b, c, d) in sorted(minutes.items())
    ]
    columns = zip(*(row._asdict().values() for row in rows), strict=True) if rows else [[]] * 5
    m1 = Bars.from_arrays("TEST", M1(*map(np.array, columns), np.ones(len(rows)))).m1
    high = min(high, len(rows))
    got, expected = candles_nb(m1, low, high), candles(rows[low:high])
    assert [tuple(row) for row in zip(got.start, *got[2:], strict=True)] == expected
    times = [row.time for row in rows]
    firsts = [next(i for i, time in enumerate(times) if time >= one.start) for one in expected]
    assert got.first.tolist() == firsts
