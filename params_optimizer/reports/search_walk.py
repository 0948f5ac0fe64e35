"""The files and the text of a walk-forward search."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from params_optimizer.data.days import to_date
from params_optimizer.orchestrator.trials import Problem
from params_optimizer.storage import files
from params_optimizer.validation.search_walk import SearchedWalk

_SHOWN = ("total_r", "total_trades", "winrate", "sharpe_ratio", "max_drawdown")


def write_walk(market: str, problem: Problem, walk: SearchedWalk, folder: Path) -> list[Path]:
    """Write `{market}_search_walk_forward.csv` and `.json`; returns their paths."""
    files.make_folder(folder)
    rows = list(_rows(problem, walk))
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    base = folder / f"{market}_search_walk_forward"
    paths = [base.with_suffix(".csv"), base.with_suffix(".json")]
    files.write_text(paths[0], stream.getvalue())
    content = {
        "windows": len(walk.steps),
        "windows_with_winner": sum(step.best is not None for step in walk.steps),
        "positive_window_rate": walk.positive_window_rate,
        "trials": sum(step.trials for step in walk.steps),
        "out_sample": dict(walk.stitched),
        "steps": rows,
    }
    files.write_text(paths[1], json.dumps(content, indent=1) + "\n")
    return paths


def walk_text(walk: SearchedWalk, method: str) -> str:
    """What a trader should know of it."""
    out = walk.stitched
    trials = sum(step.trials for step in walk.steps)
    figures = ", ".join(f"{name} {out[name]:,.4g}" for name in _SHOWN)
    return (
        f"Walk-forward by {method}: {len(walk.steps)} windows, {trials:,} trials\n"
        f"Out of sample, all windows together: {figures}\n"
        f"Windows that made money out of sample: {100 * walk.positive_window_rate:.0f} %"
    )


def _rows(problem: Problem, walk: SearchedWalk) -> Iterator[dict[str, Any]]:
    for place, step in enumerate(walk.steps, 1):
        before, after = step.window
        row: dict[str, Any] = {"window": place, "trials": step.trials}
        ends = {"in_sample": before, "out_sample": after}
        for name, days in ends.items():
            row[f"{name}_from"], row[f"{name}_to"] = (
                to_date(int(days[at])).isoformat() for at in (0, -1)
            )
        inside = step.best.metrics if step.best else {}
        row |= {f"in_sample_{name}": inside.get(name) for name in _SHOWN}
        row |= {f"out_sample_{name}": step.out_sample.get(name) for name in _SHOWN}
        row |= {
            name: step.best.parameters[name] if step.best else None for name in problem.space.names
        }
        yield row
