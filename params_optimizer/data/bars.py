"""One-minute bars: read-only arrays that every process maps instead of parsing.

`load_bars` is the only way from a file to bars. It checks the prepared Parquet file
once and keeps its columns in the user's cache folder, so that later starts and
worker processes map the same memory.
"""

import mmap
import shlex
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from params_optimizer.config import check_symbol_name
from params_optimizer.environment import cache_folder
from params_optimizer.errors import DataError, FormatError, MissingDataError
from params_optimizer.storage import files

if TYPE_CHECKING:
    import pandas as pd

METADATA_KEY = b"params_optimizer"
SYMBOL_KEY = b"symbol"
GENERATED = b"generated"
"""Value of the Parquet metadata of bars that a random process made."""

_HEADER = 64  # digest of the content, hexadecimal
_PARSED = "bars 1"  # changes with the layout or the checks below
_KEPT_FILES = 16
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
        return cls(symbol, frozen, _digest(frozen), generated)

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
        return Bars(self.symbol, part, _digest(part), self.generated)


def optimized_file(data_dir: Path, symbol: str) -> Path:
    """Where the prepared bars of `symbol` lie."""
    return data_dir / "optimized" / f"{check_symbol_name(symbol)}_m1.parquet"


def load_bars(data_dir: Path, symbol: str) -> Bars:
    """The prepared bars of `symbol`.

    Raises:
        MissingDataError: they were not prepared yet.
        DataError: the file is damaged, or holds impossible or unsorted bars.
    """
    path = optimized_file(data_dir, symbol)
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise MissingDataError(
            f"{path}: there are no prepared bars of {symbol}; put its CSV files into "
            f"'{data_dir}/{symbol} 1m .../' and run: python -m params_optimizer.run_optimizer "
            f"--symbol {symbol} --data-dir {shlex.quote(str(data_dir))} --prepare-data"
        ) from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    key = sha256(f"{_PARSED} {symbol} {sha256(content).hexdigest()}".encode()).hexdigest()[:32]
    mapped = cache_folder() / f"bars-{key}.bin"
    bars = _map(mapped, symbol)
    if bars is None:
        m1, generated = _parse(path, content, symbol)
        _write_mapped(mapped, m1, generated=generated)
        bars = _map(mapped, symbol)
    if bars is None:
        raise DataError(f"{mapped}: does not hold what was written; check this disk")
    return bars


def check_bars(m1: M1, name: str) -> None:
    """Refuse bars that cannot be; `name` stands at the beginning of the message.

    Raises:
        DataError: names the first wrong bar by its UTC time.
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
    for problem, wrong in problems.items():
        if wrong.any():
            at = int(wrong.argmax())
            raise DataError(
                f"{name}: bar {np.datetime64(int(m1.time[at]), 'm')} UTC: {problem} "
                f"({wrong.sum():,} such bars); prepare the data again with --prepare-data"
            )


def _parse(path: Path, content: bytes, symbol: str) -> tuple[M1, bool]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(pa.BufferReader(content), page_checksum_verification=True)
        missing = [name for name in M1._fields if name not in file.schema_arrow.names]
        if missing:
            raise FormatError(
                f"{path}: has no column {missing[0]!r}; has {', '.join(file.schema_arrow.names)}. "
                f"Import it with --prepare-data {path}"
            )
        if not pa.types.is_timestamp(file.schema_arrow.field("time").type):
            raise FormatError(
                f"{path}: column 'time' holds {file.schema_arrow.field('time').type} values, not "
                f"timestamps. Import it with --prepare-data {path}"
            )
        table = file.read(columns=list(M1._fields))
        metadata = file.schema_arrow.metadata or {}
        generated = metadata.get(METADATA_KEY) == GENERATED
        said = metadata.get(SYMBOL_KEY, symbol.encode()).decode(errors="replace")
        if said != symbol:
            raise DataError(
                f"{path}: holds the bars of {said}, not of {symbol}; prepare those of {symbol} "
                f"with --symbol {symbol} --prepare-data --force"
            )
        seconds = table["time"].cast(pa.timestamp("s", tz="UTC")).cast(pa.int64()).to_numpy()
        columns = [table[name].cast(pa.float64()).to_numpy() for name in M1._fields[1:]]
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path}: is no readable Parquet file of bars ({_first_line(error)}); "
            f"make it again with --prepare-data --force"
        ) from error
    if not table.num_rows:
        raise DataError(f"{path}: holds no bars; make it again with --prepare-data")
    if table["time"].null_count or (seconds % 60).any():
        raise DataError(f"{path}: column 'time' holds times that are not whole minutes")
    m1 = M1(seconds // 60, *columns)
    check_bars(m1, str(path))
    return m1, generated


def _write_mapped(path: Path, m1: M1, *, generated: bool) -> None:
    payload = b"".join([bytes([generated]) * 8, *(array.tobytes() for array in m1)])
    files.write_bytes(path, sha256(payload).hexdigest().encode() + payload)
    # Another process may forget the same files, or still map one (Windows keeps it then).
    with suppress(OSError):
        older = sorted(path.parent.glob("bars-*.bin"), key=lambda one: one.stat().st_mtime)
        for forgotten in older[:-_KEPT_FILES]:
            files.remove(forgotten)


def _map(path: Path, symbol: str) -> Bars | None:
    """Map a cached file; None where it is missing or not what was written."""
    try:
        with path.open("rb") as file:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError):  # ValueError: an empty file cannot be mapped
        return None
    payload = memoryview(content)[_HEADER:]
    if content[:_HEADER] != sha256(payload).hexdigest().encode():
        return None
    count = (len(payload) - 8) // (8 * len(M1._fields))
    m1 = M1._make(
        np.frombuffer(payload, kind, count, 8 + 8 * count * position)
        for position, kind in enumerate(_KINDS)
    )
    return Bars(symbol, m1, _digest(m1), bool(payload[0]))


def _digest(m1: M1) -> str:
    digest = sha256()
    for array in m1:
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
