"""What a run found: ranking and variation tables over its rows, or its trials, ranked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from params_optimizer.analytics.sharpe_spread import Spreads
from params_optimizer.analytics.variation_aggregator import Leaders, VariationTable, limits_of
from params_optimizer.data.bars import Bars
from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.errors import RunError
from params_optimizer.orchestrator.columns import COMPLETE, TIMEOUT
from params_optimizer.orchestrator.evaluator import TrialEvaluator
from params_optimizer.orchestrator.plan import Plan, StrategyPlan
from params_optimizer.orchestrator.selection import survey_in
from params_optimizer.orchestrator.study import Study
from params_optimizer.orchestrator.trials import Search
from params_optimizer.search.judging import judged
from params_optimizer.search.ranking import Bounds, Ranking
from params_optimizer.search.space import ParameterSpace
from params_optimizer.search.trial import Trial
from params_optimizer.storage.results import Results
from params_optimizer.strategies.protocol import Parameters, Strategy, Trades

RANKING_ROWS = 5000


@dataclass(frozen=True, slots=True)
class Outcome:
    """Rankings of one run, and its rows at hand; see `Ranking` and `VariationTable`.

    `sharpe` are the spreads of the Sharpe ratios over the whole grid, `limits` the extremes of
    what ranks over all that competes.
    """

    plan: Plan
    results: Results
    ranking: Ranking
    variations: list[VariationTable]
    sharpe: Spreads
    limits: Bounds

    @property
    def study(self) -> Study:
        """The plan of a run of the Initial Balance, for what knows that strategy only.

        Raises:
            RunError: it is one of another strategy.
        """
        if not isinstance(self.plan, Study):
            raise RunError(
                f"{self.plan.symbol}: not available for strategy {self.plan.strategy_name}, only "
                f"for the Initial Balance"
            )
        return self.plan

    @property
    def coverage(self) -> str:
        """Which part of the space the rows at hand stand for, as a sentence."""
        pieces = [piece["combination"] for piece in self.results.pieces(["combination"])]
        return coverage(self.plan.space, np.concatenate([np.zeros(0, np.int64), *pieces]))

    @property
    def whole(self) -> bool:
        """Whether every combination has its row: the run is complete, and kept them all."""
        return len(self.results) == self.plan.space.count

    def rows(self, numbers: "list[int]") -> list[dict[str, Any]]:
        """All result columns of the given combinations."""
        return self.results.rows(numbers)


def coverage(space: ParameterSpace, numbers: NDArray[np.int64]) -> str:
    """Which part of a space some of its combinations stand for, as a sentence."""
    present = [np.unique(places).size for places in space.places_of(numbers)]
    lacking = [
        f"{count:,} of {axis.count:,} values of {', '.join(axis.names)}"
        for axis, count in zip(space.axes, present, strict=True)
        if count != axis.count
    ]
    if not lacking:
        return "Every value of each parameter is among them."
    others = ", and all values of the others" if len(lacking) < len(present) else ""
    return f"Among them are {'; '.join(lacking)}{others}."


def rank(plan: Plan, results: Path | Results, *, limit: int = RANKING_ROWS) -> Outcome:
    """Rank the combinations of a complete results file, or of rows at hand (R12, R13)."""
    opened = results if isinstance(results, Results) else Results([results])
    spec = plan.table
    survey = survey_in(opened.metadata)
    objective = spec.eligibility.objective
    limits = survey.bounds if survey else limits_of(opened.pieces(objective.columns), objective)
    # Beyond what was kept the rows that are there are not the next best ones.
    leaders = Leaders(spec.eligibility, limits, min(limit, spec.limit or limit))
    for columns in opened.pieces(spec.eligibility.columns):
        leaders.add(columns)
    # The rows that were kept cannot tell how many competed.
    counts, sharpe = (survey.variations, survey.sharpe) if survey else (None, leaders.spreads)
    return Outcome(plan, opened, leaders.ranking, leaders.variations(counts), sharpe, limits)


@dataclass(frozen=True, slots=True)
class SearchOutcome:
    """The trials of a plan, ended or not, and what is asked of each of them."""

    plan: StrategyPlan
    search: Search

    @property
    def strategy(self) -> str:
        """The strategy as `--strategy` names it."""
        return self.plan.strategy_name

    @property
    def method(self) -> str:
        """The method as `--method` names it."""
        return self.plan.method.name

    @property
    def planned(self) -> int:
        """Trials that were to be asked."""
        return self.plan.method.trials

    @property
    def seed(self) -> int:
        """The seed of the method."""
        return self.plan.method.seed

    @property
    def market(self) -> str:
        """The symbol, or the name of the file of bars: the first word of every file's name."""
        return self.plan.symbol

    @property
    def bars(self) -> Bars:
        """The bars that are traded."""
        return self.plan.bars

    @property
    def rule(self) -> Strategy:
        """The strategy itself."""
        return self.plan.strategy

    @property
    def trials(self) -> Sequence[Trial]:
        """Every trial, in the order in which they were asked."""
        return self.search.trials

    @property
    def unfinished(self) -> str:
        """What has to be known of a search that still has trials to ask; empty otherwise."""
        done = len(self.trials)
        if done >= self.planned or self.search.exhausted:
            return ""
        covered = ""
        if self.plan.method.exhaustive:
            numbers = np.array([trial.number for trial in self.trials], np.int64)
            covered = f" {coverage(self.plan.space, numbers)}"
        return (
            f"Unfinished search: {done:,} of {self.planned:,} trials are done.{covered} The "
            f"ranking and all its figures are of these alone and will change; the command that "
            f"started the search goes on with it."
        )

    @property
    def distinct(self) -> list[Trial]:
        """See `Search.distinct`."""
        return self.search.distinct

    @property
    def ranking(self) -> list[Trial]:
        """See `Search.ranking`."""
        return self.search.ranking

    @property
    def best(self) -> Trial | None:
        """The first of the ranking."""
        return next(iter(self.ranking), None)

    @property
    def days(self) -> NDArray[np.int64]:
        """Local dates that were traded and have a bar, ascending."""
        return self.plan.traded_days

    @property
    def value(self) -> float | None:
        """The best one's figure of the first goal."""
        return None if self.best is None else self.figures(self.best)[0]

    def figures(self, trial: Trial) -> tuple[float, ...]:
        """The figure of each goal of a trial that has metrics, as files show it."""
        return self.plan.objective.values(trial.metrics)

    def trades(self, parameters: Parameters) -> Trades:
        """The trades of a parameter set on the days of the search.

        Raises:
            StrategyError: the strategy cannot take these parameters.
        """
        return TrialEvaluator(self.plan.evaluation).trades(parameters)


def trials_of(outcome: Outcome, plan: Plan) -> Search:
    """A trial for each row of a run, with the number of its combination, judged as `plan` says."""
    whole = plan.most is not None or len(outcome.results) == plan.space.count
    return Search(list(_trials(outcome, plan)), exhausted=whole)


def _trials(outcome: Outcome, plan: Plan) -> Iterator[Trial]:
    names = {*plan.space.names, *METRICS, "combination", "state", "reason"}
    columns = [name for name in outcome.results.columns if name in names]
    for piece in outcome.results.pieces(columns):
        lists = [piece[name].tolist() for name in columns]
        for values in zip(*lists, strict=True):
            yield _trial(dict(zip(columns, values, strict=True)), plan)


def _trial(row: dict[str, Any], plan: Plan) -> Trial:
    number = int(row["combination"])
    parameters = plan.space[number]
    if (state := row.get("state", COMPLETE)) != COMPLETE:
        lost = "timeout" if state == TIMEOUT else "failed"
        return Trial(number, parameters, lost, reason=row["reason"])  # type: ignore[arg-type]
    metrics = {name: row[name] for name in METRICS}
    return replace(judged(plan.objective, parameters, metrics), number=number)
