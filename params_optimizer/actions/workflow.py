"""Start a workflow, or go on with it."""

from typing import TYPE_CHECKING

from params_optimizer.actions.common import Context, show
from params_optimizer.actions.strategies import source_of
from params_optimizer.config import Settings
from params_optimizer.console import DONE, say
from params_optimizer.requests.workflow import WorkflowRequest

if TYPE_CHECKING:
    from params_optimizer.workflows.market import Market
    from params_optimizer.workflows.plan import Plan


def workflow(context: Context, request: WorkflowRequest) -> int:
    """Follow the file to its end or to its next pause; the exit code."""
    from params_optimizer.orchestrator.signals import Interrupted, stop_requests
    from params_optimizer.workflows.plan import read_plan

    plan = read_plan(request.path)
    for note in plan.notes:
        say(f"note: {note}")
    try:
        with stop_requests():
            return _followed(plan, context, request)
    except Interrupted as interruption:
        say(f"{interruption}; the same command goes on")
        return interruption.exit_code


def _followed(plan: "Plan", context: Context, request: WorkflowRequest) -> int:
    from params_optimizer.reports.workflow import workflow_text, write_report
    from params_optimizer.storage.run_directory import COMPLETE
    from params_optimizer.workflows.directory import choose, ended, fingerprint_of
    from params_optimizer.workflows.follow import follow, split

    market = _market(plan, context.settings, request)
    split(market, plan.oos_days)  # refuses impossible days before anything is made
    fingerprint = fingerprint_of(plan, market)
    directory = choose(
        context.output,
        market.bars.symbol,
        fingerprint,
        request.directory,
        request.resume is False,
        say,
    )
    workers = _workers(plan, context.settings)
    say(f"{plan.path.name}: {len(plan.stages)} stages, {workers} workers, {directory.path}")
    with directory.locked():
        directory.remove_temporaries()
        found = follow(plan, market, directory.path, fingerprint["key"], workers, say)
        path = write_report(found)
        if found.paused is None:
            ended(directory, COMPLETE)
    show(workflow_text(found))
    say(f"results: {path.parent}")
    if found.paused is not None:
        say(
            f"paused after {found.paused}, as the workflow says: look at the files, then start "
            f"the same command again to go on"
        )
    return DONE


def _market(plan: "Plan", settings: Settings, request: WorkflowRequest) -> "Market":
    from params_optimizer.orchestrator.strategies import load_source, zone_of
    from params_optimizer.strategies.account import Account
    from params_optimizer.workflows.market import Market

    bars = load_source(source_of(request, plan.data.timeframe_minutes), settings, say)
    account = Account(plan.data.commission, plan.data.initial_capital, settings.backtest.risk_pct)
    return Market.of(bars, zone_of(settings, bars.symbol), account)


def _workers(plan: "Plan", settings: Settings) -> int:
    from params_optimizer.workflows.pool import worker_count

    return worker_count(plan.containers, settings.parallelization.num_workers, say)
