"""R13 against naive tables with pandas."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from params_optimizer.analytics.variation_aggregator import Leaders
from params_optimizer.config import Settings, VariationConditions
from params_optimizer.search.eligibility import Eligibility
from params_optimizer.search.objective import Objective
from params_optimizer.search.ranking import Bounds
from params_optimizer.strategies.initial_balance.params import VARIATIONS
from params_optimizer.strategies.initial_balance.scopes import SCOPES

MIN_TRADES = 10
ALL = VariationConditions()
NONE = VariationConditions(ocae=False, tcwe=False, reverse=False, rev_rb=False)

MEANT = {
    "OCAE": lambda table: table["tsl_target"] > 0,
    "TCWE": lambda table: (table["tsl_target"] > 0) & (table["rr_target"] >= 1),
    "Reverse": lambda table: table["stop_mode"] == "eq",
    "REV_RB": lambda table: table["rev_rb_enabled"],
}


def naive(table: pd.DataFrame, name: str, *, condition: bool, min_trades: int) -> pd.DataFrame:
    """The whole table of a variation, best first."""
    prefix = name.lower()
    chosen = table[f"{prefix}_total_trades"] >= min_trades
    if condition:
        chosen &= MEANT[name](table)
    return table[chosen].sort_values([f"{prefix}_total_r", "combination"], ascending=[False, True])


def pieces(table: pd.DataFrame, cuts: list[int]) -> list[dict[str, np.ndarray]]:
    borders = [0, *sorted(min(cut, len(table)) for cut in cuts), len(table)]
    return [
        {name: table[name].to_numpy()[low:high] for name in table}
        for low, high in pairwise(borders)
    ]


def grid(rows: list[tuple]) -> pd.DataFrame:
    """Rows of rr, stop mode, tsl_target, rev_rb and (trades, total R) of each variation."""
    names = ["rr_target", "stop_mode", "tsl_target", "rev_rb_enabled"]
    table = pd.DataFrame([row[:4] for row in rows], columns=names)
    table = table.astype(
        {"rr_target": float, "stop_mode": object, "tsl_target": float, "rev_rb_enabled": bool}
    )
    table["combination"] = np.arange(len(rows))
    for name in ("total_r", "total_trades", "winrate"):
        table[name] = np.zeros(len(rows))
    for scope in SCOPES:
        table[scope.column("sharpe_ratio")] = np.zeros(len(rows))
    for place, name in enumerate(VARIATIONS, start=4):
        figures = np.array([row[place] for row in rows], np.float64).reshape(-1, 2)
        table[f"{name.lower()}_total_trades"] = figures[:, 0].astype(np.int32)
        table[f"{name.lower()}_total_r"] = figures[:, 1]
    return table


def variation_tables(cut, conditions: VariationConditions, min_trades: int, limit: int):
    settings = Settings(variation_conditions=conditions, min_trades=min_trades)
    eligibility = Eligibility.of(settings, SCOPES, Objective.of(settings))
    leaders = Leaders(eligibility, Bounds(np.zeros(3), np.ones(3), 0), limit)
    for columns in cut:
        leaders.add(columns)
    return leaders.variations()


FIGURES = st.tuples(st.integers(0, 14), st.sampled_from([-3.0, 0.0, 2.5]) | st.floats(-9, 9))
ROWS = st.lists(
    st.tuples(
        st.sampled_from([0.5, 1.0, 2.0]),
        st.sampled_from(["eq", "ib_start"]),
        st.sampled_from([0.0, 0.5]),
        st.booleans(),
        *[FIGURES] * len(VARIATIONS),
    ),
    max_size=40,
)


@settings(deadline=None)
@given(
    rows=ROWS,
    most=st.integers(1, 30),
    cuts=st.lists(st.integers(0, 40), max_size=5),
    conditions=st.sampled_from([ALL, NONE, VariationConditions(tcwe=False, rev_rb=False)]),
    min_trades=st.sampled_from([1, 10]),
)
def test_tables_are_the_naive_ones_however_the_results_are_cut(
    rows, most, cuts, conditions, min_trades
):
    table = grid(rows)
    found = variation_tables(pieces(table, cuts), conditions, min_trades, most)
    assert [one.variation for one in found] == list(VARIATIONS)
    for one in found:
        condition = getattr(conditions, one.variation.lower())
        whole = naive(table, one.variation, condition=condition, min_trades=min_trades)
        total = whole[f"{one.variation.lower()}_total_r"]
        assert one.combination.tolist() == whole["combination"].head(most).tolist()
        assert one.total_r.tolist() == total.head(most).tolist()
        assert (one.eligible, one.profitable) == (len(whole), (total > 0).sum())
        assert one.mean_total_r == pytest.approx(total.mean() if len(total) else 0.0, abs=1e-9)


def listed(rows: list[tuple], conditions: VariationConditions, min_trades: int = MIN_TRADES):
    """Combinations in each variation's table."""
    tables = variation_tables(pieces(grid(rows), []), conditions, min_trades, 100)
    return {one.variation: one.combination.tolist() for one in tables}


EACH = ((10, 1.0),) * 4
CONDITIONS = {
    # rr_target, stop_mode, tsl_target, rev_rb_enabled -> the variations that this is meant for
    (0.5, "ib_start", 0.0, False): set(),
    (0.5, "ib_start", 0.5, False): {"OCAE"},
    (1.0, "ib_start", 0.5, False): {"OCAE", "TCWE"},
    (2.0, "ib_start", 0.0, False): set(),
    (0.5, "eq", 0.0, False): {"Reverse"},
    (0.5, "ib_start", 0.0, True): {"REV_RB"},
    (1.0, "eq", 0.01, True): {"OCAE", "TCWE", "Reverse", "REV_RB"},
}


@pytest.mark.parametrize(("keys", "meant"), CONDITIONS.items())
def test_a_variation_lists_the_combinations_that_are_meant_for_it(keys, meant):
    assert {name for name, found in listed([(*keys, *EACH)], ALL).items() if found} == meant
    assert all(listed([(*keys, *EACH)], NONE).values()), "switched off, every one is listed"


def test_each_variation_counts_its_own_trades():
    row = (1.0, "eq", 0.5, True, (9, 1.0), (10, 1.0), (9, 1.0), (99, 1.0))
    assert listed([row], ALL) == {"OCAE": [], "TCWE": [0], "Reverse": [], "REV_RB": [0]}


def test_equal_totals_keep_the_order_of_the_combinations():
    rows = [(1.0, "eq", 0.5, True, *[(10, total)] * 4) for total in (2.0, 5.0, 2.0, 5.0, 2.0)]
    assert listed(rows, ALL)["OCAE"] == [1, 3, 0, 2, 4]


def test_a_combination_without_a_trade_of_the_variation_is_never_listed():
    row = (1.0, "eq", 0.5, True, *[(0, 0.0)] * 4)
    assert not any(listed([row], NONE, min_trades=0).values())
