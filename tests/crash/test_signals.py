"""Ctrl-C, SIGTERM and a closed terminal: parts in hand are finished, one line says how to go on."""

import json
import os
import pty
import signal
import time

import pytest

from tests.crash.harness import SLOW_SLICES, Lab, Running

SLOW = SLOW_SLICES.format(seconds=0.1)
ENDLESS = SLOW_SLICES.format(seconds=600)
GOES_ON = "the same command goes on from there"


def at_work(lab: Lab, *extra: str, hook: str = SLOW) -> Running:
    """A run whose workers have begun."""
    run = lab.start("--workers", "2", *extra, hook=hook)
    assert run.until(lambda: len(lab.parts()) >= 2), run.err
    return run


def check_interrupted(lab: Lab) -> None:
    """Nothing half is there, and the checkpoint tells what is."""
    (directory,) = lab.runs()
    assert not [*directory.rglob("*.tmp")], "parts in hand were finished"
    said = json.loads((directory / "checkpoint.json").read_text())
    assert said["completed_count"] == len(lab.parts()) * 288
    assert said["status"] == "stopped"
    assert 2 <= len(lab.parts()) < 36
    assert lab.status() is None


@pytest.mark.parametrize(
    ("number", "code", "to_all"),
    [
        (signal.SIGINT, 130, False),
        (signal.SIGINT, 130, True),
        (signal.SIGTERM, 143, True),
        (signal.SIGHUP, 129, True),
    ],
)
def test_a_signal_stops_the_run_where_nothing_is_lost(make_lab, undisturbed, number, code, to_all):
    lab = make_lab("small")
    run = at_work(lab)
    if to_all:
        run.signal_all(number)
    else:
        run.signal(number)
    ended = run.end()
    assert ended.code == code, ended.err
    assert ended.err.count(GOES_ON) == 1
    assert "Traceback" not in ended.err
    check_interrupted(lab)
    if to_all and number == signal.SIGINT:
        assert "continuing" in lab.finish().err
        assert lab.digests() == undisturbed("small")


def test_a_second_ctrl_c_stops_at_once(make_lab):
    lab = make_lab("small")
    run = lab.start("--workers", "2", hook=ENDLESS)
    assert run.until(lambda: len(run.workers()) == 2), run.err
    time.sleep(0.3)
    run.signal_all(signal.SIGINT)
    time.sleep(0.5)
    assert run.code is None, "the first one waits for the slices in hand"
    run.signal_all(signal.SIGINT)
    ended = run.end(20)
    assert ended.code == 130
    assert GOES_ON in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_ctrl_c_while_workers_are_started(make_lab, method):
    lab = make_lab("small", method=method)
    run = lab.start("--workers", "3")
    assert run.until(run.workers), run.err
    run.signal_all(signal.SIGINT)
    ended = run.end()
    assert ended.code == 130, ended.err
    assert GOES_ON in ended.err
    assert "Traceback" not in ended.err
    assert "Warning" not in ended.err


LONG_RANKING = """
import time
from params_optimizer.orchestrator import run
run.rank = lambda *arguments: time.sleep(600)
"""


def test_a_signal_after_the_last_part_is_heard_too(make_lab, undisturbed):
    lab = make_lab("small")
    run = lab.start("--workers", "2", hook=LONG_RANKING)
    assert run.until(lambda: [*lab.output.glob("*/results_final.parquet")]), run.err
    time.sleep(0.1)
    run.signal(signal.SIGTERM)
    ended = run.end(20)
    assert ended.code == 143
    assert GOES_ON in ended.err
    assert "Traceback" not in ended.err
    lab.finish()
    assert lab.digests() == undisturbed("small")


def test_nohup_makes_a_run_deaf_to_a_closed_terminal(make_lab):
    lab = make_lab("small")
    run = lab.start("--workers", "2", hook=SLOW, nohup=True)
    assert run.until(lambda: len(lab.parts()) >= 2), run.err
    run.signal_all(signal.SIGHUP)
    assert run.end().code == 0
    assert lab.status() == "complete"


def test_a_terminal_that_closes_loses_nothing(make_lab):
    lab = make_lab("small")
    terminal, end = pty.openpty()
    run = lab.start("--workers", "2", hook=SLOW, terminal=os.ttyname(end))
    while len(lab.parts()) < 3:
        os.read(terminal, 65536)  # what is shown there
    os.close(end)
    os.close(terminal)  # the system sends SIGHUP, and every write fails from now on
    ended = run.end()
    assert ended.code == 129
    check_interrupted(lab)
