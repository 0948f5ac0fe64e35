"""The R of every day of combinations of one slice: what sums per combination have lost."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from params_optimizer.engine.metrics_calculator import TradeTable
from params_optimizer.strategies.initial_balance.panel.store import NONE
from params_optimizer.strategies.initial_balance.panel.walk import WindowChoices

EVERY = -1
"""In place of a variation: trades of all of them."""


@dataclass(frozen=True, slots=True)
class PanelDaily:
    """R of each signal and way, and the signal that each pick trades on each day.

    `dates` are days since 1970-01-01 in the panel's zone, shape (days,). Rows of a slice
    count ways slowest, then picks (rebound variant, entry).
    """

    dates: NDArray[np.int64]
    ways: int
    _r: NDArray[np.float64]
    _signal: NDArray[np.int32]
    _variation: NDArray[np.int64]

    @classmethod
    def of(
        cls, dates: NDArray[np.int64], ways: int, table: TradeTable, choices: WindowChoices
    ) -> "PanelDaily":
        """What a slice's table and choices say day by day."""
        signals = []
        for extension in choices.extension:
            rebound = np.full(dates.size, NONE, np.int32)
            if extension >= 0:
                rebound = choices.rebound[extension]
            goes_first = choices.first == NONE
            if choices.strict:
                decision = np.append(choices.decision, np.iinfo(np.int64).max)  # at NONE
                goes_first |= decision[rebound] < decision[choices.first]
            signals.append(np.where(goes_first, rebound, choices.first))
        return cls(dates, ways, table.r, np.concatenate(signals), choices.variation)

    @property
    def picks(self) -> int:
        """Number of picks."""
        return int(self._signal.shape[0])

    def r_of(self, row: int, variation: int = EVERY) -> NDArray[np.float64]:
        """R of each day of one row of the slice, shape (days,); NaN where it does not trade."""
        way, pick = divmod(row, self.picks)
        traded = self._traded(pick, variation)
        r = np.full(self.dates.size, np.nan)
        r[traded] = self._r[self._signal[pick, traded], way]
        return r

    def block_sums(self, block: NDArray[np.int64], blocks: int) -> NDArray[np.float64]:
        """Trades, sum of R and sum of R^2 by block of days, shape (3, blocks, rows).

        `block`, shape (days,), is that of each of `dates`, ascending; -1 anywhere counts
        nowhere.
        """
        out = np.zeros((3, blocks, self.ways, self.picks))
        for pick in range(self.picks):
            traded = self._traded(pick, EVERY)
            traded = traded[block[traded] >= 0]
            signals, place = self._signal[pick, traded], block[traded]
            borders = np.searchsorted(place, np.arange(blocks + 1))
            r = self._r[signals, : self.ways]
            for number in range(blocks):
                # Row by row: lists that are alike have sums that are equal to the last bit.
                part = r[borders[number] : borders[number + 1]]
                out[0, number, :, pick] = part.shape[0]
                out[1, number, :, pick] = part.sum(axis=0)
                out[2, number, :, pick] = (part**2).sum(axis=0)
        return out.reshape(3, blocks, -1)

    def _traded(self, pick: int, variation: int) -> NDArray[np.int64]:
        """Places of the days on which a pick trades, or trades that variation."""
        signals = self._signal[pick]
        traded = signals != NONE
        if variation != EVERY:
            traded &= self._variation[signals] == variation
        return np.flatnonzero(traded)
