"""Bars for strategies of any time frame: generated ones, and real ones as a frame."""

import numpy as np
import pandas as pd

from params_optimizer.data.bars import M1, Bars


def walk(count: int, seed: int = 1, minutes: int = 60, tick: float = 0.01) -> Bars:
    """A random walk on a price grid, so that prices and averages are often equal; with gaps."""
    rng = np.random.default_rng(seed)
    close = np.round((100 + np.cumsum(rng.normal(0, 0.3, count))).clip(20) / tick) * tick
    opened = np.round((np.concatenate([[100.0], close[:-1]]) + rng.normal(0, 0.05, count)) / tick)
    opened = opened * tick
    high = np.maximum(opened, close) + tick * rng.integers(0, 30, count)
    low = np.minimum(opened, close) - tick * rng.integers(0, 30, count)
    steps = np.where(rng.random(count) < 0.02, 60 * 48, minutes)  # closed for two days
    time = 25_000_000 + np.cumsum(steps)
    return Bars.from_arrays("WALK", M1(time, opened, high, low, close, np.ones(count)))


def frame_of(bars: Bars) -> pd.DataFrame:
    """The bars by their number."""
    columns = ("time", "open", "high", "low", "close", "volume")
    return pd.DataFrame(dict(zip(columns, bars.m1, strict=True)))
