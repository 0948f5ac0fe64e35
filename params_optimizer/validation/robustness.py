"""How far the best of a run can be trusted: everything that `--robustness` finds out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from params_optimizer.analytics.effects import Effects
from params_optimizer.engine.metrics_calculator import TRADES_PER_YEAR
from params_optimizer.strategies.protocol import Parameters
from params_optimizer.validation.bootstrap import Bootstrap, bootstrap
from params_optimizer.validation.candidates import Figures
from params_optimizer.validation.examination import (
    SEED,
    ExaminedRun,
)
from params_optimizer.validation.leaders import Examination, examined
from params_optimizer.validation.luck import deflated, expected_best, number_or_none
from params_optimizer.validation.plateau import Plateau
from params_optimizer.validation.sampling import SampledSets
from params_optimizer.validation.seasons import Season, by_month, by_weekday
from params_optimizer.validation.selection_bias import Pbo
from params_optimizer.validation.sharpe import moments, probabilistic_sharpe_ratio
from params_optimizer.validation.survivors import Survivors
from params_optimizer.validation.trials import EffectiveTrials, effective_trials
from params_optimizer.validation.windows import Days

Progress = Callable[[str, int, int], None]
"""What is being done, how many of its steps are done, how many there are."""
_STAGES = ("sampling", "counting tries", "overfitting and costs", "the best")


class TrialStatistics(NamedTuple):
    """What luck could choose from in one scope; Sharpe ratios are per trade.

    `trials` were tried, `eligible` of them, or of a sample, compete; `variance` is that of
    their Sharpe ratios, `best_sharpe` the greatest. `expected_best` is what the best of so
    many independent trials without skill shows, `expected_best_effective` that of the
    effective number. `space` is the size of the space of a search, None where it has no end.
    None elsewhere: nothing can be said.
    """

    trials: int
    eligible: int
    effective: EffectiveTrials | None
    variance: float | None
    best_sharpe: float | None
    expected_best: float | None
    expected_best_effective: float | None
    space: int | None = None


@dataclass(frozen=True, slots=True)
class RobustnessSubject:
    """One set under examination, on its trades of `scope`.

    Sharpe ratio, skewness and kurtosis are per trade; probabilities are 0 to 1 and None where
    undefined. `stress` are its metrics by scenario, `as_tested` first. `overtakes`: its first
    trailing step puts the stop at or beyond the market.
    """

    scope: str
    rank: int
    number: int
    parameters: Parameters
    figures: Figures
    sharpe: float
    skewness: float | None
    kurtosis: float | None
    probabilistic_sharpe: float | None
    deflated_sharpe: float | None
    deflated_sharpe_effective: float | None
    bootstrap: Bootstrap | None
    plateau: Plateau
    stress: Mapping[str, Figures]
    weekdays: tuple[Season, ...]
    months: tuple[Season, ...]
    overtakes: bool


@dataclass(frozen=True, slots=True)
class Robustness:
    """All of it. The first of `subjects` is the winner.

    `effects` by metric, empty where not every set of a full factorial has a row. `survivors`
    at the costs given and at twice of them, None where there are none; `sample` is the number
    of sets drawn.
    """

    top_n: int
    sample: int
    seed: int
    tried: Mapping[str, TrialStatistics]
    subjects: tuple[RobustnessSubject, ...]
    pbo: Pbo
    effects: Mapping[str, Effects]
    survivors: tuple[Survivors, Survivors | None]
    notes: tuple[str, ...]


def robustness(run: ExaminedRun, top_n: int, progress: Progress) -> Robustness:
    """Examine the `top_n` best of the ranking and the best of each other scope.

    Raises:
        RunError: there is nothing to examine, the winner fails, or workers keep dying.
        Interrupted: the process was asked to stop; carries the exit code.
    """
    progress(_STAGES[0], 0, len(_STAGES))
    leaders, days = run.leaders(top_n), run.again.days
    sample = run.sample(list(dict.fromkeys(leader.scope for leader in leaders)))
    progress(_STAGES[1], 1, len(_STAGES))
    tried = {scope: _tried(run, scope, sample) for scope in sample.daily_r}
    progress(_STAGES[2], 2, len(_STAGES))
    findings = run.findings(sample)
    progress(_STAGES[3], 3, len(_STAGES))
    subjects = [
        _subject(examination, tried[examination.leader.scope], days)
        for examination in examined(run, leaders)
    ]
    progress("done", len(_STAGES), len(_STAGES))
    return Robustness(
        top_n,
        sample.size,
        SEED,
        tried,
        tuple(subjects),
        findings.pbo,
        findings.effects,
        findings.survivors,
        findings.notes,
    )


def _tried(run: ExaminedRun, scope: str, sample: SampledSets) -> TrialStatistics:
    tries, competes = run.tries(scope, sample), sample.competes[scope]
    effective = None
    if tries.eligible and competes.any():
        daily_r = np.nan_to_num(sample.daily_r[scope][:, competes])
        effective = effective_trials(daily_r, tries.competing, SEED)
    best, variance = tries.best_sharpe, tries.variance
    return TrialStatistics(
        tries.trials,
        tries.eligible,
        effective,
        variance,
        None if best is None else best / float(np.sqrt(TRADES_PER_YEAR)),
        expected_best(tries.trials, variance),
        expected_best(effective.trials if effective else None, variance),
        tries.space,
    )


def _subject(examination: Examination, tried: TrialStatistics, days: Days) -> RobustnessSubject:
    date, r = examination.result.date, examination.result.r
    statistics = moments(r)
    effective = tried.effective.trials if tried.effective else None
    return RobustnessSubject(
        *examination.leader,
        figures=examination.result.figures,
        sharpe=float(statistics.sharpe),
        skewness=number_or_none(float(statistics.skewness)),
        kurtosis=number_or_none(float(statistics.kurtosis)),
        probabilistic_sharpe=number_or_none(float(probabilistic_sharpe_ratio(statistics))),
        deflated_sharpe=deflated(r, tried.trials, tried.variance),
        deflated_sharpe_effective=deflated(r, effective, tried.variance),
        bootstrap=bootstrap(r, SEED),
        plateau=examination.plateau,
        stress=examination.stress,
        weekdays=tuple(by_weekday(date, r)),
        months=tuple(by_month(date, r, days)),
        overtakes=examination.overtakes,
    )
