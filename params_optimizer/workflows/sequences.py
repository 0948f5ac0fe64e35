"""In which order targets are optimised, on which days, and what each one sees of the others.

A sequence runs other sequences inside, so they nest: walk-forward of a regime-specific
optimisation of a sequential one. All results are plain dictionaries.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Protocol

import numpy as np
from pydantic import Field

from params_optimizer.data.days import to_date
from params_optimizer.errors import OptimizerError, SettingsError
from params_optimizer.validation.windows import Schedule, Window, walk_forward_windows
from params_optimizer.workflows.arguments import Count, checked
from params_optimizer.workflows.optimizer import BestParameters, Json, OptimizationStep
from params_optimizer.workflows.searches import NoResultError

SEQUENTIAL = "sequential"


class Sequence(Protocol):
    """One way through the targets of a step."""

    def run(self, step: OptimizationStep) -> Json:
        """Optimise; returns at least `target_results` and `combined_result`."""


@checked
@dataclass(frozen=True, slots=True)
class SequentialOptimization:
    """One target after the other; each sees the best parameters of those before it."""

    def run(self, step: OptimizationStep) -> Json:
        """See `Sequence.run`."""
        results: Json = {}
        for target in step.targets:
            results[target] = step.optimise(target)
            step = replace(step, best=step.best.having(target, results[target]["best_params"]))
        return {"target_results": results, "combined_result": step.evaluate()}


@checked
@dataclass(frozen=True, slots=True)
class ParallelOptimization:
    """All targets from the same start; none sees the best parameters of another.

    The workers of the pool share the trials of each target, so no core waits for another.
    """

    def run(self, step: OptimizationStep) -> Json:
        """See `Sequence.run`."""
        results = {target: step.optimise(target) for target in step.targets}
        best = _learned(step.best, results)
        return {"target_results": results, "combined_result": step.evaluate(best)}


@checked
@dataclass(frozen=True, slots=True)
class ComponentQueue:
    """Components one after another, each alone; one that fails does not stop the rest."""

    def run(self, step: OptimizationStep) -> Json:
        """See `Sequence.run`; a component that failed has an `error` in place of a best."""
        results: Json = {}
        for target in step.targets:
            try:
                results[target] = step.optimise(target)
            except OptimizerError as error:
                results[target] = {"error": str(error)}
        best = _learned(step.best, results)
        return {"target_results": results, "combined_result": step.evaluate(best)}


@checked
@dataclass(frozen=True, slots=True)
class HierarchicalOptimization:
    """Level by level: the best parameters of a level are fixed for the next one.

    `levels` lists the targets of each level (empty: each target is its own level);
    `rounds` goes through all levels again, each with the others' newest parameters.
    """

    levels: tuple[tuple[str, ...], ...] = ()
    rounds: Count = 1
    inner: str = SEQUENTIAL

    def run(self, step: OptimizationStep) -> Json:
        """See `Sequence.run`; `levels` holds the results of each level and round."""
        levels = self.levels or tuple((target,) for target in step.targets)
        placed = [target for level in levels for target in level]
        if sorted(placed) != sorted(step.targets):
            raise SettingsError(
                f"levels {[list(level) for level in levels]}: must name each of the targets "
                f"{', '.join(step.targets)} exactly once"
            )
        level_results, results = [], Json()
        for turn in range(1, self.rounds + 1):
            for number, targets in enumerate(levels, start=1):
                inner = replace(step, targets=tuple(targets)).labelled(f"{turn}.{number}")
                result = step.sequence(self.inner).run(inner)
                level_results.append({"round": turn, "level": number, **result})
                results |= result["target_results"]
                step = replace(step, best=_learned(step.best, result["target_results"]))
        combined = step.evaluate()
        return {"target_results": results, "levels": level_results, "combined_result": combined}


@checked
@dataclass(frozen=True, slots=True)
class RegimeSpecificOptimization:
    """The inner sequence once on all days, then on the days of each regime.

    A regime with fewer than `min_regime_data` bars keeps the parameters of all days, with a
    note; so do days before the detector has enough history.
    """

    OPTIONS: ClassVar[tuple[str, ...]] = ("regime_detector_target", "min_regime_data")

    regime_detector_target: str | None = None
    min_regime_data: Count = 100
    inner: str = SEQUENTIAL

    def run(self, step: OptimizationStep) -> Json:
        """See `Sequence.run`; `regime_results` holds one result for each of `regimes`."""
        name = step.options.get("regime_detector_target", self.regime_detector_target)
        detector = step.optimizer.detector(name)
        targets = tuple(target for target in step.targets if target != detector)
        if not targets:
            raise SettingsError(f"regime_specific: no target beside the detector {detector!r}")
        step = replace(step, targets=targets)
        general = step.sequence(self.inner).run(step.labelled("all days"))
        labels = step.optimizer.labels(step, detector)
        results: Json = {}
        by_regime = {regime: dict(best) for regime, best in step.best.by_regime.items()}
        for place, regime in enumerate(labels.names):
            results[regime] = result = self._of_regime(step.on(labels.days(place)), regime)
            if "skipped" not in result:
                by_regime.setdefault(regime, {}).update(_best(result["target_results"]))
        best_general = _learned(step.best, general["target_results"]).general
        everything = step.evaluate(BestParameters(best_general, by_regime, detector))
        return {
            **general,
            "regime_detector": detector,
            "regimes": list(labels.names),
            "regime_results": results,
            "combined_result": {**everything, "one_set_for_all": general["combined_result"]},
        }

    def _of_regime(self, step: OptimizationStep, regime: str) -> Json:
        """The inner sequence on the days of a regime, or why it was skipped."""
        minimum = int(step.options.get("min_regime_data", self.min_regime_data))
        step = replace(step.labelled(regime), best=BestParameters(step.best.of(regime)))
        bars = step.optimizer.bars_count(step)
        result: Json = {"days": int(step.days.size), "bars": bars}
        if bars < minimum:
            reason = f"{bars} bars are fewer than min_regime_data {minimum}"
            return {**result, "skipped": f"{reason}: the parameters of all days hold"}
        try:
            return {**result, **step.sequence(self.inner).run(step)}
        except NoResultError as error:
            return {**result, "skipped": f"{error}: the parameters of all days hold"}


@checked
@dataclass(frozen=True, slots=True)
class WalkForwardOptimization:
    """The inner sequence anew in each window, evaluated on the days behind it."""

    in_sample_days: Count = 120
    out_sample_days: Count = 60
    step_days: Count | None = None
    anchored: bool = False
    purge_days: Annotated[int, Field(ge=0)] = 0
    inner: str = SEQUENTIAL

    @property
    def schedule(self) -> Schedule:
        """How the windows follow each other."""
        return Schedule(
            self.in_sample_days,
            self.out_sample_days,
            self.step_days,
            self.anchored,
            self.purge_days,
        )

    def run(self, step: OptimizationStep) -> Json:
        """See `Sequence.run`; `windows` holds each window, `target_results` the last one's."""
        windows, last = list[Json](), Json()
        for number, window in enumerate(walk_forward_windows(step.days, self.schedule), start=1):
            inner = step.on(window.in_sample).labelled(f"window {number}")
            last = step.sequence(self.inner).run(inner)
            best = BestParameters.from_json(last["combined_result"]["known"])
            out_of_sample = step.on(window.out_sample).evaluate(best)
            windows.append({**_dates(window), **last, "out_of_sample": out_of_sample})
        scores = [window["out_of_sample"]["score"] for window in windows]
        defined = [score for score in scores if score is not None]
        return {
            "target_results": last["target_results"],
            "windows": windows,
            "combined_result": {
                **last["combined_result"],
                "out_of_sample_scores": scores,
                "average_out_of_sample_score": float(np.mean(defined)) if defined else None,
            },
        }


def _dates(window: Window) -> Json:
    """First and last day of both samples, ISO."""
    return {
        f"{name}_{end}": to_date(int(days[at])).isoformat()
        for name, days in zip(window._fields, window, strict=True)
        for end, at in (("first", 0), ("last", -1))
    }


def _best(results: Mapping[str, Any]) -> Json:
    """Best parameters of each target that has some."""
    return {
        target: result["best_params"]
        for target, result in results.items()
        if "best_params" in result
    }


def _learned(best: BestParameters, results: Mapping[str, Any]) -> BestParameters:
    for target, parameters in _best(results).items():
        best = best.having(target, parameters)
    return best
