"""The rows of an exhaustive run as the trials of a search, for what asks for trials."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.orchestrator.columns import COMPLETE
from params_optimizer.orchestrator.outcome import Outcome
from params_optimizer.orchestrator.trials import Problem, Search
from params_optimizer.search.trial import Trial


def search_of(outcome: Outcome, problem: Problem) -> Search:
    """A trial for each row, with the number of its combination."""
    return Search(list(_trials(outcome, problem)), exhausted=True)


def _trials(outcome: Outcome, problem: Problem) -> Iterator[Trial]:
    names = (*outcome.plan.space.names, *METRICS)
    columns = [name for name in outcome.results.columns if name in {*names, "combination"}]
    columns += [name for name in ("state", "reason") if name in outcome.results.columns]
    for piece in outcome.results.pieces(columns):
        lists = [piece[name].tolist() for name in columns]
        for values in zip(*lists, strict=True):
            row = dict(zip(columns, values, strict=True))
            yield _trial(row, outcome, problem)


def _trial(row: dict[str, Any], outcome: Outcome, problem: Problem) -> Trial:
    number = int(row["combination"])
    parameters = outcome.plan.space[number]
    if row.get("state", COMPLETE) != COMPLETE:
        state = "timeout" if row["state"] == "timeout" else "failed"
        return Trial(number, parameters, state, reason=row["reason"])  # type: ignore[arg-type]
    judged = problem.judged_metrics(parameters, {name: row[name] for name in METRICS})
    return replace(judged, number=number)
