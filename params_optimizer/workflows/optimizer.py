"""What a sequence works with: steps to take, and the optimizer that takes them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from json import dumps
from typing import Any

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.regimes import DayLabels
from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.errors import SettingsError
from params_optimizer.strategies.protocol import Parameters, Value
from params_optimizer.workflows.best import NOTHING, BestParameters, Json, best_of, flat
from params_optimizer.workflows.constraints import conditions
from params_optimizer.workflows.evaluation import Backtest, TargetObjective, plain
from params_optimizer.workflows.events import OptimizationProgress
from params_optimizer.workflows.market import MarketDays, TrackRecord, by_rule
from params_optimizer.workflows.methods import SearchMethod
from params_optimizer.workflows.metrics import Metric
from params_optimizer.workflows.searches import Searches
from params_optimizer.workflows.targets import configured, registered, space_of

Days = NDArray[np.int64]
"""Local dates, days since 1970-01-01, in order."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """How one target is optimised: the first metric ranks, a method may look at several."""

    target: Any
    method_name: str
    method: SearchMethod
    metrics: Mapping[str, Metric]
    constraints: Mapping[str, Any] = field(default_factory=dict)

    def check_metrics(self) -> None:
        """Refuse several metrics for a method of one, and the reverse."""
        several = getattr(self.method, "several_metrics", False)
        if several != (len(self.metrics) > 1):
            way_out = "list several metrics" if several else "give one metric, or take nsga2"
            raise SettingsError(
                f"method {self.method_name!r} searches for {'several' if several else 'one'} of: "
                f"{', '.join(self.metrics)}; {way_out}"
            )

    @property
    def metric_name(self) -> str:
        """The metric that ranks."""
        return next(iter(self.metrics))

    @property
    def metric(self) -> Metric:
        """The metric that ranks."""
        return self.metrics[self.metric_name]

    def to_json(self) -> Json:
        """The names, as results begin with them."""
        return {
            "method": self.method_name,
            "metric": self.metric_name,
            "higher_is_better": self.metric.higher_is_better,
            **({"metrics": list(self.metrics)} if len(self.metrics) > 1 else {}),
        }


@dataclass(frozen=True, slots=True)
class OptimizationStep:
    """Targets to optimise on `days`; `best` holds the parameters of others.

    `label` tells this step from others of the same run, for files and progress.
    """

    optimizer: "Optimizer"
    targets: tuple[str, ...]
    days: Days
    best: BestParameters = NOTHING
    options: Mapping[str, Any] = field(default_factory=dict)
    label: tuple[str, ...] = ()

    def optimise(self, target: str) -> Json:
        """Search the target's parameters; see `OptimizationManager.run_optimization`."""
        return self.optimizer.optimise(self, target)

    def evaluate(self, best: BestParameters | None = None) -> Json:
        """What all parameters achieve together on these days; `best` in place of the step's."""
        return self.optimizer.evaluate(self, self.best if best is None else best)

    def sequence(self, name: str) -> Any:  # noqa: ANN401  a Sequence; they import this file
        """The sequence registered under a name."""
        return registered("sequence", name, self.optimizer.sequences)

    def learned(self, results: Mapping[str, Any]) -> "OptimizationStep":
        """The same step, the best of `target_results` among its best parameters."""
        return replace(self, best=self.best.having(best_of(results), last_of(self.days)))

    def on(self, days: Days) -> "OptimizationStep":
        """The same step on fewer days."""
        return replace(self, days=self.days[np.isin(self.days, days)])

    def labelled(self, name: str) -> "OptimizationStep":
        """The same step under a longer label."""
        return replace(self, label=(*self.label, name))


def last_of(days: Days) -> int | None:
    """The last of some days; None of none."""
    return int(days[-1]) if days.size else None


def _ignore(progress: OptimizationProgress) -> None:
    del progress


@dataclass(frozen=True, slots=True)
class Optimizer:
    """The components of one run, its market, and what its sequences ask for."""

    assignments: Mapping[str, Assignment]
    sequences: Mapping[str, Any]
    market: MarketDays | None
    name: str
    searches: Searches
    seed: int = 0
    min_trades: int = 0
    memory_mb: int | None = None
    backtest: Backtest | None = None
    listener: Callable[[OptimizationProgress], None] = _ignore

    @property
    def days(self) -> Days:
        """All days of the market."""
        return self.market.dates if self.market else np.zeros(0, np.int64)

    def bars_count(self, step: OptimizationStep) -> int:
        """Number of bars on the days of the step."""
        return self._market(step, {}).bars_count if self.market else 0

    def optimise(self, step: OptimizationStep, target: str) -> Json:
        """Search a target; one of several parts is searched part by part."""
        assignment = self.assignments[target]
        parts: Mapping[str, Any] = getattr(assignment.target, "parts", dict)()
        if not parts:
            return self._searched(step, target, assignment)
        best: dict[str, Value] = {}
        results: Json = {}
        for name, part in parts.items():
            of_part = replace(assignment, target=part)
            results[name] = self._searched(step.labelled(target), name, of_part)
            best |= results[name]["best_params"]
        objective = self._objective(step, replace(assignment, constraints={}))
        return {
            **assignment.to_json(),
            "best_params": best,
            "best_score": plain(objective(best)),
            "trials": sum(result["trials"] for result in results.values()),
            "parts": results,
        }

    def evaluate(self, step: OptimizationStep, best: BestParameters) -> Json:
        """What all parameters achieve together on the days of the step.

        `score` and `metrics` are None where no rules are named that could be traded together.
        """
        content: Json = {"best_params": best.to_json()["general"], "known": best.to_json()}
        assignment = self.assignments[step.targets[-1]]
        record = self._record(step, best)
        if record is None:
            return {**content, "score": None, "metrics": None}
        score = None
        if not hasattr(assignment.metric, "accuracy"):
            score = plain(float(assignment.metric.calculate(record.equity, record.trades)))
        metrics = {name: plain(value) for name, value in metrics_of_r(record.trades.r).items()}
        return {**content, "metric": assignment.metric_name, "score": score, "metrics": metrics}

    def labels(
        self, step: OptimizationStep, detector: str, best: BestParameters | None = None
    ) -> DayLabels:
        """The regimes of the days of the step, by a detector with its best parameters."""
        parameters = (best or step.best).general.get(detector)
        target = self.assignments[detector].target
        if parameters:
            target = configured(target, parameters)
        labels: DayLabels = target.labels(self._market(step, {}))
        return labels

    def detector(self, name: str | None) -> str:
        """The regime detector of this name, or the only one among the targets."""
        detectors = [
            target
            for target, assignment in self.assignments.items()
            if hasattr(assignment.target, "labels")
        ]
        if name is not None:
            registered("target", name, self.assignments)
            if name not in detectors:
                raise SettingsError(
                    f"regime_detector_target {name!r}: is not a regime detector; it lacks "
                    f"labels(market)"
                )
            return name
        if len(detectors) != 1:
            names = f" ({', '.join(detectors)})" if detectors else ""
            raise SettingsError(
                f"regime_specific: {len(detectors)} of the targets detect regimes{names}; name "
                f"one as regime_detector_target"
            )
        return detectors[0]

    def _record(self, step: OptimizationStep, best: BestParameters) -> TrackRecord | None:
        """Equity and trades of all rules together, switched by regime where they differ."""
        general = flat(best.general)
        if self.market is None or not by_rule(general):
            return None
        market = self._market(step, general)
        if not best.by_regime:
            return market.track(market.combined(general))
        regimes = {name: flat(best.of(name)) for name in best.by_regime}
        labels = self.labels(step, best.detector, best)
        return market.track(market.switched(labels, general, regimes))

    def _searched(self, step: OptimizationStep, target: str, assignment: Assignment) -> Json:
        """Search one target."""
        label = "/".join((self.name, *step.label, target))
        digest = sha256(f"{self.seed} {label}".encode()).digest()
        space = self._space(assignment, target)
        names = (assignment.to_json(), *assignment.constraints)
        basis = (space, names, step.best.to_json(), step.days.tolist(), self.min_trades, self.seed)
        return self.searches.result(
            label,
            sha256(dumps(basis, default=str).encode()).hexdigest(),
            assignment.to_json(),
            lambda: assignment.method.begin(space, int.from_bytes(digest[:4], "big"), label),
            self._objective(step, assignment),
            self.listener,
        )

    def _space(self, assignment: Assignment, target: str) -> Json:
        """The target's space, and the relations that constrain it."""
        space = space_of(assignment.target, f"target {target!r}")
        limits = conditions((*assignment.constraints.values(),), space["parameters"], target)
        relations = [limit.text for limit in limits if not limit.on_performance]
        return {**space, "constraints": [*space.get("constraints", ()), *relations]}

    def _objective(self, step: OptimizationStep, assignment: Assignment) -> TargetObjective:
        market = self._market(step, flat(step.best.general)) if self.market else None
        return TargetObjective(
            assignment.target,
            tuple(assignment.metrics.values()),
            tuple(assignment.constraints.values()),
            market,
            self.backtest,
            self.min_trades,
            self.memory_mb,
        )

    def _market(self, step: OptimizationStep, parameters: Parameters) -> MarketDays:
        if self.market is None:
            raise SettingsError("OptimizationManager: this sequence needs a market with days")
        return self.market.on(step.days, parameters)
