"""Candidates by searching anew on some of the days.

Each search is kept in a journal of its own, named after its days: what is finished is not
done again, whichever validation asked for it first. No set is evaluated twice on the same
days.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import numpy as np

from params_optimizer.data.bars import Bars
from params_optimizer.data.days import to_date
from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.errors import OptimizerError, RunError
from params_optimizer.orchestrator.evaluator import TrialEvaluator, TrialQuestion
from params_optimizer.orchestrator.executor import answers_of
from params_optimizer.orchestrator.journals import FOLDER, inner_journal
from params_optimizer.orchestrator.outcome import SearchOutcome
from params_optimizer.orchestrator.plan import StrategyPlan
from params_optimizer.orchestrator.signals import Interrupted
from params_optimizer.orchestrator.strategies import market_days_of, zones_of
from params_optimizer.orchestrator.trials import Listener, search
from params_optimizer.search.objective import Objective
from params_optimizer.storage import files
from params_optimizer.strategies.protocol import DailyStrategy, Parameters, Value
from params_optimizer.strategies.set_by_set import Answer
from params_optimizer.strategies.trades import Border
from params_optimizer.validation.candidates import (
    Choice,
    Competition,
    DatedTrades,
    Figures,
    Sample,
    figures_of,
)
from params_optimizer.validation.windows import Days, shown

log = logging.getLogger(__name__)

Watch = Callable[[str, int], AbstractContextManager[Listener]]
"""Shows how a search of this name and number of trials goes on."""
_Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class SearchCandidates:
    """The sets that a search finds, searched anew on each sample.

    `folder` is that of the files of the search, `key` what its journals belong to.
    """

    outcome: SearchOutcome
    workers: int
    folder: Path
    key: str
    watch: Watch
    _trades: dict[_Key, DatedTrades] = field(default_factory=dict)
    _figures: dict[_Key, Figures] = field(default_factory=dict)

    @property
    def bars(self) -> Bars:
        """See `Candidates`."""
        return self.outcome.bars

    @property
    def plan(self) -> StrategyPlan:
        """What was searched on all days."""
        return self.outcome.plan

    @property
    def risk_money(self) -> float:
        """See `Candidates`."""
        return self.plan.risk_money

    @property
    def objective(self) -> Objective:
        """See `Candidates`."""
        return self.plan.objective

    @property
    def days(self) -> Days:
        """See `Candidates`."""
        return self.outcome.days

    @property
    def tried(self) -> int:
        """Trials of each search."""
        return self.plan.method.trials

    @property
    def crossing(self) -> bool:
        """Whether the days of the strategy know of each other."""
        return not isinstance(self.outcome.rule, DailyStrategy)

    @property
    def zones(self) -> Sequence[str]:
        """See `Candidates`."""
        return zones_of(self.outcome.rule, self.plan.sample.zone)

    @property
    def market_days(self) -> Days:
        """See `Candidates`."""
        return market_days_of(self.outcome.rule, self.bars, self.plan.sample.zone)

    def best_on(
        self, samples: Sequence[Sample], min_trades: int | None = None
    ) -> list[Choice | None]:
        """See `Candidates`.

        Raises:
            RunError, Interrupted, DamagedFileError: see `orchestrator.trials.search`.
        """
        return [_choice(self.search(sample, min_trades)) for sample in samples]

    def values_on(self, first: Sample, later: Sample) -> Competition:
        """See `Candidates`; sets that fail on the later days are left out.

        Raises:
            RunError, Interrupted, DamagedFileError: see `orchestrator.trials.search`.
        """
        outcome = self.search(first)
        trials = sorted(outcome.ranking, key=lambda trial: trial.number)
        log.info("%s parameter sets on the days from then on", f"{len(trials):,}")
        build, workers = self.plan.on(later.days).evaluation, self.plan.workers(self.workers)
        questions = [TrialQuestion(trial.parameters) for trial in trials]
        answers = answers_of(
            build,
            questions,
            workers.processes,
            start_method=workers.start_method,
            timeout=workers.timeout,
        )
        usable = [
            (trial, self._remember(trial.parameters, later.days, answer))
            for trial, answer in zip(trials, answers, strict=True)
            if isinstance(answer, Answer) and not answer.failure
        ]
        losses, traded = self.objective.losses, [figures["total_trades"] for _, figures in usable]
        values = np.array([losses(figures)[0] for _, figures in usable], np.float64)
        return Competition(
            len(outcome.trials),
            len(trials) - len(usable),
            lambda place: usable[place][0].parameters,
            np.array([trial.number for trial, _ in usable], np.int64),
            -np.array([trial.losses[0] for trial, _ in usable], np.float64),
            np.where(np.array(traded) > 0, -values, np.nan),
            np.array([trial.metrics["total_r"] for trial, _ in usable], np.float64),
            np.array([figures["total_r"] for _, figures in usable], np.float64),
        )

    def trades(
        self, parameters: Parameters, days: Days, border: Border | None = None
    ) -> DatedTrades:
        """See `Candidates`.

        Raises:
            RunError: the strategy fails with these parameters there.
        """
        evaluation = self.plan.on(days).evaluation
        if border is not None:
            evaluation = evaluation.under(border)
        key = (*self._key(parameters, days), evaluation.border)
        if key not in self._trades:
            try:
                trades = TrialEvaluator(evaluation).trades(parameters)
            except OptimizerError as error:
                raise RunError(
                    f"the winner {dict(parameters)} cannot be evaluated on {shown(days)}: {error}"
                ) from error
            self._trades[key] = DatedTrades(evaluation.dating()(parameters, trades), trades)
        return self._trades[key]

    def figures(self, parameters: Parameters, days: Days) -> Figures:
        """See `Candidates`."""
        key = self._key(parameters, days)
        if key not in self._figures:
            self._figures[key] = figures_of(self.trades(parameters, days).trades)
        return self._figures[key]

    def ordered(self, name: str, values: Sequence[Value]) -> list[Value]:
        """As the axis of the space orders them."""
        [axis] = [axis for axis in self.plan.space.axes if axis.name == name]
        return sorted(set(values), key=axis.encode)

    def search(self, sample: Sample, min_trades: int | None = None) -> SearchOutcome:
        """The same search on a sample, for sets with at least `min_trades` trades there.

        That on all days is the one that there is.

        Raises:
            RunError, Interrupted, DamagedFileError: see `orchestrator.trials.search`.
        """
        name, days = sample
        if min_trades is None and np.array_equal(days, self.days):
            return self.outcome
        plan = self.plan.on(days, min_trades)
        log.info("%s: search on %s", name, shown(days))
        files.make_folder(self.folder / FOLDER)
        label = _label(days, plan.objective.min_trades)
        journal = inner_journal(self.folder, self.key, label)
        try:
            with self.watch(name, plan.method.trials) as listener:
                trials = search(plan, self.workers, journal=journal, listener=listener)
        except Interrupted as stopped:
            raise Interrupted(f"{name}: {stopped}", stopped.exit_code) from None
        outcome = SearchOutcome(plan, trials)
        for trial in outcome.ranking:
            self._figures[self._key(trial.parameters, days)] = dict(trial.metrics)
        return outcome

    def _remember(self, parameters: Parameters, days: Days, answer: Answer) -> Figures:
        figures = self._figures[self._key(parameters, days)] = metrics_of_r(answer.r)
        return figures

    def _key(self, parameters: Parameters, days: Days) -> _Key:
        return self.plan.space.key(parameters), days.tobytes()


def _choice(outcome: SearchOutcome) -> Choice | None:
    if outcome.best is None or outcome.value is None:
        return None
    best = outcome.best
    return Choice(best.number, best.parameters, outcome.value, len(outcome.ranking))


def _label(days: Days, min_trades: int) -> str:
    """First and last day, their number, and a hash of what the directory does not decide."""
    first, last = (to_date(int(days[at])).isoformat() for at in (0, -1))
    content = f"{days.tolist()} {min_trades}"
    return f"{first}_{last}_{days.size}_{sha256(content.encode()).hexdigest()[:8]}"
