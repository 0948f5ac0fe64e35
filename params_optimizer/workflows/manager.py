"""Named targets, methods, metrics and sequences, and the one place that runs them together."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from params_optimizer.errors import OptimizerError, SettingsError
from params_optimizer.strategies.protocol import Parameters
from params_optimizer.workflows.desk import Assignment, OptimizationDesk
from params_optimizer.workflows.events import (
    EventBus,
    OptimizationProgress,
    OptimizationRequest,
    OptimizationResult,
)
from params_optimizer.workflows.market import Market
from params_optimizer.workflows.objective import Backtest, Objective
from params_optimizer.workflows.registry import defaults
from params_optimizer.workflows.targets import check_target
from params_optimizer.workflows.targets import known as _known
from params_optimizer.workflows.work import NOTHING, Json, Known, Work

Names = Mapping[str, str] | str | None
"""A name for each target, one name for all of them, or None: the first registered."""


class OptimizationManager:
    """Runs sequences of optimisations over registered targets.

    `market` is what ready-made targets trade; `workers` evaluate the trials; the same `seed`
    gives the same results whatever their number. With a `folder`, every finished search is
    kept there, and the same calls after a crash go on from it; `key` has to change with
    whatever would change a result. Parameters that make fewer than `min_trades` trades
    are no result.
    """

    def __init__(
        self,
        market: Market | None = None,
        *,
        workers: int = 1,
        seed: int = 0,
        folder: Path | None = None,
        key: str = "",
        min_trades: int = 0,
        events: EventBus | None = None,
    ) -> None:
        self.market = market
        self.events = events or EventBus()
        self._workers, self._seed, self._folder, self._key = workers, seed, folder, key
        self._min_trades = min_trades
        self._targets: dict[str, object] = {}
        self._methods: dict[str, Any] = {}
        self._metrics: dict[str, Any] = {}
        self._sequences: dict[str, Any] = {}
        self._constraints: dict[str, Any] = {}
        self._results: dict[str, Json] = {}
        self.events.subscribe(OptimizationRequest, self._answer)

    def register_target(self, name: str, target: object) -> Self:
        """Anything with `get_parameter_space` and `set_parameters`; see `targets.Target`.

        Raises:
            SettingsError: a method is missing, or the name is taken.
        """
        check_target(name, target)
        return self._register("target", self._targets, name, target)

    def register_method(self, name: str, method: object) -> Self:
        """A method of `workflows.methods`, or anything with its methods."""
        return self._register("method", self._methods, name, method)

    def register_metric(self, name: str, metric: object) -> Self:
        """Anything with `calculate(equity_curve, trades)` and `higher_is_better`."""
        if not callable(getattr(metric, "calculate", None)) or not hasattr(
            metric, "higher_is_better"
        ):
            raise SettingsError(
                f"metric {name!r}: {type(metric).__name__} needs calculate(equity_curve, trades) "
                f"and higher_is_better"
            )
        return self._register("metric", self._metrics, name, metric)

    def register_sequence(self, name: str, sequence: object) -> Self:
        """Anything with `run(work)`; see `workflows.sequences`."""
        if not callable(getattr(sequence, "run", None)):
            raise SettingsError(f"sequence {name!r}: {type(sequence).__name__} has no run(work)")
        return self._register("sequence", self._sequences, name, sequence)

    def register_constraint(self, name: str, constraint: object) -> Self:
        """A constraint of `workflows.constraints`."""
        return self._register("constraint", self._constraints, name, constraint)

    def run_optimization(
        self,
        sequence_name: str | None = None,
        targets: Sequence[str] | None = None,
        methods: Names = None,
        metrics: Names = None,
        constraints: Mapping[str, Sequence[str]] | None = None,
        *,
        name: str | None = None,
        known: Known = NOTHING,
        backtest: Backtest | None = None,
        **options: Any,  # noqa: ANN401  whatever the sequence understands
    ) -> Json:
        """Optimise `targets` in the order of a sequence.

        Args:
            sequence_name: None takes the first registered one.
            targets: None takes all of them.
            methods: how each target is searched.
            metrics: what is made large (or small) for each target.
            constraints: names of constraints for each target; None: all for every target.
            name: under which `get_result` finds the result; default: that of the sequence.
            known: parameters that were found before.
            backtest: `(target, market) -> (equity_curve, trades)` for targets that have no
                `backtest(market)` of their own.
            options: for the sequence, for example `regime_detector_target`.

        Returns:
            `sequence`, `target_results` (by target: `best_params`, `best_score`, `method`,
            `metric`, `trials`, `history`), `combined_result`, and for regimes `regimes` and
            `regime_results`.

        Raises:
            SettingsError: an unknown name or option, before any work.
        """
        sequences = {**defaults("sequences"), **self._sequences}
        chosen = sequence_name or next(iter(self._sequences), "sequential")
        sequence = _known("sequence", chosen, sequences)
        wanted = tuple(self._targets if targets is None else targets)
        if not wanted:
            raise SettingsError("run_optimization: no target is registered; register one first")
        assignments = {
            target: Assignment(
                _known("target", target, self._targets),
                *self._one("method", self._methods, methods, target),
                *self._one("metric", self._metrics, metrics, target),
                self._limits(constraints, target),
            )
            for target in self._assigned(wanted, sequence, options, known)
        }
        _check_options(chosen, sequence, options)
        desk = OptimizationDesk(
            assignments,
            sequences,
            self.market,
            workers=self._workers,
            seed=self._seed,
            folder=self._folder,
            key=self._key,
            min_trades=self._min_trades,
            backtest=backtest,
            progress=self.events.publish,
            name=name or chosen,
        )
        found = sequence.run(Work(desk, wanted, desk.days, known, options))
        result = {"sequence": chosen, **found}
        self._results[name or chosen] = result
        for target, one in result["target_results"].items():
            if "best_params" in one:
                self._targets[target].set_parameters(dict(one["best_params"]))  # type: ignore[attr-defined]
        return result

    def get_result(self, name: str) -> Json:
        """The result of the run of this name.

        Raises:
            SettingsError: there was none.
        """
        return _known("result", name, self._results)

    def get_all_results(self) -> dict[str, Json]:
        """Every result so far, by name."""
        return dict(self._results)

    def create_objective_function(
        self,
        target: str,
        metric: str | None = None,
        *,
        constraints: Sequence[str] | None = None,
        backtest: Backtest | None = None,
    ) -> Callable[[Parameters], float]:
        """A function from parameters to the metric, for methods of one's own.

        It evaluates a copy of the target, and gives NaN where a constraint is not met.
        """
        limits = None if constraints is None else {target: constraints}
        return Objective(
            _known("target", target, self._targets),
            self._one("metric", self._metrics, metric, target)[1],
            self._limits(limits, target),
            self.market,
            backtest,
        )

    def _answer(self, request: OptimizationRequest) -> None:
        """Run what an event asks for, and answer with a result event."""
        try:
            result = self.run_optimization(
                request.sequence,
                request.targets or None,
                request.methods,
                request.metrics,
                request.constraints,
                name=request.name,
                **request.options,
            )
        except OptimizerError as error:
            self.events.publish(OptimizationResult(request, None, error))
        else:
            self.events.publish(OptimizationResult(request, result))

    def _register(self, kind: str, there: dict[str, Any], name: str, made: object) -> Self:
        if not name or name in there:
            raise SettingsError(f"{kind} {name!r}: is registered already; choose another name")
        there[name] = made
        return self

    def _one(
        self, kind: str, there: Mapping[str, Any], names: Names, target: str
    ) -> tuple[str, Any]:
        """What is named for a target, else the first registered, with its name."""
        name = names if isinstance(names, str) else (names or {}).get(target)
        if name is None:
            if not there:
                raise SettingsError(f"{target}: no {kind} is registered; register one first")
            name = next(iter(there))
        return name, _known(kind, name, there)

    def _limits(self, names: Mapping[str, Sequence[str]] | None, target: str) -> tuple[Any, ...]:
        """The constraints named for a target; all of them where none is."""
        chosen = (names or {}).get(target, self._constraints)
        return tuple(_known("constraint", name, self._constraints) for name in chosen)

    def _assigned(
        self,
        targets: tuple[str, ...],
        sequence: object,
        options: Mapping[str, Any],
        found: Known,
    ) -> tuple[str, ...]:
        """The targets of a run, and the detectors that it only asks."""
        detectors = (
            options.get("regime_detector_target"),
            getattr(sequence, "regime_detector_target", None),
            found.detector,
        )
        return tuple(dict.fromkeys([*targets, *(one for one in detectors if one)]))


def _check_options(name: str, sequence: object, options: Mapping[str, Any]) -> None:
    takes = getattr(sequence, "OPTIONS", ())
    for option in options:
        if option not in takes:
            raise SettingsError(
                f"sequence {name!r} takes no option {option!r}; it takes: "
                f"{', '.join(takes) or 'none'}"
            )


__all__ = ["OptimizationManager", "OptimizationProgress"]
