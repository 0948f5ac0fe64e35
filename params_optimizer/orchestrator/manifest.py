"""What `run.json` says of a run when it begins: what it is made from, and where."""

import json
import platform
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from typing import Literal

from params_optimizer import __version__
from params_optimizer.orchestrator.study import Study
from params_optimizer.storage.run_directory import FORMAT, Manifest
from params_optimizer.strategies.initial_balance.grid import GridAxes
from params_optimizer.strategies.initial_balance.panel.slices import PanelSlices
from params_optimizer.strategies.registry import INITIAL_BALANCE

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


def new_manifest(study: Study) -> Manifest:
    """The manifest of an exhaustive run of `study` that begins now."""
    facts = {
        "strategy": INITIAL_BALANCE,
        "method": "grid",
        "generated_data": study.bars.generated,
        "combinations": len(study.grid),
        "kept": study.settings.keep,
        "slices": len(PanelSlices(study.grid)),
        "spread": study.spread,
        "dates": study.dates.text(),
        "years_without_news": list(study.years_without_news),
        "settings": study.settings.model_dump(mode="json"),
        "grid": GridAxes.of(study.grid)._asdict(),
    }
    return manifest_of("run", study.fingerprint, facts)


def key_of(fingerprint: Mapping[str, object]) -> str:
    """One hash over the fields of a fingerprint."""
    return sha256(json.dumps(dict(fingerprint), sort_keys=True).encode()).hexdigest()


def is_search(manifest: Manifest) -> bool:
    """Whether a run keeps a journal of trials."""
    return manifest.get("kind") == "run" and "trials" in manifest


def timestamp() -> str:
    """The time now, as manifests write it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
