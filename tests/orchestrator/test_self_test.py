"""Compiled kernels that do not calculate as the plain rules do are refused before a run."""

import numpy as np
import pytest

from params_optimizer.environment import kernel_cache_folder
from params_optimizer.errors import StorageError
from params_optimizer.orchestrator import self_test
from params_optimizer.strategies.initial_balance.reference import backtest


def test_the_case_of_the_self_test_has_every_variation_and_exit():
    bars, axes = self_test.bars_of_the_case(), self_test.AXES
    grid = self_test.ParameterSpace(self_test.model_of_manifest(axes._asdict()))
    trades = [
        trade
        for number in range(len(grid))
        for trade in backtest(
            bars, self_test.Params(**grid[number]), self_test.SPREAD, self_test.NO_NEWS
        )
    ]
    assert {trade.variation for trade in trades} == {"OCAE", "TCWE", "Reverse", "REV_RB"}
    assert {trade.exit_reason for trade in trades} == {"tp", "stop", "time"}
    assert {trade.long for trade in trades} == {True, False}


@pytest.fixture
def kernels(tmp_path, monkeypatch):
    """A folder that may be deleted, in the place of the user's kernels."""
    monkeypatch.setenv("PARAMS_OPTIMIZER_CACHE", str(tmp_path))
    return kernel_cache_folder()


def test_sound_kernels_stay(kernels):
    self_test.self_test()
    assert kernels.exists()


@pytest.mark.parametrize("name", ["backtest", "PanelEngine.metrics"])
def test_kernels_that_calculate_wrongly_are_refused_and_deleted(kernels, monkeypatch, name):
    if name == "backtest":
        sound = self_test.backtest
        monkeypatch.setattr(self_test, name, lambda *case: sound(*case)[:-1])
    else:
        metrics = self_test.PanelEngine.metrics
        monkeypatch.setattr(
            self_test.PanelEngine, "metrics", lambda *case: np.nextafter(metrics(*case), 9) * 1.001
        )
    with pytest.raises(StorageError, match="they were deleted; start the same command again"):
        self_test.self_test()
    assert not kernels.exists()
