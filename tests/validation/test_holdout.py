"""Holdout against separate runs before and after its date."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from params_optimizer.data.days import instants, to_date
from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.errors import DataError, SettingsError
from params_optimizer.reports.subject import grid_subject
from params_optimizer.reports.validation import holdout_content, holdout_text, write_holdout
from params_optimizer.storage.sealed import unsealed
from params_optimizer.validation.holdout import holdout, rank_correlation
from params_optimizer.validation.windows import trading_days
from tests.validation.studies import (
    between,
    candidates_of,
    columns,
    figures,
    other_market_from,
    ranked,
    study_in,
    values,
    with_bars,
)

CUT = 40


@pytest.fixture(scope="module", params=["tiny", "standard"])
def study(request, tmp_path_factory):
    return study_in(tmp_path_factory.mktemp("study"), request.param)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return study_in(tmp_path_factory.mktemp("study"))


def run(study, *, metric="score", min_trades=10, workers=1, cut=CUT, top=25):
    first = to_date(int(trading_days(study)[cut]))
    return holdout(candidates_of(study, metric, min_trades, workers), first, top=top)


@pytest.mark.parametrize(
    "metric", ["score", "sharpe_ratio", "total_r", "profit_factor", "calmar_ratio"]
)
def test_both_sides_are_those_of_separate_runs(study, metric):
    result = run(study, metric=metric, min_trades=35)
    days = trading_days(study)
    before, after = between(study, days[:CUT]), between(study, days[CUT:])
    found, later = columns(before), columns(after)
    order = ranked(found, metric, 35)
    assert (result.trials, result.eligible) == (len(study.grid), len(order))
    assert len(order) < len(study.grid), "some combinations do not compete"
    assert [(row.number, row.in_value) for row in result.rows] == order[:25]

    rows = found["total_trades"] >= 35
    pairs = pd.DataFrame(
        {"before": values(found, metric, rows), "after": values(later, metric, rows)},
        index=np.flatnonzero(rows),
    )
    ranks = pairs.rank()
    assert result.correlation == pytest.approx(ranks["before"].corr(ranks["after"]), abs=1e-9)
    places = pairs["after"].rank(ascending=False, method="min")
    beaten = (ranks["after"] - 1) / (len(pairs) - 1)
    for row in result.rows:
        assert row.out_value == pairs["after"][row.number]
        assert row.out_place == places[row.number]
        assert row.beaten == pytest.approx(beaten[row.number])
        assert row.in_sample == figures(before, row.number)
        assert row.out_sample == figures(after, row.number)


def test_decay_compares_averages_and_sums_per_day(tiny):
    result = run(tiny)
    assert [one.metric for one in result.decay] == list(METRICS)
    counted = {"total_r", "total_trades", "winning_trades", "losing_trades"}
    for one in result.decay:
        before = np.mean([row.in_sample[one.metric] for row in result.rows])
        after = np.mean([row.out_sample[one.metric] for row in result.rows])
        assert one.per_day == (one.metric in counted)
        if one.per_day:
            before, after = before / CUT, after / (trading_days(tiny).size - CUT)
        assert (one.in_sample, one.out_sample) == pytest.approx((before, after))
        if one.metric in {"max_drawdown", "max_consec_wins", "max_consec_losses"}:
            assert one.decay is None
        else:
            assert one.decay == pytest.approx((before - after) / abs(before))


def test_decay_of_nothing_has_no_meaning(tiny):
    """Without a losing trade in sample there is no profit factor that could decay."""
    result = run(tiny, metric="total_r", min_trades=1, cut=1, top=3)
    decay = {one.metric: one for one in result.decay}
    assert decay["profit_factor"].in_sample == 0
    assert decay["profit_factor"].decay is None
    told = holdout_text(grid_subject(tiny), result)
    assert "on 1 trading day (" in told
    assert "In sample there is only 1 day: fewer than 20 prove nothing." in told
    assert "Out of sample there" not in told


def test_the_choice_does_not_look_ahead(tiny):
    one = run(tiny)
    other = run(other_market_from(tiny, int(trading_days(tiny)[CUT])))
    assert [(row.number, row.in_value, row.in_sample) for row in other.rows] == [
        (row.number, row.in_value, row.in_sample) for row in one.rows
    ]
    assert [row.out_sample for row in other.rows] != [row.out_sample for row in one.rows]


@pytest.mark.parametrize("workers", [2, 3])
def test_the_number_of_workers_changes_nothing(study, workers):
    one, several = run(study), run(study, workers=workers)
    assert holdout_content(grid_subject(study), several) == holdout_content(
        grid_subject(study), one
    )


def test_fewer_combinations_than_asked_for(tiny):
    result = run(tiny, top=10_000)
    assert len(result.rows) == result.eligible <= len(tiny.grid)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ([1.0, 2.0, 3.0], [10.0, 20.0, 900.0], 1.0),
        ([1.0, 2.0, 3.0], [3.0, 2.0, 1.0], -1.0),
        ([1.0, 2.0, 3.0], [5.0, 5.0, 5.0], None),
        ([7.0], [7.0], None),
        ([1.0, 1.0, 2.0, 3.0], [1.0, 2.0, 2.0, 0.0], -0.5),
    ],
)
def test_rank_correlation(one, other, expected):
    got = rank_correlation(np.array(one), np.array(other))
    if expected is None:
        assert got is None
    else:
        assert got == pytest.approx(expected)


def test_a_date_outside_the_data(tiny):
    first, last = tiny.span
    for chosen in (first, last.replace(year=last.year + 1)):
        with pytest.raises(SettingsError, match=f"--holdout-from {chosen}: .*60 trading days"):
            holdout(candidates_of(tiny), chosen)


@pytest.mark.parametrize("metric", ["score", "total_r"])
def test_nobody_has_enough_trades_before_the_date(tiny, metric):
    with pytest.raises(DataError, match=r"each needs 41 trades.*--min-trades"):
        run(tiny, metric=metric, min_trades=41)


@pytest.mark.parametrize("metric", ["score", "total_r"])
def test_a_holdout_without_trades(tiny, metric):
    """The bars end with the Initial Balance of the last day: a trading day without a trade."""
    last = trading_days(tiny)[-1:]
    end = int(instants(last, "08:20", "Europe/Berlin")[0])
    short = with_bars(tiny, tiny.bars.between(None, end))
    assert trading_days(short)[-1] == last[0]
    with pytest.raises(DataError, match=r"none of the [0-9]+ parameter sets.*makes a trade"):
        run(short, metric=metric, cut=-1)


def test_the_text_says_who_made_no_trade_and_what_it_means(tiny):
    result = run(tiny)
    text = holdout_text(grid_subject(tiny), result)
    for row in result.rows[:10]:
        assert f"{row.number}" in text
        assert f"{row.out_sample['total_r']:.2f}" in text
    assert f"{result.correlation:.2f}" in text
    assert "too few to judge" in text, "fewer than 30 trades"
    assert "made no trade" not in text

    nothing = {**dict.fromkeys(METRICS, 0.0), "total_trades": 0}
    idle = replace(
        result,
        rows=(result.rows[0]._replace(out_sample=nothing), *result.rows[1:]),
        correlation=None,
    )
    text = holdout_text(grid_subject(tiny), idle)
    assert "1 of them made no trade out of sample" in text
    assert "The winner" not in text, "nothing is known of it"
    assert "the orders cannot be compared" in text


def test_the_file(tiny, tmp_path):
    result = run(tiny)
    path = write_holdout(grid_subject(tiny), result, tmp_path)
    assert path.name == "GER40_holdout.json"
    content = unsealed(path.read_bytes())
    assert content == holdout_content(grid_subject(tiny), result)
    best = content["top"][0]
    assert best["params"] == tiny.grid[result.rows[0].number]
    assert best["out_sample"] == result.rows[0].out_sample
    assert content["rank_correlation"] == result.correlation
    assert content["out_sample_days"]["first"] == content["holdout_from"]
    assert content["trials"] == len(tiny.grid)
