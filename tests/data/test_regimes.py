"""Labels of days, made of earlier days only."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from params_optimizer.data.bars import M1, Bars
from params_optimizer.data.days import instants
from params_optimizer.data.regimes import KINDS, UNLABELLED, RegimeRules, labels
from params_optimizer.errors import SettingsError

ZONE = "Europe/Berlin"
FIRST = 19_000
SMALL = RegimeRules(recent_days=3, history_days=20, least_history=6, refit_days=9)


def market(closes, sizes, dates=None):
    """Bars at 9, 10 and 11 o'clock of each day: around the close before, up to `size`, back."""
    dates = np.arange(FIRST, FIRST + len(closes)) if dates is None else np.asarray(dates)
    begin = instants(dates, "09:00", ZONE)
    time = (begin[:, None] + np.array([0, 60, 120])).ravel()
    close = np.repeat(np.asarray(closes, np.float64), 3)
    size = np.repeat(np.asarray(sizes, np.float64), 3) * np.tile([0.0, 1.0, 0.5], len(closes))
    low = close * np.exp(-size)
    return Bars.from_arrays("GER40", M1(time, close, close, low, close, np.ones(close.size)))


def noise(days, seed=3):
    chance = np.random.default_rng(seed)
    return market(
        100 * np.exp(np.cumsum(chance.normal(0, 0.01, days))), chance.lognormal(-4, 1, days)
    )


def cut_at(bars, day):
    return int(np.searchsorted(bars.m1.time, instants(np.array([day]), "00:00", ZONE)[0]))


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None, max_examples=12)
@given(day=st.integers(0, 44), seed=st.integers(0, 9))
def test_no_label_knows_its_own_day_or_a_later_one(kind, day, seed):
    bars, other = noise(45), noise(45, seed + 10)
    cut = cut_at(bars, FIRST + day)
    mixed = M1._make(
        np.concatenate([one[:cut], two[cut:]]) for one, two in zip(bars.m1, other.m1, strict=True)
    )
    before = labels(bars, kind, ZONE, rules=SMALL)
    after = labels(Bars.from_arrays("GER40", mixed), kind, ZONE, rules=SMALL)
    assert after.label[: day + 1].tolist() == before.label[: day + 1].tolist()
    shorter = Bars.from_arrays("GER40", M1._make(one[: cut + 1] for one in bars.m1))
    one_bar = labels(shorter, kind, ZONE, rules=SMALL)
    assert one_bar.label.tolist() == before.label[: day + 1].tolist()
    if day:
        ended = Bars.from_arrays("GER40", M1._make(one[:cut] for one in bars.m1))
        assert labels(ended, kind, ZONE, rules=SMALL).coming == before.label[day]


@pytest.mark.parametrize("kind", KINDS)
def test_earlier_days_decide(kind):
    """What the test above holds would hold for constants, too."""
    found = [labels(noise(45, seed), kind, ZONE, rules=SMALL) for seed in range(4)]
    assert {len(set(one.label.tolist()) - {UNLABELLED}) for one in found} == {3}
    assert len({tuple(one.label.tolist()) for one in found}) == 4


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_days_have_no_label(kind):
    found = labels(noise(45), kind, ZONE, rules=SMALL)
    needed = SMALL.days_needed(kind)
    assert (found.label[:needed] == UNLABELLED).all()
    assert (found.label[needed:] != UNLABELLED).all()
    assert needed == (3 if kind == "trend" else 9)


@pytest.mark.parametrize("days", [1, 2, 3, 4, 9])
@pytest.mark.parametrize("kind", KINDS)
def test_too_few_days_are_not_labelled(kind, days):
    found = labels(noise(days), kind, ZONE, rules=SMALL)
    assert found.date.tolist() == list(range(FIRST, FIRST + days))
    count = max(days - SMALL.days_needed(kind), 0)
    assert (found.label != UNLABELLED).sum() == count


def test_no_bars_no_labels():
    nothing = Bars.from_arrays("GER40", M1(*[np.zeros(0)] * 6))
    for kind in KINDS:
        assert labels(nothing, kind, ZONE).label.size == 0


def test_volatility_compares_recent_ranges_with_the_thirds_of_those_before():
    sizes = np.random.default_rng(1).lognormal(-4, 0.5, 60)
    found = labels(market([100.0] * 60, sizes), "volatility", ZONE, rules=SMALL)
    recent = [float(np.mean(sizes[day - 3 : day])) for day in range(3, 60)]
    for day in range(9, 60):
        at = day - 3
        history = sorted(recent[max(at - 20, 0) : at])
        low, high = np.quantile(history, [1 / 3, 2 / 3])
        wanted = 0 if recent[at] < low else 2 if recent[at] > high else 1
        assert found.label[day] == wanted
    assert found.names == ("low", "normal", "high")


@pytest.mark.parametrize(
    ("closes", "name"),
    [
        ([100, 101, 102, 103], "up"),
        ([103, 102, 101, 100], "down"),
        ([100, 100, 100, 100], "sideways"),
        ([100, 105, 100, 101], "sideways"),
        ([100, 99, 104, 103], "up"),
        ([100, 110, 90, 102], "sideways"),
        ([100, 130, 60, 112], "sideways"),
    ],
)
def test_trend_follows_slope_and_efficiency(closes, name):
    rules = RegimeRules(recent_days=4, efficiency=0.3)
    found = labels(market([*closes, 1000.0], [0.01] * 5), "trend", ZONE, rules=rules)
    assert found.label.tolist()[:4] == [UNLABELLED] * 4
    assert found.names[found.label[4]] == name


def test_a_slope_against_the_net_move_is_no_trend():
    closes = [100, 120, 80, 101]
    rules = RegimeRules(recent_days=4, efficiency=0.0)
    found = labels(market([*closes, 90], [0.01] * 5), "trend", ZONE, rules=rules)
    assert found.names[found.label[4]] == "sideways"


def test_the_mixture_finds_calm_and_wild_stretches_and_keeps_their_names():
    chance = np.random.default_rng(5)
    wild = (np.arange(200) // 25) % 2 == 1
    sizes = np.where(wild, 0.03, 0.003) * chance.lognormal(0, 0.1, 200)
    closes = 100 * np.exp(np.cumsum(chance.normal(0, 0.01, 200)))
    rules = RegimeRules(recent_days=3, least_history=60, refit_days=5)
    found = labels(market(closes, sizes), "mixture", ZONE, rules=rules)
    inside = np.array([wild[day - 3 : day].all() for day in range(200)])
    outside = np.array([day >= 3 and not wild[day - 3 : day].any() for day in range(200)])
    known = found.label != UNLABELLED
    assert (found.label[known & inside] > 0).all()
    assert (found.label[known & outside] < 2).all()
    assert (found.label[known & inside] == 2).any()
    assert (found.label[known & outside] == 0).any()


@pytest.mark.parametrize("kind", KINDS)
def test_a_market_that_never_moves_is_one_regime(kind):
    found = labels(market([100.0] * 40, [0.0] * 40), kind, ZONE, rules=SMALL)
    known = found.label[found.label != UNLABELLED]
    assert len(set(known.tolist())) == 1
    if kind != "mixture":
        assert found.names[known[0]] in {"normal", "sideways"}


def test_days_between_the_dates_belong_to_the_day_before():
    """A stub on Saturday would have a range of its own, and move every label after it."""
    dates = np.arange(FIRST, FIRST + 60)
    sizes = np.random.default_rng(2).lognormal(-4, 1, 60)
    listed = dates[dates % 3 > 0]
    found = labels(market([100.0] * 60, sizes), "volatility", ZONE, listed, SMALL)
    stub = np.append(np.where(dates % 3 == 0, sizes, 0.0)[1:], 0.0)
    merged = np.maximum(sizes, stub)[dates % 3 > 0]
    alike = labels(market([100.0] * 40, merged, listed), "volatility", ZONE, rules=SMALL)
    assert found.date.tolist() == alike.date.tolist() == listed.tolist()
    assert found.label.tolist() == alike.label.tolist()
    apart = labels(market([100.0] * 60, sizes), "volatility", ZONE, rules=SMALL)
    assert apart.at(listed).tolist() != found.label.tolist()


def test_labels_are_looked_up_by_date():
    found = labels(noise(20), "trend", ZONE, rules=SMALL)
    asked = np.array([FIRST + 5, FIRST - 1, FIRST + 19, FIRST + 20, FIRST])
    wanted = [found.label[5], UNLABELLED, found.label[19], UNLABELLED, UNLABELLED]
    assert found.at(asked).tolist() == wanted
    assert [found.days(place).tolist() for place in range(3)] == [
        found.date[found.label == place].tolist() for place in range(3)
    ]


def test_an_unknown_kind_is_answered_with_the_nearest():
    with pytest.raises(SettingsError, match="did you mean 'volatility'"):
        labels(noise(5), "volatilty", ZONE)


@pytest.mark.parametrize(
    "wrong",
    [
        {"recent_days": 1},
        {"history_days": 0},
        {"least_history": 2},
        {"refit_days": 0},
        {"efficiency": 1.5},
    ],
)
def test_rules_that_describe_nothing_are_refused(wrong):
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        RegimeRules(**wrong)
