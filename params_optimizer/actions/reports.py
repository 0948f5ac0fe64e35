"""What can be asked of a run that is there already."""

import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from params_optimizer.actions.common import Arguments, data_dir_of, schedule_of, show
from params_optimizer.config import Settings
from params_optimizer.console import DONE, FIXABLE, say
from params_optimizer.errors import DamagedFileError, RunError, SettingsError
from params_optimizer.storage import run_directory
from params_optimizer.storage.run_directory import COMPLETE, RunDirectory

if TYPE_CHECKING:
    from params_optimizer.orchestrator.study import Study


def check_run(settings: Settings, arguments: Arguments) -> int:
    """`--check`: whether a run directory can be trusted."""
    from params_optimizer.orchestrator.check import check

    directory = run_directory.named(Path(settings.paths.output_dir), arguments.check, "--check")
    with suppress(DamagedFileError):  # which is a problem that the verdict names
        _refuse_other_symbol(directory, arguments)
    verdict = check(directory, data_dir_of(settings), say, time.time_ns() % 2**32)
    show(verdict.text())
    return DONE if verdict.trusted else FIXABLE


def finished_run(settings: Settings, arguments: Arguments) -> RunDirectory:
    """The run that reports are asked about: the named one, or the newest complete one."""
    output = Path(settings.paths.output_dir)
    if arguments.run_dir:
        directory = run_directory.named(output, arguments.run_dir)
        _refuse_other_symbol(directory, arguments)
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


def _refuse_other_symbol(directory: RunDirectory, arguments: Arguments) -> None:
    symbol = directory.manifest().get("symbol")
    if arguments.symbol not in (None, symbol):
        raise RunError(f"{directory.path}: is a run of {symbol}, not of {arguments.symbol}")


def wants_reports(arguments: Arguments) -> bool:
    """Whether something is asked about a finished run."""
    asked = (arguments.generate_excel, arguments.walk_forward, arguments.validate)
    given = (arguments.trades, arguments.holdout_from, arguments.by_regime)
    return any(asked) or any(one is not None for one in given)


def report(settings: Settings, directory: RunDirectory, arguments: Arguments) -> int:
    """The report actions that were asked for, on a finished run."""
    if not wants_reports(arguments):
        return DONE
    from params_optimizer.orchestrator.outcome import RANKING_ROWS
    from params_optimizer.orchestrator.run import outcome_of, reopen

    study = reopen(directory, data_dir_of(settings), say)
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
            show(report.text())
            code = DONE if report.equal else FIXABLE
    if arguments.holdout_from or arguments.walk_forward:
        code = _other_days(settings, study, directory, arguments) or code
    if arguments.by_regime is not None:
        from params_optimizer.actions.regimes import by_regime

        code = by_regime(settings, study, directory, arguments) or code
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

    objective = Objective.of(study.settings, arguments.metric, arguments.min_trades)
    workers = worker_count(study, settings.parallelization.num_workers, say)
    study.warm_up(say)
    try:
        if arguments.holdout_from:
            held = holdout(study, arguments.holdout_from, objective, workers, say)
            show(texts.holdout_text(study, held))
            say(f"wrote {texts.write_holdout(study, held, directory.path)}")
        if arguments.walk_forward:
            walked = walk_forward(study, schedule_of(arguments), objective, workers, say)
            show(texts.walk_forward_text(study, walked))
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
    show(describe(study, number, rows))
    say(f"wrote {path}")
