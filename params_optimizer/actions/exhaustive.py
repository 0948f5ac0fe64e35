"""Questions about an exhaustive run of the Initial Balance."""

from typing import TYPE_CHECKING

from params_optimizer.actions.common import Context, schedule_of, show
from params_optimizer.actions.listing import write_note
from params_optimizer.console import say
from params_optimizer.errors import RunError, SettingsError
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
from params_optimizer.storage.run_directory import COMPLETE, RunDirectory

if TYPE_CHECKING:
    from params_optimizer.search.objective import Objective


class ExhaustiveAnswers:
    """Answers from the table of a run; each is shown and written into the run directory."""

    def __init__(self, context: Context, directory: RunDirectory) -> None:
        from params_optimizer.orchestrator.run import reopen

        self.directory = directory
        self.study = reopen(directory, context.data_dir, say)
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
        say(f"wrote {path}")
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

    def holdout(self, question: HoldoutRequest) -> bool:
        """The best of the days before a date on those from it on."""
        from params_optimizer.reports import validation as texts
        from params_optimizer.validation.holdout import holdout

        workers = self._ready()
        result = holdout(self.study, question.day, self._objective(question), workers, say)
        show(texts.holdout_text(self.study, result))
        say(f"wrote {texts.write_holdout(self.study, result, self.directory.path)}")
        return True

    def walk_forward(self, question: WalkForwardRequest) -> bool:
        """The best of each window on the days after it."""
        from params_optimizer.reports import validation as texts
        from params_optimizer.validation.walk_forward import walk_forward

        schedule, objective = schedule_of(question), self._objective(question)
        result = walk_forward(self.study, schedule, objective, self._ready(), say)
        show(texts.walk_forward_text(self.study, result))
        if not result.summary.windows_with_winner:
            say("no window has a winner: walk-forward files in the run directory stay as is")
            return False
        for path in texts.write_walk_forward(self.study, result, self.directory.path):
            say(f"wrote {path}")
        return True

    def regimes(self, question: RegimesRequest) -> bool:
        """The best of each kind of market, and whether switching between them pays."""
        from params_optimizer.reports.regimes import regimes_text, write_regimes
        from params_optimizer.validation.regimes import by_regime

        workers = self._ready()
        result = by_regime(
            self.study,
            question.kind,
            schedule_of(question),
            self._objective(question),
            workers,
            say,
            min_regime_trades=question.min_regime_trades,
        )
        show(regimes_text(self.study, result))
        for path in write_regimes(self.study, result, self.directory.path):
            say(f"wrote {path}")
        return True

    def robustness(self, question: RobustnessRequest) -> bool:
        """How likely the best is luck, and what worse costs leave of it."""
        from params_optimizer.orchestrator.outcome import RANKING_ROWS
        from params_optimizer.orchestrator.run import outcome_of
        from params_optimizer.reports import robustness as texts
        from params_optimizer.reports.terminal import steps_progress
        from params_optimizer.validation.robustness import robustness

        top_n = question.robustness_top
        outcome = outcome_of(self.directory, self.study, max(RANKING_ROWS, top_n))
        workers = self._ready()
        with steps_progress(self.market) as progress:
            result = robustness(outcome, top_n, question.pbo, workers, say, progress)
        show(texts.robustness_text(self.study, result))
        for path in texts.write_robustness(self.study, result, self.directory.path):
            say(f"wrote {path}")
        return True

    def workbook(self, question: WorkbookRequest) -> bool:
        """The workbook of the rows that are there."""
        from params_optimizer.orchestrator.outcome import RANKING_ROWS
        from params_optimizer.orchestrator.run import outcome_so_far
        from params_optimizer.reports.excel import write_workbook
        from params_optimizer.reports.terminal import REPORT_PHASES, live_progress

        study, top_n = self.study, question.top_n
        path = self.directory.path / f"{self.market}_analysis.xlsx"
        with live_progress(self.market, REPORT_PHASES) as view:
            view.phase("ranking")
            outcome = outcome_so_far(self.directory, study, max(RANKING_ROWS, top_n))
            view.phase("reports")
            write_workbook(outcome, path, top_n)
        if len(outcome.results) < len(study.grid) and study.most is None:
            name = self.directory.path.name
            say(f"note: {name} is unfinished; the workbook holds what is there so far")
        say(f"wrote {path}")
        return True

    def page(self, question: PageRequest) -> bool:  # noqa: ARG002  as every answer
        """The page of the rows that are there, and its pictures."""
        from params_optimizer.orchestrator.run import outcome_so_far
        from params_optimizer.reports.html.page import write_page

        outcome = outcome_so_far(self.directory, self.study)
        for path in write_page(outcome, self.directory.path):
            say(f"wrote {path}")
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
        self.study.warm_up(say)
        return workers

    def _objective(self, question: ObjectiveFields) -> "Objective":
        from params_optimizer.search.objective import Objective

        settings = self.study.settings
        return Objective.of(settings, question.metric, question.min_trades, question.direction)

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
