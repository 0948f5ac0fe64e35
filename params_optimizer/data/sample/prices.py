"""Bars of a random market: clustered volatility, unpredictable prices.

Volatility is the product of the time of day, the news and a lognormal process on four
time scales; together they give clusters and fat tails. Given all of that and the past,
the return of every minute has mean zero; the growth over the years falls into the gaps
between sessions, when no intraday strategy holds a position.
"""

from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from params_optimizer.data.days import MINUTES_PER_DAY
from params_optimizer.data.sample.markets import Activity, Market
from params_optimizer.data.sample.news import Event
from params_optimizer.data.sample.sessions import SampleSessions, clock, minutes

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

# Variances of the log volatility and their memory, from the autocorrelation of absolute
# returns of real bars at 1, 5, 30, 240 and 1,380 minutes, and their kurtosis.
_SLOW_VARIANCE, _SLOW_SESSIONS = 0.11, 15.0
_WAVES = ((0.08, 150.0), (0.12, 8.0))
_BURST_VARIANCE = 0.16
_MAX_VOLATILITY = 40e-4  # of one minute

_NEWS_BOOST = {"High": 2.5, "Medium": 0.8, "Low": 0.0}
_NEWS_MINUTES = 8.0
_JUMP_SHARE = 0.02  # of a minute's variance, between its close and the next open
_EXTREMES_SHARE = 0.75  # of a minute's variance reaches high and low: ticks are discrete
_MISSING = 0.7  # over the expected ticks to the power of 1.5: chance of a minute without any


class CentBars(NamedTuple):
    """Bars of shape (bars,): UTC minutes, prices in hundredths of a point, ticks."""

    time: Integers
    open: Integers
    high: Integers
    low: Integers
    close: Integers
    volume: Integers


def draw_bars(
    rng: Generator, market: Market, sessions: SampleSessions, events: list[Event]
) -> CentBars:
    """One path of `market` over all `sessions`, minutes without a tick left out."""
    lively = _activity(market.activities, sessions) * _news_boost(market, sessions, events)
    volatility = market.volatility * lively * np.exp(_log_volatility(rng, *lively.shape))
    volatility = np.minimum(volatility, _MAX_VOLATILITY)
    is_open = np.arange(lively.shape[1]) < sessions.length[:, None]
    volatility[~is_open] = 0.0
    cents = _draw_prices(rng, market, volatility, _gaps(rng, market, sessions))
    ticks = market.ticks * (1e4 * volatility) ** 0.9
    traded = is_open & (rng.random(lively.shape) > _MISSING / (1 + ticks) ** 1.5)
    volume = np.maximum(rng.poisson(ticks * rng.lognormal(0, 0.3, lively.shape)), 1)
    return CentBars._make(column[traded] for column in (minutes(sessions), *cents, volume))


def _draw_prices(
    rng: Generator, market: Market, volatility: Array, gaps: Array
) -> tuple[Integers, Integers, Integers, Integers]:
    """Open, high, low, close in cents; `volatility` has shape (sessions, minutes)."""
    jump = np.sqrt(_JUMP_SHARE) * volatility * rng.standard_normal(volatility.shape)
    jump[:, 0] = gaps
    move = np.sqrt(1 - _JUMP_SHARE) * volatility * rng.standard_normal(volatility.shape)
    close = market.price * np.cumprod((1 + jump) * (1 + move)).reshape(volatility.shape)
    opening = close / (1 + move)
    # The extremes of a Brownian bridge from open to close.
    up, down = (
        np.sqrt(
            move**2 + 2 * _EXTREMES_SHARE * volatility**2 * rng.standard_exponential(move.shape)
        )
        for _ in range(2)
    )
    high, low = opening * (1 + (move + up) / 2), opening * (1 + (move - down) / 2)
    steps = 100 / market.step
    first, top, bottom, last = (
        np.rint(price * steps).astype(np.int64) * market.step
        for price in (opening, high, low, close)
    )
    return (
        first,
        np.maximum(top, np.maximum(first, last)),
        np.minimum(bottom, np.minimum(first, last)),
        last,
    )


def _gaps(rng: Generator, market: Market, sessions: SampleSessions) -> Array:
    """Return from one session's close to the next open; none before the first one."""
    days = np.diff(sessions.opens) / MINUTES_PER_DAY
    fat = rng.lognormal(-0.25, 0.7, days.size) * rng.standard_normal(days.size)
    return np.concatenate([[0.0], market.gap * days**0.7 * fat + market.drift * days])


def _log_volatility(rng: Generator, sessions: int, length: int) -> Array:
    """Log of a factor with mean square 1, shape (sessions, minutes)."""
    slow = _autoregressive(rng, sessions, 1, _SLOW_SESSIONS) * np.sqrt(_SLOW_VARIANCE)
    burst = rng.standard_normal((sessions, length)) * np.sqrt(_BURST_VARIANCE)
    total: Array = slow + burst
    for variance, memory in _WAVES:
        total += _autoregressive(rng, length, sessions, memory).T * np.sqrt(variance)
    total -= _SLOW_VARIANCE + _BURST_VARIANCE + sum(variance for variance, _ in _WAVES)
    return total


def _autoregressive(rng: Generator, steps: int, paths: int, memory: float) -> Array:
    """Stationary AR(1) with variance 1, shape (steps, paths), correlation exp(-1 / memory)."""
    path: Array = rng.standard_normal((steps, paths))
    keep = np.exp(-1 / memory)
    path[1:] *= np.sqrt(1 - keep**2)
    for step in range(1, steps):
        path[step] += keep * path[step - 1]
    return path


def _activity(activities: tuple[Activity, ...], sessions: SampleSessions) -> Array:
    """Level of the time of day with mean square 1, shape (sessions, minutes)."""
    total = np.zeros((sessions.date.size, sessions.length.max()))
    for activity in activities:
        at = [int(text[:2]) * 60 + int(text[3:]) for text, _ in activity.points]
        levels = [level for _, level in activity.points]
        total += np.interp(clock(sessions, activity.zone), at, levels, period=MINUTES_PER_DAY)
    total /= np.sqrt(np.mean(total**2))
    return total


def _news_boost(market: Market, sessions: SampleSessions, events: list[Event]) -> Array:
    """Factor of volatility after news in the market's currencies, shape (sessions, minutes)."""
    first_boost: dict[int, float] = {}  # events of one minute are one surprise
    for event in events:
        if event.country in market.currencies:
            present = first_boost.get(event.time, 0.0)
            first_boost[event.time] = max(present, _NEWS_BOOST[event.impact])
    boost = np.ones((sessions.date.size, sessions.length.max()))
    for time, size in first_boost.items():
        at = int(np.searchsorted(sessions.opens, time, side="right")) - 1
        if at >= 0 and time - sessions.opens[at] < sessions.length[at]:
            after = boost[at, time - sessions.opens[at] :]
            after += size * np.exp(-np.arange(after.size) / _NEWS_MINUTES)
    return boost
