"""What every implementation of `Candidates` promises; a new one adds a line to `MAKERS`."""

import os
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from params_optimizer.data.days import to_date
from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.errors import DataError, SettingsError
from params_optimizer.search.objective import Objective, goals_of
from params_optimizer.strategies.guard import guarded
from params_optimizer.strategies.registry import strategy_named
from params_optimizer.validation.candidates import Sample, borders_of, joined, ranks
from params_optimizer.validation.halves import validate as validate_halves
from params_optimizer.validation.holdout import holdout
from params_optimizer.validation.regimes import by_regime
from params_optimizer.validation.slices import SliceCandidates
from params_optimizer.validation.walk_forward import walk_forward
from params_optimizer.validation.windows import Schedule
from tests.validation.searches import candidates_of as search_candidates
from tests.validation.searches import problem
from tests.validation.studies import candidates_of as slice_candidates
from tests.validation.studies import study_in

pytestmark = pytest.mark.skipif(os.name == "nt", reason="workers are forked")
CROSSOVER = strategy_named("ma_crossover")
METRICS = ("total_r", "max_drawdown", "profit_factor", "calmar_ratio", "winrate")


def by_slices(folder, objective):
    return replace(slice_candidates(study_in(folder)), objective=objective)


def by_searching(folder, objective):
    task = replace(problem(), objective=objective)
    return search_candidates(task, folder, trials=24)


def by_slices_of_positions(folder, objective):
    """Compiled slices of a strategy that holds positions over night."""
    del folder
    space = {"parameters": {"fast": {"type": "int", "low": 2, "high": 9}, "slow": SLOW}}
    task = replace(problem(space={**space, "constraints": ["fast < slow"]}), objective=objective)
    return SliceCandidates(task, objective, 1)


SLOW = {"type": "int", "low": 4, "high": 40, "step": 4}
MAKERS = {
    "slices": by_slices,
    "slices of positions": by_slices_of_positions,
    "searches": by_searching,
}


@pytest.fixture(scope="module", params=MAKERS)
def made(request, tmp_path_factory):
    """Makes candidates for an objective, all of them on the same market."""
    folder = tmp_path_factory.mktemp("candidates")

    def make(metric="total_r", min_trades=3, direction=None):
        own = folder / f"{metric}_{min_trades}_{direction}"
        own.mkdir(exist_ok=True)
        return MAKERS[request.param](own, Objective(goals_of(metric, direction), min_trades))

    return make


def halves(candidates):
    days = candidates.days
    cut = days.size // 2
    return Sample("before", days[:cut]), Sample("after", days[cut:])


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_the_best_is_the_first_of_all_that_compete(made, metric, direction):
    candidates = made(metric, direction=direction)
    first, later = halves(candidates)
    found = candidates.values_on(first, later)
    [best] = candidates.best_on([first])
    order = np.lexsort((found.numbers, -ranks(found.first, found.first_r)))
    assert best.number == found.numbers[order[0]]
    assert best.parameters == found.parameters(int(order[0]))
    assert best.eligible == found.numbers.size + found.failed
    figures = candidates.figures(best.parameters, first.days)
    assert best.value == pytest.approx(figures[metric])
    assert np.all(np.diff(found.numbers) > 0)


@pytest.mark.parametrize("metric", METRICS)
def test_merits_are_those_of_each_set_alone(made, metric):
    candidates = made(metric)
    first, later = halves(candidates)
    found = candidates.values_on(first, later)
    objective = candidates.objective
    for place in range(0, found.numbers.size, 37):
        parameters = found.parameters(place)
        for sample, merits, totals in (
            (first, found.first, found.first_r),
            (later, found.later, found.later_r),
        ):
            figures = candidates.figures(parameters, sample.days)
            assert merits[place] == pytest.approx(-objective.losses(figures)[0])
            assert totals[place] == pytest.approx(figures["total_r"])
        assert candidates.figures(parameters, first.days)["total_trades"] >= 3


def test_each_sample_is_judged_by_itself(made):
    candidates = made()
    first, later = halves(candidates)
    both = candidates.best_on([first, later])
    assert [both[:1], both[1:]] == [candidates.best_on([first]), candidates.best_on([later])]
    assert candidates.best_on([]) == []


def test_the_least_number_of_trades_can_be_another_one(made):
    candidates = made()
    first, _ = halves(candidates)
    few, many = (candidates.best_on([first], least)[0] for least in (1, 8))
    assert few.eligible >= many.eligible
    assert candidates.figures(many.parameters, first.days)["total_trades"] >= 8
    assert candidates.best_on([first], 100_000) == [None]


def test_trades_belong_to_their_days(made):
    candidates = made()
    days = candidates.days[np.isin(np.arange(candidates.days.size) % 9, (0, 1, 2, 5))]
    [best] = candidates.best_on([Sample("some", days)])
    date, trades = candidates.trades(best.parameters, days)
    assert np.isin(date, days).all()
    assert (np.diff(trades.entry_time) >= 0).all()
    assert candidates.figures(best.parameters, days) == metrics_of_r(trades.r)
    parts = [
        candidates.trades(best.parameters, days[:9]),
        candidates.trades(best.parameters, days[9:]),
    ]
    whole = joined(parts)
    assert whole.date.size == sum(part.date.size for part in parts)
    borders = borders_of(candidates, [(best.parameters, days)])
    assert candidates.crossing or borders is None
    assert joined([]).date.size == 0


def test_values_of_parameters_have_an_order(made):
    candidates = made()
    [best] = candidates.best_on([Sample("all", candidates.days)])
    for name, value in best.parameters.items():
        assert candidates.ordered(name, [value, value]) == [value]


def single_combination(folder):
    study = study_in(folder)
    return slice_candidates(replace(study, grid=study.grid.only(0)))


@pytest.mark.parametrize(
    "alone",
    [single_combination, lambda folder: search_candidates(problem(), folder, trials=1)],
    ids=["slices", "searches"],
)
def test_a_single_competitor_is_neither_better_nor_worse_than_chance(alone, tmp_path):
    candidates = alone(tmp_path)
    held = holdout(candidates, to_date(int(candidates.days[candidates.days.size // 2])))
    assert (held.eligible, held.rows[0].beaten, held.rows[0].out_place) == (1, 0.5, 1)


@pytest.mark.parametrize("count", [0, -5])
def test_sets_without_trades_are_refused_alike(made, count):
    with pytest.raises(SettingsError, match=f"--min-trades {count}: must be an integer >= 1"):
        made(min_trades=count)
    with pytest.raises(SettingsError, match=f"--min-regime-trades {count}: must be an integer"):
        by_regime(made(), "trend", None, min_regime_trades=count)


def test_no_winner_in_any_window_is_a_finding_without_trades(made):
    found = walk_forward(made(min_trades=100_000), Schedule(20, 10))
    assert found.summary.windows_with_winner == found.stitched["total_trades"] == 0
    assert (found.summary.efficiency, found.stability) == (None, ())
    with pytest.raises(DataError, match="competes: each needs 100000 trades"):
        holdout(made(min_trades=100_000), to_date(int(made().days[30])))


def test_each_half_is_chosen_on_and_looked_at(made):
    candidates = made()
    finding = validate_halves(candidates)
    days, cut = candidates.days, candidates.days.size // 2
    parts = days[:cut], days[cut:]
    chosen = candidates.best_on([Sample("half", part) for part in parts])
    for row, best, other in zip(finding.rows, chosen, parts[::-1], strict=True):
        figures = candidates.figures(best.parameters, other)
        assert row["set"] == best.number
        assert row["total_r_elsewhere"] == figures["total_r"]
        assert row["trades_elsewhere"] == figures["total_trades"]
        assert f"{figures['total_r']:,.2f} R" in finding.sentences[0]
    few = min(row["trades_elsewhere"] for row in finding.rows) < 30
    assert ("too few to judge" in finding.sentences[0]) == few == (finding.good is None)
    nothing = validate_halves(made(min_trades=100_000))
    assert (nothing.rows, nothing.good) == ((), None)
    assert "nothing was compared" in nothing.sentences[0]


def test_money_is_that_of_the_account(made):
    candidates = made()
    found = walk_forward(candidates, Schedule(20, 10)).summary
    assert candidates.risk_money > 0
    assert found.total_oos_profit == found.total_oos_r * candidates.risk_money
    assert found.std_oos_profit > 0


class Counting:
    """A strategy of somebody that writes down what it is asked."""

    name = "counting"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def space(self):
        return {"parameters": {"fast": {"type": "int", "low": 2, "high": 9}, "slow": SLOW}}

    def trades(self, bars, parameters):
        with (self.folder / "asked").open("a") as file:
            file.write(f"{parameters} {bars.count}\n")
        return strategy_named("ma_crossover").trades(bars, parameters)


@pytest.mark.parametrize("metric", ["score", "total_r"])
def test_sets_that_are_asked_one_by_one_are_asked_once(metric, tmp_path):
    """Whatever is asked of the answers: several samples, and the two passes of the score."""
    strategy = Counting(tmp_path)
    task = problem(strategy=guarded("counting", strategy), space=strategy.space(), border="carry")
    objective = Objective(goals_of(metric, None), 3)
    compiled = replace(task, strategy=CROSSOVER)
    alone, batch = (SliceCandidates(plan, objective, 2) for plan in (task, compiled))
    assert alone.plan.set_by_set
    assert not batch.plan.set_by_set
    samples = [Sample("some", alone.days[place : place + 20]) for place in (0, 10, 30)]
    assert alone.best_on(samples) == batch.best_on(samples)
    assert asked(tmp_path) == {1: len(alone.plan.space)}
    found, expected = (one.values_on(*halves(one)) for one in (alone, batch))
    assert found.numbers.tolist() == expected.numbers.tolist()
    assert found.first == pytest.approx(expected.first)
    assert found.later == pytest.approx(expected.later, nan_ok=True)
    assert asked(tmp_path) == {1: len(alone.plan.space)}


def asked(folder: Path) -> Counter[int]:
    """How many sets were asked how often, since the last look."""
    counts = Counter((folder / "asked").read_text().splitlines())
    (folder / "asked").unlink()
    return Counter(counts.values())


def test_pruned_slices_of_positions_are_those_of_each_set_by_itself():
    """Days that know of each other: each sample under the border policy, set by set."""
    candidates = by_slices_of_positions(None, Objective(goals_of("profit_factor", None), 3))
    space, days = candidates.plan.space, candidates.days[5:40]
    [best] = candidates.best_on([Sample("some", days)])
    merits = {}
    for number in space.allowed(0, len(space)).tolist():
        figures = candidates.figures(space[number], days)
        if figures["total_trades"] >= 3:
            merits[number] = candidates.objective.losses(figures)[0], -figures["total_r"]
    assert best.eligible == len(merits)
    top = min(merits.values())[0]
    assert merits[best.number][0] == pytest.approx(top)
