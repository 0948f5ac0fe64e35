"""HTML pages as what a test asks of them: data, texts and tables by section; runs to write."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from params_optimizer.config import GridValues, NewsFilter, Settings
from params_optimizer.orchestrator.manifest import new_manifest
from params_optimizer.orchestrator.outcome import Outcome, rank
from params_optimizer.orchestrator.run import execute
from params_optimizer.orchestrator.study import make_study
from params_optimizer.reports.document import document_of
from params_optimizer.reports.files import write_files
from params_optimizer.reports.html_generator import page
from params_optimizer.reports.run import ReportedRun
from params_optimizer.reports.subject import grid_subject
from params_optimizer.reports.validation import write_holdout, write_walk_forward
from params_optimizer.search.objective import Objective
from params_optimizer.storage import run_directory
from params_optimizer.storage.run_directory import RunDirectory
from params_optimizer.validation.holdout import holdout
from params_optimizer.validation.slices import SliceCandidates
from params_optimizer.validation.walk_forward import walk_forward
from params_optimizer.validation.windows import Schedule
from tests.grids import grid_of

GOLDEN_BARS = Path(__file__).parents[1] / "golden" / "generated" / "GER40_m1.parquet"
_PLOTLY = re.compile(r"<script>/\*\*\s+\* plotly\.js.*?(?=</script>)", re.DOTALL)
HOLDOUT_FROM = datetime(2025, 4, 20, tzinfo=UTC).date()
ONE = GridValues(
    ib_windows=(("08:00", "09:00", "Europe/Berlin"),),
    ib_wait_minutes=(0,),
    trade_window_minutes=(120,),
    rr_target=(1.0,),
    stop_mode=("eq",),
    tsl_target=(0.0,),
    tsl_sl=(0.5,),
    min_sl_pct=(0.001,),
    rev_rb_enabled=(False,),
    rev_rb_pct=(0.5,),
    ib_buffer_pct=(0.1,),
    max_distance_pct=(1.0,),
)


class Page(HTMLParser):
    """The text and the tables of each section, by its id, and the data of the pictures."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.words: dict[str, str] = {}
        self.tables: dict[str, list[list[list[str]]]] = {}
        self.figures: set[str] = set()
        self.tags: list[str] = []
        self._section, self._script, self._cell = "", "", False
        self.feed(_PLOTLY.sub("<script>", text))
        self.data = {one["id"]: one["data"] for one in json.loads(self._script)["figures"]}

    def section(self, key: str) -> str:
        """The words of a section on one line."""
        return " ".join(self.words[key].split())

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.tags.append(tag)
        if tag in ("section", "header", "footer"):
            self._section = given.get("id") or tag
        if given.get("class") == "figure":
            self.figures.add(given["id"] or "")
        tables = self.tables.setdefault(self._section, [])
        if tag == "table":
            tables.append([])
        if tag == "tr":
            tables[-1].append([])
        if tag in ("td", "th"):
            tables[-1][-1].append("")
            self._cell = True
        if tag == "script":
            self._section = "data" if given.get("id") == "data" else "script"

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._cell = False

    def handle_data(self, data: str) -> None:
        if self._section == "data":
            self._script += data
        elif self._section != "script":
            self.words[self._section] = self.words.get(self._section, "") + data
        if self._cell:
            self.tables[self._section][-1][-1][-1] += data


def page_of(outcome: Outcome, folder: Path) -> Page:
    """The page of an outcome whose run lies in `folder`."""
    return Page(page(document_of(ReportedRun(outcome, folder))))


def silent(text: str) -> None:
    del text


@dataclass(frozen=True)
class Made:
    """A run made for one test."""

    outcome: Outcome
    directory: RunDirectory
    data_dir: Path


def make_run(
    root: Path,
    values: GridValues,
    name: str = "run",
    *,
    news: str = "",
    spread: float = 1.5,
    **settings: Any,
) -> Made:
    """A finished run of `values` on the generated bars of GER40; `news` is a CSV calendar."""
    data = root / "data"
    (data / "optimized").mkdir(parents=True, exist_ok=True)
    shutil.copy(GOLDEN_BARS, data / "optimized" / GOLDEN_BARS.name)
    if news:
        (data / "news").mkdir(exist_ok=True)
        (data / "news" / "mine.csv").write_text(news, encoding="utf-8")
    chosen = Settings(news_filter=NewsFilter(enabled=bool(news)), **settings)
    grid = grid_of(values, chosen.symbol("GER40").ib_windows)
    study = make_study(chosen, "GER40", data, grid=grid, spread=spread)
    now = datetime(2024, 1, 2, tzinfo=UTC)
    directory = run_directory.create(root / "output", name, now, new_manifest(study))
    outcome = execute(study, directory, 1, lambda _: None, write_files, silent)
    return Made(outcome, directory, data)


@contextmanager
def cache_of_its_own(root: Path, compiled_kernels: Path) -> Iterator[None]:
    """For fixtures that are made before the cache of the first test that asks for them."""
    (root / "cache").mkdir()
    with suppress(OSError):  # no links here: the kernels are compiled once more
        (root / "cache" / compiled_kernels.name).symlink_to(
            compiled_kernels, target_is_directory=True
        )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PARAMS_OPTIMIZER_CACHE", str(root / "cache"))
        yield


def on_other_days(outcome: Outcome, folder: Path) -> None:
    """Write the files of a holdout and of a walk-forward of the outcome into `folder`."""
    study = outcome.study
    objective = Objective.of(study.settings, min_trades=3)
    candidates, subject = SliceCandidates(study, objective, 1), grid_subject(study)
    write_holdout(subject, holdout(candidates, HOLDOUT_FROM, top=100), folder)
    schedule = Schedule(20, 10, None, anchored=False, purge_days=0)
    write_walk_forward(subject, walk_forward(candidates, schedule), folder)


def half_of(outcome: Outcome, results: Path, folder: Path) -> Outcome:
    """What the first half of a run's rows says, as if the run were unfinished."""
    table = pq.read_table(results)
    pq.write_table(table.slice(0, table.num_rows // 2), folder / "half.parquet")
    return rank(outcome.study, folder / "half.parquet")


def without_trades(outcome: Outcome, results: Path) -> Outcome:
    """The outcome, had every combination needed a million trades."""
    strict = outcome.study.settings.model_copy(update={"min_trades": 1_000_000})
    return rank(replace(outcome.study, settings=strict), results)


def copy_of_run(source: Path, target: Path) -> Path:
    """A copy of a run folder that a test may change."""
    with suppress(FileExistsError):
        shutil.copytree(source, target)
    return target


def approx(value: float) -> Any:
    """Numbers in pictures have six significant digits."""
    return pytest.approx(value, rel=1e-5, abs=1e-9)
