"""Follow a plan in its run directory: stages, analysis, the test on days kept away.

Whatever is finished lies there as a file and is not done twice; the process may end or be
killed anywhere, and the same command goes on.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from params_optimizer.data.days import to_date
from params_optimizer.data.regimes import DayLabels
from params_optimizer.errors import DataError, WorkflowError
from params_optimizer.storage import files
from params_optimizer.workflows.analysis import (
    MATRIX_COLUMNS,
    SENSITIVITY_COLUMNS,
    ensemble_recommendations,
    parameter_sensitivity,
    regime_performance_matrix,
)
from params_optimizer.workflows.kept import read_result, write_result
from params_optimizer.workflows.market import Market
from params_optimizer.workflows.out_of_sample import COLUMNS, compared, configurations
from params_optimizer.workflows.plan import ANALYSIS, DATA_MINING, Plan, hypotheses_of
from params_optimizer.workflows.stages import (
    Say,
    known_after,
    manager_of,
    run_stage,
    stage_file,
)
from params_optimizer.workflows.targets import configured
from params_optimizer.workflows.work import Json, Known

STATE = "workflow.json"
MATRIX, SENSITIVITY = "regime_performance_matrix", "parameter_sensitivity"
ENSEMBLES = "ensemble_recommendations"
RESULTS = "oos_results"


@dataclass(frozen=True, slots=True)
class Ended:
    """Where a workflow stands: `paused` names the phase or stage after which it waits."""

    plan: Plan
    folder: Path
    results: Mapping[str, Json]
    paused: str | None
    searched: Market
    kept_away: Market | None
    comparison: tuple[Json, ...] = ()


def split(market: Market, oos_days: float | None) -> tuple[Market, Market | None]:
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
            f"few on one side; take more data or another number of days"
        )
    before, after = market.dates[:-count], market.dates[-count:]
    return market.until(int(before[-1])), market.on(after)


def follow(plan: Plan, market: Market, folder: Path, key: str, workers: int, say: Say) -> Ended:
    """Do what is not done yet, up to the end or the next pause.

    `key` proves that files belong to this workflow on these bars.

    Raises:
        OptimizerError: see `OptimizationManager.run_optimization`; what was finished stays.
    """
    searched, kept_away = split(market, plan.oos_days)
    state = _State.opened(folder, plan, searched, kept_away)
    results: dict[str, Json] = {}
    found: dict[str, Known] = {}
    known = Known()
    manager = manager_of(plan, searched, folder, key, workers)
    for number, stage in enumerate(plan.stages, start=1):
        path = stage_file(folder, number, stage)
        done = read_result(path, key)
        if done is None:
            say(f"stage {number} of {len(plan.stages)}: {stage.name}")
            done = run_stage(manager, stage, known)
            write_result(path, key, done)
        results[stage.name] = done
        found[stage.name] = known = known_after(done)
        if stage.stop_after and state.pauses(stage.name):
            return Ended(plan, folder, results, stage.name, searched, kept_away)
    analyse(plan, searched, results, known, folder)
    for phase in (DATA_MINING, ANALYSIS):
        if phase in plan.stops and state.pauses(phase):
            return Ended(plan, folder, results, phase, searched, kept_away)
    comparison: tuple[Json, ...] = ()
    if kept_away is not None:
        comparison = tuple(test(plan, searched, kept_away, found, folder))
    return Ended(plan, folder, results, None, searched, kept_away, comparison)


def analyse(
    plan: Plan, searched: Market, results: Mapping[str, Json], known: Known, folder: Path
) -> None:
    """Write the reports of the analysis phase; those the plan names, or all."""
    wanted = plan.reports or (MATRIX, SENSITIVITY, ENSEMBLES)
    labels = _labels(plan, searched, known)
    matrix = regime_performance_matrix(searched, known, labels) if known.general else []
    if MATRIX in wanted:
        files.write_text(folder / f"{MATRIX}.csv", _csv(MATRIX_COLUMNS, matrix))
    if SENSITIVITY in wanted:
        rows = parameter_sensitivity(results)
        files.write_text(folder / f"{SENSITIVITY}.csv", _csv(SENSITIVITY_COLUMNS, rows))
    if ENSEMBLES in wanted:
        content = ensemble_recommendations(known, matrix)
        files.write_text(folder / f"{ENSEMBLES}.json", json.dumps(content, indent=1) + "\n")


def test(
    plan: Plan, searched: Market, kept_away: Market, found: Mapping[str, Known], folder: Path
) -> list[Json]:
    """Every configuration on the days kept away, beside the days searched."""
    chosen = configurations(hypotheses_of(plan), found)
    known = list(found.values())[-1]
    whole = kept_away.on(np.concatenate([searched.dates, kept_away.dates]))
    rows = compared(kept_away.on(searched.dates), kept_away, _labels(plan, whole, known), chosen)
    files.write_text(folder / f"{RESULTS}.csv", _csv(COLUMNS, rows))
    content = {
        "configurations": [
            {"name": one.name, "parameters": one.general, "by_regime": one.by_regime}
            for one in chosen
        ],
        "results": rows,
    }
    files.write_text(folder / f"{RESULTS}.json", json.dumps(content, indent=1) + "\n")
    return rows


class _State:
    """`workflow.json`: the days of each phase, and the pauses that were made."""

    def __init__(self, path: Path, content: Json) -> None:
        self._path, self._content = path, content

    @classmethod
    def opened(
        cls, folder: Path, plan: Plan, searched: Market, kept_away: Market | None
    ) -> "_State":
        """What the folder says, or a new state in it."""
        path = folder / STATE
        days = {"searched": _span(searched), "kept_away": _span(kept_away) if kept_away else None}
        content: Json = {"workflow": plan.path.name, "days": days, "paused_after": []}
        if path.exists():
            try:
                said = json.loads(path.read_bytes())
                content["paused_after"] = [str(name) for name in said["paused_after"]]
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                raise WorkflowError(
                    f"{path}: cannot be read ({error}); remove it, and the same command goes on"
                ) from error
        state = cls(path, content)
        state._write()
        return state

    def pauses(self, name: str) -> bool:
        """Whether to end here; remembered, so that the same command goes on the next time."""
        if name in self._content["paused_after"]:
            return False
        self._content["paused_after"].append(name)
        self._write()
        return True

    def _write(self) -> None:
        files.write_text(self._path, json.dumps(self._content, indent=1) + "\n")


def _labels(plan: Plan, market: Market, known: Known) -> DayLabels | None:
    if not known.detector:
        return None
    target: Any = configured(plan.targets[known.detector], known.general.get(known.detector))
    labels: DayLabels = target.labels(market)
    return labels


def _span(market: Market) -> Json:
    first, last = (to_date(int(market.dates[at])).isoformat() for at in (0, -1))
    return {"days": int(market.dates.size), "first": first, "last": last}


def _csv(columns: tuple[str, ...], rows: list[Json]) -> str:
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(["" if row.get(name) is None else row[name] for name in columns])
    return text.getvalue()
