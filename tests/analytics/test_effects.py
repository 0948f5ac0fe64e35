"""Shares of variance: functions whose analysis is known, and a naive one."""

from itertools import combinations, product
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from params_optimizer.analytics.effects import effects, factors
from params_optimizer.config import Settings
from params_optimizer.errors import RunError
from params_optimizer.orchestrator.study import load_grid

SIZES = {"ib": 3, "wait": 2, "rr": 5, "one": 1, "stop": 2, "trailing": 4}
PLACES = np.array(list(product(*(range(size) for size in SIZES.values())))).T
NUMBERS = np.arange(PLACES.shape[1])
IB, WAIT, RR, _, STOP, TRAILING = PLACES


def effects_of(values, sizes=None):
    values = np.asarray(values, np.float64)
    return effects(sizes or SIZES, [(np.arange(values.size), values)])


def test_an_additive_metric_has_main_effects_only():
    found = effects_of(10.0 * IB + RR**2 - 3.0 * STOP)
    parts = {"ib": (10.0 * IB).var(), "rr": (RR**2).var(), "stop": (3.0 * STOP).var()}
    for name in SIZES:
        assert found.main[name] == pytest.approx(parts.get(name, 0.0) / sum(parts.values()))
    assert found.residual == pytest.approx(0.0, abs=1e-12)
    assert max(found.pairs.values()) == pytest.approx(0.0, abs=1e-12)
    assert found.variance == pytest.approx(sum(parts.values()))
    assert found.levels["ib"] == pytest.approx(np.array([0, 10, 20]) + 6.0 - 1.5)


@pytest.mark.parametrize(("one", "other"), list(combinations(SIZES, 2)))
def test_a_product_of_centred_factors_is_one_pair(one, other):
    if "one" in (one, other):
        return
    places = dict(zip(SIZES, PLACES, strict=True))
    both = [places[name] - places[name].mean() for name in (one, other)]
    found = effects_of(both[0] * both[1])
    assert found.pairs[one, other] == pytest.approx(1.0)
    assert sum(found.main.values()) == pytest.approx(0.0, abs=1e-12)


def test_three_at_once_are_the_residual():
    found = effects_of((-1.0) ** (WAIT + STOP) * (RR - 2.0))
    assert found.residual == pytest.approx(1.0)


@given(
    sizes=st.lists(st.integers(1, 4), min_size=1, max_size=6),
    seed=st.integers(0, 1000),
    chunk=st.integers(1, 300),
)
def test_equals_the_naive_analysis_whatever_the_chunks(sizes, seed, chunk):
    chance = np.random.default_rng(seed)
    cube = chance.normal(3.0, 1.0, sizes) + chance.normal(size=(sizes[0], *[1] * (len(sizes) - 1)))
    order = chance.permutation(cube.size)
    pieces = [order[at : at + chunk] for at in range(0, cube.size, chunk)]
    named = {f"f{at}": size for at, size in enumerate(sizes)}
    found = effects(named, [(piece, cube.ravel()[piece]) for piece in pieces])
    axes = set(range(len(sizes)))
    variance = cube.var()

    def effect(*kept):
        means = cube.mean(axis=tuple(axes - set(kept)), keepdims=True) - cube.mean()
        for one in kept if len(kept) == 2 else ():
            means = means - (cube.mean(axis=tuple(axes - {one}), keepdims=True) - cube.mean())
        return (means**2).mean() / variance if cube.size > 1 else 0.0

    for at in axes:
        assert found.main[f"f{at}"] == pytest.approx(effect(at), abs=1e-9)
    for one, other in combinations(sorted(axes), 2):
        assert found.pairs[f"f{one}", f"f{other}"] == pytest.approx(effect(one, other), abs=1e-9)
    total = sum(found.main.values()) + sum(found.pairs.values()) + found.residual
    assert total == pytest.approx(1.0 if cube.size > 1 else 0.0)
    assert found.mean == pytest.approx(cube.mean())


def test_a_small_variance_around_a_large_mean_keeps_its_digits():
    found = effects_of(1e9 + 1e-3 * RR)
    assert found.main["rr"] == pytest.approx(1.0, abs=1e-3)
    assert found.mean == pytest.approx(1e9)


@pytest.mark.parametrize("value", [0.0, 0.1, -7e8 / 3])
def test_a_metric_that_is_equal_everywhere_has_nothing_to_share(value):
    found = effects_of(np.full(prod(SIZES.values()), value))
    assert found.variance == 0.0
    assert {*found.main.values(), *found.pairs.values(), found.residual} == {0.0}
    assert found.mean == pytest.approx(value)


VALUES = RR * 1.0


@pytest.mark.parametrize(
    ("chunks", "message"),
    [
        ([(NUMBERS[:-1], VALUES[:-1])], r"1 of 240 are missing, the first is 239"),
        ([], r"240 of 240 are missing"),
        ([(NUMBERS, VALUES), (NUMBERS[:1], VALUES[:1])], "twice"),
        ([(np.array([4, 4]), np.ones(2))], "twice"),
        ([(NUMBERS + 1, VALUES)], "combination 240 is not in this grid"),
        ([(NUMBERS, np.where(NUMBERS == 7, np.nan, VALUES))], "combination 7 has the value nan"),
    ],
)
def test_results_that_are_not_the_grid_are_refused(chunks, message):
    with pytest.raises(RunError, match=message):
        effects(SIZES, chunks)


def test_factors_are_the_digits_of_the_shipped_grid():
    settings = Settings()
    grid = load_grid(settings, settings.symbol("XAUUSD"), "expanded")
    found = factors(grid)
    assert list(found) == [
        "ib_window", "ib_wait_minutes", "trade_window_minutes", "rr_target", "stop_mode",
        "trailing", "min_sl_pct", "rev_rb", "ib_buffer_pct", "max_distance_pct",
    ]  # fmt: skip
    assert prod(found.values()) == len(grid) == 1_478_400
