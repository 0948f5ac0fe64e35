"""One evaluated parameter set of a search."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from params_optimizer.search.space import Parameters

State = Literal["complete", "infeasible", "pruned", "failed", "timeout"]
STATES: tuple[State, ...] = get_args(State)


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of a parameter set.

    `losses` are the figures of the goals, less is better; empty where there are none
    (failed, timeout). `violation` is how far it is from meeting the constraints on
    performance and the least number of trades. `steps` are losses of the first goal after
    each stretch of days. `source` is the trial that evaluated the same parameters before.
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
        """Trials sorted by it are best first, for the first goal."""
        if self.state == "complete":
            return (0, self.losses[0], 0.0)
        if self.state == "infeasible":
            return (1, self.violation, self.losses[0])
        return (2 if self.state == "pruned" else 3, 0.0, 0.0)


def ranked(trials: Sequence[Trial]) -> list[Trial]:
    """Best first; equally good ones in the order in which they were tried."""
    return sorted(trials, key=lambda one: (one.order, one.number))


def scalars(trials: Sequence[Trial]) -> list[float]:
    """One number for each trial, less is better, for methods that need numbers.

    Complete trials keep their loss; what did not complete is placed behind the worst of them
    in its order, not further away than the complete ones are spread, so that a model of the
    numbers is not drowned by them.
    """
    complete = [one.losses[0] for one in trials if one.state == "complete"]
    worst = max(complete, default=0.0)
    spread = (worst - min(complete, default=0.0)) or 1.0
    behind = sorted({one.order for one in trials if one.state != "complete"})
    place = {order: at for at, order in enumerate(behind, 1)}
    return [
        one.losses[0]
        if one.state == "complete"
        else worst + spread * 0.5 * place[one.order] / len(behind)
        for one in trials
    ]
