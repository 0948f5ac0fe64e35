"""One function for each thing the command line can do; a file for each kind of them."""

from collections.abc import Mapping

from params_optimizer.actions.common import Arguments, data_dir_of
from params_optimizer.actions.data import news_template, prepare_data, sample, show_info
from params_optimizer.actions.pages import compare_runs
from params_optimizer.actions.reports import check_run, finished_run, report, wants_reports
from params_optimizer.actions.running import demo, run
from params_optimizer.config import Settings, load_settings
from params_optimizer.console import Level, set_level


def perform(arguments: Arguments) -> int:
    """Do what the arguments ask for; returns the exit code."""
    set_level(_level(arguments))
    if arguments.news_template:
        return news_template(arguments.news_template)
    settings = load_settings(arguments.config, _overrides(arguments))
    if arguments.symbol:
        settings.symbol(arguments.symbol)  # unknown ones are refused before any work
    if arguments.demo:
        return demo(settings, arguments)
    if arguments.sample_data:
        return sample(settings, arguments)
    if arguments.prepare_data is not None:
        return prepare_data(settings, arguments.symbol, data_dir_of(settings), arguments)
    if arguments.info:
        return show_info(settings, arguments)
    if arguments.check or arguments.compare:
        return _look_at_runs(settings, arguments)
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


def _look_at_runs(settings: Settings, arguments: Arguments) -> int:
    """What is asked of runs by their names alone."""
    if arguments.check:
        return check_run(settings, arguments)
    return compare_runs(settings, *arguments.compare)


def _overrides(arguments: Arguments) -> dict[str, object]:
    """Settings from the command line, by dotted key; what was not given is left out."""
    given: Mapping[str, object] = {
        "parallelization.num_workers": arguments.workers,
        "grid_mode": arguments.grid,
        "keep": arguments.keep,
        "paths.data_dir": arguments.data_dir,
        "paths.output_dir": arguments.output_dir,
        "news_filter.enabled": False if arguments.no_news_filter else None,
        "news_filter.before_minutes": arguments.news_before_minutes,
        "news_filter.after_minutes": arguments.news_after_minutes,
    }
    return {key: value for key, value in given.items() if value is not None}
