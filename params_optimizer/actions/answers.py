"""Questions about a run, answered one after the other from its files."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from params_optimizer.actions.common import (
    Context,
    keep_run_log,
    say_what_is_stale,
    schedule_of,
    show,
)
from params_optimizer.actions.listing import write_note
from params_optimizer.console import DONE, FIXABLE, log
from params_optimizer.errors import OptimizerError, RunError, SettingsError
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
from params_optimizer.storage.run_directory import COMPLETE, RunDirectory

if TYPE_CHECKING:
    from params_optimizer.orchestrator.outcome import Outcome, SearchOutcome
    from params_optimizer.orchestrator.plan import Plan, StrategyPlan
    from params_optimizer.orchestrator.study import Study
    from params_optimizer.orchestrator.trials import Listener
    from params_optimizer.reports.run import ReportedRun
    from params_optimizer.reports.subject import Subject
    from params_optimizer.search.objective import Objective
    from params_optimizer.search.trial import Trial
    from params_optimizer.validation.candidates import Candidates
    from params_optimizer.validation.examination import ExaminedRun
    from params_optimizer.validation.searches import SearchCandidates
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


def check_questions(plan: "Plan", questions: Sequence[Question]) -> None:
    """Refuse what cannot be answered, before hours are spent on a run.

    Raises:
        SettingsError, DataError: impossible dates or windows; see `validation.windows`.
        RunError: a question needs every row, and the best ones alone are kept.
    """
    from params_optimizer.orchestrator.plan import StrategyPlan
    from params_optimizer.validation.windows import holdout_window, walk_forward_windows

    others = [question for question in questions if not isinstance(question, TradesRequest)]
    if isinstance(plan, StrategyPlan) and plan.most is not None and others:
        raise RunError(
            f"{plan.symbol}: a run with --keep {plan.settings.keep} of strategy "
            f"{plan.strategy_name} can only be asked for --trades; evaluate it with --keep all"
        )
    for question in questions:
        if isinstance(question, HoldoutRequest):
            holdout_window(plan.traded_days, question.day)
        if isinstance(question, WalkForwardRequest):
            walk_forward_windows(plan.traded_days, schedule_of(question))


class Answers:
    """Answers about a run; each is shown, and written into its directory.

    Each method returns whether all was well. `goal` judges sets one by one; `looking`: the run
    is shown as it is, finished or not, while another process may work on it.
    """

    def __init__(
        self,
        context: Context,
        plan: "Plan",
        directory: RunDirectory,
        goal: "Objective",
        *,
        looking: bool = False,
    ) -> None:
        self.plan, self.directory, self.market = plan, directory, plan.symbol
        self._settings, self._goal, self._looking = context.settings, goal, looking
        self._held = not looking and plan.set_by_set
        self._forward: WalkForward | None = None

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

    @property
    def ranked(self) -> bool:
        """Whether there is a best set."""
        return self._study is not None or self.searched.best is not None

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

    @cached_property
    def searched(self) -> "SearchOutcome":
        """The trials of the run, or a trial for each of its rows.

        Raises:
            RunError: the strategy answers otherwise than it did.
        """
        from params_optimizer.orchestrator.check_trials import check_answers
        from params_optimizer.orchestrator.run import searched

        plan = cast("StrategyPlan", self.plan)  # that of a study has no trials
        outcome = searched(self.directory, plan, self._goal, unfinished=self._looking)
        check_answers(outcome.plan, outcome.trials, self.directory.path.name)
        return outcome

    @cached_property
    def _study(self) -> "Study | None":
        """The plan of a run of the grid of the Initial Balance."""
        from params_optimizer.orchestrator.study import Study

        return self.plan if isinstance(self.plan, Study) else None

    @cached_property
    def _subject(self) -> "Subject":
        """What the findings are about."""
        from params_optimizer.reports.subject import grid_subject, search_subject

        return search_subject(self.searched) if self._study is None else grid_subject(self._study)

    def _outcome(self, rows: int) -> "Outcome":
        from params_optimizer.orchestrator.outcome import RANKING_ROWS
        from params_optimizer.orchestrator.run import outcome_of

        return outcome_of(self.directory, self.plan, max(RANKING_ROWS, rows))

    def _reported(self, rows: int = 0) -> "ReportedRun":
        from params_optimizer.orchestrator.outcome import RANKING_ROWS
        from params_optimizer.orchestrator.run import outcome_so_far
        from params_optimizer.reports.run import ReportedRun

        limit, folder = rows or RANKING_ROWS, self.directory.path
        if not self.plan.method.exhaustive:
            return ReportedRun(self.searched, folder, limit)
        outcome = outcome_so_far(self.directory, self.plan, max(RANKING_ROWS, rows))
        return ReportedRun(outcome, folder, limit)

    def _candidates(self, question: ObjectiveFields) -> "Candidates":
        """The sets that compete: evaluated anew on other days where that takes no search."""
        from params_optimizer.search.objective import Objective
        from params_optimizer.validation.slices import SliceCandidates

        if self._study is not None:
            objective = Objective.of(
                self._study.settings,
                question.metric,
                question.min_trades,
                question.direction,
                conditions=self._study.conditions,
            )
            return SliceCandidates(self._study, objective, self._ready())
        self._refuse_without_best()
        if self.plan.set_by_set:
            return self._searches
        return SliceCandidates(self.plan, self._goal, self._workers)

    @cached_property
    def _searches(self) -> "SearchCandidates":
        """Searched anew on other days, with journals that a stop does not lose."""
        from params_optimizer.orchestrator.journals import journal_key
        from params_optimizer.reports.search_progress import search_progress
        from params_optimizer.validation.searches import SearchCandidates

        def watch(name: str, trials: int) -> AbstractContextManager["Listener"]:
            return search_progress(f"{self.market} {name}", trials, self._goal)

        key, folder = journal_key(self.directory.manifest()), self.directory.path
        return SearchCandidates(self.searched, self._workers, folder, key, watch)

    def _examined(
        self, question: RobustnessRequest, progress: Callable[[str, int, int], None]
    ) -> "ExaminedRun":
        """The table of an exhaustive run, ranked as its sets are judged; else its trials."""
        from params_optimizer.orchestrator.outcome import RANKING_ROWS
        from params_optimizer.orchestrator.run import outcome_of
        from params_optimizer.validation.examined_table import ExaminedTable
        from params_optimizer.validation.examined_trials import ExaminedTrials

        listener = partial(progress, "evaluating")
        if self._study is None:
            self._refuse_without_best()
            if not self.searched.plan.method.exhaustive:
                return ExaminedTrials.of(self.searched, self._workers, listener)
        plan = self._study or self.searched.plan
        workers = self._workers if self._study is None else self._ready()
        rows = max(RANKING_ROWS, question.robustness_top)
        outcome = outcome_of(self.directory, plan, rows)
        return ExaminedTable.of(outcome, question.pbo, workers, listener)

    @property
    def _workers(self) -> int:
        from params_optimizer.orchestrator.exhaustive import worker_count

        return worker_count(self.plan, self._settings.parallelization.num_workers)

    def _ready(self) -> int:
        """Kernels compiled for a run that is complete; how many workers it takes."""
        if (status := self.directory.status()) != COMPLETE:
            raise RunError(
                f"{self.directory.path}: this run is {status}, not complete; the command that "
                f"started it goes on with it"
            )
        workers = self._workers
        self.plan.prepare()
        return workers

    def _refuse_without_best(self) -> None:
        if self.searched.best is None:
            raise RunError("no trial of this search is complete: there is no best to examine")

    def _combination(self, question: TradesRequest) -> int:
        count = self.plan.space.count
        if question.number != "best":
            if question.number < count:
                return question.number
            raise SettingsError(
                f"--trades {question.number}: this run has combinations 0 to {count - 1}, or "
                f"write best"
            )
        ranking = self._outcome(0).ranking
        if not ranking.combination.size:
            raise RunError(
                f"{self.directory.path}: no combination has enough trades to be the best"
            )
        return int(ranking.combination[0])

    def _trial(self, question: TradesRequest) -> "Trial":
        outcome = self.searched
        if question.number == "best":
            if outcome.best is None:
                raise SettingsError("--trades best: no trial of this search is complete")
            return outcome.best
        for trial in outcome.trials:
            if trial.number == question.number:
                return trial
        raise SettingsError(
            f"--trades {question.number}: this run has trials {outcome.trials[0].number} to "
            f"{outcome.trials[-1].number}, or write best"
        )

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
    RobustnessRequest: Answers.robustness,
    WorkbookRequest: Answers.workbook,
    PageRequest: Answers.page,
}
