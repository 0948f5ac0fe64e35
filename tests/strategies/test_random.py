"""Reference, compiled and panel engine agree on whatever chance comes up with."""

from collections import Counter

import numpy as np
import pytest

from params_optimizer.strategies.initial_balance.backtest import backtest
from params_optimizer.strategies.initial_balance.panel import slices
from params_optimizer.strategies.initial_balance.params import (
    EXIT_REASONS,
    RULES,
    VARIATIONS,
    Execution,
)
from params_optimizer.strategies.initial_balance.reference import backtest as reference
from tests.strategies import random_cases
from tests.strategies.panels import differences, nested, panel_columns, row_of

DEFAULT = [range(100)]
MANY = [range(first, first + 100) for first in range(100, 2100, 100)]
MANY_GRIDS = [range(first, first + 25) for first in range(100, 350, 25)]


def _batches(default, slow):
    marked = [pytest.param(batch, marks=pytest.mark.slow, id=f"{batch}") for batch in slow]
    return [*(pytest.param(batch, id=f"{batch}") for batch in default), *marked]


@pytest.mark.parametrize("cases", _batches(DEFAULT, MANY))
@pytest.mark.parametrize("strict", [False, True])
def test_trades_of_compiled_and_reference_are_equal(cases, strict):
    """R9: all fields, prices and R bit for bit."""
    seen = Counter()
    for case in cases:
        rng = np.random.default_rng(case)
        market = random_cases.market(rng)
        params = random_cases.params(rng, market.zone)
        execution = random_cases.execution(rng) if strict else RULES
        question = (market.bars, params, market.spread, market.news)
        expected = reference(*question, execution)
        assert backtest(*question, execution=execution) == expected, (case, params)
        seen.update([trade.variation for trade in expected])
        seen.update([trade.exit_reason for trade in expected])
    # Of the rare ones a batch may hold none, of the others some: the cases ask something.
    assert all(seen[name] >= 5 for name in (*VARIATIONS, *EXIT_REASONS[:3])), seen


@pytest.mark.parametrize("cases", _batches([range(12)], MANY_GRIDS))
@pytest.mark.parametrize("strict", [False, True])
def test_panel_and_single_combinations_agree(cases, strict, monkeypatch):
    """R10 for every scope, in slices of any size; up to 100 combinations of each grid."""
    seen = Counter()
    for case in cases:
        rng = np.random.default_rng(case)
        monkeypatch.setattr(slices, "_ROWS", int(rng.integers(1, 300)))
        market = random_cases.market(rng)
        axes = random_cases.axes(rng, market.zone)
        execution = random_cases.execution(rng) if strict else RULES
        columns = panel_columns(market.bars, axes, market.spread, market.news, execution)
        combinations = nested(axes)
        assert columns["total_r"].size == len(combinations)
        for number in rng.permutation(len(combinations))[:100]:
            params = combinations[number]
            question = (market.bars, params, market.spread, market.news)
            trades = backtest(*question, execution=execution)
            row = {name: column[number] for name, column in columns.items()}
            assert not differences(row, row_of(trades)), (case, params)
            seen.update([trade.variation for trade in trades])
    assert all(seen[name] >= 10 for name in VARIATIONS), seen


@pytest.mark.parametrize("cases", _batches([range(6)], [range(6, 60)]))
@pytest.mark.parametrize("execution", [RULES, Execution(strict=True, slippage=0.1)])
def test_panel_of_windows_that_end_at_every_minute(cases, execution):
    """Cut short anywhere: at missing bars, within candles, at the fill, before the exit."""
    for case in cases:
        rng = np.random.default_rng(case)
        market = random_cases.market(rng)
        axes = random_cases.axes(rng, market.zone)
        every_minute = tuple(rng.permutation(np.arange(1, 121)).tolist())
        axes = axes._replace(
            ib_windows=axes.ib_windows[:1],
            windows=every_minute,
            rr_targets=axes.rr_targets[:1],
            min_sls=axes.min_sls[:1],
            rebounds=((True, float(rng.choice([0.1, 0.25, 0.5]))),),
            distances=(float(rng.choice([0.5, 5.0])),),
        )
        columns = panel_columns(market.bars, axes, market.spread, market.news, execution)
        for number, params in enumerate(nested(axes)):
            question = (market.bars, params, market.spread, market.news)
            trades = backtest(*question, execution=execution)
            row = {name: column[number] for name, column in columns.items()}
            assert not differences(row, row_of(trades)), (case, params)
