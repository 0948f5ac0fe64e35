"""The sections of a grid on its page: their numbers are those of the files, text stays text."""

import csv
import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from params_optimizer import run_optimizer
from params_optimizer.errors import DamagedFileError
from params_optimizer.reports import landscape
from params_optimizer.reports.forms import figure, record
from params_optimizer.reports.html_generator import write_page
from params_optimizer.reports.labels import in_line
from params_optimizer.reports.run import ReportedRun
from params_optimizer.validation.sharpe import expected_maximum_sharpe
from tests.reports.conftest import COMBINATIONS
from tests.reports.pages import (
    ONE,
    Page,
    approx,
    copy_of_run,
    half_of,
    make_run,
    on_other_days,
    page_of,
    without_trades,
)

RESULTS = "GER40_full_results.parquet"


@pytest.fixture(scope="module")
def folder(finished, tmp_path_factory) -> Path:
    """A copy of the finished run with a holdout and a walk-forward."""
    made = copy_of_run(finished.folder, tmp_path_factory.mktemp("pages") / finished.folder.name)
    on_other_days(finished.outcome, made)
    return made


@pytest.fixture(scope="module")
def page(finished, folder) -> Page:
    return page_of(finished.outcome, folder)


@pytest.fixture(scope="module")
def results(folder) -> pd.DataFrame:
    return pd.read_parquet(folder / RESULTS)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def number(text: str) -> float:
    return float(text.replace(",", ""))


def test_the_winner_is_that_of_the_files(page, folder):
    best = json.loads((folder / "GER40_best_params.json").read_text())
    words = page.words["best"]
    assert f"Combination{best['combination']}\n" in words
    assert f"Score{best['score']:.4f}\n" in words
    for name in ("total_r", "total_trades", "winrate", "sharpe_ratio", "max_drawdown"):
        assert f"{in_line(name)}{figure(name, best['metrics'][name])}\n" in words
    assert record(best["metrics"]) in words
    for key, value in best["params"].items():
        assert f"{key}{value}" in words.replace("\n", "")
    winner = page.data["figure-distribution"]["winner"]
    assert winner["total_r"] == approx(best["metrics"]["total_r"])


def test_the_top_ten_are_those_of_the_file(page, folder):
    head, *lines = page.tables["top"][0]
    assert len(lines) == 10
    rows = {int(row["combination"]): row for row in rows_of(folder / "GER40_top_100.csv")}
    ranks = [int(line[0]) for line in lines]
    assert ranks == sorted(ranks)
    assert ranks[0] == 1
    for line in lines:
        row = rows[int(line[head.index("Combination")])]
        assert line[0] == row["rank"]
        assert line[head.index("Total R")] == figure("total_r", float(row["total_r"]))
        assert line[head.index("Score")] == figure("score", float(row["score"]))


def test_variations_are_those_of_the_file(page, folder):
    head, *lines = page.tables["variations"][0]
    for line, row in zip(lines, rows_of(folder / "GER40_variations_summary.csv"), strict=True):
        assert line[0] == row["variation"]
        assert number(line[head.index("Ranked")]) == int(row["eligible"])
        best = row["best_total_r"]
        assert line[head.index("Total R")] == (figure("total_r", float(best)) if best else "-")


def test_distributions_count_every_ranked_combination(page, results):
    ranked = results[results.total_trades >= 10]
    found = page.data["figure-distribution"]["distributions"]
    assert set(found) == {"score", "total_r", "sharpe_ratio"}
    for name, one in found.items():
        assert sum(one["counts"]) == one["total"] == len(ranked)
        if name != "score":
            assert (one["least"], one["greatest"]) == (ranked[name].min(), ranked[name].max())
            assert one["above_zero"] == (ranked[name] > 0).sum()
            assert one["mean"] == approx(ranked[name].mean())


def test_the_noise_threshold_is_that_of_as_many_tries(page, results):
    variance = float(results[results.total_trades >= 10].sharpe_ratio.var(ddof=1))
    expected = float(expected_maximum_sharpe(float(COMBINATIONS), variance))
    assert page.data["figure-distribution"]["thresholds"] == {
        "sharpe_ratio": pytest.approx(expected)
    }
    words = page.section("distribution")
    assert "known for the Sharpe ratio only" in words
    assert f"It stands at {expected:.2f}, the best Sharpe ratio to expect" in words


def test_every_heat_map_is_a_pivot_of_the_results(finished, page, results):
    heat = page.data["figure-heat"]
    places = [finished.outcome.study.grid.places(one) for one in results.combination]
    frame = results.assign(
        **{f"f{at}": [one[at] for one in places] for at in range(len(places[0]))}
    )
    assert len(heat["maps"]) == len(heat["varying"]) * (len(heat["varying"]) - 1) // 2
    for key, maps in heat["maps"].items():
        one, other = key.split("-")
        for name in ("total_r", "sharpe_ratio", "profit_factor"):
            groups = frame.groupby([f"f{one}", f"f{other}"])[name]
            best, mean, combination = (np.array(values) for values in maps[name])
            assert best.ravel() == approx(groups.max().to_numpy())
            assert mean.ravel() == approx(groups.mean().to_numpy())
            winners = frame.loc[groups.idxmax(), "combination"].to_numpy()
            assert combination.ravel().tolist() == winners.tolist()


def test_parallel_lines_decode_to_the_parameters(finished, page, results):
    lines = page.data["figure-parallel"]
    by_number = results.set_index("combination")
    assert len(lines["rows"]) == min(COMBINATIONS, 500)
    for row in lines["rows"][:20]:
        for factor, place in zip(lines["factors"], row[1:], strict=False):
            if factor["name"] == "rr_target":
                assert float(factor["labels"][place]) == by_number.rr_target[row[0]]
        assert row[-len(lines["metrics"])] == approx(by_number.total_r[row[0]])


def test_around_the_winner_the_winner_is_the_best_known(page, results):
    best = page.data["figure-distribution"]["winner"]["total_r"]
    assert best in [approx(value) for value in results.total_r]
    for panel in page.data["figure-around"]["panels"]:
        assert panel["values"][panel["winner"]] == approx(best)


def test_curves_end_where_the_files_say(page, folder):
    series = {one["key"]: one for one in page.data["figure-equity"]["series"]}
    best = json.loads((folder / "GER40_best_params.json").read_text())["metrics"]
    assert series["best"]["total"] == approx(best["total_r"])
    assert series["best"]["max_drawdown"] == approx(best["max_drawdown"])
    leaders = json.loads((folder / "GER40_best_by_variation.json").read_text())
    for name, leader in leaders.items():
        if leader:
            assert series[name]["total"] == approx(leader["metrics"]["total_r"])
            assert series[name]["max_drawdown"] == approx(leader["metrics"]["max_drawdown"])
    walked = json.loads((folder / "GER40_walk_forward.json").read_text())
    assert series["oos"]["total"] == approx(walked["summary"]["total_oos_r"])
    held = json.loads((folder / "GER40_holdout.json").read_text())
    assert series["holdout"]["total"] == approx(held["top"][0]["out_sample"]["total_r"])


def test_months_and_weekdays_add_up(page):
    for one in page.data["figure-equity"]["series"]:
        months = [period for year in one["by_month"].values() for period in year.values()]
        for periods in (months, one["by_year"].values(), one["by_weekday"].values()):
            assert sum(period[0] for period in periods) == len(one["dates"])
            total = sum(period[1] for period in periods)
            assert total == pytest.approx(one["total"], abs=1e-3)


def test_the_chart_of_a_day_shows_the_bars_that_made_the_trade(page):
    found = page.data["figure-day"]
    at = {name: place for place, (name, _, _) in enumerate(found["columns"])}
    assert len(found["trades"]) == len(found["charts"]) > 20
    assert found["trades"][0][at["date"]] > found["trades"][-1][at["date"]], "the newest first"
    for trade, chart in zip(found["trades"], found["charts"], strict=True):
        _, high, low, _ = chart["ohlc"]
        _, last, ibl, ibh = chart["box"]
        inside = [place for place in range(len(high)) if place < last]
        assert max(high[place] for place in inside) == approx(ibh)
        assert min(low[place] for place in inside) == approx(ibl)
        first, end = chart["shade"]
        assert first - 0.01 <= chart["entry"] <= chart["exit"] <= end + 0.01
        if trade[at["exit_reason"]] == "time":  # at the close of the bar before (R8.4)
            continue
        candle = int(chart["exit"] + 0.5)
        upwards = (trade[at["direction"]] == "long") == (trade[at["exit_reason"]] == "tp")
        price = trade[at["exit_price"]]
        assert high[candle] >= price - 1e-3 if upwards else low[candle] <= price + 1e-3
    clocks = [time % 1440 for chart in found["charts"] for time in chart["time"]]
    assert min(clocks) >= 8 * 60, "local time of the Initial Balance"


def test_other_days_are_those_of_the_files(page, folder):
    held = json.loads((folder / "GER40_holdout.json").read_text())
    head, *lines = page.tables["holdout"][0]
    for line, one in zip(lines, held["top"], strict=False):
        assert number(line[head.index("Combination")]) == one["combination"]
        out = figure("total_r", one["out_sample"]["total_r"])
        assert line[head.index("Total R out")] == out
    walked = json.loads((folder / "GER40_walk_forward.json").read_text())
    head, *lines = page.tables["walk_forward"][0]
    assert len(lines) == len(walked["windows"]) > 1
    total = figure("total_r", walked["summary"]["total_oos_r"])
    assert f"Out of sample{total} R" in page.section("walk_forward")
    assert record(walked["stitched"]) in page.section("walk_forward")
    assert f"it made {total} R" in page.section("verdict"), "the evidence stands in the verdict"


def test_the_verdict_comes_first_and_sample_data_is_called_so(finished, page):
    assert page.text.index('id="verdict"') < page.text.index('id="best"')
    assert "Trade nothing that was not tested on other days" in page.words["verdict"]
    assert "GENERATED" not in page.words["header"], "these bars came without the mark"


def test_nothing_is_fetched(page):
    assert "default-src 'none'" in page.text
    head = page.text[: page.text.index("plotly.js")]
    assert "http://" not in head
    assert "https://" not in head
    assert {"link", "img", "iframe", "object"}.isdisjoint(page.tags)
    assert len(page.text.encode()) < 8_000_000


HOSTILE = "</script><script>alert(1)</script><b>'\"&"


def test_text_from_outside_stays_text(tmp_path):
    minutes = [
        f"2025-{month:02d}-{day:02d}T04:00:00" for month in (3, 4, 5) for day in range(1, 17)
    ]
    quoted = HOSTILE.replace('"', '""')
    news = "datetime_utc,currency,impact,title\n"
    news += "".join(f'{minute},EUR,High,"{quoted}"\n' for minute in minutes)
    made = make_run(tmp_path, ONE, "<img src=x onerror=alert(2)>&", news=news)
    page = page_of(made.outcome, made.directory.path)
    events = [text for chart in page.data["figure-day"]["charts"] for _, text in chart["events"]]
    assert any(HOSTILE in text for text in events)
    assert "alert(1)</script>" not in page.text
    assert "<img" not in page.text.replace("<image", "")[: page.text.index("plotly.js")]
    assert "<img src=x onerror=alert(2)>&" in page.words["header"]


def test_one_combination(tmp_path):
    page = page_of((made := make_run(tmp_path, ONE)).outcome, made.directory.path)
    assert "1 combination" in page.words["header"]
    assert "there is no map" in page.section("heat")
    assert "nothing to compare" in page.section("effects")
    assert "no neighbours" in page.section("plateau")
    assert page.figures == {"figure-distribution", "figure-equity", "figure-day"}


def test_no_combination_with_enough_trades(finished, tmp_path):
    page = page_of(without_trades(finished.outcome, finished.folder / RESULTS), tmp_path)
    assert "No combination is ranked" in page.words["verdict"]
    assert page.figures == set()
    assert "--walk-forward" in page.words["validation"]


def test_combinations_that_never_trade(tmp_path):
    """Ranked all the same, where the settings ask for no trades."""
    values = ONE.model_copy(update={"max_distance_pct": (1e-9, 1e-8)})
    made = make_run(tmp_path, values, min_trades=0)
    outcome = made.outcome
    rows = outcome.rows(outcome.ranking.combination.tolist())
    page = page_of(outcome, made.directory.path)
    if any(row["total_trades"] for row in rows):  # reversals do not know a distance
        assert "figure-equity" in page.figures
    else:
        assert "made no trade" in page.words["equity"]
    assert "too few to tell skill from luck" in page.section("verdict")


def test_an_unfinished_run_says_so(finished, tmp_path):
    outcome = half_of(finished.outcome, finished.folder / RESULTS, tmp_path)
    page = page_of(outcome, tmp_path)
    assert (
        f"{COMBINATIONS // 2:,} of {COMBINATIONS:,} combinations are done" in page.words["header"]
    )
    assert outcome.coverage in page.words["header"]
    assert f"best of {COMBINATIONS // 2:,} tries on the same days" in page.section("verdict")
    assert "Not known yet" in page.section("effects")
    assert (
        sum(page.data["figure-distribution"]["distributions"]["total_r"]["counts"])
        <= COMBINATIONS // 2
    )
    assert {"figure-heat", "figure-equity", "figure-day"} <= page.figures


def test_a_run_that_kept_the_best_only(selected):
    page = page_of(selected.outcome, selected.folder)
    assert "figure-distribution" not in page.figures
    told = {line[0]: line for line in page.tables["distribution"][0][1:]}
    for row in rows_of(selected.folder / "GER40_distribution.csv"):
        if in_line(row["metric"]) in told:
            assert told[in_line(row["metric"])][1] == figure(row["metric"], float(row["least"]))
    assert "Total R" in told
    assert "kept the best" in page.section("effects")
    assert page.data["figure-heat"]["modes"] == [["best", "the best kept"]]


def test_maps_that_would_burst_the_page_are_left_out(finished, monkeypatch):
    monkeypatch.setattr(landscape, "CELLS", 60)
    page = page_of(finished.outcome, finished.folder)
    heat = page.data["figure-heat"]
    assert (
        3 * sum(len(one["total_r"][0]) * len(one["total_r"][0][0]) for one in heat["maps"].values())
        <= 60
    )
    many = len(heat["varying"])
    assert heat["left_out"] == many * (many - 1) // 2 - len(heat["maps"]) > 0
    assert f"{heat['left_out']} pairs of parameters are left out" in page.section("heat")


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"top": 3}'])
def test_a_damaged_validation_file_is_named(finished, tmp_path, content):
    folder = copy_of_run(finished.folder, tmp_path / "run")
    (folder / "GER40_holdout.json").write_text(content)
    with pytest.raises(DamagedFileError, match=r"GER40_holdout\.json.*delete it"):
        page_of(finished.outcome, folder)


def test_the_command_writes_page_and_pictures(finished, capsys):
    code = run_optimizer.main(
        [
            *("--symbol", "GER40", "--generate-html"),
            *("--data-dir", str(finished.data_dir), "--output-dir", str(finished.folder.parent)),
            *("--run-dir", finished.folder.name),
        ]
    )
    assert code == 0
    told = capsys.readouterr().err
    for name in ("GER40_report.html", "GER40_equity.png", "GER40_heatmap.png"):
        path = finished.folder / name
        assert f"wrote {path}" in told
        assert path.stat().st_size > 5_000
        path.unlink()  # others read this folder


def test_a_page_older_than_what_was_found_since_is_named(finished, tmp_path, capsys):
    folder = copy_of_run(finished.folder, tmp_path / "run")
    for name, made in (("report.html", 1), ("analysis.xlsx", 2**32)):
        (folder / f"GER40_{name}").touch()
        os.utime(folder / f"GER40_{name}", (made, made))
    code = run_optimizer.main(
        [
            *("--symbol", "GER40", "--holdout-from", "2025-04-20", "--min-trades", "3"),
            *("--data-dir", str(finished.data_dir), "--output-dir", str(tmp_path)),
            *("--run-dir", folder.name, "--workers", "1"),
        ]
    )
    assert code == 0
    told = capsys.readouterr().err
    assert "note: GER40_report.html shows the run before this; --generate-html" in told
    assert "GER40_analysis.xlsx shows" not in told


def test_other_days_of_an_unfinished_run_are_of_the_whole_grid(finished, folder, tmp_path):
    half = half_of(finished.outcome, finished.folder / RESULTS, tmp_path)
    page = page_of(half, folder)
    for name in ("Holdout", "Walk-forward"):
        assert f"{name}, of the whole grid:" in page.section("verdict")


def test_pictures_only_where_there_is_something_to_show(finished, tmp_path):
    outcome = without_trades(finished.outcome, finished.folder / RESULTS)
    assert [path.name for path in write_page(ReportedRun(outcome, tmp_path))] == [
        "GER40_report.html"
    ]
