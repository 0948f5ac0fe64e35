"""Initial Balance levels per day, and their cache file (R1.2).

On disk a pickle of plain data: `{"fingerprint": ..., (start, end, timezone):
{date: {"IBH": ..., "IBL": ..., "EQ": ...}}}`. It belongs to the bars whose
fingerprint it carries and is never used with others.
"""

import math
from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.config import IBWindow, check_symbol_name
from params_optimizer.data.bars import Bars
from params_optimizer.data.days import dates_around, local_days, to_date, to_day
from params_optimizer.data.ib_window import ib_times, skipped_windows
from params_optimizer.environment import program, quoted
from params_optimizer.errors import DamagedFileError, MissingDataError, StaleCacheError
from params_optimizer.storage import files, pickles

_FINGERPRINT = "fingerprint"
_LEVELS = ("IBH", "IBL", "EQ")


class IBLevels(NamedTuple):
    """One row per local day that has an IB bar; arrays of shape (days,), sorted by date.

    `date` is int64 days since 1970-01-01 in the zone of the window, `ibh`, `ibl` and `eq`
    are float64 prices.
    """

    date: NDArray[np.int64]
    ibh: NDArray[np.float64]
    ibl: NDArray[np.float64]
    eq: NDArray[np.float64]


def initial_balances(bars: Bars, window: IBWindow) -> IBLevels:
    """Levels of every day with at least one bar in `start <= time < end` (R1.1, R1.2).

    A day on which a change of the clock leaves out the start or the end has none.
    """
    minutes = bars.m1.time
    dates = dates_around(minutes)
    dates = dates[~skipped_windows(dates, window)]
    times = ib_times(dates, window)
    first, after = np.searchsorted(minutes, times.start), np.searchsorted(minutes, times.end)
    has_bars = first < after
    borders = np.stack([first[has_bars], after[has_bars]], axis=1).ravel()
    if not borders.size:
        return IBLevels(dates[has_bars], *np.zeros((3, 0)))
    # reduceat goes from each border to the next, the last one to the end of the bars: every
    # other stretch is an Initial Balance. The end itself is no index it would take.
    borders = borders[:-1] if borders[-1] == minutes.size else borders
    ibh = np.maximum.reduceat(bars.m1.high, borders)[::2]
    ibl = np.minimum.reduceat(bars.m1.low, borders)[::2]
    return IBLevels(dates[has_bars], ibh, ibl, (ibh + ibl) / 2)


def days_without_window(bars: Bars, window: IBWindow) -> NDArray[np.int64]:
    """Dates with bars on which a change of the clock leaves out the start or end of the window."""
    dates = local_days(bars.m1.time, window[2]).date
    return dates[skipped_windows(dates, window)]


def cache_file(data_dir: Path, symbol: str) -> Path:
    """Path of the IB cache of `symbol`."""
    return data_dir / "optimized" / f"{check_symbol_name(symbol)}_ib_cache.pkl"


def write_ib_cache(path: Path, bars: Bars, windows: Iterable[IBWindow]) -> None:
    """Compute the levels of `windows` and write the cache, atomically.

    Raises:
        StorageError: the folder or disk cannot take it.
    """
    content: dict[object, object] = {_FINGERPRINT: bars.fingerprint}
    for window in windows:
        levels = initial_balances(bars, window)
        rows = zip(levels.ibh.tolist(), levels.ibl.tolist(), levels.eq.tolist(), strict=True)
        content[tuple(window)] = {
            to_date(day): dict(zip(_LEVELS, row, strict=True))
            for day, row in zip(levels.date.tolist(), rows, strict=True)
        }
    files.make_folder(path.parent)
    pickles.dump(path, content)


def read_ib_cache(path: Path, bars: Bars) -> dict[IBWindow, IBLevels]:
    """The levels in the cache, which must have been made from `bars`.

    Raises:
        MissingDataError: there is no cache.
        StaleCacheError: it was made from other bars, or by an earlier version.
        DamagedFileError: it is not an IB cache, or its levels are impossible.
    """
    command = precompute_command(path, bars.symbol)
    try:
        content = pickles.load(path)
        fingerprint, windows = _parse(path, content)
    except MissingDataError as error:
        raise MissingDataError(f"{error}; make it with: {command}") from error
    except DamagedFileError as error:
        raise DamagedFileError(f"{error}; make it again with: {command} --force") from error
    if fingerprint != bars.fingerprint:
        raise StaleCacheError(
            f"{path}: was made from other bars (fingerprint {fingerprint[:12]}, the bars of "
            f"{bars.symbol} have {bars.fingerprint[:12]}); make it again with: {command} --force"
        )
    for window, levels in windows.items():
        if skipped_windows(levels.date, window).any():
            raise StaleCacheError(
                f"{path}: holds the window {'-'.join(window[:2])} {window[2]} on days on which a "
                f"change of the clock leaves it out; make it again with: {command} --force"
            )
    return windows


def precompute_command(path: Path, symbol: str) -> str:
    """The command that makes the cache at `path`."""
    data_dir = path.parent.parent
    place = [] if data_dir == Path("data") else ["--data-dir", str(data_dir)]
    module = "params_optimizer.data.ib_precompute"
    return f"{program(module)} {quoted(['--symbol', symbol, *place])}"


def _parse(path: Path, content: object) -> tuple[str, dict[IBWindow, IBLevels]]:
    if not isinstance(content, dict) or not isinstance(content.get(_FINGERPRINT), str):
        raise DamagedFileError(f"{path}: is not an IB cache: it contains no fingerprint of bars")
    windows = {
        _window(path, key): _parse_levels(f"{path}: window {key}", levels)
        for key, levels in content.items()
        if key != _FINGERPRINT
    }
    return content[_FINGERPRINT], windows


def _window(path: Path, key: object) -> IBWindow:
    match key:
        case (str(start), str(end), str(zone)):
            return (start, end, zone)
    raise DamagedFileError(f"{path}: {key!r:.60} is not (start, end, timezone)")


def _parse_levels(where: str, levels: object) -> IBLevels:
    if not isinstance(levels, dict) or not all(type(day) is date for day in levels):
        raise DamagedFileError(f"{where}: does not contain levels by date")
    if any(later <= earlier for earlier, later in pairwise(levels)):
        raise DamagedFileError(f"{where}: its dates are not in order")
    rows = [_row(f"{where}: {day}", row) for day, row in levels.items()]
    columns = np.array(rows, dtype=np.float64).reshape(-1, len(_LEVELS)).T
    dates = np.array([to_day(day) for day in levels], dtype=np.int64)
    return IBLevels(dates, *(np.ascontiguousarray(column) for column in columns))


def _row(where: str, row: object) -> tuple[float, float, float]:
    if isinstance(row, dict) and tuple(row) == _LEVELS:
        match tuple(row.values()):
            case (float(ibh), float(ibl), float(eq)):
                if math.inf > ibh >= ibl > -math.inf and eq == (ibh + ibl) / 2:
                    return ibh, ibl, eq
    raise DamagedFileError(f"{where}: {row!r:.80} must be IBH >= IBL with EQ halfway between them")
