"""Pessimistic exits, where R8 decides in the trade's favour.

A bar of one minute does not tell what came first in it. R8.2 takes the target before the
stop, and fills a stop that a whole bar lies beyond at the better end of that bar. Here the
stop comes first, and a bar that opens beyond the stop fills at its open.
"""

from params_optimizer.data.bars import M1
from params_optimizer.engine.exits import Exit, Position, r_multiple_nb
from params_optimizer.engine.jit import kernel


@kernel
def pessimistic_exit_nb(
    m1: M1, position: Position, step: tuple[float, float], low: int, high: int
) -> Exit:
    """The first exit on the bars `low <= index < high`; `step` is (tsl_target, tsl_sl) in R.

    On each bar: a stop that its open lies beyond fills at the open. With a fixed target
    (`tsl_target` 0), an open at or beyond the target fills at the target. Then the stop,
    then the target. Stepped trailing moves stop and target as R8.3 does; the moved stop
    counts from the next bar on. Nothing hit: `bar` is `high`.
    """
    tsl_target, tsl_sl = step
    long, entry, stop, target, risk = position
    way = 1.0 if long else -1.0
    target_r = r_multiple_nb(long, entry, risk, target)
    for bar in range(low, high):
        best = m1.high[bar] if long else m1.low[bar]
        worst = m1.low[bar] if long else m1.high[bar]
        if way * (m1.open[bar] - stop) <= 0.0:
            return Exit(bar, m1.open[bar], False)
        if tsl_target <= 0.0 and way * (m1.open[bar] - target) >= 0.0:
            return Exit(bar, target, True)
        if way * (worst - stop) <= 0.0:
            return Exit(bar, stop, False)
        if tsl_target <= 0.0:
            if way * (best - target) >= 0.0:
                return Exit(bar, target, True)
            continue
        while way * (best - target) >= 0.0:
            stop += way * tsl_sl * risk
            target_r += tsl_target
            target = entry + way * target_r * risk
    return Exit(high, entry, False)
