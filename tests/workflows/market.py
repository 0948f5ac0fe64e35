"""A small market, and a target that remembers what is done to it."""

import numpy as np

from params_optimizer.data.bars import M1, Bars
from params_optimizer.strategies.protocol import Trades


def hourly(days: int = 120, seed: int = 7) -> Bars:
    rng = np.random.default_rng(seed)
    count = days * 24
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.004, count)))
    opened = np.concatenate([[100.0], close[:-1]])
    time = np.arange(count) * 60 + 25_000_000 // 1440 * 1440
    high, low = np.maximum(opened, close) * 1.001, np.minimum(opened, close) * 0.999
    return Bars.from_arrays("TEST", M1(time, opened, high, low, close, np.ones(count)))


class Hill:
    """Best at x = 7, y = 3; `set_parameters` spoils what it is given, and remembers."""

    def __init__(self):
        self.given = []

    def get_parameter_space(self):
        axis = {"type": "int", "low": 0, "high": 10}
        return {"parameters": {"x": dict(axis), "y": dict(axis)}}

    def set_parameters(self, parameters):
        self.x, self.y = parameters["x"], parameters["y"]
        self.given.append(dict(parameters))
        parameters["x"] = 1000


def hill(target, market):
    del market
    height = 100 - (target.x - 7) ** 2 - (target.y - 3) ** 2
    nothing = np.zeros(0)
    return np.array([100.0, 100.0 + height]), Trades(*[nothing] * 6)
