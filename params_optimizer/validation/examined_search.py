"""A search under examination: from a sample of its space where a grid has every row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import sqrt
from typing import Final

import numpy as np

from params_optimizer.engine.metrics_calculator import TRADES_PER_YEAR
from params_optimizer.errors import RunError
from params_optimizer.orchestrator.executor import Listener, answers_of
from params_optimizer.orchestrator.outcome import SearchOutcome
from params_optimizer.search.space import Key
from params_optimizer.strategies.protocol import TWICE, Parameters, Strategy, Worse
from params_optimizer.strategies.scopes import ALL
from params_optimizer.validation.blind_sample import (
    FEWEST_SETS,
    MOST_SETS,
    DailyEvaluation,
    DailyQuestion,
    DailyResult,
    drawn,
    matrix,
    size_of,
    worth_of,
)
from params_optimizer.validation.plateau import Plateau, neighbourhood
from params_optimizer.validation.robustness import (
    AS_TESTED,
    FEWEST_TRADES,
    SEED,
    Examination,
    Leader,
    SpaceExamination,
    TrialStatistics,
    tried_of,
)
from params_optimizer.validation.selection_bias import Pbo, pbo_of_sample
from params_optimizer.validation.survivors import Survivors, survivors_of
from params_optimizer.validation.trials import effective_trials
from params_optimizer.validation.windows import Days

BLIND: Final = ("random", "grid")
"""Methods whose trials are drawn without looking at results."""
_SETS_PER_TRIAL: Final = 5
"""The more sets are drawn, the better is known how alike they are."""
_NO_COSTS: Final = (
    "This strategy pays no costs here, or tells none: what worse ones would leave is not known."
)


@dataclass(slots=True)
class ExaminedSearch:
    """The outcome of a search; everything is evaluated side by side in workers, once.

    `listener` is told how many evaluations are done; `pbo` takes the place of the estimate
    from the sample, where every set can be looked at.
    """

    outcome: SearchOutcome
    workers: int
    listener: Listener
    pbo: Callable[[], Pbo] | None = None
    _results: dict[tuple[str, Key], DailyResult | None] = field(default_factory=dict)

    @property
    def days(self) -> Days:
        """Those of the search."""
        return self.outcome.days

    def leaders(self, top_n: int) -> list[Leader]:
        """The first of the ranking.

        Raises:
            RunError: no trial is complete.
        """
        best = self.outcome.ranking[:top_n]
        if not best:
            raise RunError(
                f"{self.outcome.market}: no trial of this search is complete, so there is nothing "
                f"to examine; take more days, more --trials or fewer --min-trades"
            )
        return [
            Leader(ALL, rank, trial.number, trial.parameters)
            for rank, trial in enumerate(best, start=1)
        ]

    def survey(self, leaders: list[Leader]) -> SpaceExamination:
        """From sets that were drawn blindly.

        Raises:
            RunError: workers keep dying.
            Interrupted: the process was asked to stop; carries the exit code.
        """
        worse, sets = worse_markets(self.outcome), self._sets()
        twice = next((name for name in TWICE if name in worse), None)
        questions = [DailyQuestion(AS_TESTED, parameters) for parameters in sets]
        for leader in leaders:
            near = [*self._neighbours(leader.parameters).values()]
            questions += [
                DailyQuestion(AS_TESTED, parameters) for group in near for parameters in group
            ]
            questions += [DailyQuestion(name, leader.parameters) for name in (AS_TESTED, *worse)]
        if twice:
            questions += [DailyQuestion(twice, parameters) for parameters in sets]
        self._evaluate(questions, worse)
        sample = self._all(AS_TESTED, sets)
        min_trades = self._min_trades
        return SpaceExamination(
            sample=len(sample),
            tried={ALL: self._tried(sample)},
            pbo=self.pbo()
            if self.pbo
            else pbo_of_sample(matrix(sample, self.days.size), min_trades),
            effects={},
            survivors=(
                _survivors(sample, min_trades),
                _survivors(self._all(twice, sets), min_trades) if twice else None,
            ),
            notes=() if worse else (_NO_COSTS,),
        )

    def examine(self, leader: Leader) -> Examination:
        """On all of its trades.

        Raises:
            RunError: the strategy failed with its parameters.
        """
        result = self._one(AS_TESTED, leader.parameters)
        names = (AS_TESTED, *worse_markets(self.outcome))
        total = result.figures["total_r"]
        around = {
            name: [result.figures["total_r"] for result in self._all(AS_TESTED, near)]
            for name, near in self._neighbours(leader.parameters).items()
        }
        every = [value for values in around.values() for value in values]
        by_key = {name: neighbourhood(total, values) for name, values in around.items()}
        return Examination(
            result.r,
            result.date,
            Plateau(neighbourhood(total, every), by_key),
            {name: self._one(name, leader.parameters).figures for name in names},
            overtakes=False,
        )

    @property
    def _min_trades(self) -> int:
        """Trades that a set needs to be chosen."""
        return max(self.outcome.plan.objective.min_trades, FEWEST_TRADES)

    def _sets(self) -> list[Parameters]:
        outcome, space = self.outcome, self.outcome.plan.space
        if outcome.method in BLIND:
            tried = [trial for trial in outcome.distinct if trial.state != "failed"]
            return [trial.parameters for trial in tried[:MOST_SETS]]
        size = max(FEWEST_SETS, _SETS_PER_TRIAL * len(outcome.distinct))
        return drawn(space, min(MOST_SETS, size), SEED)

    def _neighbours(self, parameters: Parameters) -> dict[str, list[Parameters]]:
        """One step of one ordered parameter away; another choice is another way to trade."""
        space = self.outcome.plan.space
        choices = {name for axis in space.axes if not axis.ordered for name in axis.names}
        near: dict[str, list[Parameters]] = {name: [] for name in parameters}
        for neighbour in space.neighbours(parameters):
            changed = [name for name in parameters if neighbour[name] != parameters[name]]
            if changed and not choices & set(changed):
                near[changed[0]].append(neighbour)
        return near

    def _evaluate(self, questions: Sequence[DailyQuestion], worse: dict[str, Strategy]) -> None:
        """Every question once."""
        evaluation, space = self.outcome.plan.evaluation, self.outcome.plan.space
        scenarios = {
            name: replace(evaluation, strategy=strategy) for name, strategy in worse.items()
        }
        once = {
            (question.scenario, space.key(question.parameters)): question for question in questions
        }
        workers = self.outcome.plan.workers(self.workers)
        results = answers_of(
            DailyEvaluation({AS_TESTED: evaluation, **scenarios}, self.days),
            list(once.values()),
            workers.processes,
            start_method=workers.start_method,
            timeout=workers.timeout,
            listener=self.listener,
        )
        for key, result in zip(once, results, strict=True):
            self._results[key] = result if isinstance(result, DailyResult) else None

    def _one(self, scenario: str, parameters: Parameters) -> DailyResult:
        result = self._results[scenario, self.outcome.plan.space.key(parameters)]
        if result is None:
            raise RunError(f"{dict(parameters)} cannot be evaluated again ({scenario})")
        return result

    def _all(self, scenario: str, sets: Sequence[Parameters]) -> list[DailyResult]:
        """Those that did not fail."""
        key = self.outcome.plan.space.key
        results = (self._results[scenario, key(parameters)] for parameters in sets)
        return [result for result in results if result is not None]

    def _tried(self, sample: Sequence[DailyResult]) -> TrialStatistics:
        outcome, space = self.outcome, self.outcome.plan.space
        trials, effective = len(outcome.distinct), None
        enough = [result for result in sample if result.figures["total_trades"] >= self._min_trades]
        ratios = np.array([result.figures["sharpe_ratio"] for result in enough]) / sqrt(
            TRADES_PER_YEAR
        )
        if enough:
            whole = trials if outcome.method in BLIND else worth_of(space)
            share = len(enough) / len(sample)
            table = np.nan_to_num(matrix(enough, self.days.size))
            effective = effective_trials(table, max(len(enough), round(share * whole)), SEED)
        return tried_of(
            trials,
            len(enough),
            effective,
            float(ratios.var(ddof=1)) if ratios.size > 1 else None,
            max(float(trial.metrics["sharpe_ratio"]) for trial in outcome.ranking),
            size_of(space),
        )


def worse_markets(outcome: SearchOutcome) -> dict[str, Strategy]:
    """The strategy of a search by scenario of `Worse`; empty where it tells none."""
    rule = outcome.rule
    return dict(rule.worse()) if isinstance(rule, Worse) else {}


def _survivors(sample: Sequence[DailyResult], min_trades: int) -> Survivors:
    figures = [result.figures for result in sample if result.figures["total_trades"] >= min_trades]
    return survivors_of(None, np.array([metrics["total_r"] for metrics in figures], np.float64))
