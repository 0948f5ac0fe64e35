"""The workbook as a user's programs see it: openpyxl, pandas, LibreOffice."""

import errno
import json
import shutil
import subprocess
import tempfile
import zipfile
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from params_optimizer import run_optimizer
from params_optimizer.errors import DamagedFileError, StorageError
from params_optimizer.orchestrator.columns import EvaluatedSlice
from params_optimizer.orchestrator.outcome import Outcome, rank
from params_optimizer.orchestrator.run import outcome_so_far
from params_optimizer.orchestrator.stages import AllRows
from params_optimizer.reports import run_table
from params_optimizer.reports.excel_generator import write_workbook
from params_optimizer.reports.labels import split
from params_optimizer.reports.run import ReportedRun
from params_optimizer.reports.tables import variation_line
from params_optimizer.reports.trades import trade_rows
from params_optimizer.reports.verdict import quick_evidence, sentences
from params_optimizer.reports.workbook import sheet as worksheet
from params_optimizer.storage import files
from params_optimizer.storage.parts import write_part
from params_optimizer.storage.results import Results
from params_optimizer.storage.run_directory import RunDirectory
from params_optimizer.strategies.initial_balance.panel.slices import PanelSlices
from params_optimizer.strategies.initial_balance.params import VARIATIONS
from tests.reports.pages import on_other_days

TABLES = ["Top100", "GridResults", *VARIATIONS]
SHEETS = ["Summary", *TABLES, "Equity", "Validation", "Trades", "Columns"]
TOP_N = 30
NAME = "GER40_analysis.xlsx"


def written(outcome: Outcome, path: Path, limit: int) -> Path:
    """The workbook of an outcome whose run lies in the folder of `path`."""
    write_workbook(ReportedRun(outcome, path.parent, limit), path)
    return path


@pytest.fixture(scope="module")
def path(finished, tmp_path_factory) -> Path:
    """A workbook of the finished run with 30 rows per table."""
    path = tmp_path_factory.mktemp("GER40_288combos") / NAME
    return written(finished.outcome, path, TOP_N)


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
    return pd.read_excel(path, sheet_name=sheet, header=2, skiprows=[3])


def holds(value: float, values: list[object]) -> bool:
    """Whether a number is among the values, to the digits that a workbook holds."""
    numbers = [one for one in values if isinstance(one, int | float)]
    return any(one == pytest.approx(value, rel=1e-15) for one in numbers)


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
    decided = found.winning_trades + found.losing_trades
    found["flat_trades"] = found.total_trades - decided
    return found


def test_the_sheets_and_their_order(book):
    assert book.sheetnames == SHEETS


@pytest.mark.parametrize("sheet", TABLES)
def test_a_table_reads_back_in_pandas_as_the_results_are(finished, path, sheet):
    found, wanted = table(path, sheet), expected(finished.outcome, sheet)
    if sheet in VARIATIONS:
        wanted = wanted.drop(columns="flat_trades")
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


def names(page) -> list[str]:
    """The names in the files, which stand in a hidden row."""
    return [cell.value for cell in page[3]]


def test_what_ranks_a_table_stands_at_its_left(book):
    assert names(book["GridResults"])[:4] == ["rank", "combination", "score", "total_r"]
    for name in VARIATIONS:
        assert names(book[name])[:3] == ["rank", "combination", f"{name.lower()}_total_r"]


@pytest.mark.parametrize("sheet", [*TABLES, "Trades"])
def test_headers_are_words_stay_in_sight_filter_and_print(book, sheet):
    page = book[sheet]
    assert page.row_dimensions[3].hidden
    heads = [cell.value for cell in page[4]]
    assert len(set(heads)) == len(heads)
    assert not any("_" in head.replace("REV_RB", "") for head in heads)
    assert all(cell.font.bold for cell in page[4])
    last = openpyxl.utils.get_column_letter(len(heads))
    assert page.freeze_panes in ("B5", "C5", "D5")
    assert page.print_title_rows == "$1:$4"
    assert page.auto_filter.ref == f"A4:{last}{page.max_row}"
    assert page.page_setup.orientation == "landscape"
    assert page.page_setup.fitToHeight == 0  # as many pages as it takes, each one wide


def test_headers_that_need_it_carry_a_note(book):
    heads = dict(zip(names(book["Top100"]), book["Top100"][4], strict=True))
    assert "two grids cannot be compared" in heads["score"].comment.text
    assert "(ocae_sharpe_ratio)" in heads["ocae_sharpe_ratio"].comment.text


def test_the_three_best_are_gold_silver_and_bronze(book):
    page = book["Top100"]
    fills = [{cell.fill.fgColor.rgb for cell in page[row]} for row in range(5, 9)]
    assert [fill for fill in fills[:3] if len(fill) == 1] == fills[:3]
    assert len({color for fill in fills[:3] for color in fill}) == 3
    assert not fills[3] & (fills[0] | fills[1] | fills[2])


def test_colours_tell_gain_from_loss(book):
    rules = {
        str(area.sqref): rule.colorScale.cfvo
        for area in book["GridResults"].conditional_formatting
        for rule in area.rules
        if rule.colorScale
    }
    place = names(book["GridResults"]).index("total_r") + 1
    letter = openpyxl.utils.get_column_letter(place)
    low, middle, high = (float(one.val) for one in rules[f"{letter}5:{letter}{4 + TOP_N}"])
    values = [book["GridResults"].cell(row, place).value for row in range(5, 5 + TOP_N)]
    assert middle == 0
    assert -low == high == pytest.approx(max(map(abs, values)))


def test_number_formats(book):
    page = book["GridResults"]
    formats = {name: cell.number_format for name, cell in zip(names(page), page[5], strict=True)}
    assert formats["combination"] == "0"
    assert formats["score"] == "#,##0.0000"
    assert formats["total_r"] == formats["ocae_total_r"] == formats["sharpe_ratio"] == "#,##0.00"
    assert formats["winrate"] == formats["rev_rb_winrate"] == "#,##0.0"
    assert formats["total_trades"] == formats["total_profit"] == "#,##0"
    assert formats["avg_trade_r"] == "#,##0.000"
    assert formats["ib_buffer_pct"] == formats["rr_target"] == "General"


def test_trades_and_equity_are_those_of_the_best_combination(finished, path, book):
    outcome = finished.outcome
    best = int(outcome.ranking.combination[0])
    wanted = pd.DataFrame(trade_rows(outcome.study, outcome.study.params(best)))
    for name in ("date", "entry_time", "exit_time"):
        wanted[name] = pd.to_datetime(wanted[name]).dt.tz_localize(None)
    found = table(path, "Trades")
    pd.testing.assert_frame_equal(
        found[wanted.columns], wanted, check_dtype=False, rtol=1e-15, atol=0
    )
    equity = pd.read_excel(path, sheet_name="Equity", header=2, skiprows=[3], usecols=range(5))
    row = outcome.rows([best])[0]
    assert equity["cumulative_r"].iloc[-1] == pytest.approx(row["total_r"], abs=1e-9)
    assert -equity["below_peak"].min() == pytest.approx(row["max_drawdown"], abs=1e-9)
    assert equity["balance"].tolist() == pytest.approx(found["balance"].tolist(), rel=1e-15)
    months = {cell.value: cell.column for cell in book["Equity"][4] if cell.value}
    year = book["Equity"].cell(5, months["Year"]).value
    assert year == pytest.approx(row["total_r"], abs=1e-9), "all days lie in one year"
    with zipfile.ZipFile(path) as parts:
        charts = [parts.read(name) for name in parts.namelist() if "charts/chart" in name]
    assert len(charts) == 3, "on the first sheet, and two beside the trades"
    last = 4 + len(found)
    assert all(f"$A$5:$A${last}".encode() in chart for chart in charts)


@pytest.mark.parametrize(
    ("sheet", "text"),
    [
        ("Top100", "the best 100 of 288 ranked combinations, by score"),
        ("GridResults", "the best 30 of 288 ranked combinations, by score"),
        ("OCAE", "the best 30 of 108 ranked combinations, by total r of OCAE"),
        ("REV_RB", "the best 0 of 0 ranked combinations, by total r of REV_RB"),
    ],
)
def test_a_sheet_says_how_many_rows_of_how_many_it_holds(path, sheet, text):
    assert cells(path, sheet)[0] == [f"GER40: {text}"]


def test_the_summary_says_what_was_searched_and_what_to_make_of_it(finished, path):
    outcome, rows = finished.outcome, cells(path)
    assert rows[0] == ["GER40: Initial Balance, 288 combinations"]
    assert rows[1] == ["60 trading days, 2025-02-24 to 2025-05-16"]
    assert ["Costs", "spread 1.5 points, half paid at the entry, half at a time exit"] in rows
    assert ["News filter", "off"] in rows
    sizes = {row[0]: row[1] for row in rows if len(row) == 3 and row[0] in TABLES}
    assert sizes["GridResults"] == sizes["OCAE"] == TOP_N
    run = ReportedRun(outcome, path.parent)
    told = sentences(quick_evidence(outcome, run.best))
    sentences_of = [text for text in told if not text.startswith("Conclusion")]
    assert [text for text in sentences_of if [text] not in rows] == []
    assert any(row[:1] == ["Target"] and row[2] == 3 and row[-1] == "0.5, 1.0, 2.0" for row in rows)
    assert not any("GENERATED" in str(cell) for row in rows for cell in row)
    assert not any("UNFINISHED" in str(cell) for row in rows for cell in row)


def test_the_summary_shows_the_best_combination_and_the_variations(finished, path):
    outcome, rows = finished.outcome, cells(path)
    best = outcome.rows(outcome.ranking.combination[:1].tolist())[0]
    glance = next(after for row, after in pairwise(rows) if row[:2] == ["Combination", "Score"])
    assert glance[:3] == pytest.approx(
        [best["combination"], outcome.ranking.score[0], best["total_r"]], rel=1e-15
    )
    beside = {row[0]: row[1] for row in rows if len(row) == 2}
    for key in ("stop_mode", "rr_target", "tsl_sl", "ib_buffer_pct"):
        assert beside[key] == best[key]
    for one in outcome.variations:
        leader = outcome.rows(one.combination[:1].tolist())
        line = [*variation_line(one, leader[0] if leader else None).values()][1:]
        found = [value for row in rows if row[:1] == [one.variation] for value in row]
        assert [value for value in line if value is not None and not holds(value, found)] == []


def test_generated_data_is_labelled_on_every_sheet(finished, tmp_path):
    study = finished.outcome.study
    sample = replace(study, bars=replace(study.bars, generated=True))
    written(replace(finished.outcome, plan=sample), tmp_path / NAME, 3)
    for name in SHEETS:
        top = cells(tmp_path / NAME, name)[:4]
        assert any("GENERATED SAMPLE DATA" in str(cell) for row in top for cell in row), name


def test_without_a_combination_to_rank_it_says_so(finished, tmp_path):
    study = finished.outcome.study
    strict = replace(study, settings=study.settings.model_copy(update={"min_trades": 10_000}))
    results = finished.folder / "GER40_full_results.parquet"
    written(rank(strict, results), tmp_path / NAME, 50)
    rows = cells(tmp_path / NAME)
    assert ["0 of 288 combinations have at least 10,000 trades."] in rows
    names = openpyxl.load_workbook(tmp_path / NAME).sheetnames
    assert names == ["Summary", *VARIATIONS, "Validation", "Columns"]
    assert [len(table(tmp_path / NAME, sheet)) for sheet in VARIATIONS] == [0] * 4


def test_an_unfinished_run_gives_a_workbook_of_what_is_there(finished, tmp_path, monkeypatch):
    """As a run that was killed: its parts, no results, no status."""
    monkeypatch.chdir(tmp_path)
    run = tmp_path / "output" / finished.folder.name
    study = finished.outcome.study
    slices = PanelSlices(study.grid)
    done = [slices[number] for number in range(0, len(slices), 2)]
    manifest = finished.directory.manifest()
    (run / "results_partial.parquet").mkdir(parents=True)
    kept = {name: manifest[name] for name in manifest if name not in ("results_sha256", "files")}
    RunDirectory(run).write_manifest({**kept, "status": None})
    for piece in done:
        numbers = np.arange(piece.first, piece.first + piece.rows)
        evaluated = EvaluatedSlice(piece, numbers, study.engine().metrics(piece))
        content = AllRows().part(study.table, evaluated)
        write_part(run / "results_partial.parquet", piece.number, content)
    options = "--symbol GER40 --generate-excel --data-dir"
    assert run_optimizer.main([*options.split(), str(finished.data_dir)]) == 0
    rows = sum(piece.rows for piece in done)
    assert 0 < rows < len(study.grid)
    top = cells(run / NAME)
    assert any(f"Unfinished run: {rows:,} of 288 combinations" in str(row) for row in top[:5])
    found = table(run / NAME, "GridResults")
    assert len(found) == rows
    whole = finished.outcome.rows(found["combination"].tolist())
    assert found["total_r"].tolist() == pytest.approx([row["total_r"] for row in whole])
    assert "UNFINISHED" in str(cells(run / NAME, "GridResults")[0])


def test_an_unfinished_run_without_a_single_slice_is_no_error(finished, tmp_path):
    outcome = rank(finished.outcome.study, Results([]))
    written(outcome, tmp_path / NAME, 10)
    assert any("Unfinished run: 0 of 288" in str(row) for row in cells(tmp_path / NAME)[:5])


def test_validation_shows_the_figures_of_the_files(finished, tmp_path):
    on_other_days(finished.outcome, tmp_path)
    written(finished.outcome, tmp_path / NAME, 3)
    shown = [value for row in cells(tmp_path / NAME, "Validation") for value in row]
    held = json.loads((tmp_path / "GER40_holdout.json").read_text())
    walked = json.loads((tmp_path / "GER40_walk_forward.json").read_text())
    for row in (*held["top"][:30], *(one for one in walked["windows"] if one["in_sample"])):
        assert row["combination"] in shown
        assert holds(row["in_sample"]["total_r"], shown)
        assert holds(row["out_sample"]["total_r"], shown)
    assert "Holdout" in shown
    assert "Walk-forward" in shown
    assert "Total R out" in shown


@pytest.mark.parametrize("content", ["", "[1]", "{}", '{"metric": "score", "checksum": "0"}'])
def test_a_damaged_finding_is_named(finished, tmp_path, content):
    (tmp_path / "GER40_holdout.json").write_text(content)
    with pytest.raises(DamagedFileError, match=r"GER40_holdout\.json.*make it again"):
        written(finished.outcome, tmp_path / NAME, 3)


def test_without_validation_it_says_how_to_get_it(path):
    rows = cells(path, "Validation")
    options = [row[0] for row in rows if row and str(row[0]).startswith("--")]
    assert len(options) >= 2
    for option in options:
        given = option.replace("DATE", "2025-01-01").split()
        run_optimizer._parser().parse_args(["--symbol", "GER40", *given])


def test_every_column_is_explained(path):
    told = {row[-1] for row in cells(path, "Columns") if row}
    for sheet in ("Top100", "Trades"):
        columns = {split(name)[1] for name in table(path, sheet).columns}
        assert columns <= told


def test_at_most_as_many_rows_as_excel_has(finished, tmp_path, monkeypatch):
    monkeypatch.setattr(worksheet, "SHEET_ROWS", 14)
    written(finished.outcome, tmp_path / NAME, 5_000_000)
    sizes = {name: len(cells(tmp_path / NAME, name)) for name in ("GridResults", "TCWE")}
    assert sizes == {"GridResults": 14, "TCWE": 14}


def test_rows_are_fetched_in_batches(finished, path, tmp_path, monkeypatch):
    monkeypatch.setattr(run_table, "BATCH", 7)
    written(finished.outcome, tmp_path / NAME, TOP_N)
    pd.testing.assert_frame_equal(table(tmp_path / NAME, "GridResults"), table(path, "GridResults"))


@pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)", "-2+<b>&amp;'\""])
def test_text_from_outside_is_text(finished, tmp_path, name):
    """A run directory may have any name; a spreadsheet must not calculate it."""
    folder = tmp_path / name
    folder.mkdir()
    written(finished.outcome, folder / NAME, 2)
    assert [name] in cells(folder / NAME)
    with zipfile.ZipFile(folder / NAME) as parts:
        sheets = [part for part in parts.namelist() if "worksheets/sheet" in part]
        assert len(sheets) == len(SHEETS)
        assert not any(b"<f>" in parts.read(part) for part in sheets), "no formula anywhere"


class OddResults:
    """Results whose figures are no numbers, which rows of a run never are."""

    def __init__(self, outcome: Outcome) -> None:
        self.columns = outcome.results.columns
        self.lookup, self.metadata = outcome.results.lookup, outcome.results.metadata
        self.pieces = outcome.results.pieces
        self._rows, self._length = outcome.rows, len(outcome.results)

    def __len__(self) -> int:
        return self._length

    def rows(self, numbers):
        odd = {"total_r": float("nan"), "sharpe_ratio": float("inf"), "calmar_ratio": -1e308 * 10}
        return [{**row, **odd} for row in self._rows(numbers)]


def test_a_figure_that_is_no_number_is_shown_as_text(finished, tmp_path):
    odd = replace(finished.outcome, results=OddResults(finished.outcome))
    written(odd, tmp_path / NAME, 1)
    page = openpyxl.load_workbook(tmp_path / NAME)["GridResults"]
    found = dict(zip(names(page), (cell.value for cell in page[5]), strict=True))
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
        written(lost, folder / NAME, TOP_N)
    assert [one.name for one in folder.iterdir()] == [NAME]
    assert (folder / NAME).read_bytes() == path.read_bytes()
    assert list(scratch.iterdir()) == [], "its scratch files are gone too"


def test_a_full_disk_is_told_with_the_file(finished, tmp_path, monkeypatch):
    def full(operation: str, path: Path) -> None:
        if operation == "write":
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, "before", full)
    with pytest.raises(StorageError, match=rf"cannot write .*{NAME}: No space left"):
        written(finished.outcome, tmp_path / NAME, 2)
    assert list(tmp_path.iterdir()) == []


def test_no_room_for_scratch_files_is_told_with_their_folder(finished, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with pytest.raises(StorageError, match=r"cannot write .*missing"):
        written(finished.outcome, tmp_path / NAME, 2)
    assert list(tmp_path.iterdir()) == []


def test_the_command_writes_as_many_rows_as_asked_for(finished, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # Without being told they rank fewer rows than asked for, as their 5,000 may be.
    monkeypatch.setattr(outcome_so_far, "__defaults__", (2,))
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
            *("--headless", "--convert-to", "ods", "--outdir", str(tmp_path), str(path)),
        ],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    # Its own format and back: whatever it did not understand would be lost.
    again = (tmp_path / NAME).with_suffix(".ods")
    assert again.is_file(), done.stderr
    back = subprocess.run(
        [
            *("soffice", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"),
            *("--headless", "--convert-to", "xlsx", "--outdir", str(tmp_path / "back"), str(again)),
        ],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert back.returncode == 0, back.stderr
    for sheet in [*TABLES, "Trades"]:
        found, wanted = table(tmp_path / "back" / NAME, sheet), table(path, sheet)
        pd.testing.assert_frame_equal(found, wanted, check_dtype=False, rtol=1e-14)
    with zipfile.ZipFile(tmp_path / "back" / NAME) as parts:
        assert len([name for name in parts.namelist() if "charts/chart" in name]) == 3
