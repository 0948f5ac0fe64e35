"""The run directory of a workflow: the newest unfinished one that fits, or a new one."""

import json
import platform
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from params_optimizer import __version__
from params_optimizer.environment import kernel_cache_folder
from params_optimizer.errors import LockedError, RunError
from params_optimizer.orchestrator.manifest import timestamp
from params_optimizer.storage import files, run_directory
from params_optimizer.storage.run_directory import COMPLETE, RunDirectory
from params_optimizer.workflows.market import MarketDays
from params_optimizer.workflows.plan import Workflow

KIND = "workflow"
_PATIENCE = 2.0


def fingerprint_of(workflow: Workflow, market: MarketDays) -> dict[str, str]:
    """What decides the stages. `key` is the hash of all of it.

    Hypotheses are no part of it: they are written in a pause.
    """
    found = {
        "kind": KIND,
        "workflow_of": market.bars.symbol,
        "file": sha256(workflow.path.read_bytes()).hexdigest(),
        "bars": market.bars.fingerprint,
        "timezone": market.timezone,
        "account": repr(market.account),
        "engine": f"{__version__} {kernel_cache_folder().name}",
    }
    text = json.dumps(found, sort_keys=True)
    return {**found, "key": sha256(text.encode()).hexdigest()}


def choose(
    output: Path,
    symbol: str,
    fingerprint: Mapping[str, str],
    name: str | None,
    afresh: bool,
    say: Callable[[str], None],
) -> RunDirectory:
    """The directory to work in; nothing old is touched, a new one is made where needed.

    Raises:
        RunError: `name` is no unfinished run of this workflow on these bars.
        LockedError: another process works on it.
    """
    if name is not None:
        return _named(output, fingerprint, name)
    with run_directory.choosing(output):
        runs = reversed(run_directory.all_runs(output))
        for run, manifest in run_directory.manifests(runs, symbol, say):
            if manifest["fingerprint"] != fingerprint or manifest.get("status") == COMPLETE:
                continue
            if afresh:
                break
            if run.is_locked(patience=_PATIENCE):
                raise LockedError(
                    f"{run.path}: this very workflow is at work in another process; wait for "
                    f"it, or start one of your own with --no-resume"
                )
            say(f"continuing {run.path.name}")
            return run
        now = datetime.now().astimezone()
        made = run_directory.create(output, f"{symbol}_{KIND}", now, _manifest(fingerprint))
        files.remove_folder(made.parts)  # a workflow has stages in their place
        return made


def ended(directory: RunDirectory, status: str) -> None:
    """Note in `run.json` how the workflow ended."""
    manifest = directory.manifest()
    directory.write_manifest({**manifest, "status": status, "ended": timestamp()})


def _named(output: Path, fingerprint: Mapping[str, str], name: str) -> RunDirectory:
    run = run_directory.named(output, name)
    manifest = run.manifest()
    said = manifest["fingerprint"]
    if said.get("kind") != KIND:
        raise RunError(f"--run-dir {name}: is no run of a workflow")
    different = [key for key in fingerprint if key != "key" and said.get(key) != fingerprint[key]]
    if different:
        raise RunError(
            f"--run-dir {name}: that run differs in {', '.join(different)}; start without "
            f"--run-dir for a new one"
        )
    if manifest.get("status") == COMPLETE:
        raise RunError(
            f"--run-dir {name}: that run is complete and is never continued; start without "
            f"--run-dir for a new one"
        )
    return run


def _manifest(fingerprint: Mapping[str, str]) -> dict[str, object]:
    """No `symbol` at its top: reports of grid runs look for that."""
    return {
        "format": 1,
        "kind": KIND,
        "market": fingerprint["workflow_of"],
        "status": None,
        "fingerprint": dict(fingerprint),
        "run": fingerprint["key"],
        "started": timestamp(),
        "ended": None,
        "host": platform.node(),
        "python": sys.version.split()[0],
        "libraries": {"params_optimizer": __version__},
    }
