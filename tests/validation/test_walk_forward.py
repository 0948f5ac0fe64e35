"""Walk-forward against separate runs of each window."""

import csv
import statistics
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from params_optimizer.data.days import to_date
from params_optimizer.errors import DataError
from params_optimizer.reports.subject import grid_subject
from params_optimizer.reports.validation import (
    walk_forward_content,
    walk_forward_text,
    write_walk_forward,
)
from params_optimizer.storage.sealed import unsealed
from params_optimizer.validation.walk_forward import walk_forward
from params_optimizer.validation.windows import Schedule, trading_days
from tests.validation.studies import (
    between,
    candidates_of,
    columns,
    dated,
    figures,
    other_market_from,
    ranked,
    real_study,
    study_in,
    trades,
)

SCHEDULES = {
    "rolling": Schedule(20, 10),
    "anchored and purged": Schedule(20, 10, anchored=True, purge_days=2),
    "overlapping": Schedule(25, 12, step_days=9),
    "with gaps": Schedule(15, 5, step_days=11),
}


@pytest.fixture(scope="module", params=["tiny", "standard"])
def study(request, tmp_path_factory):
    return study_in(tmp_path_factory.mktemp("study"), request.param)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return study_in(tmp_path_factory.mktemp("study"))


def run(study, schedule, *, metric="score", min_trades=10, workers=1):
    return walk_forward(candidates_of(study, metric, min_trades, workers), schedule)


@pytest.mark.parametrize(
    "metric", ["score", "sharpe_ratio", "total_r", "profit_factor", "calmar_ratio"]
)
def test_winners_and_figures_are_those_of_separate_runs(study, metric):
    result = run(study, Schedule(20, 10), metric=metric, min_trades=17)
    assert len(result.steps) == 4
    assert any(step.choice.eligible < len(study.grid) for step in result.steps)
    for step in result.steps:
        before, after = (between(study, days) for days in step.window)
        order = ranked(columns(before), metric, 17)
        assert (step.choice.number, step.choice.value) == order[0]
        assert step.choice.eligible == len(order)
        assert step.in_sample == figures(before, step.choice.number)
        assert step.out_sample == figures(after, step.choice.number)
        assert dated(step.trades) == dated(trades(after, step.choice.number))


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_is_that_of_separate_runs(tiny, name):
    result = run(tiny, SCHEDULES[name], min_trades=5)
    assert len(result.steps) > 2
    for step in result.steps:
        before, after = (between(tiny, days) for days in step.window)
        assert (step.choice.number, step.choice.value) == ranked(columns(before), "score", 5)[0]
        assert step.out_sample == figures(after, step.choice.number)


@pytest.mark.slow
@pytest.mark.parametrize("metric", ["score", "calmar_ratio"])
def test_the_standard_grid_on_two_years_of_gold(shared, tmp_path, metric):
    gold = real_study(shared, tmp_path)
    result = run(gold, Schedule(120, 60), metric=metric, workers=2)
    assert len(result.steps) == 6
    for step in result.steps:
        before, after = (between(gold, days) for days in step.window)
        order = ranked(columns(before), metric, 10)
        assert (step.choice.number, step.choice.value) == order[0]
        assert step.out_sample == figures(after, step.choice.number)


@pytest.mark.parametrize("name", SCHEDULES)
def test_the_stitched_trades_hold_every_day_once(tiny, name):
    result = run(tiny, SCHEDULES[name], min_trades=5)
    stitched = [date for step in result.steps for date, _ in dated(step.trades)]
    assert stitched
    assert all(one < other for one, other in pairwise(stitched))
    assert stitched == result.trades.date.tolist()
    days = np.concatenate([step.traded for step in result.steps])
    wanted = np.unique(np.concatenate([step.window.out_sample for step in result.steps]))
    assert days.tolist() == wanted.tolist()
    for step, newer in pairwise(result.steps):  # the newest winner trades as soon as it is known
        assert step.traded[-1] < newer.window.out_sample[0]
        expected = trades(between(tiny, step.traded), step.choice.number)
        assert dated(step.trades) == dated(expected)


@pytest.mark.parametrize("name", SCHEDULES)
def test_no_choice_looks_ahead(tiny, name):
    whole = run(tiny, SCHEDULES[name], min_trades=5)
    for place, step in enumerate(whole.steps):
        changed = run(
            other_market_from(tiny, int(step.window.in_sample[-1]) + 1),
            SCHEDULES[name],
            min_trades=5,
        )
        earlier = [(one.choice, one.in_sample) for one in whole.steps[: place + 1]]
        assert [(one.choice, one.in_sample) for one in changed.steps[: place + 1]] == earlier
        assert changed.steps[place].out_sample != step.out_sample, "the change was none"


@pytest.mark.parametrize("workers", [2, 3])
def test_the_number_of_workers_changes_nothing(study, workers):
    one = run(study, Schedule(20, 10))
    several = run(study, Schedule(20, 10), workers=workers)
    assert walk_forward_content(grid_subject(study), several) == walk_forward_content(
        grid_subject(study), one
    )
    assert dated(several.trades) == dated(one.trades)


def test_the_summary_adds_up(tiny):
    result = run(tiny, Schedule(20, 10))
    summary, money = result.summary, tiny.risk_money
    after = [step.out_sample for step in result.steps]
    totals = [one["total_r"] for one in after]
    stitched = [r for step in result.steps for _, r in dated(step.trades)]
    assert summary.windows == summary.windows_with_winner == 4
    assert summary.positive_window_rate == sum(total > 0 for total in totals) / 4
    assert 0 < summary.positive_window_rate < 1, "both kinds of windows are there"
    assert summary.total_oos_r == pytest.approx(sum(stitched))
    assert summary.total_oos_profit == pytest.approx(sum(totals) * money)
    assert summary.std_oos_profit == pytest.approx(statistics.stdev(totals) * money)
    assert summary.average_oos_sharpe == pytest.approx(
        statistics.mean(one["sharpe_ratio"] for one in after)
    )
    per_day = sum(step.in_sample["total_r"] for step in result.steps) / 80
    assert summary.efficiency == pytest.approx(sum(totals) / 40 / per_day)
    assert summary.oos_days == 40
    assert result.stitched["total_trades"] == len(stitched)
    assert result.stitched["total_r"] == pytest.approx(sum(stitched))
    assert result.left_over.tolist() == trading_days(tiny)[60:].tolist()


def test_efficiency_has_no_meaning_where_winners_earned_nothing(tiny):
    dear = type(tiny)(
        **{name: getattr(tiny, name) for name in tiny.__dataclass_fields__ if name != "spread"},
        spread=200.0,
    )
    result = run(dear, Schedule(20, 10))
    assert all(step.in_sample["total_r"] < 0 for step in result.steps)
    assert result.summary.efficiency is None
    assert "earned nothing in sample" in walk_forward_text(grid_subject(dear), result)
    assert "Efficiency" not in walk_forward_text(grid_subject(dear), result)


def test_a_huge_efficiency_is_not_shown_without_a_warning(tiny):
    result = run(tiny, Schedule(20, 10))
    warning = "hardly made anything in sample"
    assert warning not in walk_forward_text(grid_subject(tiny), result)
    huge = replace(result, summary=result.summary._replace(efficiency=-38.63))
    text = walk_forward_text(grid_subject(tiny), huge)
    assert f"The winners {warning}" in text
    assert "3,863" not in text


def test_the_stability_of_each_parameter(tiny):
    result = run(tiny, Schedule(15, 5), min_trades=5)
    winners = [tiny.grid[step.choice.number] for step in result.steps]
    assert [one.key for one in result.stability] == list(winners[0])
    for one in result.stability:
        column = [values[one.key] for values in winners]
        counts = Counter(column)
        assert one.share == max(counts.values()) / len(winners) == counts[one.mode] / len(winners)
        assert one.distinct == len(counts)
        if isinstance(column[0], str | bool):
            assert (one.least, one.greatest, one.deviation) == (None, None, None)
        else:
            assert (one.least, one.greatest) == (min(column), max(column))
            assert one.deviation == pytest.approx(statistics.pstdev(column))
    assert any(one.distinct > 1 for one in result.stability)


def test_windows_without_enough_trades_trade_nothing(tiny):
    """An anchored window grows until some combination has enough."""
    result = run(tiny, Schedule(20, 10, anchored=True), min_trades=35)
    winners = [step.choice is not None for step in result.steps]
    assert winners == [False, False, True, True]
    idle = result.steps[0]
    assert (idle.in_sample, idle.out_sample, dated(idle.trades)) == (None, None, [])
    assert result.summary.windows == 4
    assert result.summary.windows_with_winner == 2
    positive = sum(step.out_sample["total_r"] > 0 for step in result.steps[2:])
    assert result.summary.positive_window_rate == positive / 4
    text = walk_forward_text(grid_subject(tiny), result)
    assert "In 2 of 4 windows no parameter set competed: nothing was traded" in text


def test_no_window_with_enough_trades(tiny, tmp_path):
    result = run(tiny, Schedule(20, 10), min_trades=500)
    assert all(step.choice is None for step in result.steps)
    assert result.summary.total_oos_profit == result.stitched["total_trades"] == 0
    assert result.stability == ()
    assert "Nothing was traded in any window" in walk_forward_text(grid_subject(tiny), result)
    paths = write_walk_forward(grid_subject(tiny), result, tmp_path)
    assert len(paths[1].read_text().splitlines()) == 1 + 4
    assert len(paths[2].read_text().splitlines()) == 1, "a heading and no trades"


def test_too_little_data(tiny):
    with pytest.raises(DataError, match="60 in-sample"):
        run(tiny, Schedule(60, 10))


def table(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_files(tiny, tmp_path):
    result = run(tiny, SCHEDULES["overlapping"], min_trades=5)
    paths = write_walk_forward(grid_subject(tiny), result, tmp_path)
    assert [path.name for path in paths] == [
        "GER40_walk_forward.json",
        "GER40_walk_forward.csv",
        "GER40_oos_trades.csv",
    ]
    content = unsealed(paths[0].read_bytes())
    assert content == walk_forward_content(grid_subject(tiny), result)
    assert content["summary"]["total_oos_profit"] == result.summary.total_oos_profit
    assert (content["metric"], content["trials_per_window"]) == ("score", len(tiny.grid))

    rows = table(paths[1])
    for number, (row, step, window) in enumerate(
        zip(rows, result.steps, content["windows"], strict=True), start=1
    ):
        winner = step.choice.number
        assert (row["window"], row["combination"]) == (str(number), str(winner))
        assert row["out_sample_first"] == to_date(int(step.window.out_sample[0])).isoformat()
        assert row["in_sample_days"] == "25"
        assert row["stop_mode"] == tiny.grid[winner]["stop_mode"]
        assert float(row["in_sample_sharpe_ratio"]) == step.in_sample["sharpe_ratio"]
        assert float(row["out_sample_total_r"]) == step.out_sample["total_r"]
        assert window["params"] == tiny.grid[winner]
        assert window["out_sample"] == step.out_sample

    listed = table(paths[2])
    stitched = [(n, t) for n, step in enumerate(result.steps, 1) for t in dated(step.trades)]
    assert [(int(row["window"]), row["date"], float(row["r"])) for row in listed] == [
        (number, to_date(date).isoformat(), r) for number, (date, r) in stitched
    ]
    assert float(listed[-1]["cumulative_r"]) == pytest.approx(result.summary.total_oos_r)
    profit = sum(float(row["profit"]) for row in listed)
    start = tiny.settings.backtest.initial_balance
    assert float(listed[-1]["balance"]) == pytest.approx(start + profit)


def test_the_text_shows_every_window_and_what_it_means(tiny):
    result = run(tiny, Schedule(20, 10, purge_days=2))
    text = walk_forward_text(grid_subject(tiny), result)
    for step in result.steps:
        assert f"{to_date(int(step.window.out_sample[0]))} to " in text
        assert f"{step.choice.number}" in text
        assert f"{step.out_sample['total_r']:.2f}" in text
    assert "2 purged between them" in text
    assert f"{len(tiny.grid):,} combinations" in text
    few = result.stitched["total_trades"] < 30
    assert ("too few to judge" in text) == few
