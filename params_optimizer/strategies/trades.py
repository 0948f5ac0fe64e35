"""Trades of some days of the bars, and what becomes of those that leave these days.

A trade belongs to the day on which it is entered. Days that follow each other in the bars
make a *stretch*; a trade that is still open where its stretch ends is treated as the
policy says:

- `close`: it ends at the last close of the stretch, as if the bars ended there;
- `carry`: it counts whole, with what it makes after the stretch;
- `drop`: it does not count.

A position that was opened before a stretch belongs to the days before it.
"""

from typing import Final, Literal, Protocol, TypeVar, cast, get_args, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import M1, Bars
from params_optimizer.data.days import Days
from params_optimizer.data.trading_days import trading_days
from params_optimizer.strategies.protocol import Parameters, Strategy, Trades

Border = Literal["close", "carry", "drop"]
BORDERS: Final[tuple[Border, ...]] = get_args(Border)

S = TypeVar("S", bound=Strategy)


@runtime_checkable
class Bordered(Protocol):
    """A strategy with borders of its own, such as those of regimes, under the same policies."""

    def under(self, border: Border) -> Strategy:
        """The same strategy under another policy."""


def under(border: Border, strategy: S) -> S:
    """The strategy with its own borders, where it has any, under a policy."""
    return cast("S", strategy.under(border)) if isinstance(strategy, Bordered) else strategy


class Stretches:
    """Some local days of the bars as stretches of neighbouring days.

    `start` and `end` are UTC minutes, shape (stretches,): bars with `start <= time < end`.
    """

    def __init__(self, bars: Bars, dates: NDArray[np.int64], zone: str) -> None:
        """Take `dates`, days since 1970-01-01 in `zone` (IANA); those without bars are ignored."""
        first, self._end_bar = stretches_of(trading_days(bars, zone), dates)
        self.bars = bars
        self.start = bars.m1.time[first]
        self.end = bars.m1.time[self._end_bar - 1] + 1
        self._cut: dict[int, Bars] = {}

    def __len__(self) -> int:
        return int(self.start.size)

    def trades(
        self,
        strategy: Strategy,
        parameters: Parameters,
        border: Border = "close",
        *,
        whole: Trades | None = None,
    ) -> Trades:
        """Trades that are entered in these stretches, in order of entry.

        `whole`, the strategy's trades on all bars, is computed where it is not given.
        """
        whole = strategy.trades(self.bars, parameters) if whole is None else whole
        place = np.searchsorted(self.start, whole.entry_time, side="right") - 1
        ends = np.append(self.end, 0)[place]  # place -1, before the first stretch: 0
        inside = whole.entry_time < ends
        leaving = inside & (whole.exit_time >= ends)
        if border == "carry" or not leaving.any():
            return chosen(whole, inside)
        if border == "drop":
            return chosen(whole, inside & ~leaving)
        parts = [chosen(whole, inside & ~np.isin(place, place[leaving]))]
        parts += [
            self._closed(strategy, parameters, stretch) for stretch in np.unique(place[leaving])
        ]
        return joined(parts)

    def _closed(self, strategy: Strategy, parameters: Parameters, stretch: int) -> Trades:
        """Trades of one stretch with the bars cut off at its end."""
        trades = strategy.trades(self._bars_to(int(stretch)), parameters)
        return chosen(trades, trades.entry_time >= self.start[stretch])

    def _bars_to(self, stretch: int) -> Bars:
        if stretch not in self._cut:
            self._cut[stretch] = first_bars(self.bars, int(self._end_bar[stretch]))
        return self._cut[stretch]


def stretches_of(
    days: Days, dates: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Stretches of those `days` that are among `dates`: `first <= bar < end` of each."""
    edges = np.diff(np.concatenate([[False], np.isin(days.date, dates), [False]]).astype(np.int8))
    first, last = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
    return days.first[first], days.end[last]


def first_bars(bars: Bars, count: int) -> Bars:
    """The first `count` bars, same memory.

    The fingerprint is that of all bars and the count, which is as unique and costs nothing.
    """
    part = M1._make(array[:count] for array in bars.m1)
    return Bars(bars.symbol, part, f"{bars.fingerprint}:{count}", bars.generated)


def whole_fingerprint(bars: Bars) -> str:
    """The fingerprint of the bars that these are the first ones of."""
    return bars.fingerprint.partition(":")[0]


def chosen(trades: Trades, which: NDArray[np.bool_]) -> Trades:
    """The trades for which `which`, shape (trades,), is true."""
    return Trades._make(column[which] for column in trades)


def joined(parts: list[Trades]) -> Trades:
    """Trades of several lists in order of entry."""
    columns = [np.concatenate(columns) for columns in zip(*parts, strict=True)]
    order = np.argsort(columns[0], kind="stable")
    return Trades._make(column[order] for column in columns)


def no_trades() -> Trades:
    """An empty list of trades."""
    whole, real = np.zeros(0, np.int64), np.zeros(0)
    return Trades(whole, whole, whole, real, real, real)
