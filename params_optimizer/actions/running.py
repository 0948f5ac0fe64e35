"""The main job, and everything from nothing."""

from pathlib import Path

from params_optimizer.actions.common import (
    Arguments,
    command_of,
    dates_of,
    keep_run_log,
    quiet,
    sample_root,
    show,
)
from params_optimizer.actions.data import prepare_data
from params_optimizer.actions.reports import report
from params_optimizer.config import Settings
from params_optimizer.console import DONE, Level, say
from params_optimizer.data.loader import optimized_file
from params_optimizer.storage.run_directory import RunDirectory


def run(
    settings: Settings, symbol: str, data_dir: Path, arguments: Arguments
) -> tuple[int, RunDirectory | None]:
    """Start or continue the run; the exit code and, where it ended well, its directory."""
    from params_optimizer.orchestrator.signals import Interrupted, stop_requests

    try:
        with stop_requests():
            return DONE, _optimize(settings, symbol, data_dir, arguments)
    except Interrupted as interruption:
        say(str(interruption), Level.QUIET)
        return interruption.exit_code, None


def _optimize(
    settings: Settings, symbol: str, data_dir: Path, arguments: Arguments
) -> RunDirectory:
    from params_optimizer.data.prepare_data import newer_raw_files
    from params_optimizer.orchestrator import resume
    from params_optimizer.orchestrator.estimate import check_disk, estimate
    from params_optimizer.orchestrator.exhaustive import worker_count
    from params_optimizer.orchestrator.run import execute
    from params_optimizer.orchestrator.study import make_study
    from params_optimizer.reports.ending import show_ending
    from params_optimizer.reports.files import write_files
    from params_optimizer.reports.info import expectation, origin
    from params_optimizer.reports.terminal import live_progress

    with live_progress(symbol) as view:
        view.phase("loading")
        study = make_study(
            settings, symbol, data_dir, say, dates=dates_of(arguments), spread=arguments.spread
        )
        if newer := newer_raw_files(data_dir, symbol):
            say(
                f"note: {newer[0].name} is newer than {optimized_file(data_dir, symbol).name}; "
                f"--prepare-data takes it in"
            )
        workers = worker_count(study, settings.parallelization.num_workers)
        output = Path(settings.paths.output_dir)
        afresh = arguments.no_resume
        found = resume.find(study, output, arguments.run_dir, resume=not afresh, say=say)
        view.phase("compiling")
        study.warm_up(say)
        expected = estimate(study)
        check_disk(study, expected, found.path if found else output)
        directory = found or resume.create(study, output, resume=not afresh)
        keep_run_log(directory)
        say(f"{symbol}: {len(study.grid):,} combinations, {workers} workers, {directory.path}")
        say(origin(study, directory), Level.VERBOSE)
        say(f"expected: {expectation(expected, workers)}")
        outcome = execute(study, directory, workers, view, write_files, say, view.phase)
    if quiet():
        show(str(directory.path))
    else:
        show_ending(outcome, directory, command_of(arguments))
    return directory


def demo(settings: Settings, arguments: Arguments) -> int:
    """From nothing to ranked results on the sample, under a root of its own."""
    from params_optimizer.data import ib_precompute
    from params_optimizer.data.sample import write_sample

    root, symbol = sample_root(settings), arguments.symbol or "GER40"
    settings = settings.model_copy(
        update={"paths": settings.paths.model_copy(update={"data_dir": str(root)})}
    )
    write_sample(root, [symbol], force=arguments.force, progress=say)
    arguments.data_dir = str(root)  # which the commands that are told at the end need
    arguments.prepare_data, arguments.symbol = [], symbol
    arguments.generate_excel = arguments.generate_html = True
    if not optimized_file(root, symbol).exists():
        prepare_data(settings, symbol, root, arguments)
    code = ib_precompute.main(["--symbol", symbol, "--data-dir", str(root)])
    if code:
        return code
    code, directory = run(settings, symbol, root, arguments)
    if code or directory is None:
        return code
    return report(settings, directory, arguments)
