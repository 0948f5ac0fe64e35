"""Following a plan: pauses, resuming, and days that no stage may see."""

import json

import numpy as np
import pytest
from openpyxl import load_workbook

from params_optimizer.errors import DamagedFileError, DataError, WorkflowError
from params_optimizer.reports.workflow import document_of_workflow, workflow_text, write_report
from params_optimizer.workflows.follow import follow, split
from params_optimizer.workflows.manager import OptimizationManager
from params_optimizer.workflows.market import MarketDays
from params_optimizer.workflows.plan import read_workflow

FLOW = """\
optimization:
  data: {min_trades: 0}
  targets:
    detector: {class: RegimeDetectorTarget, parameters: {detector: volatility}}
    rule: {class: RuleParametersTarget, parameters: {rules: [ma_crossover]}}
    weights: {class: RuleWeightsTarget, parameters: {rules: [ma_crossover, rsi], weight_step: 0.5}}
  methods: {random: {class: RandomSearchMethod, parameters: {trials: 8}}}
  metrics: {total_return: {class: TotalReturnMetric}}
  stages:
    - {name: rule, sequence: regime_specific, targets: [rule], regime_detector_target: detector}
    - {name: weights, targets: [weights], stop_after: true}
    - {name: final, phase: oos_testing, days: 0.25}
"""


@pytest.fixture
def plan(tmp_path):
    path = tmp_path / "flow.yaml"
    path.write_text(FLOW)
    return read_workflow(path)


def followed(plan, market, folder):
    return follow(plan, market, folder, "key", 1)


def digests(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def test_it_pauses_once_and_then_goes_on_to_the_end(plan, market, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    first = followed(plan, market, folder)
    assert first.paused == "weights"
    assert not first.comparison
    second = followed(plan, market, folder)
    assert second.paused is None
    assert [row["days_of"] for row in second.comparison] == ["searched", "kept away"] * 2
    assert {"oos_results.csv", "oos_results.json", "workflow.json"} <= set(digests(folder))
    matrix = (folder / "regime_performance_matrix.csv").read_text().splitlines()
    assert matrix[0].startswith("parameters_of,rule,regime,days,trades,total_return")
    assert len(matrix) > 4
    text = workflow_text(second)
    assert "On days that no stage has seen" in text
    assert "trials were made on the days searched" in text


@pytest.mark.parametrize("at", range(0, 20, 2))
def test_killed_anywhere_it_ends_with_the_same_files(plan, market, tmp_path, monkeypatch, at):
    class Killed(BaseException):
        pass

    undisturbed, folder = tmp_path / "undisturbed", tmp_path / "run"
    for one in (undisturbed, folder):
        one.mkdir()
    to_the_end(plan, market, undisturbed)
    from params_optimizer.storage import files

    count = iter(range(1000))

    def dying(change):
        def changed(*arguments):
            if next(count) == at:
                raise Killed
            change(*arguments)

        return changed

    for name in ("write_text", "append", "remove"):
        monkeypatch.setattr(files, name, dying(getattr(files, name)))
    with pytest.raises(Killed):
        to_the_end(plan, market, folder)
    to_the_end(plan, market, folder)
    assert digests(folder) == digests(undisturbed)


def to_the_end(plan, market, folder):
    while followed(plan, market, folder).paused:
        pass


def test_a_finished_stage_is_not_done_twice(plan, market, tmp_path, monkeypatch):
    folder = tmp_path / "run"
    folder.mkdir()
    followed(plan, market, folder)
    monkeypatch.setattr(OptimizationManager, "run_optimization", None)
    followed(plan, market, folder)


def test_no_stage_can_read_the_days_kept_away(plan, market, tmp_path):
    searched, kept_away = split(market, 0.25)
    assert searched.bars.m1.time[-1] < kept_away.bars.m1.time[-1]
    assert searched.dates[-1] < kept_away.dates[0]
    assert np.array_equal(np.concatenate([searched.dates, kept_away.dates]), market.dates)
    # Other prices on those days change nothing that is found before them.
    m1, count = market.bars.m1, searched.bars.count
    altered = m1._make(
        array if name in {"time", "tick_volume"} else np.append(array[:count], array[count:] * 3)
        for name, array in zip(m1._fields, m1, strict=True)
    )
    other = MarketDays.of(type(market.bars).from_arrays("TEST", altered), "UTC")
    results = []
    for name, one in (("a", market), ("b", other)):
        folder = tmp_path / name
        folder.mkdir()
        results.append(followed(plan, one, folder).results)
    assert results[0] == results[1]


def test_a_damaged_stage_is_told_and_nothing_is_trusted(plan, market, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    followed(plan, market, folder)
    path = folder / "stage_01_rule.json"
    content = json.loads(path.read_text())
    content["result"]["combined_result"]["score"] = 99.0
    path.write_text(json.dumps(content))
    with pytest.raises(DamagedFileError, match=r"stage_01_rule\.json: is not what this run wrote"):
        followed(plan, market, folder)


@pytest.mark.parametrize("share", [0.001, 0.999, 119, 500])
def test_too_few_days_on_one_side_are_told(market, share):
    with pytest.raises(DataError, match="too few on one side"):
        split(market, share)


HYPOTHESES = """\
hypotheses:
  - {name: found, from: data_mining.best}
  - {name: first stage, from: rule.best}
  - {name: mine, parameters: {ma_crossover.fast: 20, ma_crossover.slow: 100}}
"""


def test_hypotheses_of_the_pause_are_tested(market, tmp_path):
    path = tmp_path / "flow.yaml"
    path.write_text(FLOW.replace("days: 0.25", "days: 30, configurations: mine.yaml"))
    plan, folder = read_workflow(path), tmp_path / "run"
    folder.mkdir()
    assert followed(plan, market, folder).paused
    with pytest.raises(WorkflowError, match=r"mine\.yaml: there is no such file"):
        followed(plan, market, folder)
    (tmp_path / "mine.yaml").write_text(HYPOTHESES)
    rows = followed(plan, market, folder).comparison
    assert list(dict.fromkeys(row["configuration"] for row in rows)) == [
        "found",
        "first stage",
        "mine",
    ]
    assert {row["days"] for row in rows} == {30, 90}


def test_the_report_shows_each_window_out_of_sample(market, tmp_path):
    path, folder = tmp_path / "flow.yaml", tmp_path / "run"
    path.write_text(WALK)
    folder.mkdir()
    result = followed(read_workflow(path), market, folder)
    windows = result.results["walk"]["windows"]
    text = workflow_text(result)
    for number, window in enumerate(windows, start=1):
        days = f"{window['out_sample_first']} to {window['out_sample_last']}"
        scores = (window[side]["score"] for side in ("combined_result", "out_of_sample"))
        before, after = (f"{score:.2f}" for score in scores)
        (row,) = [line.split() for line in text.splitlines() if days in line]
        assert row[:6] == [str(number), *days.split(), before, after]
    assert f"Average of {len(windows)} windows out of sample" in text


def test_text_page_and_workbook_show_the_same(plan, market, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    to_the_end(plan, market, folder)
    result = followed(plan, market, folder)
    assert write_report(result) == folder / "report.txt"
    text = (folder / "report.txt").read_text()
    page = (folder / "TEST_report.html").read_text()
    book = load_workbook(folder / "TEST_analysis.xlsx")
    assert len(page) < 200_000, "a page without pictures needs no library for them"
    assert {"By regime", "Parameters", "1 rule", "2 weights"} <= set(book.sheetnames)
    assert book["By regime"].max_row > len(result.matrix)
    cells = {str(cell.value) for row in book["Summary"] for cell in row}
    for part in document_of_workflow(result).parts:
        assert part.title in text
        assert f"<h2>{part.title}</h2>" in page
        assert part.title in cells
    assert "paused" not in page.lower()


WALK = """\
optimization:
  data: {min_trades: 0}
  targets: {rule: {class: RuleParametersTarget, parameters: {rules: [ma_crossover]}}}
  methods: {random: {class: RandomSearchMethod, parameters: {trials: 4}}}
  metrics: {total_return: {class: TotalReturnMetric}}
  sequences:
    walk: {class: WalkForwardOptimization, parameters: {in_sample_days: 60, out_sample_days: 20}}
  stages: [{name: walk, sequence: walk}]
"""
