"""`--execution` and `--slippage`: what they reach, and where they are refused."""

import json

import pyarrow.parquet as pq
import pytest

from params_optimizer.config import Settings
from params_optimizer.data.loader import load_bars
from params_optimizer.data.news import NO_NEWS
from params_optimizer.strategies.initial_balance.params import Execution, Params
from params_optimizer.strategies.initial_balance.reference import backtest as reference
from tests.strategies.panels import differences, row_of

STRICT = ("--execution", "strict", "--slippage", "0.25")
GRID = {
    "ib_wait_minutes": [0],
    "trade_window_minutes": [60, 120],
    "rr_target": [0.5],
    "stop_mode": ["eq"],
    "tsl_target": [0.0, 1.0],
    "tsl_sl": [0.5],
    "min_sl_pct": [0.001],
    "rev_rb_enabled": [True, False],
    "rev_rb_pct": [0.5],
    "ib_buffer_pct": [0.05],
    "max_distance_pct": [1.0],
}


@pytest.fixture
def grid(run):
    file = run.root / "grid.json"
    file.write_text(json.dumps(GRID))
    return ("--grid", str(file), "--workers", "1")


@pytest.fixture
def strict_run(run, grid):
    code, _, err = run(*grid, *STRICT)
    assert code == 0, err
    [folder] = run.output.glob("GER40_*")
    return folder


def test_every_row_is_that_of_the_reference(strict_run, run):
    bars, spread = load_bars(run.root / "data", "GER40"), Settings().symbol("GER40").spread
    table = pq.read_table(strict_run / "GER40_full_results.parquet").to_pylist()
    assert len(table) == 3 * 2 * 2 * 2
    for row in table:
        params = Params(**{key: row[key] for key in Params.__dataclass_fields__})
        execution = Execution(strict=True, slippage=0.25)
        expected = row_of(reference(bars, params, spread, NO_NEWS, execution))
        assert not differences({name: row[name] for name in expected}, expected), params


def test_what_is_asked_of_the_run_follows_it(strict_run, run):
    summary = (strict_run / "GER40_summary.txt").read_text()
    assert "24 combinations, strict execution with slippage 0.25" in summary
    code, out, err = run.plain("--symbol", "GER40", "--validate", "3")
    assert (code, "all equal" in out) == (0, True), err
    assert run.plain("--check", strict_run.name)[0] == 0
    assert run.plain("--symbol", "GER40", "--trades", "best", *STRICT)[0] == 0
    code, _, err = run.plain("--symbol", "GER40", "--trades", "best", "--execution", "rules")
    assert (code, "--execution rules" in err) == (1, True), err


def test_by_the_rules_it_is_another_run(strict_run, run, grid):
    code, out, _ = run(*grid)
    assert (code, "combinations, strict" in out) == (0, False)
    [other] = set(run.output.glob("GER40_*")) - {strict_run}
    assert "execution" not in json.loads((other / "run.json").read_text())["fingerprint"]
    code, _, err = run.plain("--symbol", "GER40", "--trades", "best", *STRICT)
    assert (code, f"{strict_run.name}/GER40_trades_" in err) == (0, True), err


def test_a_search_trades_strictly(run):
    journals = []
    for options in (STRICT, ()):
        code, out, err = run("--method", "random", "--trials", "3", "--seed", "1", *options)
        assert code == 0, err
        assert ("strict execution with slippage 0.25" in out) == bool(options)
        [folder] = run.output.glob("GER40_random_*")
        journals.append((folder / "trials.jsonl").read_text())
        folder.rename(run.root / f"search_{len(journals)}")
    assert journals[0] != journals[1]


REFUSED = {
    "a strategy of positions": (
        ["--strategy", "rsi", "--method", "random", "--execution", "strict"],
        "a strategy of positions has one, its orders are filled at the next open",
    ),
    "slippage by the rules": (
        ["--execution", "rules", "--slippage", "1"],
        "--slippage 1: makes the market fills of --execution strict worse",
    ),
    "slippage under the settings": (
        ["--slippage", "1"],
        "slippage 1 counts under execution strict only, and execution is rules",
    ),
    "another word": (["--execution", "harsh"], "--execution harsh: must be one of rules, strict"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case, run, capsys):
    options, message = REFUSED[case]
    try:
        code, _, err = run(*options)
    except SystemExit as leaving:
        code, err = leaving.code, capsys.readouterr().err
    assert code in {1, 2}
    assert message in " ".join(err.split())
    assert not run.output.exists()
