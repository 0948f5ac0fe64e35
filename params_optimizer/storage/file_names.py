"""Names of the files of a run: those of today, and those that earlier versions gave them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

EARLIER: Final[Mapping[str, str]] = {
    "full_results.parquet": "trials.parquet",
    "top_100.csv": "search_ranking.csv",
    "best_params.json": "search_best.json",
    "pareto.csv": "pareto_front.csv",
}
"""What searches of earlier versions called these files."""


def present(folder: Path, symbol: str, name: str) -> Path:
    """The file of a run called `{symbol}_{name}`, under its earlier name where it has that."""
    path = folder / f"{symbol}_{name}"
    earlier = folder / f"{symbol}_{EARLIER.get(name, name)}"
    return earlier if earlier.exists() and not path.exists() else path
