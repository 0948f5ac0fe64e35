"""What can be asked of a run that is there already."""

import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from params_optimizer.actions.common import (
    Arguments,
    data_dir_of,
    say_what_is_stale,
    schedule_of,
    show,
)
from params_optimizer.actions.robustness import examine
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
    from params_optimizer.orchestrator.search_run import KIND as SEARCH

    directory = run_directory.named(Path(settings.paths.output_dir), arguments.check, "--check")
    seed = time.time_ns() % 2**32
    with suppress(DamagedFileError):  # which is a problem that the verdict names
        if directory.manifest().get("kind") == SEARCH:
            return _check_search(settings, arguments, directory, seed)
        _refuse_other_symbol(directory, arguments)
    verdict = check(directory, data_dir_of(settings), say, seed)
    show(verdict.text())
    return DONE if verdict.trusted else FIXABLE


def _check_search(
    settings: Settings, arguments: Arguments, directory: RunDirectory, seed: int
) -> int:
    from params_optimizer.actions.search import asked_search
    from params_optimizer.orchestrator.search_check import check_search

    asked = asked_search(settings, arguments) if arguments.method else None
    verdict = check_search(
        directory, asked.problem if asked else None, asked.fingerprint if asked else None, seed
    )
    show(verdict.text())
    return DONE if verdict.trusted else FIXABLE


def finished_run(settings: Settings, arguments: Arguments) -> RunDirectory:
    """The run that reports are asked about: the named one, or the newest complete one."""
    output = Path(settings.paths.output_dir)
    if arguments.run_dir:
        directory = run_directory.named(output, arguments.run_dir)
        _refuse_other_symbol(directory, arguments)
        return directory
    runs = [
        (str(manifest.get("started")), run.path.name, run, manifest.get("status") == COMPLETE)
        for run, manifest in run_directory.manifests(
            run_directory.all_runs(output), arguments.symbol, say
        )
        if manifest.get("symbol") == arguments.symbol
    ]
    complete = [one for one in runs if one[-1]]
    if not complete and runs and (arguments.generate_excel or arguments.generate_html):
        return max(runs, key=lambda one: one[:2])[2]  # they show what is there so far
    if not complete:
        raise RunError(
            f"{output}: holds no complete run of {arguments.symbol}; start one with: python -m "
            f"params_optimizer.run_optimizer --symbol {arguments.symbol}"
        )
    return max(complete, key=lambda one: one[:2])[2]


def _refuse_other_symbol(directory: RunDirectory, arguments: Arguments) -> None:
    from params_optimizer.orchestrator.search_run import KIND as SEARCH

    manifest = directory.manifest()
    if (kind := manifest.get("kind")) == SEARCH:
        own = manifest.get("command", "")
        raise RunError(
            f"{directory.path}: is a search; ask about it with the command that made it, and what "
            f"you want beside it: {own}"
        )
    if kind:
        raise RunError(
            f"{directory.path}: is a {kind}, not a run of the grid; its own command goes on with "
            f"it, and report.txt shows what it found"
        )
    symbol = manifest.get("symbol")
    if arguments.symbol not in (None, symbol):
        raise RunError(f"{directory.path}: is a run of {symbol}, not of {arguments.symbol}")


def _refuse_unfinished(directory: RunDirectory) -> None:
    if (status := directory.status()) != COMPLETE:
        raise RunError(
            f"{directory.path}: this run is {status}, not complete; the command that started it "
            f"goes on with it"
        )


def wants_reports(arguments: Arguments) -> bool:
    """Whether something is asked about a finished run."""
    asked = (
        arguments.generate_excel,
        arguments.generate_html,
        arguments.walk_forward,
        arguments.validate,
    )
    given = (arguments.trades, arguments.holdout_from, arguments.by_regime)
    return any(asked) or arguments.robustness or any(one is not None for one in given)


def report(settings: Settings, directory: RunDirectory, arguments: Arguments) -> int:
    """The report actions that were asked for, on a finished run."""
    if not wants_reports(arguments):
        return DONE
    from params_optimizer.orchestrator.outcome import RANKING_ROWS
    from params_optimizer.orchestrator.run import outcome_of, reopen

    if arguments.holdout_from or arguments.walk_forward or arguments.by_regime is not None:
        _refuse_unfinished(directory)
    study = reopen(directory, data_dir_of(settings), say)
    code = DONE
    if arguments.trades is not None:
        _trades(study, directory, arguments.trades)
    if arguments.validate:
        from params_optimizer.validation.reference import validate

        most = max(RANKING_ROWS, arguments.validate)
        report = validate(outcome_of(directory, study, most), arguments.validate)
        show(report.text())
        code = DONE if report.equal else FIXABLE
    if arguments.holdout_from or arguments.walk_forward:
        code = _other_days(settings, study, directory, arguments) or code
    if arguments.by_regime is not None:
        from params_optimizer.actions.regimes import by_regime

        code = by_regime(settings, study, directory, arguments) or code
    if arguments.robustness:
        code = examine(settings, study, directory, arguments) or code
    # Last: workbook and page show what the others have just written; not after Ctrl-C.
    if arguments.generate_excel and code in (DONE, FIXABLE):
        _workbook(study, directory, arguments.top_n)
    if arguments.generate_html and code in (DONE, FIXABLE):
        from params_optimizer.actions.pages import write_run_page

        write_run_page(study, directory)
    say_what_is_stale(study.symbol, directory.path)
    return code


def _workbook(study: "Study", directory: RunDirectory, top_n: int) -> None:
    from params_optimizer.orchestrator.outcome import RANKING_ROWS
    from params_optimizer.orchestrator.run import outcome_so_far
    from params_optimizer.reports.excel import write_workbook
    from params_optimizer.reports.terminal import REPORT_PHASES, live_progress

    path = directory.path / f"{study.symbol}_analysis.xlsx"
    with live_progress(study.symbol, REPORT_PHASES) as view:
        view.phase("ranking")
        outcome = outcome_so_far(directory, study, max(RANKING_ROWS, top_n))
        view.phase("reports")
        write_workbook(outcome, path, top_n)
    if len(outcome.results) < len(study.grid) and study.most is None:
        say(f"note: {directory.path.name} is unfinished; the workbook holds what is there so far")
    say(f"wrote {path}")


def _other_days(
    settings: Settings, study: "Study", directory: RunDirectory, arguments: Arguments
) -> int:
    """Holdout and walk-forward: what was chosen on some days, on other days."""
    from params_optimizer.orchestrator.exhaustive import worker_count
    from params_optimizer.orchestrator.signals import Interrupted
    from params_optimizer.reports import validation as texts
    from params_optimizer.search.objective import Objective
    from params_optimizer.validation.holdout import holdout
    from params_optimizer.validation.walk_forward import walk_forward

    objective = Objective.of(study.settings, arguments.metric, arguments.min_trades)
    workers = worker_count(study, settings.parallelization.num_workers)
    study.warm_up(say)
    try:
        if arguments.holdout_from:
            held = holdout(study, arguments.holdout_from, objective, workers, say)
            show(texts.holdout_text(study, held))
            say(f"wrote {texts.write_holdout(study, held, directory.path)}")
        if arguments.walk_forward:
            walked = walk_forward(study, schedule_of(arguments), objective, workers, say)
            show(texts.walk_forward_text(study, walked))
            if not walked.summary.windows_with_winner:
                say("no window has a winner: walk-forward files in the run directory stay as is")
                return FIXABLE
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
