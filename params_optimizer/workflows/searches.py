"""Searches of targets, each kept as a file once it is finished, as a journal until then."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from params_optimizer.errors import SettingsError
from params_optimizer.orchestrator.executor import Workers
from params_optimizer.orchestrator.trials import run_search
from params_optimizer.search.pareto import pareto_front
from params_optimizer.search.trial import Trial, finite, ranked
from params_optimizer.storage import files
from params_optimizer.storage.journal import Journal
from params_optimizer.workflows.evaluation import NO_FIGURE, TargetObjective, TargetSearch
from params_optimizer.workflows.events import OptimizationProgress
from params_optimizer.workflows.methods import MethodOfTarget
from params_optimizer.workflows.results import read_result, write_result
from params_optimizer.workflows.sensitivity import sensitivity

Json = dict[str, Any]
_TOP_TRIALS = 20


class NoResultError(SettingsError):
    """No trial of a search has a value."""


@dataclass(frozen=True, slots=True)
class Searches:
    """Runs searches with `workers` processes (1: in this one), and keeps them in `folder`.

    `key` proves that files belong to this run. A trial may take `timeout` seconds.
    """

    workers: int = 1
    folder: Path | None = None
    key: str = ""
    timeout: float | None = None

    def result(
        self,
        label: str,
        basis: str,
        names: Mapping[str, Any],
        begin: Callable[[], MethodOfTarget],
        objective: TargetObjective,
        listener: Callable[[OptimizationProgress], None],
    ) -> Json:
        """The result of a search; one that was finished before is read, not run again.

        `basis` is a hash of what the result depends on beside `key`: another search of the
        same label is another file.

        Raises:
            NoResultError: no trial has a value within the constraints.
            SettingsError: the space cannot be searched.
        """
        path = self.folder / f"{_file_name(label, basis)}.json" if self.folder else None
        if path and (result := read_result(path, self.key)) is not None:
            return result
        journal = None
        if path:
            files.make_folder(path.parent)
            journal = Journal(path.with_suffix(".jsonl"), f"{self.key} {label}")
        result = {**names, **self._searched(label, begin(), objective, journal, listener)}
        if path and journal:
            write_result(path, self.key, result)
            files.remove(journal.path)
        return result

    def _searched(
        self,
        label: str,
        asked: MethodOfTarget,
        objective: TargetObjective,
        journal: Journal | None,
        listener: Callable[[OptimizationProgress], None],
    ) -> Json:
        search = TargetSearch(asked.space, objective)

        def report(trials: Sequence[Trial]) -> None:
            if trials:
                score = search.score(ranked(trials)[0])
                listener(OptimizationProgress(label, len(trials), asked.trials, score))

        objective.warm_up()
        limited = self.timeout is not None or objective.memory_mb is not None
        processes = self.workers if self.workers > 1 or limited else 0
        trials = run_search(
            search,
            asked.method,
            asked.trials,
            asked.batch,
            Workers(processes, timeout=self.timeout),
            journal=journal,
            listener=report,
        ).trials
        return {**_result(label, search, trials), **({"note": asked.note} if asked.note else {})}


def _result(label: str, search: TargetSearch, trials: Sequence[Trial]) -> Json:
    complete = ranked([trial for trial in trials if trial.state == "complete"])
    if not complete:
        reason = next((f"; for example {trial.reason}" for trial in trials if trial.reason), "")
        raise NoResultError(
            f"{label}: none of {len(trials):,} trials has a value within the constraints"
            f"{reason}; loosen the constraints, lower min_trades or use more data"
        )
    in_order = sorted(complete, key=lambda trial: trial.number)
    failed = [trial for trial in trials if trial.reason not in ("", NO_FIGURE)]
    failures = [
        {"parameters": dict(trial.parameters), "reason": trial.reason}
        for trial in failed[:_TOP_TRIALS]
    ]
    return {
        **({"failed": len(failed), "failures": failures} if failures else {}),
        "best_params": dict(complete[0].parameters),
        "best_score": search.score(complete[0]),
        "best_metrics": dict(complete[0].metrics),
        "trials": len(trials),
        "without_a_figure": len(trials) - len(complete),
        "history": _history(in_order, search),
        "best_trials": [
            {"parameters": dict(trial.parameters), "score": search.score(trial)}
            for trial in complete[:_TOP_TRIALS]
        ],
        **({"front": _front(complete, search)} if len(complete[0].losses) > 1 else {}),
        "sensitivity": sensitivity(
            [trial.parameters for trial in in_order],
            finite(np.array([trial.losses[0] for trial in in_order])),
            search.space.names,
        ),
    }


def _front(trials: Sequence[Trial], search: TargetSearch) -> list[Json]:
    """The sets that no other beats in all metrics, with these in their order."""
    return [
        {"parameters": dict(trial.parameters), "scores": search.scores(trial)}
        for trial in pareto_front(trials)
    ]


def _history(trials: Sequence[Trial], search: TargetSearch) -> list[list[float | None]]:
    """[number of trials, best score so far] wherever it became better."""
    steps: list[list[float | None]] = []
    best = np.inf
    for trial in trials:
        if trial.losses[0] < best:
            best = trial.losses[0]
            steps.append([trial.number + 1, search.score(trial)])
    return steps


def _file_name(label: str, basis: str) -> str:
    """A name of plain letters for any label; the hash tells similar ones apart."""
    letters = re.sub(r"[^A-Za-z0-9._-]+", "-", label).strip("-.")[:80]
    return f"{letters}-{sha256(f'{label} {basis}'.encode()).hexdigest()[:8]}"
