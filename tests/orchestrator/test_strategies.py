"""Strategies and bars by name, as a search starts from them."""

import json

import numpy as np
import pytest

from params_optimizer.config import Settings
from params_optimizer.data.bars import M1, Bars
from params_optimizer.data.days import to_day
from params_optimizer.data.regimes import labels
from params_optimizer.errors import SettingsError, StrategyError
from params_optimizer.orchestrator.strategies import (
    Source,
    account_of,
    day_regimes,
    load_strategy,
    members_of,
    read_ensemble,
    zone_of,
)
from params_optimizer.strategies.account import Account
from params_optimizer.strategies.ensemble.strategy import Ensemble
from tests.data.test_ohlc import csv_of
from tests.strategies.market import walk

SETTINGS = Settings()


def load(name, source, **keys):
    return load_strategy(name, source, SETTINGS, Account(), **keys)


def test_a_file_and_a_time_frame(tmp_path, caplog):
    caplog.set_level("INFO", "params_optimizer")
    bars = walk(400, minutes=15)
    path = tmp_path / "x.csv"
    path.write_text(csv_of(bars))
    account = Account(0.0)
    strategy, found = load_strategy("rsi", Source(None, path, minutes=60), SETTINGS, account)
    assert (strategy.name, found.symbol, strategy.account) == ("rsi", "x", account)
    assert caplog.messages == [
        f"{path}: volume: none, 1 for every bar",
        f"x: {found.count:,} bars of time frame H1",
    ]
    assert found.count < 120


def test_what_is_missing_is_told():
    with pytest.raises(SettingsError, match="Give --symbol, or a file of bars with --data"):
        load("rsi", Source(None))
    with pytest.raises(SettingsError, match="initial_balance: trades prepared one-minute bars"):
        load("initial_balance", Source("GER40", minutes=60))


def test_an_ensemble_from_a_file(tmp_path):
    data, file = tmp_path / "x.csv", tmp_path / "e.json"
    data.write_text(csv_of(walk(6000)))
    rules = [{"strategy": "rsi", "name": "a", "parameters": {"period": 5}}, {"strategy": "rsi"}]
    file.write_text(json.dumps({"rules": rules, "regimes": "trend"}))
    strategy, bars = load("ensemble", Source(None, data), ensemble=file, border="carry")
    assert isinstance(strategy, Ensemble)
    assert strategy.border == "carry"
    keys = set(strategy.space()["parameters"])
    assert {"weight_a_up", "weight_rsi_down", "weight_rsi_sideways", "threshold"} <= keys
    assert strategy.trades(bars, {}).r.size > 3
    plain, _ = load("ensemble", Source(None, data))
    assert set(plain.space()["parameters"]) == {
        *("weight_ma_crossover", "weight_rsi", "weight_bollinger", "threshold")
    }


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"rules": [{"strategy": "rsj"}]}, "did you mean 'rsi'"),
        ({"rules": [{"strategy": "initial_balance"}]}, "cannot be used inside an ensemble"),
        ({"rules": [{"strategy": "ensemble"}]}, "cannot be used inside an ensemble"),
        ({"rules": [{"strategy": "rsi", "weight": 1}]}, "unknown key 'weight'|weight"),
        ({"regimes": "moods"}, "regimes"),
    ],
)
def test_wrong_ensembles(tmp_path, content, told):
    file = tmp_path / "e.json"
    file.write_text(json.dumps(content))
    with pytest.raises((SettingsError, StrategyError), match=told):
        members_of(read_ensemble(file), str(file), Account())


def sundays() -> Bars:
    """A market that opens on Sunday evening and closes on Friday."""
    monday = to_day(np.datetime64("2023-01-02").astype(object))
    days = monday + np.arange(7 * 40)
    hours = [
        day * 1440 + hour * 60
        for day in days
        for hour in range(24)
        if (day + 3) % 7 < 5 or ((day + 3) % 7 == 6 and hour >= 22)
    ]
    m1 = walk(len(hours)).m1
    return Bars.from_arrays("X", M1(np.array(hours), *m1[1:]))


def test_an_evening_on_sunday_is_no_day_of_its_own():
    bars = sundays()
    found = day_regimes(bars, "trend", "UTC")
    weekday = (found.date + 3) % 7
    assert set(weekday.tolist()) == {0, 1, 2, 3, 4}
    assert (found.label == labels(bars, "trend", "UTC", found.date).label).all()
    of_bar = found.of_bars(bars)
    day = (bars.m1.time // 1440 + 3) % 7
    sunday = np.flatnonzero(day == 6)
    friday = np.searchsorted(bars.m1.time, (bars.m1.time[sunday] // 1440 - 2) * 1440)
    assert (of_bar[sunday] == of_bar[friday]).all()
    assert day_regimes(bars, None, "UTC") is None


def test_weekends_with_full_trading_are_days():
    time = walk(24 * 100).m1.time[0] // 1440 * 1440 + np.arange(24 * 100) * 60
    bars = Bars.from_arrays("X", M1(time, *walk(24 * 100).m1[1:]))
    assert day_regimes(bars, "trend", "UTC").date.size == 100


def test_zones():
    assert zone_of(SETTINGS, "XAUUSD") == SETTINGS.symbol("XAUUSD").timezone
    assert zone_of(SETTINGS, "anything") == "UTC"


@pytest.mark.parametrize(
    ("symbol", "commission", "spread", "paid"),
    [
        ("GER40", None, None, (0.0, 1.5)),
        ("GER40", 0.0002, None, (0.0002, 1.5)),
        ("GER40", None, 0.0, (0.0, 0.0)),
        ("GER40", None, 4.0, (0.0, 4.0)),
        ("OTHER", None, None, (0.001, 0.0)),
        (None, None, None, (0.001, 0.0)),
        (None, None, 0.3, (0.0, 0.3)),
        (None, 0.0, None, (0.0, 0.0)),
    ],
)
def test_positions_pay_the_spread_of_their_symbol(symbol, commission, spread, paid):
    account = account_of(Settings(), symbol, commission, 5_000.0, spread)
    assert (account.commission, account.spread) == paid
    assert account.initial_capital == 5_000.0
