"""What can be asked of a search: other days, regimes, luck and costs, trades, page, workbook."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from params_optimizer.actions.common import Arguments, say_what_is_stale, schedule_of, show
from params_optimizer.console import DONE, FIXABLE, Level, say
from params_optimizer.errors import OptimizerError, SettingsError

if TYPE_CHECKING:
    from params_optimizer.orchestrator.evaluator import Evaluation
    from params_optimizer.orchestrator.search_outcome import SearchOutcome
    from params_optimizer.orchestrator.trials import Listener, Plan
    from params_optimizer.search.trial import Trial
    from params_optimizer.validation.searched.inner import Desk, Make
    from params_optimizer.validation.searched.walk_forward import SearchedWalk


def wanted_of_search(arguments: Arguments) -> bool:
    """Whether anything is asked about the search beside searching."""
    given = (arguments.trades, arguments.holdout_from, arguments.by_regime)
    asked = (
        arguments.walk_forward,
        arguments.robustness,
        arguments.generate_html,
        arguments.generate_excel,
    )
    return any(asked) or any(one is not None for one in given)


def check_wishes(evaluation: "Evaluation", arguments: Arguments) -> None:
    """Refuse dates, windows and regimes that cannot be, before hours are spent on a search.

    Raises:
        SettingsError, DataError: see `validation.windows` and `data.regimes`.
    """
    from params_optimizer.data.regimes import check_kind
    from params_optimizer.validation.windows import holdout_window, walk_forward_windows

    if arguments.holdout_from:
        holdout_window(evaluation.dates, arguments.holdout_from)
    if arguments.walk_forward:
        walk_forward_windows(evaluation.dates, schedule_of(arguments))
    if arguments.by_regime is not None:
        check_kind(arguments.by_regime)


def report_search(
    outcome: "SearchOutcome", make: "Make", plan: "Plan", folder: Path, arguments: Arguments
) -> int:
    """All of it, in the order in which one needs the other; the exit code.

    What one of them cannot do is told, and keeps none of the others back.

    Raises:
        Interrupted: the process was asked to stop; the same command goes on.
    """
    if outcome.best is None:
        say("no trial of this search is complete: nothing of it can be looked at on other days")
    desk = _desk(outcome, make, plan, folder)
    actions: list[tuple[object, Callable[[], object]]] = [
        (arguments.trades is not None, lambda: _trades(outcome, folder, arguments.trades)),
        (arguments.holdout_from and outcome.best, lambda: _holdout(desk, arguments)),
        (
            (arguments.walk_forward or arguments.by_regime is not None) and outcome.best,
            lambda: _windows(desk, arguments),
        ),
        (
            arguments.robustness and outcome.best,
            lambda: _robustness(outcome, plan, folder, arguments.robustness_top),
        ),
        (arguments.generate_excel, lambda: _workbook(outcome, folder, arguments.top_n)),
        (arguments.generate_html, lambda: _page(outcome, folder)),
    ]
    failed = [not _done(action) for asked, action in actions if asked]
    say_what_is_stale(outcome.market, folder)
    return FIXABLE if any(failed) or outcome.best is None else DONE


def _done(action: "Callable[[], object]") -> bool:
    """Do it; tell why not where it cannot be done."""
    try:
        action()
    except OptimizerError as error:
        say(f"error: {error}", Level.QUIET)
        return False
    return True


def _workbook(outcome: "SearchOutcome", folder: Path, top_n: int) -> None:
    from params_optimizer.reports.excel.search_book import write_search_workbook

    path = folder / f"{outcome.market}_analysis.xlsx"
    write_search_workbook(outcome, path, top_n)
    say(f"wrote {path}")


def _page(outcome: "SearchOutcome", folder: Path) -> None:
    from params_optimizer.reports.html.search_page import write_search_page

    for path in write_search_page(outcome, folder):
        say(f"wrote {path}")


def _desk(outcome: "SearchOutcome", make: "Make", plan: "Plan", folder: Path) -> "Desk":
    from params_optimizer.orchestrator.search_run import key_of
    from params_optimizer.reports.search_progress import search_progress
    from params_optimizer.storage.run_directory import RunDirectory
    from params_optimizer.validation.searched.inner import Desk

    def watch(name: str, trials: int) -> AbstractContextManager["Listener"]:
        return search_progress(f"{outcome.market} {name}", trials, outcome.problem.objective)

    key = key_of(RunDirectory(folder).manifest())
    return Desk(outcome, make, plan, folder, key, say, watch)


def _holdout(desk: "Desk", arguments: Arguments) -> None:
    from params_optimizer.reports.searched.holdout import holdout_text, write_holdout
    from params_optimizer.validation.searched.holdout import holdout

    held = holdout(desk, arguments.holdout_from)
    show(holdout_text(desk.outcome, held))
    say(f"wrote {write_holdout(desk.outcome, held, desk.folder)}")


def _windows(desk: "Desk", arguments: Arguments) -> None:
    """Walk-forward and regimes, whose test of switching needs the windows."""
    walk = _walk_forward(desk, arguments) if arguments.walk_forward else None
    if arguments.by_regime is None:
        return
    from params_optimizer.reports.searched.regimes import regimes_text, write_regimes
    from params_optimizer.validation.searched.regimes import by_regime

    found = by_regime(desk, arguments.by_regime, arguments.min_regime_trades, walk)
    show(regimes_text(desk.outcome, found))
    for path in write_regimes(desk.outcome, found, desk.folder):
        say(f"wrote {path}")


def _walk_forward(desk: "Desk", arguments: Arguments) -> "SearchedWalk":
    from params_optimizer.reports.searched.walk_forward import (
        walk_forward_text,
        write_walk_forward,
    )
    from params_optimizer.validation.searched.walk_forward import walk_forward

    walk = walk_forward(desk, schedule_of(arguments))
    show(walk_forward_text(desk.outcome, walk))
    for path in write_walk_forward(desk.outcome, walk, desk.folder):
        say(f"wrote {path}")
    return walk


def _robustness(outcome: "SearchOutcome", plan: "Plan", folder: Path, top_n: int) -> None:
    from params_optimizer.reports.searched.robustness import robustness_text, write_robustness
    from params_optimizer.reports.terminal import steps_progress
    from params_optimizer.validation.searched.robustness import robustness

    with steps_progress(outcome.market) as progress:
        result = robustness(outcome, top_n, plan, lambda done, of: progress("evaluating", done, of))
    show(robustness_text(outcome, result))
    for path in write_robustness(outcome, result, folder):
        say(f"wrote {path}")


def _trades(outcome: "SearchOutcome", folder: Path, wanted: str) -> None:
    """The trades of a trial as CSV, and what they come to."""
    from params_optimizer.reports.backtest import trades_text, write_trades

    trial = _trial(outcome, wanted)
    trades = outcome.trades(trial.parameters)
    show(trades_text(outcome, trial, trades))
    path = folder / f"{outcome.market}_trades_{trial.number}.csv"
    write_trades(path, trades)
    say(f"wrote {path}")


def _trial(outcome: "SearchOutcome", wanted: str) -> "Trial":
    if wanted == "best":
        if outcome.best is None:
            raise SettingsError("--trades best: no trial of this search is complete")
        return outcome.best
    if wanted.isascii() and wanted.isdigit() and int(wanted) < len(outcome.trials):
        return outcome.trials[int(wanted)]
    raise SettingsError(
        f"--trades {wanted!r}: this search has trials 0 to {len(outcome.trials) - 1}, or write best"
    )
