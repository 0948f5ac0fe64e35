"""Bars of any time frame: from a file, or resampled from one-minute bars."""

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.config import check_symbol_name
from params_optimizer.data.bars import M1, Bars
from params_optimizer.data.days import MINUTES_PER_DAY
from params_optimizer.data.importers import DateOrder, Stamp, import_file
from params_optimizer.data.losses import check_losses
from params_optimizer.data.series import one_series
from params_optimizer.errors import SettingsError

_UNITS = {"M": 1, "H": 60, "D": MINUTES_PER_DAY, "W": 7 * MINUTES_PER_DAY}
_LONGEST_NAME = 32


class OhlcFile(NamedTuple):
    """Bars of a file, their time frame in minutes, and rows left out by reason.

    `volume_name` is the column that became the volume, None where every volume is 1.
    """

    bars: Bars
    time_frame: int
    left_out: dict[str, int]
    volume_name: str | None


def load_ohlc(
    path: Path,
    source_timezone: str | None = None,
    symbol: str | None = None,
    *,
    stamps: Stamp | None = None,
    date_order: DateOrder | None = None,
    force: bool = False,
) -> OhlcFile:
    """Bars of a file in any format of `--prepare-data`, whatever their time frame.

    Rows are sorted by time; of several with the same time the first is kept. `symbol` defaults
    to the name of the file. `stamps` and `date_order` are those of `import_file`; `force`
    takes the usable rows of a file that loses a pattern of them.

    Raises:
        MissingDataError, StorageError: there is no such file, or it cannot be read.
        FormatError, TimezoneNeededError, DataError: what `import_file` raises, several series
            of bars, or too many rows lost.
        SettingsError: `source_timezone` is not a time zone, or `symbol` is not a valid name.
    """
    file = import_file(
        path, source_timezone, one_minute=False, stamps=stamps, date_order=date_order
    )
    if not force:
        check_losses([file], ", or add --force to take the other rows")
    series = one_series([file])
    left_out = dict(file.rejected)
    if series.duplicates:
        left_out["repeated time"] = series.duplicates
    bars = Bars.from_arrays(
        check_symbol_name(symbol) if symbol else symbol_of(path),
        series.m1,
        generated=file.generated,
    )
    return OhlcFile(bars, time_frame(bars.m1.time), left_out, file.volume_name)


def symbol_of(path: Path) -> str:
    """A name for the market of a file: `eurusd h1.csv` becomes `eurusd_h1`."""
    name = re.sub(r"[^A-Za-z0-9._+-]+", "_", path.stem).strip("._+-")
    return name[:_LONGEST_NAME] or "DATA"


def time_frame(time: NDArray[np.int64]) -> int:
    """Minutes from one bar to the next, where nothing is missing: the most frequent step.

    `time` are opening minutes in order, shape (bars,); 0 below two bars.
    """
    if time.size < 2:
        return 0
    steps, counts = np.unique(np.diff(time), return_counts=True)
    return int(steps[counts.argmax()])


def time_frame_name(minutes: int) -> str:
    """`M1`, `H4`, `D1`, `W1`: the largest unit that divides the minutes."""
    for letter, unit in reversed(_UNITS.items()):
        if minutes and minutes % unit == 0:
            return f"{letter}{minutes // unit}"
    return "unknown"


def parse_time_frame(text: str) -> int:
    """Minutes of `M15`, `H1`, `D1` or a plain number of minutes.

    Raises:
        SettingsError: the text is none of these, or longer than a week.
    """
    match = re.fullmatch(r"([MHDW]?)([1-9][0-9]{0,4})", text.upper())
    minutes = _UNITS[match[1] or "M"] * int(match[2]) if match else 0
    if not 0 < minutes <= _UNITS["W"]:
        raise SettingsError(
            f"time frame {text!r}: write M15, H1, D1 or a number of minutes, up to a week"
        )
    return minutes


def resample(bars: Bars, minutes: int) -> Bars:
    """Bars of a longer time frame, which begin on multiples of it counted from midnight UTC.

    A bar begins at the time its stretch begins, holds the first open, highest high, lowest low,
    last close and sum of volume, and exists where the stretch has a bar. Weeks begin on Monday.

    Raises:
        SettingsError: `minutes` is not a multiple of the time frame of `bars`.
    """
    present = time_frame(bars.m1.time)
    if present and minutes % present:
        raise SettingsError(
            f"bars of {time_frame_name(present)} cannot be combined into "
            f"{time_frame_name(minutes)}: {minutes} minutes is not a multiple of {present}"
        )
    monday = 4 * MINUTES_PER_DAY if minutes == _UNITS["W"] else 0  # 1970-01-01 was a Thursday
    start = (bars.m1.time - monday) // minutes * minutes + monday
    first = np.flatnonzero(np.diff(start, prepend=-1))
    gathered = M1(
        start[first],
        bars.m1.open[first],
        np.maximum.reduceat(bars.m1.high, first),
        np.minimum.reduceat(bars.m1.low, first),
        bars.m1.close[np.append(first[1:], bars.count) - 1],
        np.add.reduceat(bars.m1.tick_volume, first),
    )
    return Bars.from_arrays(bars.symbol, gathered, generated=bars.generated)
