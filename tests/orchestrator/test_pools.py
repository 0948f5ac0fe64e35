"""The pool notices its dead, leaves nothing behind, and never waits for ever."""

import gc
import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing import get_context

import psutil
import pytest

from params_optimizer.errors import DataError, RunError
from params_optimizer.orchestrator import pools, worker
from params_optimizer.orchestrator.exhaustive import Parts, SliceTask
from params_optimizer.orchestrator.pools import ProcessPool, WorkersDied
from params_optimizer.orchestrator.stages import AllRows
from params_optimizer.orchestrator.worker import Shared

pytestmark = pytest.mark.skipif(os.name == "nt", reason="forked workers see patched functions")
FORK = get_context("fork")


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    before = workers()
    yield
    deadline = time.monotonic() + 10
    while left := [one for one in workers() if one not in before]:
        assert time.monotonic() < deadline, left
        time.sleep(0.01)


def workers() -> list[psutil.Process]:
    """Living processes below this one but the helpers that multiprocessing keeps."""
    found = []
    for one in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            helper = one.ppid() == os.getpid() and "multiprocessing." in " ".join(one.cmdline())
            spawned = "spawn_main" in " ".join(one.cmdline())
            if one.status() != psutil.STATUS_ZOMBIE and (spawned or not helper):
                found.append(one)
    return found


def pool_of(processes: int) -> ProcessPool:
    return ProcessPool(FORK, processes, lambda _: None, None)


def echo(slot: int, numbers: list[int]) -> list[int]:
    return [slot, *numbers]


def refuse(*task: object) -> None:
    raise DataError("the bars changed")


def sleep(*task: object) -> None:
    time.sleep(60)


def fill(*task: object) -> bytes:
    return b"x" * 100_000  # more than a pipe holds


def blocked(*task: object) -> set[signal.Signals]:
    return signal.pthread_sigmask(signal.SIG_BLOCK, [])  # type: ignore[return-value]


def nothing() -> None:
    pass


def finished(pool: ProcessPool) -> pools.Finished:
    return pool.wait(nothing)


def test_tasks_come_back_with_their_slot():
    pool = pool_of(2)
    try:
        for slot in range(3):
            pool.ask(slot, echo, slot, [10 * slot])
        found = sorted(finished(pool) for _ in range(3))
        assert found == [(0, [0, 0], None), (1, [1, 10], None), (2, [2, 20], None)]
        assert pool.alive == 2
    finally:
        pool.abandon()
    assert pool.alive == 0


def test_errors_come_back_too():
    pool = pool_of(1)
    try:
        pool.ask(0, refuse)
        error = finished(pool).error
        assert isinstance(error, DataError)
        assert str(error) == "the bars changed"
    finally:
        pool.abandon()


def test_a_dead_worker_is_named_and_the_others_can_be_left():
    pool = pool_of(3)
    try:
        for slot in range(6):
            pool.ask(slot, sleep)
        victims = [one.pid for one in pool._workers[:2]]
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
        with pytest.raises(WorkersDied) as caught:
            finished(pool)
        assert set(caught.value.pids) <= set(victims)
        assert caught.value.pids
    finally:
        began = time.monotonic()
        pool.abandon()
        assert time.monotonic() - began < 20, "nothing is waited for"


def test_an_abandoned_pool_keeps_neither_descriptors_nor_threads():
    here, seen = psutil.Process(), []
    for victim in range(4):
        pool = pool_of(4)
        for slot in range(8):
            pool.ask(slot, fill)
        os.kill(pool._workers[victim].pid, signal.SIGKILL)
        with suppress(WorkersDied):  # or all was done before
            for _ in range(8):
                finished(pool)
        pool.abandon()
        del pool
        gc.collect()
        seen.append((here.num_fds(), threading.active_count()))
    assert seen[1:] == seen[:1] * 3


def test_all_can_die_before_the_first_look():
    pool = pool_of(2)
    try:
        for one in pool._workers:
            os.kill(one.pid, signal.SIGKILL)
            one.join()
        with pytest.raises(WorkersDied, match=r"worker processes .* died"):
            pool.check()
    finally:
        pool.abandon()


def test_workers_never_get_the_signals_for_the_master():
    pool = pool_of(1)
    try:
        pool.ask(0, blocked)
        assert {signal.SIGINT, signal.SIGTERM, signal.SIGHUP} <= set(finished(pool).done)
    finally:
        pool.abandon()
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


@pytest.mark.parametrize("after", [0, 2])
def test_a_system_without_processes_is_told_with_the_way_out(monkeypatch, after):
    started = []
    start = FORK.Process.start

    def limited(process: object) -> None:
        if len(started) == after:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        started.append(process)
        start(process)

    monkeypatch.setattr(FORK.Process, "start", limited)
    with pytest.raises(RunError, match=r"cannot start 4 worker .* unavailable; use fewer"):
        pool_of(4)


def test_a_worker_that_dies_while_it_is_started_is_a_death(monkeypatch):
    def start(process: object) -> None:
        raise EOFError("unexpected EOF")  # what a fork server answers then

    monkeypatch.setattr(FORK.Process, "start", start)
    with pytest.raises(WorkersDied, match="that were being started died"):
        pool_of(2)


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_a_build_of_any_size_reaches_workers_that_inherit_nothing(study, tmp_path, method):
    context, build = get_context(method), Parts(study, AllRows(), tmp_path)
    shared = Shared.of(context, build, 1)
    assert len(shared.build.raw) > 1000
    assert len(pickle.dumps(shared._replace(build=b"", positions=0, stop=0))) < 500, (
        "what goes through the pipe of the new process fits into it"
    )
    pool = ProcessPool(context, 1, worker.start, shared)
    try:
        pool.ask(0, worker.answer, 0, SliceTask((0,)))
        (done,) = finished(pool).done
        assert (done.number, done.rows) == (0, 8)
    finally:
        pool.abandon()
    assert len([*tmp_path.glob("000000-*.parquet")]) == 1


def test_bars_that_change_under_a_run_are_told_by_the_worker(study, tmp_path):
    context = get_context("spawn")
    shared = Shared.of(context, Parts(study, AllRows(), tmp_path), 1)
    (study.data_dir / "optimized" / "GER40_m1.parquet").write_bytes(b"something else")
    pool = ProcessPool(context, 1, worker.start, shared)
    try:
        pool.ask(0, worker.answer, 0, SliceTask((0,)))
        error = finished(pool).error
        assert isinstance(error, DataError), error
        assert "GER40" in str(error)
    finally:
        pool.abandon()


@pytest.mark.parametrize(
    ("system", "wanted", "method"),
    [
        ("linux", None, "fork"),
        ("darwin", None, "spawn"),
        ("win32", None, "spawn"),
        ("linux", "forkserver", "forkserver"),
    ],
)
def test_the_start_method_is_the_safe_one(monkeypatch, system, wanted, method):
    monkeypatch.setattr(sys, "platform", system)
    assert pools.start_method(wanted) == method
