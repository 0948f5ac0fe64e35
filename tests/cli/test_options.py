"""Every option with every action: it reaches a request, or it is refused."""

import ast
from pathlib import Path

import pytest

from params_optimizer.actions.asked import QUESTIONS, SINGLE, asked
from params_optimizer.errors import RequestError
from params_optimizer.requests.command import Command
from params_optimizer.requests.demo import DemoRequest
from params_optimizer.requests.fields import ScheduleFields
from params_optimizer.requests.run import FinishedRequest, RunRequest
from params_optimizer.requests.settings import SETTING_OF
from params_optimizer.run_optimizer import _parser

ACTIONS = Path(__file__).parents[2] / "params_optimizer" / "actions"

EXAMPLES = {
    "symbol": "--symbol XAUUSD",
    "again": "--run",
    "info": "--info",
    "prepare_data": "--prepare-data raw.csv",
    "sample_data": "--sample-data",
    "demo": "--demo",
    "news_template": "--news-template news.csv",
    "compare": "--compare a b",
    "workflow": "--workflow w.yaml",
    "check": "--check NAME",
    "list": "--list",
    "note": "--note text",
    "trades": "--trades 7",
    "validate": "--validate 3",
    "generate_excel": "--generate-excel",
    "top_n": "--top-n 7",
    "generate_html": "--generate-html",
    "grid": "--grid expanded",
    "workers": "--workers 3",
    "directory": "--run-dir NAME",
    "resume": "--no-resume",
    "first": "--from 2024-01-01",
    "last": "--to 2024-12-31",
    "spread": "--spread 8",
    "execution": "--execution strict",
    "slippage": "--slippage 0.5",
    "keep": "--keep top:9",
    "where": "--where winrate>9",
    "news_filter": "--no-news-filter",
    "news_before_minutes": "--news-before-minutes 9",
    "news_after_minutes": "--news-after-minutes 9",
    "strategy": "--strategy bollinger",
    "file": "--data bars.csv",
    "time_frame": "--time-frame H4",
    "commission": "--commission 0.2",
    "capital": "--capital 500",
    "ensemble": "--ensemble rules.json",
    "border": "--border drop",
    "check_strategy": "--check-strategy",
    "backtest": "--backtest period=9",
    "method": "--method genetic",
    "space": "--space space.json",
    "trials": "--trials 9",
    "direction": "--direction minimize",
    "seed": "--seed 9",
    "batch": "--batch 9",
    "timeout": "--timeout 9",
    "holdout": "--holdout-from 2024-06-01",
    "walk_forward": "--walk-forward",
    "by_regime": "--by-regime trend",
    "validation": "--validation halves",
    "min_regime_trades": "--min-regime-trades 9",
    "in_sample_days": "--in-sample-days 9",
    "out_sample_days": "--out-sample-days 9",
    "step_days": "--step-days 9",
    "anchored": "--anchored",
    "purge_days": "--purge-days 9",
    "metric": "--metric total_r",
    "min_trades": "--min-trades 9",
    "robustness": "--robustness",
    "robustness_top": "--robustness-top 9",
    "pbo": "--pbo full",
    "data_dir": "--data-dir other",
    "output_dir": "--output-dir other",
    "config": "--config other.json",
    "source_timezone": "--source-timezone UTC",
    "stamps": "--stamps close",
    "date_order": "--date-order dmy",
    "force": "--force",
}
"""Each option by its field, with a value that is none of the defaults."""

FILLS = {"spread", "execution", "slippage"}
NEWS = {"news_filter", "news_before_minutes", "news_after_minutes"}
DAYS = {"first", "last"}
PLACES = {"config", "data_dir", "output_dir"}
TRIALS = {"trials", "seed", "batch", "timeout", "metric", "direction", "min_trades", "where"}
POSITIONS = {"time_frame", "commission", "capital", "border", "spread"}
WINDOWS = {"in_sample_days", "out_sample_days", "step_days", "anchored", "purge_days"}
GRID_RUN = {"grid", "keep", "where", *FILLS, *NEWS, *DAYS}
RSI_SEARCH = {"strategy", "method", "space", *POSITIONS, *DAYS, *TRIALS}
ASKED_ALONE = set(QUESTIONS) - {"validate"}
BESIDE = {*QUESTIONS, "again", "demo", "directory", "method", "strategy"}
CHOICE = {"metric", "min_trades", "direction", "workers"}

TABLE: dict[str, tuple[str, set[str]]] = {
    "a run": (
        "--symbol GER40",
        {*GRID_RUN, *PLACES, "symbol", "workers", "resume", "directory", "method", "again"}
        | {*QUESTIONS, "demo"}
        | {*SINGLE} - {"news_template", "compare", "backtest", "check_strategy"},
    ),
    "a named run": (
        "--run-dir NAME",
        {*GRID_RUN, *RSI_SEARCH, *PLACES, "symbol", "workers", "file", "ensemble", "directory"}
        | {"again", "demo", *QUESTIONS},
    ),
    "the grid as a method": (
        "--symbol GER40 --method grid",
        {*GRID_RUN, *PLACES, "symbol", "workers", "resume", "directory", "method", "space"}
        | {"strategy", "again", "check", *QUESTIONS, "demo"},
    ),
    "the grid of another strategy": (
        "--symbol GER40 --method grid --strategy rsi",
        {
            "strategy",
            "method",
            "space",
            "keep",
            *POSITIONS,
            *DAYS,
            *PLACES,
            "symbol",
            "workers",
            "resume",
        }
        | {"metric", "direction", "min_trades", "timeout", "directory", "file", "again", "check"}
        | {"where", "demo", *ASKED_ALONE},
    ),
    "a search": (
        "--symbol GER40 --method random",
        {"grid", *FILLS, *NEWS, *DAYS, *TRIALS, *PLACES, "symbol", "workers", "resume"}
        | {"directory", "method", "space", "strategy", "again", "check", "demo", *ASKED_ALONE},
    ),
    "a search of positions": (
        "--symbol GER40 --method random --strategy rsi",
        {*RSI_SEARCH, *PLACES, "symbol", "workers", "resume", "directory", "again", "check"}
        | {"file", "demo", *ASKED_ALONE},
    ),
    "a search of a file": (
        "--data rsi.csv --method random --strategy rsi",
        {*RSI_SEARCH, "symbol", "workers", "resume", "directory", "config", "output_dir", "file"}
        | {"source_timezone", "stamps", "date_order", "force", "again", "check", *ASKED_ALONE},
    ),
    "--trades": ("--symbol GER40 --trades best", {*GRID_RUN, *PLACES, *BESIDE, "symbol"}),
    "--validate": (
        "--symbol GER40 --validate 9",
        {*GRID_RUN, *PLACES, *BESIDE, "symbol"} - {"method", "strategy"},
    ),
    "--generate-html": (
        "--symbol GER40 --generate-html",
        {*GRID_RUN, *PLACES, *BESIDE, "symbol"},
    ),
    "--generate-excel": (
        "--symbol GER40 --generate-excel",
        {*GRID_RUN, *PLACES, *BESIDE, "symbol", "top_n"},
    ),
    "--holdout-from": (
        "--symbol GER40 --holdout-from 2025-01-01",
        {*GRID_RUN, *PLACES, *BESIDE, *CHOICE, "symbol"},
    ),
    "--walk-forward": (
        "--symbol GER40 --walk-forward",
        {*GRID_RUN, *PLACES, *BESIDE, *WINDOWS, *CHOICE, "symbol"},
    ),
    "--by-regime": (
        "--symbol GER40 --by-regime volatility",
        {*GRID_RUN, *PLACES, *BESIDE, *WINDOWS, *CHOICE, "symbol", "min_regime_trades"},
    ),
    "--validation": (
        "--symbol GER40 --validation halves",
        {*GRID_RUN, *PLACES, *BESIDE, *CHOICE, "symbol"},
    ),
    "--robustness": (
        "--symbol GER40 --robustness",
        {*GRID_RUN, *PLACES, *BESIDE, "symbol", "workers", "robustness_top", "pbo"},
    ),
    "--by-regime of a search": (
        "--symbol GER40 --method random --by-regime volatility",
        {"grid", *FILLS, *NEWS, *DAYS, *TRIALS, *PLACES, "symbol", "workers", "resume"}
        | {"min_regime_trades", "directory", "method", "space", "strategy", "again", "demo"}
        | ASKED_ALONE,
    ),
    "--robustness of a search": (
        "--symbol GER40 --method random --robustness",
        {"grid", *FILLS, *NEWS, *DAYS, *TRIALS, *PLACES, "symbol", "workers", "resume"}
        | {"robustness_top", "directory", "method", "space", "strategy", "again", "demo"}
        | ASKED_ALONE,
    ),
    "--info": (
        "--info",
        {"symbol", "grid", "keep", "workers", *FILLS, *NEWS, *DAYS, "config", "data_dir"},
    ),
    "--sample-data": ("--sample-data", {"symbol", "force", "config", "data_dir"}),
    "--prepare-data": (
        "--symbol GER40 --prepare-data",
        {"symbol", "force", "source_timezone", "stamps", "date_order", "config", "data_dir"},
    ),
    "--news-template": ("--news-template x.csv", set()),
    "--compare": ("--compare x y", PLACES),
    "--list": ("--list", {"symbol", "config", "output_dir"}),
    "--note": ("--symbol GER40 --note text", {*GRID_RUN, *PLACES, *BESIDE, "symbol"}),
    "--check": (
        "--check x",
        {*GRID_RUN, *RSI_SEARCH, *PLACES, "symbol", "file", "ensemble"},
    ),
    "--workflow": (
        "--symbol GER40 --workflow x.yaml",
        {"symbol", "file", "workers", "timeout", "directory", "resume", *PLACES},
    ),
    "--backtest": (
        "--symbol GER40 --strategy rsi --backtest",
        {"symbol", "file", "strategy", *POSITIONS, *DAYS, *PLACES},
    ),
    "--backtest of the Initial Balance": (
        "--symbol GER40 --strategy initial_balance --backtest",
        {"symbol", "strategy", *FILLS, *NEWS, *DAYS, *PLACES},
    ),
    "--check-strategy": (
        "--strategy rsi --check-strategy",
        {"strategy", "symbol", "file", "commission", "capital", "spread", "config"},
    ),
    "--check-strategy on a market": (
        "--symbol GER40 --strategy rsi --check-strategy",
        {
            "strategy",
            "symbol",
            "file",
            "time_frame",
            "commission",
            "spread",
            "capital",
            "config",
            "data_dir",
        },
    ),
    "--demo": (
        "--demo",
        {*GRID_RUN, *PLACES, *QUESTIONS, "symbol", "workers", "resume", "directory", "method"}
        | {"force", "top_n"},
    ),
}
"""An action and the options that it takes; every other one is refused."""


def requests(line: str):
    parser = _parser()
    options = vars(parser.parse_args(line.split()))
    return asked(options, parser.options())


def test_every_option_has_an_example():
    assert set(EXAMPLES) == set(_parser().options()) - {"help", "version", "level"}


@pytest.mark.parametrize("action", TABLE)
def test_an_option_reaches_a_request_or_is_refused(action):
    line, taken = TABLE[action]
    plain, accepted, unnamed = requests(line), set(), []
    for field, example in EXAMPLES.items():
        option = example.split()[0]
        if option in line.split():
            accepted |= {field} & taken
            continue
        try:
            changed = requests(f"{line} {example}")
        except RequestError as error:
            unnamed += [f"{example}: {error}"] if option not in str(error) else []
            continue
        accepted.add(field)
        there = action == "--demo" and option in {"--generate-html", "--generate-excel"}
        assert there or changed != plain, f"{line}: {example} has no effect"
    assert accepted == taken
    assert unnamed == [], "a refusal names the option"


def test_what_a_question_decides_is_not_taken_for_a_setting_of_the_run():
    command = requests("--run-dir NAME --walk-forward --metric total_r --min-trades 3").request
    assert (command.run.metric, command.questions[0].metric) == (None, "total_r")
    assert (command.run.min_trades, command.questions[0].min_trades) == (None, 3)


def test_every_field_is_read_by_an_action():
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in ACTIONS.glob("*.py")]
    read = {
        node.attr for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute)
    }
    classes = [verb.request for verb in (*SINGLE.values(), *QUESTIONS.values())]
    for request in (*classes, RunRequest, FinishedRequest, Command, DemoRequest):
        unread = {
            name
            for name in set(request.model_fields) - set(ScheduleFields.model_fields)
            if name not in read and name not in SETTING_OF
        }
        assert unread == set(), request.__name__
