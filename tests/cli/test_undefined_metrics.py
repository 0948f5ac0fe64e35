"""A set without losses, from the command line: it wins where losses are the divisor."""

import json
import os

import pytest

from params_optimizer.run_optimizer import main

pytestmark = pytest.mark.skipif(os.name == "nt", reason="workers are forked")


@pytest.mark.parametrize("metric", ["profit_factor", "calmar_ratio", "sortino_ratio"])
def test_no_loss_wins_and_meets_a_constraint(shared, tmp_path, monkeypatch, metric):
    case = shared / "cases" / "96-undefined-metric-wins"
    if not case.is_dir():
        pytest.skip("the case is not beside this checkout")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(case)
    source = ("--data", str(case / "rise.csv"), "--source-timezone", "UTC")
    strategy = ("--strategy", "wins:pick", "--space", str(case / "c.json"))
    search = ("--method", "grid", "--metric", metric, "--min-trades", "1")
    assert main([*source, *strategy, *search, "--output-dir", str(tmp_path)]) == 0
    (path,) = tmp_path.glob("rise_*/rise_best_params.json")
    best = json.loads(path.read_text())
    assert best["params"] == {"good": 0}
    assert best["metrics"]["losing_trades"] == 0
    assert best["metrics"][metric] in {0.0, 999.0}, "files keep their values"
