"""The benchmarks time only engines that agree, and leave results that can be compared."""

import json
import platform
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import benchmarks.__main__ as command
from benchmarks import equality, grids, kernels, memory, phases, report, workers
from benchmarks.compare import compare
from benchmarks.market import CHECKOUT, Market
from benchmarks.measures import RATE, RATIO, SECONDS, TARGETS, Measure, Target, ratio
from benchmarks.report import Result, ResultFileError, Setting
from params_optimizer.config import Settings
from params_optimizer.strategies.initial_balance.panel.engine import MEASURES, PanelEngine
from tests.grids import grid_of

GENERATED = CHECKOUT / "tests" / "golden" / "generated"
STANDARD = Settings().grids.standard
SMALL = STANDARD.model_copy(
    update={"ib_wait_minutes": (0,), "trade_window_minutes": (60, 120), "rr_target": (1.0,)}
)


@pytest.fixture
def market(tmp_path) -> Market:
    """A few weeks of generated bars."""
    folder = tmp_path / "data" / "optimized"
    folder.mkdir(parents=True)
    shutil.copy(GENERATED / "GER40_m1.parquet", folder)
    return Market("GER40", folder.parent, "own data")


@pytest.fixture
def run(market, tmp_path, monkeypatch):
    """`run(*arguments)`: exit code of the command on the small market, results in tmp_path."""
    monkeypatch.setattr(command, "prepare_process", lambda: None)  # numba is here already
    monkeypatch.setattr(report, "RESULTS", tmp_path / "results")

    def call(*arguments: str) -> int:
        return command.main(
            ["--data-dir", str(market.data_dir), "--symbol", "GER40", "--runs", "2", *arguments]
        )

    return call


def panel_off(column: str, by: float):
    original = PanelEngine.metrics

    def metrics(self, piece):
        found = original(self, piece)
        found[MEASURES.index(column)] += by
        return found

    return PanelEngine, "metrics", metrics


def trades_off(name: str):
    original = getattr(equality, name)

    def backtest(*arguments):
        trades = original(*arguments)
        return [trades[0]._replace(stop=trades[0].stop + 1e-9), *trades[1:]]

    return equality, name, backtest


def test_engines_that_agree_pass(market):
    checked = equality.check(market.study(SMALL), 40, 3)
    assert (checked.combinations, checked.references) == (40, 3)
    assert checked.trades > 20


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (panel_off("total_r", 1e-6), "total_r: panel .*, kernel"),
        (panel_off("reverse_max_consec_losses", 1), "reverse_max_consec_losses: panel"),
        (panel_off("tcwe_max_drawdown", -1e-6), "tcwe_max_drawdown: panel .*, reference"),
        (trades_off("backtest"), "kernel has .* trades"),
        (trades_off("reference_backtest"), "kernel has .* trades"),
    ],
    ids=["sum", "count", "variation", "kernel trade", "reference trade"],
)
def test_engines_that_differ_are_refused(market, monkeypatch, broken, told):
    monkeypatch.setattr(*broken)
    with pytest.raises(equality.EnginesDifferError, match=rf"(?s)nothing is timed.*{told}"):
        equality.check(market.study(SMALL), 6, 6)


def test_a_panel_within_the_tolerances_is_equal(market, monkeypatch):
    monkeypatch.setattr(*panel_off("total_r", 1e-11))
    equality.check(market.study(SMALL), 6, 2)


def test_the_command_times_nothing_when_engines_differ(run, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(*panel_off("winrate", 1e-3))
    monkeypatch.setattr(kernels, "measure", lambda *_: pytest.fail("timed"))
    assert run("--only", "kernels") == 1
    assert "nothing is timed" in capsys.readouterr().err
    assert not (tmp_path / "results").exists()


def test_the_command_leaves_a_table_and_a_result(run, capsys, tmp_path):
    assert run("--only", "kernels", "--name", "here") == 0
    (path,) = (tmp_path / "results").iterdir()
    text = path.read_text()
    result = report.read(path)
    names = [one.name for one in result.measures]
    assert names == [
        "kernels.panel",
        "kernels.combination",
        "kernels.reference",
        "kernels.panel_over_combination",
        "kernels.combination_over_reference",
    ]
    assert all(len(one.values) == 2 and min(one.values) > 0 for one in result.measures)
    assert path.name == f"{result.date[:10]}_here.json"
    assert (result.setting.symbol, result.setting.grid) == ("GER40", "expanded")
    assert set(json.loads(text)["machine"]) == {
        *("cpu", "cores", "memory_gb", "system", "python", "libraries", "load")
    }
    for private in (f'"{platform.node()}"', str(CHECKOUT), str(tmp_path), str(Path.home())):
        assert private not in text
    shown = capsys.readouterr().out
    assert all(name in shown for name in names)


def test_a_group_that_fails_is_named_and_the_others_are_kept(run, monkeypatch, capsys, tmp_path):
    def fail(*_):
        raise memory.CommandFailedError("the disk is full")

    monkeypatch.setattr(grids, "measure", fail)
    monkeypatch.setattr(kernels, "measure", lambda *_: [Measure("kernels.panel", RATE, (1.0,))])
    assert run("--only", "kernels", "--only", "grids") == 1
    output = capsys.readouterr()
    assert "grids: FAILED: the disk is full" in output.err
    assert "grids: FAILED" in output.out
    (path,) = (tmp_path / "results").iterdir()
    result = report.read(path)
    assert [one.name for one in result.measures] == ["kernels.panel"]
    assert result.failed == ["grids"]


def test_phases_tell_every_step_of_a_run(market):
    study = market.study(SMALL)
    found = phases.seconds_by_phase(study)
    assert list(found) == [
        *("estimate", "signals", "exits", "walk_and_metrics", "days"),
        *("columns", "writing", "joining", "ranking", "reports", "checking"),
    ]
    assert all(seconds > 0 for seconds in found.values())


def test_workers_are_measured_through_the_pool(market):
    found = {one.name: one for one in workers.measure(market.study(SMALL), 1)}
    assert found["workers.kernel_ratio"].median == pytest.approx(
        found["workers.kernel_1"].median / found["workers.kernel_2"].median
    )
    assert {"workers.all_1", "workers.all_2", "workers.all_ratio"} < set(found)
    if sys.platform != "win32":
        assert found["workers.kernel_cpu_growth"].median > 0


def test_memory_counts_the_processes_that_a_command_starts(tmp_path):
    child = "import time; held = bytearray(b'1') * 80_000_000; time.sleep(1)"
    both = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {child!r}]); {child}"
    finished = memory.run([sys.executable, "-c", both], tmp_path, {})
    assert 160 < finished.peak < 260
    assert finished.seconds >= 1


def test_a_command_that_fails_tells_its_last_lines(tmp_path):
    line = "import sys; print('first'); sys.exit('no space left')"
    with pytest.raises(memory.CommandFailedError, match=r"(?s)exit code 1:.*no space left"):
        memory.run([sys.executable, "-c", line], tmp_path, {}, watch=False)


def test_larger_grids_have_the_sizes_that_they_are_named_for():
    windows = Settings().symbol("XAUUSD").ib_windows

    def size(values):
        return len(grid_of(values, windows))

    expanded = grids.named("expanded")
    assert size(grids.ten_times(expanded)) == 10 * size(expanded) == 14_784_000
    assert size(grids.ten_times(STANDARD)) == 10 * size(STANDARD)
    assert size(grids.hundred_million()) == 101_376_000


@pytest.mark.parametrize(
    ("target", "value", "verdict"),
    [
        (Target(200, 500), 500, "aim"),
        (Target(200, 500), 200, "ok"),
        (Target(200, 500), 199, "MISSED"),
        (Target(20, 10), 10, "aim"),
        (Target(20, 10), 11, "ok"),
        (Target(20, 10), 20.1, "MISSED"),
    ],
)
def test_targets(target, value, verdict):
    assert target.verdict(value) == verdict


SETTING = Setting("XAUUSD", "real data", 700_000, "2018-01-01", "2019-12-31", "expanded", 3)
RESULT = Result(
    date="2024-05-01T10:00:00+00:00",
    setting=SETTING,
    machine=report.machine(),
    code={"commit": "abc", "changed": False, "kernels": "123"},
    measures=[
        Measure("kernels.panel", RATE, (100_000.0, 300_000.0, 250_000.0)),
        Measure("start.help", SECONDS, (0.1, 0.1, 0.1)),
        Measure("start.info", SECONDS, (1.0, 1.0, 1.0)),
        Measure("workers.kernel_ratio", RATIO, (1.9, 1.9, 1.9)),
    ],
    failed=[],
)


def test_targets_stand_beside_what_they_are_for_only():
    assert {one.name for one in RESULT.measures} <= set(TARGETS)
    shown = report.table(RESULT)
    assert "250,000 combinations/s  100,000 to 300,000       ok (at least 200,000" in shown
    elsewhere = replace(RESULT, setting=replace(SETTING, source="generated data"))
    assert "at least" not in report.table(elsewhere)


def test_a_result_survives_its_file_and_none_is_replaced(tmp_path):
    paths = [report.save(RESULT, tmp_path, "xauusd") for _ in range(2)]
    assert [path.name for path in paths] == ["2024-05-01_xauusd.json", "2024-05-01_xauusd_2.json"]
    assert report.read(paths[1]) == RESULT


def test_compare_tells_better_from_worse():
    values = {"kernels.panel": 500_000.0, "start.help": 0.2, "start.info": 1.01}
    later = [Measure(name, "", (value,)) for name, value in values.items()]
    other = replace(RESULT, measures=[*later, Measure("large.memory", "MB", (900.0,))])
    lines = {line.split()[0]: line for line in compare(RESULT, other).splitlines() if line}
    assert "2.000" in lines["kernels.panel"]
    assert lines["kernels.panel"].endswith("better")
    assert lines["start.help"].endswith("WORSE")
    assert lines["start.info"].endswith(" s")
    assert "note:" not in lines
    assert "only before: workers.kernel_ratio" in compare(RESULT, other)
    assert "only after: large.memory" in compare(RESULT, other)


def test_compare_tells_what_keeps_results_apart():
    machine = {**RESULT.machine, "cores": 999}
    other = replace(RESULT, setting=replace(SETTING, grid="standard"), machine=machine)
    shown = compare(RESULT, other)
    assert "note: grid differs: expanded, standard" in shown
    assert "note: cores differs" in shown


def test_the_command_compares_two_files(run, capsys, tmp_path):
    path = report.save(RESULT, tmp_path, "one")
    assert command.main(["--compare", str(path), str(path)]) == 0
    assert "1.000" in capsys.readouterr().out


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 99}', '{"format": 1}'])
def test_a_foreign_file_is_refused(run, tmp_path, capsys, content):
    path = tmp_path / "foreign.json"
    path.write_text(content)
    with pytest.raises(ResultFileError, match=r"foreign\.json"):
        report.read(path)
    assert command.main(["--compare", str(path), str(path)]) == 1
    assert "foreign.json" in capsys.readouterr().err


def test_ratios_are_taken_run_by_run():
    slow_then_fast = Measure("a", SECONDS, (10.0, 1.0)), Measure("b", SECONDS, (5.0, 0.5))
    assert ratio("c", *slow_then_fast).values == (2.0, 2.0)
