"""Worker processes that answer tasks, and what becomes of tasks that kill them or hang."""

import os
import signal
import sys
import time
from functools import partial
from pathlib import Path

import psutil
import pytest

from params_optimizer.errors import DataError, RunError
from params_optimizer.orchestrator import worker
from params_optimizer.orchestrator.executor import DIED, TIMED_OUT, TRIES, Executor, Lost
from params_optimizer.orchestrator.signals import Interrupted, stop_requests

pytestmark = pytest.mark.skipif(os.name == "nt", reason="workers are killed by signals")


def answers(build, tasks, *, workers=2, method=None, **options):
    """Answers in the order of tasks."""
    executor = Executor(build, workers, method, **options)
    with stop_requests() as stop, executor.at_work(stop):
        return [answer for _, answer in sorted(executor.answers(tasks, stop))]


class Doubling:
    """Counts its calls, so that a test sees that it is built once for each process."""

    def __init__(self):
        self.calls = 0

    def __call__(self, task):
        self.calls += 1
        return 2 * task, os.getpid(), self.calls


def fatal(marks, times):
    def do(task):
        if task == 1 and len(list(marks.iterdir())) < times:
            (marks / str(os.getpid())).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if task == -1:
            time.sleep(60)
        return task

    return do


def in_company(marks):
    """Each task leaves a mark while it is worked on; task 1 kills its worker."""

    def do(task):
        if task == 1:
            time.sleep(0.1)
            others = [
                mark for mark in marks.glob("at-*") if psutil.pid_exists(int(mark.suffix[1:]))
            ]
            (marks / f"death.{os.getpid()}").write_text(str(len(others)))
            os.kill(os.getpid(), signal.SIGKILL)
        mark = marks / f"at-{task}.{os.getpid()}"
        mark.touch()
        time.sleep(0.3)
        mark.unlink()
        return task

    return do


def stumble():
    def do(task):
        raise [DataError("no bars"), MemoryError(), KeyError("a bug")][task]

    return do


@pytest.mark.parametrize("method", ["fork", pytest.param("spawn", marks=pytest.mark.slow)])
def test_every_task_has_its_answer_and_a_process_is_built_once(method):
    found = answers(Doubling, range(20), method=method)
    assert [one[0] for one in found] == [2 * task for task in range(20)]
    pids = {one[1] for one in found}
    assert len(pids) <= 2
    assert sum(max(one[2] for one in found if one[1] == pid) for pid in pids) == 20


def test_workers_stay_from_one_list_of_tasks_to_the_next():
    executor = Executor(Doubling, 1, None)
    with stop_requests() as stop, executor.at_work(stop):
        first = list(executor.answers([1], stop))
        then = list(executor.answers([2], stop))
    assert [first[0][1][2], then[0][1][2]] == [1, 2]


def test_no_task_is_lost_with_a_dead_worker(tmp_path, caplog):
    found = answers(partial(fatal, Path(tmp_path), 2), range(6))
    assert found == list(range(6))
    assert len([line for line in caplog.messages if "died" in line]) == 2


def test_a_task_whose_worker_is_killed_in_company_only_has_its_answer(tmp_path):
    found = answers(partial(fatal, Path(tmp_path), TRIES - 1), range(6))
    assert found == list(range(6))


def test_a_task_that_always_kills_is_given_up(tmp_path):
    found = answers(partial(fatal, Path(tmp_path), 99), range(6))
    assert found == [0, Lost(DIED), 2, 3, 4, 5]
    assert len(list(tmp_path.iterdir())) == TRIES


def test_before_a_task_is_given_up_nothing_else_is_in_progress(tmp_path):
    found = answers(partial(in_company, Path(tmp_path)), range(40))
    assert found == [0, Lost(DIED), *range(2, 40)]
    deaths = sorted(tmp_path.glob("death.*"), key=lambda path: path.stat().st_mtime_ns)
    company = [int(path.read_text()) for path in deaths]
    assert len(company) == TRIES
    assert company[-1] == 0
    assert max(company) > 0


def test_a_task_that_hangs_is_given_up_and_the_others_are_not(tmp_path):
    found = answers(partial(fatal, Path(tmp_path), 0), [5, -1, 6, -1, 7], timeout=0.3)
    assert found == [5, Lost(TIMED_OUT), 6, Lost(TIMED_OUT), 7]


def complaining():
    def do(task):
        print(f"task {task}", file=sys.stderr)
        os.write(2, b"of the system\n")
        if task == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        if task == 2:
            time.sleep(60)
        return worker.error_output()

    return do


@pytest.mark.parametrize("method", ["fork", pytest.param("spawn", marks=pytest.mark.slow)])
def test_a_lost_task_keeps_its_error_output_and_that_of_others_is_handed_on(capfd, method):
    texts = [f"task {task}\nof the system" for task in range(4)]
    lost = [Lost(DIED, errors=texts[1]), Lost(TIMED_OUT, errors=texts[2])]
    found = answers(complaining, [0, 1, 2, 3], method=method, timeout=3.0)
    assert found == [texts[0], *lost, texts[3]]
    assert {"task 0", "task 3"} <= set(capfd.readouterr().err.splitlines())


@pytest.mark.parametrize(
    ("task", "error", "message"),
    [(0, DataError, "no bars"), (1, RunError, "--workers"), (2, RuntimeError, "a worker failed")],
)
def test_errors_arrive(task, error, message):
    with pytest.raises(error, match=message):
        answers(stumble, [task])


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def test_workers_that_cannot_begin_end_the_work():
    with pytest.raises(RunError, match=r"nothing done.*--workers"):
        answers(die, [1, 2])


def items(marks):
    """Answers a task item by item; item 1 kills its worker, item 2 hangs."""

    def do(task):
        for item in task:
            worker.begin(item)
            if item == 1:
                (marks / str(os.getpid())).touch()
                os.kill(os.getpid(), signal.SIGKILL)
            if item == 2:
                time.sleep(60)
        return task

    return do


def without_item(task, lost):
    return [item for item in task if item != lost.item]


def test_an_item_that_kills_or_hangs_is_blamed_by_itself(tmp_path):
    lost = []

    def amend(task, loss):
        lost.append(loss)
        return without_item(task, loss)

    tasks = [[0, 1, 2, 3], [4], [5, 2, 6]]
    found = answers(partial(items, Path(tmp_path)), tasks, timeout=0.5, amend=amend)
    assert found == [[0, 3], [4], [5, 6]]
    assert sorted(lost) == [Lost(DIED, 1), Lost(TIMED_OUT, 2), Lost(TIMED_OUT, 2)]
    assert len(list(tmp_path.iterdir())) == TRIES


def stoppable():
    def do(task):
        for _ in range(600):
            if worker.stopping():
                return "stopped"
            time.sleep(0.05)
        return "finished"

    return do


def test_a_stop_request_lets_tasks_in_the_air_end_and_begins_no_others():
    found = []
    with pytest.raises(Interrupted):
        interrupted_answers(range(9), found)
    assert 0 < len(found) <= 2
    assert {answer for _, answer in found} == {"stopped"}


def interrupted_answers(tasks, found):
    executor = Executor(stoppable, 1, None, idle=interrupting())
    with stop_requests() as stop, stop.patient(), executor.at_work(stop):
        found += executor.answers(tasks, stop)


def interrupting():
    """Sends Ctrl-C to this process once tasks are in the air."""
    calls = []

    def idle(alive):
        calls.append(alive)
        if len(calls) == 2:  # the first call is made before any task is handed out
            os.kill(os.getpid(), signal.SIGINT)

    return idle
