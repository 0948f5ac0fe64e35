"""One-minute bars of a symbol: read-only arrays, sorted by time, checked when they are made."""

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from params_optimizer.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

METADATA_KEY = b"params_optimizer"
SYMBOL_KEY = b"symbol"
GENERATED = b"generated"
"""Value of the Parquet metadata of bars that a random process made."""

_KINDS = (np.int64, *[np.float64] * 5)
_LAST_MINUTE = 68_374_080  # 2100-01-01: later times are milliseconds taken for seconds


class M1(NamedTuple):
    """Arrays of one-minute bars, each of shape (bars,): what kernels see.

    `time` is the opening minute, int64 minutes since 1970-01-01 00:00 UTC; prices and
    `tick_volume` are float64.
    """

    time: NDArray[np.int64]
    open: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    tick_volume: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bars:
    """Read-only one-minute bars of one symbol, sorted by time.

    `fingerprint` is the SHA-256 of all arrays; `generated` tells sample data from a market.
    """

    symbol: str
    m1: M1
    fingerprint: str
    generated: bool

    @classmethod
    def from_arrays(cls, symbol: str, m1: M1, *, generated: bool = False) -> Self:
        """Bars from arrays in memory, which are copied.

        Raises:
            DataError: arrays of different lengths; unsorted, repeated or impossible bars.
        """
        frozen = M1._make(np.array(array, kind) for array, kind in zip(m1, _KINDS, strict=True))
        check_bars(frozen, symbol)
        for array in frozen:
            array.setflags(write=False)
        return cls(symbol, frozen, digest_of(frozen), generated)

    @property
    def count(self) -> int:
        """Number of bars."""
        return int(self.m1.time.size)

    @property
    def open(self) -> NDArray[np.float64]:
        """First price of each bar, shape (bars,)."""
        return self.m1.open

    @property
    def high(self) -> NDArray[np.float64]:
        """Highest price of each bar, shape (bars,)."""
        return self.m1.high

    @property
    def low(self) -> NDArray[np.float64]:
        """Lowest price of each bar, shape (bars,)."""
        return self.m1.low

    @property
    def close(self) -> NDArray[np.float64]:
        """Last price of each bar, shape (bars,)."""
        return self.m1.close

    @property
    def volume(self) -> NDArray[np.float64]:
        """Ticks, or whatever the source counts, of each bar, shape (bars,)."""
        return self.m1.tick_volume

    def to_pandas(self) -> "pd.DataFrame":
        """A copy as a frame: open, high, low, close, volume by the time of opening (UTC)."""
        import pandas as pd

        columns = dict(zip(("open", "high", "low", "close", "volume"), self.m1[1:], strict=True))
        times = self.m1.time.astype("datetime64[m]").astype("datetime64[s]")
        index = pd.DatetimeIndex(times, tz="UTC", name="time")
        return pd.DataFrame(columns, index=index, copy=True)

    def between(self, start: int | None, end: int | None) -> "Bars":
        """Bars with `start <= time < end` (UTC minutes; None: no border), same memory.

        The fingerprint is that of the bars left.
        """
        low = 0 if start is None else int(np.searchsorted(self.m1.time, start))
        high = self.count if end is None else int(np.searchsorted(self.m1.time, end))
        if (low, high) == (0, self.count):
            return self
        part = M1._make(array[low:high] for array in self.m1)
        return Bars(self.symbol, part, digest_of(part), self.generated)


def check_bars(m1: M1, name: str) -> None:
    """Refuse impossible bars; messages begin with `name`.

    Raises:
        DataError: names the first impossible bar by its UTC time.
    """
    if len({array.shape for array in m1}) != 1 or m1.time.ndim != 1:
        raise DataError(f"{name}: columns of different shapes: {[array.shape for array in m1]}")
    prices = np.stack(m1[1:5])
    problems = {
        "its time is before 1970 or after 2099": (m1.time < 0) | (m1.time >= _LAST_MINUTE),
        "its time is not after the bar before": np.concatenate([[False], np.diff(m1.time) <= 0]),
        "a price is not a finite number": ~np.isfinite(prices).all(axis=0),
        "a price is 0 or negative": (prices <= 0).any(axis=0),
        "high or low do not enclose open and close": (prices > m1.high).any(axis=0)
        | (prices < m1.low).any(axis=0),
    }
    for problem, impossible in problems.items():
        if impossible.any():
            first = int(impossible.argmax())
            raise DataError(
                f"{name}: bar {np.datetime64(int(m1.time[first]), 'm')} UTC: {problem} "
                f"({impossible.sum():,} such bars); prepare the data again with --prepare-data"
            )


def digest_of(m1: M1) -> str:
    """SHA-256 of all arrays, hexadecimal."""
    digest = sha256()
    for array in m1:
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
