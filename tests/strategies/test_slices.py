"""How a grid is cut: every combination once, in order, the same however slices are asked for."""

import numpy as np
import pytest

from params_optimizer.config import Settings
from params_optimizer.orchestrator.study import load_grid
from params_optimizer.strategies.initial_balance.backtest import backtest
from params_optimizer.strategies.initial_balance.grid import GridAxes
from params_optimizer.strategies.initial_balance.panel import slices as panel_slices
from params_optimizer.strategies.initial_balance.panel.slices import PanelSlices
from tests.grids import params_of, space_of
from tests.strategies import random_cases
from tests.strategies.panels import differences, engine_of, row_of

SETTINGS = Settings()


def axes_with(**lengths: int) -> GridAxes:
    """Axes of these lengths, else of one value."""

    def values(name):
        return tuple(range(1, 1 + lengths.get(name, 1)))

    def pairs(name, *rest):
        return tuple((value, *rest) for value in values(name))

    return GridAxes(
        ib_windows=tuple((f"{hour:02d}:00", "23:59", "UTC") for hour in values("ib_windows")),
        waits=values("waits"),
        windows=values("windows"),
        rr_targets=values("rr_targets"),
        stop_modes=("eq", "ib_start")[: lengths.get("stop_modes", 1)],
        trailings=pairs("trailings", 0.5),
        min_sls=values("min_sls"),
        rebounds=tuple((True, value) for value in values("rebounds")),
        buffers=values("buffers"),
        distances=values("distances"),
    )


GRIDS = {
    "one combination": axes_with(),
    "standard": GridAxes.of(load_grid(SETTINGS, SETTINGS.symbol("XAUUSD"), "standard")),
    "expanded": GridAxes.of(load_grid(SETTINGS, SETTINGS.symbol("GER40"), "expanded")),
    "many ways": axes_with(waits=2, windows=3, rr_targets=17, stop_modes=2, trailings=61),
    "many signals": axes_with(ib_windows=2, rr_targets=3, rebounds=5, buffers=70, distances=90),
    "100 million": axes_with(
        ib_windows=3, waits=4, windows=8, rr_targets=14, stop_modes=2, trailings=44,
        min_sls=3, rebounds=3, buffers=10, distances=10,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", GRIDS)
def test_slices_cover_the_grid_once_and_in_order(name):
    axes = GRIDS[name]
    grid, slices = space_of(axes), PanelSlices(space_of(axes))
    reached = 0
    for number, piece in enumerate(slices):
        assert (piece.number, piece.first) == (number, reached)
        assert 0 < piece.rows <= max(32_768, slices.rows_per_way)
        reached += piece.rows
    assert reached == slices.combinations == len(grid)
    assert number == len(slices) - 1


@pytest.mark.parametrize("name", GRIDS)
def test_a_slice_says_where_its_combinations_lie(name):
    axes = GRIDS[name]
    grid, slices = space_of(axes), PanelSlices(space_of(axes))
    for piece in slices[:: max(1, len(slices) // 50)]:
        low = grid.places(piece.first)
        high = grid.places(piece.first + piece.rows - 1)
        assert low[:3] == high[:3] == [piece.ib, piece.wait, piece.window]
        assert [_way(axes, low), _way(axes, high) + 1] == list(piece.ways)
        assert low[-3:] == [0, 0, 0]


def _way(axes: GridAxes, places: list[int]) -> int:
    way = 0
    sizes = map(len, (axes.rr_targets, axes.stop_modes, axes.trailings, axes.min_sls))
    for size, place in zip(sizes, places[3:7], strict=True):
        way = way * size + place
    return way


@pytest.mark.parametrize("name", GRIDS)
def test_tiles_hold_every_slice_once(name):
    slices = PanelSlices(space_of(GRIDS[name]))
    tiles = list(slices.groups())
    assert sorted(piece.number for tile in tiles for piece in tile) == list(range(len(slices)))
    assert all(len({piece.tile for piece in tile}) == 1 for tile in tiles)
    assert len({tile[0].tile for tile in tiles}) == len(tiles)


def test_a_slice_out_of_range():
    with pytest.raises(IndexError, match="slice 18 of 18"):
        PanelSlices(space_of(GRIDS["standard"]))[18]


@pytest.mark.parametrize("name", GRIDS)
def test_slices_stay_small_and_split_ways_where_no_lane_is_wasted(name):
    """A worker's memory does not grow with the grid; a table holds ways in blocks of 32."""
    slices = PanelSlices(space_of(GRIDS[name]))
    most = max(32_768, slices.rows_per_way)
    for piece in slices[:: max(1, len(slices) // 50)]:
        assert piece.rows <= most
        if piece.ways[1] - piece.ways[0] >= 32:
            assert piece.ways[0] % 32 == 0
            assert piece.ways[1] % 32 == 0 or piece.ways[1] == slices.ways


@pytest.fixture(scope="module")
def market():
    return random_cases.market(np.random.default_rng(7))


@pytest.fixture
def large_axes(market, monkeypatch):
    """81,600 combinations; a trade window is cut into three slices, at 850 ways."""
    monkeypatch.setattr(panel_slices, "_ROWS", 10_000)
    return GridAxes(
        ib_windows=(("07:10", "08:00", market.zone),),
        waits=(0, 3),
        windows=(100, 20),
        rr_targets=tuple(0.2 * step for step in range(1, 18)),
        stop_modes=("eq", "ib_start"),
        trailings=((0.0, 0.5), (0.5, 0.25), (0.5, 0.5), (1.0, 0.1), (0.25, 0.25)),
        min_sls=(0.005, 0.0001, 0.01, 0.002, 0.02),
        rebounds=((False, 0.5), (True, 0.25)),
        buffers=(0.0, 0.1, 0.05),
        distances=(1.0, 0.5, 0.25, 2.0),
    )


def test_results_do_not_depend_on_the_order_of_slices(market, large_axes):
    """Equal bytes: a worker gets any slices in any order, and may be a new one for each."""
    slices = PanelSlices(space_of(large_axes))
    assert {piece.ways for piece in slices} == {(0, 288), (288, 576), (576, 850)}

    def engine():
        return engine_of(market.bars, large_axes, market.spread, market.news)

    one = engine()
    by_group = {p.number: one.metrics(p).tobytes() for tile in slices.groups() for p in tile}
    backwards = engine()
    for piece in reversed(slices):
        assert backwards.metrics(piece).tobytes() == by_group[piece.number]
    for piece in slices:
        assert engine().metrics(piece).tobytes() == by_group[piece.number]


def test_many_ways_agree_with_single_combinations(market, large_axes):
    grid, rng = space_of(large_axes), np.random.default_rng(0)
    engine = engine_of(market.bars, large_axes, market.spread, market.news)
    traded = 0
    for piece in PanelSlices(space_of(large_axes)):
        columns = engine.metrics(piece)
        for row in rng.permutation(piece.rows)[:25].tolist():
            params = params_of(grid, piece.first + row)
            trades = backtest(market.bars, params, market.spread, market.news)
            expected = row_of(trades)
            got = dict(zip(expected, columns[:, row].tolist(), strict=True))
            assert not differences(got, expected), params
            traded += len(trades)
    assert traded > 150


def test_tens_of_thousands_of_buffers_and_distances(market):
    """One way to leave, 24,000 choices of signals: many trade the same, and some do not."""
    axes = GridAxes(
        ib_windows=(("07:10", "08:00", market.zone),),
        waits=(0,),
        windows=(100,),
        rr_targets=(1.0,),
        stop_modes=("eq",),
        trailings=((0.0, 0.5),),
        min_sls=(0.001,),
        rebounds=((True, 0.25), (False, 0.25)),
        buffers=tuple(0.002 * step for step in range(120)),
        distances=tuple(0.02 * step for step in range(1, 101)),
    )
    grid, (piece,) = space_of(axes), PanelSlices(space_of(axes))
    assert piece.rows == len(grid) == 24_000
    columns = engine_of(market.bars, axes, market.spread, market.news).metrics(piece)
    assert np.unique(columns[0]).size > 5
    for row in np.random.default_rng(1).permutation(piece.rows)[:60].tolist():
        trades = backtest(market.bars, params_of(grid, row), market.spread, market.news)
        expected = row_of(trades)
        got = dict(zip(expected, columns[:, row].tolist(), strict=True))
        assert not differences(got, expected), grid[row]
