"""What the runs of an output folder are, how far they are, and what their best is."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from params_optimizer.errors import DamagedFileError
from params_optimizer.storage import run_directory
from params_optimizer.storage.file_names import present
from params_optimizer.storage.run_directory import COMPLETE, Manifest, RunDirectory

UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class ListedRun:
    """One directory of the output folder.

    `status` is complete, failed, running, interrupted or unreadable; `completed` of `total`
    parameter sets are evaluated, None where that is not written down; `best` are metrics.
    """

    name: str
    symbol: str
    method: str
    strategy: str
    status: str
    completed: int | None = None
    total: int | None = None
    best: Mapping[str, float] | None = None
    note: str = ""


def listed_runs(output: Path, checkpoint: str, symbol: str | None = None) -> Iterator[ListedRun]:
    """The runs of `output` by name, of one market or of all.

    `checkpoint` is the name of the file in which an unfinished run says how far it is.
    """
    for directory in run_directory.all_runs(output):
        try:
            manifest = directory.manifest()
        except DamagedFileError:
            market = directory.path.name.partition("_")[0]
            run = ListedRun(directory.path.name, market, "", "", UNREADABLE)
        else:
            run = _listed(directory, manifest, checkpoint)
        if symbol in (None, run.symbol):
            yield run


def _listed(directory: RunDirectory, manifest: Manifest, checkpoint: str) -> ListedRun:
    symbol = str(manifest.get("symbol") or manifest.get("market"))
    total = manifest.get("combinations") or manifest.get("trials")
    status = directory.status()
    state = {} if status == COMPLETE else _content(directory.path / checkpoint)
    best = _content(present(directory.path, symbol, "best_params.json"))
    workflow = manifest.get("kind") == "workflow"
    return ListedRun(
        name=directory.path.name,
        symbol=symbol,
        method="workflow" if workflow else str(manifest.get("method", "grid")),
        strategy="" if workflow else str(manifest.get("strategy", "initial_balance")).split()[0],
        status=status,
        completed=total if status == COMPLETE else state.get("completed_count"),
        total=total or state.get("total_combinations"),
        best=best.get("metrics") or state.get("best_so_far"),
        note=str(manifest.get("note", "")),
    )


def _content(path: Path) -> dict[str, Any]:
    """A JSON object, empty where the file is missing or is being replaced."""
    with suppress(OSError, ValueError):
        content = json.loads(path.read_bytes())
        return content if isinstance(content, dict) else {}
    return {}
