"""Day by day results of a slice equal the trades of its combinations."""

import numpy as np
import pytest

from params_optimizer.strategies.initial_balance.panel.slices import PanelSlices
from params_optimizer.strategies.initial_balance.params import VARIATIONS
from tests.validation.studies import study_in, trades


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return study_in(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def pieces(study):
    engine = study.engine()
    return [(piece, engine.daily(piece)) for piece in PanelSlices(study.grid)]


def test_every_row_has_the_r_of_its_trades(study, pieces):
    for piece, daily in pieces:
        for row in range(0, piece.rows, 5):
            found = {int(day): r for day, r in zip(daily.dates, daily.r_of(row), strict=True)}
            made = {trade.date: trade.r for trade in trades(study, piece.first + row)}
            assert {day: r for day, r in found.items() if not np.isnan(r)} == made


def test_a_variation_has_its_trades_only(study, pieces):
    piece, daily = pieces[0]
    for row in range(0, piece.rows, 11):
        for place, name in enumerate(VARIATIONS):
            r = daily.r_of(row, place)
            mine = [one.r for one in trades(study, piece.first + row) if one.variation == name]
            assert r[~np.isnan(r)].tolist() == mine


def test_block_sums_are_those_of_the_days(pieces):
    for piece, daily in pieces[:2]:
        block = np.arange(daily.dates.size) * 4 // daily.dates.size
        block[:3] = -1  # counts nowhere
        found = daily.block_sums(block, 5)  # the last block is empty
        assert found.shape == (3, 5, piece.rows)
        for row in range(0, piece.rows, 7):
            r = daily.r_of(row)
            for number in range(5):
                part = r[(block == number) & ~np.isnan(r)]
                expected = [part.size, part.sum(), (part**2).sum()]
                assert found[:, number, row] == pytest.approx(expected)
