"""Bars, news, parameters and grids by chance, uglier than any market; a case is its number.

Prices are whole ticks, so that levels are hit exactly; up to 40 % of the minutes are missing,
and hours beside them; news voids many minutes; days lie around changes of the clock; the
parameters are no grid's.
"""

from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from params_optimizer.config import IBWindow
from params_optimizer.data.bars import M1, Bars
from params_optimizer.data.news import NO_NEWS, NewsWindows
from params_optimizer.strategies.initial_balance.grid import GridAxes
from params_optimizer.strategies.initial_balance.params import Execution, Params

ZONES = {
    "UTC": ("2024-01-10",),
    "Asia/Tokyo": ("2024-01-10",),
    "Asia/Kolkata": ("2024-02-27",),  # half an hour beside the others
    "Europe/Berlin": ("2024-03-29", "2024-10-25"),
    "America/New_York": ("2024-03-08", "2024-11-01"),
    "Australia/Lord_Howe": ("2024-04-05", "2024-10-04"),  # the clock changes by half an hour
    "America/Sao_Paulo": ("2018-02-16", "2018-11-02"),  # and here at midnight
}
"""Zones, and dates a few days before something happens to their clock."""

WAITS = (0, 1, 2, 7, 15, 30, 61)
WINDOWS = (1, 2, 3, 10, 37, 60, 90, 119, 240, 600, 1440)
RRS = (0.01, 0.3, 0.5, 1.0, 1.5, 2.0, 3.7, 1e6)
TSL_TARGETS = (0.0, 0.0, 0.0, 0.01, 0.25, 0.5, 1.0, 2.5)
TSL_STOPS = (0.01, 0.25, 0.5, 1.0, 3.0)
MIN_SLS = (1e-9, 1e-6, 0.001, 0.0025, 0.005, 0.01, 0.05)
EXTENSIONS = (0.0, 0.1, 0.25, 0.5, 1.0, 2.0)
BUFFERS = (0.0, 0.0, 0.05, 0.1, 0.25, 1 / 3)
DISTANCES = (0.1, 0.25, 0.5, 1.0, 1.25, 5.0, 100.0)
SPREADS = (0.0, 0.0, 0.0, 0.1, 0.5, 2.0, 20.0)


class Market(NamedTuple):
    """Bars in `zone`, news around them, and the full spread."""

    bars: Bars
    news: NewsWindows
    spread: float
    zone: str


def market(rng: Generator) -> Market:
    """Some days of one market."""
    zone = str(rng.choice(list(ZONES)))
    first = np.datetime64(str(rng.choice(ZONES[zone])), "m").astype(np.int64)
    minutes = first + np.arange(1440 * int(rng.integers(4, 8)))
    kept = rng.random(minutes.size) >= rng.choice([0.0, 0.1, 0.4])
    for _ in range(int(rng.integers(0, 6))):  # closed for hours
        begin = int(rng.integers(minutes.size))
        kept[begin : begin + int(rng.integers(5, 300))] = False
    time = minutes[kept]
    news = _news(rng, minutes)
    bars = Bars.from_arrays("TEST", M1(time, *_prices(rng, time.size), np.ones(time.size)))
    return Market(bars, news, float(rng.choice(SPREADS)), zone)


def _prices(rng: Generator, count: int) -> list[np.ndarray]:
    """Open, high, low and close of a walk that comes back, in whole ticks around 100."""
    tick, wild = rng.choice([0.1, 0.25, 0.5, 1.0]), int(rng.integers(1, 4))
    steps, gaps = rng.integers(-wild, wild + 1, (2, count))
    gaps[rng.random(count) > 0.1] = 0
    pull, place = rng.choice([0.005, 0.02, 0.1]), 0.0
    opened, closed = np.empty(count), np.empty(count)
    for bar in range(count):
        opened[bar] = round(place * (1 - pull)) + gaps[bar]
        place = closed[bar] = opened[bar] + steps[bar]
    above, below = rng.integers(0, wild + 1, (2, count))
    high = np.maximum(opened, closed) + above
    low = np.minimum(opened, closed) - below
    return [np.maximum(np.round(100 + one * tick, 2), 1.0) for one in (opened, high, low, closed)]


def _news(rng: Generator, minutes: np.ndarray) -> NewsWindows:
    """Windows over no, a few, or every second or third minute."""
    void = rng.random(minutes.size) < rng.choice([0.0, 0.02, 0.3, 0.5])
    if not void.any():
        return NO_NEWS
    edges = np.diff(np.concatenate([[False], void, [False]]).astype(np.int64))
    return NewsWindows(minutes[edges[:-1] == 1], minutes[edges[1:] == -1])


def ib_window(rng: Generator, zone: str) -> IBWindow:
    """Any minutes from one to two hours, often about the hours of clock changes and midnight."""
    first, end = [(0, 1440), (0, 240), (1320, 1440)][int(rng.choice(3, p=[0.5, 0.25, 0.25]))]
    start = int(rng.integers(first, end))
    return clock(start), clock(start + int(rng.choice([1, 2, 5, 15, 30, 37, 60, 120]))), zone


def clock(minute: int) -> str:
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"


def params(rng: Generator, zone: str) -> Params:
    """One combination; tsl_sl may be above tsl_target, which no grid has."""
    return Params(
        *ib_window(rng, zone),
        int(rng.choice(WAITS)),
        int(rng.choice(WINDOWS)),
        float(rng.choice(RRS)),
        "eq" if rng.random() < 0.5 else "ib_start",
        float(rng.choice(TSL_TARGETS)),
        float(rng.choice(TSL_STOPS)),
        float(rng.choice(MIN_SLS)),
        bool(rng.random() < 0.7),
        float(rng.choice(EXTENSIONS)),
        float(rng.choice(BUFFERS)),
        float(rng.choice(DISTANCES)),
    )


def execution(rng: Generator) -> Execution:
    """Strict, often with slippage."""
    return Execution(strict=True, slippage=float(rng.choice([0.0, 0.1, 1.0])))


def axes(rng: Generator, zone: str) -> GridAxes:
    """A grid of some hundred combinations: a few values per axis, in any order."""
    trailings = [(target, stop) for target in dict.fromkeys(TSL_TARGETS) for stop in TSL_STOPS]
    rebounds = [(False, 0.5), *((True, pct) for pct in EXTENSIONS), (False, 1.0)]
    windows = [ib_window(rng, zone) for _ in range(int(rng.integers(1, 3)))]
    return GridAxes(
        ib_windows=tuple(dict.fromkeys(windows)),
        waits=_some(rng, WAITS, 2),
        windows=_some(rng, (*WINDOWS, 4, 11, 61, 62, 120), 4),
        rr_targets=_some(rng, RRS, 2),
        stop_modes=_some(rng, ("eq", "ib_start"), 2),
        trailings=tuple(trailings[place] for place in _some(rng, range(len(trailings)), 3)),
        min_sls=_some(rng, MIN_SLS, 3),
        rebounds=tuple(rebounds[place] for place in _some(rng, range(len(rebounds)), 4)),
        buffers=_some(rng, dict.fromkeys(BUFFERS), 3),
        distances=_some(rng, DISTANCES, 3),
    )


def _some(rng: Generator, values, most: int) -> tuple:
    """One to `most` of the values, in any order, as Python objects."""
    known = list(values)
    places = rng.permutation(len(known))[: int(rng.integers(1, min(most, len(known)) + 1))]
    return tuple(known[place] for place in places)
