"""How far the best of a search can be trusted: luck, overfitting, neighbours, worse costs.

The same questions as `validation.robustness` asks of a grid, answered from a sample of the
space (`sample`) where the grid has every row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Final, NamedTuple

import numpy as np

from params_optimizer.engine.metrics_calculator import TRADES_PER_YEAR
from params_optimizer.errors import RunError
from params_optimizer.orchestrator.executor import Listener, answers_of
from params_optimizer.orchestrator.search_outcome import SearchOutcome
from params_optimizer.orchestrator.trials import Plan
from params_optimizer.search.space import Key, Parameters, ParameterSpace
from params_optimizer.search.trial import Trial
from params_optimizer.strategies.protocol import Strategy, Worse
from params_optimizer.validation.bootstrap import Bootstrap, bootstrap
from params_optimizer.validation.candidates import Figures
from params_optimizer.validation.luck import deflated, expected_best, number_or_none
from params_optimizer.validation.overfitting import BLOCKS, sampled_overfitting
from params_optimizer.validation.plateau import Neighbourhood, neighbourhood
from params_optimizer.validation.sampling import block_sums_of
from params_optimizer.validation.searched.sample import (
    LEAST,
    MOST,
    Daily,
    DailyEvaluation,
    Question,
    drawn,
    matrix,
    size_of,
    worth_of,
)
from params_optimizer.validation.sharpe import (
    moments,
    probabilistic_sharpe_ratio,
)
from params_optimizer.validation.trials import EffectiveTrials, effective_trials, random_parts

SEED: Final = 0
AS_TESTED: Final = "as_tested"
TWICE: Final = "costs_x2"
BLIND: Final = ("random", "grid")
"""Methods whose trials are drawn without looking at results."""
_PARTS: Final = 5
_SAMPLED: Final = 5
"""Sets drawn for each trial: the more, the better is known how alike they are."""


class SearchTried(NamedTuple):
    """What luck could choose from; Sharpe ratios are per trade, None where nothing can be said.

    `trials` were evaluated; the `space` holds so many parameter sets (None: no end), `eligible`
    of the sample have enough trades. `variance` is that of their Sharpe ratios, `best_sharpe`
    the greatest of all trials. For `effective` a method that learns counts as having had the
    whole space to choose from, a blind one its trials.
    """

    trials: int
    space: int | None
    eligible: int
    effective: EffectiveTrials | None
    variance: float | None
    best_sharpe: float
    expected_best: float | None
    expected_best_effective: float | None


class SearchPbo(NamedTuple):
    """Probability of backtest overfitting over the sample; see `selection_bias.Pbo`."""

    blocks: int
    parameter_sets: int
    samples: int
    probability: float | None = None
    standard_error: float | None = None
    loss_probability: float | None = None
    slope: float | None = None
    note: str | None = None


class SearchSurvivors(NamedTuple):
    """How many of the sample end above 0 R, at the costs given and at twice of them.

    The last is None where the strategy tells no costs.
    """

    sampled: int
    profitable: int
    profitable_costs_x2: int | None


@dataclass(frozen=True, slots=True)
class SearchSubject:
    """One of the best parameter sets under examination; see `robustness.Subject`.

    `stress` are its metrics by scenario, `as_tested` first.
    """

    rank: int
    trial: Trial
    sharpe: float
    skewness: float | None
    kurtosis: float | None
    probabilistic_sharpe: float | None
    deflated_sharpe: float | None
    deflated_sharpe_effective: float | None
    bootstrap: Bootstrap | None
    plateau: Neighbourhood
    stress: Mapping[str, Figures]

    @property
    def figures(self) -> Figures:
        """Its metrics as it was tested."""
        return self.stress[AS_TESTED]


@dataclass(frozen=True, slots=True)
class SearchRobustness:
    """All of it. The first of `subjects` is the winner; `sample` is the size of the sample."""

    top_n: int
    sample: int
    tried: SearchTried
    subjects: tuple[SearchSubject, ...]
    pbo: SearchPbo
    survivors: SearchSurvivors
    notes: tuple[str, ...]


def robustness(outcome: SearchOutcome, top_n: int, plan: Plan, done: Listener) -> SearchRobustness:
    """Examine the `top_n` best of a search; `done` is told how many evaluations are done.

    Raises:
        RunError: no trial is complete, the winner fails, or workers keep dying.
        Interrupted: the process was asked to stop; carries the exit code.
    """
    best = outcome.ranking[:top_n]
    if not best:
        raise RunError(
            f"{outcome.market}: no trial of this search is complete, so there is nothing to "
            f"examine; take more days, more --trials or fewer --min-trades"
        )
    worse = worse_markets(outcome)
    sets = _sample_sets(outcome)
    near = [_neighbours(outcome.problem.space, one.parameters) for one in best]
    wanted = [Question(AS_TESTED, one) for one in sets]
    wanted += [Question(AS_TESTED, one) for some in near for one in some]
    wanted += [Question(TWICE, one) for one in sets if TWICE in worse]
    wanted += [Question(name, one.parameters) for one in best for name in (AS_TESTED, *worse)]
    known = _evaluated(outcome, worse, wanted, plan, done)
    sample = known.all(AS_TESTED, sets)
    tried = _tried(outcome, sample)
    twice = known.all(TWICE, sets) if TWICE in worse else None
    return SearchRobustness(
        top_n=top_n,
        sample=len(sample),
        tried=tried,
        subjects=tuple(
            _subject(rank, one, some, (AS_TESTED, *worse), known, tried)
            for rank, (one, some) in enumerate(zip(best, near, strict=True), start=1)
        ),
        pbo=_pbo(outcome, sample),
        survivors=SearchSurvivors(
            len(sample), _above(sample), None if twice is None else _above(twice)
        ),
        notes=() if worse else (_NO_COSTS,),
    )


_NO_COSTS = (
    "This strategy pays no costs here, or tells none: what worse ones would leave is not known."
)


def worse_markets(outcome: SearchOutcome) -> dict[str, Strategy]:
    """The strategy of a search by scenario of `Worse`; empty where it tells none."""
    rule = outcome.rule
    return dict(rule.worse()) if isinstance(rule, Worse) else {}


class _Known:
    """Evaluated parameter sets by scenario."""

    def __init__(
        self, space: ParameterSpace, found: Mapping[tuple[str, Key], Daily | None]
    ) -> None:
        self._space, self._found = space, found

    def one(self, scenario: str, parameters: Parameters) -> Daily:
        """One of them.

        Raises:
            RunError: the strategy failed with it.
        """
        found = self._found[scenario, self._space.key(parameters)]
        if found is None:
            raise RunError(f"{dict(parameters)} cannot be evaluated again ({scenario})")
        return found

    def all(self, scenario: str, sets: Sequence[Parameters]) -> list[Daily]:
        """Those that did not fail."""
        found = (self._found[scenario, self._space.key(one)] for one in sets)
        return [one for one in found if one is not None]


def _evaluated(
    outcome: SearchOutcome,
    worse: Mapping[str, Strategy],
    wanted: Sequence[Question],
    plan: Plan,
    done: Listener,
) -> _Known:
    """Every question once, all of them side by side in workers."""
    own, space = outcome.problem.evaluation, outcome.problem.space
    scenarios = {name: replace(own, strategy=one) for name, one in worse.items()}
    once = {(one.scenario, space.key(one.parameters)): one for one in wanted}
    build = DailyEvaluation({AS_TESTED: own, **scenarios}, outcome.days)
    found = answers_of(
        build,
        list(once.values()),
        plan.workers,
        start_method=plan.start_method,
        timeout=plan.timeout,
        listener=done,
    )
    kept = [one if isinstance(one, Daily) else None for one in found]
    return _Known(space, dict(zip(once, kept, strict=True)))


def _sample_sets(outcome: SearchOutcome) -> list[Parameters]:
    if outcome.method in BLIND:
        return [one.parameters for one in outcome.distinct if one.state != "failed"][:MOST]
    size = min(MOST, max(LEAST, _SAMPLED * len(outcome.distinct)))
    return drawn(outcome.problem.space, size, SEED)


def _neighbours(space: ParameterSpace, parameters: Parameters) -> list[Parameters]:
    """One step of one ordered parameter away; another choice is another way to trade."""
    choices = [axis.name for axis in space.axes if not axis.ordered]
    return [
        one
        for one in space.neighbours(parameters)
        if all(one[name] == parameters[name] for name in choices)
    ]


def _above(sample: Sequence[Daily]) -> int:
    return sum(one.figures["total_r"] > 0 for one in sample)


def _tried(outcome: SearchOutcome, sample: Sequence[Daily]) -> SearchTried:
    space, trials = outcome.problem.space, len(outcome.distinct)
    enough = _competing(outcome, sample)
    ratios = np.array([one.figures["sharpe_ratio"] for one in enough]) / sqrt(TRADES_PER_YEAR)
    variance = float(ratios.var(ddof=1)) if ratios.size > 1 else None
    effective = None
    if enough:
        whole = trials if outcome.method in BLIND else worth_of(space)
        share = len(enough) / len(sample)
        table = np.nan_to_num(matrix(enough, outcome.days.size))
        effective = effective_trials(table, max(len(enough), round(share * whole)), SEED)
    best = max(float(one.metrics["sharpe_ratio"]) for one in outcome.ranking)
    return SearchTried(
        trials=trials,
        space=size_of(space),
        eligible=len(enough),
        effective=effective,
        variance=variance,
        best_sharpe=best / sqrt(TRADES_PER_YEAR),
        expected_best=expected_best(float(trials), variance),
        expected_best_effective=expected_best(effective.trials if effective else None, variance),
    )


def _competing(outcome: SearchOutcome, sample: Sequence[Daily]) -> list[Daily]:
    """Sets with enough trades, and at least two: a Sharpe ratio needs them."""
    least = max(outcome.problem.objective.min_trades, 2)
    return [one for one in sample if one.figures["total_trades"] >= least]


def _pbo(outcome: SearchOutcome, sample: Sequence[Daily]) -> SearchPbo:
    days, size = outcome.days.size, len(sample)
    if size < 2 * _PARTS:
        note = f"{size} parameter sets leave too little to choose from"
        return SearchPbo(BLOCKS, size, 0, note=note)
    if days < 2 * BLOCKS:
        note = f"{days} days are too few for {BLOCKS} blocks of at least two"
        return SearchPbo(BLOCKS, size, 0, note=note)
    sums = block_sums_of(matrix(sample, days), BLOCKS)
    least = max(outcome.problem.objective.min_trades, 2)
    found = sampled_overfitting(sums, random_parts(size, _PARTS, SEED), "sharpe_ratio", least)
    if np.isnan(found.probability):
        note = f"no parameter set has {least} days with a trade in half of the days"
        return SearchPbo(BLOCKS, size, _PARTS, note=note)
    return SearchPbo(
        BLOCKS,
        size,
        _PARTS,
        found.probability,
        found.standard_error,
        found.loss_probability,
        found.slope,
    )


def _subject(
    rank: int,
    trial: Trial,
    near: Sequence[Parameters],
    scenarios: Sequence[str],
    known: _Known,
    tried: SearchTried,
) -> SearchSubject:
    r = known.one(AS_TESTED, trial.parameters).r
    stress = {name: known.one(name, trial.parameters).figures for name in scenarios}
    around = [one.figures["total_r"] for one in known.all(AS_TESTED, near)]
    found = moments(r)
    effective = tried.effective.trials if tried.effective else None
    return SearchSubject(
        rank=rank,
        trial=trial,
        sharpe=float(found.sharpe),
        skewness=number_or_none(float(found.skewness)),
        kurtosis=number_or_none(float(found.kurtosis)),
        probabilistic_sharpe=number_or_none(float(probabilistic_sharpe_ratio(found))),
        deflated_sharpe=deflated(r, float(tried.trials), tried.variance),
        deflated_sharpe_effective=deflated(r, effective, tried.variance),
        bootstrap=bootstrap(r, SEED),
        plateau=neighbourhood(stress[AS_TESTED]["total_r"], around),
        stress=stress,
    )
