"""docs/results.md and the README tell exactly what a run leaves behind."""

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from params_optimizer.orchestrator.checkpoint import Checkpoint
from params_optimizer.storage import pickles
from params_optimizer.storage.run_directory import RunDirectory
from tests.docs.conftest import Optimizer
from tests.docs.documents import CHECKOUT, DOCUMENTS, codes

README, RESULTS = DOCUMENTS["README.md"], DOCUMENTS["docs/results.md"]
TYPES = {"string": "text", "double": "float64"}
ALSO = {"checkpoint.json", "results_partial.parquet/", "survey.parquet/", "set_aside/"}
ALSO |= {"answers.parquet/"}
"""What a run has while it is on, or only where something was wrong."""


def documented_columns() -> list[tuple[str, str]]:
    """Names and types, in the order of the tables, the metrics once for each prefix."""

    def table(heading: str) -> list[tuple[str, str]]:
        return [(codes(row[0])[0], row[1].content) for row in RESULTS.sections[heading].rows]

    metrics = table("Metrics")
    prefixes = ["", *RESULTS.first_cells("Variations")]
    every = [(prefix + name, kind) for prefix in prefixes for name, kind in metrics]
    return [*table("Combination and parameters"), *every, *table("Money")]


def test_every_result_column_and_its_type_is_documented(run_folder: Path) -> None:
    schema = pq.read_schema(run_folder / "GER40_full_results.parquet")
    found = [(field.name, TYPES.get(str(field.type), str(field.type))) for field in schema]
    assert documented_columns() == found
    assert f"{len(found)} columns" in " ".join(RESULTS.text.split())


def test_encodings_are_as_documented(run_folder: Path) -> None:
    metadata = pq.read_metadata(run_folder / "GER40_full_results.parquet")
    group = metadata.row_group(0)
    chunks = [group.column(place) for place in range(group.num_columns)]
    encoded = {chunk.path_in_schema for chunk in chunks if "RLE_DICTIONARY" in chunk.encodings}
    keys = RESULTS.first_cells("Combination and parameters")[1:]
    columns = documented_columns()
    counts = {name for name, kind in columns if kind == "int32"}
    assert encoded == {*keys, *counts} - {"rev_rb_enabled"}
    assert {chunk.compression for chunk in chunks} == {"SNAPPY"}
    assert b"params_optimizer" in metadata.metadata


def test_every_file_of_a_run_is_documented(run_folder: Path, kept_folder: Path) -> None:
    found = {path.name for folder in (run_folder, kept_folder) for path in folder.iterdir()}
    told = RESULTS.first_cells("The files of a run")
    patterns = {name: pattern(name) for name in told if name not in ALSO}
    for name in found:
        assert any(one.fullmatch(name) for one in patterns.values()), name
    for name, one in patterns.items():
        assert any(map(one.fullmatch, found)), name
    assert set(told) >= ALSO


def pattern(name: str) -> re.Pattern[str]:
    known = {"SYMBOL": "GER40", "VARIATION": "(OCAE|TCWE|Reverse|REV_RB)", "COMBINATION": r"\d+"}
    text = re.escape(name).replace(r"\{", "{").replace(r"\}", "}")
    return re.compile(text.format_map(known))


def test_files_of_the_readme_exist(run_folder: Path, kept_folder: Path) -> None:
    found = {path.name for folder in (run_folder, kept_folder) for path in folder.iterdir()}
    best = json.loads((run_folder / "GER40_best_params.json").read_text())["combination"]
    told = [
        re.sub(r"(?<=trades_)\d+", str(best), name)
        for name in README.first_cells("The main job")
        if "." in name and not name.startswith("--")
    ]
    assert len(told) >= 10
    assert set(told) <= found


def test_fields_of_run_json(run_folder: Path) -> None:
    manifest = json.loads((run_folder / "run.json").read_text())
    assert RESULTS.first_cells("run.json") == list(manifest)
    assert set(manifest["fingerprint"]) <= set(RESULTS.sections["run.json"].codes)


def test_columns_of_the_trade_list(run_folder: Path) -> None:
    header = fields_of_csv(next(run_folder.glob("GER40_trades_*.csv")))
    assert RESULTS.first_cells("The trade list") == header


def fields_of_json(path: Path) -> list[str]:
    content = json.loads(path.read_text())
    return list(content)


def fields_of_csv(path: Path) -> list[str]:
    with path.open(newline="", encoding="utf-8") as file:
        return next(csv.reader(file))


def fields_by_variation(path: Path) -> list[str]:
    content = pickles.load(path) if path.suffix == ".pkl" else json.loads(path.read_text())
    assert isinstance(content, dict)
    found = [list(fields) for fields in content.values() if fields]
    assert found
    return found[0]


@pytest.mark.parametrize(
    ("name", "fields", "heading"),
    [
        ("GER40_best_params.json", fields_of_json, "Rankings"),
        ("GER40_variations_summary.csv", fields_of_csv, "Rankings"),
        ("GER40_best_by_variation.json", fields_by_variation, "Rankings"),
        ("GER40_variation_agg.pkl", fields_by_variation, "Rankings"),
        ("GER40_distribution.csv", fields_of_csv, "Rankings"),
    ],
)
def test_fields_of_other_files(
    name: str,
    fields: Callable[[Path], list[str]],
    heading: str,
    run_folder: Path,
    kept_folder: Path,
) -> None:
    folder = run_folder if (run_folder / name).exists() else kept_folder
    line = f"{{SYMBOL}}_{name.removeprefix('GER40_')}"
    rows = RESULTS.sections[heading].rows
    told = next(codes(row[1]) for row in rows if line in codes(row[0]))
    found = fields(folder / name)
    assert set(found) - {"symbol"} <= set(told)


def test_fields_of_the_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.json"
    checkpoint = Checkpoint(RunDirectory(tmp_path), path.name, {"symbol": "GER40"})
    checkpoint.write(1, 2, 0.5, None)
    assert RESULTS.first_cells("checkpoint.json") == fields_of_json(path)


def test_rank_and_score_come_first_in_rankings(run_folder: Path) -> None:
    columns = [name for name, _ in documented_columns()]
    luck = ["trials", "deflated_sharpe", "plateau_score"]
    assert fields_of_csv(run_folder / "GER40_top_100.csv") == ["rank", "score", *columns, *luck]
    variation = fields_of_csv(run_folder / "GER40_variation_OCAE_top500.csv")
    assert variation == ["rank", *columns]


def test_python_examples_run(project: Path) -> None:
    examples = RESULTS.fences("python")
    assert len(examples) == 4
    script = "\n".join(examples).replace('Path("output")', 'Path("output/sample")')
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=project,
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.slow
def test_the_session_of_the_readme_can_be_repeated(optimizer: Optimizer, tmp_path: Path) -> None:
    (session,) = README.fences("console")
    errors: list[str] = []
    output: list[str] = []
    for line in session.splitlines():
        if line.startswith("$ "):
            program, *arguments = line.removeprefix("$ ").split()[2:]
            assert program == "params_optimizer.run_optimizer"
            done = optimizer(tmp_path, *arguments)
            output, errors = done.stdout.splitlines(), done.stderr.splitlines()
        elif line != "[...]":
            assert line in output or without_numbers(line) in map(without_numbers, errors)


def without_numbers(line: str) -> str:
    """A line that tells times, rates and names of folders, up to those."""
    return re.sub(r"[\d.,:]+", "#", line)
