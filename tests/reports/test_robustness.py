"""`--robustness` as text, JSON and CSV."""

import csv
import json

import pytest

from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.reports.robustness import (
    robustness_content,
    robustness_text,
    write_robustness,
)
from params_optimizer.reports.subject import grid_subject
from params_optimizer.reports.verdict import full_evidence, sentences
from params_optimizer.storage.sealed import unsealed
from params_optimizer.strategies.initial_balance.params import Params
from params_optimizer.strategies.scopes import ALL
from params_optimizer.validation.examined_table import ExaminedTable
from params_optimizer.validation.robustness import robustness

SCENARIOS = (
    *("as_tested", "spread_x1_5", "spread_x2", "spread_x3", "slippage", "pessimistic"),
    "pessimistic_slippage_spread_x2",
)


@pytest.fixture(scope="module")
def results(finished, selected):
    """Of a run with all rows, and of one that kept a few; two of the ranking each."""

    def silent(*anything: object) -> None:
        del anything

    return {
        name: (
            grid_subject(run.outcome.study),
            robustness(ExaminedTable.of(run.outcome, "sample", 1, silent), 2, silent),
        )
        for name, run in (("finished", finished), ("selected", selected))
    }


@pytest.fixture(params=["finished", "selected"])
def examined(request, results):
    return results[request.param]


def test_files_are_plain_and_the_same_each_time(examined, tmp_path):
    about, result = examined
    paths = write_robustness(about, result, tmp_path)
    assert [path.name for path in paths] == ["GER40_robustness.json", "GER40_robustness.csv"]
    before = [path.read_bytes() for path in paths]
    write_robustness(about, result, tmp_path)
    assert [path.read_bytes() for path in paths] == before
    assert unsealed(before[0]) == json.loads(json.dumps(robustness_content(about, result)))


def test_every_combination_is_one_flat_line(examined, tmp_path):
    about, result = examined
    _, path = write_robustness(about, result, tmp_path)
    with path.open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    content = robustness_content(about, result)["combinations"]
    for line, one, subject in zip(lines, content, result.subjects, strict=True):
        assert (line["scope"], int(line["combination"])) == (subject.scope, subject.number)
        assert float(line["spread_x2_total_r"]) == subject.stress["spread_x2"]["total_r"]
        assert float(line["total_r"]) == subject.figures["total_r"]
        for key in (*Params.__dataclass_fields__, *METRICS):
            assert key in line
        flat = {key: value for key, value in one.items() if not isinstance(value, dict | list)}
        assert {key: str(value) for key, value in flat.items() if value is not None} == {
            key: line[key] for key, value in flat.items() if value is not None
        }
        assert [*one["stress"]] == [*SCENARIOS]
        assert one["metrics"] == subject.figures


def test_the_file_holds_the_verdict_and_the_costs(examined):
    about, result = examined
    content = robustness_content(about, result)
    assert content["verdict"] == sentences(full_evidence(about, result))
    assert content["trials"][ALL]["trials"] == 288
    assert content["pbo"]["blocks"] == 16
    assert [one["spread"] for one in content["costs"]] == [1.5, 3.0]


def test_the_text_tells_everything_the_conclusion_first(examined):
    about, result = examined
    text = robustness_text(about, result)
    words = " ".join(text.split())
    for subject in result.subjects:
        assert f" {subject.number} " in words
    for part in (
        "Skill or luck",
        "overfitting",
        "bootstrap",
        "worse costs",
        "by weekday",
        "by month",
    ):
        assert part in text
    assert ("What decides total R" in text) == bool(result.effects)
    *rest, conclusion = sentences(full_evidence(about, result))
    assert " ".join([conclusion, *rest]) in words
    assert [note for note in result.notes if note not in words] == []
    assert max(map(len, text.splitlines())) <= 112


def test_effects_name_the_factors_and_their_values(results):
    about, result = results["finished"]
    found = robustness_content(about, result)["effects"]["total_r"]
    shares = [*found["main"].values(), *(one["share"] for one in found["pairs"])]
    assert sum(shares) + found["higher_orders"] == pytest.approx(1.0)
    assert [one["value"] for one in found["levels"]["trailing"]] == ["0.0 0.5", "0.5 0.5"]
    assert [one["value"] for one in found["levels"]["rr_target"]] == ["0.5", "1.0", "2.0"]
