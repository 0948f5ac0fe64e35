"""Stages of a plan one after another, each kept as a file as soon as it is done."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from params_optimizer.workflows.manager import OptimizationManager
from params_optimizer.workflows.market import Market
from params_optimizer.workflows.plan import Plan, Stage
from params_optimizer.workflows.work import Json, Known

Say = Callable[[str], None]
SEARCHES = "searches"


def stage_file(folder: Path, number: int, stage: Stage) -> Path:
    """Where the result of a stage lies; `number` counts from 1."""
    plain = re.sub(r"[^A-Za-z0-9]+", "_", stage.name).strip("_")[:60] or "stage"
    return folder / f"stage_{number:02d}_{plain}.json"


def known_after(result: Mapping[str, Any]) -> Known:
    """What is known once a stage is done."""
    return Known.from_json(result["combined_result"]["known"])


def manager_of(
    plan: Plan, market: Market, folder: Path, key: str, workers: int
) -> OptimizationManager:
    """A manager with everything that a plan declares; finished searches lie in the folder."""
    manager = OptimizationManager(
        market,
        workers=workers,
        seed=plan.seed,
        folder=folder / SEARCHES,
        key=key,
        min_trades=plan.data.min_trades,
    )
    for name, target in plan.targets.items():
        manager.register_target(name, target)
    for name, method in plan.methods.items():
        manager.register_method(name, method)
    for name, metric in plan.metrics.items():
        manager.register_metric(name, metric)
    for name, sequence in plan.sequences.items():
        manager.register_sequence(name, sequence)
    for name, constraint in plan.constraints.items():
        manager.register_constraint(name, constraint)
    return manager


def run_stage(manager: OptimizationManager, stage: Stage, found: Known) -> Json:
    """One stage, beginning with what is known."""
    return manager.run_optimization(
        stage.sequence,
        stage.targets,
        stage.methods,
        stage.metrics,
        stage.constraints,
        name=stage.name,
        known=found,
        **stage.options,
    )
