"""The Initial Balance windows of a zone as instants, day by day (R1.1, R1.2)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.config import IBWindow
from params_optimizer.data.days import instants, skipped


class IBTimes(NamedTuple):
    """Begin and end of the Initial Balance in UTC minutes, each of shape (dates,)."""

    start: NDArray[np.int64]
    end: NDArray[np.int64]


def ib_times(dates: NDArray[np.int64], window: IBWindow) -> IBTimes:
    """When the window is on each of `dates`, the local dates of its start.

    A window whose end is not after its start ends on the next date.
    """
    start, end, zone = window
    return IBTimes(instants(dates, start, zone), instants(_end_dates(dates, window), end, zone))


def skipped_windows(dates: NDArray[np.int64], window: IBWindow) -> NDArray[np.bool_]:
    """On which of `dates` a change of the clock leaves out the start or the end of the window."""
    start, end, zone = window
    return skipped(dates, start, zone) | skipped(_end_dates(dates, window), end, zone)


def _end_dates(dates: NDArray[np.int64], window: IBWindow) -> NDArray[np.int64]:
    start, end, _ = window
    return dates + (end <= start)
