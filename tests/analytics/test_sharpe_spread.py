"""The spread of Sharpe ratios over pieces of results equals that over all of them."""

import numpy as np
import pytest

from params_optimizer.analytics.sharpe_spread import NOTHING, join, spreads_of
from params_optimizer.config import Settings
from params_optimizer.search.eligibility import Eligibility
from params_optimizer.strategies.initial_balance.scopes import SCOPE_NAMES, SCOPES
from params_optimizer.strategies.scopes import ALL

COLUMNS = Eligibility.of(Settings(), SCOPES).columns


def piece(rows: int, seed: int) -> dict[str, np.ndarray]:
    chance = np.random.default_rng(seed)
    found = {name: chance.normal(size=rows) for name in COLUMNS}
    for name in COLUMNS:
        if name.endswith("total_trades"):
            found[name] = chance.integers(0, 30, rows)
    found["stop_mode"] = np.where(chance.random(rows) < 0.5, "eq", "ib_start")
    found["rev_rb_enabled"] = chance.random(rows) < 0.5
    return found


def column(scope: str, metric: str) -> str:
    return SCOPES[SCOPE_NAMES.index(scope)].column(metric)


def spreads(columns, min_trades=10):
    eligibility = Eligibility.of(Settings(min_trades=min_trades), SCOPES)
    return spreads_of(columns, eligibility, eligibility.eligible(columns))


def joined(pieces):
    whole = dict.fromkeys(SCOPE_NAMES, NOTHING)
    for columns in pieces:
        whole = join(whole, spreads(columns))
    return whole


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
    whole = joined(pieces)
    for scope in SCOPE_NAMES:
        values = np.concatenate([competing(one, scope) for one in pieces])
        found = whole[scope]
        assert (found.number, found.maximum) == (values.size, values.max())
        assert found.mean == pytest.approx(values.mean())
        assert found.variance == pytest.approx(values.var(ddof=1))


def test_pieces_in_which_nobody_competes_change_nothing():
    nobody = spreads(piece(20, 1), 1000)
    assert nobody == dict.fromkeys(SCOPE_NAMES, NOTHING)
    some = spreads(piece(20, 2), 1)
    assert join(nobody, some) == join(some, nobody) == some


def test_one_competitor_has_no_variance():
    assert spreads(piece(1, 3), 1)[ALL].variance is None
    assert NOTHING.variance is None


def test_a_small_spread_around_a_large_mean_keeps_its_digits():
    pieces = [piece(50, seed) for seed in range(6)]
    for one in pieces:
        one["sharpe_ratio"] = 1e6 + one["sharpe_ratio"] * 1e-3
        one["total_trades"] = np.full(50, 20)
    values = np.concatenate([one["sharpe_ratio"] for one in pieces])
    assert joined(pieces)[ALL].variance == pytest.approx(values.var(ddof=1), rel=1e-6)
