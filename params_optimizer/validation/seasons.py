"""When a list of trades earned: by weekday and by calendar month of the local date."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.engine.metrics_calculator import metrics_of_r

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Season(NamedTuple):
    """Trades of one weekday or month (`2018-01`); `winrate` is in percent, as in R10."""

    name: str
    trades: int
    total_r: float
    winrate: float


def by_weekday(dates: NDArray[np.int64], r: NDArray[np.float64]) -> list[Season]:
    """Monday to Friday, and Saturday and Sunday if traded.

    `dates` are days since 1970-01-01, a Thursday; both of shape (trades,).
    """
    place = (dates + 3) % 7
    seasons = [_season(name, r[place == at]) for at, name in enumerate(WEEKDAYS)]
    return [season for at, season in enumerate(seasons) if at < 5 or season.trades]


def by_month(
    dates: NDArray[np.int64], r: NDArray[np.float64], days: NDArray[np.int64]
) -> list[Season]:
    """Every calendar month that holds one of the trading `days`, in order of time."""
    months, traded = (_month(column) for column in (days, dates))
    return [_season(str(month), r[traded == month]) for month in _distinct(months)]


def _month(days: NDArray[np.int64]) -> "NDArray[np.datetime64]":
    return days.astype("datetime64[D]").astype("datetime64[M]")


def _distinct(months: "NDArray[np.datetime64]") -> Sequence[np.datetime64]:
    return list(np.unique(months))


def _season(name: str, r: NDArray[np.float64]) -> Season:
    figures = metrics_of_r(r)
    return Season(name, int(r.size), figures["total_r"], figures["winrate"])
