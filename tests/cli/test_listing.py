"""`--list` and `--note`."""

import json

import pytest

from params_optimizer.run_optimizer import main
from params_optimizer.storage.run_directory import RunDirectory

GRID = {"symbol": "GER40", "combinations": 6, "status": "complete"}
SEARCH = {"kind": "search", "market": "XAUUSD", "method": "genetic", "trials": 40, "status": None}
METRICS = {"total_r": 12.345, "total_trades": 67}


@pytest.fixture
def output(tmp_path, monkeypatch):
    """A complete run, an unfinished search, and a run whose manifest was damaged."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "output"
    for name, manifest in {"GER40_6combos_1": GRID, "XAUUSD_genetic_2": SEARCH}.items():
        (folder / name).mkdir(parents=True)
        RunDirectory(folder / name).write_manifest({**manifest, "fingerprint": {}})
    best = folder / "GER40_6combos_1" / "GER40_best_params.json"
    best.write_text(json.dumps({"metrics": METRICS}))
    state = {"completed_count": 9, "total_combinations": 40, "best_so_far": METRICS}
    (folder / "XAUUSD_genetic_2" / "checkpoint.json").write_text(json.dumps(state))
    (folder / "GER40_damaged").mkdir()
    (folder / "GER40_damaged" / "run.json").write_text("{")
    return folder


def listed(capsys, *arguments):
    assert main(["--list", *arguments]) == 0
    heading, *rows = capsys.readouterr().out.splitlines()
    assert heading.split() == ["run", "method", "strategy", "status", "sets", "best", "note"]
    return [" ".join(row.split()) for row in rows]


def test_runs_are_listed_with_status_size_and_best(output, capsys):
    assert listed(capsys) == [
        "GER40_6combos_1 grid initial_balance complete 6 12.35 R in 67 trades",
        "GER40_damaged unreadable",
        "XAUUSD_genetic_2 genetic initial_balance interrupted 9 of 40 12.35 R in 67 trades",
    ]
    assert [row.split()[0] for row in listed(capsys, "--symbol", "XAUUSD")] == ["XAUUSD_genetic_2"]
    with RunDirectory(output / "XAUUSD_genetic_2").locked():
        assert "running" in listed(capsys)[2]


def test_an_empty_folder_holds_no_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["--list", "--symbol", "GER40"]) == 0
    assert capsys.readouterr() == ("", "output: holds no run of GER40\n")


def test_a_note_stays_with_any_run(output, capsys):
    for name in ("GER40_6combos_1", "XAUUSD_genetic_2"):
        assert main(["--run-dir", name, "--note", f"about {name}"]) == 0
    capsys.readouterr()
    rows = listed(capsys)
    assert rows[0].endswith("about GER40_6combos_1")
    assert rows[2].endswith("about XAUUSD_genetic_2")
    assert main(["--run-dir", "GER40_6combos_1", "--note", ""]) == 0
    assert "note" not in RunDirectory(output / "GER40_6combos_1").manifest()


def test_a_run_in_progress_gets_no_note_from_elsewhere(output, capsys):
    with RunDirectory(output / "XAUUSD_genetic_2").locked():
        assert main(["--run-dir", "XAUUSD_genetic_2", "--note", "x"]) == 1
    assert "another process" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["two\nlines", "x" * 501])
def test_a_note_is_one_line(output, text, capsys):
    with pytest.raises(SystemExit):
        main(["--run-dir", "GER40_6combos_1", "--note", text])
    assert "one line of at most 500 characters" in capsys.readouterr().err
