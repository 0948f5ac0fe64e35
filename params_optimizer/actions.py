"""One function for each thing the command line can do, in the order they happen."""

import argparse
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from params_optimizer.config import Settings, load_settings
from params_optimizer.console import DONE, FIXABLE, say
from params_optimizer.data.bars import optimized_file
from params_optimizer.errors import RunError, SettingsError
from params_optimizer.storage import run_directory
from params_optimizer.storage.run_directory import COMPLETE, RunDirectory

if TYPE_CHECKING:
    from params_optimizer.orchestrator.study import Dates, Study

Arguments = argparse.Namespace


def perform(arguments: Arguments) -> int:
    """Do what the arguments ask for; returns the exit code."""
    if arguments.news_template:
        return _news_template(arguments.news_template)
    settings = load_settings(arguments.config, _overrides(arguments))
    if arguments.symbol:
        settings.symbol(arguments.symbol)  # unknown ones are refused before any work
    if arguments.demo:
        return _demo(settings, arguments)
    if arguments.sample_data:
        return _sample(settings, arguments)
    if arguments.prepare_data is not None:
        return _prepare(settings, arguments.symbol, _data(settings), arguments)
    if arguments.info:
        return _info(settings, arguments)
    if arguments.check:
        return _check(settings, arguments.check)
    if arguments.run or not _wants_reports(arguments):
        code, directory = _run(settings, arguments.symbol, _data(settings), arguments)
        if code or directory is None:
            return code
    else:
        directory = _finished_run(settings, arguments)
    return _reports(settings, directory, arguments)


def _show(text: str) -> None:
    print(text)  # noqa: T201


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


def _data(settings: Settings) -> Path:
    return Path(settings.paths.data_dir)


def _sample_root(settings: Settings) -> Path:
    return _data(settings) / "sample"


def _news_template(path: Path) -> int:
    from params_optimizer.data.news import write_template

    write_template(path)
    say(f"wrote {path}; replace its example lines and put it into news/ of your data folder")
    return DONE


def _sample(settings: Settings, arguments: Arguments) -> int:
    from params_optimizer.data.sample import write_sample

    root = _sample_root(settings)
    symbols = [arguments.symbol] if arguments.symbol else ["GER40", "XAUUSD"]
    write_sample(root, symbols, force=arguments.force, progress=say)
    say(
        f"generated data lies in {root}: made by a random process, it says nothing about any "
        f"market\nnext: python -m params_optimizer.run_optimizer --symbol {symbols[0]} "
        f"--data-dir {root} --prepare-data"
    )
    return DONE


def _prepare(settings: Settings, symbol: str, data_dir: Path, arguments: Arguments) -> int:
    from params_optimizer.data.prepare import prepare

    summary = prepare(
        data_dir,
        symbol,
        settings.symbol(symbol),
        arguments.prepare_data or (),
        source_timezone=arguments.source_timezone,
        force=arguments.force,
        show_progress=sys.stderr.isatty(),
    )
    _show(summary.text())
    return DONE


def _info(settings: Settings, arguments: Arguments) -> int:
    from params_optimizer.reports.info import info

    data_dir = _data(settings)
    symbols = [arguments.symbol] if arguments.symbol else list(settings.symbols)
    for symbol in symbols:
        _show(info(settings, symbol, data_dir, _dates(arguments), arguments.spread, say))
    return DONE


def _check(settings: Settings, name: str) -> int:
    from params_optimizer.orchestrator.check import check

    directory = run_directory.named(Path(settings.paths.output_dir), name)
    verdict = check(directory, _data(settings), say, time.time_ns() % 2**32)
    _show(verdict.text())
    return DONE if verdict.trusted else FIXABLE


def _dates(arguments: Arguments) -> "Dates":
    from params_optimizer.orchestrator.study import Dates

    return Dates(arguments.first, arguments.last)


def _run(
    settings: Settings, symbol: str, data_dir: Path, arguments: Arguments
) -> tuple[int, RunDirectory | None]:
    """Start or continue the run; the exit code and, where it ended well, its directory."""
    from params_optimizer.orchestrator.signals import Interrupted, stop_requests

    try:
        with stop_requests():
            return DONE, _optimize(settings, symbol, data_dir, arguments)
    except Interrupted as interruption:
        say(str(interruption))
        return interruption.exit_code, None


def _optimize(
    settings: Settings, symbol: str, data_dir: Path, arguments: Arguments
) -> RunDirectory:
    from params_optimizer.data.prepare import newer_raw_files
    from params_optimizer.orchestrator import resume
    from params_optimizer.orchestrator.estimate import check_disk, estimate
    from params_optimizer.orchestrator.master import worker_count
    from params_optimizer.orchestrator.run import execute
    from params_optimizer.orchestrator.study import make_study
    from params_optimizer.reports.files import write_files
    from params_optimizer.reports.info import expectation
    from params_optimizer.reports.summary import summary
    from params_optimizer.reports.terminal import live_progress

    study = make_study(
        settings, symbol, data_dir, say, dates=_dates(arguments), spread=arguments.spread
    )
    if newer := newer_raw_files(data_dir, symbol):
        say(
            f"note: {newer[0].name} is newer than {optimized_file(data_dir, symbol).name}; "
            f"--prepare-data takes it in"
        )
    workers = worker_count(study, settings.parallelization.num_workers, say)
    output = Path(settings.paths.output_dir)
    directory = resume.choose(
        study, output, arguments.run_dir, resume=not arguments.no_resume, say=say
    )
    say(f"{symbol}: {len(study.grid):,} combinations, {workers} workers, {directory.path}")
    study.warm_up(say)
    expected = estimate(study)
    say(f"expected: {expectation(expected, workers)}")
    check_disk(study, expected, directory.parts)
    with live_progress(symbol) as listener:
        outcome = execute(study, directory, workers, listener, write_files, say)
    _show(summary(outcome))
    say(f"results: {directory.path}")
    return directory


def _finished_run(settings: Settings, arguments: Arguments) -> RunDirectory:
    """The run that reports are asked about: the named one, or the newest complete one."""
    output = Path(settings.paths.output_dir)
    if arguments.run_dir:
        directory = run_directory.named(output, arguments.run_dir)
        symbol = directory.manifest().get("symbol")
        if symbol != arguments.symbol:
            raise RunError(
                f"--run-dir {arguments.run_dir}: is a run of {symbol}, not of {arguments.symbol}"
            )
        return directory
    runs = run_directory.all_runs(output)
    complete = [
        (str(manifest.get("started")), run.path.name, run)
        for run, manifest in run_directory.manifests(runs)
        if manifest.get("symbol") == arguments.symbol and manifest.get("status") == COMPLETE
    ]
    if not complete:
        raise RunError(
            f"{output}: holds no complete run of {arguments.symbol}; start one with: python -m "
            f"params_optimizer.run_optimizer --symbol {arguments.symbol}"
        )
    return max(complete, key=lambda one: one[:2])[2]


def _wants_reports(arguments: Arguments) -> bool:
    """Whether something is asked about a finished run."""
    asked = (arguments.generate_excel, arguments.walk_forward, arguments.validate)
    return any(asked) or arguments.trades is not None or arguments.holdout_from is not None


def _reports(settings: Settings, directory: RunDirectory, arguments: Arguments) -> int:
    """The report actions that were asked for, on a finished run."""
    if not _wants_reports(arguments):
        return DONE
    from params_optimizer.orchestrator.outcome import RANKING_ROWS
    from params_optimizer.orchestrator.run import outcome_of, reopen

    study = reopen(directory, _data(settings), say)
    code = DONE
    if arguments.trades is not None:
        _trades(study, directory, arguments.trades)
    if arguments.generate_excel or arguments.validate:
        rows = max(RANKING_ROWS, arguments.top_n, arguments.validate or 0)
        outcome = outcome_of(directory, study, rows)
        if arguments.generate_excel:
            from params_optimizer.reports.excel import write_workbook

            path = directory.path / f"{study.symbol}_analysis.xlsx"
            write_workbook(outcome, path, arguments.top_n)
            say(f"wrote {path}")
        if arguments.validate:
            from params_optimizer.validation.reference import validate

            report = validate(outcome, arguments.validate)
            _show(report.text())
            code = DONE if report.equal else FIXABLE
    if arguments.holdout_from or arguments.walk_forward:
        code = _other_days(settings, study, directory, arguments) or code
    return code


def _other_days(
    settings: Settings, study: "Study", directory: RunDirectory, arguments: Arguments
) -> int:
    """Holdout and walk-forward: what was chosen on some days, on other days."""
    from params_optimizer.orchestrator.master import worker_count
    from params_optimizer.orchestrator.signals import Interrupted
    from params_optimizer.reports import validation as texts
    from params_optimizer.validation.holdout import holdout
    from params_optimizer.validation.objective import Objective
    from params_optimizer.validation.walk_forward import walk_forward
    from params_optimizer.validation.windows import Schedule

    objective = Objective.of(study.settings, arguments.metric, arguments.min_trades)
    workers = worker_count(study, settings.parallelization.num_workers, say)
    study.warm_up(say)
    try:
        if arguments.holdout_from:
            held = holdout(study, arguments.holdout_from, objective, workers, say)
            _show(texts.holdout_text(study, held))
            say(f"wrote {texts.write_holdout(study, held, directory.path)}")
        if arguments.walk_forward:
            schedule = Schedule(
                arguments.in_sample_days,
                arguments.out_sample_days,
                arguments.step_days,
                arguments.anchored,
                arguments.purge_days,
            )
            walked = walk_forward(study, schedule, objective, workers, say)
            _show(texts.walk_forward_text(study, walked))
            for path in texts.write_walk_forward(study, walked, directory.path):
                say(f"wrote {path}")
    except Interrupted as interruption:
        say(str(interruption))
        return interruption.exit_code
    return DONE


def _trades(study: "Study", directory: RunDirectory, wanted: str) -> None:
    from params_optimizer.orchestrator.run import outcome_of
    from params_optimizer.reports.trades import describe, write_trades

    if wanted == "best":
        ranking = outcome_of(directory, study).ranking
        if not ranking.combination.size:
            raise RunError(f"{directory.path}: no combination has enough trades to be the best")
        number = int(ranking.combination[0])
    elif wanted.isascii() and wanted.isdigit() and int(wanted) < len(study.grid):
        number = int(wanted)
    else:
        raise SettingsError(
            f"--trades {wanted!r}: this run has combinations 0 to {len(study.grid) - 1}, "
            f"or write best"
        )
    path, rows = write_trades(study, number, directory.path)
    _show(describe(study, number, rows))
    say(f"wrote {path}")


def _demo(settings: Settings, arguments: Arguments) -> int:
    """From nothing to ranked results on the sample, under a root of its own."""
    from params_optimizer.data import ib_precompute
    from params_optimizer.data.sample import write_sample

    root, symbol = _sample_root(settings), arguments.symbol or "GER40"
    settings = settings.model_copy(
        update={"paths": settings.paths.model_copy(update={"data_dir": str(root)})}
    )
    write_sample(root, [symbol], force=arguments.force, progress=say)
    arguments.prepare_data, arguments.symbol, arguments.generate_excel = [], symbol, True
    if not optimized_file(root, symbol).exists():
        _prepare(settings, symbol, root, arguments)
    code = ib_precompute.main(["--symbol", symbol, "--data-dir", str(root)])
    if code:
        return code
    code, directory = _run(settings, symbol, root, arguments)
    if code or directory is None:
        return code
    return _reports(settings, directory, arguments)
