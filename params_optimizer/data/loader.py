"""Load prepared bars, which every process maps instead of parsing the file.

`load_bars` is the only way from a file to bars. It checks the prepared Parquet file
once and keeps its columns in the user's cache folder, so that later starts and
worker processes map the same memory.
"""

import mmap
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import numpy as np

from params_optimizer.config import check_symbol_name
from params_optimizer.data.bars import (
    GENERATED,
    M1,
    METADATA_KEY,
    SYMBOL_KEY,
    Bars,
    check_bars,
    digest_of,
)
from params_optimizer.environment import cache_folder, program, quoted
from params_optimizer.errors import DataError, FormatError, MissingDataError
from params_optimizer.storage import files

_HEADER = 64  # digest of the content, hexadecimal
_PARSED = "bars 1"  # changes with the layout, or with the checks of bars
_KEPT_FILES = 16
_KINDS = (np.int64, *[np.float64] * 5)


def optimized_file(data_dir: Path, symbol: str) -> Path:
    """Path of the prepared bars of `symbol`."""
    return data_dir / "optimized" / f"{check_symbol_name(symbol)}_m1.parquet"


def load_bars(data_dir: Path, symbol: str) -> Bars:
    """The prepared bars of `symbol`.

    Raises:
        MissingDataError: they were not prepared yet.
        DataError: the file is damaged, or contains impossible or unsorted bars.
    """
    path = optimized_file(data_dir, symbol)
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise MissingDataError(
            f"{path}: there are no prepared bars of {symbol}; put its CSV files into "
            f"'{data_dir}/{symbol} 1m .../' and run: {program()} "
            f"{quoted(['--symbol', symbol, '--data-dir', str(data_dir), '--prepare-data'])}"
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
        raise DataError(f"{mapped}: does not contain what was written; check this disk")
    return bars


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
        time_type = file.schema_arrow.field("time").type
        if not pa.types.is_timestamp(time_type):
            raise FormatError(
                f"{path}: column 'time' contains {time_type} values, not "
                f"timestamps. Import it with --prepare-data {path}"
            )
        table = file.read(columns=list(M1._fields))
        metadata = file.schema_arrow.metadata or {}
        generated = metadata.get(METADATA_KEY) == GENERATED
        stated_symbol = metadata.get(SYMBOL_KEY, symbol.encode()).decode(errors="replace")
        if stated_symbol != symbol:
            raise DataError(
                f"{path}: contains the bars of {stated_symbol}, not of {symbol}; prepare "
                f"those of {symbol} with --symbol {symbol} --prepare-data --force"
            )
        seconds = table["time"].cast(pa.timestamp("s", tz="UTC")).cast(pa.int64()).to_numpy()
        columns = [table[name].cast(pa.float64()).to_numpy() for name in M1._fields[1:]]
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path}: is not a readable Parquet file of bars ({_first_line(error)}); "
            f"make it again with --prepare-data --force"
        ) from error
    if not table.num_rows:
        raise DataError(f"{path}: contains no bars; make it again with --prepare-data")
    if table["time"].null_count or (seconds % 60).any():
        raise DataError(f"{path}: column 'time' contains times that are not whole minutes")
    m1 = M1(seconds // 60, *columns)
    check_bars(m1, str(path))
    return m1, generated


def _write_mapped(path: Path, m1: M1, *, generated: bool) -> None:
    payload = b"".join([bytes([generated]) * 8, *(array.tobytes() for array in m1)])
    files.write_bytes(path, sha256(payload).hexdigest().encode() + payload)
    # Another process may forget the same files, or still map one (Windows keeps it then).
    with suppress(OSError):
        mapped_files = sorted(path.parent.glob("bars-*.bin"), key=lambda file: file.stat().st_mtime)
        for expired in mapped_files[:-_KEPT_FILES]:
            files.remove(expired)


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
    return Bars(symbol, m1, digest_of(m1), bool(payload[0]))


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
