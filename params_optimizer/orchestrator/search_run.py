"""The directory of a search: which one it works in, and what its manifest says."""

import json
from dataclasses import asdict, dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from params_optimizer import __version__, search
from params_optimizer.environment import kernel_cache_folder
from params_optimizer.errors import DamagedFileError
from params_optimizer.orchestrator.checkpoint import Checkpoint, complete
from params_optimizer.orchestrator.manifest import manifest_of
from params_optimizer.orchestrator.resume import Identity
from params_optimizer.orchestrator.run import RESULTS, full_results
from params_optimizer.orchestrator.trials import Problem, Search, kept_search
from params_optimizer.storage import files, parquet
from params_optimizer.storage.journal import Journal
from params_optimizer.storage.run_directory import (
    COMPLETE,
    LOCK,
    MANIFEST,
    Manifest,
    RunDirectory,
    key_of,
)
from params_optimizer.storage.run_log import LOG

JOURNAL = "trials.jsonl"
FOLDER = "searches"
"""Where the journals of searches on some of the days lie."""


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """What makes two searches the same: they ask for the same trials and get the same answers.

    `code` is a hash of the strategy's code, `costs` one of everything else that decides trades:
    spread, news, commission.
    """

    market: str
    strategy: str
    code: str
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
            "symbol": self.market,
            "bars": evaluation.bars.fingerprint,
            "strategy": f"{self.strategy} {self.code}",
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

    def identity(self, problem: Problem, settings: object) -> Identity:
        """What tells the search from other runs."""
        group = {"kind": "run", "method": self.method, "strategy": self.strategy}
        prefix = f"{self.market}_{self.method}"
        return Identity(self.fingerprint(problem, settings), prefix, group)

    def manifest(self, problem: Problem, settings: object, command: str) -> Manifest:
        """The manifest of a search that begins now; it notes the `command`, for people."""
        facts = {
            "strategy": self.strategy,
            "method": self.method,
            "generated_data": problem.evaluation.bars.generated,
            "space": problem.space.model.model_dump(mode="json"),
            "goals": [asdict(goal) for goal in problem.objective.goals],
            "min_trades": problem.objective.min_trades,
            "seed": self.seed,
            "trials": self.trials,
            "batch": self.batch,
            "timeout": self.timeout,
            "method_settings": settings,
            "command": command,
        }
        return manifest_of("run", self.fingerprint(problem, settings), facts)


def finish(directory: RunDirectory, checkpoint: Checkpoint) -> None:
    """Mark a search as complete; the manifest gets the checksums of its files."""
    checkpoint.remove()
    table = directory.path / full_results(str(directory.manifest()["symbol"]))
    files.link_or_copy(table, directory.path / RESULTS)
    names = sorted(path.name for path in directory.path.iterdir() if path.is_file())
    names = [name for name in names if name not in (MANIFEST, LOCK, LOG) and name[0] != "."]
    digests = {name: parquet.file_digest(directory.path / name) for name in names}
    complete(directory, checkpoint, {"files": digests})


def journal_key(manifest: Manifest) -> str:
    """What the journals of a search belong to."""
    return key_of(manifest["fingerprint"])[:16]


def inner_key(key: str, name: str) -> str:
    """The same of a search on some of the days, by the name of its journal."""
    return f"{key} {name}"


def journal_of(directory: RunDirectory) -> Journal:
    """The journal of a search."""
    return Journal(directory.path / JOURNAL, journal_key(directory.manifest()))


def found_in(directory: RunDirectory, planned: int) -> Search:
    """The trials of a search, complete or not.

    Raises:
        DamagedFileError: its journal is not what the search wrote.
    """
    path, manifest = directory.path / JOURNAL, directory.manifest()
    complete = manifest.get("status") == COMPLETE
    checksum = manifest.get("files", {}).get(JOURNAL)
    if complete and (not path.is_file() or checksum != parquet.file_digest(path)):
        raise DamagedFileError(
            f"{path}: is missing, or not what the search wrote; search again with --no-resume"
        )
    return kept_search(journal_of(directory), planned, complete=complete)


@cache
def _engine() -> str:
    """What else decides which trials are asked for, and what they make."""
    digest = sha256()
    for path in sorted(Path(search.__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    libraries = " ".join(f"{name} {version(name)}" for name in ("numba", "numpy", "optuna"))
    folder = kernel_cache_folder().name
    return f"{__version__} {folder} search-{digest.hexdigest()[:16]} {libraries}"


def _hash(content: object, default: object = None) -> str:
    text = json.dumps(content, sort_keys=True, default=default)  # type: ignore[arg-type]
    return sha256(text.encode()).hexdigest()[:16]
