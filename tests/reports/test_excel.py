"""The workbook as a user's programs see it: openpyxl, pandas, LibreOffice."""

import errno
import shutil
import subprocess
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from params_optimizer import run_optimizer
from params_optimizer.engine.metrics import METRICS
from params_optimizer.errors import DamagedFileError, StorageError
from params_optimizer.orchestrator.outcome import Outcome, rank
from params_optimizer.orchestrator.run import outcome_of
from params_optimizer.reports import excel
from params_optimizer.reports.excel import write_workbook
from params_optimizer.reports.summary import verdict
from params_optimizer.reports.tables import variation_line
from params_optimizer.storage import files
from params_optimizer.strategies.initial_balance.params import VARIATIONS

TABLES = ["Top100", "GridResults", *VARIATIONS]
TOP_N = 30
NAME = "GER40_analysis.xlsx"


@pytest.fixture(scope="module")
def path(finished, tmp_path_factory) -> Path:
    """A workbook of the finished run with 30 rows per table."""
    path = tmp_path_factory.mktemp("GER40_288combos") / NAME
    write_workbook(finished.outcome, path, TOP_N)
    return path


@pytest.fixture(scope="module")
def book(path: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(path)


def cells(path: Path, sheet: str = "Summary") -> list[list[object]]:
    """The rows of a sheet without empty cells."""
    book = openpyxl.load_workbook(path, read_only=True)
    rows = [[*row] for row in book[sheet].iter_rows(values_only=True)]
    book.close()
    return [[value for value in row if value is not None] for row in rows]


def table(path: Path, sheet: str) -> pd.DataFrame:
    return pd.read_excel(path, sheet_name=sheet, header=1)


def expected(outcome: Outcome, sheet: str, most: int = TOP_N) -> pd.DataFrame:
    """What a sheet has to hold, from the results themselves."""
    if sheet in ("Top100", "GridResults"):
        most = 100 if sheet == "Top100" else most
        numbers = outcome.ranking.combination[:most].tolist()
        found = pd.DataFrame(outcome.rows(numbers), columns=outcome.results.columns)
        found.insert(0, "score", outcome.ranking.score[:most])
    else:
        ranked = next(one for one in outcome.variations if one.variation == sheet)
        numbers = ranked.combination[:most].tolist()
        found = pd.DataFrame(outcome.rows(numbers), columns=outcome.results.columns)
    found.insert(0, "rank", range(1, len(numbers) + 1))
    return found


def test_the_sheets_and_their_order(book):
    assert book.sheetnames == ["Summary", *TABLES]


@pytest.mark.parametrize("sheet", TABLES)
def test_a_table_reads_back_in_pandas_as_the_results_are(finished, path, sheet):
    found, wanted = table(path, sheet), expected(finished.outcome, sheet)
    assert sorted(found.columns) == sorted(wanted.columns)
    assert len(found) == len(wanted)
    pd.testing.assert_frame_equal(
        found[wanted.columns], wanted, check_dtype=False, rtol=1e-15, atol=0
    )


def test_every_kind_of_table_was_looked_at(finished):
    sizes = {sheet: len(expected(finished.outcome, sheet)) for sheet in TABLES}
    assert sizes == {
        **dict.fromkeys(TABLES, TOP_N),
        "Top100": 100,
        "REV_RB": 0,  # on these days no combination rebounds often enough
    }


def test_what_ranks_a_table_stands_at_its_left(book):
    heads = {sheet: [cell.value for cell in book[sheet][2]] for sheet in TABLES}
    assert heads["GridResults"][:4] == ["rank", "score", "combination", "ib_start"]
    for name in VARIATIONS:
        assert heads[name][:2] == ["rank", "combination"]
        assert heads[name][16] == f"{name.lower()}_total_r"


@pytest.mark.parametrize("sheet", TABLES)
def test_headers_stay_in_sight_filter_and_fit(finished, book, sheet):
    page, rows = book[sheet], len(expected(finished.outcome, sheet))
    last = openpyxl.utils.get_column_letter(len(page[2]))
    assert page.freeze_panes in ("C3", "D3")
    assert page.auto_filter.ref == f"A2:{last}{max(2 + rows, 2)}"
    widths = {
        place: column.width
        for column in page.column_dimensions.values()
        for place in range(column.min, column.max + 1)  # equal neighbours stand together
    }
    for cell in page[2]:
        assert cell.font.bold
        assert widths[cell.column] >= len(cell.value)


def test_number_formats(book):
    page = book["GridResults"]
    formats = {head.value: cell.number_format for head, cell in zip(page[2], page[3], strict=True)}
    assert formats["combination"] == "0"
    assert formats["score"] == "0.0000"
    assert formats["total_r"] == formats["ocae_total_r"] == formats["sharpe_ratio"] == "0.00"
    assert formats["winrate"] == formats["rev_rb_winrate"] == "0.0"
    assert formats["total_trades"] == formats["total_profit"] == "#,##0"
    assert formats["avg_trade_r"] == "0.000"
    assert formats["ib_buffer_pct"] == formats["rr_target"] == "General"


@pytest.mark.parametrize(
    ("sheet", "text"),
    [
        ("Top100", "the best 100 of 288 ranked combinations, by score; the grid has 288"),
        ("GridResults", "the best 30 of 288 ranked combinations, by score; the grid has 288"),
        ("OCAE", "the best 30 of 108 ranked combinations, by ocae_total_r; the grid has 288"),
        ("REV_RB", "the best 0 of 0 ranked combinations, by rev_rb_total_r; the grid has 288"),
    ],
)
def test_a_sheet_says_how_many_rows_of_how_many_it_holds(path, sheet, text):
    assert cells(path, sheet)[0] == [f"GER40: {text}"]


def test_the_summary_says_what_was_searched_and_what_to_make_of_it(finished, path):
    outcome, rows = finished.outcome, cells(path)
    assert rows[0] == ["GER40: Initial Balance strategy, 288 combinations"]
    assert ["trading days", "60 (2025-02-24 to 2025-05-16)"] in rows
    assert ["spread", "1.5 points, half paid at the entry, half at a time exit"] in rows
    assert ["news filter", "off"] in rows
    assert ["run directory", path.parent.name] in rows
    assert ["GridResults", 30, 288, 288, "score"] in rows
    assert ["OCAE", 30, 108, 288, "ocae_total_r"] in rows
    best = outcome.rows(outcome.ranking.combination[:1].tolist())[0]
    assert [line for line in verdict(outcome, best) if [line] not in rows] == []
    assert ["rr_target", 3, "0.5, 1.0, 2.0"] in rows
    assert ["tsl_target, tsl_sl", 2, "0.0 / 0.5, 0.5 / 0.5"] in rows
    assert not any("GENERATED" in str(cell) for row in rows for cell in row)


def test_the_summary_shows_the_best_combination_and_the_variations(finished, path):
    outcome, rows = finished.outcome, cells(path)
    best = outcome.rows(outcome.ranking.combination[:1].tolist())[0]
    assert ["combination", best["combination"]] in rows
    assert ["ib_start", best["ib_start"]] in rows
    assert ["rev_rb_enabled", best["rev_rb_enabled"]] in rows
    shown = {row[0]: row[1:] for row in rows if row}
    assert shown["score"] == [pytest.approx(outcome.ranking.score[0], rel=1e-15)]
    for metric in METRICS:
        prefixes = ["", *(f"{name.lower()}_" for name in VARIATIONS)]
        wanted = [best[prefix + metric] for prefix in prefixes]
        assert shown[metric] == pytest.approx(wanted, rel=1e-15)
    assert shown["total_profit"] == [pytest.approx(best["total_r"] * 1_000)]
    for one in outcome.variations:
        leader = outcome.rows(one.combination[:1].tolist())
        line = [*variation_line(one, leader[0] if leader else None).values()][1:]
        found = [row[1:] for row in rows if row[:1] == [one.variation]]
        assert found[-1] == pytest.approx([value for value in line if value is not None])


def test_generated_data_is_labelled_on_every_sheet(finished, tmp_path):
    study = finished.outcome.study
    sample = replace(study, bars=replace(study.bars, generated=True))
    write_workbook(replace(finished.outcome, study=sample), tmp_path / NAME, 3)
    for sheet in ["Summary", *TABLES]:
        top = cells(tmp_path / NAME, sheet)[:4]
        assert any("GENERATED SAMPLE DATA" in str(cell) for row in top for cell in row), sheet


def test_without_a_combination_to_rank_it_says_so(finished, tmp_path):
    study = finished.outcome.study
    strict = replace(study, settings=study.settings.model_copy(update={"min_trades": 10_000}))
    results = finished.folder / "GER40_full_results.parquet"
    write_workbook(rank(strict, results), tmp_path / NAME, 50)
    rows = cells(tmp_path / NAME)
    assert ["No combination has enough trades: nothing can be said about any of them."] in rows
    assert ["GridResults", 0, 0, 288, "score"] in rows
    assert ["OCAE", 0, 0, 0] in rows
    assert [len(table(tmp_path / NAME, sheet)) for sheet in TABLES] == [0] * len(TABLES)


def test_at_most_as_many_rows_as_excel_has(finished, tmp_path, monkeypatch):
    monkeypatch.setattr(excel, "SHEET_ROWS", 12)
    write_workbook(finished.outcome, tmp_path / NAME, 5_000_000)
    sizes = {sheet: len(cells(tmp_path / NAME, sheet)) for sheet in ("GridResults", "TCWE")}
    assert sizes == {"GridResults": 12, "TCWE": 12}
    assert "the best 10 of 288" in str(cells(tmp_path / NAME, "GridResults")[0])


def test_rows_are_fetched_in_batches(finished, path, tmp_path, monkeypatch):
    monkeypatch.setattr(excel, "_BATCH", 7)
    write_workbook(finished.outcome, tmp_path / NAME, TOP_N)
    pd.testing.assert_frame_equal(table(tmp_path / NAME, "GridResults"), table(path, "GridResults"))


@pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)", "-2+<b>&amp;'\""])
def test_text_from_outside_is_text(finished, tmp_path, name):
    """A run directory may have any name; a spreadsheet must not calculate it."""
    folder = tmp_path / name
    folder.mkdir()
    write_workbook(finished.outcome, folder / NAME, 2)
    page = openpyxl.load_workbook(folder / NAME)["Summary"]
    found = [row for row in page.iter_rows(max_col=2) if row[0].value == "run directory"]
    assert found[0][1].value == name
    with zipfile.ZipFile(folder / NAME) as parts:
        sheets = [part for part in parts.namelist() if "worksheets/" in part]
        assert len(sheets) == 1 + len(TABLES)
        assert not any(b"<f>" in parts.read(part) for part in sheets), "no formula anywhere"


class OddResults:
    """Results whose figures are no numbers, which rows of a run never are."""

    def __init__(self, outcome: Outcome) -> None:
        self.columns = outcome.results.columns
        self.lookup = outcome.results.lookup
        self._rows = outcome.rows

    def rows(self, numbers):
        odd = {"total_r": float("nan"), "sharpe_ratio": float("inf"), "calmar_ratio": -1e308 * 10}
        return [{**row, **odd} for row in self._rows(numbers)]


def test_a_figure_that_is_no_number_is_shown_as_text(finished, tmp_path):
    odd = replace(finished.outcome, results=OddResults(finished.outcome))
    write_workbook(odd, tmp_path / NAME, 1)
    heads, row = cells(tmp_path / NAME, "GridResults")[1:]
    found = dict(zip(heads, row, strict=True))
    shown = [found[name] for name in ("total_r", "sharpe_ratio", "calmar_ratio")]
    assert shown == ["nan", "inf", "-inf"]


class LostResults(OddResults):
    """A disk that goes away while the workbook is written."""

    def rows(self, numbers):
        if len(numbers) > 1:
            raise DamagedFileError("results.parquet: cannot be read any more")
        return self._rows(numbers)


def test_a_workbook_is_replaced_whole_or_not_at_all(finished, path, tmp_path, monkeypatch):
    scratch, folder = tmp_path / "scratch", tmp_path / "run"
    scratch.mkdir()
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    shutil.copy(path, folder / NAME)
    lost = replace(finished.outcome, results=LostResults(finished.outcome))
    with pytest.raises(DamagedFileError, match=r"results\.parquet"):
        write_workbook(lost, folder / NAME, TOP_N)
    assert [one.name for one in folder.iterdir()] == [NAME]
    assert (folder / NAME).read_bytes() == path.read_bytes()
    assert list(scratch.iterdir()) == [], "its scratch files are gone too"


def test_a_full_disk_is_told_with_the_file(finished, tmp_path, monkeypatch):
    def full(operation: str, path: Path) -> None:
        if operation == "write":
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, "before", full)
    with pytest.raises(StorageError, match=rf"cannot write .*{NAME}: No space left"):
        write_workbook(finished.outcome, tmp_path / NAME, 2)
    assert list(tmp_path.iterdir()) == []


def test_no_room_for_scratch_files_is_told_with_their_folder(finished, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with pytest.raises(StorageError, match=r"cannot write .*missing"):
        write_workbook(finished.outcome, tmp_path / NAME, 2)
    assert list(tmp_path.iterdir()) == []


def test_the_command_writes_as_many_rows_as_asked_for(finished, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # Without being told they rank fewer rows than asked for, as their 5,000 may be.
    monkeypatch.setattr(outcome_of, "__defaults__", (2,))
    monkeypatch.setattr(rank, "__kwdefaults__", {"most": 2})
    run = tmp_path / "output" / finished.folder.name
    shutil.copytree(finished.folder, run)
    options = f"--symbol GER40 --generate-excel --top-n 7 --run-dir {run.name} --data-dir"
    assert run_optimizer.main([*options.split(), str(finished.data_dir)]) == 0
    for sheet in ("GridResults", "TCWE"):
        wanted = expected(finished.outcome, sheet, 7)["combination"].tolist()
        assert table(run / NAME, sheet)["combination"].tolist() == wanted


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_libreoffice_opens_it(path, tmp_path):
    done = subprocess.run(
        [
            *("soffice", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"),
            *("--headless", "--convert-to", "csv", "--outdir", str(tmp_path), str(path)),
        ],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    text = (tmp_path / NAME).with_suffix(".csv").read_text()
    assert text.startswith('"GER40: Initial Balance strategy, 288 combinations"')
