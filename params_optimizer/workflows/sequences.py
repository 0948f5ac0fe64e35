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
from params_optimizer.workflows.best import BestParameters, Json, best_of
from params_optimizer.workflows.optimizer import OptimizationStep, last_of
from params_optimizer.workflows.searches import NoResultError
from params_optimizer.workflows.targets import registered

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
            step = step.learned({target: results[target]})
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
        return {"target_results": results, "combined_result": step.learned(results).evaluate()}


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
        return {"target_results": results, "combined_result": step.learned(results).evaluate()}


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
                step = step.learned(result["target_results"])
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
        best = step.learned(general["target_results"]).best
        by_regime = {regime: dict(values) for regime, values in best.by_regime.items()}
        for place, regime in enumerate(labels.names):
            results[regime] = result = self._of_regime(step.on(labels.days(place)), regime)
            if "skipped" not in result:
                by_regime.setdefault(regime, {}).update(best_of(result["target_results"]))
        everything = step.evaluate(replace(best, by_regime=by_regime, detector=detector))
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
        best = replace(step.best, general=step.best.of(regime), by_regime={}, detector="")
        step = replace(step.labelled(regime), best=best)
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
    """The inner sequence anew in each window, evaluated on the days behind it.

    Parameters that were chosen before on days of the windows are searched anew as well: their
    targets have to be among those of the step.
    """

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
        others = step.best.without(step.targets)
        # Not even a start from earlier parameters; a detector may be asked and not searched.
        targets = step.optimizer.assignments.items()
        searched = [name for name, item in targets if not hasattr(item.target, "labels")]
        fresh = step.best.without(set(searched) & set(step.targets))
        step = replace(step, best=fresh)
        for number, window in enumerate(walk_forward_windows(step.days, self.schedule), start=1):
            _refuse_foresight(others, window)
            inner = step.on(window.in_sample).labelled(f"window {number}")
            last = step.sequence(self.inner).run(inner)
            best = step.best.after(last, last_of(inner.days))
            _refuse_foresight(best, window)
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


def chain_of(name: str, sequences: Mapping[str, Any]) -> list[Any]:
    """The sequence of this name, and those that run inside it.

    Raises:
        SettingsError: one is not registered, or they run in a circle.
    """
    names = [name]
    while True:
        sequence = registered("sequence", names[-1], sequences)
        inner = getattr(sequence, "inner", None)
        if inner is None:
            return [sequences[inside] for inside in names]
        if inner in names:
            raise SettingsError(f"the sequences run in a circle: {' -> '.join([*names, inner])}")
        names.append(inner)


def _dates(window: Window) -> Json:
    """First and last day of both samples, ISO."""
    return {
        f"{name}_{end}": to_date(int(days[at])).isoformat()
        for name, days in zip(window._fields, window, strict=True)
        for end, at in (("first", 0), ("last", -1))
    }


def _refuse_foresight(best: BestParameters, window: Window) -> None:
    """Refuse parameters that were chosen on the days that shall test them."""
    if early := best.chosen_from(int(window.out_sample[0])):
        names = ", ".join(early)
        raise SettingsError(
            f"walk_forward: the parameters of {names} were chosen before, on days that the "
            f"windows test; add {names} to its targets, so that each window searches anew, or "
            f"run walk_forward first"
        )
