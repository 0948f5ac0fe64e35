"""A run of a whole grid under examination: from all of its rows, and from a uniform sample."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.errors import RunError
from params_optimizer.orchestrator.outcome import Outcome
from params_optimizer.orchestrator.study import Study
from params_optimizer.strategies.initial_balance.params import Params
from params_optimizer.strategies.initial_balance.scopes import SCOPE_NAMES, scope_named
from params_optimizer.strategies.scopes import ALL
from params_optimizer.validation.effects import Effects, effects, factors
from params_optimizer.validation.luck import (
    PLATEAU_METRIC,
    in_scope,
    kept_plateaus,
    scope_r,
    trades_of,
    trial_variance,
    trials_of,
)
from params_optimizer.validation.plateau import Plateau, plateau
from params_optimizer.validation.robustness import (
    FEWEST_TRADES,
    SEED,
    Examination,
    Leader,
    SpaceExamination,
    TrialStatistics,
    tried_of,
)
from params_optimizer.validation.sampling import GridSample, sample_grid
from params_optimizer.validation.selection_bias import Mode, pbo_of
from params_optimizer.validation.stress import stress
from params_optimizer.validation.survivors import survivors
from params_optimizer.validation.trials import EffectiveTrials, effective_trials
from params_optimizer.validation.windows import Days, trading_days

SAMPLE: Final = 10_000
EFFECT_METRICS: Final = ("total_r", "sharpe_ratio")
_SURVEY: Final = ("sampling the grid", "counting trials", "overfitting", "costs", "effects")

Progress = Callable[[str, int, int], None]
"""What is being done, how many of its steps are done, how many there are."""


@dataclass(slots=True)
class ExaminedSlices:
    """The outcome of an exhaustive run, evaluated further in `workers` processes."""

    outcome: Outcome
    mode: Mode
    workers: int
    progress: Progress
    _steps: int = 0
    _done: int = 0

    @property
    def days(self) -> Days:
        """The trading days of the study."""
        return trading_days(self.outcome.study)

    def leaders(self, top_n: int) -> list[Leader]:
        """The first of the ranking, and the best of each variation.

        Raises:
            RunError: no combination has enough trades.
        """
        outcome, study = self.outcome, self.outcome.study
        best = outcome.ranking.combination[:top_n].tolist()
        if not best:
            raise RunError(
                f"{study.symbol}: no combination of this run has at least "
                f"{study.settings.min_trades} trades, so there is nothing to examine; take more "
                f"days, or a smaller min_trades in the settings"
            )
        places = [(ALL, rank, number) for rank, number in enumerate(best, start=1)]
        for table in outcome.variations:
            places += [(table.variation, 1, number) for number in table.combination[:1].tolist()]
        return [Leader(scope, rank, number, study.grid[number]) for scope, rank, number in places]

    def survey(self, leaders: list[Leader]) -> SpaceExamination:
        """From a sample of the grid day by day, and from every row.

        Raises:
            RunError, Interrupted: see `evaluation.evaluate`.
        """
        study = self.outcome.study
        scopes = tuple(
            scope for scope in SCOPE_NAMES if any(scope == leader.scope for leader in leaders)
        )
        self._steps = len(_SURVEY) + len(leaders)
        self._next(_SURVEY[0])
        sample = sample_grid(study, scopes, SAMPLE, SEED)
        self._next(_SURVEY[1])
        tried = {scope: self._tried(scope, sample) for scope in scopes}
        self._next(_SURVEY[2])
        pbo = pbo_of(study, sample, sample.r[ALL], self.mode, self.workers)
        size = sample.numbers.size
        del sample  # of many years it is large
        self._next(_SURVEY[3])
        alive = tuple(survivors(self.outcome, factor, self.workers) for factor in (1.0, 2.0))
        self._next(_SURVEY[4])
        shares = _effects(self.outcome)
        return SpaceExamination(
            size, tried, pbo, shares, (alive[0], alive[1]), _notes(study, shares)
        )

    def examine(self, leader: Leader) -> Examination:
        """On its trades of its scope."""
        study, scope, number = self.outcome.study, leader.scope, leader.number
        self._next(f"combination {number}")
        trades = trades_of(study, number)
        examination = Examination(
            scope_r(trades, scope),
            trades.date[in_scope(trades, scope)],
            self._plateau(scope, number),
            stress(study, number, scope),
            overtakes(study.params(number)),
        )
        if self._done == self._steps:
            self.progress("done", self._steps, self._steps)
        return examination

    def _next(self, text: str) -> None:
        self.progress(text, self._done, self._steps)
        self._done += 1

    def _tried(self, scope: str, sample: GridSample) -> TrialStatistics:
        spread, trials = self.outcome.sharpe[scope], trials_of(self.outcome, scope)
        return tried_of(
            trials,
            spread.number,
            self._effective(scope, sample) if spread.number else None,
            trial_variance(spread, trials),
            spread.maximum if spread.number else None,
        )

    def _effective(self, scope: str, sample: GridSample) -> EffectiveTrials | None:
        """From the combinations of the sample that compete; None where there are none."""
        study, r = self.outcome.study, sample.r[scope]
        min_trades = max(study.settings.min_trades, FEWEST_TRADES)
        competes = (~np.isnan(r)).sum(axis=0) >= min_trades
        if scope != ALL:
            competes &= _meant(study, scope, sample.numbers)
        if not competes.any():
            return None
        filled = np.nan_to_num(r[:, competes])
        # The sample may hold a larger share of those that compete than the grid does.
        whole = max(self.outcome.sharpe[scope].number, filled.shape[1])
        return effective_trials(filled, whole, SEED)

    def _plateau(self, scope: str, number: int) -> Plateau:
        """From the rows of the run; neighbours that were not kept are evaluated."""
        study = self.outcome.study
        if study.most is None:
            return kept_plateaus(self.outcome, scope, [number])[0]

        def lookup(numbers: NDArray[np.int64]) -> NDArray[np.float64]:
            lists = [
                scope_r(trades_of(study, combination), scope) for combination in numbers.tolist()
            ]
            return np.array([metrics_of_r(r)[PLATEAU_METRIC] for r in lists])

        return plateau(study.grid, number, lookup)


def overtakes(params: Params) -> bool:
    """Whether the first trailing step puts the stop at or beyond what triggers it (R8.3)."""
    return params.tsl_target > 0 and params.tsl_sl - 1 >= params.rr_target


def _meant(study: Study, scope: str, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which combinations are meant for a variation (R13)."""
    columns = {"combination": numbers, **study.grid.columns(numbers)}
    return study.table.eligibility.meant(columns, scope_named(scope))


def _effects(outcome: Outcome) -> dict[str, Effects]:
    if outcome.study.most is not None:
        return {}
    sizes = factors(outcome.study.grid)
    return {
        metric: effects(
            sizes,
            (
                (piece["combination"], piece[metric])
                for piece in outcome.results.pieces(["combination", metric])
            ),
        )
        for metric in EFFECT_METRICS
    }


def _notes(study: Study, shares: dict[str, Effects]) -> tuple[str, ...]:
    notes = []
    if not shares:
        notes.append("Effects need every combination, and this run kept the best only (--keep).")
    if not study.spread:
        notes.append("The spread of this run is 0: multiples of it change nothing.")
    return tuple(notes)
