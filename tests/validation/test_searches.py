"""Searches on some of the days: kept, gone on with, and compared under every border policy."""

import os

import numpy as np
import pytest

from params_optimizer.errors import RunError
from params_optimizer.orchestrator.journals import FOLDER
from params_optimizer.strategies.trades import BORDERS
from params_optimizer.validation.candidates import Sample, borders_of
from tests.orchestrator.test_trials import Daily, sane
from tests.orchestrator.test_trials import problem as daily_problem
from tests.validation.searches import by_hand, candidates_of, problem

pytestmark = pytest.mark.skipif(os.name == "nt", reason="workers are forked")


def test_a_search_on_the_same_days_is_not_done_twice(tmp_path, monkeypatch):
    candidates = candidates_of(problem(), tmp_path)
    days = candidates.outcome.days[:40]
    first = candidates.search(Sample("one", days))
    [journal] = (tmp_path / FOLDER).iterdir()
    assert journal.name.startswith("2017-07-14_")
    assert "_40_" in journal.name
    content = journal.read_bytes()
    monkeypatch.setattr(type(candidates.outcome.rule), "trades", None)  # nothing can be evaluated
    again = candidates.search(Sample("two", days))
    assert list(again.trials) == list(first.trials)
    assert journal.read_bytes() == content


def test_a_search_that_was_killed_goes_on(tmp_path):
    candidates = candidates_of(problem(), tmp_path)
    days = candidates.outcome.days[:40]
    whole = candidates.search(Sample("one", days))
    [journal] = (tmp_path / FOLDER).iterdir()
    content = journal.read_bytes()
    journal.write_bytes(content[: len(content) // 2])
    assert list(candidates.search(Sample("one", days)).trials) == list(whole.trials)
    assert journal.read_bytes() == content


def test_damage_in_the_middle_is_set_aside_and_done_again(tmp_path, caplog):
    candidates = candidates_of(problem(), tmp_path)
    whole = candidates.search(Sample("one", candidates.days[:40]))
    [journal] = (tmp_path / FOLDER).iterdir()
    content = journal.read_bytes()
    changed = bytearray(content)
    changed[len(content) // 2] ^= 1
    journal.write_bytes(changed)
    assert list(candidates.search(Sample("one", candidates.days[:40])).trials) == list(whole.trials)
    assert journal.read_bytes() == content
    assert (tmp_path / FOLDER / "set_aside" / f"{journal.name}.1").exists()
    assert "is not what was written" in caplog.text


def test_other_days_and_other_least_trades_are_other_searches(tmp_path):
    candidates = candidates_of(problem(), tmp_path)
    days = candidates.outcome.days
    candidates.search(Sample("one", days[:40]))
    candidates.search(Sample("other days", days[1:41]))
    few = candidates.search(Sample("other least", days[:40]), min_trades=30)
    assert len(list((tmp_path / FOLDER).iterdir())) == 3
    assert few.plan.objective.min_trades == 30
    assert all(one.metrics["total_trades"] >= 30 for one in few.ranking)


@pytest.mark.parametrize("policy", BORDERS)
def test_trades_on_days_are_those_of_the_words(tmp_path, policy):
    task = problem()
    candidates = candidates_of(task, tmp_path)
    days = candidates.outcome.days
    chosen = days[np.isin(np.arange(days.size) % 9, (0, 1, 2, 5))]
    for trial in candidates.outcome.ranking[:4]:
        date, found = candidates.trades(trial.parameters, chosen, policy)
        assert found.r.tolist() == by_hand(task, trial.parameters, chosen, policy).tolist()
        assert np.isin(date, chosen).all()


def test_policies_are_compared_where_a_trade_crosses_a_border(tmp_path):
    task = problem()
    candidates = candidates_of(task, tmp_path)
    best, days = candidates.outcome.best.parameters, candidates.outcome.days
    legs = [(best, days[10:31:3]), (best, days[40:61:3])]
    found = borders_of(candidates, legs)
    assert set(found) == set(BORDERS)
    for policy, trades in found.items():
        expected = [by_hand(task, best, some, policy) for _, some in legs]
        assert trades.r.tolist() == np.concatenate(expected).tolist()
    assert borders_of(candidates, [(best, days)]) is None, (
        "nothing is left open at the end of all days"
    )


def test_days_that_know_nothing_of_each_other_have_no_border(tmp_path):
    candidates = candidates_of(daily_problem(Daily(), space=sane()), tmp_path)
    best = candidates.outcome.best.parameters
    assert borders_of(candidates, [(best, candidates.days[:7])]) is None


def test_a_winner_that_fails_elsewhere_is_named(tmp_path):
    candidates = candidates_of(problem(), tmp_path)
    with pytest.raises(RunError, match=r"'fast': 0.*cannot be evaluated on 5 trading days"):
        candidates.trades({"fast": 0, "slow": 10, "direction": "both"}, candidates.outcome.days[:5])
