"""The directory of a search: which one it works in, and what its manifest says."""

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from params_optimizer import __version__
from params_optimizer.errors import LockedError, RunError
from params_optimizer.orchestrator.manifest import timestamp
from params_optimizer.orchestrator.study import Say
from params_optimizer.orchestrator.trials import Problem
from params_optimizer.storage import files, run_directory
from params_optimizer.storage.run_directory import COMPLETE, Manifest, RunDirectory

JOURNAL = "trials.jsonl"
KIND = "search"
_MEANING = {
    "bars": "the bars",
    "strategy": "the strategy or its code",
    "space": "the space",
    "objective": "--metric, --direction, --min-trades or the bounds of the score",
    "method": "--method or its settings",
    "seed": "--seed",
    "trials": "--trials",
    "batch": "--batch",
    "timeout": "--timeout",
    "days": "the dates (--from, --to)",
    "costs": "spread, commission, capital or the news filter",
}


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes two searches the same: they ask for the same trials and get the same answers.

    `costs` is everything else that decides trades: spread, news, commission.
    """

    market: str
    strategy: str
    method: str
    seed: int
    trials: int
    batch: int
    timeout: float | None
    costs: str

    def fingerprint(self, problem: Problem, settings: object) -> dict[str, str]:
        """The fields that two searches are compared by."""
        space, evaluation = problem.space, problem.evaluation
        days = "all" if evaluation.days is None else _hash(evaluation.days.tolist())
        return {
            "search_of": self.market,
            "bars": evaluation.bars.fingerprint,
            "strategy": self.strategy,
            "space": _hash(space.model.model_dump(mode="json")),
            "objective": _hash(asdict(problem.objective), default=str),
            "method": _hash([self.method, settings, evaluation.stretches]),
            "seed": str(self.seed),
            "trials": str(self.trials),
            "batch": str(self.batch),
            "timeout": str(self.timeout),
            "days": f"{days} {evaluation.border}",
            "costs": self.costs,
        }


def choose(
    identity: Identity,
    problem: Problem,
    settings: object,
    output: Path,
    say: Say,
    *,
    resume: bool,
    name: str | None = None,
) -> RunDirectory:
    """The newest unfinished directory of the same search, the one called `name`, or a new one.

    Raises:
        RunError: `name` is no unfinished directory of this search.
        LockedError: another process works on this very search.
    """
    fingerprint = identity.fingerprint(problem, settings)
    if name is not None:
        return _named(output, name, fingerprint)
    with run_directory.choosing(output):
        found = _unfinished(output, fingerprint, say) if resume else None
        if found:
            say(f"continuing {found.path.name}")
            return found
        manifest = _manifest(identity, problem, settings, fingerprint)
        prefix = f"{identity.market}_{identity.method}"
        made = run_directory.create(output, prefix, datetime.now().astimezone(), manifest)
        files.remove_folder(made.parts)  # a search has a journal in its place
        return made


def _named(output: Path, name: str, fingerprint: Mapping[str, str]) -> RunDirectory:
    run = run_directory.named(output, name)
    manifest = run.manifest()
    if manifest.get("kind") != KIND:
        raise RunError(f"--run-dir {name}: is no search; start without --method to go on with it")
    if different := _differences(manifest["fingerprint"], fingerprint):
        raise RunError(f"--run-dir {name}: that search differs in {different}")
    if manifest.get("status") == COMPLETE:
        raise RunError(f"--run-dir {name}: that search is complete; start without --run-dir")
    return run


def _unfinished(output: Path, fingerprint: Mapping[str, str], say: Say) -> RunDirectory | None:
    for run, manifest in run_directory.manifests(reversed(run_directory.all_runs(output))):
        known = manifest["fingerprint"]
        if manifest.get("kind") != KIND or manifest.get("status") == COMPLETE:
            continue
        if known.get("search_of") != fingerprint["search_of"]:
            continue
        if different := _differences(known, fingerprint):
            say(f"{run.path.name} is unfinished, but not this search: it differs in {different}")
            continue
        if run.is_locked(patience=2.0):
            raise LockedError(
                f"{run.path}: this very search is at work in another process; wait for it, or "
                f"start one of your own with --no-resume"
            )
        return run
    return None


def _differences(one: Mapping[str, object], other: Mapping[str, object]) -> str:
    fields = [field for field in {**other, **one} if one.get(field) != other.get(field)]
    return ", ".join(_MEANING.get(field, field) for field in fields)


def _manifest(
    identity: Identity, problem: Problem, settings: object, fingerprint: Mapping[str, str]
) -> Manifest:
    """No `symbol` at its top: reports of grid runs look for that."""
    return {
        "format": 1,
        "kind": KIND,
        "status": None,
        "generated_data": problem.evaluation.bars.generated,
        "fingerprint": dict(fingerprint),
        **asdict(identity),
        "space": problem.space.model.model_dump(mode="json"),
        "goals": [asdict(goal) for goal in problem.objective.goals],
        "min_trades": problem.objective.min_trades,
        "method_settings": settings,
        "started": timestamp(),
        "ended": None,
        "host": platform.node(),
        "version": __version__,
    }


def _hash(content: object, default: object = None) -> str:
    text = json.dumps(content, sort_keys=True, default=default)  # type: ignore[arg-type]
    return sha256(text.encode()).hexdigest()[:16]
