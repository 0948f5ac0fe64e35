"""The metrics of R10 from one pass over trades, many lists of trades side by side.

A *lane* is one list of trades; lanes that trade at the same times differ only in their
R values, so one row of a table feeds them all. Per lane the pass keeps sums and runs, from
which every metric follows: sums are float64 and streaks int16, of which four times as many
fit into one instruction.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.engine.jit import kernel

METRICS: Final = (
    "total_r",
    "total_trades",
    "winning_trades",
    "losing_trades",
    "winrate",
    "avg_trade_r",
    "sharpe_ratio",
    "sortino_ratio",
    "profit_factor",
    "max_drawdown",
    "calmar_ratio",
    "avg_r_wins",
    "avg_r_losses",
    "max_consec_wins",
    "max_consec_losses",
)
"""Names of R10, in its order: the rows that `finish_nb` writes."""

COUNTS: Final = frozenset(
    {
        "total_trades",
        "winning_trades",
        "losing_trades",
        "max_consec_wins",
        "max_consec_losses",
    }
)
"""The metrics that are whole numbers."""

(
    TOTAL,
    SQUARES,
    GAIN,
    LOSS,
    LOSS_SQUARES,
    PEAK,
    DRAWDOWN,
) = range(7)
SUMS: Final = 7
"""Float64 rows of the work space: sums of R, peak and drawdown of the cumulative R."""

(WINS, LOSSES, RUN, LONGEST, SHORTEST) = range(5)
RUNS: Final = 5
"""Int16 rows of the work space: counts and streaks; a streak of losses is a negative number.

`RUN` is the streak so far, `LONGEST` (wins) and `SHORTEST` (losses, 0 or negative) are the
extremes.
"""


class Lanes(NamedTuple):
    """Work space of a pass: the rows `SUMS` and `RUNS`, one column a lane."""

    sums: NDArray[np.float64]
    runs: NDArray[np.int16] | NDArray[np.int64]


TRADES_PER_YEAR: Final = 252
NO_LOSS_SORTINO: Final = 999.0
LEAST_DEVIATION: Final = 1e-6
LEAST_SUM: Final = 1e-9
# Below this share of the mean square a variance from sums loses the digits of R10: rounding
# leaves an error of some 1e-12 of the mean square after thousands of trades.
_CANCELLED: Final = 1e-6


LANE_BLOCK: Final = 32
"""Lanes a table is rounded up to; measured against 1, 16 and 64 on wide and narrow tiles."""


class TradeTable(NamedTuple):
    """R values, shape (signals, lanes), and their signs: 1, 0 or -1."""

    r: NDArray[np.float64]
    sign: NDArray[np.int16]


@kernel
def empty_table_nb(rows: int, lanes: int) -> TradeTable:
    """A table whose width is rounded up, so that loops over lanes have no odd rest.

    The lanes from `lanes` on are zeros that are never read.
    """
    width = -(-lanes // LANE_BLOCK) * LANE_BLOCK
    table = TradeTable(np.empty((rows, width)), np.empty((rows, width), np.int16))
    table.r[:, lanes:] = 0.0
    table.sign[:, lanes:] = 0
    return table


@kernel
def lanes_nb(count: int) -> Lanes:
    """Work space for `count` lanes, uninitialised."""
    return Lanes(np.empty((SUMS, count)), np.empty((RUNS, count), np.int16))


@kernel
def path_nb(table: TradeTable, trades: NDArray[np.int64], lanes: Lanes) -> None:
    """What depends on the order of trades: total, peak, drawdown and streaks.

    `trades` are rows of `table` in time order.
    """
    sums, runs = lanes
    sums[TOTAL] = 0.0
    sums[PEAK] = -np.inf
    sums[DRAWDOWN] = 0.0
    runs[RUN : SHORTEST + 1] = 0
    # Rows are taken out of the loop: a view costs as much as a hundred lanes.
    total, peak, drawdown = sums[TOTAL], sums[PEAK], sums[DRAWDOWN]
    run, longest, shortest = runs[RUN], runs[LONGEST], runs[SHORTEST]
    for trade in trades:
        _fall_nb(table.r[trade], total, peak, drawdown)
        _streak_nb(table.sign[trade], run, longest, shortest)


@kernel
def moments_nb(table: TradeTable, trades: NDArray[np.int64], lanes: Lanes) -> None:
    """What does not: sums of squares, gains and losses, and the counts of both."""
    sums, runs = lanes
    sums[SQUARES : LOSS_SQUARES + 1] = 0.0
    runs[WINS : LOSSES + 1] = 0
    squares, gain, loss = sums[SQUARES], sums[GAIN], sums[LOSS]
    loss_squares, wins, losses = sums[LOSS_SQUARES], runs[WINS], runs[LOSSES]
    for trade in trades:
        _moments_nb(table.r[trade], squares, gain, loss, loss_squares)
        _counts_nb(table.sign[trade], wins, losses)


# Each of the following is one loop over lanes that touches few rows: with more of them in
# one loop the compiler gives up proving that they do not overlap, and so on vectorising.


@kernel
def _fall_nb(
    row: NDArray[np.float64],
    total: NDArray[np.float64],
    peak: NDArray[np.float64],
    drawdown: NDArray[np.float64],
) -> None:
    for lane in range(row.size):
        cumulative = total[lane] + row[lane]
        highest = peak[lane] if peak[lane] > cumulative else cumulative
        fall = highest - cumulative
        total[lane] = cumulative
        peak[lane] = highest
        drawdown[lane] = drawdown[lane] if drawdown[lane] > fall else fall


@kernel
def _streak_nb(
    sign: NDArray[np.int16],
    run: NDArray[np.int16],
    longest: NDArray[np.int16],
    shortest: NDArray[np.int16],
) -> None:
    for lane in range(sign.size):
        direction = sign[lane]
        # A streak goes on only where its sign is that of the trade; a zero ends it.
        streak = run[lane] if (run[lane] ^ direction) >= 0 and direction != 0 else np.int16(0)
        current = np.int16(streak + direction)
        run[lane] = current
        longest[lane] = longest[lane] if longest[lane] > current else current
        shortest[lane] = shortest[lane] if shortest[lane] < current else current


@kernel
def _moments_nb(
    row: NDArray[np.float64],
    squares: NDArray[np.float64],
    gain: NDArray[np.float64],
    loss: NDArray[np.float64],
    loss_squares: NDArray[np.float64],
) -> None:
    for lane in range(row.size):
        r = row[lane]
        negative = r if r < 0.0 else 0.0
        squares[lane] += r * r
        gain[lane] += r if r > 0.0 else 0.0
        loss[lane] += negative
        loss_squares[lane] += negative * negative


@kernel
def _counts_nb(sign: NDArray[np.int16], wins: NDArray[np.int16], losses: NDArray[np.int16]) -> None:
    for lane in range(sign.size):
        wins[lane] += np.int16(sign[lane] > 0)
        losses[lane] += np.int16(sign[lane] < 0)


@kernel
def finish_nb(lanes: Lanes, trades: int, metrics: NDArray[np.float64]) -> None:
    """Write the metrics of R10, shape (15, lanes), of `trades` trades in each lane."""
    sums, runs = lanes
    count = float(trades)
    year = np.sqrt(float(TRADES_PER_YEAR))
    for lane in range(sums.shape[1]):
        wins, losses = float(runs[WINS, lane]), float(runs[LOSSES, lane])
        metrics[1, lane] = count
        metrics[2, lane] = wins
        metrics[3, lane] = losses
        decided = wins + losses
        metrics[4, lane] = 100.0 * wins / decided if decided > 0.0 else 0.0
        metrics[13, lane] = float(runs[LONGEST, lane])
        metrics[14, lane] = -float(runs[SHORTEST, lane])
    for lane in range(sums.shape[1]):
        total, drawdown = sums[TOTAL, lane], sums[DRAWDOWN, lane]
        metrics[0, lane] = total
        metrics[5, lane] = total / count if count > 0.0 else 0.0
        metrics[9, lane] = drawdown
        metrics[10, lane] = total / drawdown if drawdown >= LEAST_SUM else 0.0
    for lane in range(sums.shape[1]):
        gain, loss = sums[GAIN, lane], sums[LOSS, lane]
        wins, losses = metrics[2, lane], metrics[3, lane]
        metrics[8, lane] = gain / -loss if -loss >= LEAST_SUM else 0.0
        metrics[11, lane] = gain / wins if wins > 0.0 else 0.0
        metrics[12, lane] = loss / losses if losses > 0.0 else 0.0
    for lane in range(sums.shape[1]):
        mean = metrics[5, lane]
        deviation = _deviation_nb(sums[SQUARES, lane], sums[TOTAL, lane], count)
        metrics[6, lane] = mean / deviation * year if deviation >= LEAST_DEVIATION else 0.0
    for lane in range(sums.shape[1]):
        mean, losses = metrics[5, lane], metrics[3, lane]
        downside = _deviation_nb(sums[LOSS_SQUARES, lane], sums[LOSS, lane], losses)
        ratio = mean / downside * year if downside >= LEAST_DEVIATION else 0.0
        without = NO_LOSS_SORTINO if mean > 0.0 and count > 1.0 else 0.0
        metrics[7, lane] = ratio if losses > 0.0 else without


@kernel
def refine_nb(
    table: TradeTable, trades: NDArray[np.int64], lanes: Lanes, metrics: NDArray[np.float64]
) -> None:
    """Redo Sharpe and Sortino in two passes where the sums cancelled."""
    if trades.size < 2:
        return
    sums, count = lanes.sums, float(trades.size)
    suspects = 0
    for lane in range(sums.shape[1]):
        losses = metrics[3, lane]
        suspects += _cancelled_nb(sums[SQUARES, lane], sums[TOTAL, lane], count)
        suspects += _cancelled_nb(sums[LOSS_SQUARES, lane], sums[LOSS, lane], losses)
    if not suspects:
        return
    for lane in range(sums.shape[1]):
        mean, losses = metrics[5, lane], metrics[3, lane]
        if _cancelled_nb(sums[SQUARES, lane], sums[TOTAL, lane], count):
            spread = 0.0
            for trade in trades:
                spread += (table.r[trade, lane] - mean) ** 2
            metrics[6, lane] = _ratio_nb(mean, spread / (count - 1.0))
        if losses > 1.0 and _cancelled_nb(sums[LOSS_SQUARES, lane], sums[LOSS, lane], losses):
            center, spread = sums[LOSS, lane] / losses, 0.0
            for trade in trades:
                r = table.r[trade, lane]
                spread += (r - center) ** 2 if r < 0.0 else 0.0
            metrics[7, lane] = _ratio_nb(mean, spread / (losses - 1.0))


@kernel
def _variance_nb(squares: float, total: float, count: float) -> float:
    """Sample variance (ddof 1) from sums; 0 below two values."""
    spread = squares - total * total / count if count > 1.0 else 0.0
    return spread / (count - 1.0) if spread > 0.0 else 0.0


@kernel
def _deviation_nb(squares: float, total: float, count: float) -> float:
    return np.sqrt(_variance_nb(squares, total, count))  # type: ignore[no-any-return]


@kernel
def _cancelled_nb(squares: float, total: float, count: float) -> bool:
    spread = squares - total * total / count if count > 1.0 else squares
    return spread < _CANCELLED * squares


@kernel
def _ratio_nb(mean: float, variance: float) -> float:
    """Annualised mean over deviation; 0 where the deviation counts as zero."""
    deviation = float(np.sqrt(variance))
    if deviation < LEAST_DEVIATION:
        return 0.0
    return mean / deviation * float(np.sqrt(TRADES_PER_YEAR))


def metrics_of_r(r: NDArray[np.float64]) -> dict[str, float]:
    """The metrics of R10 of one list of R values in time order, shape (trades,)."""
    metrics = np.empty((len(METRICS), 1))
    list_metrics_nb(np.ascontiguousarray(r, np.float64), metrics)
    named = dict(zip(METRICS, metrics[:, 0].tolist(), strict=True))
    return {name: int(value) if name in COUNTS else value for name, value in named.items()}


@kernel
def list_metrics_nb(r: NDArray[np.float64], metrics: NDArray[np.float64]) -> None:
    """Write the metrics of one list of R values of any length, shape (15, 1).

    Sums are added in the order of a lane, so that both agree to the last bit.
    """
    lanes = Lanes(np.empty((SUMS, 1)), np.empty((RUNS, 1), np.int64))
    total, peak, drawdown = 0.0, -np.inf, 0.0
    squares, gain, loss, loss_squares = 0.0, 0.0, 0.0, 0.0
    wins, losses, run, longest, shortest = 0, 0, 0, 0, 0
    for value in r:
        total += value
        peak = peak if peak > total else total
        drawdown = drawdown if drawdown > peak - total else peak - total
        squares += value * value
        gain += value if value > 0.0 else 0.0
        negative = value if value < 0.0 else 0.0
        loss += negative
        loss_squares += negative * negative
        wins += value > 0.0
        losses += value < 0.0
        sign = (value > 0.0) - (value < 0.0)
        run = run + sign if run * sign > 0 else sign
        longest, shortest = max(longest, run), min(shortest, run)
    sums, runs = lanes.sums, lanes.runs
    sums[TOTAL, 0], sums[PEAK, 0], sums[DRAWDOWN, 0] = total, peak, drawdown
    sums[SQUARES, 0], sums[GAIN, 0] = squares, gain
    sums[LOSS, 0], sums[LOSS_SQUARES, 0] = loss, loss_squares
    runs[WINS, 0], runs[LOSSES, 0] = wins, losses
    runs[LONGEST, 0], runs[SHORTEST, 0] = longest, shortest
    finish_nb(lanes, r.size, metrics)
    table = TradeTable(r.reshape(-1, 1), np.empty((1, 1), np.int16))  # signs are counted already
    refine_nb(table, np.arange(r.size), lanes, metrics)
