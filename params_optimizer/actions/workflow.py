"""`--workflow`: start or continue a workflow."""

from pathlib import Path
from typing import TYPE_CHECKING

from params_optimizer.actions.common import Arguments, show
from params_optimizer.config import Settings
from params_optimizer.console import DONE, say
from params_optimizer.errors import SettingsError

_OTHER = "it belongs to another command; the file has sequences for it"
_IN_THE_FILE = {
    "seed": "write seed in the file",
    "commission": "write data.commission in the file",
    "capital": "write data.initial_capital in the file",
    "time_frame": "write data.timeframe_minutes in the file",
    "spread": "rules pay data.commission",
    "min_trades": "write data.min_trades in the file",
    "metric": "name metrics in the file",
    "method": "name methods in the file",
    "trials": "write the trials of each method in the file",
    "space": "targets have their own spaces",
    "strategy": "name it in a StrategyTarget of the file",
    "first": "cut the bars with --data, or take other ones",
    "last": "cut the bars with --data, or take other ones",
    "grid": _OTHER,
    "keep": _OTHER,
    "walk_forward": _OTHER,
    "holdout_from": _OTHER,
    "by_regime": _OTHER,
    "robustness": _OTHER,
    "generate_excel": _OTHER,
    "generate_html": _OTHER,
}

if TYPE_CHECKING:
    from params_optimizer.workflows.market import Market
    from params_optimizer.workflows.plan import Plan


def workflow(settings: Settings, arguments: Arguments) -> int:
    """Follow the file to its end or to its next pause; the exit code."""
    from params_optimizer.orchestrator.signals import Interrupted, stop_requests
    from params_optimizer.workflows.plan import read_plan

    _refuse_ignored(arguments)
    plan = read_plan(arguments.workflow)
    for note in plan.notes:
        say(f"note: {note}")
    try:
        with stop_requests():
            return _followed(plan, settings, arguments)
    except Interrupted as interruption:
        say(f"{interruption}; the same command goes on")
        return interruption.exit_code


def _refuse_ignored(arguments: Arguments) -> None:
    """Options that a workflow takes from its file, or that belong to other commands."""
    for name, way in _IN_THE_FILE.items():
        if getattr(arguments, name, None):
            option = {"first": "from", "last": "to"}.get(name, name.replace("_", "-"))
            raise SettingsError(f"--{option} does nothing beside --workflow: {way}")


def _followed(plan: "Plan", settings: Settings, arguments: Arguments) -> int:
    from params_optimizer.reports.workflow import workflow_text, write_report
    from params_optimizer.storage.run_directory import COMPLETE
    from params_optimizer.workflows.directory import choose, ended, fingerprint_of
    from params_optimizer.workflows.follow import follow, split

    market = _market(plan, settings, arguments)
    split(market, plan.oos_days)  # refuses impossible days before anything is made
    fingerprint = fingerprint_of(plan, market)
    output = Path(settings.paths.output_dir)
    directory = choose(
        output, market.bars.symbol, fingerprint, arguments.run_dir, arguments.no_resume, say
    )
    workers = _workers(plan, settings)
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


def _market(plan: "Plan", settings: Settings, arguments: Arguments) -> "Market":
    from params_optimizer.orchestrator.strategies import Source, load_source, zone_of
    from params_optimizer.strategies.account import Account
    from params_optimizer.workflows.market import Market

    source = Source(
        symbol=arguments.symbol,
        file=arguments.data,
        source_timezone=arguments.source_timezone,
        minutes=plan.data.timeframe_minutes,
    )
    bars = load_source(source, settings, say)
    account = Account(plan.data.commission, plan.data.initial_capital, settings.backtest.risk_pct)
    return Market.of(bars, zone_of(settings, bars.symbol), account)


def _workers(plan: "Plan", settings: Settings) -> int:
    from params_optimizer.workflows.pool import worker_count

    return worker_count(plan.containers, settings.parallelization.num_workers, say)
