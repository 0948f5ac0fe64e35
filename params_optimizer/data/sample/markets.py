"""What the generated markets look like: sessions, holidays, activity, sizes.

The figures follow real bars: the GER40 feed of an FTMO-like broker (2026) and spot
gold (2018-2019), the latter with the livelier days of recent years.
"""

from dataclasses import dataclass

from params_optimizer.errors import SettingsError

NEW_YORK = "America/New_York"
"""Brokers open and close on this clock: with its daylight saving, not with Berlin's."""


@dataclass(frozen=True, slots=True)
class Activity:
    """How lively the market is at the clock times of `zone`: volatility, any unit.

    `points` are ("HH:MM", level) in order of time; linear between them, and from the
    last to the first over midnight. The levels of several zones add up.
    """

    zone: str
    points: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Market:
    """One market to generate.

    A session opens at `opens` of the evening before its date and ends before `closes`
    (Fridays `friday_closes`), all New York clock. `holidays` and `short_days` name
    closed dates and dates that end before `short_closes`: "MM-DD" or a moveable feast
    by the names that `sessions` knows. `price` is the first price in points, `step` the price
    increment in hundredths of a point, `volatility` the standard deviation of a
    one-minute return, `gap` of the return over one night, `drift` the mean return per
    calendar day, all of which falls into the gaps. `ticks` is the number of ticks in a
    minute of one basis point volatility.
    """

    opens: str
    closes: str
    friday_closes: str
    short_closes: str
    holidays: tuple[str, ...]
    short_days: tuple[str, ...]
    price: float
    step: int
    volatility: float
    gap: float
    drift: float
    ticks: float
    currencies: tuple[str, ...]
    activities: tuple[Activity, ...]


def _activity(zone: str, levels: str) -> Activity:
    """From `08:00 4.2, 08:20 3.2, ...`."""
    points = (point.split() for point in levels.split(", "))
    return Activity(zone, tuple((clock, float(level)) for clock, level in points))


_GER40 = Market(
    opens="18:05",
    closes="16:50",
    friday_closes="15:50",
    short_closes="16:50",
    holidays=("01-01", "Good Friday", "Easter Monday", "05-01", "12-24", "12-25", "12-26", "12-31"),
    short_days=(),
    price=14_000.0,
    step=10,
    volatility=2.6e-4,
    gap=9e-4,
    drift=4.4e-4,
    ticks=45.0,
    currencies=("EUR", "USD"),
    activities=(
        _activity(
            "Europe/Berlin",
            "00:00 1.5, 01:05 1.0, 02:10 3.2, 03:00 2.8, 04:30 2.2, 06:30 1.9, 07:30 2.6, 08:00 "
            "4.2, 08:20 3.2, 08:59 3.8, 09:00 10.0, 09:15 6.2, 10:00 5.6, 11:30 4.6, 13:00 4.8, "
            "14:30 4.8, 17:30 4.6, 17:35 3.4, 18:30 2.6, 20:00 2.6, 22:00 2.4, 22:50 1.6",
        ),
        _activity(
            NEW_YORK,
            "08:25 0.0, 08:30 0.8, 09:29 0.4, 09:30 2.6, 10:30 1.6, 12:00 0.6, 15:00 0.6, 15:55 "
            "2.0, 16:10 0.6, 16:50 0.0",
        ),
    ),
)

_XAUUSD = Market(
    opens="18:00",
    closes="17:00",
    friday_closes="17:00",
    short_closes="13:00",
    holidays=("01-01", "Good Friday", "12-25"),
    short_days=(
        "Martin Luther King Day",
        "Presidents' Day",
        "Memorial Day",
        "06-19",
        "07-04",
        "Labor Day",
        "Thanksgiving",
        "12-24",
    ),
    price=1_825.0,
    step=1,
    volatility=2.1e-4,
    gap=6e-4,
    drift=4.5e-4,
    ticks=55.0,
    currencies=("USD",),
    activities=(
        _activity(
            "Asia/Tokyo",
            "08:00 0.3, 08:59 0.6, 09:00 1.5, 09:59 1.0, 10:00 1.8, 11:30 1.0, 13:00 0.4, 16:00 "
            "0.5, 18:00 0.0",
        ),
        _activity(
            "Europe/London",
            "06:30 0.0, 07:00 0.9, 07:59 1.0, 08:00 1.8, 09:00 1.2, 11:00 0.8, 15:00 0.8, 17:00 "
            "0.2, 18:00 0.0",
        ),
        _activity(
            NEW_YORK,
            "00:00 0.9, 07:30 0.9, 08:19 1.6, 08:20 2.2, 08:30 3.4, 09:00 2.6, 10:00 3.6, 11:00 "
            "2.6, 12:30 2.0, 13:30 2.4, 15:55 1.6, 16:10 1.0, 16:59 1.4, 18:00 1.8, 19:00 1.0",
        ),
    ),
)

MARKETS = {"GER40": _GER40, "XAUUSD": _XAUUSD}


def market_of(symbol: str) -> Market:
    """The generated market behind `symbol`.

    Raises:
        SettingsError: there is no such market.
    """
    try:
        return MARKETS[symbol]
    except KeyError as error:
        raise SettingsError(
            f"there is no sample data for {symbol!r}, only for {' and '.join(MARKETS)}; for other "
            f"symbols put real CSV files into 'data/{symbol} 1m .../' and use --prepare-data"
        ) from error
