"""States per group of days: their metrics are those of the trades of these days."""

from functools import reduce
from typing import NamedTuple

import numpy as np
import pytest

from params_optimizer.config import IBWindow
from params_optimizer.data.days import local_days
from params_optimizer.engine.metrics_calculator import METRICS, merge, metrics_of_state
from params_optimizer.strategies.initial_balance.grid import GridAxes
from params_optimizer.strategies.initial_balance.panel.engine import (
    MEASURES,
    PanelEngine,
)
from params_optimizer.strategies.initial_balance.panel.slices import PanelSlice, PanelSlices
from params_optimizer.strategies.initial_balance.reference import backtest as reference
from params_optimizer.strategies.initial_balance.scopes import SCOPES
from tests.grids import params_of, space_of
from tests.strategies import random_cases
from tests.strategies.panels import differences, engine_of, row_of


class Study(NamedTuple):
    """A market, a grid with all kinds of trades on it, and its engine."""

    market: random_cases.Market
    axes: GridAxes
    engine: PanelEngine

    def trades(self, number: int):
        params = params_of(space_of(self.axes), number)
        return reference(self.market.bars, params, self.market.spread, self.market.news)

    def dates(self, window: IBWindow) -> np.ndarray:
        """Every local date with bars, of which some have no session."""
        return local_days(self.market.bars.m1.time, window[2]).date


@pytest.fixture(scope="module", params=[3, 5, 11, 18])
def study(request) -> Study:
    rng = np.random.default_rng(request.param)
    market = random_cases.market(rng)
    axes = GridAxes(
        ib_windows=(("02:00", "02:45", market.zone), ("09:10", "10:00", market.zone)),
        waits=(0,),
        windows=(240, 30),
        rr_targets=(1.0,),
        stop_modes=("eq",),
        trailings=((0.0, 0.5), (0.5, 0.25)),
        min_sls=(0.0025,),
        rebounds=((False, 0.5), (True, 0.25)),
        buffers=(0.0, 0.25),
        distances=(0.5, 5.0),
    )
    return Study(market, axes, engine_of(market.bars, axes, market.spread, market.news))


def rows_of_states(states: np.ndarray) -> list[dict[str, float]]:
    """Result columns of states of shape (scopes, STATES, rows), one dictionary a row."""
    metrics = [metrics_of_state(scope) for scope in states]
    return [
        dict(zip(MEASURES, np.concatenate([one[:, row] for one in metrics]), strict=True))
        for row in range(states.shape[-1])
    ]


def check(study: Study, piece: PanelSlice, dates: np.ndarray, states: np.ndarray) -> int:
    """The states of one group against the reference's trades of its dates; how many trades."""
    wanted, traded = set(dates.tolist()), 0
    for row, got in enumerate(rows_of_states(states)):
        trades = [trade for trade in study.trades(piece.first + row) if trade.date in wanted]
        assert not differences(got, row_of(trades)), (piece, row)
        traded += len(trades)
    return traded


def test_groups_of_any_days(study):
    """Labels, overlapping windows, no days at all, and dates that hold no session."""
    traded = 0
    for piece in PanelSlices(space_of(study.axes)):
        dates = study.dates(study.axes.ib_windows[piece.ib])
        half = dates.size // 2
        groups = [
            dates,
            *(dates[np.arange(dates.size) % 3 == label] for label in range(3)),
            dates[: half + 1],
            dates[half - 1 :],
            dates[:0],
            np.arange(dates[0] - 400, dates[0] - 390),
            np.arange(dates[0] - 5, dates[-1] + 5),
        ]
        states = study.engine.states(piece, groups)
        assert states.shape[::3] == (len(groups), piece.rows)
        counts = [check(study, piece, *one) for one in zip(groups, states, strict=True)]
        assert counts[6] == counts[7] == 0
        assert counts[0] == counts[8] == sum(counts[1:4])
        traded += counts[0]
    assert traded > 50


def test_whole_history_has_the_metrics_of_the_grid(study):
    for piece in PanelSlices(space_of(study.axes)):
        columns = study.engine.metrics(piece)
        [states] = study.engine.states(piece, [study.engine.session_dates(piece.ib)])
        for row, got in enumerate(rows_of_states(states)):
            expected = dict(zip(MEASURES, columns[:, row].tolist(), strict=True))
            assert not differences(got, expected), (piece, row)


def test_neighbouring_stretches_merge_into_the_whole(study):
    for piece in PanelSlices(space_of(study.axes)):
        dates = study.engine.session_dates(piece.ib)
        stretches = [dates[:1], dates[1:1], dates[1:3], dates[3:]]
        whole, *states = study.engine.states(piece, [dates, *stretches])
        # The axis that `merge` works on comes first.
        merged = np.moveaxis(reduce(merge, np.moveaxis(states, 2, 1)), 0, 1)
        np.testing.assert_allclose(merged, whole, rtol=1e-12, atol=1e-12)


def test_session_dates(study):
    """The days with an Initial Balance that has a range (R1.2): all that trade are there."""
    for place, window in enumerate(study.axes.ib_windows):
        dates = study.engine.session_dates(place).tolist()
        assert dates == sorted(set(dates))
        assert set(dates) <= set(study.dates(window).tolist())
        piece = next(one for one in PanelSlices(space_of(study.axes)) if one.ib == place)
        traded = {trade.date for trade in study.trades(piece.first)}
        assert traded <= set(dates)


def test_no_groups(study):
    piece = PanelSlices(space_of(study.axes))[0]
    assert study.engine.states(piece, []).shape[::3] == (0, piece.rows)


def test_columns_are_the_metrics_of_every_scope():
    assert tuple(scope.column(name) for scope in SCOPES for name in METRICS) == MEASURES
