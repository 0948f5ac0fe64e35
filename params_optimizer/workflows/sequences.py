"""In which order targets are optimised, on which days, and what each one sees of the others.

A sequence runs other sequences inside, so they nest: walk-forward of a regime-specific
optimisation of a sequential one. All results are plain dictionaries.
"""

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol

import numpy as np

from params_optimizer.data.days import to_date
from params_optimizer.errors import OptimizerError, SettingsError
from params_optimizer.validation.windows import Schedule, Window, walk_forward_windows
from params_optimizer.workflows.methods import NoResultError
from params_optimizer.workflows.work import Json, Known, Work

SEQUENTIAL = "sequential"


class Sequence(Protocol):
    """One way through the targets of a piece of work."""

    def run(self, work: Work) -> Json:
        """Optimise; returns `target_results`, `combined_result` and what else there is."""


@dataclass(frozen=True, slots=True)
class SequentialOptimization:
    """One target after the other; each sees the best parameters of those before it."""

    def run(self, work: Work) -> Json:
        """See `Sequence.run`."""
        results: Json = {}
        for target in work.targets:
            results[target] = work.optimise(target)
            work = work.knowing(target, results[target]["best_params"])
        return {"target_results": results, "combined_result": work.combined()}


@dataclass(frozen=True, slots=True)
class ParallelOptimization:
    """All targets from the same start; none sees what another one found.

    The workers of the pool share the trials of each target, so no core waits for another.
    """

    def run(self, work: Work) -> Json:
        """See `Sequence.run`."""
        results = {target: work.optimise(target) for target in work.targets}
        known = _learned(work.known, {"target_results": results})
        return {"target_results": results, "combined_result": work.desk.judge(work, known)}


@dataclass(frozen=True, slots=True)
class ComponentQueue:
    """Components one after another, each on its own; one that fails does not stop the rest."""

    def run(self, work: Work) -> Json:
        """See `Sequence.run`; a component that failed has an `error` in place of a best."""
        results: Json = {}
        for target in work.targets:
            try:
                results[target] = work.optimise(target)
            except OptimizerError as error:
                results[target] = {"error": str(error)}
        known = _learned(work.known, {"target_results": results})
        return {"target_results": results, "combined_result": work.desk.judge(work, known)}


@dataclass(frozen=True, slots=True)
class HierarchicalOptimization:
    """Level by level: what a level found is fixed for the next one.

    `levels` lists the targets of each level (empty: each target is a level of its own);
    `rounds` goes through all levels again, each with the others' newest parameters.
    """

    levels: tuple[tuple[str, ...], ...] = ()
    rounds: int = 1
    inner: str = SEQUENTIAL

    def __post_init__(self) -> None:
        if self.rounds < 1:
            raise SettingsError(f"rounds {self.rounds}: has to be at least 1")

    def run(self, work: Work) -> Json:
        """See `Sequence.run`; `levels` holds the results of each level and round."""
        levels = self.levels or tuple((target,) for target in work.targets)
        self._check(levels, work)
        steps, results = [], Json()
        for turn in range(self.rounds):
            for number, targets in enumerate(levels):
                part = replace(work, targets=tuple(targets)).labelled(f"{turn + 1}.{number + 1}")
                found = work.sequence(self.inner).run(part)
                steps.append({"round": turn + 1, "level": number + 1, **found})
                for target, result in found["target_results"].items():
                    results[target] = result
                work = replace(work, known=_learned(work.known, found))
        return {"target_results": results, "levels": steps, "combined_result": work.combined()}

    @staticmethod
    def _check(levels: tuple[tuple[str, ...], ...], work: Work) -> None:
        placed = [target for level in levels for target in level]
        if sorted(placed) != sorted(work.targets):
            raise SettingsError(
                f"levels {[list(level) for level in levels]}: have to name each of the targets "
                f"{', '.join(work.targets)} exactly once"
            )


@dataclass(frozen=True, slots=True)
class RegimeSpecificOptimization:
    """The inner sequence once on all days, then on the days of each regime.

    A regime with fewer than `min_regime_data` bars keeps the parameters of all days, and
    says so; so do days before the detector knows enough.
    """

    OPTIONS: ClassVar[tuple[str, ...]] = ("regime_detector_target", "min_regime_data")

    regime_detector_target: str | None = None
    min_regime_data: int = 100
    inner: str = SEQUENTIAL

    def __post_init__(self) -> None:
        if self.min_regime_data < 1:
            raise SettingsError(f"min_regime_data {self.min_regime_data}: has to be at least 1")

    def run(self, work: Work) -> Json:
        """See `Sequence.run`; `regime_results` holds one result for each of `regimes`."""
        detector = work.desk.detector(
            work, work.options.get("regime_detector_target", self.regime_detector_target)
        )
        least = int(work.options.get("min_regime_data", self.min_regime_data))
        others = tuple(target for target in work.targets if target != detector)
        if not others:
            raise SettingsError(f"regime_specific: no target beside the detector {detector!r}")
        work = replace(work, targets=others)
        inner = work.sequence(self.inner)
        general = inner.run(work.labelled("all days"))
        known = _learned(work.known, general)
        labels = work.desk.labels(work, detector)
        results: Json = {}
        by_regime = {name: dict(one) for name, one in work.known.by_regime.items()}
        for place, regime in enumerate(labels.names):
            part = work.on(labels.days(place)).labelled(regime).of_regime(regime)
            bars = work.desk.bars(part)
            found: Json = {"days": int(part.days.size), "bars": bars}
            if bars < least:
                found["skipped"] = (
                    f"{bars} bars are fewer than min_regime_data {least}: the parameters of all "
                    f"days hold"
                )
            else:
                try:
                    found |= inner.run(part)
                    by_regime.setdefault(regime, {}).update(_best(found))
                except NoResultError as error:
                    found["skipped"] = f"{error}: the parameters of all days hold"
            results[regime] = found
        everything = Known(known.general, by_regime, detector)
        return {
            **general,
            "regime_detector": detector,
            "regimes": list(labels.names),
            "regime_results": results,
            "combined_result": {
                **work.desk.judge(work, everything),
                "one_set_for_all": general["combined_result"],
            },
        }


@dataclass(frozen=True, slots=True)
class WalkForwardOptimization:
    """The inner sequence anew in each window, judged on the days behind it."""

    in_sample_days: int = 120
    out_sample_days: int = 60
    step_days: int | None = None
    anchored: bool = False
    purge_days: int = 0
    inner: str = SEQUENTIAL

    def __post_init__(self) -> None:
        _ = self.schedule  # refuses what makes no window

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

    def run(self, work: Work) -> Json:
        """See `Sequence.run`; `windows` holds each window, `target_results` the last one's."""
        inner, found, last = work.sequence(self.inner), list[Json](), Json()
        for number, window in enumerate(walk_forward_windows(work.days, self.schedule)):
            part = work.on(window.in_sample).labelled(f"window {number + 1}")
            last = inner.run(part)
            known = Known.from_json(last["combined_result"]["known"])
            out = work.desk.judge(work.on(window.out_sample), known)
            found.append({**_dates(window), **last, "out_of_sample": out})
        scores = [one["out_of_sample"]["score"] for one in found]
        defined = [score for score in scores if score is not None]
        return {
            "target_results": last["target_results"],
            "windows": found,
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


def _best(found: Json) -> dict[str, Any]:
    """Best parameters of each target of a result that has some."""
    results = found["target_results"]
    return {name: one["best_params"] for name, one in results.items() if "best_params" in one}


def _learned(known: Known, found: Json) -> Known:
    for target, parameters in _best(found).items():
        known = known.knowing(target, parameters)
    return known
