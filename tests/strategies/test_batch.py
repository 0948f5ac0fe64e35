"""Every batch evaluator answers, bit for bit, what the strategy does set by set."""

import numpy as np
import pytest

from params_optimizer.data.bars import Bars
from params_optimizer.data.days import local_days
from params_optimizer.engine.metrics_calculator import METRICS, metrics_of_r
from params_optimizer.errors import StrategyError
from params_optimizer.search.space import ParameterSpace
from params_optimizer.strategies import indicators
from params_optimizer.strategies.account import Account
from params_optimizer.strategies.batch import Batch, DaySample, Slice
from params_optimizer.strategies.ensemble.strategy import DayRegimes, Ensemble
from params_optimizer.strategies.guard import guarded
from params_optimizer.strategies.order_evaluator import OrderEvaluator
from params_optimizer.strategies.registry import strategy_named
from params_optimizer.strategies.set_by_set import SetBySet, SetEvaluator, evaluator_of, slices_of
from params_optimizer.strategies.trades import BORDERS, no_trades
from tests.strategies.market import walk


def space(**values) -> ParameterSpace:
    """All combinations of these values, the last parameter fastest."""
    choices = {name: {"type": "categorical", "choices": list(of)} for name, of in values.items()}
    return ParameterSpace.parse({"parameters": choices})


ZONE = "Europe/Berlin"
BARS = walk(1500, tick=0.25)
DATES = local_days(BARS.m1.time, ZONE).date
SIDES = ["both", "long", "short"]
SPACES = {
    "ma_crossover": space(fast=[1, 2, 5, 9], slow=[3, 7.0, 40, 5000], direction=SIDES),
    "rsi": space(period=[2, 9], lower=[20.0, 45], upper=[55, 80], direction=SIDES),
    "bollinger": space(direction=SIDES, period=[1, 5, 30], deviations=[0.0, 0.5, 2.0, -1.0]),
    "ensemble": space(weight_rsi=[0, 0.5, 1.0], threshold=[0.2, 0.7], weight_bollinger=[0.0, 1]),
    "ensemble of regimes": space(
        weight_rsi_calm=[0, 1.0], weight_rsi_wild=[0.5, 0], threshold=[0.4]
    ),
}
DAYS = {
    "all days": None,
    "a stretch": DATES[10:40],
    "scattered": DATES[[0, 3, 4, 5, 9, 12, 13, 20, DATES.size - 1]],
    "weekends too": np.arange(DATES[0] - 5, DATES[20]),
    "none": DATES[:0],
}


def strategy_of(name: str, border: str = "close"):
    account = Account(commission=0.0005, risk_pct=2.0)
    if name not in ("ensemble", "ensemble of regimes"):
        return strategy_named(name, account)
    label = np.where(np.arange(DATES.size) % 7 < 4, 0, 1)
    label[::5] = -1
    regimes = DayRegimes(DATES, label, ("calm", "wild"), ZONE)
    return Ensemble(account, regimes=regimes if "of" in name else None, border=border)


def pair(name: str, sample: DaySample, bars: Bars = BARS):
    """The evaluator of the strategy, and the one that asks set by set."""
    strategy, sets = strategy_of(name, sample.border), SPACES[name]
    batch = evaluator_of(strategy, bars, sets, sample)
    assert isinstance(batch, OrderEvaluator)
    return batch, SetBySet(strategy, bars, sets, sample), np.arange(len(sets))


def same(got, expected) -> None:
    np.testing.assert_array_equal(got, expected, strict=True)


ALL = Slice(0, 0, 1000)


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("days", DAYS)
@pytest.mark.parametrize("name", SPACES)
def test_metrics_and_daily_r(name, days, border):
    batch, alone, numbers = pair(name, DaySample(ZONE, DAYS[days], border))
    metrics = batch.metrics(ALL, numbers)
    same(metrics, alone.metrics(ALL, numbers))
    assert batch.measures == METRICS
    for got, expected in zip(batch.daily_r(ALL, numbers), alone.daily_r(ALL, numbers), strict=True):
        same(got, expected)
    assert not batch.failures
    assert not alone.failures
    assert days == "none" or metrics[METRICS.index("total_trades")].max() > 1


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("name", SPACES)
def test_several_samples_are_each_what_an_evaluator_of_these_days_finds(name, border):
    samples = [DATES[:30], DATES[20:60:2], DATES, DATES[:0]]
    batch, alone, numbers = pair(name, DaySample(ZONE, DATES[5:50], border))
    got = batch.sample_metrics(ALL, numbers, samples, border)
    same(got, alone.sample_metrics(ALL, numbers, samples, border))
    for place, days in enumerate(samples):
        same(got[place], pair(name, DaySample(ZONE, days, border))[0].metrics(ALL, numbers))


def test_another_border_than_that_of_the_evaluator():
    batch, alone, numbers = pair("ensemble of regimes", DaySample(ZONE, DATES[:60], "close"))
    for border in BORDERS:
        got = batch.sample_metrics(ALL, numbers, [DATES[:60]], border)
        same(got, alone.sample_metrics(ALL, numbers, [DATES[:60]], border))


@pytest.mark.parametrize("name", SPACES)
def test_metrics_are_those_of_the_trades(name):
    batch, _, numbers = pair(name, DaySample(ZONE))
    metrics = batch.metrics(ALL, numbers)
    for number in numbers:
        expected = metrics_of_r(strategy_of(name).trades(BARS, SPACES[name][number]).r)
        assert metrics[:, number].tolist() == list(expected.values())


def test_some_sets_of_a_slice_in_memory_that_is_used_again():
    batch, _, numbers = pair("rsi", DaySample(ZONE))
    memory, whole = np.empty(10_000), batch.metrics(ALL, numbers)
    chosen = np.array([0, 1, 5, 22])
    for _ in range(2):
        got = batch.metrics(ALL, chosen, memory)
        assert got.base is memory
        same(got, whole[:, chosen])
    assert batch.metrics(ALL, numbers[:0]).shape == (len(METRICS), 0)


def test_block_sums_are_those_of_the_daily_r(monkeypatch):
    monkeypatch.setattr("params_optimizer.strategies.order_evaluator._DAILY_BYTES", 10_000)
    batch, alone, numbers = pair("bollinger", DaySample(ZONE))
    blocks = np.array_split(DATES, 4)
    got = batch.block_sums(ALL, numbers, blocks)
    same(got, alone.block_sums(ALL, numbers, blocks))
    r = batch.daily_r(ALL, numbers)[1]
    np.testing.assert_allclose(got[1].sum(axis=0), np.nansum(r, axis=0))
    same(got[0].sum(axis=0), (~np.isnan(r)).sum(axis=0).astype(float))


def test_little_room_for_orders_and_indicators_changes_nothing(monkeypatch):
    batch, _, numbers = pair("ma_crossover", DaySample(ZONE))
    expected = batch.metrics(ALL, numbers)
    indicators.forget()
    monkeypatch.setattr(indicators, "_TABLE_BYTES", 0)
    monkeypatch.setattr(indicators, "_MIN_ROWS", 3)
    monkeypatch.setattr("params_optimizer.strategies.order_evaluator.ROOM", 0)
    batch, _, numbers = pair("ma_crossover", DaySample(ZONE))
    same(batch.metrics(ALL, numbers[::-1].copy())[:, ::-1], expected)
    indicators.forget()


@pytest.mark.parametrize(
    ("name", "sets", "failed"),
    [
        ("ma_crossover", space(fast=[2, 2.5], slow=[5]), [1]),
        ("ma_crossover", space(fast=[2], slow=[5], typo=[1]), [0]),
        ("rsi", space(direction=["long", "up"]), [1]),
        ("ensemble", space(threshold=[0.0, 0.5]), [0]),
    ],
)
def test_sets_that_the_strategy_refuses_fail_alone(name, sets, failed):
    strategy, numbers = strategy_of(name), np.arange(len(sets))
    evaluator = evaluator_of(strategy, BARS, sets, DaySample(ZONE))
    metrics = evaluator.metrics(ALL, numbers)
    assert sorted(evaluator.failures) == failed
    assert np.isnan(metrics[:, failed]).all()
    for number in failed:
        with pytest.raises(StrategyError) as raised:
            strategy.trades(BARS, sets[number])
        assert evaluator.failures[number] == f"StrategyError: {raised.value}"
    for number in set(numbers.tolist()) - set(failed):
        expected = metrics_of_r(strategy.trades(BARS, sets[number]).r)
        assert metrics[:, number].tolist() == list(expected.values())


def test_an_r_that_is_no_number_is_a_failure_with_its_reason():
    tiny = np.where(np.arange(BARS.count) // 8 == 90, 1e-320, BARS.open)
    bars = Bars("X", BARS.m1._replace(open=tiny), "tiny", generated=False)
    batch, alone, numbers = pair("bollinger", DaySample(ZONE), bars)
    same(batch.metrics(ALL, numbers), alone.metrics(ALL, numbers))
    assert batch.failures == alone.failures
    assert "have an R that is not a number" in next(iter(batch.failures.values()))
    assert len(batch.failures) < len(numbers)


class Moody:
    """Keeps what it was asked, spoils its parameters, and fails where it was told to."""

    name = "moody"

    def __init__(self) -> None:
        self.asked = 0

    def space(self):
        return {"parameters": {"x": {"type": "int", "low": 0, "high": 9}}}

    def trades(self, bars, parameters):
        self.asked += 1
        x, parameters["x"] = parameters["x"], None
        if x == 3:
            raise ValueError("no three")
        if x == 4:
            raise SystemExit(1)
        times = bars.m1.time[[0, bars.count // 2]]
        one = np.ones(2)
        r = np.array([self.asked, np.inf if x == 5 else -x])
        return no_trades()._replace(
            entry_time=times,
            exit_time=times,
            direction=one.astype(int),
            entry_price=one,
            exit_price=one,
            r=r.astype(float),
        )


def test_set_by_set_keeps_sets_apart_and_tells_which_one_is_asked():
    told = []
    strategy = guarded("moody", Moody())
    evaluator = evaluator_of(strategy, BARS, space(x=range(8)), DaySample(ZONE), told.append)
    metrics = evaluator.metrics(ALL, np.arange(8))
    assert told == list(range(8))
    assert metrics[0, [0, 1, 2]].tolist() == [1, 0, -1]  # the first one asked, each time
    assert sorted(evaluator.failures) == [3, 4, 5]
    assert "no three" in evaluator.failures[3]
    assert evaluator.failures[4] == "SystemExit: 1"
    assert np.isnan(metrics[:, 3:6]).all()


def test_a_strategy_is_asked_once_for_all_samples():
    strategy = Moody()
    evaluator = evaluator_of(strategy, BARS, space(x=[1]), DaySample(ZONE))
    evaluator.sample_metrics(ALL, np.array([0]), [DATES[:5], DATES[:9], DATES], "close")
    assert strategy.asked == 1


def test_slices_depend_on_the_space_alone():
    for name, sets in SPACES.items():
        assert isinstance(strategy_of(name), Batch)
        slices = slices_of(strategy_of(name), sets)
        assert [one.number for group in slices.groups() for one in group] == [0]
    slices = slices_of(Moody(), space(x=range(1000)))
    assert [slices[at].rows for at in range(len(slices))] == [15] * 66 + [10]
    with pytest.raises(IndexError):
        slices[len(slices)]


def test_answers_of_parts_of_the_days():
    evaluator = SetEvaluator(Moody(), BARS, DaySample(ZONE))
    assert evaluator.answer({"x": 2}).r.tolist() == [1, -2]
    assert evaluator.answer({"x": 3}).failure == "ValueError: no three"
