"""Searches by regime, and the test of switching."""

import os

import numpy as np
import pytest

from params_optimizer.data.regimes import UNLABELLED, labels
from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.errors import SettingsError
from params_optimizer.validation.regimes import by_regime
from params_optimizer.validation.walk_forward import walk_forward
from params_optimizer.validation.windows import Schedule
from tests.strategies.market import walk
from tests.validation.searches import by_hand, candidates_of, problem

pytestmark = pytest.mark.skipif(os.name == "nt", reason="workers are forked")
LEAST = 2


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    task = problem(walk(3000))
    candidates = candidates_of(task, tmp_path_factory.mktemp("regimes"), trials=16)
    walked = walk_forward(candidates, Schedule(60, 30))
    return task, candidates, walked, by_regime(candidates, "trend", walked, min_regime_trades=LEAST)


def label_of(task, days):
    known = labels(task.bars, "trend", "UTC")
    at = {int(day): int(label) for day, label in zip(known.date, known.label, strict=True)}
    return np.array([at[int(day)] for day in days]), known.names


def best_on(task, sets, days, least):
    inside = [metrics_of_r(by_hand(task, one, days, "close")) for one in sets]
    enough = [at for at, one in enumerate(inside) if one["total_trades"] >= least]
    if not enough:
        return None
    return sets[max(enough, key=lambda at: (inside[at]["total_r"], -at))]


def test_each_regime_has_the_best_of_its_days(found):
    task, candidates, _, result = found
    days = candidates.outcome.days
    label, names = label_of(task, days)
    sets = [one.parameters for one in candidates.outcome.distinct]
    assert [one.chosen_on for one in result.winners] == [*names, "all days"]
    assert result.unlabelled.size == (label == UNLABELLED).sum()
    for place, winner in enumerate(result.winners[:-1]):
        own = days[label == place]
        assert winner.days.tolist() == own.tolist()
        assert winner.choice.parameters == best_on(task, sets, own, LEAST)
        for other, name in enumerate(names):
            r = by_hand(task, winner.choice.parameters, days[label == other], "close")
            assert winner.figures[name] == metrics_of_r(r)
    assert result.winners[-1].choice.parameters == candidates.outcome.best.parameters


def test_switching_trades_each_day_with_the_choice_of_its_regime(found):
    task, candidates, walked, result = found
    sets = [one.parameters for one in candidates.outcome.distinct]
    r, days, different, unseen = [], 0, 0, 0
    for step in walked.steps:
        inside, names = label_of(task, step.window.in_sample)
        outside, _ = label_of(task, step.traded)
        traded_with = {}
        for place in (UNLABELLED, *range(len(names))):
            own = step.window.in_sample[inside == place] if place >= 0 else np.zeros(0)
            chosen = best_on(task, sets, own, LEAST) if own.size else None
            traded = step.traded[outside == place]
            unseen += traded.size if chosen is None and place >= 0 else 0
            chosen = chosen or step.choice.parameters
            different += traded.size if chosen != step.choice.parameters else 0
            days += traded.size
            traded_with.setdefault(tuple(chosen.items()), []).extend(traded.tolist())
        for chosen, traded in traded_with.items():  # no border between days of the same set
            r += by_hand(task, dict(chosen), np.array(sorted(traded)), "close").tolist()
    compared = result.switching.comparison
    assert (compared.days, compared.different_days, compared.unseen_days) == (
        days,
        different,
        unseen,
    )
    assert compared.switched["total_trades"] == len(r)
    assert compared.switched["total_r"] == pytest.approx(sum(r))
    assert compared.one == walked.stitched
    assert compared.difference.value == pytest.approx(sum(r) - walked.stitched["total_r"])
    assert set(result.switching.borders) == {"close", "carry", "drop"}


def test_without_windows_nothing_is_said_about_switching(tmp_path):
    candidates = candidates_of(problem(walk(3000)), tmp_path, trials=8)
    assert by_regime(candidates, "trend", None, min_regime_trades=LEAST).switching is None
    with pytest.raises(SettingsError, match="trned"):
        by_regime(candidates, "trned", None)
