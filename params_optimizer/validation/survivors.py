"""How many parameter sets earn anything, at the costs of a run and at twice of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.orchestrator.outcome import Outcome
from params_optimizer.orchestrator.plan import Plan
from params_optimizer.search.objective import Columns
from params_optimizer.strategies.batch import Numbers, Slice
from params_optimizer.strategies.protocol import Parameters, Strategy
from params_optimizer.strategies.scopes import ALL
from params_optimizer.validation.again import Again, DailyQuestion, DailyResult
from params_optimizer.validation.evaluation import Task, all_slices, evaluate


class Survivors(NamedTuple):
    """Of the sets with enough trades: how many, those with total R above 0, the most R.

    At `multiple` times the costs. `drawn`: of sets drawn from the space, not of all of them.
    `best_total_r` is None where none has enough trades.
    """

    multiple: float
    eligible: int
    profitable: int
    best_total_r: float | None
    drawn: bool = False


def survivors_in(outcome: Outcome) -> Survivors:
    """Of the rows of a run that kept them all."""
    min_trades = outcome.plan.objective.min_trades
    pieces = outcome.results.pieces(["total_trades", "total_r"])
    totals = (piece["total_r"][piece["total_trades"] >= min_trades] for piece in pieces)
    return _joined(1.0, (survivors_of(1.0, total_r) for total_r in totals))


def survivors_at(plan: Plan, strategy: Strategy, multiple: float, workers: int) -> Survivors:
    """Of every combination, traded by `strategy`.

    Raises:
        RunError, Interrupted, OptimizerError: see `evaluation.streamed`.
    """
    task = Task([(plan.traded_days,)], _Count(plan.objective.min_trades), strategy)
    answers = evaluate(plan, task, all_slices(plan, 1), workers)
    return _joined(multiple, (part for *_, part in answers))


def survivors_again(
    again: Again,
    scenario: tuple[str, Strategy],
    multiple: float,
    sets: Sequence[Parameters],
    min_trades: int,
) -> Survivors:
    """Of sets that were drawn, in a scenario; those that fail are left out.

    Raises:
        RunError, Interrupted: see `Again.results`.
    """
    case, strategy = (ALL, scenario[0]), scenario[1]
    questions = [DailyQuestion(case, parameters) for parameters in sets]
    results = again.results(questions, {case: strategy})
    return survivors_among(list(filter(None, results)), multiple, min_trades)


def survivors_among(results: Sequence[DailyResult], multiple: float, min_trades: int) -> Survivors:
    """Of sets that were drawn and evaluated."""
    figures = [result.figures for result in results]
    totals = [metrics["total_r"] for metrics in figures if metrics["total_trades"] >= min_trades]
    return survivors_of(multiple, np.array(totals, np.float64), drawn=True)


def survivors_of(
    multiple: float, total_r: NDArray[np.float64], *, drawn: bool = False
) -> Survivors:
    """Of sets with enough trades, from their total R."""
    best = float(total_r.max()) if total_r.size else None
    return Survivors(multiple, total_r.size, int((total_r > 0).sum()), best, drawn)


@dataclass(frozen=True, slots=True)
class _Count:
    """The survivors of a slice."""

    min_trades: int

    def __call__(
        self, place: int, slice_: Slice, numbers: Numbers, samples: Sequence[Columns]
    ) -> Survivors:
        del place, slice_, numbers
        (figures,) = samples
        enough = figures["total_trades"] >= self.min_trades
        return survivors_of(1.0, figures["total_r"][enough])


def _joined(multiple: float, parts: Iterable[Survivors]) -> Survivors:
    return reduce(_join, parts, survivors_of(multiple, np.zeros(0)))


def _join(first: Survivors, second: Survivors) -> Survivors:
    totals = [value for value in (first.best_total_r, second.best_total_r) if value is not None]
    return first._replace(
        eligible=first.eligible + second.eligible,
        profitable=first.profitable + second.profitable,
        best_total_r=max(totals, default=None),
    )
