"""Which column of a table is which: spellings of times, prices, volume, symbol and spread."""

import re
from collections.abc import Sequence
from typing import NamedTuple

PRICES = ("open", "high", "low", "close")
TIMES = (
    "time",
    "datetime",
    "timestamp",
    "unix",
    "unix_timestamp",
    "open_time",
    "window_start",
    "date_time",
    "date",
    "t",
)
"""Columns that hold a whole time, in the order in which they are preferred."""

SERIES = ("symbol", "ticker", "instrument", "sym", "per", "period", "interval", "timeframe")
"""Columns whose value is the same in every row of one series of bars."""

_SPELLINGS = {
    "open": ("open", "o"),
    "high": ("high", "h"),
    "low": ("low", "l"),
    "close": ("close", "last", "c"),
}
_VOLUMES = ("tick_volume", "tickvol", "volume", "vol", "totalvolume", "total_volume", "v")
_OTHER_VOLUMES = re.compile(r"(?:volume|vol)_\w+|\w+_(?:volume|vol)")
_PARTIAL_VOLUMES = re.compile(
    r".*(?:^|_)(?:quote|taker|maker|bid|ask|buy|sell|up|down|ma|sma|ema|avg|average|delta|profile)"
    r"(?:_|$).*"
)


class Columns(NamedTuple):
    """Places of the columns in a row, from 0; `volume` are two places where they are added up."""

    prices: tuple[int, ...]
    volume: tuple[int, ...]
    series: tuple[int, ...]
    spread: int | None


def key_of(name: str) -> str:
    """A column name for comparison: `<TICKVOL>` becomes `tickvol`, `Volume (BTC)` `volume_btc`."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def position(keys: Sequence[str], *spellings: str) -> int | None:
    """Place of the first of `spellings` that is among `keys`."""
    return next((keys.index(name) for name in spellings if name in keys), None)


def columns_of(keys: Sequence[str]) -> Columns | str:
    """The columns of a table with these `keys`, or the name of a missing price."""
    prices = [position(keys, *_SPELLINGS[price]) for price in PRICES]
    for price, place in zip(PRICES, prices, strict=True):
        if place is None:
            return price
    return Columns(
        prices=tuple(place for place in prices if place is not None),
        volume=volume_places(keys),
        series=tuple(place for place, key in enumerate(keys) if key in SERIES),
        spread=position(keys, "spread"),
    )


def volume_places(keys: Sequence[str]) -> tuple[int, ...]:
    """Where the volume is: the common names first, then `Volume BTC` and its like.

    TradeStation writes the volume of rising and falling ticks, which add up to that of the bar.
    """
    place = position(keys, *_VOLUMES)
    if place is not None:
        return (place,)
    up, down = position(keys, "up"), position(keys, "down")
    if up is not None and down is not None:
        return (up, down)
    return tuple(
        place
        for place, key in enumerate(keys)
        if _OTHER_VOLUMES.fullmatch(key) and not _PARTIAL_VOLUMES.fullmatch(key)
    )[:1]
