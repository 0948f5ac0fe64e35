"""One evaluated parameter set of a search."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, isfinite, isinf
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from params_optimizer.search.space import Parameters

State = Literal["complete", "infeasible", "pruned", "failed", "timeout"]
STATES: tuple[State, ...] = get_args(State)


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of a parameter set.

    `losses` are the figures of the goals, less is better; empty where there are none
    (failed, timeout), infinite where losses to divide by are missing (`search.objective`).
    `violation` is how far it is from meeting the constraints on performance and the least
    number of trades. `steps` are losses of the first goal after each stretch of days.
    `source` is the trial that evaluated the same parameters before.
    """

    number: int
    parameters: Parameters
    state: State
    losses: tuple[float, ...] = ()
    violation: float = 0.0
    metrics: Mapping[str, float] = field(default_factory=dict)
    reason: str = ""
    steps: tuple[float, ...] = ()
    source: int | None = None

    @property
    def order(self) -> tuple[int, float, float]:
        """Trials sorted by it are best first, for the first goal; infinite ones by total R."""
        if self.state == "complete":
            tie = -self.metrics["total_r"] if isinf(self.losses[0]) else 0.0
            return (0, self.losses[0], tie)
        if self.state == "infeasible":
            return (1, self.violation, self.losses[0])
        return (2 if self.state == "pruned" else 3, 0.0, 0.0)


def ranked(trials: Sequence[Trial]) -> list[Trial]:
    """Best first; equally good ones in the order in which they were tried."""
    return sorted(trials, key=lambda trial: (trial.order, trial.number))


def scalars(trials: Sequence[Trial]) -> list[float]:
    """One finite number for each trial, less is better, for methods that need numbers.

    Complete trials keep their loss. An infinite one is placed beyond the finite ones, and what
    did not complete behind the worst of them, each in its order; not further away than the
    finite ones are spread, so that a model of the numbers is not drowned by them.
    """
    losses = [trial.losses[0] for trial in trials if _is_finite(trial)]
    best, worst = min(losses, default=0.0), max(losses, default=0.0)
    step = 0.5 * ((worst - best) or 1.0)
    apart = sorted({trial.order for trial in trials if not _is_finite(trial)})
    ahead = [order for order in apart if order[:2] == (0, -inf)]
    behind = apart[len(ahead) :]
    place = {order: best - step * (1 - at / len(ahead)) for at, order in enumerate(ahead)}
    place |= {order: worst + step * at / len(behind) for at, order in enumerate(behind, 1)}
    return [trial.losses[0] if _is_finite(trial) else place[trial.order] for trial in trials]


def finite(losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Losses of a goal, shape (trials,), with infinite ones half a spread beyond the finite."""
    usual = losses[np.isfinite(losses)]
    lowest, greatest = (usual.min(), usual.max()) if usual.size else (0.0, 0.0)
    step = 0.5 * ((greatest - lowest) or 1.0)
    return np.clip(losses, lowest - step, greatest + step)


def _is_finite(trial: Trial) -> bool:
    return trial.state == "complete" and isfinite(trial.losses[0])
