"""How far the best of a run can be trusted: everything that `--robustness` finds out.

What is asked is the same for every run; `examined_slices` and `examined_search` answer it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from params_optimizer.engine.metrics_calculator import TRADES_PER_YEAR, metrics_of_r
from params_optimizer.strategies.protocol import Parameters
from params_optimizer.validation.bootstrap import Bootstrap, bootstrap
from params_optimizer.validation.candidates import Figures
from params_optimizer.validation.effects import Effects
from params_optimizer.validation.luck import deflated, expected_best, number_or_none
from params_optimizer.validation.plateau import Plateau
from params_optimizer.validation.seasons import Season, by_month, by_weekday
from params_optimizer.validation.selection_bias import Pbo
from params_optimizer.validation.sharpe import moments, probabilistic_sharpe_ratio
from params_optimizer.validation.survivors import Survivors
from params_optimizer.validation.trials import EffectiveTrials
from params_optimizer.validation.windows import Days

SEED: Final = 0
AS_TESTED: Final = "as_tested"
FEWEST_TRADES: Final = 2
"""What luck can choose from has a Sharpe ratio, which needs two trades."""


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


class Leader(NamedTuple):
    """A set to examine: its place in the ranking of a scope (R12, R13), from 1 on."""

    scope: str
    rank: int
    number: int
    parameters: Parameters


class SpaceExamination(NamedTuple):
    """What holds for all sets; see `Robustness`."""

    sample: int
    tried: Mapping[str, TrialStatistics]
    pbo: Pbo
    effects: Mapping[str, Effects]
    survivors: tuple[Survivors, Survivors | None]
    notes: tuple[str, ...]


class Examination(NamedTuple):
    """What a leader does: R and trading day of its trades, and more of `Subject`."""

    r: NDArray[np.float64]
    date: Days
    plateau: Plateau
    stress: Mapping[str, Figures]
    overtakes: bool


class ExaminedRun(Protocol):
    """A run whose best are examined."""

    @property
    def days(self) -> Days:
        """The trading days."""

    def leaders(self, top_n: int) -> list[Leader]:
        """The first of the ranking, and of each other scope; the winner comes first.

        Raises:
            RunError: there is nobody.
        """

    def survey(self, leaders: list[Leader]) -> SpaceExamination:
        """What holds for all sets."""

    def examine(self, leader: Leader) -> Examination:
        """What a leader does."""


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


def robustness(run: ExaminedRun, top_n: int) -> Robustness:
    """Examine the `top_n` best of the ranking and the best of each other scope.

    Raises:
        RunError: there is nothing to examine, the winner fails, or workers keep dying.
        Interrupted: the process was asked to stop; carries the exit code.
    """
    leaders = run.leaders(top_n)
    survey = run.survey(leaders)
    subjects = [
        _subject(leader, run.examine(leader), survey.tried[leader.scope], run.days)
        for leader in leaders
    ]
    return Robustness(
        top_n,
        survey.sample,
        SEED,
        survey.tried,
        tuple(subjects),
        survey.pbo,
        survey.effects,
        survey.survivors,
        survey.notes,
    )


def tried_of(
    trials: int,
    eligible: int,
    effective: EffectiveTrials | None,
    variance: float | None,
    best: float | None,
    space: int | None = None,
) -> TrialStatistics:
    """What was tried; `best` is the greatest annualised Sharpe ratio (R10)."""
    return TrialStatistics(
        trials,
        eligible,
        effective,
        variance,
        None if best is None else best / float(np.sqrt(TRADES_PER_YEAR)),
        expected_best(trials, variance),
        expected_best(effective.trials if effective else None, variance),
        space,
    )


def _subject(
    leader: Leader, examination: Examination, tried: TrialStatistics, days: Days
) -> RobustnessSubject:
    statistics = moments(examination.r)
    effective = tried.effective.trials if tried.effective else None
    return RobustnessSubject(
        *leader,
        figures=metrics_of_r(examination.r),
        sharpe=float(statistics.sharpe),
        skewness=number_or_none(float(statistics.skewness)),
        kurtosis=number_or_none(float(statistics.kurtosis)),
        probabilistic_sharpe=number_or_none(float(probabilistic_sharpe_ratio(statistics))),
        deflated_sharpe=deflated(examination.r, tried.trials, tried.variance),
        deflated_sharpe_effective=deflated(examination.r, effective, tried.variance),
        bootstrap=bootstrap(examination.r, SEED),
        plateau=examination.plateau,
        stress=examination.stress,
        weekdays=tuple(by_weekday(examination.date, examination.r)),
        months=tuple(by_month(examination.date, examination.r, days)),
        overtakes=examination.overtakes,
    )
