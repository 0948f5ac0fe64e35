"""Follow a workflow in its run directory: stages, analysis, the test on days kept away.

Whatever is finished lies there as a file and is not done twice; the process may end or be
killed anywhere, and the same command goes on.
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from params_optimizer.data.days import to_date
from params_optimizer.data.regimes import DayLabels
from params_optimizer.errors import DataError, WorkflowError
from params_optimizer.storage.tables import write_csv, write_json
from params_optimizer.workflows import analysis, out_of_sample
from params_optimizer.workflows.best import NOTHING, BestParameters, Json
from params_optimizer.workflows.conditions import plain_name, unmet
from params_optimizer.workflows.events import OptimizationProgress
from params_optimizer.workflows.hypotheses import read_hypotheses
from params_optimizer.workflows.manager import OptimizationManager
from params_optimizer.workflows.market import MarketDays
from params_optimizer.workflows.model import ANALYSIS, DATA_MINING
from params_optimizer.workflows.optimizer import last_of
from params_optimizer.workflows.plan import Workflow
from params_optimizer.workflows.results import read_result, write_result
from params_optimizer.workflows.stages import WorkflowStage
from params_optimizer.workflows.targets import configured

log = logging.getLogger(__name__)

STATE, SEARCHES = "workflow.json", "searches"
MATRIX, SENSITIVITY = "regime_performance_matrix", "parameter_sensitivity"
ENSEMBLES = "ensemble_recommendations"
RESULTS = "oos_results"

Listener = Callable[[int, Mapping[str, object]], None]
"""Called with the number of finished stages, and with what is in progress."""


def _ignore(finished: int, activity: Mapping[str, object]) -> None:
    del finished, activity


@dataclass(frozen=True, slots=True)
class WorkflowResult:
    """Where a workflow stands: `paused` names the phase or stage after which it waits.

    `comparison`, `matrix` and `sensitivity` are the rows of the tables that were written.
    """

    workflow: Workflow
    folder: Path
    results: Mapping[str, Json]
    paused: str | None
    searched: MarketDays
    kept_away: MarketDays | None
    comparison: tuple[Json, ...] = ()
    matrix: tuple[Json, ...] = ()
    sensitivity: tuple[Json, ...] = ()


def split(market: MarketDays, oos_days: float | None) -> tuple[MarketDays, MarketDays | None]:
    """The market that stages may see, its later bars cut off, and the days kept away.

    Raises:
        DataError: too few days on either side.
    """
    if oos_days is None:
        return market, None
    count = round(market.dates.size * oos_days) if oos_days < 1 else int(oos_days)
    if not 0 < count < market.dates.size - 1:
        raise DataError(
            f"{market.dates.size} days of bars: {oos_days:g} of them for oos_testing leave too "
            f"few on one side; use more data or another number of days"
        )
    before, after = market.dates[:-count], market.dates[-count:]
    return market.until(int(before[-1])), market.on(after)


def follow(
    workflow: Workflow,
    market: MarketDays,
    folder: Path,
    key: str,
    workers: int,
    listener: Listener = _ignore,
    timeout: float | None = None,
) -> WorkflowResult:
    """Do what is not done yet, up to the end or the next pause.

    `key` proves that files belong to this workflow on these bars. A trial may take `timeout`
    seconds.

    Raises:
        OptimizerError: see `OptimizationManager.run_optimization`; finished searches are kept.
    """
    searched, kept_away = split(market, workflow.oos_days)
    pauses = _Pauses.opened(folder, workflow, searched, kept_away)
    results: dict[str, Json] = {}
    stages: dict[str, BestParameters] = {}
    best = NOTHING
    manager = _manager(workflow, searched, folder, key, workers, timeout)
    manager.events.subscribe(
        OptimizationProgress, lambda progress: listener(len(results), asdict(progress))
    )

    result = WorkflowResult(workflow, folder, results, None, searched, kept_away)
    for number, stage in enumerate(workflow.stages, start=1):
        listener(len(results), {"stage": stage.name})
        path = folder / f"stage_{number:02d}_{plain_name(stage.name)}.json"
        content = read_result(path, key)
        if content is None:
            log.info("stage %d of %d: %s", number, len(workflow.stages), stage.name)
            content = _run_stage(manager, stage, best, results)
            write_result(path, key, content)
        results[stage.name] = content
        best = best.after(content, last_of(searched.dates))
        stages[stage.name] = best
        if stage.stop_after and pauses.begin(stage.name):
            return replace(result, paused=stage.name)
    matrix, rows = _analyse(workflow, searched, results, best, folder)
    result = replace(result, matrix=tuple(matrix), sensitivity=tuple(rows))
    for phase in (DATA_MINING, ANALYSIS):
        if phase in workflow.stops and pauses.begin(phase):
            return replace(result, paused=phase)
    if kept_away is None:
        return result
    comparison = _test(workflow, searched, kept_away, stages, folder)
    return replace(result, comparison=tuple(comparison))


def _manager(
    workflow: Workflow,
    market: MarketDays,
    folder: Path,
    key: str,
    workers: int,
    timeout: float | None,
) -> OptimizationManager:
    """A manager with the components of the file; finished searches are kept in the folder."""
    manager = OptimizationManager(
        market,
        workers=workers,
        seed=workflow.seed,
        folder=folder / SEARCHES,
        key=key,
        min_trades=workflow.data.min_trades,
        memory_mb=workflow.containers.resource_limits.memory_mb,
        timeout=timeout,
    )
    for kind, components in workflow.components.items():
        for name, component in components.items():
            manager.register(kind.removesuffix("s"), name, component)
    return manager


def _run_stage(
    manager: OptimizationManager,
    stage: WorkflowStage,
    best: BestParameters,
    results: Mapping[str, Json],
) -> Json:
    """One stage, beginning with the best parameters of those before it, if its condition holds."""
    if stage.when and (reason := unmet(stage.when, results)):
        combined = {"known": best.to_json(), "score": None, "metrics": None}
        skipped = f"skipped: when {stage.when}: {reason}"
        return {"skipped": skipped, "target_results": {}, "combined_result": combined}
    return manager.run_optimization(
        stage.sequence,
        stage.targets,
        stage.methods,
        stage.metrics,
        stage.constraints,
        name=stage.name,
        best=best,
        **stage.options,
    )


def _analyse(
    workflow: Workflow,
    searched: MarketDays,
    results: Mapping[str, Json],
    best: BestParameters,
    folder: Path,
) -> tuple[list[Json], list[Json]]:
    """Write the reports of the analysis phase, those that the file names or all.

    Returns the rows of the matrix and of the sensitivities; none of what was not named.
    """
    names = workflow.reports or (MATRIX, SENSITIVITY, ENSEMBLES)
    labels = _labels(workflow, searched, best)
    matrix = analysis.regime_performance_matrix(searched, best, labels) if best.general else []
    rows = analysis.parameter_sensitivity(results)
    if MATRIX in names:
        write_csv(folder / f"{MATRIX}.csv", matrix, analysis.MATRIX_COLUMNS)
    if SENSITIVITY in names:
        write_csv(folder / f"{SENSITIVITY}.csv", rows, analysis.SENSITIVITY_COLUMNS)
    if ENSEMBLES in names:
        write_json(folder / f"{ENSEMBLES}.json", analysis.ensemble_recommendations(best, matrix))
    return matrix if MATRIX in names else [], rows if SENSITIVITY in names else []


def _test(
    workflow: Workflow,
    searched: MarketDays,
    kept_away: MarketDays,
    stages: Mapping[str, BestParameters],
    folder: Path,
) -> list[Json]:
    """Every configuration on the days kept away, beside the days searched."""
    file = workflow.hypotheses_file
    hypotheses = read_hypotheses(file, [*stages]) if file else ()
    tested = out_of_sample.configurations(hypotheses, stages)
    whole = kept_away.on(np.concatenate([searched.dates, kept_away.dates]))
    labels = _labels(workflow, whole, [NOTHING, *stages.values()][-1])
    rows = out_of_sample.compared(kept_away.on(searched.dates), kept_away, labels, tested)
    write_csv(folder / f"{RESULTS}.csv", rows, out_of_sample.COLUMNS)
    content = {
        "configurations": [
            {"name": item.name, "parameters": item.general, "by_regime": item.by_regime}
            for item in tested
        ],
        "results": rows,
    }
    write_json(folder / f"{RESULTS}.json", content)
    return rows


class _Pauses:
    """`workflow.json`: the days of each phase, and the pauses that were made."""

    def __init__(self, path: Path, content: Json) -> None:
        self._path, self._content = path, content
        write_json(path, content)

    @classmethod
    def opened(
        cls,
        folder: Path,
        workflow: Workflow,
        searched: MarketDays,
        kept_away: MarketDays | None,
    ) -> "_Pauses":
        """Those in the folder, or none yet."""
        path = folder / STATE
        days = {"searched": _span(searched), "kept_away": _span(kept_away) if kept_away else None}
        content: Json = {"workflow": workflow.path.name, "days": days, "paused_after": []}
        if path.exists():
            try:
                state = json.loads(path.read_bytes())
                content["paused_after"] = [str(name) for name in state["paused_after"]]
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                raise WorkflowError(
                    f"{path}: cannot be read ({error}); delete it, and the same command goes on"
                ) from error
        return cls(path, content)

    def begin(self, name: str) -> bool:
        """Whether to end here; stored, so that the same command goes on the next time."""
        if name in self._content["paused_after"]:
            return False
        self._content["paused_after"].append(name)
        write_json(self._path, self._content)
        return True


def _labels(workflow: Workflow, market: MarketDays, best: BestParameters) -> DayLabels | None:
    if not best.detector:
        return None
    target: Any = workflow.components["targets"][best.detector]
    if parameters := best.general.get(best.detector):
        target = configured(target, parameters)
    labels: DayLabels = target.labels(market)
    return labels


def _span(market: MarketDays) -> Json:
    first, last = (to_date(int(market.dates[at])).isoformat() for at in (0, -1))
    return {"days": int(market.dates.size), "first": first, "last": last}
