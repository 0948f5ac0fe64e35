"""Results of the generated sample are those that were recorded, column by column, byte by byte.

The records were made before grids and searches became one kind of run. They may change only
with the trading rules, the generator of the sample or the columns that a run promises; then
run this file as a script and say why in the commit.
"""

import json
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.records.sample import command, make_sample

RECORDS = Path(__file__).parent / "generated_sample.json"
GRID = {
    "ib_windows": [["08:00", "09:00", "Europe/Berlin"], ["09:00", "09:30", "Europe/Berlin"]],
    "ib_wait_minutes": [0, 15],
    "trade_window_minutes": [120, 60],
    "rr_target": [1, 2.5],
    "stop_mode": ["eq", "ib_start"],
    "tsl_target": [0, 1, 0.5],
    "tsl_sl": [0.5, 1],
    "min_sl_pct": [0.001, 0.002],
    "rev_rb_enabled": [True, False],
    "rev_rb_pct": [0.5, 1.0],
    "ib_buffer_pct": [0.05, 0.2],
    "max_distance_pct": [0.5, 1.25],
}
"""A grid with values out of order, and with pairs of which some mean nothing."""

CASES: Mapping[str, tuple[str, ...]] = {
    "standard": (),
    "own grid": ("--grid", "{grid}"),
    "best rows": ("--grid", "{grid}", "--keep", "top:20"),
    "dates": ("--grid", "{grid}", "--from", "2024-03-01", "--to", "2024-09-30"),
    "spread": ("--grid", "{grid}", "--spread", "3.5"),
    "no news filter": ("--grid", "{grid}", "--no-news-filter"),
    "long news windows": (
        *("--grid", "{grid}", "--news-before-minutes", "60"),
        *("--news-after-minutes", "30"),
    ),
}
QUICK = ("standard", "best rows", "dates")


@pytest.mark.parametrize(
    "case",
    [case if case in QUICK else pytest.param(case, marks=pytest.mark.slow) for case in CASES],
)
def test_results_are_those_on_record(case: str, sample: Path, tmp_path: Path) -> None:
    """Values, types and order of all columns; CSV and JSON to the byte."""
    recorded = json.loads(RECORDS.read_text())[case]
    digests = _digests(_run(sample, tmp_path, CASES[case]))
    assert list(digests["columns"]) == list(recorded["columns"])
    changed = [
        name for name, digest in recorded["columns"].items() if digests["columns"][name] != digest
    ]
    assert not changed
    assert digests["files"].items() >= recorded["files"].items()


def _run(data: Path, output: Path, arguments: tuple[str, ...]) -> Path:
    grid = output / "grid.json"
    grid.write_text(json.dumps(GRID))
    options = [argument.format(grid=grid) for argument in arguments]
    places = ("--data-dir", str(data), "--output-dir", str(output))
    command("--symbol", "GER40", "--quiet", *places, *options)
    [run] = output.glob("GER40_*combos_*")
    return run


def _digests(run: Path) -> dict[str, dict[str, str]]:
    table = pq.read_table(run / "GER40_full_results.parquet")
    files = [*run.glob("*.csv"), *run.glob("GER40_*.json")]
    return {
        "columns": {name: _column_digest(table[name]) for name in table.column_names},
        "files": {path.name: _digest(path.read_bytes()) for path in sorted(files)},
    }


def _column_digest(column: pa.ChunkedArray) -> str:
    kind = column.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    values = column.cast(kind).to_pylist()
    # The bits of floats, also of a negative zero.
    content = np.array(values).tobytes() if pa.types.is_floating(kind) else repr(values).encode()
    return f"{kind} {_digest(content)}"


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()[:16]


def _record(root: Path) -> None:
    data, records = make_sample(root / "data"), {}
    for number, (case, arguments) in enumerate(CASES.items()):
        output = root / f"output{number}"
        output.mkdir()
        records[case] = _digests(_run(data, output, arguments))
    RECORDS.write_text(json.dumps(records, indent=1) + "\n")


if __name__ == "__main__":
    _record(Path(sys.argv[1]))
