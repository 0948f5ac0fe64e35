"""Rows of several files as one series of bars: each minute once, and one market only.

Of several rows of one minute the first is taken, in the order of the files and of the rows in
them. The last bar of a file gives way to that of another file: an export that was made while
the bar was open ends with an unfinished one.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import M1
from params_optimizer.data.importers import ImportedBars
from params_optimizer.errors import DataError

_FEWEST_CONFLICTS = 10
"""Fewer conflicting minutes do not prove that there are two series."""


class OneSeries(NamedTuple):
    """Bars sorted by time, each minute once, and how many rows repeated one.

    `conflicts` are the repeated rows with other prices than the bar that was taken, the first
    at `first_conflict`; `unfinished` are those of them that were the last bar of their file.
    """

    m1: M1
    duplicates: int
    conflicts: int
    first_conflict: int | None
    unfinished: int


def one_series(imported: Sequence[ImportedBars]) -> OneSeries:
    """All bars of the files, in time order.

    Raises:
        DataError: the files name several markets, or most repeated minutes have other prices.
    """
    _check_names(imported)
    rows = M1._make(
        np.concatenate(columns) for columns in zip(*(file.m1 for file in imported), strict=True)
    )
    file_of = np.repeat(np.arange(len(imported)), [file.m1.time.size for file in imported])
    last = np.concatenate([file.m1.time == file.m1.time.max() for file in imported])
    order = np.lexsort((last, rows.time))  # stable: the order of files and rows within a minute
    rows, file_of, last = M1._make(column[order] for column in rows), file_of[order], last[order]
    first = np.concatenate([[True], np.diff(rows.time) > 0])
    bar = np.flatnonzero(first)[np.cumsum(first) - 1]
    conflict = np.any([price != price[bar] for price in rows[1:5]], axis=0)
    unfinished = conflict & last & ~last[bar]
    repeated = ~first & ~unfinished
    _check_conflicts(imported, rows.time, file_of, bar, repeated, repeated & conflict)
    return OneSeries(
        M1._make(column[first] for column in rows),
        duplicates=int((~first).sum()),
        conflicts=int(conflict.sum()),
        first_conflict=int(rows.time[conflict.argmax()]) if conflict.any() else None,
        unfinished=int(unfinished.sum()),
    )


def _check_names(imported: Sequence[ImportedBars]) -> None:
    """Refuse files whose columns name different markets or time frames."""
    named = {file.series: file.path.name for file in imported if file.series}
    if len(named) > 1:
        listed = ", ".join(f"{' '.join(series)} ({name})" for series, name in named.items())
        raise DataError(
            f"the files contain the bars of several series: {listed}; keep the files of one of "
            f"them in the folder, or name them: --prepare-data PATH"
        )


def _check_conflicts(
    imported: Sequence[ImportedBars],
    time: NDArray[np.int64],
    file_of: NDArray[np.int64],
    bar: NDArray[np.int64],
    repeated: NDArray[np.bool_],
    conflict: NDArray[np.bool_],
) -> None:
    """Refuse two series in one import; `bar` is the row that was taken for each row's minute."""
    conflicts, rows = int(conflict.sum()), int(repeated.sum())
    if conflicts < _FEWEST_CONFLICTS or 2 * conflicts <= rows:
        return
    row = int(conflict.argmax())
    way_out = (
        "Split the file, so that each contains one series"
        if len(imported) == 1
        else "Keep the files of one series in the folder, or name them: --prepare-data PATH"
    )
    names = list(dict.fromkeys(imported[file_of[at]].path.name for at in (bar[row], row)))
    raise DataError(
        f"{conflicts:,} of {rows:,} repeated minutes have other prices, the first of them "
        f"{np.datetime64(int(time[row]), 'm')} UTC in {' and '.join(names)}: these are several "
        f"series, such as bid and ask, two markets, or two feeds of one. {way_out}"
    )
