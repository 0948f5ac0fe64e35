"""Questions about a run, answered one after the other from its files."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from params_optimizer.actions.common import (
    keep_run_log,
    say_what_is_stale,
    schedule_of,
    show,
)
from params_optimizer.actions.listing import write_note
from params_optimizer.actions.opened import OpenedRun
from params_optimizer.console import DONE, FIXABLE, log
from params_optimizer.errors import OptimizerError
from params_optimizer.requests.command import Question
from params_optimizer.requests.holdout import HoldoutRequest
from params_optimizer.requests.note import NoteRequest
from params_optimizer.requests.page import PageRequest
from params_optimizer.requests.regimes import RegimesRequest
from params_optimizer.requests.robustness import RobustnessRequest
from params_optimizer.requests.trades import TradesRequest
from params_optimizer.requests.validate import ValidateRequest
from params_optimizer.requests.validation import VALIDATIONS, ValidationRequest
from params_optimizer.requests.walk_forward import WalkForwardRequest
from params_optimizer.requests.workbook import WorkbookRequest

if TYPE_CHECKING:
    from params_optimizer.validation.finding import Validate
    from params_optimizer.validation.walk_forward import WalkForward

_HOLDOUT_ROWS = 100


def answer_all(answers: "Answers", questions: Sequence[Question]) -> int:
    """Answer the questions in order; what cannot be answered is told, and keeps nothing back.

    Raises:
        LockedError: answers are written by searching anew, and another process does so.
        Interrupted: the process was asked to stop.
    """
    with answers.held():
        failed = [not _answered(answers, question) for question in questions]
        say_what_is_stale(answers.market, answers.directory.path)
    return FIXABLE if any(failed) else DONE


def _answered(answers: "Answers", question: Question) -> bool:
    try:
        return METHODS[type(question)](answers, question)
    except OptimizerError as error:
        log.error("%s", error)
        return False


class Answers(OpenedRun):
    """Answers about a run; each is shown, and written into its directory.

    Each method returns whether all was well.
    """

    _forward: "WalkForward | None" = None

    @property
    def _held(self) -> bool:
        """Whether answers are made by searching anew, for which the directory is held."""
        return not self._looking and self.plan.set_by_set

    @contextmanager
    def held(self) -> Iterator[None]:
        """Be the only process that searches anew for this run.

        Raises:
            LockedError: another process works in its directory.
        """
        from params_optimizer.orchestrator.checkpoint import at_work

        if not self._held:
            yield
            return
        with at_work(self.directory, self._settings.checkpoint.file):
            keep_run_log(self.directory)
            yield

    def note(self, question: NoteRequest) -> bool:
        """A note in its manifest."""
        with nullcontext() if self._held else self.directory.locked():
            write_note(self.directory, question)
        return True

    def trades(self, question: TradesRequest) -> bool:
        """The trades of one set as CSV, and what they come to."""
        from params_optimizer.reports import backtest, trades

        folder = self.directory.path
        if self._study is not None:
            number = self._combination(question)
            path, rows = trades.write_trades(self._study, number, folder)
            show(trades.describe(self._study, number, rows))
        else:
            trial = self._trial(question)
            made = self.searched.trades(trial.parameters)
            show(backtest.trades_text(self.searched, trial, made))
            path = folder / f"{self.market}_trades_{trial.number}.csv"
            backtest.write_trades(path, made)
        log.info("wrote %s", path)
        return True

    def validate(self, question: ValidateRequest) -> bool:
        """The best against the reference engine, which knows the Initial Balance only."""
        from params_optimizer.validation.reference import validate

        report = validate(self._outcome(question.count), question.count)
        show(report.text())
        return report.equal

    def holdout(self, question: HoldoutRequest) -> bool:
        """The best of the days before a date on those from it on."""
        from params_optimizer.reports.validation import holdout_text, write_holdout
        from params_optimizer.validation.holdout import holdout

        rows = None if self._study is None else _HOLDOUT_ROWS
        result = holdout(self._candidates(question), question.day, top=rows)
        show(holdout_text(self._subject, result))
        log.info("wrote %s", write_holdout(self._subject, result, self.directory.path))
        return True

    def walk_forward(self, question: WalkForwardRequest) -> bool:
        """The best of each window on the days after it; nothing is written without a winner."""
        from params_optimizer.reports.validation import walk_forward_text, write_walk_forward
        from params_optimizer.validation.walk_forward import walk_forward

        result = walk_forward(self._candidates(question), schedule_of(question))
        show(walk_forward_text(self._subject, result))
        if not result.summary.windows_with_winner:
            log.info(
                "no window has a winner: walk-forward files in the run directory stay as they are"
            )
            return False
        self._forward = result
        return self._wrote(write_walk_forward(self._subject, result, self.directory.path))

    def regimes(self, question: RegimesRequest) -> bool:
        """The best of each kind of market, and whether switching between them pays."""
        from params_optimizer.reports.regimes import regimes_text, write_regimes
        from params_optimizer.validation.regimes import by_regime

        windows = self._forward if self._study is None else schedule_of(question)
        candidates, least = self._candidates(question), question.min_regime_trades
        result = by_regime(candidates, question.kind, windows, min_regime_trades=least)
        show(regimes_text(self._subject, result))
        return self._wrote(write_regimes(self._subject, result, self.directory.path))

    def choosing(self, question: ValidationRequest) -> bool:
        """A validation by name."""
        from params_optimizer.reports.choosing import finding_text, write_finding

        validate: Validate = import_module(VALIDATIONS[question.name]).validate
        finding = validate(self._candidates(question))
        show(finding_text(self._subject, finding))
        folder = self.directory.path
        return self._wrote([write_finding(self._subject, question.name, finding, folder)])

    def robustness(self, question: RobustnessRequest) -> bool:
        """How likely the best is luck, and what worse costs leave of it."""
        from params_optimizer.reports.robustness import robustness_text, write_robustness
        from params_optimizer.reports.terminal import steps_progress
        from params_optimizer.validation.robustness import robustness

        with steps_progress(self.market) as progress:
            run = self._examined(question, progress)
            result = robustness(run, question.robustness_top, progress)
        show(robustness_text(self._subject, result))
        return self._wrote(write_robustness(self._subject, result, self.directory.path))

    def workbook(self, question: WorkbookRequest) -> bool:
        """The workbook of the rows that are there."""
        from params_optimizer.reports.excel_generator import write_workbook
        from params_optimizer.reports.terminal import REPORT_PHASES, live_progress

        path = self.directory.path / f"{self.market}_analysis.xlsx"
        with live_progress(self.market, REPORT_PHASES) as view:
            view.phase("ranking")
            run = self._reported(question.top_n)
            view.phase("reports")
            write_workbook(run, path)
        if run.unfinished:
            name = self.directory.path.name
            log.info("note: %s is unfinished; the workbook holds what is there so far", name)
        return self._wrote([path])

    def page(self, question: PageRequest) -> bool:  # noqa: ARG002  as every answer
        """The page of the rows that are there, and its pictures."""
        from params_optimizer.reports.html_generator import write_page

        return self._wrote(write_page(self._reported()))

    @staticmethod
    def _wrote(paths: Iterable[Path]) -> bool:
        for path in paths:
            log.info("wrote %s", path)
        return True


METHODS: Mapping[type, Callable[[Answers, Any], bool]] = {
    NoteRequest: Answers.note,
    TradesRequest: Answers.trades,
    ValidateRequest: Answers.validate,
    HoldoutRequest: Answers.holdout,
    WalkForwardRequest: Answers.walk_forward,
    RegimesRequest: Answers.regimes,
    ValidationRequest: Answers.choosing,
    RobustnessRequest: Answers.robustness,
    WorkbookRequest: Answers.workbook,
    PageRequest: Answers.page,
}
