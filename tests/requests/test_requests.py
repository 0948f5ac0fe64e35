"""Requests as a Python API or a service fills them: fields, JSON, schemas."""

import json
from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from params_optimizer.config import Settings, with_overrides
from params_optimizer.errors import RequestError
from params_optimizer.requests.backtest import BacktestRequest
from params_optimizer.requests.command import Command
from params_optimizer.requests.demo import DemoRequest
from params_optimizer.requests.info import InfoRequest
from params_optimizer.requests.messages import fill
from params_optimizer.requests.prepare import PrepareRequest
from params_optimizer.requests.run import RunRequest
from params_optimizer.requests.settings import SETTING_OF, overrides
from params_optimizer.requests.stored import restored, stored
from params_optimizer.requests.walk_forward import WalkForwardRequest
from params_optimizer.requests.workflow import WorkflowRequest

SEARCH = {
    "symbol": "GER40",
    "strategy": "ma_crossover",
    "time_frame": "H1",
    "method": "bayesian",
    "first": date(2024, 1, 1),
    "trials": 100,
    "metric": "sharpe_ratio",
    "space": Path("space.json"),
}


GRID = Settings().grids.standard.model_dump(mode="json")
SPACE = {"parameters": {"fast": {"type": "int", "low": 2, "high": 9}}, "constraints": ["fast > 2"]}
RULES = {"rules": [{"strategy": "rsi", "parameters": {"period": 7}}]}


def test_fields_are_checked_and_named():
    request = fill(RunRequest, SEARCH)
    assert (request.trials, request.seed, request.directory) == (100, None, None)
    with pytest.raises(ValidationError):
        request.trials = 3


@pytest.mark.parametrize(
    ("request_type", "fields", "message"),
    [
        (RunRequest, {**SEARCH, "trials": 0}, "trials 0: must be an integer >= 1"),
        (RunRequest, {**SEARCH, "trials": "many"}, "trials many: must be an integer >= 1"),
        (RunRequest, {**SEARCH, "trails": 5}, "unknown field 'trails'; did you mean 'trials'?"),
        (RunRequest, {**SEARCH, "method": "bayes"}, "did you mean 'bayesian'?"),
        (
            RunRequest,
            {**SEARCH, "method": "grid"},
            "trials 100: belongs to a search; method grid tries every parameter set. To try "
            "fewer, give larger steps or fewer values in space, or take method random",
        ),
        (RunRequest, {**SEARCH, "execution": "strict"}, "execution strict: chooses between the"),
        (RunRequest, {**SEARCH, "last": date(2023, 1, 1)}, "first 2024-01-01: is after last"),
        (RunRequest, {**SEARCH, "strategy": None}, "time_frame H1: strategy initial_balance"),
        (RunRequest, {**SEARCH, "space": {"params": {}}}, "space: unknown key 'params'; did you"),
        (RunRequest, {**SEARCH, "space": 5}, "space 5: must be a path"),
        (
            RunRequest,
            {**SEARCH, "space": {"parameters": {"fast": {"type": "int", "low": 9, "high": 5}}}},
            "space: parameters.fast: low 9 is above high 5",
        ),
        (
            RunRequest,
            {"symbol": "GER40", "grid": {**GRID, "rr_target": [-1]}},
            "grid: rr_target.0: -1 should be greater than 0",
        ),
        (RunRequest, {}, "symbol: is missing"),
        (PrepareRequest, {}, "symbol: is missing"),
        (WalkForwardRequest, {"purge_days": -1}, "purge_days -1: must be an integer >= 0"),
        (InfoRequest, {"first": "soon"}, "first soon: is not a date; write 2024-12-31"),
        (BacktestRequest, {"parameters": {"n": 1}}, "parameters: are those of a strategy"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_is_told_by_field(request_type, fields, message):
    with pytest.raises(RequestError) as error:
        fill(request_type, fields)
    assert message in str(error.value)


def test_requests_are_json_and_have_a_schema():
    run = fill(RunRequest, SEARCH)
    command = Command(run=run, questions=(WalkForwardRequest(in_sample_days=90),))
    inline = (
        fill(RunRequest, {**SEARCH, "space": SPACE}),
        fill(RunRequest, {"symbol": "GER40", "grid": GRID}),
        fill(RunRequest, {**SEARCH, "strategy": "ensemble", "ensemble": RULES}),
    )
    demo = DemoRequest(command=Command(run=RunRequest(symbol="GER40")))
    for request in (run, command, demo, *inline):
        assert type(request).model_validate_json(request.model_dump_json()) == request
    for model in (RunRequest, Command, WorkflowRequest, BacktestRequest):
        fields = json.dumps(model.model_json_schema())
        assert '"description"' in fields


def test_a_question_that_a_search_cannot_answer_is_refused_by_the_command():
    schedule = WalkForwardRequest(metric="total_r")
    assert Command(run=RunRequest(**SEARCH), questions=(schedule,)).questions == (schedule,)
    with pytest.raises(ValidationError, match="compares combinations of the grid"):
        Command.model_validate(
            {"run": RunRequest(**SEARCH), "questions": [{"count": 3}]}, strict=False
        )


def test_every_overridden_setting_exists():
    for dotted in SETTING_OF.values():
        value = Settings()
        for name in dotted.split("."):
            value = getattr(value, name)
    assert overrides([RunRequest(symbol="GER40", news_filter=False, workers=3)]) == {
        "news_filter.enabled": False,
        "parallelization.num_workers": 3,
    }
    settings = with_overrides(Settings(), overrides([RunRequest(symbol="GER40", grid=GRID)]))
    assert (settings.grid_mode, settings.grids.own) == ("own", settings.grids.standard)


@pytest.mark.parametrize(
    "request_of_run",
    [
        RunRequest(symbol="GER40", spread=2.0, keep="top:3"),
        RunRequest(**SEARCH),
        RunRequest(symbol="GER40", grid=GRID),
        RunRequest(**{**SEARCH, "space": SPACE}),
    ],
    ids=["grid", "search", "values of a grid", "space of its own"],
)
def test_a_request_is_kept_whole(request_of_run):
    content = stored(request_of_run, Settings())
    fields = restored(json.loads(json.dumps(content)))
    for name in request_of_run.model_fields_set:
        value = getattr(request_of_run, name)
        assert fields[name] == (value.resolve() if isinstance(value, Path) else value)
    assert fields["strategy"] in {"initial_balance", "ma_crossover"}
    assert ("trials" in fields, "execution" in fields) in {(True, False), (False, True)}
