"""The trade list of a combination: the reference engine's trades, with levels and money."""

import csv
import shutil

import pytest

from params_optimizer import run_optimizer
from params_optimizer.data.days import iso_minute, to_date
from params_optimizer.reports.trades import COLUMNS, describe, trade_rows, write_trades
from params_optimizer.strategies.initial_balance.params import Params
from params_optimizer.strategies.initial_balance.reference import backtest

HEADER = (
    "date,variation,direction,entry_time,entry_price,stop,tp,exit_time,exit_price,exit_reason,r,"
    "cumulative_r,ibh,ibl,eq,volume,profit,balance"
)


@pytest.fixture
def best(finished) -> int:
    return int(finished.outcome.ranking.combination[0])


@pytest.fixture
def output(finished, tmp_path, monkeypatch):
    """A folder with a copy of the run; the command line works on it."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(finished.folder, tmp_path / "output" / finished.folder.name)
    return tmp_path / "output" / finished.folder.name


def read(path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def close(value: float):
    return pytest.approx(value, rel=1e-12, abs=1e-9)


@pytest.mark.parametrize("number", [0, 18, 133, 287])
def test_the_trades_are_those_of_the_reference(finished, number):
    study = finished.outcome.study
    expected = backtest(study.bars, study.params(number), study.spread, study.news)
    rows = trade_rows(study, study.params(number))
    assert len(rows) == len(expected) > 20
    for row, trade in zip(rows, expected, strict=True):
        assert row["date"] == to_date(trade.date).isoformat()
        assert (row["variation"], row["direction"] == "long") == (trade.variation, trade.long)
        assert row["entry_time"] == iso_minute(trade.entry_time)
        assert row["exit_time"] == iso_minute(trade.exit_time)
        prices = [row[name] for name in ("entry_price", "stop", "tp", "exit_price", "r")]
        assert prices == [trade.entry_price, trade.stop, trade.target, trade.exit_price, trade.r]
        assert row["exit_reason"] == trade.exit_reason


def test_the_trades_add_up_to_the_row_of_the_results(finished, best):
    study, (row,) = finished.outcome.study, finished.outcome.rows([best])
    trades = trade_rows(study, study.params(best))
    assert len(trades) == row["total_trades"]
    assert sum(trade["r"] for trade in trades) == close(row["total_r"])
    assert trades[-1]["cumulative_r"] == close(row["total_r"])
    assert sum(trade["r"] > 0 for trade in trades) == row["winning_trades"]
    for name in ("OCAE", "TCWE", "Reverse", "REV_RB"):
        of_it = [trade["r"] for trade in trades if trade["variation"] == name]
        assert len(of_it) == row[f"{name.lower()}_total_trades"]
        assert sum(of_it) == close(row[f"{name.lower()}_total_r"])


def test_running_sums_levels_and_money(finished, best):
    study, cumulative, balance = finished.outcome.study, 0.0, 100_000.0
    for row in trade_rows(study, study.params(best)):
        cumulative += row["r"]
        balance += row["profit"]
        assert (row["cumulative_r"], row["balance"]) == (close(cumulative), close(balance))
        assert row["eq"] == close((row["ibh"] + row["ibl"]) / 2)
        assert row["ibh"] > row["ibl"]
        move = row["exit_price"] - row["entry_price"]
        signed = move if row["direction"] == "long" else -move
        assert row["profit"] == close(row["volume"] * signed)
        # R14: 1,000 at risk, at most what 40,000 of margin carry at a leverage of 20.
        risk = abs(row["entry_price"] - row["stop"])
        assert row["volume"] * risk <= 1_000 + 1e-6
        assert row["volume"] * row["entry_price"] / 20 <= 40_000 + 1e-6
        enough = (row["volume"] + 0.1) * risk > 1_000 - 1e-6
        carried = (row["volume"] + 0.1) * row["entry_price"] / 20 > 40_000 - 1e-6
        assert enough or carried, "a step more would be too much"


def test_the_file_keeps_every_digit(finished, best, tmp_path):
    path, rows = write_trades(finished.outcome.study, best, tmp_path)
    assert path == tmp_path / f"GER40_trades_{best}.csv"
    assert path.read_text().splitlines()[0] == HEADER == ",".join(COLUMNS)
    found = read(path)
    assert [{name: str(value) for name, value in row.items()} for row in rows] == found
    assert [float(row["r"]) for row in found] == [row["r"] for row in rows]


def test_the_command_writes_the_trades_of_the_best_and_of_any_number(
    finished, output, best, capsys
):
    command = f"--symbol GER40 --run-dir {output.name} --data-dir {finished.data_dir} --trades"
    assert run_optimizer.main([*command.split(), "best"]) == 0
    first = capsys.readouterr().out
    assert run_optimizer.main([*command.split(), str(best)]) == 0
    assert capsys.readouterr().out == first
    assert first.startswith(f"combination {best}: ib_start=")
    (row,) = finished.outcome.rows([best])
    assert len(read(output / f"GER40_trades_{best}.csv")) == row["total_trades"]
    assert f"{row['total_trades']} trades from 2025-" in first


def test_a_combination_that_is_none_is_refused(finished, output, capsys):
    command = f"--symbol GER40 --run-dir {output.name} --data-dir {finished.data_dir}"
    before = sorted(output.iterdir())
    assert run_optimizer.main([*command.split(), "--trades=288"]) == 1
    assert "0 to 287, or write best" in capsys.readouterr().err
    for number in ("-1", "1.5", "first", "²"):
        with pytest.raises(SystemExit):
            run_optimizer.main([*command.split(), f"--trades={number}"])
    assert sorted(output.iterdir()) == before


def test_a_description_of_no_trades_and_of_trades_without_volume(finished):
    study = finished.outcome.study
    assert describe(study, 5, []).splitlines()[1:] == ["no trades"]
    row = {"date": "2025-03-03", "cumulative_r": 1.5, "balance": 101_500.0, "volume": 0.0}
    text = describe(study, 5, [row, {**row, "date": "2025-03-04", "volume": 0.3}])
    assert "2 trades from 2025-03-03 to 2025-03-04: 1.50 R, final balance 101,500.00" in text
    assert "1 of them with volume 0" in text


def test_a_combination_can_have_no_trades(finished):
    study = finished.outcome.study
    values = {**study.grid[0], "ib_buffer_pct": 1e6, "stop_mode": "eq"}
    params = Params(**{**values, "rev_rb_enabled": False, "trade_window_minutes": 1})
    assert trade_rows(study, params) == []
