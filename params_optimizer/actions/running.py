"""Exhaustive runs."""

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from params_optimizer.actions.common import (
    Context,
    dates_of,
    keep_run_log,
    quiet,
    show,
    this_command,
)
from params_optimizer.data.loader import optimized_file
from params_optimizer.requests.base import CONFIG
from params_optimizer.requests.fields import INITIAL_BALANCE
from params_optimizer.requests.run import RunRequest
from params_optimizer.requests.stored import REQUEST, stored
from params_optimizer.storage import run_directory
from params_optimizer.storage.run_directory import RunDirectory

if TYPE_CHECKING:
    from params_optimizer.orchestrator.plan import Plan
    from params_optimizer.orchestrator.study import Study

log = logging.getLogger(__name__)


def run(context: Context, request: RunRequest, *, reuse: bool = False) -> RunDirectory:
    """Start or continue the run of the Initial Balance; with `reuse` a complete one will do."""
    from params_optimizer.data.prepare_data import newer_raw_files

    symbol, data_dir = str(request.symbol), context.data_dir
    study = _study(context, request)
    if newer := newer_raw_files(data_dir, symbol):
        log.info(
            "note: %s is newer than %s; --prepare-data takes it in",
            newer[0].name,
            optimized_file(data_dir, symbol).name,
        )
    return run_plan(context, request, study, reuse=reuse)


def run_plan(
    context: Context, request: RunRequest, plan: "Plan", *, reuse: bool = False
) -> RunDirectory:
    """Start or continue an exhaustive run; with `reuse` a complete one will do. Its directory."""
    from params_optimizer.orchestrator import resume
    from params_optimizer.orchestrator.estimate import check_disk, estimate
    from params_optimizer.orchestrator.exhaustive import worker_count
    from params_optimizer.orchestrator.manifest import new_manifest
    from params_optimizer.orchestrator.run import execute, identity_of
    from params_optimizer.reports.ending import show_ending
    from params_optimizer.reports.files import write_files
    from params_optimizer.reports.forms import count_of
    from params_optimizer.reports.info import expectation, origin
    from params_optimizer.reports.terminal import live_progress

    settings, output = context.settings, context.output

    def manifest() -> dict[str, object]:
        return new_manifest(plan) | {
            REQUEST: stored(request, settings),
            "command": this_command(),
        }

    with live_progress(plan.symbol) as view:
        view.phase("loading")
        workers = worker_count(plan, settings.parallelization.num_workers)
        afresh, identity = request.resume is False, identity_of(plan)
        choice = resume.find(identity, output, request.directory, resume=not afresh, reuse=reuse)
        if choice and choice.complete:
            return choice.directory
        view.phase("compiling")
        plan.prepare()
        expected = estimate(plan)
        check_disk(plan, expected, choice.directory.path if choice else output)
        directory, _ = choice or resume.create(identity, output, manifest, resume=not afresh)
        keep_run_log(directory)
        log.info(
            "%s: %s, %s, %s",
            plan.symbol,
            count_of(plan.space.count, "combination"),
            count_of(workers, "worker"),
            directory.path,
        )
        log.debug("%s", origin(plan, directory))
        log.info("expected: %s", expectation(expected, workers))
        outcome = execute(plan, directory, workers, view, write_files, view.phase)
    if quiet():
        show(str(directory.path))
    else:
        command = context.command(plan.symbol)
        if plan.strategy_name != INITIAL_BALANCE:  # of which the newest run is found by itself
            command += f" --run-dir {directory.path.name}"
        show_ending(outcome, directory, command)
    return directory


def _study(context: Context, request: RunRequest) -> "Study":
    """What the run is made from; of a named one, what stands in its manifest."""
    from params_optimizer.orchestrator.run import reopen
    from params_optimizer.orchestrator.study import make_study

    settings, data_dir = context.settings, context.data_dir
    if request.directory and CONFIG not in context.places:
        directory = run_directory.named(context.output, request.directory)
        return replace(reopen(directory, data_dir), settings=settings)
    dates, spread = dates_of(request), request.spread
    return make_study(settings, str(request.symbol), data_dir, dates=dates, spread=spread)
