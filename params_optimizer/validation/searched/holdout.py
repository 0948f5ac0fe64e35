"""Search on the days before a date, and look at what was found on those from it on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.errors import DataError
from params_optimizer.orchestrator.evaluator import Question
from params_optimizer.orchestrator.executor import answers_of
from params_optimizer.orchestrator.search_outcome import SearchOutcome
from params_optimizer.search.trial import Trial
from params_optimizer.strategies.set_by_set import Answer
from params_optimizer.validation.holdout import rank_correlation
from params_optimizer.validation.performance import Figures
from params_optimizer.validation.searched.inner import Borders, Desk
from params_optimizer.validation.windows import Window, holdout_window

_TOP: Final = (10, 100)
_TENTH: Final = 10


class HeldTrial(NamedTuple):
    """A trial of the in-sample search on both samples; see `holdout.Row`."""

    trial: Trial
    in_value: float
    out_value: float
    out_place: int
    beaten: float
    out_sample: Figures


@dataclass(frozen=True, slots=True)
class SearchedHoldout:
    """What a holdout of a search showed; `rows` are the best tenth in sample, best first.

    `trials` were asked in sample, `eligible` parameter sets competed. `correlation` is Spearman's
    of the first goal in and out of sample over them; `failed` of them could not be evaluated out
    of sample. `borders` are the winner's trades out of sample under each border policy.
    """

    first: date
    window: Window
    trials: int
    eligible: int
    failed: int
    correlation: float | None
    rows: tuple[HeldTrial, ...]
    borders: Borders | None

    @property
    def mean_beaten(self) -> float:
        """Share of all that competed which the rows left behind out of sample, on average."""
        return sum(row.beaten for row in self.rows) / len(self.rows)


def holdout(desk: Desk, first: date) -> SearchedHoldout:
    """Search before `first`; evaluate everything that competed there on the days from it on.

    Raises:
        SettingsError: `first` leaves no day on one side.
        DataError: nothing competes before it, or can be evaluated after it.
        RunError, Interrupted: see `Desk.search`.
    """
    window = holdout_window(desk.outcome.days, first)
    found = desk.search(f"before {first}", window.in_sample)
    ranking = found.ranking
    if not ranking:
        raise DataError(
            f"--holdout-from {first}: no trial before it is complete (the least number of trades "
            f"is {desk.problem.objective.min_trades}); choose a later date, fewer --min-trades or "
            f"more --trials"
        )
    outside = _outside(desk, window, ranking)
    rows = _rows(found, ranking, outside)
    if not any(row.out_sample["total_trades"] for row in rows):
        raise DataError(
            f"--holdout-from {first}: from it on none of the {len(ranking):,} parameter sets that "
            f"compete makes a trade, so nothing can be said; choose an earlier date"
        )
    inside = np.array([row.in_value for row in rows])
    after = np.array([row.out_value for row in rows])
    legs = [(rows[0].trial.parameters, window.out_sample)]
    return SearchedHoldout(
        first=first,
        window=window,
        trials=len(found.trials),
        eligible=len(ranking),
        failed=len(ranking) - len(rows),
        correlation=rank_correlation(inside, after),
        rows=tuple(rows[: _leading(len(rows))]),
        borders=desk.borders(legs),
    )


def _leading(competing: int) -> int:
    """How many are looked at: a tenth, 10 to 100, and never more than half of what competes.

    Of all that compete half is beaten on average, whatever a search is worth.
    """
    least, most = _TOP
    return max(1, min(max(competing // _TENTH, least), most, competing // 2))


def _outside(desk: Desk, window: Window, ranking: Sequence[Trial]) -> list[Figures | None]:
    """Metrics out of sample of each trial; None where it cannot be evaluated."""
    desk.say(f"{len(ranking):,} parameter sets on the days from then on")
    build = desk.problem.evaluation.on(window.out_sample)
    questions = [Question(one.parameters) for one in ranking]
    return [
        metrics_of_r(one.r) if isinstance(one, Answer) and not one.failure else None
        for one in answers_of(
            build,
            questions,
            desk.plan.workers,
            start_method=desk.plan.start_method,
            timeout=desk.plan.timeout,
        )
    ]


def _rows(
    found: SearchOutcome, ranking: Sequence[Trial], outside: Sequence[Figures | None]
) -> list[HeldTrial]:
    objective = found.problem.objective
    known = [
        (one, metrics, objective.values(metrics)[0])
        for one, metrics in zip(ranking, outside, strict=True)
        if metrics is not None
    ]
    losses = np.array([objective.losses(metrics)[0] for _, metrics, _ in known])
    return [
        HeldTrial(one, found.figures(one)[0], value, *_place(losses, at), metrics)
        for at, (one, metrics, value) in enumerate(known)
    ]


def _place(losses: NDArray[np.float64], at: int) -> tuple[int, float]:
    """Place among all by loss, and the share of the others that did worse; ties count half."""
    better, equal = int((losses < losses[at]).sum()), int((losses == losses[at]).sum()) - 1
    others = losses.size - 1
    if not others:
        return 1, 0.5  # neither better nor worse than chance
    return better + 1, (others - better - equal / 2) / others
