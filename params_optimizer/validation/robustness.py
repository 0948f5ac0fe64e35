"""How far the best of a run can be trusted: everything that `--robustness` finds out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.engine.metrics_calculator import TRADES_PER_YEAR, metrics_of_r
from params_optimizer.errors import RunError
from params_optimizer.orchestrator.outcome import Outcome
from params_optimizer.orchestrator.study import Study
from params_optimizer.strategies.initial_balance.params import Params
from params_optimizer.strategies.initial_balance.scopes import SCOPE_NAMES, scope_named
from params_optimizer.strategies.scopes import ALL
from params_optimizer.validation.bootstrap import Bootstrap, bootstrap
from params_optimizer.validation.candidates import Figures
from params_optimizer.validation.effects import Effects, effects, factors
from params_optimizer.validation.luck import (
    PLATEAU_METRIC,
    deflated,
    expected_best,
    in_scope,
    kept_plateaus,
    number_or_none,
    scope_r,
    trades_of,
    trial_variance,
    trials_of,
)
from params_optimizer.validation.plateau import Plateau, plateau
from params_optimizer.validation.sampling import GridSample, sample_grid
from params_optimizer.validation.seasons import Season, by_month, by_weekday
from params_optimizer.validation.selection_bias import Mode, Pbo, pbo_of
from params_optimizer.validation.sharpe import (
    moments,
    probabilistic_sharpe_ratio,
)
from params_optimizer.validation.stress import Stressed, stress
from params_optimizer.validation.survivors import Survivors, survivors
from params_optimizer.validation.trials import EffectiveTrials, effective_trials
from params_optimizer.validation.windows import trading_days

SAMPLE: Final = 10_000
SEED: Final = 0
EFFECT_METRICS: Final = ("total_r", "sharpe_ratio")

Progress = Callable[[str, int, int], None]
"""What is being done, how many of its steps are done, how many there are."""


class Tried(NamedTuple):
    """What luck could choose from in one scope; Sharpe ratios are per trade.

    `trials` were tried, `eligible` of them compete; `variance` is that of their Sharpe
    ratios, `best_sharpe` the greatest. `expected_best` is what the best of so many
    independent trials without skill shows, `expected_best_effective` that of the effective
    number. None where nothing can be said.
    """

    trials: int
    eligible: int
    effective: EffectiveTrials | None
    variance: float | None
    best_sharpe: float | None
    expected_best: float | None
    expected_best_effective: float | None


@dataclass(frozen=True, slots=True)
class Subject:
    """One combination under examination, on its trades of `scope`.

    `rank` is its place in the ranking of that scope (R12, R13), from 1 on. Sharpe ratio,
    skewness and kurtosis are per trade; probabilities are 0 to 1 and None where undefined.
    `overtakes`: its first trailing step puts the stop at or beyond the market.
    """

    scope: str
    rank: int
    combination: int
    figures: Figures
    sharpe: float
    skewness: float | None
    kurtosis: float | None
    probabilistic_sharpe: float | None
    deflated_sharpe: float | None
    deflated_sharpe_effective: float | None
    bootstrap: Bootstrap | None
    plateau: Plateau
    stress: tuple[Stressed, ...]
    weekdays: tuple[Season, ...]
    months: tuple[Season, ...]
    overtakes: bool

    def stressed(self, scenario: str) -> Figures:
        """Its metrics in one of `stress.SCENARIOS`."""
        return next(one.figures for one in self.stress if one.scenario == scenario)


@dataclass(frozen=True, slots=True)
class Robustness:
    """All of it. The first of `subjects` is the winner.

    `effects` by metric, empty where not every row was kept. `survivors` at the spread and at
    twice of it; `sample` is the number of combinations in the sample of the grid.
    """

    top_n: int
    sample: int
    seed: int
    tried: dict[str, Tried]
    subjects: tuple[Subject, ...]
    pbo: Pbo
    effects: dict[str, Effects]
    survivors: tuple[Survivors, Survivors]
    notes: tuple[str, ...]


def robustness(
    outcome: Outcome, top_n: int, mode: Mode, workers: int, progress: Progress
) -> Robustness:
    """Examine the `top_n` best of the ranking and the best of each variation.

    Raises:
        RunError: no combination has enough trades.
        RunError, Interrupted: see `evaluation.evaluate`.
    """
    study = outcome.study
    if not outcome.ranking.combination.size:
        raise RunError(
            f"{study.symbol}: no combination of this run has at least "
            f"{study.settings.min_trades} trades, so there is nothing to examine; take more "
            f"days, or a smaller min_trades in the settings"
        )
    chosen = _chosen(outcome, top_n)
    scopes = tuple(scope for scope in SCOPE_NAMES if any(scope == one[0] for one in chosen))
    steps = len(chosen) + 5
    progress("sampling the grid", 0, steps)
    sample = sample_grid(study, scopes, SAMPLE, SEED)
    progress("counting trials", 1, steps)
    tried = {scope: _tried(outcome, scope, sample) for scope in scopes}
    progress("overfitting", 2, steps)
    pbo = pbo_of(study, sample, sample.r[ALL], mode, workers)
    size = sample.numbers.size
    del sample  # of many years it is large
    progress("costs", 3, steps)
    alive = (survivors(outcome, 1.0, workers), survivors(outcome, 2.0, workers))
    progress("effects", 4, steps)
    shares = _effects(outcome)
    subjects = []
    for done, (scope, rank, number) in enumerate(chosen, start=5):
        progress(f"combination {number}", done, steps)
        subjects.append(_subject(outcome, scope, rank, number, tried[scope]))
    progress("done", steps, steps)
    return Robustness(
        top_n, size, SEED, tried, tuple(subjects), pbo, shares, alive, _notes(study, shares)
    )


def _chosen(outcome: Outcome, top_n: int) -> list[tuple[str, int, int]]:
    """Scope, rank and number of what is examined."""
    best = outcome.ranking.combination[:top_n].tolist()
    chosen: list[tuple[str, int, int]] = [(ALL, at, one) for at, one in enumerate(best, start=1)]
    for table in outcome.variations:
        chosen += [(table.variation, 1, one) for one in table.combination[:1].tolist()]
    return chosen


def _notes(study: Study, shares: dict[str, Effects]) -> tuple[str, ...]:
    notes = []
    if not shares:
        notes.append("Effects need every combination, and this run kept the best only (--keep).")
    if not study.spread:
        notes.append("The spread of this run is 0: multiples of it change nothing.")
    return tuple(notes)


def _tried(outcome: Outcome, scope: str, sample: GridSample) -> Tried:
    spread, trials = outcome.sharpe[scope], trials_of(outcome, scope)
    variance = trial_variance(spread, trials)
    effective = _effective(outcome, scope, sample) if spread.number else None
    return Tried(
        trials,
        spread.number,
        effective,
        variance,
        _per_trade(spread.greatest) if spread.number else None,
        expected_best(trials, variance),
        expected_best(effective.trials if effective else None, variance),
    )


def _effective(outcome: Outcome, scope: str, sample: GridSample) -> EffectiveTrials | None:
    """From the combinations of the sample that compete; None where there are none."""
    study, r = outcome.study, sample.r[scope]
    competes = (~np.isnan(r)).sum(axis=0) >= max(study.settings.min_trades, 1)
    if scope != ALL:
        competes &= _meant(study, scope, sample.numbers)
    if not competes.any():
        return None
    filled = np.nan_to_num(r[:, competes])
    # The sample may hold a larger share of those that compete than the grid does.
    return effective_trials(filled, max(outcome.sharpe[scope].number, filled.shape[1]), SEED)


def _meant(study: Study, scope: str, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which combinations are meant for a variation (R13)."""
    columns = {"combination": numbers, **study.grid.columns(numbers)}
    return study.table.eligibility.meant(columns, scope_named(scope))


def _per_trade(annual: float) -> float:
    return annual / float(np.sqrt(TRADES_PER_YEAR))


def _effects(outcome: Outcome) -> dict[str, Effects]:
    study = outcome.study
    if study.most is not None:
        return {}
    return {
        metric: effects(
            factors(study.grid),
            (
                (piece["combination"], piece[metric])
                for piece in outcome.results.pieces(["combination", metric])
            ),
        )
        for metric in EFFECT_METRICS
    }


def _subject(outcome: Outcome, scope: str, rank: int, number: int, tried: Tried) -> Subject:
    study = outcome.study
    trades = trades_of(study, number)
    r, dates = scope_r(trades, scope), trades.date[in_scope(trades, scope)]
    found = moments(r)
    effective = tried.effective.trials if tried.effective else None
    return Subject(
        scope=scope,
        rank=rank,
        combination=number,
        figures=metrics_of_r(r),
        sharpe=float(found.sharpe),
        skewness=number_or_none(float(found.skewness)),
        kurtosis=number_or_none(float(found.kurtosis)),
        probabilistic_sharpe=number_or_none(float(probabilistic_sharpe_ratio(found))),
        deflated_sharpe=deflated(r, tried.trials, tried.variance),
        deflated_sharpe_effective=deflated(r, effective, tried.variance),
        bootstrap=bootstrap(r, SEED),
        plateau=_plateau(outcome, scope, number),
        stress=tuple(stress(study, number, scope)),
        weekdays=tuple(by_weekday(dates, r)),
        months=tuple(by_month(dates, r, trading_days(study))),
        overtakes=overtakes(study.params(number)),
    )


def _plateau(outcome: Outcome, scope: str, number: int) -> Plateau:
    """From the rows of the run; neighbours that were not kept are evaluated."""
    if outcome.study.most is None:
        return kept_plateaus(outcome, scope, [number])[0]
    name = PLATEAU_METRIC

    def lookup(numbers: NDArray[np.int64]) -> NDArray[np.float64]:
        lists = [scope_r(trades_of(outcome.study, one), scope) for one in numbers.tolist()]
        return np.array([metrics_of_r(r)[name] for r in lists])

    return plateau(outcome.study.grid, number, lookup)


def overtakes(params: Params) -> bool:
    """Whether the first trailing step puts the stop at or beyond what triggers it (R8.3)."""
    return params.tsl_target > 0 and params.tsl_sl - 1 >= params.rr_target
