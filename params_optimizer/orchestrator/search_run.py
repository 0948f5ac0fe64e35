"""The directory of a search: which one it works in, and what its manifest says."""

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from params_optimizer import __version__, search
from params_optimizer.environment import kernel_cache_folder
from params_optimizer.errors import DamagedFileError, LockedError, RunError
from params_optimizer.orchestrator.manifest import timestamp
from params_optimizer.orchestrator.study import Say
from params_optimizer.orchestrator.trials import Problem, Search, kept_search
from params_optimizer.storage import files, parquet, run_directory
from params_optimizer.storage.journal import Journal
from params_optimizer.storage.run_directory import (
    COMPLETE,
    LOCK,
    MANIFEST,
    Manifest,
    RunDirectory,
)
from params_optimizer.storage.run_log import LOG

JOURNAL = "trials.jsonl"
FOLDER = "searches"
"""Where the journals of searches on some of the days lie."""
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
    "engine": "the version of the program or of its libraries",
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
            "engine": _engine(),
            "costs": self.costs,
        }


class Choice(NamedTuple):
    """A directory to work in, and whether its search is complete already."""

    directory: RunDirectory
    complete: bool


def choose(
    identity: Identity,
    problem: Problem,
    settings: object,
    output: Path,
    say: Say,
    *,
    resume: bool,
    reuse: bool,
    command: str,
    name: str | None = None,
) -> Choice:
    """The newest unfinished directory of the same search, the one called `name`, or a new one.

    With `reuse`, a complete one will do as well: the same search would ask for the same trials
    and get the same answers. A new one notes the `command`, for people.

    Raises:
        RunError: `name` is no directory of this search, or is complete and not to be used again.
        LockedError: another process works on this very search.
    """
    fingerprint = identity.fingerprint(problem, settings)
    if name is not None:
        return _named(output, name, fingerprint, reuse=reuse)
    with run_directory.choosing(output):
        found = _newest(output, fingerprint, say, reuse=reuse) if resume else None
        if found:
            name = found.directory.path.name
            again = f"{name} is this very search, complete; --run searches anew"
            say(again if found.complete else f"continuing {name}")
            return found
        manifest = {**_manifest(identity, problem, settings, fingerprint), "command": command}
        prefix = f"{identity.market}_{identity.method}"
        made = run_directory.create(output, prefix, datetime.now().astimezone(), manifest)
        files.remove_folder(made.parts)  # a search has a journal in its place
        return Choice(made, complete=False)


def finish(directory: RunDirectory) -> None:
    """Mark a search as complete; the manifest gets the checksums of its files."""
    names = sorted(path.name for path in directory.path.iterdir() if path.is_file())
    own = [name for name in names if name not in (MANIFEST, LOCK, LOG) and name[0] != "."]
    directory.write_manifest(
        {
            **directory.manifest(),
            "status": COMPLETE,
            "ended": timestamp(),
            "files": {name: parquet.file_digest(directory.path / name) for name in own},
        }
    )


def key_of(manifest: Manifest) -> str:
    """What the journals of a search belong to."""
    return _hash(manifest["fingerprint"])


def inner_key(key: str, name: str) -> str:
    """The same of a search on some of the days, by the name of its journal."""
    return f"{key} {name}"


def journal_of(directory: RunDirectory) -> Journal:
    """The journal of a search."""
    return Journal(directory.path / JOURNAL, key_of(directory.manifest()))


def found_in(directory: RunDirectory, planned: int) -> Search:
    """The trials of a search, complete or not.

    Raises:
        DamagedFileError: its journal is not what the search wrote.
    """
    path, manifest = directory.path / JOURNAL, directory.manifest()
    complete = manifest.get("status") == COMPLETE
    said = manifest.get("files", {}).get(JOURNAL)
    if complete and (not path.is_file() or said != parquet.file_digest(path)):
        raise DamagedFileError(
            f"{path}: is missing, or not what the search wrote; search again with --no-resume"
        )
    return kept_search(journal_of(directory), planned, complete=complete)


def _named(output: Path, name: str, fingerprint: Mapping[str, str], *, reuse: bool) -> Choice:
    run = run_directory.named(output, name)
    manifest = run.manifest()
    if manifest.get("kind") != KIND:
        raise RunError(f"--run-dir {name}: is no search; start without --method to go on with it")
    if different := differences(manifest["fingerprint"], fingerprint):
        raise RunError(f"--run-dir {name}: that search differs in {different}")
    complete = manifest.get("status") == COMPLETE
    if complete and not reuse:
        raise RunError(f"--run-dir {name}: that search is complete; start without --run-dir")
    return Choice(run, complete=complete)


def _newest(
    output: Path, fingerprint: Mapping[str, str], say: Say, *, reuse: bool
) -> Choice | None:
    runs, market = reversed(run_directory.all_runs(output)), fingerprint["search_of"]
    for run, manifest in run_directory.manifests(runs, market, say):
        known, complete = manifest["fingerprint"], manifest.get("status") == COMPLETE
        if manifest.get("kind") != KIND or (complete and not reuse):
            continue
        if known.get("search_of") != fingerprint["search_of"]:
            continue
        if different := differences(known, fingerprint):
            if not complete:
                say(
                    f"{run.path.name} is unfinished, but not this search: it differs in {different}"
                )
            continue
        if run.is_locked(patience=2.0):
            raise LockedError(
                f"{run.path}: this very search is at work in another process; wait for it, or "
                f"start one of your own with --no-resume"
            )
        return Choice(run, complete=complete)
    return None


def differences(one: Mapping[str, object], other: Mapping[str, object]) -> str:
    """In which fields two fingerprints differ, in words; empty if in none."""
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


@cache
def _engine() -> str:
    """What else decides which trials are asked for, and what they make."""
    own = sha256()
    for path in sorted(Path(search.__file__).parent.rglob("*.py")):
        own.update(path.read_bytes())
    libraries = " ".join(f"{name} {version(name)}" for name in ("numba", "numpy", "optuna"))
    folder = kernel_cache_folder().name
    return f"{__version__} {folder} search-{own.hexdigest()[:16]} {libraries}"


def _hash(content: object, default: object = None) -> str:
    text = json.dumps(content, sort_keys=True, default=default)  # type: ignore[arg-type]
    return sha256(text.encode()).hexdigest()[:16]
