"""The vote of an ensemble equals a plain count of the signals (docs/strategies.md, E1 to E4)."""

import pickle

import numpy as np
import pandas as pd
import pytest

from params_optimizer.errors import StrategyError
from params_optimizer.strategies.account import Account
from params_optimizer.strategies.ensemble.strategy import DayRegimes, Ensemble, Member
from params_optimizer.strategies.function import FunctionStrategy
from params_optimizer.strategies.positions import performance_of
from params_optimizer.strategies.registry import strategy_named
from params_optimizer.strategies.trades import BORDERS
from tests.strategies import plain
from tests.strategies.market import frame_of, walk

RULES = ("ma_crossover", "rsi", "bollinger")


def plain_votes(bars, weights, threshold, labels=None, border="carry"):
    """E1 to E4, bar by bar; `weights` is a row for each regime."""
    signals = np.stack([strategy_named(name).targets(bars, {}) for name in RULES], axis=1)
    labels = np.zeros(bars.count, int) if labels is None else labels
    wanted = []
    for bar in range(bars.count):
        label = labels[bar]
        turns = bar > 0 and labels[bar - 1] != label
        if label < 0 or (border == "close" and turns):
            wanted.append(0.0)
            continue
        vote = sum(w * s for w, s in zip(weights[label], signals[bar], strict=True))
        total = sum(weights[label])
        if not total or abs(vote) / total < threshold - 1e-9:
            wanted.append(0.0)
        else:
            wanted.append(float(np.sign(vote)))
    return pd.Series(wanted)


def rows(trades):
    return [tuple(row) for row in zip(*(column.tolist() for column in trades), strict=True)]


@pytest.mark.parametrize("seed", range(4))
def test_votes_without_regimes(seed):
    bars, rng = walk(900, seed), np.random.default_rng(seed)
    ensemble = Ensemble()
    keys = [f"weight_{name}" for name in RULES]
    for _ in range(10):
        weights = np.round(rng.integers(0, 11, 3) * 0.1, 1).tolist()
        threshold = float(np.round(rng.integers(1, 11) * 0.1, 1))
        parameters = {**dict(zip(keys, weights, strict=True)), "threshold": threshold}
        wanted = plain_votes(bars, [weights], threshold)
        expected = plain.trades(frame_of(bars), wanted)
        found = rows(ensemble.trades(bars, parameters))
        assert [one[:5] for one in found] == [one[:5] for one in expected]
        assert [one[5] for one in found] == pytest.approx([one[5] for one in expected])
        assert (ensemble.targets(bars, parameters) == wanted).all()


def regimes_of(bars, seed):
    rng = np.random.default_rng(seed)
    date = np.unique(bars.m1.time // 1440)
    label = np.repeat(rng.integers(-1, 2, date.size // 3 + 1), 3)[: date.size]
    return DayRegimes(date, label, ("calm", "wild"), "UTC")


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("border", BORDERS)
def test_weights_switch_by_regime_under_every_border_policy(seed, border):
    bars, regimes = walk(900, seed), regimes_of(walk(900, seed), seed)
    labels = regimes.of_bars(bars)
    weights = [[1.0, 0.0, 0.5], [0.0, 1.0, 1.0]]
    keys = [[f"weight_{name}_{regime}" for name in RULES] for regime in regimes.names]
    named = dict(zip(np.ravel(keys).tolist(), np.ravel(weights).tolist(), strict=True))
    parameters = {**named, "threshold": 0.5}
    wanted = plain_votes(bars, weights, 0.5, labels, border)
    expected = plain.trades(frame_of(bars), wanted)
    if border == "drop":
        # Decided in one stretch of a regime, left in another.
        place = {int(time): bar for bar, time in enumerate(bars.m1.time)}
        stretch = np.append(0, np.cumsum(np.diff(labels) != 0))
        last = int(bars.m1.time[-1])
        expected = [
            one
            for one in expected
            if stretch[place[one[0]] - 1] == stretch[place[one[1]] - (one[1] < last)]
        ]
    ensemble = Ensemble(regimes=regimes, border=border)
    found = rows(ensemble.trades(bars, parameters))
    assert [one[:5] for one in found] == [one[:5] for one in expected]
    assert len(found) > 3
    assert set(ensemble.space()["parameters"]) == set(parameters)


def test_dates_without_a_label_trade_nothing():
    bars = walk(300)
    later = DayRegimes(np.array([40_000]), np.array([0]), ("calm",), "UTC")
    never = DayRegimes(np.array([1]), np.array([-1]), ("calm",), "UTC")
    for regimes in (later, never):
        assert Ensemble(regimes=regimes).trades(bars, {}).r.size == 0


def test_a_day_lasts_until_the_next_one_that_has_a_label():
    bars = walk(300)
    dates = np.unique(bars.m1.time // 1440)
    regimes = DayRegimes(dates[::2], np.arange(dates[::2].size) % 2, ("calm", "wild"), "UTC")
    of_day = (np.searchsorted(dates, bars.m1.time // 1440) // 2) % 2
    assert (regimes.of_bars(bars) == of_day).all()


def test_any_rule_with_targets_can_be_a_member():
    def up(bars, days=3):
        return np.sign(np.diff(bars.close, prepend=bars.close[0]))

    rule = FunctionStrategy(up, name="mine:up")
    ensemble = Ensemble(Account(0.0), members=[Member("up", rule, {})])
    bars = walk(200)
    assert (ensemble.targets(bars, {}) == rule.targets(bars, {})).all()
    assert performance_of(ensemble, bars, {})["bars_per_year"] > 0


def test_copies_for_other_processes_carry_no_signals():
    ensemble = Ensemble()
    bars = walk(300)
    first = ensemble.trades(bars, {})
    copy = pickle.loads(pickle.dumps(ensemble))
    assert not copy._changes
    assert rows(copy.trades(bars, {})) == rows(first)


class NoTargets:
    name = "mine"

    def space(self):
        return {}

    def trades(self, bars, parameters):
        raise AssertionError


def test_wrong_members_and_weights_are_told():
    rule = strategy_named("rsi")
    with pytest.raises(StrategyError, match="two rules are called 'a'"):
        Ensemble(members=[Member("a", rule, {}), Member("a", rule, {})])
    with pytest.raises(StrategyError, match=r"b has no targets\(bars, parameters\)"):
        Ensemble(members=[Member("b", NoTargets(), {})])
    with pytest.raises(StrategyError, match="weight_rsi is -1"):
        Ensemble().trades(walk(50), {"weight_rsi": -1.0})
    with pytest.raises(StrategyError, match="it must be above 0"):
        Ensemble().trades(walk(50), {"threshold": 0.0})
    with pytest.raises(StrategyError, match="has no parameter 'weight_x'"):
        Ensemble().trades(walk(50), {"weight_x": 1.0})
