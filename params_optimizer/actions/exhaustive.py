"""Questions about an exhaustive run of the Initial Balance."""

import logging
from typing import TYPE_CHECKING

from params_optimizer.actions.common import Context, show
from params_optimizer.actions.listing import write_note
from params_optimizer.actions.validation import ValidationAnswers
from params_optimizer.errors import RunError, SettingsError
from params_optimizer.requests.fields import ObjectiveFields
from params_optimizer.requests.note import NoteRequest
from params_optimizer.requests.page import PageRequest
from params_optimizer.requests.robustness import RobustnessRequest
from params_optimizer.requests.trades import TradesRequest
from params_optimizer.requests.validate import ValidateRequest
from params_optimizer.requests.workbook import WorkbookRequest
from params_optimizer.storage.run_directory import COMPLETE, RunDirectory

if TYPE_CHECKING:
    from params_optimizer.reports.subject import Subject
    from params_optimizer.validation.slices import SliceCandidates

log = logging.getLogger(__name__)


class ExhaustiveAnswers(ValidationAnswers):
    """Answers from the table of a run; each is shown and written into the run directory."""

    holdout_rows = 100

    def __init__(self, context: Context, directory: RunDirectory) -> None:
        from params_optimizer.orchestrator.run import reopen

        self.directory = directory
        self.study = reopen(directory, context.data_dir)
        self.market = self.study.symbol
        self._workers = context.settings.parallelization.num_workers

    def note(self, question: NoteRequest) -> bool:
        """A note in its manifest."""
        with self.directory.locked():
            write_note(self.directory, question)
        return True

    def trades(self, question: TradesRequest) -> bool:
        """The trades of one combination as CSV, and what they come to."""
        from params_optimizer.reports.trades import describe, write_trades

        number = self._number(question)
        path, rows = write_trades(self.study, number, self.directory.path)
        show(describe(self.study, number, rows))
        log.info("wrote %s", path)
        return True

    def validate(self, question: ValidateRequest) -> bool:
        """The best against the reference engine."""
        from params_optimizer.orchestrator.outcome import RANKING_ROWS
        from params_optimizer.orchestrator.run import outcome_of
        from params_optimizer.validation.reference import validate

        rows = max(RANKING_ROWS, question.count)
        report = validate(outcome_of(self.directory, self.study, rows), question.count)
        show(report.text())
        return report.equal

    def candidates(self, question: ObjectiveFields) -> "SliceCandidates":
        """Every combination of the grid."""
        from params_optimizer.search.objective import Objective
        from params_optimizer.validation.slices import SliceCandidates

        settings = self.study.settings
        objective = Objective.of(settings, question.metric, question.min_trades, question.direction)
        return SliceCandidates(self.study, objective, self._ready())

    def subject(self) -> "Subject":
        """The grid."""
        from params_optimizer.reports.subject import grid_subject

        return grid_subject(self.study)

    def robustness(self, question: RobustnessRequest) -> bool:
        """How likely the best is luck, and what worse costs leave of it."""
        from params_optimizer.orchestrator.outcome import RANKING_ROWS
        from params_optimizer.orchestrator.run import outcome_of
        from params_optimizer.reports.terminal import steps_progress
        from params_optimizer.validation.examined_slices import ExaminedSlices
        from params_optimizer.validation.robustness import robustness

        top_n = question.robustness_top
        outcome = outcome_of(self.directory, self.study, max(RANKING_ROWS, top_n))
        workers = self._ready()
        with steps_progress(self.market) as progress:
            run = ExaminedSlices(outcome, question.pbo, workers, progress)
            result = robustness(run, top_n)
        return self.keep_robustness(result)

    def workbook(self, question: WorkbookRequest) -> bool:
        """The workbook of the rows that are there."""
        from params_optimizer.orchestrator.outcome import RANKING_ROWS
        from params_optimizer.orchestrator.run import outcome_so_far
        from params_optimizer.reports.excel_generator import write_workbook
        from params_optimizer.reports.grid_run import GridRun
        from params_optimizer.reports.terminal import REPORT_PHASES, live_progress

        study, top_n = self.study, question.top_n
        path = self.directory.path / f"{self.market}_analysis.xlsx"
        with live_progress(self.market, REPORT_PHASES) as view:
            view.phase("ranking")
            outcome = outcome_so_far(self.directory, study, max(RANKING_ROWS, top_n))
            view.phase("reports")
            write_workbook(GridRun(outcome, self.directory.path, top_n), path)
        if len(outcome.results) < len(study.grid) and study.most is None:
            name = self.directory.path.name
            log.info("note: %s is unfinished; the workbook holds what is there so far", name)
        log.info("wrote %s", path)
        return True

    def page(self, question: PageRequest) -> bool:  # noqa: ARG002  as every answer
        """The page of the rows that are there, and its pictures."""
        from params_optimizer.orchestrator.run import outcome_so_far
        from params_optimizer.reports.grid_run import GridRun
        from params_optimizer.reports.html_generator import write_page

        outcome = outcome_so_far(self.directory, self.study)
        for path in write_page(GridRun(outcome, self.directory.path)):
            log.info("wrote %s", path)
        return True

    def _ready(self) -> int:
        """Kernels compiled for a run that is complete; how many workers it takes."""
        from params_optimizer.orchestrator.exhaustive import worker_count

        if (status := self.directory.status()) != COMPLETE:
            raise RunError(
                f"{self.directory.path}: this run is {status}, not complete; the command that "
                f"started it goes on with it"
            )
        workers = worker_count(self.study, self._workers)
        self.study.prepare()
        return workers

    def _number(self, question: TradesRequest) -> int:
        from params_optimizer.orchestrator.run import outcome_of

        if question.number == "best":
            ranking = outcome_of(self.directory, self.study).ranking
            if not ranking.combination.size:
                raise RunError(
                    f"{self.directory.path}: no combination has enough trades to be the best"
                )
            return int(ranking.combination[0])
        if question.number < len(self.study.grid):
            return question.number
        raise SettingsError(
            f"--trades {question.number}: this run has combinations 0 to "
            f"{len(self.study.grid) - 1}, or write best"
        )
