"""Slices in worker processes: the same answers, and what happens to those that fail."""

import os
import signal
from pathlib import Path

import pytest

from params_optimizer.errors import DataError, RunError
from params_optimizer.strategies.initial_balance.panel.slices import PanelSlices
from params_optimizer.validation.evaluation import SliceGroup, Task, all_slices, evaluate
from params_optimizer.validation.windows import trading_days
from tests.validation.studies import study_in


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return study_in(tmp_path_factory.mktemp("study"))


def sums(place, slice_, numbers, samples):
    """Who was asked about what, and the total R of each sample."""
    return place, slice_.number, [float(columns["total_r"].sum()) for columns in samples]


@pytest.mark.parametrize("workers", [2, 5])
def test_answers_do_not_depend_on_the_workers(study, workers):
    days = trading_days(study)
    task = Task([(days[:20], days[20:]), (days,)], sums)
    groups = all_slices(study, 2)
    alone = evaluate(study, task, groups, 1)
    assert [answer[:2] for answer in alone] == [
        (place, number) for place in range(2) for number in range(len(PanelSlices(study.grid)))
    ]
    assert all((place, number) == answer[:2] for place, number, answer in alone)
    assert evaluate(study, task, groups, workers) == alone
    assert evaluate(study, task, groups[::-1], 1) == alone


@pytest.mark.slow
@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_workers_that_inherit_nothing_give_the_same(study, method):
    parallel = study.settings.parallelization.model_copy(update={"start_method": method})
    other = study.settings.model_copy(update={"parallelization": parallel})
    fresh = type(study)(
        **{name: getattr(study, name) for name in study.__dataclass_fields__ if name != "settings"},
        settings=other,
    )
    task, groups = Task([(trading_days(study)[:9],)], sums), all_slices(study, 1)
    assert evaluate(fresh, task, groups, 2) == evaluate(study, task, groups, 1)


def test_nothing_to_do(study):
    assert evaluate(study, Task([], sums), [], 3) == []


def refuse(place, slice_, numbers, samples):
    raise DataError("these bars cannot be")


def stumble(place, slice_, numbers, samples):
    raise KeyError("a bug")


def devour(place, slice_, numbers, samples):
    raise MemoryError


@pytest.mark.parametrize(
    ("reduction", "error", "message"),
    [
        (refuse, DataError, "these bars cannot be"),
        (stumble, RuntimeError, "a worker failed"),
        (devour, RunError, "--workers"),
    ],
)
def test_errors_of_workers_arrive(study, reduction, error, message):
    groups = [SliceGroup(0, (0,)), SliceGroup(0, (1,))]
    with pytest.raises(error, match=message):
        evaluate(study, Task([(trading_days(study),)], reduction), groups, 2)


class Deadly:
    """Whose process is killed at slice 1, as often as `times`."""

    def __init__(self, marks: Path, times: int) -> None:
        self.marks, self.times = marks, times

    def __call__(self, place, slice_, numbers, samples):
        if slice_.number == 1 and len(list(self.marks.iterdir())) < self.times:
            (self.marks / f"{os.getpid()}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return slice_.number


def test_killed_workers_are_replaced(study, tmp_path, caplog):
    task = Task([(trading_days(study),)], Deadly(tmp_path, 2))
    groups = [SliceGroup(0, (number,)) for number in range(4)]
    assert evaluate(study, task, groups, 2) == [(0, number, number) for number in range(4)]
    assert len([line for line in caplog.messages if "died" in line]) == 2


def test_workers_that_are_killed_again_and_again_end_the_evaluation(study, tmp_path):
    task = Task([(trading_days(study),)], Deadly(tmp_path, 99))
    with pytest.raises(RunError, match=r"died.*--workers"):
        evaluate(study, task, [SliceGroup(0, (number,)) for number in range(4)], 2)
