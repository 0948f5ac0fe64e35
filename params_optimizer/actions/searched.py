"""Questions about a search: other days, regimes, luck and costs, trades, page, workbook."""

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from params_optimizer.actions.common import schedule_of, show
from params_optimizer.actions.listing import write_note
from params_optimizer.actions.validation import ValidationAnswers
from params_optimizer.errors import RunError, SettingsError
from params_optimizer.requests.command import Question
from params_optimizer.requests.fields import ObjectiveFields
from params_optimizer.requests.holdout import HoldoutRequest
from params_optimizer.requests.note import NoteRequest
from params_optimizer.requests.page import PageRequest
from params_optimizer.requests.regimes import RegimesRequest
from params_optimizer.requests.robustness import RobustnessRequest
from params_optimizer.requests.trades import TradesRequest
from params_optimizer.requests.validate import ValidateRequest
from params_optimizer.requests.walk_forward import WalkForwardRequest
from params_optimizer.requests.workbook import WorkbookRequest
from params_optimizer.storage.run_directory import RunDirectory

if TYPE_CHECKING:
    from params_optimizer.orchestrator.evaluator import Evaluation
    from params_optimizer.orchestrator.search_outcome import SearchOutcome
    from params_optimizer.orchestrator.trials import Listener, TrialPlan
    from params_optimizer.reports.subject import Subject
    from params_optimizer.search.objective import Objective
    from params_optimizer.search.trial import Trial
    from params_optimizer.validation.candidates import Candidates
    from params_optimizer.validation.searches import Make, SearchCandidates
    from params_optimizer.validation.selection_bias import Pbo
    from params_optimizer.validation.slices import SliceCandidates
    from params_optimizer.validation.walk_forward import WalkForward

log = logging.getLogger(__name__)


Slices = Callable[["Objective"], "SliceCandidates"]
"""Makes the candidates of a space that is evaluated in slices."""


def check_questions(evaluation: "Evaluation", questions: Sequence[Question]) -> None:
    """Refuse dates and windows that cannot be, before hours are spent on a search.

    Raises:
        SettingsError, DataError: see `validation.windows`.
    """
    from params_optimizer.validation.windows import holdout_window, walk_forward_windows

    for question in questions:
        if isinstance(question, HoldoutRequest):
            holdout_window(evaluation.dates, question.day)
        if isinstance(question, WalkForwardRequest):
            walk_forward_windows(evaluation.dates, schedule_of(question))


class SearchAnswers(ValidationAnswers):
    """Answers from the trials of a search, and from searches on some of its days."""

    def __init__(
        self,
        outcome: "SearchOutcome",
        make: "Make",
        plan: "TrialPlan",
        directory: RunDirectory,
        risk_money: float,
        slices: "Slices | None" = None,
    ) -> None:
        self.outcome, self.directory = outcome, directory
        self.market = outcome.market
        self._make, self._plan, self._risk_money = make, plan, risk_money
        self._slices = slices
        self._candidates: SearchCandidates | None = None
        self.full_pbo: Callable[[], Pbo] | None = None

    def note(self, question: NoteRequest) -> bool:
        """A note in its manifest."""
        write_note(self.directory, question)
        return True

    def trades(self, question: TradesRequest) -> bool:
        """The trades of a trial as CSV, and what they come to."""
        from params_optimizer.reports.backtest import trades_text, write_trades

        trial = self._trial(question)
        trades = self.outcome.trades(trial.parameters)
        show(trades_text(self.outcome, trial, trades))
        path = self.directory.path / f"{self.market}_trades_{trial.number}.csv"
        write_trades(path, trades)
        log.info("wrote %s", path)
        return True

    def validate(self, question: ValidateRequest) -> bool:
        """Refused by the command: the reference engine knows the Initial Balance only."""
        raise SettingsError(f"--validate {question.count}: there is no reference of searches")

    def candidates(self, question: ObjectiveFields) -> "Candidates":
        """The sets that the search finds, searched anew on some of its days.

        Those of a whole space that is evaluated in slices are evaluated on these days.
        """
        from params_optimizer.orchestrator.search_run import journal_key
        from params_optimizer.reports.search_progress import search_progress
        from params_optimizer.validation.searches import SearchCandidates

        del question  # its objective is that of the search
        self._refuse_without_best()
        if self._slices is not None:
            return self._slices(self.outcome.problem.objective)
        if self._candidates is None:
            objective = self.outcome.problem.objective

            def watch(name: str, trials: int) -> AbstractContextManager["Listener"]:
                return search_progress(f"{self.market} {name}", trials, objective)

            key, folder = journal_key(self.directory.manifest()), self.directory.path
            self._candidates = SearchCandidates(
                self.outcome, self._make, self._plan, folder, key, self._risk_money, watch
            )
        return self._candidates

    def subject(self) -> "Subject":
        """The search."""
        from params_optimizer.reports.subject import search_subject

        return search_subject(self.outcome)

    def windows(self, question: RegimesRequest) -> "WalkForward | None":
        """Those of `--walk-forward`, where that was asked for."""
        del question
        return self.forward

    def robustness(self, question: RobustnessRequest) -> bool:
        """How likely the best is luck, and what worse costs leave of it."""
        from params_optimizer.reports.terminal import steps_progress
        from params_optimizer.validation.examined_search import ExaminedSearch
        from params_optimizer.validation.robustness import robustness

        self._refuse_without_best()
        with steps_progress(self.market) as progress:
            run = ExaminedSearch(
                self.outcome,
                self._plan,
                lambda done, of: progress("evaluating", done, of),
                self.full_pbo if question.pbo == "full" else None,
            )
            result = robustness(run, question.robustness_top)
        return self.keep_robustness(result)

    def workbook(self, question: WorkbookRequest) -> bool:
        """The workbook of the trials that are there."""
        from params_optimizer.reports.adaptive_run import AdaptiveRun
        from params_optimizer.reports.excel_generator import write_workbook

        path = self.directory.path / f"{self.market}_analysis.xlsx"
        write_workbook(AdaptiveRun(self.outcome, self.directory.path, question.top_n), path)
        log.info("wrote %s", path)
        return True

    def page(self, question: PageRequest) -> bool:  # noqa: ARG002  as every answer
        """The page of the trials that are there, and its pictures."""
        from params_optimizer.reports.adaptive_run import AdaptiveRun
        from params_optimizer.reports.html_generator import write_page

        for path in write_page(AdaptiveRun(self.outcome, self.directory.path)):
            log.info("wrote %s", path)
        return True

    def _refuse_without_best(self) -> None:
        if self.outcome.best is None:
            raise RunError("no trial of this search is complete: there is no best to examine")

    def _trial(self, question: TradesRequest) -> "Trial":
        trials = self.outcome.trials
        if question.number == "best":
            if self.outcome.best is None:
                raise SettingsError("--trades best: no trial of this search is complete")
            return self.outcome.best
        for trial in trials:
            if trial.number == question.number:
                return trial
        raise SettingsError(
            f"--trades {question.number}: this run has trials {trials[0].number} to "
            f"{trials[-1].number}, or write best"
        )
