"""The best of each regime and the test of switching, against brute force."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from params_optimizer.data.bars import Bars
from params_optimizer.data.days import instants, to_date
from params_optimizer.data.ib_cache import IBLevels, initial_balances
from params_optimizer.data.regimes import KINDS, UNLABELLED, RegimeRules, labels
from params_optimizer.engine.metrics_calculator import METRICS, metrics_of_r
from params_optimizer.errors import DataError, SettingsError
from params_optimizer.reports.regimes import regimes_content, regimes_text, write_regimes
from params_optimizer.reports.subject import grid_subject
from params_optimizer.storage.sealed import unsealed
from params_optimizer.strategies.initial_balance.grid import GridAxes
from params_optimizer.validation.regimes import ALL_DAYS, by_regime
from params_optimizer.validation.switching import NO_LABEL, label_of
from params_optimizer.validation.walk_forward import walk_forward
from params_optimizer.validation.windows import Schedule, trading_days
from tests.grids import space_of
from tests.validation.studies import (
    candidates_of,
    columns,
    dated,
    ranked,
    real_study,
    study_in,
    trades,
    with_bars,
)

SMALL = RegimeRules(recent_days=3, history_days=20, least_history=6, refit_days=4)
WINDOWS = Schedule(25, 12)
BERLIN = "Europe/Berlin"


@pytest.fixture(scope="module", params=["tiny", "standard"])
def study(request, tmp_path_factory):
    return study_in(tmp_path_factory.mktemp("study"), request.param)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return study_in(tmp_path_factory.mktemp("study"))


def run(
    study, kind="volatility", *, schedule=WINDOWS, least=5, min_trades=10, rules=SMALL, workers=1
):
    candidates = candidates_of(study, "score", min_trades, workers)
    return by_regime(candidates, kind, schedule, min_regime_trades=least, rules=rules)


def study_labels(study, kind, rules):
    candidates = candidates_of(study)
    return labels(candidates.bars, kind, candidates.zones, candidates.market_days, rules)


def best_of(choice):
    """Number, value and how many competed; None for nobody."""
    return choice and (choice.number, choice.value, choice.eligible)


def compared(result, comparison):
    return replace(result, switching=replace(result.switching, comparison=comparison))


def own(step):
    """Whether each day was traded by the choice of its regime."""
    return step.traded_by >= 0


def numbers(step):
    """The combination that traded each day, -1 for none."""
    choices = (*step.choices, step.step.choice)
    return np.array([one.number if one else -1 for one in choices])[step.traded_by]


def filtered(study, days):
    """A study of its own that knows these days only."""
    levels = {
        window: IBLevels._make(array[np.isin(one.date, days)] for array in one)
        for window, one in study.levels.items()
    }
    return replace(study, levels=levels)


def best(study, days, least):
    """Number and value of the best by a ranking of the filtered days, and how many compete."""
    order = ranked(columns(filtered(study, days)), "score", least)
    return (*order[0], len(order)) if order else None


def figures(study, number, days):
    held = set(days.tolist())
    return metrics_of_r(np.array([one.r for one in trades(study, number) if one.date in held]))


def wanted_labels(study, kind):
    """Labels from the bars, apart from the analysis."""
    [zone] = {zone for _, _, zone in study.levels}
    return labels(study.bars, kind, zone, trading_days(study), SMALL)


@pytest.mark.parametrize("kind", KINDS)
def test_winners_and_matrix_are_those_of_separate_runs(study, kind):
    check_winners(study, run(study, kind), wanted_labels(study, kind), 5)


def check_winners(study, result, known, least):
    days = trading_days(study)
    assert [one.tolist() for one in result.days.values()] == [
        known.days(at).tolist() for at in range(3)
    ]
    assert result.unlabelled.tolist() == known.days(UNLABELLED).tolist()
    groups = [*result.days.values(), days]
    limits = [least] * 3 + [10]
    assert [one.chosen_on for one in result.winners] == [*known.names, ALL_DAYS]
    for winner, sample, limit in zip(result.winners, groups, limits, strict=True):
        assert best_of(winner.choice) == best(study, sample, limit)
        number = winner.choice.number
        assert list(winner.figures.values()) == [figures(study, number, group) for group in groups]
    assert len({winner.choice.number for winner in result.winners}) > 1


@pytest.mark.parametrize("kind", KINDS)
def test_switching_is_that_of_separate_runs(tiny, kind):
    check_switching(tiny, run(tiny, kind), wanted_labels(tiny, kind), 5)


def check_switching(study, result, known, least):
    """Day by day: who trades it, and what comes out."""
    days, out = trading_days(study), {}
    schedule = result.switching.forward.schedule
    for number, step in enumerate(result.switching.steps):
        begin = number * schedule.step
        inside = days[begin : begin + schedule.in_sample_days]
        chosen = [
            best(study, of_label, least) if of_label.size else None
            for of_label in (inside[known.at(inside) == place] for place in range(3))
        ]
        assert [best_of(one) for one in step.choices] == chosen
        one = best(study, inside, 10)
        end = begin + schedule.in_sample_days
        for day in days[end : end + schedule.out_sample_days].tolist():
            label = int(known.at(np.array([day]))[0])
            mine = chosen[label] if label != UNLABELLED else None
            out[day] = (label, mine, one, (mine or one)[0])
    assert [day for step in result.switching.steps for day in step.step.traded.tolist()] == list(
        out
    )
    got = []
    for step in result.switching.steps:
        each = (step.label.tolist(), own(step).tolist(), numbers(step).tolist())
        got += zip(*each, strict=True)
    assert got == [(label, mine is not None, who) for label, mine, _, who in out.values()]

    listed = {number: trades(study, number) for *_, number in out.values()}
    switched = [
        trade for day, (*_, who) in out.items() for trade in listed[who] if trade.date == day
    ]
    assert [one for step in result.switching.steps for one in dated(step.trades)] == dated(switched)
    found = result.switching.comparison
    assert found.switched == metrics_of_r(np.array([trade.r for trade in switched]))
    assert found.one == result.switching.forward.stitched
    assert found.days == len(out)
    assert found.unlabelled_days == sum(label == UNLABELLED for label, *_ in out.values())
    assert found.unseen_days == sum(
        mine is None and label != UNLABELLED for label, mine, *_ in out.values()
    )
    assert found.different_days == sum(who != one[0] for _, _, one, who in out.values())
    gained = found.switched["total_r"] - found.one["total_r"]
    assert found.difference.value == pytest.approx(gained)
    assert found.difference.low < gained < found.difference.high
    assert 0 < found.luck < 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["volatility", "mixture"])
def test_the_standard_grid_on_two_years_of_gold(shared, tmp_path, kind):
    gold = real_study(shared, tmp_path)
    rules = RegimeRules()
    result = run(gold, kind, schedule=Schedule(), least=10, rules=rules, workers=2)
    known = labels(gold.bars, kind, "Asia/Tokyo", trading_days(gold))
    assert len(result.switching.steps) == 6
    check_winners(gold, result, known, 10)
    check_switching(gold, result, known, 10)


def test_results_of_regimes_add_up(tiny):
    result = run(tiny, least=8)
    names = [one.regime for one in result.switching.results]
    assert names == ["low", "normal", "high", NO_LABEL]
    label = np.concatenate([step.label for step in result.switching.steps])
    for place, one in zip([0, 1, 2, UNLABELLED], result.switching.results, strict=True):
        assert one.days == (label == place).sum()
        mine = [own(step)[step.label == place] for step in result.switching.steps]
        assert one.own_days == np.concatenate(mine).sum()
        if place != UNLABELLED:
            assert one.windows == sum(
                step.choices[place] is not None for step in result.switching.steps
            )
    both = result.switching.comparison
    for side in ("one", "switched"):
        parts = [getattr(one, side) for one in result.switching.results]
        for name in ("total_trades", "winning_trades", "total_r"):
            total = sum(part[name] for part in parts)
            assert total == pytest.approx(getattr(both, side)[name]), name


def test_a_regime_not_seen_in_sample_is_traded_with_the_one_for_all(tiny):
    result = run(tiny, least=12)
    assert result.switching.comparison.unseen_days > 0
    assert any(None in step.choices for step in result.switching.steps)
    for step in result.switching.steps:
        for mine, number in zip(own(step), numbers(step), strict=True):
            assert mine or number == step.step.choice.number
    text = on_a_line(regimes_text(grid_subject(tiny), result))
    assert (
        f"On {result.switching.comparison.unseen_days} days of a regime in which nothing had"
        in text
    )


def test_days_without_a_label_are_traded_with_the_one_for_all(tiny):
    rules = replace(SMALL, least_history=36)
    result = run(tiny, rules=rules, schedule=Schedule(20, 10), least=1)
    assert result.switching.comparison.unlabelled_days == 39 - 20
    text = on_a_line(regimes_text(grid_subject(tiny), result))
    assert "On 19 days without a label the one for all traded." in text
    assert "no label 39" in text


def test_the_one_for_all_is_that_of_walk_forward(tiny):
    alone = walk_forward(candidates_of(tiny), WINDOWS)
    result = run(tiny)
    assert [step.step.choice for step in result.switching.steps] == [
        step.choice for step in alone.steps
    ]
    assert result.switching.comparison.one == alone.stitched


def test_the_number_of_workers_changes_nothing(tiny):
    one, several = run(tiny), run(tiny, workers=2)
    assert regimes_content(grid_subject(tiny), several) == regimes_content(grid_subject(tiny), one)


def test_history_before_the_first_traded_day_counts(tiny, tmp_path_factory):
    days = trading_days(tiny)
    later = filtered(tiny, days[20:])
    found = study_labels(later, "volatility", SMALL)
    assert found.date.tolist() == days.tolist()
    assert (label_of(found, trading_days(later)) != UNLABELLED).all()


def test_of_several_zones_the_first_to_begin_its_day_makes_the_labels(tiny):
    """When it is nine in Berlin it is evening in Auckland, and tomorrow begins at noon."""
    windows = [("08:00", "09:00", BERLIN), ("20:00", "21:00", "Pacific/Auckland")]
    levels = {window: initial_balances(tiny.bars, window) for window in windows}
    both = replace(tiny, levels=levels)
    dates = trading_days(both)
    found, berlin, auckland = (
        one.label.tolist()
        for one in (
            study_labels(both, "trend", SMALL),
            labels(tiny.bars, "trend", BERLIN, dates, SMALL),
            labels(tiny.bars, "trend", "Pacific/Auckland", dates, SMALL),
        )
    )
    assert found == auckland != berlin


def test_a_regime_without_days_is_named(tiny):
    result = run(tiny, "trend", rules=replace(SMALL, efficiency=1.0, recent_days=10))
    assert result.winners[0].choice is result.winners[2].choice is None
    text = on_a_line(regimes_text(grid_subject(tiny), result))
    assert "No day was down or up: nothing is known about it." in text
    assert "Nothing has 5 trades on down days." in text
    content = regimes_content(grid_subject(tiny), result)
    assert content["winners"][0]["params"] is None
    assert content["days"]["up"] == 0


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"kind": "mixtur"}, SettingsError, "did you mean 'mixture'"),
        ({"least": 0}, SettingsError, "--min-regime-trades 0: must be an integer >= 1"),
        ({"rules": RegimeRules()}, DataError, "which needs 74 days before its own"),
        ({"schedule": Schedule(120, 60)}, DataError, "too few for one window of 120 in-sample"),
        ({"least": 500}, DataError, "no parameter set has 500 trades in any regime"),
    ],
)
def test_what_cannot_be_done_is_said(tiny, arguments, error, message):
    with pytest.raises(error, match=message):
        run(tiny, **arguments)


def test_the_text_tells_the_windows(tiny):
    schedule = Schedule(20, 10, anchored=True, purge_days=2)
    text = on_a_line(regimes_text(grid_subject(tiny), run(tiny, schedule=schedule)))
    assert "3 windows of at least 20 trading days in sample and 10 out of sample, 2 purged" in text


def test_without_a_one_for_all_only_regimes_trade(tiny):
    result = run(tiny, min_trades=500)
    assert all(step.step.choice is None for step in result.switching.steps)
    assert result.winners[-1].choice is None
    assert result.switching.comparison.one["total_trades"] == 0
    assert result.switching.comparison.switched["total_trades"] > 0
    for step in result.switching.steps:
        assert ((numbers(step) == -1) == ~own(step)).all()
    text = on_a_line(regimes_text(grid_subject(tiny), result))
    assert "In 2 of 2 windows nothing had 500 trades in sample" in text
    assert "Nothing has 500 trades on all days." in text


def on_a_line(text):
    """A text without its line breaks."""
    return " ".join(text.split())


def flat_from(study, day):
    """The same market until it stops to move: no day of it is traded."""
    m1 = study.bars.m1
    cut = int(np.searchsorted(m1.time, instants(np.array([day]), "00:00", BERLIN)[0]))
    prices = {
        name: np.where(np.arange(m1.time.size) < cut, getattr(m1, name), 20_000.0)
        for name in ("open", "high", "low", "close")
    }
    return with_bars(study, Bars.from_arrays("GER40", m1._replace(**prices)))


def test_nothing_traded_out_of_sample(tiny):
    days = trading_days(tiny)
    result = run(flat_from(tiny, int(days[25])), schedule=Schedule(25, 30))
    assert result.switching.comparison.switched["total_trades"] == 0
    assert result.switching.comparison.difference is None
    text = on_a_line(regimes_text(grid_subject(tiny), result))
    assert "Nothing was traded out of sample, so nothing can be said." in text


def test_switching_between_equals_changes_nothing(tiny):
    axes = GridAxes.of(tiny.grid)
    alone = replace(tiny, grid=space_of(axes._replace(**first_places(tiny))))
    result = run(alone)
    assert result.switching.comparison.difference is None
    assert result.switching.comparison.different_days == 0
    text = on_a_line(regimes_text(grid_subject(alone), result))
    assert "Switching changed nothing" in text
    assert "All of them are the same combination." in text


def first_places(study):
    """All axes but that of the IB window, which the levels have."""
    axes = GridAxes.of(study.grid)
    return {name: getattr(axes, name)[:1] for name in axes._fields}


@pytest.mark.parametrize("kind", KINDS)
def test_the_text_says_what_was_found_and_how_sure(tiny, kind):
    result = run(tiny, kind)
    text = on_a_line(regimes_text(grid_subject(tiny), result))
    both = result.switching.comparison
    assert f"Days sorted by {kind}" in text
    for name, days in result.days.items():
        assert f"{name} {days.size}" in text
    for winner in result.winners:
        for one in winner.figures.values():
            assert f"{one['total_r']:.2f}" in text
    assert f"{both.one['total_r']:.2f}" in text
    assert f"{both.switched['total_r']:.2f}" in text
    assert f"from {both.difference.low:,.2f} to {both.difference.high:,.2f} R" in text
    assert f"no gain in {100 * both.luck:.0f} %" in text
    assert f"The next trading day counts as {result.coming}." in text
    sure = both.difference.low > 0 or both.difference.high < 0
    assert ("no evidence that switching helps" in text) == (not sure)


@pytest.mark.parametrize(
    ("one", "switched", "said"),
    [
        (-1.0, -2.0, "switched or not, it lost"),
        (1.0, -2.0, "Switched, it lost"),
        (-1.0, 2.0, None),
        (1.0, 2.0, None),
    ],
)
def test_the_verdict_tells_what_lost(tiny, one, switched, said):
    result = run(tiny)
    found = result.switching.comparison
    found = found._replace(
        one=found.one | {"total_r": one}, switched=found.switched | {"total_r": switched}
    )
    text = on_a_line(regimes_text(grid_subject(tiny), compared(result, found)))
    assert ("do not trade" in text) == (said is not None)
    assert said is None or said in text


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (1.0, 9.0, "The evidence says that switching helps"),
        (-9.0, -1.0, "The evidence says that switching does harm"),
        (-1.0, 9.0, "no evidence that switching helps"),
    ],
)
def test_the_verdict_follows_the_interval(tiny, low, high, said):
    result = run(tiny)
    spread = result.switching.comparison.difference._replace(low=low, high=high)
    found = compared(result, result.switching.comparison._replace(difference=spread))
    text = on_a_line(regimes_text(grid_subject(tiny), found))
    assert said in text


def test_the_files(tiny, tmp_path):
    result = run(tiny, "trend")
    paths = write_regimes(grid_subject(tiny), result, tmp_path)
    assert [path.name for path in paths] == ["GER40_regimes.json", "GER40_regimes.csv"]
    content = unsealed(paths[0].read_bytes())
    assert content == json.loads(json.dumps(regimes_content(grid_subject(tiny), result)))
    days = trading_days(tiny)
    assert list(content["labels"]) == [to_date(int(day)).isoformat() for day in days]
    known = wanted_labels(tiny, "trend")
    names = (*known.names, NO_LABEL)
    assert list(content["labels"].values()) == [names[place] for place in known.label]
    assert content["coming"] == known.names[known.coming]
    assert content["comparison"]["one"] == result.switching.comparison.one
    assert [one["window"] for one in content["windows"]] == [1, 2]
    assert sum(one["days"] for one in content["windows"]) == result.switching.comparison.days

    with paths[1].open(newline="") as file:
        rows = list(csv.DictReader(file))
    where = (*known.names, ALL_DAYS)
    assert [(row["chosen_on"], row["regime"]) for row in rows] == [
        (chosen, regime) for chosen in where for regime in where
    ]
    figures = [one for winner in result.winners for one in winner.figures.values()]
    for row, one in zip(rows, figures, strict=True):
        assert {name: float(row[name]) for name in METRICS} == one
        assert tiny.grid[int(row["combination"])]["stop_mode"] == row["stop_mode"]
