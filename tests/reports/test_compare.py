"""Two runs side by side: numbers of both, words where something cannot be compared."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from params_optimizer import run_optimizer
from params_optimizer.errors import RunError
from params_optimizer.orchestrator.run import outcome_so_far
from params_optimizer.orchestrator.study import reopen
from params_optimizer.reports.compare import write_comparison
from params_optimizer.reports.forms import figure
from params_optimizer.storage.parts import write_part
from params_optimizer.storage.run_directory import RunDirectory
from tests.reports.pages import (
    GOLDEN_BARS,
    ONE,
    Made,
    Page,
    approx,
    cache_of_its_own,
    make_run,
)

FEW = ONE.model_copy(update={"rr_target": (0.5, 1.0, 2.0), "ib_buffer_pct": (0.05, 0.1)})


@pytest.fixture(scope="module")
def two(compiled_kernels, tmp_path_factory) -> tuple[Made, Made]:
    """The same six combinations at two spreads; read them, change nothing."""
    root = tmp_path_factory.mktemp("two")
    with cache_of_its_own(root, compiled_kernels):
        return make_run(root, FEW, "one"), make_run(root, FEW, "other", spread=6.0)


def page_with(*runs: Made, data_dir: Path | None = None) -> Page:
    folder = runs[0].directory.path.parent
    directories = [run.directory for run in runs]
    path = write_comparison(directories, data_dir or runs[0].data_dir, folder)
    return Page(path.read_text(encoding="utf-8"))


def totals(run: Made) -> pd.Series:
    return pd.read_parquet(run.directory.path / "results_final.parquet").total_r


def test_numbers_are_those_of_both_runs(two):
    page = page_with(*two)
    best = [json.loads((run.directory.path / "GER40_best_params.json").read_text()) for run in two]
    line = next(line for line in page.tables["best"][0] if line[0] == "Total R")
    values = [one["metrics"]["total_r"] for one in best]
    assert line[1:3] == [figure("total_r", value) for value in values]
    assert line[3] == ("differs" if values[0] != values[1] else "")
    for one, series in zip(best, page.data["figure-equity"]["series"], strict=True):
        assert series["cumulative"][-1] == approx(one["metrics"]["total_r"])
    head, *lines = page.tables["setup"][0]
    assert head[1:3] == [run.directory.path.name for run in two]
    assert next(one for one in lines if one[0] == "Spread, points")[1:] == ["1.5", "6", "differs"]
    keys = [key.strip() for one in lines for key in one[0].split(",")]
    assert set(type(FEW).model_fields) <= {*keys, "ib_windows"}
    for line in (*lines, *page.tables["best"][1][1:]):
        assert line[3] == ("differs" if line[1] != line[2] and line[0] != "Started" else "")


def test_the_best_of_one_in_the_other(two):
    page = page_with(*two)
    winner = int(two[0].outcome.ranking.combination[0])
    there = totals(two[1])
    words = " ".join(page.words["best"].split())
    assert f"combination {winner:,}, makes {figure('total_r', float(there[winner]))} R in" in words
    assert f"where {int((there > there[winner]).sum())} of 6 make more" in words
    correlation = totals(two[0]).corr(there, method="spearman")
    assert f"rank correlation of {correlation:.2f}" in words


def test_other_grids_are_not_compared_by_number(two, tmp_path):
    small = make_run(tmp_path, ONE, "small")
    page = page_with(two[0], small)
    assert "The grids differ" in page.words["best"]
    assert "rank correlation" not in page.words["best"]


def test_changed_data_leave_the_numbers_and_take_the_curve(two, tmp_path):
    bars = tmp_path / "optimized" / "GER40_m1.parquet"
    bars.parent.mkdir()
    pq.write_table(pq.read_table(GOLDEN_BARS).slice(0, 20_000), bars)
    page = page_with(*two, data_dir=tmp_path)
    assert "are not there as they were" in page.words["header"]
    assert page.data.keys() == {"figure-distributions"}
    assert "There is no equity to show" in page.words["equity"]
    assert len(page.tables["top"][0]) == 7


def unfinished(run: Made, root: Path) -> RunDirectory:
    """A copy of the run as it was when the first part of its results was done."""
    target = root / "unfinished"
    shutil.copytree(run.directory.path, target)
    directory = RunDirectory(target)
    not_joined = {"status": None, "results_sha256": None}
    directory.write_manifest({**directory.manifest(), **not_joined})
    table = pq.read_table(target / "results_final.parquet").slice(0, 2)
    for path in target.glob("*.*"):
        if path.name != "run.json":
            path.unlink()
    directory.parts.mkdir()
    pq.write_table(table, target / "part.parquet")
    write_part(directory.parts, 0, (target / "part.parquet").read_bytes())
    return directory


def test_an_unfinished_run_beside_a_finished_one(two, tmp_path):
    directory = unfinished(two[0], tmp_path)
    path = write_comparison([directory, two[1].directory], two[0].data_dir, directory.path.parent)
    page = Page(path.read_text(encoding="utf-8"))
    assert "unfinished, 2 of 6 combinations are done" in page.words["header"]
    assert len(page.tables["top"][0]) == 3


def test_what_an_unfinished_run_has_so_far(two, tmp_path):
    directory = unfinished(two[0], tmp_path)
    study = reopen(directory, two[0].data_dir)
    outcome = outcome_so_far(directory, study)
    assert len(outcome.results) == 2
    assert set(outcome.ranking.combination.tolist()) == {0, 1}


def test_an_unfinished_run_that_keeps_the_best_has_none_yet(tmp_path):
    run = make_run(tmp_path, FEW, keep="top:2")
    not_joined = {"status": None, "results_sha256": None}
    run.directory.write_manifest({**run.directory.manifest(), **not_joined})
    with pytest.raises(RunError, match="known at its end"):
        outcome_so_far(run.directory, run.outcome.study)


def test_the_same_run_twice_is_refused(two, capsys):
    folder = two[0].directory.path.parent
    code = run_optimizer.main(
        ["--compare", *[two[0].directory.path.name] * 2, "--output-dir", str(folder)]
    )
    assert code == 1
    assert "name two different runs" in capsys.readouterr().err


def test_the_command(two, capsys):
    names = sorted(run.directory.path.name for run in two)
    folder, data = two[0].directory.path.parent, two[0].data_dir
    command = ["--compare", *names, "--output-dir", str(folder), "--data-dir", str(data)]
    assert run_optimizer.main(command) == 0
    path = folder / f"compare_{names[0]}_{names[1]}.html"
    assert f"wrote {path}" in capsys.readouterr().err
    assert path.stat().st_size < 8_000_000
