"""The table of any strategy: columns, failed sets, and the best rows in place of all."""

import json
from pathlib import Path

import numpy as np
import pytest

from params_optimizer.analytics.variation_aggregator import Leaders, limits_of
from params_optimizer.engine.metrics_calculator import COUNTS, METRICS
from params_optimizer.orchestrator import selection
from params_optimizer.orchestrator.columns import (
    FAILED,
    TIMEOUT,
    EvaluatedSlice,
    Failure,
    TableSpec,
)
from params_optimizer.orchestrator.stages import AllRows, Selection, SurveyStage
from params_optimizer.search.eligibility import Eligibility
from params_optimizer.search.objective import Objective, goals_of, parse_conditions
from params_optimizer.search.space import ParameterSpace
from params_optimizer.storage.parts import write_part
from params_optimizer.storage.results import Results, array
from params_optimizer.strategies.batch import equal_slices
from params_optimizer.strategies.scopes import EVERY_TRADE

SPACE = ParameterSpace.parse(
    {
        "parameters": {
            "fast": {"type": "int", "low": 2, "high": 60},
            "slow": {"type": "int", "low": 10, "high": 100, "step": 2},
            "ratio": {"type": "categorical", "choices": [1, 0.5]},
            "mode": {"type": "categorical", "choices": ["a", "b"]},
        },
        "constraints": ["fast < slow"],
    }
)
SLICES = equal_slices(SPACE)
CONDITION = "total_trades >= 15 and max_drawdown <= 0.5 and fast > 5 and mode == 'b'"


def evaluated() -> list[EvaluatedSlice]:
    """Metrics by chance; some sets failed, others took too long."""
    rng, slices = np.random.default_rng(3), []
    for number in range(len(SLICES)):
        slice_ = SLICES[number]
        numbers = SPACE.allowed(slice_.first, slice_.first + slice_.rows)
        metrics = rng.normal(size=(len(METRICS), numbers.size)).round(1)
        for name in COUNTS:
            metrics[METRICS.index(name)] = rng.integers(0, 40, numbers.size)
        failures = {
            failed: Failure(TIMEOUT, "took too long") if failed % 2 else Failure(FAILED, "1 / 0")
            for failed in rng.choice(numbers, 5).tolist()
        }
        metrics[:, np.isin(numbers, list(failures))] = np.nan
        slices.append(EvaluatedSlice(slice_, numbers, metrics, failures))
    return slices


EVALUATED = evaluated()


def spec_of(metric: str = "score", limit: int | None = None, where: str = "") -> TableSpec:
    conditions = parse_conditions([where] if where else [], SPACE.names, METRICS, "where")
    objective = Objective(goals_of(metric, None), 10, conditions=conditions)
    eligibility = Eligibility(objective, (EVERY_TRADE,), frozenset())
    return TableSpec(SPACE, eligibility, 50.0, "key", limit, stated=True)


def written(folder: Path, stage, spec: TableSpec) -> list[Path]:
    folder.mkdir()
    return [write_part(folder, each.slice_.number, stage.part(spec, each)) for each in EVALUATED]


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Results:
    return Results(written(tmp_path_factory.mktemp("run") / "rows", AllRows(), spec_of()))


def test_every_allowed_set_has_its_row(whole):
    assert whole.columns == [
        "combination",
        *SPACE.names,
        "state",
        "reason",
        *METRICS,
        "total_profit",
    ]
    table = whole.between(0, len(SPACE))
    numbers = np.concatenate([each.numbers for each in EVALUATED])
    assert array(table["combination"]).tolist() == numbers.tolist()
    for row in table.take(list(range(0, numbers.size, 97))).to_pylist():
        assert {name: row[name] for name in SPACE.names} == SPACE[row["combination"]]
    failures = {number: why for each in EVALUATED for number, why in each.failures.items()}
    for number, row in zip(failures, whole.rows(list(failures)), strict=True):
        assert (row["state"], row["reason"]) == failures[number]
        assert (row["total_trades"], np.isnan(row["total_r"])) == (0, True)
    total_r = np.concatenate([each.metrics[METRICS.index("total_r")] for each in EVALUATED])
    assert array(table["total_profit"]) == pytest.approx(50 * total_r, nan_ok=True)
    states = array(table["state"])
    assert set(states) == {"complete", "failed", "timeout"}
    assert (states == "complete").sum() == numbers.size - len(failures)


@pytest.mark.parametrize("where", ["", CONDITION])
@pytest.mark.parametrize("metric", ["score", "total_r", "profit_factor", "max_drawdown"])
def test_the_best_rows_are_those_of_the_whole_table(tmp_path, whole, metric, where):
    spec = spec_of(metric, limit=20, where=where)
    objective = spec.eligibility.objective
    leaders = Leaders(spec.eligibility, limits_of(whole.pieces(objective.columns), objective), 20)
    for columns in whole.pieces(spec.eligibility.columns):
        leaders.add(columns)
    surveys = written(tmp_path / "survey", SurveyStage(), spec)
    survey = selection.survey_of(surveys)
    parts = written(tmp_path / "parts", Selection(survey, 20), spec)
    target = tmp_path / "best.parquet"
    selection.join(spec, survey, parts, target, {})
    best = Results([target])
    assert len(best) == 20
    assert sorted(leaders.ranking.combination.tolist()) == leaders.numbers.tolist()
    rows = best.between(0, len(SPACE)).to_pylist()
    assert rows == whole.rows(leaders.numbers.tolist())
    traded = whole.between(0, len(SPACE)).to_pandas().query("total_trades >= 10")
    meets = len(traded.query(where or "total_trades >= 0"))
    assert selection.survey_in(best.metadata).bounds[2:] == (meets, len(traded) - meets)
    assert survey.bounds.eligible == leaders.ranking.eligible
    lines = {line["metric"]: line for line in json.loads(best.metadata["distribution"])}
    total = np.concatenate([each.metrics[METRICS.index("total_r")] for each in EVALUATED])
    assert lines["total_r"]["mean"] == pytest.approx(np.nanmean(total))
    assert lines["total_r"]["least"] == np.nanmin(total)
