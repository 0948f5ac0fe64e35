"""How much each parameter decides: the share of the variance that it explains (fANOVA)."""

from collections.abc import Sequence

import numpy as np

from params_optimizer.search.methods.tpe import distributions, internal, quiet_study
from params_optimizer.search.space import ParameterSpace
from params_optimizer.search.trial import Trial, finite

_MOST = 1000
_LEAST = 10


def importances(space: ParameterSpace, trials: Sequence[Trial], goal: int = 0) -> dict[str, float]:
    """Importance of each parameter for a goal, greatest first; together 1.

    From the complete trials that were evaluated, a random forest learns the figure (Hutter,
    Hoos and Leyton-Brown 2014). Empty below 10 of them, or where all have the same figure.
    """
    import optuna
    from optuna.importance import FanovaImportanceEvaluator, get_param_importances

    used = [trial for trial in trials if trial.state == "complete" and trial.source is None]
    used = used[:: max(1, -(-len(used) // _MOST))]
    if len(used) < _LEAST or len({trial.losses[goal] for trial in used}) < 2:
        return {}
    study, axes = quiet_study(), distributions(space)
    losses = finite(np.array([trial.losses[goal] for trial in used])).tolist()
    for trial, loss in zip(used, losses, strict=True):
        study.add_trial(
            optuna.create_trial(
                params=internal(space, trial.parameters), distributions=axes, value=loss
            )
        )
    shares = get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=0))
    return {name: float(value) for name, value in shares.items()}
