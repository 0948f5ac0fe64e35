"""A run as it is opened for questions: its plan, its trials or table, and what competes."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import cached_property, partial
from typing import TYPE_CHECKING, cast

from params_optimizer.actions.common import Context, schedule_of
from params_optimizer.errors import RunError, SettingsError
from params_optimizer.requests.command import Question
from params_optimizer.requests.fields import ObjectiveFields
from params_optimizer.requests.holdout import HoldoutRequest
from params_optimizer.requests.robustness import RobustnessRequest
from params_optimizer.requests.trades import TradesRequest
from params_optimizer.requests.walk_forward import WalkForwardRequest
from params_optimizer.storage.run_directory import COMPLETE, RunDirectory

if TYPE_CHECKING:
    from params_optimizer.orchestrator.outcome import Outcome, SearchOutcome
    from params_optimizer.orchestrator.plan import Plan, StrategyPlan
    from params_optimizer.orchestrator.study import Study
    from params_optimizer.orchestrator.trials import Listener
    from params_optimizer.reports.run import ReportedRun
    from params_optimizer.reports.subject import Subject
    from params_optimizer.search.trial import Trial
    from params_optimizer.validation.candidates import Candidates
    from params_optimizer.validation.examination import ExaminedRun
    from params_optimizer.validation.searches import SearchCandidates


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


class OpenedRun:
    """The run in a directory.

    `looking`: it is shown as it is, finished or not, while another process may work on it.
    """

    def __init__(
        self,
        context: Context,
        plan: "Plan",
        directory: RunDirectory,
        *,
        looking: bool = False,
    ) -> None:
        self.plan, self.directory, self.market = plan, directory, plan.symbol
        self._settings, self._looking = context.settings, looking

    @property
    def ranked(self) -> bool:
        """Whether there is a best set."""
        return self._study is not None or self.searched.best is not None

    @cached_property
    def searched(self) -> "SearchOutcome":
        """The trials of the run, or a trial for each of its rows.

        Raises:
            RunError: the strategy answers otherwise than it did.
        """
        from params_optimizer.orchestrator.check_trials import check_answers
        from params_optimizer.orchestrator.run import searched

        plan = cast("StrategyPlan", self.plan)  # that of a study has no trials
        outcome = searched(self.directory, plan, unfinished=self._looking)
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
        return SliceCandidates(self.plan, self.plan.objective, self._workers)

    @cached_property
    def _searches(self) -> "SearchCandidates":
        """Searched anew on other days, with journals that a stop does not lose."""
        from params_optimizer.orchestrator.journals import journal_key
        from params_optimizer.reports.search_progress import search_progress
        from params_optimizer.validation.searches import SearchCandidates

        def watch(name: str, trials: int) -> AbstractContextManager["Listener"]:
            return search_progress(f"{self.market} {name}", trials, self.searched.plan.objective)

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
