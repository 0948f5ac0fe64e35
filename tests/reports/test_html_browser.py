"""The pages in headless Chromium: offline, without a console error, every figure drawn."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from params_optimizer.reports.compare import write_comparison
from params_optimizer.reports.forms import figure
from params_optimizer.reports.html_generator import write_page
from params_optimizer.reports.run import ReportedRun
from tests.reports.browsers import NARROW, WIDE, Browser, check, cut_off, drawn
from tests.reports.pages import (
    ONE,
    Page,
    copy_of_run,
    half_of,
    make_run,
    on_other_days,
    without_trades,
)

pytestmark = pytest.mark.slow

RESULTS = "GER40_full_results.parquet"
YEARS = (
    '[...document.querySelectorAll("#figure-equity-below td.sum")].map((one) => one.textContent)'
)


@pytest.fixture(scope="module")
def folder(finished, tmp_path_factory) -> Path:
    made = copy_of_run(finished.folder, tmp_path_factory.mktemp("pages") / finished.folder.name)
    on_other_days(finished.outcome, made)
    write_page(ReportedRun(finished.outcome, made))
    return made


@pytest.fixture(scope="module")
def report(folder) -> Path:
    return folder / "GER40_report.html"


@pytest.fixture
def shown(browser, report) -> Browser:
    browser.open(report)
    return browser


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_draws_everything_offline(browser, report, width, scheme):
    browser.open(report, width, scheme)
    assert len(drawn(browser)) == 10
    check(browser, report)
    assert browser.ask("document.documentElement.dataset.theme") == scheme


def test_no_text_of_a_figure_is_cut_off_or_lies_on_another(browser, report):
    for width in (WIDE, NARROW):
        browser.open(report, width)
        assert cut_off(browser) == {0}


def test_selectors_change_the_heat_map(shown, report):
    heat = Page(report.read_text(encoding="utf-8")).data["figure-heat"]
    seen = []
    for key in ("0-2", "2-4", "3-8"):
        one, other = map(int, key.split("-"))
        for across, up in ((other, one), (one, other)):
            shown.choose(heat_x=across)
            shown.choose(heat_y=up)
            for metric in ("total_r", "winrate"):
                for place, mode in enumerate(("best", "mean")):
                    shown.choose(heat_metric=metric, heat_mode=mode)
                    z = shown.ask('document.getElementById("figure-heat").data[0].z')
                    wanted = np.array(heat["maps"][key][metric][place])
                    np.testing.assert_array_equal(z, wanted if up == one else wanted.T)
                    seen.append(json.dumps(z))
    assert len(set(seen)) == len(seen), "every choice shows another map"
    assert shown.complaints() == []


def test_two_selectors_never_show_one_parameter_twice(shown):
    shown.choose(heat_x=0, heat_y=2)
    shown.choose(heat_x=2)
    assert shown.ask('document.getElementById("heat-y").value') != "2"
    assert shown.complaints() == []


def test_numbers_on_the_page_are_those_of_the_files(shown, folder):
    best = json.loads((folder / "GER40_best_params.json").read_text())
    tiles = shown.ask(
        """Object.fromEntries([...document.querySelectorAll(".tile")].map((one) =>
        [one.querySelector("span").textContent, one.querySelector("b").textContent]))"""
    )
    assert tiles["Total R"] == figure("total_r", best["metrics"]["total_r"])
    assert tiles["Trades"] == figure("total_trades", best["metrics"]["total_trades"])
    years = shown.ask(YEARS)
    assert [float(one) for one in years] == [
        pytest.approx(best["metrics"]["total_r"], abs=0.005)  # the bars are of one year
    ]
    shown.choose(period_series="oos")
    walked = json.loads((folder / "GER40_walk_forward.json").read_text())
    (year,) = shown.ask(YEARS)
    assert float(year) == pytest.approx(walked["summary"]["total_oos_r"], abs=0.005)


def test_any_of_the_last_days_can_be_chosen(shown, report):
    days = Page(report.read_text(encoding="utf-8")).data["figure-day"]
    for place in (3, len(days["charts"]) - 1):
        shown.choose(day=place)
        candles = shown.ask('document.getElementById("figure-day").data[0].open')
        assert candles == days["charts"][place]["ohlc"][0]
        words = shown.ask('document.getElementById("day-words").textContent')
        assert words.startswith(days["trades"][place][0])
    shown.ask('document.querySelectorAll("#trade-list tbody tr")[1].click()')
    assert shown.ask('document.getElementById("day").value') == "1"
    assert shown.complaints() == []


def test_a_click_on_a_value_leaves_the_lines_that_have_it(shown, report):
    rows = Page(report.read_text(encoding="utf-8")).data["figure-parallel"]["rows"]
    script = """const [done] = arguments, node = document.getElementById("figure-parallel");
        node.emit("plotly_click", {points: [{customdata: [0, 1]}]});
        const words = document.querySelector("#figure-parallel-below p");
        setTimeout(() => done(words.textContent), 500);"""
    words = shown.driver.execute_async_script(script)
    assert words.startswith(f"{sum(row[1] == 1 for row in rows)} of {len(rows)} have ib_window")
    assert shown.complaints() == []


def test_light_and_dark_at_a_click(shown):
    ink = "getComputedStyle(document.body).color"
    before = shown.ask(ink)
    shown.ask('document.getElementById("theme").click()')
    assert shown.ask("document.documentElement.dataset.theme") == "dark"
    assert shown.ask(ink) != before
    assert shown.complaints() == []


def test_it_prints(shown):
    printed = shown.driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
    assert len(printed["data"]) > 100_000
    assert shown.complaints() == []
    assert shown.ask("document.body.style.width") == ""


Make = Callable[[Any, Path], Path]


def _one(finished: Any, root: Path) -> Path:
    del finished
    made = make_run(root, ONE)
    return write_page(ReportedRun(made.outcome, made.directory.path))[0]


def _nothing(finished: Any, root: Path) -> Path:
    return write_page(
        ReportedRun(without_trades(finished.outcome, finished.folder / RESULTS), root)
    )[0]


def _unfinished(finished: Any, root: Path) -> Path:
    return write_page(
        ReportedRun(half_of(finished.outcome, finished.folder / RESULTS, root), root)
    )[0]


def _both(finished: Any, root: Path) -> Path:
    del finished
    few = ONE.model_copy(update={"rr_target": (0.5, 1.0)})
    runs = [make_run(root, values, str(at)) for at, values in enumerate((ONE, few))]
    return write_comparison([run.directory for run in runs], runs[0].data_dir, root)


@pytest.mark.parametrize("make", [_one, _nothing, _unfinished, _both])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_other_pages_draw_everything_too(finished, browser, tmp_path, make: Make, width):
    path = make(finished, tmp_path)
    browser.open(path, width)
    check(browser, path)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_run_that_kept_the_best_only(selected, browser, tmp_path, width):
    (path, *_) = write_page(ReportedRun(selected.outcome, tmp_path))
    browser.open(path, width)
    check(browser, path)
