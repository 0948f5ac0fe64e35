"""Named targets, methods, metrics and sequences, and the one place that runs them together."""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

from params_optimizer.errors import OptimizerError, SettingsError
from params_optimizer.orchestrator.machine import limits_memory
from params_optimizer.strategies.protocol import Parameters
from params_optimizer.workflows.best import NOTHING, BestParameters, Json, best_of
from params_optimizer.workflows.evaluation import Backtest, TargetObjective
from params_optimizer.workflows.events import EventBus, OptimizationRequest, OptimizationResult
from params_optimizer.workflows.market import MarketDays
from params_optimizer.workflows.optimizer import Assignment, OptimizationStep, Optimizer, last_of
from params_optimizer.workflows.registry import accepted, default_sequences
from params_optimizer.workflows.searches import Searches
from params_optimizer.workflows.sequences import chain_of
from params_optimizer.workflows.targets import registered, set_on

Names = Mapping[str, str] | str | None
"""A name for each target, one name for all of them, or None: the first registered."""

MetricNames = Mapping[str, str | Sequence[str]] | str | None
"""The same for metrics, of which a target can have several."""

_KINDS: Final = ("target", "method", "metric", "sequence", "constraint")


class OptimizationManager:
    """Runs sequences of optimisations over registered targets; each knows what those before found.

    `market` is what ready-made targets trade; `workers` evaluate the trials; the same `seed`
    gives the same results whatever their number. With a `folder`, searches are kept there,
    and the same calls after a crash go on from them; `key` has to change with whatever would
    change a result. Parameters that make fewer than `min_trades` trades are no result, nor are
    those whose trial takes more than `memory_mb` megabytes beyond what a worker has, or longer
    than `timeout` seconds.
    """

    def __init__(
        self,
        market: MarketDays | None = None,
        *,
        workers: int = 1,
        seed: int = 0,
        folder: Path | None = None,
        key: str = "",
        min_trades: int = 0,
        memory_mb: int | None = None,
        timeout: float | None = None,
        events: EventBus | None = None,
    ) -> None:
        self.market = market
        self.events = events or EventBus()
        if memory_mb is not None and not limits_memory():
            raise SettingsError(f"memory_mb {memory_mb}: cannot be kept on {sys.platform}")
        self._searches = Searches(workers, folder, key, timeout)
        self._seed, self._min_trades, self._memory_mb = seed, min_trades, memory_mb
        self._components: dict[str, dict[str, Any]] = {kind: {} for kind in _KINDS}
        self._results: dict[str, Json] = {}
        self._best = NOTHING
        self.events.subscribe(OptimizationRequest, self._answer)

    def register(self, kind: str, name: str, component: object) -> Self:
        """Register a target, method, metric, sequence or constraint.

        Raises:
            SettingsError: it lacks a method, or the name is taken.
        """
        if not name or name in self._components[kind]:
            raise SettingsError(f"{kind} {name!r}: is registered already; choose another name")
        self._components[kind][name] = accepted(kind, name, component)
        return self

    def register_target(self, name: str, target: object) -> Self:
        """Anything with a parameter space; see `targets.Target`."""
        return self.register("target", name, target)

    def register_method(self, name: str, method: object) -> Self:
        """A method of `workflows.methods`, or anything with `optimize(objective, space)`."""
        return self.register("method", name, method)

    def register_metric(self, name: str, metric: object) -> Self:
        """Anything with `calculate(equity_curve, trades)` and `higher_is_better`."""
        return self.register("metric", name, metric)

    def register_sequence(self, name: str, sequence: object) -> Self:
        """Anything with `run(step)`; see `workflows.sequences`."""
        return self.register("sequence", name, sequence)

    def register_constraint(self, name: str, constraint: object) -> Self:
        """A constraint of `workflows.constraints`, or a function of the parameters."""
        return self.register("constraint", name, constraint)

    def run_optimization(
        self,
        sequence_name: str | None = None,
        targets: Sequence[str] | None = None,
        methods: Names = None,
        metrics: MetricNames = None,
        constraints: Mapping[str, Sequence[str]] | None = None,
        *,
        name: str | None = None,
        best: BestParameters | None = None,
        backtest: Backtest | None = None,
        **options: Any,  # noqa: ANN401  whatever the sequence understands
    ) -> Json:
        """Optimise `targets` in the order of a sequence.

        Args:
            sequence_name: None takes the first registered one.
            targets: None takes all of them.
            methods: how each target is searched.
            metrics: what is made large (or small) for each target; several for `nsga2`.
            constraints: names of constraints for each target; None: all for every target.
            name: under which `get_result` finds the result; default: that of the sequence.
            best: parameters to begin with; None: those that earlier calls found.
            backtest: `(target, market) -> (equity_curve, trades)` for targets without
                `backtest(market)`.
            options: for the sequence, for example `regime_detector_target`.

        Returns:
            `sequence`, `target_results` (by target: `best_params`, `best_score`, `method`,
            `metric`, `trials`, `history`), `combined_result`, and for regimes `regimes` and
            `regime_results`.

        Raises:
            SettingsError: an unknown name or option, before any work.
        """
        best = self._best if best is None else best
        sequences = {**default_sequences(), **self._components["sequence"]}
        sequence_name = sequence_name or next(iter(self._components["sequence"]), "sequential")
        chain = chain_of(sequence_name, sequences)
        names = tuple(self._components["target"] if targets is None else targets)
        if not names:
            raise SettingsError("run_optimization: no target is registered; register one first")
        assignments = {
            target: Assignment(
                registered("target", target, self._components["target"]),
                *self._named("method", methods, target),
                self._metrics(metrics, target),
                self._limits(constraints, target),
            )
            for target in _with_detectors(names, chain, options, best)
        }
        for target in names:
            if not hasattr(assignments[target].target, "labels"):
                assignments[target].check_metrics()
        _check_options(sequence_name, chain, options)
        optimizer = Optimizer(
            assignments,
            sequences,
            self.market,
            name or sequence_name,
            self._searches,
            self._seed,
            self._min_trades,
            self._memory_mb,
            backtest,
            self.events.publish,
        )
        result: Json = {"sequence": sequence_name}
        result |= chain[0].run(OptimizationStep(optimizer, names, optimizer.days, best, options))
        self._results[optimizer.name] = result
        self._best = best.after(result, last_of(optimizer.days))
        for target, parameters in best_of(result["target_results"]).items():
            set_on(self._components["target"][target], parameters)
        return result

    def get_result(self, name: str) -> Json:
        """The result of the run of this name.

        Raises:
            SettingsError: there was none.
        """
        return registered("result", name, self._results)

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
        """A function from parameters to the metric, for other methods.

        It evaluates a copy of the target, and gives NaN where a constraint is not met.
        """
        limits = None if constraints is None else {target: constraints}
        return TargetObjective(
            registered("target", target, self._components["target"]),
            (self._named("metric", metric, target)[1],),
            tuple(self._limits(limits, target).values()),
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

    def _named(self, kind: str, names: Names, target: str) -> tuple[str, Any]:
        """The component named for a target, else the first registered, with its name."""
        name = names if isinstance(names, str) else (names or {}).get(target)
        if name is None:
            if not self._components[kind]:
                raise SettingsError(f"{target}: no {kind} is registered; register one first")
            name = next(iter(self._components[kind]))
        return name, registered(kind, name, self._components[kind])

    def _metrics(self, names: MetricNames, target: str) -> dict[str, Any]:
        """The metrics named for a target, the one that ranks first."""
        listed = names if isinstance(names, str) else (names or {}).get(target)
        several = [listed] if listed is None or isinstance(listed, str) else listed
        return dict(self._named("metric", name, target) for name in several)

    def _limits(self, names: Mapping[str, Sequence[str]] | None, target: str) -> dict[str, Any]:
        """The constraints named for a target; all of them where none is."""
        constraints = self._components["constraint"]
        return {
            name: registered("constraint", name, constraints)
            for name in (names or {}).get(target, constraints)
        }


def _with_detectors(
    targets: tuple[str, ...],
    chain: Sequence[Any],
    options: Mapping[str, Any],
    best: BestParameters,
) -> tuple[str, ...]:
    """The targets of a run, and the detectors that are asked without being optimised."""
    inside = [getattr(sequence, "regime_detector_target", None) for sequence in chain]
    detectors = (options.get("regime_detector_target"), *inside, best.detector)
    return tuple(dict.fromkeys([*targets, *filter(None, detectors)]))


def _check_options(name: str, chain: Sequence[Any], options: Mapping[str, Any]) -> None:
    accepted = [option for sequence in chain for option in getattr(sequence, "OPTIONS", ())]
    for option in options:
        if option not in accepted:
            raise SettingsError(
                f"sequence {name!r} takes no option {option!r}; it takes: "
                f"{', '.join(accepted) or 'none'}"
            )
