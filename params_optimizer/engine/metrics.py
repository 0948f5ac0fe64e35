"""The metrics of R10 from one pass over trades, many lists of trades side by side.

A *lane* is one list of trades; lanes that trade at the same times differ only in their
R values, so one row of a table feeds them all. What the pass keeps per lane is its
*state*: a column of `STATES` float64 numbers, from which every metric follows and
which merges with the state of the trades that come next.
"""

from typing import Final

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
    COUNT,
    TOTAL,
    SQUARES,
    GAIN,
    LOSS,
    LOSS_SQUARES,
    WINS,
    LOSSES,
    PEAK,
    TROUGH,
    DRAWDOWN,
    WIN_RUN,
    WIN_RUN_MAX,
    WIN_RUN_LEAD,
    LOSS_RUN,
    LOSS_RUN_MAX,
    LOSS_RUN_LEAD,
) = range(17)
STATES: Final = 17
"""Rows of a state: number of trades, sums, extremes of the cumulative R, streaks.

`WIN_RUN` is the streak that is still open at the end, `WIN_RUN_LEAD` the one that
begins with the first trade; the same for losses. Without trades `PEAK` is -inf and
`TROUGH` +inf, so that merging needs no special case.
"""

TRADES_PER_YEAR: Final = 252
NO_LOSS_SORTINO: Final = 999.0
LEAST_DEVIATION: Final = 1e-6
LEAST_SUM: Final = 1e-9
# Below this share of the mean square a variance from sums has lost the digits of R10.
_CANCELLED: Final = 1e-8


@kernel
def accumulate_nb(
    table: NDArray[np.float64], trades: NDArray[np.int64], state: NDArray[np.float64]
) -> None:
    """Set `state`, shape (STATES, lanes), to that of the rows `trades` of `table`.

    `table` has shape (rows, lanes) and holds R values; `trades` are in time order.
    """
    state[:] = 0.0
    state[COUNT] = trades.size
    state[PEAK] = -np.inf
    state[TROUGH] = np.inf
    for position in range(trades.size):
        row = table[trades[position]]
        _sums_nb(row, state[TOTAL], state[SQUARES], state[PEAK], state[TROUGH], state[DRAWDOWN])
        _sides_nb(row, state[GAIN], state[LOSS], state[LOSS_SQUARES])
        _wins_nb(row, position + 1, state[WINS], state[WIN_RUN:LOSS_RUN])
        _losses_nb(row, position + 1, state[LOSSES], state[LOSS_RUN:STATES])


# Each of the following is one loop over lanes that touches few rows: more of them in one
# loop, and the compiler gives up proving that they do not overlap, and so on vectorising.


@kernel
def _sums_nb(
    row: NDArray[np.float64],
    total: NDArray[np.float64],
    squares: NDArray[np.float64],
    peak: NDArray[np.float64],
    trough: NDArray[np.float64],
    drawdown: NDArray[np.float64],
) -> None:
    for lane in range(row.size):
        r = row[lane]
        cumulative = total[lane] + r
        highest = peak[lane] if peak[lane] > cumulative else cumulative
        fall = highest - cumulative
        total[lane] = cumulative
        peak[lane] = highest
        trough[lane] = trough[lane] if trough[lane] < cumulative else cumulative
        drawdown[lane] = drawdown[lane] if drawdown[lane] > fall else fall
        squares[lane] += r * r


@kernel
def _sides_nb(
    row: NDArray[np.float64],
    gain: NDArray[np.float64],
    loss: NDArray[np.float64],
    loss_squares: NDArray[np.float64],
) -> None:
    for lane in range(row.size):
        r = row[lane]
        negative = r if r < 0.0 else 0.0
        gain[lane] += r if r > 0.0 else 0.0
        loss[lane] += negative
        loss_squares[lane] += negative * negative


@kernel
def _wins_nb(
    row: NDArray[np.float64],
    number: int,
    count: NDArray[np.float64],
    runs: NDArray[np.float64],
) -> None:
    run, longest, lead = runs[0], runs[1], runs[2]
    everything = float(number)
    for lane in range(row.size):
        hit = row[lane] > 0.0
        current = run[lane] + 1.0 if hit else 0.0
        count[lane] += 1.0 if hit else 0.0
        run[lane] = current
        longest[lane] = longest[lane] if longest[lane] > current else current
        lead[lane] = current if current == everything else lead[lane]


@kernel
def _losses_nb(
    row: NDArray[np.float64],
    number: int,
    count: NDArray[np.float64],
    runs: NDArray[np.float64],
) -> None:
    run, longest, lead = runs[0], runs[1], runs[2]
    everything = float(number)
    for lane in range(row.size):
        hit = row[lane] < 0.0
        current = run[lane] + 1.0 if hit else 0.0
        count[lane] += 1.0 if hit else 0.0
        run[lane] = current
        longest[lane] = longest[lane] if longest[lane] > current else current
        lead[lane] = current if current == everything else lead[lane]


@kernel
def finish_nb(state: NDArray[np.float64], metrics: NDArray[np.float64]) -> None:
    """Write the metrics of R10, shape (15, lanes), that follow from `state`."""
    for lane in range(state.shape[1]):
        trades, wins, losses = state[COUNT, lane], state[WINS, lane], state[LOSSES, lane]
        total, drawdown = state[TOTAL, lane], state[DRAWDOWN, lane]
        loss = -state[LOSS, lane]
        mean = total / trades if trades > 0 else 0.0
        decided = wins + losses
        deviation = _deviation_nb(state[SQUARES, lane], total, trades)
        metrics[0, lane] = total
        metrics[1, lane] = trades
        metrics[2, lane] = wins
        metrics[3, lane] = losses
        metrics[4, lane] = 100.0 * wins / decided if decided > 0 else 0.0
        metrics[5, lane] = mean
        metrics[6, lane] = _ratio_nb(mean, deviation)
        downside = _deviation_nb(state[LOSS_SQUARES, lane], state[LOSS, lane], losses)
        metrics[7, lane] = _sortino_nb(mean, downside, losses)
        metrics[8, lane] = state[GAIN, lane] / loss if loss >= LEAST_SUM else 0.0
        metrics[9, lane] = drawdown
        metrics[10, lane] = total / drawdown if drawdown >= LEAST_SUM else 0.0
        metrics[11, lane] = state[GAIN, lane] / wins if wins > 0 else 0.0
        metrics[12, lane] = state[LOSS, lane] / losses if losses > 0 else 0.0
        metrics[13, lane] = state[WIN_RUN_MAX, lane]
        metrics[14, lane] = state[LOSS_RUN_MAX, lane]


@kernel
def refine_nb(
    table: NDArray[np.float64],
    trades: NDArray[np.int64],
    state: NDArray[np.float64],
    metrics: NDArray[np.float64],
) -> None:
    """Redo Sharpe and Sortino in two passes where the sums of `state` cancelled."""
    if trades.size < 2:
        return
    for lane in range(state.shape[1]):
        mean = metrics[5, lane]
        if _cancelled_nb(state[SQUARES, lane], state[TOTAL, lane], state[COUNT, lane]):
            spread = 0.0
            for trade in trades:
                spread += (table[trade, lane] - mean) ** 2
            metrics[6, lane] = _ratio_nb(mean, np.sqrt(spread / (trades.size - 1)))
        losses = state[LOSSES, lane]
        if losses > 1 and _cancelled_nb(state[LOSS_SQUARES, lane], state[LOSS, lane], losses):
            center, spread = state[LOSS, lane] / losses, 0.0
            for trade in trades:
                r = table[trade, lane]
                spread += (r - center) ** 2 if r < 0.0 else 0.0
            metrics[7, lane] = _sortino_nb(mean, np.sqrt(spread / (losses - 1.0)), losses)


@kernel
def _variance_nb(squares: float, total: float, count: float) -> float:
    """Sample variance (ddof 1) from sums; 0 below two values."""
    if count < 2:
        return 0.0
    return max(squares - total * total / count, 0.0) / (count - 1.0)


@kernel
def _deviation_nb(squares: float, total: float, count: float) -> float:
    return float(np.sqrt(_variance_nb(squares, total, count)))


@kernel
def _cancelled_nb(squares: float, total: float, count: float) -> bool:
    return _variance_nb(squares, total, count) * count < _CANCELLED * squares


@kernel
def _ratio_nb(mean: float, deviation: float) -> float:
    """Annualised mean over deviation; 0 where the deviation counts as zero."""
    if deviation < LEAST_DEVIATION:
        return 0.0
    return mean / deviation * float(np.sqrt(TRADES_PER_YEAR))


@kernel
def _sortino_nb(mean: float, deviation: float, losses: float) -> float:
    if losses == 0:
        return NO_LOSS_SORTINO if mean > 0 else 0.0
    return _ratio_nb(mean, deviation)


def merge(earlier: NDArray[np.float64], later: NDArray[np.float64]) -> NDArray[np.float64]:
    """State of two neighbouring stretches of trades, shape (STATES, ...) each.

    Equal to one pass over both stretches: counts and streaks exactly, sums and drawdown
    up to rounding.
    """
    merged = earlier + later
    base = earlier[TOTAL]
    merged[PEAK] = np.maximum(earlier[PEAK], base + later[PEAK])
    merged[TROUGH] = np.minimum(earlier[TROUGH], base + later[TROUGH])
    across = earlier[PEAK] - (base + later[TROUGH])
    merged[DRAWDOWN] = np.maximum.reduce([earlier[DRAWDOWN], later[DRAWDOWN], across])
    for run in (WIN_RUN, LOSS_RUN):
        longest, lead = run + 1, run + 2
        joined = earlier[run] + later[lead]
        merged[run] = np.where(later[run] == later[COUNT], earlier[run] + later[run], later[run])
        merged[longest] = np.maximum.reduce([earlier[longest], later[longest], joined])
        merged[lead] = np.where(earlier[lead] == earlier[COUNT], joined, earlier[lead])
    return merged


def metrics_of_r(r: NDArray[np.float64]) -> dict[str, float]:
    """The metrics of R10 of one list of R values in time order, shape (trades,)."""
    table = np.ascontiguousarray(r, np.float64).reshape(-1, 1)
    trades = np.arange(r.size)
    state, metrics = np.empty((STATES, 1)), np.empty((len(METRICS), 1))
    accumulate_nb(table, trades, state)
    finish_nb(state, metrics)
    refine_nb(table, trades, state, metrics)
    values = dict(zip(METRICS, metrics[:, 0].tolist(), strict=True))
    return {name: int(value) if name in COUNTS else value for name, value in values.items()}
