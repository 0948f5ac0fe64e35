"""What a parameter set's metrics come to: a trial with losses, or why it does not compete."""

from collections.abc import Mapping
from math import isfinite

from params_optimizer.search.objective import Objective
from params_optimizer.search.space import Parameters
from params_optimizer.search.trial import State, Trial


def judged(objective: Objective, parameters: Parameters, metrics: Mapping[str, float]) -> Trial:
    """The trial number 0 of a parameter set with these metrics of R10.

    It is infeasible where it has too few trades, or does not meet a condition of the objective.
    """
    values = objective.values(metrics)
    if not all(map(isfinite, values)):
        named = dict(zip(objective.metrics, values, strict=True))
        return Trial(0, parameters, "failed", reason=f"no number: {named}")
    violation = objective.violation(parameters, metrics)
    state: State = "infeasible" if violation > 0 else "complete"
    return Trial(0, parameters, state, objective.losses(metrics), violation, metrics)
