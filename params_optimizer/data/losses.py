"""Rows that an import would lose: a few are normal, a pattern of them is an error."""

from collections.abc import Sequence

import numpy as np

from params_optimizer.data.importers import ImportedBars
from params_optimizer.data.importers.stamps import SPELLINGS
from params_optimizer.errors import DataError

_LARGEST_SHARE = 0.01
_FEWEST_ROWS_OF_HOUR = 10


def check_losses(imported: Sequence[ImportedBars], way_out: str) -> None:
    """Refuse files of which more than 1 % of the rows, or a whole hour of the day, is unusable.

    `way_out` says in the message how to import the rest nevertheless.

    Raises:
        DataError: names the file, the reasons and the first rejected row.
    """
    for file in imported:
        lost = sum(file.rejected.values())
        if lost > max(1, _LARGEST_SHARE * file.rows):  # a single row is no pattern
            share = f"{lost:,} of its {file.rows:,} rows ({lost / file.rows:.1%})"
            raise DataError(f"{file.path}: {share} cannot be used: {_details(file, way_out)}")
    rows, usable = np.sum([file.hours for file in imported], axis=0)
    empty = np.flatnonzero((rows >= _FEWEST_ROWS_OF_HOUR) & (usable == 0))
    if empty.size:
        hour = int(empty[0])
        file = max(imported, key=lambda file: int(file.hours[0, hour] - file.hours[1, hour]))
        raise DataError(
            f"{file.path}: none of the {rows[hour]:,} rows from {hour:02}:00 to {hour:02}:59 of "
            f"its clock can be used: {_details(file, way_out)}"
        )


def _details(file: ImportedBars, way_out: str) -> str:
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in file.rejected.items())
    times = f". {SPELLINGS[0].upper()}{SPELLINGS[1:]}" if "time not readable" in reasons else ""
    return f"{reasons}; the first: {file.first_rejected}{times}. Correct the file{way_out}"
