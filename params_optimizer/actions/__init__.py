"""One function for each thing the command line can do; a file for each kind of them."""

from collections.abc import Callable, Mapping

from params_optimizer.actions.common import Arguments, data_dir_of
from params_optimizer.actions.data import news_template, prepare_data, sample, show_info
from params_optimizer.actions.pages import compare_runs
from params_optimizer.actions.reports import check_run, finished_run, report, wants_reports
from params_optimizer.actions.running import demo, run
from params_optimizer.actions.search import is_search, search
from params_optimizer.actions.strategies import backtest, check_strategy
from params_optimizer.actions.workflow import workflow
from params_optimizer.config import Settings, load_settings
from params_optimizer.console import Level, set_level


def perform(arguments: Arguments) -> int:
    """Do what the arguments ask for; returns the exit code."""
    set_level(_level(arguments))
    if arguments.news_template:
        return news_template(arguments.news_template)
    settings = load_settings(arguments.config, _overrides(arguments))
    if arguments.symbol and not arguments.data:
        settings.symbol(arguments.symbol)  # unknown ones are refused before any work
    code = _without_run(settings, arguments)
    if code is not None:
        return code
    if arguments.run or not wants_reports(arguments):
        code, directory = run(settings, arguments.symbol, data_dir_of(settings), arguments)
        if code or directory is None:
            return code
    else:
        directory = finished_run(settings, arguments)
    return report(settings, directory, arguments)


def _level(arguments: Arguments) -> Level:
    if arguments.quiet:
        return Level.QUIET
    return Level.VERBOSE if arguments.verbose else Level.NORMAL


def _without_run(settings: Settings, arguments: Arguments) -> int | None:
    """Do what starts no run of the grid; None if nothing of that kind is asked."""
    given = arguments
    actions: list[tuple[object, Callable[[], int]]] = [
        (given.demo, lambda: demo(settings, given)),
        (given.sample_data, lambda: sample(settings, given)),
        (
            given.prepare_data is not None,
            lambda: prepare_data(settings, given.symbol, data_dir_of(settings), given),
        ),
        (given.check_strategy, lambda: check_strategy(settings, given)),
        (given.backtest is not None, lambda: backtest(settings, given)),
        (given.info, lambda: show_info(settings, given)),
        (given.workflow, lambda: workflow(settings, given)),
        (given.check is not None, lambda: check_run(settings, given)),
        (is_search(given), lambda: search(settings, given)),
        (given.compare, lambda: compare_runs(settings, *given.compare)),
    ]
    return next((action() for asked, action in actions if asked), None)


def _overrides(arguments: Arguments) -> dict[str, object]:
    """Settings from the command line, by dotted key; what was not given is left out."""
    given: Mapping[str, object] = {
        "parallelization.num_workers": arguments.workers,
        "grid_mode": arguments.grid,
        "keep": arguments.keep,
        "positions.commission": arguments.commission,
        "positions.initial_capital": arguments.capital,
        "search.trials": arguments.trials,
        "search.batch": arguments.batch,
        "search.seed": arguments.seed,
        "search.timeout": arguments.timeout,
        "paths.data_dir": arguments.data_dir,
        "paths.output_dir": arguments.output_dir,
        "news_filter.enabled": False if arguments.no_news_filter else None,
        "news_filter.before_minutes": arguments.news_before_minutes,
        "news_filter.after_minutes": arguments.news_after_minutes,
    }
    return {key: value for key, value in given.items() if value is not None}
