"""Start a workflow, or go on with it."""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from params_optimizer.actions.common import Context, keep_run_log, show
from params_optimizer.actions.strategies import source_of
from params_optimizer.config import Settings
from params_optimizer.console import ANSWER, DONE
from params_optimizer.requests.workflow import WorkflowRequest

if TYPE_CHECKING:
    from params_optimizer.workflows.market import MarketDays
    from params_optimizer.workflows.plan import Workflow

log = logging.getLogger(__name__)

_WORKER_BYTES = 200 << 20


def workflow(context: Context, request: WorkflowRequest) -> int:
    """Follow the file to its end or to its next pause; the exit code."""
    from params_optimizer.orchestrator.signals import Interrupted
    from params_optimizer.workflows.plan import read_workflow

    content = read_workflow(request.path)
    for note in content.notes:
        log.info("note: %s", note)
    try:
        return _followed(content, context, request)
    except Interrupted as interruption:
        log.log(ANSWER, "%s", interruption)
        return interruption.exit_code


def _followed(workflow: "Workflow", context: Context, request: WorkflowRequest) -> int:
    from params_optimizer.orchestrator.checkpoint import at_work, complete
    from params_optimizer.orchestrator.manifest import manifest_of
    from params_optimizer.orchestrator.resume import choose
    from params_optimizer.reports.workflow import workflow_text, write_report
    from params_optimizer.workflows.directory import KIND, identity_of
    from params_optimizer.workflows.follow import follow, split

    market = _market(workflow, context.settings, request)
    split(market, workflow.oos_days)  # refuses impossible days before anything is made
    timeout = context.settings.search.timeout
    identity = identity_of(workflow, market, timeout)
    directory, _ = choose(
        identity,
        context.output,
        request.directory,
        lambda: manifest_of(KIND, identity.fingerprint, {"generated_data": market.bars.generated}),
        resume=request.resume is not False,
    )
    workers = _workers(workflow, context.settings)
    log.info(
        "%s: %d stages, %d workers, %s",
        workflow.path.name,
        len(workflow.stages),
        workers,
        directory.path,
    )
    with at_work(directory, context.settings.checkpoint.file) as (_, checkpoint):
        keep_run_log(directory)
        key = str(directory.manifest()["run"])

        def listen(finished: int, activity: Mapping[str, object]) -> None:
            if checkpoint.due:
                checkpoint.write(finished, len(workflow.stages), 0.0, activity)

        result = follow(workflow, market, directory.path, key, workers, listen, timeout)
        path = write_report(result)
        if result.paused is None:
            complete(directory, checkpoint, {})
        else:
            stages = len(workflow.stages)
            pause = {"paused_after": result.paused}
            checkpoint.write(len(result.results), stages, 0.0, pause, status="stopped")
    show(workflow_text(result))
    log.info("results: %s", path.parent)
    if result.paused is not None:
        log.info(
            "paused after %s, as the workflow says: look at the files, then start the same "
            "command again to go on",
            result.paused,
        )
    return DONE


def _market(workflow: "Workflow", settings: Settings, request: WorkflowRequest) -> "MarketDays":
    from params_optimizer.orchestrator.strategies import load_source, zone_of
    from params_optimizer.strategies.account import Account
    from params_optimizer.workflows.market import MarketDays

    bars = load_source(source_of(request, workflow.data.timeframe_minutes), settings)
    account = Account(
        workflow.data.commission, workflow.data.initial_capital, settings.backtest.risk_pct
    )
    return MarketDays.of(bars, zone_of(settings, bars.symbol), account)


def _workers(workflow: "Workflow", settings: Settings) -> int:
    from params_optimizer.orchestrator import machine

    containers, requested = workflow.containers, settings.parallelization.num_workers
    cores = machine.cores()
    memory = ((containers.resource_limits.memory_mb or 0) << 20) + _WORKER_BYTES
    limits = {"cores": cores, "free memory": machine.free_memory() // memory}
    if containers.pool_size:
        limits["pool_size"] = containers.pool_size
    return machine.limited(requested, containers.pool_size or cores, limits)
