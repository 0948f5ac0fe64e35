"""`--strategy`, `--data`, `--backtest` and `--check-strategy` on the command line."""

import csv
import sys

import pytest

from params_optimizer import run_optimizer
from tests.data.test_ohlc import csv_of
from tests.strategies.market import walk

MINE = """
import numpy as np

def up(bars, n=5):
    return np.sign(np.diff(bars.close, prepend=bars.close[0]))

def broken(bars, n=5):
    return np.zeros(3)
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "bars h1.csv").write_text(csv_of(walk(2500)))
    (tmp_path / "cli_mine.py").write_text(MINE)
    yield tmp_path
    sys.modules.pop("cli_mine", None)


def run(*arguments):
    return run_optimizer.main(["--data", "bars h1.csv", *arguments])


def test_a_backtest_of_a_file(folder, capsys):
    code = run("--strategy", "rsi", "--backtest", "period=9", "direction=long", "lower=35.5")
    assert code == 0
    out, err = capsys.readouterr()
    assert out.startswith("rsi on bars_h1, 20")
    assert "period=9, direction=long, lower=35.5" in out
    assert "annual_sharpe" in out
    assert "commission 0.1 % of each fill" in out
    assert "bars_h1: 2,500 bars of time frame H1" in err
    with (folder / "output" / "bars_h1_rsi_trades.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["direction"] for row in rows} == {"long"}
    assert ["total_trades", str(len(rows))] in [line.split() for line in out.splitlines()]


def test_costs_and_days_change_what_comes_out(folder, capsys):
    own = ("--strategy", "cli_mine:up", "--backtest", "n=5")
    days = ("--to", "2017-08-20", "--border", "drop")
    outs = []
    for extra in [(), ("--commission", "0"), ("--capital", "500"), days]:
        assert run(*own, *extra) == 0
        outs.append(capsys.readouterr().out)
    assert len(set(outs)) == 4
    assert "Account of 500" in outs[2]
    assert "drop*" in outs[3]


def test_checks_of_own_strategies(folder, capsys):
    assert run_optimizer.main(["--strategy", "cli_mine:up", "--check-strategy"]) == 0
    assert "cli_mine:up on generated bars: keeps its promises" in capsys.readouterr().out
    assert run("--strategy", "cli_mine:broken", "--check-strategy") == 1
    assert "returned 3 positions for 2,500 bars" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--strategy", "cli_mine:broken", "--backtest"), "returned 3 positions for 2,500 bars"),
        (("--strategy", "rsi", "--backtest", "periods=3"), "has no parameter 'periods'"),
        (("--strategy", "rsi", "--time-frame", "7", "--backtest"), "not a multiple of 60"),
        (
            (
                "--strategy",
                "rsi",
                "--method",
                "random",
                "--trials",
                "3",
                "--holdout-from",
                "2020-01-01",
            ),
            "is after the last",
        ),
    ],
)
def test_what_cannot_be_done_is_told(folder, capsys, arguments, told):
    assert run(*arguments) == 1
    err = capsys.readouterr().err
    assert told in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--backtest",), "which --strategy"),
        (("--check-strategy",), "which --strategy"),
        (("--strategy", "rsi"), "--strategy rsi: what is to be done with it?"),
        (("--strategy", "rsi", "--backtest", "period"), "write name=value"),
        (("--strategy", "rsi", "--symbol", "../x", "--backtest"), "--symbol ../x"),
        (("--strategy", "initial_balance", "--backtest"), "the prepared one-minute bars"),
        ((), "which --strategy trades these bars?"),
        (("--method", "grid"), "which --strategy trades these bars?"),
        (("--strategy", "rsi", "--commission", "1"), "must be a number >= 0 and < 1"),
        (("--strategy", "rsi", "--capital", "0"), "must be a number > 0"),
        (("--strategy", "rsi", "--border", "keep"), "must be one of close, carry, drop"),
    ],
)
def test_wrong_arguments(folder, capsys, arguments, told):
    with pytest.raises(SystemExit) as left:
        run(*arguments)
    assert left.value.code == 2
    assert told in capsys.readouterr().err


def test_a_search_of_an_own_strategy(folder, capsys):
    """The trials of `--method` are those of the strategy; the same command starts a new search."""
    own = ("--strategy", "cli_mine:up", "--method", "random", "--trials", "6", "--workers", "1")
    assert run(*own, "--metric", "total_r", "--min-trades", "1") == 0
    assert "Trades" in capsys.readouterr().out
    assert len(list((folder / "output").glob("bars_h1_random_*"))) == 1


@pytest.mark.parametrize("name", ["ma_crossover", "rsi", "bollinger", "ensemble"])
def test_built_in_strategies_are_searched(folder, capsys, name):
    own = ("--strategy", name, "--method", "genetic", "--trials", "16", "--workers", "1")
    assert run(*own, "--metric", "total_r", "--min-trades", "1") == 0
    assert "Trades" in capsys.readouterr().out
