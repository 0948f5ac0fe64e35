"""What `run.json` says of a run when it begins: what it is made from, and where."""

import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import version

from params_optimizer import __version__
from params_optimizer.orchestrator.study import Study
from params_optimizer.storage.run_directory import Manifest
from params_optimizer.strategies.initial_balance.grid import GridAxes
from params_optimizer.strategies.initial_balance.panel.slices import PanelSlices

_LIBRARIES = ("numpy", "numba", "pyarrow", "pandas", "pydantic")


def new_manifest(study: Study) -> Manifest:
    """The manifest of a run of `study` that begins now."""
    return {
        "format": 1,
        "symbol": study.symbol,
        "status": None,
        "generated_data": study.bars.generated,
        "combinations": len(study.grid),
        "kept": study.settings.keep,
        "slices": len(PanelSlices(study.grid)),
        "fingerprint": dict(study.fingerprint),
        "run": study.key,
        "spread": study.spread,
        "dates": study.dates.text(),
        "years_without_news": list(study.years_without_news),
        "settings": study.settings.model_dump(mode="json"),
        "grid": GridAxes.of(study.grid)._asdict(),
        "started": timestamp(),
        "ended": None,
        "host": platform.node(),
        "python": sys.version.split()[0],
        "libraries": {"params_optimizer": __version__, **{n: version(n) for n in _LIBRARIES}},
    }


def timestamp() -> str:
    """The time now, as manifests write it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
