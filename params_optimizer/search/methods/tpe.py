"""Optuna's part of the Bayesian search: TPE and the MedianPruner."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from params_optimizer.config.space import IntParameter, ListedParameter, Value
from params_optimizer.search.axis import Axis
from params_optimizer.search.space import Parameters, ParameterSpace
from params_optimizer.search.trial import Trial

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution


_BEHIND = 1e12
"""Greater than any finite loss."""


class TPE:
    """Tree-structured Parzen estimator (Bergstra et al. 2011) over all axes at once."""

    def __init__(self, space: ParameterSpace, seed: int) -> None:
        from optuna.samplers import TPESampler

        self._space = space
        self._distributions = distributions(space)
        self._study = quiet_study(
            sampler=TPESampler(
                seed=seed % 2**32, multivariate=True, n_startup_trials=1, constant_liar=False
            )
        )

    def learn(self, trials: Sequence[Trial]) -> None:
        """Remember trials."""
        import optuna

        for trial in trials:
            if trial.losses:
                # TPE looks at the order of values only.
                behind = {"infeasible": _BEHIND + trial.violation, "pruned": 2 * _BEHIND}
                self._study.add_trial(
                    optuna.create_trial(
                        params=internal(self._space, trial.parameters),
                        distributions=self._distributions,
                        value=behind.get(trial.state, _bounded(trial.losses[0])),
                    )
                )

    def propose(self) -> dict[str, Value]:
        """A parameter set, allowed or not."""
        import optuna

        trial = self._study.ask(self._distributions)
        self._study.tell(trial, state=optuna.trial.TrialState.FAIL)  # the answer comes by `learn`
        return external(self._space, trial.params)


class MedianJudge:
    """Optuna's MedianPruner, asked about trials that run side by side.

    It compares with trials that were learned before, so that the order in which workers
    finish changes nothing.
    """

    def __init__(self, start: int) -> None:
        from optuna.pruners import MedianPruner

        self._study = quiet_study()
        self._pruner = MedianPruner(n_startup_trials=start)

    def learn(self, trials: Sequence[Trial]) -> None:
        """Remember the steps of trials that went to their end."""
        import optuna

        for trial in trials:
            if trial.state == "complete" and trial.steps:
                self._study.add_trial(
                    optuna.create_trial(
                        value=_bounded(trial.losses[0]),
                        intermediate_values=dict(enumerate(map(_bounded, trial.steps))),
                    )
                )

    def hopeless(self, steps: Mapping[int, Sequence[float]]) -> list[int]:
        """Which of the running trials, by number, are worse than the median was."""
        import optuna

        numbers = []
        for number, values in steps.items():
            trial = optuna.create_trial(
                state=optuna.trial.TrialState.RUNNING,
                intermediate_values=dict(enumerate(map(_bounded, values))),
            )
            if self._pruner.prune(self._study, trial):
                numbers.append(number)
        return numbers


def quiet_study(**settings: Any) -> "Study":  # noqa: ANN401  settings of Optuna
    """A study in memory that logs nothing and minimises."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(**settings)


def distributions(space: ParameterSpace) -> "dict[str, BaseDistribution]":
    """The axes as Optuna knows them; an ordered choice is its place."""
    return {axis.name: _distribution(axis) for axis in space.axes}


def internal(space: ParameterSpace, parameters: Parameters) -> dict[str, Any]:
    """A parameter set as Optuna takes it."""
    return {
        axis.name: axis.place(axis.of(parameters)) if axis.by_place else axis.of(parameters)
        for axis in space.axes
    }


def external(space: ParameterSpace, parameters: Mapping[str, Any]) -> dict[str, Value]:
    """What `internal` was made of."""
    outside: dict[str, Value] = {}
    for axis in space.axes:
        inside = parameters[axis.name]
        outside |= axis.assign(axis.value(inside) if axis.by_place else inside)
    return outside


def _bounded(loss: float) -> float:
    """The loss of a set without losses to divide by is infinite, which Optuna cannot average."""
    return min(max(loss, -_BEHIND), _BEHIND)


def _distribution(axis: Axis) -> "BaseDistribution":
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    model, count = axis.model, axis.count
    if isinstance(model, ListedParameter) and not axis.ordered:
        return CategoricalDistribution(list(range(len(model.choices))))
    if isinstance(model, ListedParameter) or (axis.by_place and count is not None):
        return IntDistribution(0, (count or 1) - 1)
    if isinstance(model, IntParameter):
        return IntDistribution(model.low, model.high, log=True)
    return FloatDistribution(model.low, model.high, log=model.log)
