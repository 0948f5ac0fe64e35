"""Strategies of the user: functions and classes, found by name; bugs told with their place."""

import pickle
import sys
from typing import Annotated, Literal

import numpy as np
import pandas as pd
import pytest

from params_optimizer.errors import StrategyError
from params_optimizer.strategies.account import Account
from params_optimizer.strategies.function import FunctionStrategy, space_of
from params_optimizer.strategies.positions import equity_of
from params_optimizer.strategies.protocol import Rule, Strategy, canonical
from params_optimizer.strategies.registry import NAMES, code_fingerprint, strategy_named
from tests.strategies import plain
from tests.strategies.market import frame_of, walk

BARS = walk(300)
MODULE = """
import numpy as np
from params_optimizer.strategies.positions import PositionStrategy
from params_optimizer.strategies.protocol import Trades

def crossing(bars, fast=10, slow=30):
    close = bars.to_pandas().close
    return np.sign(close.rolling(fast).mean() - close.rolling(slow).mean()).fillna(0)

def broken(bars, fast=10):
    return 1 / (fast - fast)

class Breakout(PositionStrategy):
    name = "breakout"
    def space(self):
        return {"parameters": {"bars": {"type": "int", "low": 5, "high": 50}}}
    def targets(self, bars, parameters):
        top = bars.to_pandas().high.rolling(parameters["bars"]).max().shift(1)
        return (bars.close > top).astype(int)

class Own:
    name = "own"
    def space(self):
        return {}
    def trades(self, bars, parameters):
        t = bars.m1.time[[1, 5]]
        return Trades(t[:1], t[1:], [1], [1.0], [2.0], [parameters["r"]])

NOTHING = 3
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "my_own.py").write_text(MODULE)
    yield tmp_path / "my_own.py"
    sys.modules.pop("my_own", None)


def test_a_function_trades_like_its_rule(module):
    strategy = strategy_named("my_own:crossing", Account(0.002))
    frame = frame_of(BARS)
    expected = plain.trades(frame, plain.ma_targets(frame, 4, 9, "both"), commission=0.002)
    found = strategy.trades(BARS, {"fast": 4, "slow": 9})
    assert found.entry_time.tolist() == [one[0] for one in expected]
    assert found.r.tolist() == pytest.approx([one[5] for one in expected])
    assert isinstance(strategy, Rule)
    assert strategy.space()["parameters"] == {
        "fast": {"type": "int", "low": 5, "high": 20, "step": 1},
        "slow": {"type": "int", "low": 15, "high": 60, "step": 1},
    }
    again = pickle.loads(pickle.dumps(strategy))
    assert again.trades(BARS, {"fast": 4, "slow": 9}).r.tolist() == found.r.tolist()


def test_classes_are_made_and_guarded(module):
    breakout = strategy_named("my_own:Breakout", Account(0.0))
    assert isinstance(breakout, Strategy)
    assert isinstance(breakout, Rule)
    assert breakout.name == "my_own:Breakout"
    assert equity_of(breakout, BARS, {"bars": 9})[0] == 10_000.0
    assert breakout.trades(BARS, {"bars": 9}).r.size > 1
    own = strategy_named("my_own:Own")
    assert own.trades(BARS, {"r": 0.5}).r.tolist() == [0.5]
    with pytest.raises(StrategyError, match=r"my_own:Own with r=nan: trade 0 .*no.* finite number"):
        own.trades(BARS, {"r": float("nan")})
    with pytest.raises(StrategyError, match=r"my_own\.py, line 27: KeyError: 'r'"):
        own.trades(BARS, {})


def test_the_place_and_the_parameters_of_an_error_are_told(module):
    with pytest.raises(StrategyError) as caught:
        strategy_named("my_own:broken").trades(BARS, {"fast": 7})
    assert "strategy my_own:broken with fast=7: " in str(caught.value)
    assert f"{module}, line 11: ZeroDivisionError" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("rsj", r"unknown strategy 'rsj'; did you mean 'rsi'\? Built in: .*my_strategy:crossing"),
        ("nowhere:x", "no module 'nowhere'"),
        ("my_own.deeper:x", "no module 'my_own.deeper'"),
        (
            "my_own:crosing",
            "module my_own has no 'crosing'; it has crossing, broken, Breakout, Own",
        ),
        ("my_own:NOTHING", "is int, neither a function"),
        ("my_own.py:crossing", "as Python imports it: my_own:crossing"),
        ("./sub/my_own.py:crossing", "as Python imports it: sub.my_own:crossing"),
    ],
)
def test_names_that_lead_nowhere(module, name, told):
    with pytest.raises(StrategyError, match=told):
        strategy_named(name)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("def f(:", r"bad\.py, line 1: SyntaxError"),
        ("x = 1\nimport no_such_library", r"bad\.py, line 2: ModuleNotFoundError.*no_such_library"),
        ("raise RuntimeError('no')", r"bad\.py, line 1: RuntimeError: no"),
        ("def f(bars): return bars.close", "has no parameters to search"),
        ("def f(bars, x): return x", "the values of 'x' to try"),
        ("def f(bars, x=0): return x", "the values of 'x' to try"),
        ("def f(bars, x='up'): return x", "the values of 'x' to try"),
    ],
)
def test_modules_with_a_fault(module, text, told):
    (module.parent / "bad.py").write_text(text)
    try:
        with pytest.raises(StrategyError, match=told):
            strategy_named("bad:f")
    finally:
        sys.modules.pop("bad", None)


def returning(value):
    def f(bars, n):
        return value

    return FunctionStrategy(f, name="m:f", space={"parameters": {}})


@pytest.mark.parametrize(
    ("returned", "told"),
    [
        (None, r"returned nothing \(is a return missing\?\)"),
        (np.zeros(299), "returned 299 positions for 300 bars"),
        (np.zeros((300, 1)), "returned 300 by 1 positions"),
        (1.0, "returned a single number, not positions for 300 bars"),
        (["long"] * 300, "must return one number for each bar"),
        (np.where(np.arange(300) < 5, np.nan, 0), "position 0 .* is nan.*first signal are 0"),
        (
            np.where(np.arange(300) == 7, 2.0, 0),
            r"position 7 \(20.*Z\) is 2.0; it must be from -1",
        ),
        (np.full(300, np.inf), "position 0 .* is inf"),
    ],
)
def test_what_is_no_position_is_told(returned, told):
    strategy = returning(returned)
    with pytest.raises(StrategyError, match=rf"strategy m:f with n=3: .*{told}"):
        strategy.trades(BARS, {"n": 3})


@pytest.mark.parametrize(
    "kind", [list, pd.Series, lambda x: x.astype(bool), lambda x: x.astype("i1")]
)
def test_any_kind_of_numbers_will_do(kind):
    wanted = (np.arange(300) % 20 < 10) * 1.0
    strategy = returning(kind(wanted))
    assert strategy.targets(BARS, {"n": 1}).tolist() == wanted.tolist()


def test_spaces_from_signatures():
    def f(
        bars,
        a: Annotated[int, (2, 50)] = 5,
        b: Annotated[float, (0.5, 3.0, 0.1)] = 1.0,
        c: Literal["long", "short"] = "long",
        d: bool = True,
        e=1,
        g=0.5,
        h: "Literal[1, 2]" = 1,
    ):
        pass

    assert space_of(f, "m:f")["parameters"] == {
        "a": {"type": "int", "low": 2, "high": 50},
        "b": {"type": "float", "low": 0.5, "high": 3.0, "step": 0.1},
        "c": {"type": "categorical", "choices": ["long", "short"]},
        "d": {"type": "categorical", "choices": [False, True]},
        "e": {"type": "int", "low": 1, "high": 2, "step": 1},
        "g": {"type": "float", "low": 0.25, "high": 1.0},
        "h": {"type": "categorical", "choices": [1, 2]},
    }
    f.space = {"parameters": {"a": {"type": "int", "low": 1, "high": 2}}}
    assert FunctionStrategy(f).space() is f.space


def test_a_fingerprint_follows_the_code(module):
    first = code_fingerprint("my_own:crossing")
    assert first == code_fingerprint("my_own:broken")
    module.write_text(MODULE + "# changed\n")
    assert code_fingerprint("my_own:crossing") != first
    assert len({code_fingerprint(name) for name in NAMES}) == 1


def test_parameters_without_a_twin_stand_for_themselves():
    assert canonical(strategy_named("rsi"), {"period": 3}) == {"period": 3}
