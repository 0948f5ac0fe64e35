"""The files of a finished search, and what the terminal says of it."""

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from params_optimizer.orchestrator.outcome import SearchOutcome
from params_optimizer.orchestrator.plan import Plan
from params_optimizer.orchestrator.run import full_results
from params_optimizer.reports.forms import settings_text
from params_optimizer.reports.parameters import TRIAL_COLUMNS
from params_optimizer.reports.trial_table import row_of
from params_optimizer.search.importance import importances
from params_optimizer.search.objective import Objective, comparable
from params_optimizer.search.pareto import pareto_front
from params_optimizer.search.trial import Trial
from params_optimizer.storage import files, parquet
from params_optimizer.storage.tables import write_csv, write_json

RANKED_ROWS = 100


def write_search(outcome: SearchOutcome, folder: Path) -> None:
    """Write the tables of a search into its directory."""
    market, plan, trials = outcome.market, outcome.plan, outcome.trials
    files.write_bytes(folder / full_results(market), _parquet(plan, trials))
    best = outcome.ranking
    columns = list(row_of(plan, trials[0])) if trials else list(TRIAL_COLUMNS[:5])
    table = (
        {"rank": rank, **row_of(plan, trial)} for rank, trial in enumerate(best[:RANKED_ROWS], 1)
    )
    write_csv(folder / f"{market}_top_{RANKED_ROWS}.csv", table, ["rank", *columns])
    write_json(folder / f"{market}_best_params.json", _best(outcome))
    metric = plan.objective.metrics[0]
    told = ["trial", "state", metric, "best_so_far", "best_trial"]
    write_csv(folder / f"{market}_history.csv", _history(plan.objective, trials), told)
    told = ["metric", "parameter", "importance"]
    write_csv(folder / f"{market}_importances.csv", _importances(plan, trials), told)
    if len(plan.objective.goals) > 1:
        front = (row_of(plan, trial) for trial in pareto_front(trials))
        write_csv(folder / f"{market}_pareto.csv", front, columns)
    failures = [
        trial for trial in trials if trial.state in ("failed", "timeout") and trial.source is None
    ]
    if failures:
        rows = (row_of(plan, trial) for trial in failures)
        write_csv(folder / f"{market}_failures.csv", rows, columns)


def kind_of_failure(trial: Trial) -> str:
    """The same text for the same error at the same place, whatever the parameters."""
    reason = trial.reason.replace(f" with {settings_text(trial.parameters)}", "")
    if placed := re.match(r"(.*, line \d+: \w+)(?::|$)", reason, re.DOTALL):
        return placed[1]
    return re.sub(r"\d+(?:[.,:-]\d+)*", "#", reason)


def causes_of(plan: Plan, trials: Sequence[Trial]) -> list[str]:
    """What kept the trials that have metrics from being complete."""
    judged = [trial for trial in trials if trial.state == "infeasible"]
    lines = []
    min_trades = plan.objective.min_trades
    few = [trial for trial in judged if trial.metrics["total_trades"] < min_trades]
    if few:
        max_trades = max(int(trial.metrics["total_trades"]) for trial in few)
        lines.append(
            f"{len(few):,} trials have fewer than {min_trades:,} trades (the most of "
            f"them: {max_trades:,}); take a longer time or a lower --min-trades"
        )
    for rule in plan.objective.conditions:
        far = [
            rule.violation({**trial.parameters, **comparable(trial.metrics)}) for trial in judged
        ]
        broken = [violation for violation in far if violation > 0]
        if broken:
            lines.append(
                f"{len(broken):,} trials break the constraint {rule.text!r} "
                f"(the nearest by {min(broken):,.4g})"
            )
    return lines


def _values(objective: Objective, trial: Trial) -> tuple[float, ...]:
    """The figures of the goals of a trial that has metrics."""
    return objective.values(trial.metrics)


def _best(outcome: SearchOutcome) -> dict[str, Any]:
    """The first of the ranking with its figure of each goal; nulls where no trial is complete."""
    objective, best = outcome.plan.objective, outcome.best
    values = _values(objective, best) if best else [None] * len(objective.goals)
    return {
        "symbol": outcome.market,
        "generated_data": outcome.bars.generated,
        "trials": len(outcome.trials),
        "eligible": len(outcome.ranking),
        "min_trades": objective.min_trades,
        "trial": best.number if best else None,
        "goals": [
            {"metric": goal.metric, "direction": goal.direction, "value": value}
            for goal, value in zip(objective.goals, values, strict=True)
        ],
        "params": dict(best.parameters) if best else None,
        "metrics": dict(best.metrics) if best else None,
    }


def _history(objective: Objective, trials: Sequence[Trial]) -> Iterable[dict[str, Any]]:
    """The figure of the first goal of each trial, and the best so far."""
    best: Trial | None = None
    for trial in trials:
        if trial.state == "complete" and (best is None or trial.order < best.order):
            best = trial
        yield {
            "trial": trial.number,
            "state": trial.state,
            objective.metrics[0]: _values(objective, trial)[0] if trial.losses else None,
            "best_so_far": _values(objective, best)[0] if best else None,
            "best_trial": best.number if best else None,
        }


def _importances(plan: Plan, trials: Sequence[Trial]) -> Iterable[dict[str, Any]]:
    for goal, metric in enumerate(plan.objective.metrics):
        for name, value in importances(plan.space, trials, goal).items():
            yield {"metric": metric, "parameter": name, "importance": value}


def _parquet(plan: Plan, trials: Sequence[Trial]) -> bytes:
    import pyarrow as pa

    rows = [row_of(plan, trial) for trial in trials]
    columns = {}
    for name in rows[0] if rows else ():
        values = [row[name] for row in rows]
        try:
            columns[name] = pa.array(values)
        except (pa.ArrowInvalid, pa.ArrowTypeError):  # choices of several kinds
            columns[name] = pa.array([json.dumps(value) for value in values])
    metadata = {"rows": str(len(rows))}
    return parquet.table_bytes(pa.table(columns), metadata, [], [])
