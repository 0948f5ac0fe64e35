"""What `run.json` says of a run when it begins: what it is made from, and where."""

import platform
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Literal

from params_optimizer import __version__
from params_optimizer.orchestrator.plan import Plan
from params_optimizer.storage.run_directory import FORMAT, Manifest, key_of

Kind = Literal["run", "workflow"]
_LIBRARIES = ("numpy", "numba", "pyarrow", "pandas", "pydantic")


def manifest_of(kind: Kind, fingerprint: Mapping[str, str], facts: Manifest) -> Manifest:
    """The manifest of a run that begins now: what all of them say, and `facts` of its own."""
    return {
        "format": FORMAT,
        "kind": kind,
        "symbol": fingerprint["symbol"],
        "status": None,
        "fingerprint": dict(fingerprint),
        "run": key_of(fingerprint),
        **facts,
        "started": timestamp(),
        "ended": None,
        "host": platform.node(),
        "python": sys.version.split()[0],
        "libraries": {
            "params_optimizer": __version__,
            **{name: version(name) for name in _LIBRARIES},
        },
    }


def new_manifest(plan: Plan) -> Manifest:
    """The manifest of a run that begins now."""
    facts = {
        "strategy": plan.strategy_name,
        "method": plan.method.name,
        "generated_data": plan.bars.generated,
        **(_slices(plan) if plan.method.exhaustive else _trials(plan)),
        **plan.facts,
    }
    return manifest_of("run", plan.fingerprint, facts)


def _slices(plan: Plan) -> Manifest:
    kept = plan.settings.keep
    return {"combinations": plan.space.count, "kept": kept, "slices": len(plan.slices)}


def _trials(plan: Plan) -> Manifest:
    method = plan.method
    return {
        "trials": method.trials,
        "seed": method.seed,
        "batch": method.batch,
        "timeout": plan.settings.search.timeout,
        "method_settings": method.details,
    }


def is_search(manifest: Manifest) -> bool:
    """Whether a run keeps a journal of trials."""
    return manifest.get("kind") == "run" and "trials" in manifest


def timestamp() -> str:
    """The time now, as manifests write it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
