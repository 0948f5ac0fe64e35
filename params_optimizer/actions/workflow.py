"""Start a workflow, or go on with it."""

import logging
from typing import TYPE_CHECKING

from params_optimizer.actions.common import Context, show
from params_optimizer.actions.strategies import source_of
from params_optimizer.config import Settings
from params_optimizer.console import ANSWER, DONE, say
from params_optimizer.requests.workflow import WorkflowRequest

if TYPE_CHECKING:
    from params_optimizer.workflows.market import MarketDays
    from params_optimizer.workflows.plan import Workflow

log = logging.getLogger(__name__)


def workflow(context: Context, request: WorkflowRequest) -> int:
    """Follow the file to its end or to its next pause; the exit code."""
    from params_optimizer.orchestrator.signals import Interrupted, stop_requests
    from params_optimizer.workflows.plan import read_workflow

    content = read_workflow(request.path)
    for note in content.notes:
        log.info("note: %s", note)
    try:
        with stop_requests():
            return _followed(content, context, request)
    except Interrupted as interruption:
        log.log(ANSWER, "%s", interruption)
        return interruption.exit_code


def _followed(workflow: "Workflow", context: Context, request: WorkflowRequest) -> int:
    from params_optimizer.reports.workflow import workflow_text, write_report
    from params_optimizer.storage.run_directory import COMPLETE
    from params_optimizer.workflows.directory import choose, ended, fingerprint_of
    from params_optimizer.workflows.follow import follow, split

    market = _market(workflow, context.settings, request)
    split(market, workflow.oos_days)  # refuses impossible days before anything is made
    fingerprint = fingerprint_of(workflow, market)
    directory = choose(
        context.output,
        market.bars.symbol,
        fingerprint,
        request.directory,
        request.resume is False,
        say,
    )
    workers = _workers(workflow, context.settings)
    log.info(
        "%s: %d stages, %d workers, %s",
        workflow.path.name,
        len(workflow.stages),
        workers,
        directory.path,
    )
    with directory.locked():
        directory.remove_temporaries()
        result = follow(workflow, market, directory.path, fingerprint["key"], workers)
        path = write_report(result)
        if result.paused is None:
            ended(directory, COMPLETE)
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

    bars = load_source(source_of(request, workflow.data.timeframe_minutes), settings, say)
    account = Account(
        workflow.data.commission, workflow.data.initial_capital, settings.backtest.risk_pct
    )
    return MarketDays.of(bars, zone_of(settings, bars.symbol), account)


def _workers(workflow: "Workflow", settings: Settings) -> int:
    from params_optimizer.workflows.pool import worker_count

    return worker_count(workflow.containers, settings.parallelization.num_workers, say)
