"""The spread of Sharpe ratios over pieces of results equals that over all of them."""

import numpy as np
import pytest

from params_optimizer.analytics.sharpe_spread import (
    ALL,
    COLUMNS,
    NOTHING,
    SCOPES,
    Watch,
    column,
    join,
    spreads_of,
)
from params_optimizer.config import VariationConditions

CONDITIONS = VariationConditions()


def piece(rows: int, seed: int) -> dict[str, np.ndarray]:
    chance = np.random.default_rng(seed)
    found = {name: chance.normal(size=rows) for name in COLUMNS}
    for name in COLUMNS:
        if name.endswith("total_trades"):
            found[name] = chance.integers(0, 30, rows)
    found["stop_mode"] = np.where(chance.random(rows) < 0.5, "eq", "ib_start")
    found["rev_rb_enabled"] = chance.random(rows) < 0.5
    return found


def competing(found: dict[str, np.ndarray], scope: str) -> np.ndarray:
    enough = found[column(scope, "total_trades")] >= 10
    meant = {
        ALL: np.ones(enough.size, bool),
        "OCAE": found["tsl_target"] > 0,
        "TCWE": (found["tsl_target"] > 0) & (found["rr_target"] >= 1),
        "Reverse": found["stop_mode"] == "eq",
        "REV_RB": found["rev_rb_enabled"],
    }[scope]
    return found[column(scope, "sharpe_ratio")][enough & meant]


def test_pieces_join_to_the_whole():
    pieces = [piece(rows, seed) for seed, rows in enumerate((40, 1, 300, 7))]
    watch = Watch(CONDITIONS, 10)
    assert list(watch.over(pieces)) == pieces
    for scope in SCOPES:
        values = np.concatenate([competing(one, scope) for one in pieces])
        found = watch.spreads[scope]
        assert (found.number, found.greatest) == (values.size, values.max())
        assert found.mean == pytest.approx(values.mean())
        assert found.variance == pytest.approx(values.var(ddof=1))


def test_pieces_in_which_nobody_competes_change_nothing():
    nobody = spreads_of(piece(20, 1), CONDITIONS, 1000)
    assert nobody == dict.fromkeys(SCOPES, NOTHING)
    some = spreads_of(piece(20, 2), CONDITIONS, 1)
    assert join(nobody, some) == join(some, nobody) == some


def test_one_competitor_has_no_variance():
    assert spreads_of(piece(1, 3), CONDITIONS, 0)[ALL].variance is None
    assert NOTHING.variance is None


def test_a_small_spread_around_a_large_mean_keeps_its_digits():
    pieces = [piece(50, seed) for seed in range(6)]
    for one in pieces:
        one["sharpe_ratio"] = 1e6 + one["sharpe_ratio"] * 1e-3
        one["total_trades"] = np.full(50, 20)
    watch = Watch(CONDITIONS, 10)
    list(watch.over(pieces))
    values = np.concatenate([one["sharpe_ratio"] for one in pieces])
    assert watch.spreads[ALL].variance == pytest.approx(values.var(ddof=1), rel=1e-6)
