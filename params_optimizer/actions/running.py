"""Runs, from the directory that they work in to what they leave on the screen."""

import logging
from typing import TYPE_CHECKING, cast

from params_optimizer.actions.common import (
    Context,
    keep_run_log,
    quiet,
    show,
    this_command,
)
from params_optimizer.console import DONE, FIXABLE
from params_optimizer.data.loader import optimized_file
from params_optimizer.errors import RunError
from params_optimizer.requests.fields import INITIAL_BALANCE
from params_optimizer.requests.run import RunFields
from params_optimizer.requests.stored import REQUEST, stored
from params_optimizer.storage.run_directory import RunDirectory

if TYPE_CHECKING:
    from params_optimizer.orchestrator.outcome import Outcome, SearchOutcome
    from params_optimizer.orchestrator.plan import Plan, StrategyPlan
    from params_optimizer.orchestrator.resume import DirectoryChoice

log = logging.getLogger(__name__)


def run_plan(
    context: Context,
    request: RunFields,
    plan: "Plan",
    *,
    reuse: bool = False,
    questioned: bool = False,
) -> tuple[RunDirectory, int]:
    """Start or continue a run; with `reuse` a complete one will do.

    `questioned`: questions about it follow. Returns its directory, and the exit code.

    Raises:
        RunError, LockedError: see `orchestrator.resume.choose`.
        Interrupted: the process was asked to stop; carries the exit code.
    """
    from params_optimizer.orchestrator import resume
    from params_optimizer.orchestrator.plan import StrategyPlan
    from params_optimizer.orchestrator.run import identity_of

    afresh = getattr(request, "resume", None) is False
    choice = resume.find(
        identity_of(plan), context.output, request.directory, resume=not afresh, reuse=reuse
    )
    if choice and choice.complete:
        return choice.directory, DONE
    if isinstance(plan, StrategyPlan) and not plan.method.exhaustive:
        return _search(context, request, plan, choice, questioned=questioned)
    return _evaluate(context, request, plan, choice)


def present_run(
    context: Context, request: RunFields, plan: "Plan", *, unfinished: bool
) -> RunDirectory:
    """The directory of the run that a request names.

    Raises:
        RunError: it is not complete, and must be: not `unfinished`.
    """
    from params_optimizer.orchestrator import resume
    from params_optimizer.orchestrator.run import identity_of

    choice = resume.find(
        identity_of(plan), context.output, request.directory, resume=True, reuse=True
    )
    if choice is None:
        raise RunError(
            f"{context.output}: holds no complete run of this kind; add --run to start one"
        )
    if not (choice.complete or unfinished):
        path = choice.directory.path
        raise RunError(
            f"{path}: this run is {choice.directory.status()}, not complete; --run-dir "
            f"{path.name} alone goes on with it"
        )
    return choice.directory


def _created(
    context: Context, request: RunFields, plan: "Plan", choice: "DirectoryChoice | None"
) -> RunDirectory:
    """The chosen directory or a new one; what is said from now on is kept in it."""
    from params_optimizer.orchestrator import resume
    from params_optimizer.orchestrator.manifest import new_manifest
    from params_optimizer.orchestrator.run import identity_of

    def manifest() -> dict[str, object]:
        content = stored(request, context.settings)
        if "trials" in content:  # generations may say how many
            content["trials"] = plan.method.trials
        return new_manifest(plan) | {REQUEST: content, "command": this_command()}

    afresh = getattr(request, "resume", None) is False
    directory, _ = choice or resume.create(
        identity_of(plan), context.output, manifest, resume=not afresh
    )
    keep_run_log(directory)
    return directory


def _evaluate(
    context: Context, request: RunFields, plan: "Plan", choice: "DirectoryChoice | None"
) -> tuple[RunDirectory, int]:
    """Evaluate a whole space in slices; where no set meets its constraints the exit code tells."""
    from params_optimizer.orchestrator.estimate import check_disk, estimate
    from params_optimizer.orchestrator.exhaustive import worker_count
    from params_optimizer.orchestrator.run import execute
    from params_optimizer.reports.ending import show_ending
    from params_optimizer.reports.files import write_files
    from params_optimizer.reports.forms import count_of
    from params_optimizer.reports.info import expectation, origin
    from params_optimizer.reports.terminal import live_progress

    _tell_newer_files(context, plan)
    with live_progress(plan.symbol) as view:
        view.phase("loading")
        workers = worker_count(plan, context.settings.parallelization.num_workers)
        view.phase("compiling")
        plan.prepare()
        expected = estimate(plan)
        check_disk(plan, expected, choice.directory.path if choice else context.output)
        directory = _created(context, request, plan, choice)
        log.info(
            "%s: %s, %s, %s",
            plan.symbol,
            count_of(plan.space.count, "combination"),
            count_of(workers, "worker"),
            directory.path,
        )
        log.debug("%s", origin(plan, directory))
        log.info("expected: %s", expectation(expected, workers))
        outcome = cast("Outcome", execute(plan, directory, workers, view, write_files, view.phase))
    if quiet():
        show(str(directory.path))
    else:
        show_ending(outcome, directory, context.command(*_about(plan, directory)))
    conditions = plan.objective.conditions
    if not conditions or outcome.ranking.combination.size:
        return directory, DONE
    texts = " and ".join(repr(condition.text) for condition in conditions)
    log.warning("no combination with %d trades meets %s", plan.objective.min_trades, texts)
    return directory, FIXABLE


def _tell_newer_files(context: Context, plan: "Plan") -> None:
    """Remark that prepared bars are older than raw ones."""
    from params_optimizer.data.prepare_data import newer_raw_files

    if newer := newer_raw_files(context.data_dir, plan.symbol):
        log.info(
            "note: %s is newer than %s; --prepare-data takes it in",
            newer[0].name,
            optimized_file(context.data_dir, plan.symbol).name,
        )


def _search(
    context: Context,
    request: RunFields,
    plan: "StrategyPlan",
    choice: "DirectoryChoice | None",
    *,
    questioned: bool,
) -> tuple[RunDirectory, int]:
    """Ask a method for trials; without a complete one the exit code tells."""
    from params_optimizer.orchestrator.check_trials import check_answers
    from params_optimizer.orchestrator.exhaustive import worker_count
    from params_optimizer.orchestrator.journals import journaled
    from params_optimizer.orchestrator.run import execute
    from params_optimizer.reports.files import write_search_files
    from params_optimizer.reports.forms import count_of
    from params_optimizer.reports.search_progress import search_progress

    method, workers = plan.method, worker_count(plan, context.settings.parallelization.num_workers)
    directory = _created(context, request, plan, choice)
    check_answers(plan, journaled(directory, method.trials).trials, directory.path.name)
    plan.prepare()  # so that no time limit pays for compiling
    log.info(
        "%s: %s by %s, %s, %s",
        plan.symbol,
        count_of(method.trials, "trial"),
        method.name,
        count_of(workers, "worker"),
        directory.path,
    )
    with search_progress(plan.symbol, method.trials, plan.objective, workers) as listener:
        outcome = cast(
            "SearchOutcome", execute(plan, directory, workers, listener, write_search_files)
        )
    show_search(context, outcome, directory, questioned=questioned)
    return directory, DONE if outcome.best else FIXABLE


def _about(plan: "Plan", directory: RunDirectory) -> list[str]:
    """Options that name a run; the newest one of the Initial Balance needs its symbol only."""
    if plan.strategy_name == INITIAL_BALANCE:
        return ["--symbol", plan.symbol]
    code = ["--strategy", plan.strategy_name] if ":" in plan.strategy_name else []
    return ["--run-dir", directory.path.name, *code]  # what to import is never taken from a file


def show_search(
    context: Context, outcome: "SearchOutcome", directory: RunDirectory, *, questioned: bool
) -> None:
    """Print the summary of a search; unless it is `questioned` already, what can be asked next."""
    from params_optimizer.reports.ending import next_lines, print_summary
    from params_optimizer.reports.run import ReportedRun

    if quiet():
        show(str(directory.path))
        return
    print_summary(ReportedRun(outcome, directory.path))
    log.info("results: %s", directory.path)
    if not questioned and outcome.best:
        command = context.command(*_about(outcome.plan, directory))
        log.info("%s", "\n".join(next_lines(outcome.plan, command, ranked=True)))
