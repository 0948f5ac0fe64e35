"""The pages of searches in headless Chromium: offline, without an error, every figure drawn."""

import json
from pathlib import Path
from typing import Any

import pytest

from params_optimizer.orchestrator.outcome import SearchOutcome
from params_optimizer.reports.forms import figure
from params_optimizer.reports.html_generator import write_page
from params_optimizer.reports.run import ReportedRun
from tests.reports.browsers import NARROW, WIDE, Browser, check, cut_off, drawn
from tests.reports.pages import Page
from tests.reports.searches import Every, everything, outcome_of, random_sets, write_files

pytestmark = pytest.mark.slow

GOALS = "total_r,max_drawdown,winrate"
EVIL = ("<script>alert(1)</script>", "a_name_that_goes_on_and_on_and_on", "%{y}", "<i>side</i>")
DATA = 'document.getElementById("figure-{}").data'


@pytest.fixture(scope="module")
def outcome() -> SearchOutcome:
    return outcome_of(random_sets(150), GOALS)


@pytest.fixture(scope="module")
def folder(outcome, tmp_path_factory) -> Path:
    made = everything(outcome, tmp_path_factory.mktemp("searches") / "WALK_random")
    write_page(ReportedRun(outcome, made))
    return made


@pytest.fixture(scope="module")
def report(folder) -> Path:
    return folder / "WALK_report.html"


@pytest.fixture
def shown(browser, report) -> Browser:
    browser.open(report)
    return browser


def data_of(report: Path) -> Any:
    return Page(report.read_text(encoding="utf-8")).data


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_draws_everything_offline(browser, report, width, scheme):
    browser.open(report, width, scheme)
    assert len(drawn(browser)) == 11
    check(browser, report)
    assert cut_off(browser) == {0}
    assert browser.ask("document.documentElement.dataset.theme") == scheme


def test_the_goal_of_history_and_importance_can_be_chosen(shown, report):
    data = data_of(report)
    for goal in range(3):
        shown.choose(figure_history_goal=goal, figure_shares_goal=goal)
        line = shown.ask(f"{DATA.format('history')}.find((one) => one.name === 'best so far').y")
        assert line[:-1] == [value for _, value in data["figure-history"]["best"][goal]]
        bars = shown.ask(f"{DATA.format('shares')}[0].x")
        shares = [100 * share for _, share, _ in data["figure-shares"]["goals"][goal]["shares"]]
        assert bars == pytest.approx(shares[::-1])
    assert shown.complaints() == []


def test_any_two_goals_make_a_front(shown, report):
    data = data_of(report)
    for across, up in ((1, 0), (2, 0), (1, 2), (0, 2)):
        shown.choose(pareto_x=across)
        shown.choose(pareto_y=up)
        dots = shown.ask(f"{DATA.format('pareto')}[2]")
        front = data["figure-pareto"]["front"]
        assert dots["x"] == [one[1 + across] for one in front]
        assert dots["y"] == [one[1 + up] for one in front]
        line = shown.ask(f"{DATA.format('pareto')}[1].x")
        pair = data["figure-pareto"]["lines"][f"{min(across, up)}-{max(across, up)}"]
        assert line == [one[across > up] for one in pair]
    shown.choose(pareto_x=2)
    assert shown.ask('document.getElementById("pareto-y").value') != "2"
    assert shown.complaints() == []


def test_selectors_change_the_heat_map(shown, report):
    heat = data_of(report)["figure-heat"]
    seen = []
    for one, other in ((0, 1), (1, 2), (2, 3)):
        shown.choose(heat_x=other)
        shown.choose(heat_y=one)
        for metric in ("total_r", "max_drawdown"):
            for place, mode in enumerate(("best", "mean")):
                shown.choose(heat_metric=metric, heat_mode=mode)
                z = shown.ask(f"{DATA.format('heat')}[0].z")
                assert z == heat["maps"][f"{one}-{other}"][metric][place]
                seen.append(json.dumps(z))
    assert len(set(seen)) == len(seen)
    hover = shown.ask(f"{DATA.format('heat')}[0].customdata.flat().map((cell) => cell[3])")
    assert any(" trials" in text for text in hover)
    assert shown.complaints() == []


def test_the_threshold_is_drawn_on_the_sharpe_ratio_alone(shown):
    notes = (
        'document.getElementById("figure-distribution").layout.annotations.map((one) => one.text)'
    )
    assert any("noise" in text for text in shown.ask(notes))
    shown.choose(distribution_metric="total_r")
    assert not any("noise" in text for text in shown.ask(notes))


def test_any_of_the_last_trades_can_be_chosen(shown, report):
    charts = data_of(report)["figure-day"]
    for place in (3, len(charts["charts"]) - 1):
        shown.choose(day=place)
        candles = shown.ask(f"{DATA.format('day')}[0].open")
        assert candles == charts["charts"][place]["ohlc"][0]
        words = shown.ask('document.getElementById("day-words").textContent')
        names = [name for name, _, _ in charts["columns"]]
        row = dict(zip(names, charts["trades"][place], strict=True))
        assert f"In at {row['entry_time']}" in words
    shown.ask('document.querySelectorAll("#trade-list tbody tr")[1].click()')
    assert shown.ask('document.getElementById("day").value') == "1"
    assert shown.complaints() == []


def test_numbers_on_the_page_are_those_of_the_files(shown, folder):
    best = json.loads((folder / "WALK_best_params.json").read_text())
    tiles = shown.ask(
        """Object.fromEntries([...document.querySelectorAll(".tile")].map((one) =>
        [one.querySelector("span").textContent, one.querySelector("b").textContent]))"""
    )
    assert tiles["Total R"] == figure("total_r", best["metrics"]["total_r"])
    years = shown.ask(
        '[...document.querySelectorAll("#figure-equity-below td.sum")]'
        ".map((one) => one.textContent)"
    )
    total = sum(float(one) for one in years)
    assert total == pytest.approx(best["metrics"]["total_r"], abs=0.02)


def test_it_prints(shown):
    printed = shown.driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
    assert len(printed["data"]) > 100_000
    assert shown.complaints() == []


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_names_stay_text_in_every_figure(browser, tmp_path, width):
    found = outcome_of(random_sets(100, EVIL), strategy=Every(EVIL))
    (path, *_) = write_page(ReportedRun(found, everything(found, tmp_path)))
    browser.open(path, width)
    check(browser, path)
    texts = browser.ask(
        '[...document.querySelectorAll(".figure text")].map((one) => one.textContent)'
    )
    assert EVIL[0] in texts
    assert EVIL[3] in texts
    names = browser.ask('[...document.querySelectorAll("#heat-x option")].map((one) => one.text)')
    assert names == list(EVIL)


ONE = {"gap": 10, "hold": 2, "scale": 1.0, "side": "long"}


@pytest.mark.parametrize(
    ("sets", "least"),
    [
        ([], 1),
        ([ONE], 1),
        ([{**ONE, "side": "broken"}], 1),
        ([ONE, {**ONE, "gap": 20}], 1),
        (random_sets(20, failing=False), 1_000_000),
    ],
    ids=["nothing", "one", "failed", "two", "too-few-trades"],
)
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_searches_that_found_little_draw_what_they_have(browser, tmp_path, sets, least, width):
    found = outcome_of(sets, min_trades=least)
    (path, *_) = write_page(ReportedRun(found, write_files(found, tmp_path)))
    browser.open(path, width)
    check(browser, path)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_space_of_one_parameter(browser, tmp_path, width):
    space = {"parameters": {"gap": {"type": "int", "low": 5, "high": 40}}}
    found = outcome_of([{"gap": gap} for gap in range(5, 41)], "sharpe_ratio", space=space)
    (path, *_) = write_page(ReportedRun(found, write_files(found, tmp_path)))
    browser.open(path, width)
    check(browser, path)
