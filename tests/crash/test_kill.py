"""SIGKILL at any moment: the same command finishes the run, with equal bytes."""

import os
import random
import shutil
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import pytest

from params_optimizer.orchestrator.executor import TRIES
from tests.crash.harness import SLOW_SLICES, Lab, Running, kill_some

pytestmark = pytest.mark.skipif(os.name == "nt", reason="SIGKILL is a signal of POSIX systems")

SLOW = SLOW_SLICES.format(seconds=0.02)
RESULTS = "GER40_full_results.parquet"
GIVEN_UP = f"ended its worker {TRIES} times"
WAITING = SLOW_SLICES.format(seconds=1.5)


def has_parts(lab: Lab, count: int):
    return lambda: len(lab.parts()) >= count


def has_file(lab: Lab, pattern: str):
    return lambda: any(lab.output.glob(f"*/{pattern}"))


EVENTS = {
    "the run directory appears": lambda lab: has_file(lab, "run.json"),
    "the first part appears": lambda lab: has_parts(lab, 1),
    "half of the parts are there": lambda lab: has_parts(lab, 18),
    "the results are being joined": lambda lab: has_file(lab, ".GER40_full_results*"),
    "the results are joined": lambda lab: has_file(lab, RESULTS),
    "the ranking is written": lambda lab: has_file(lab, "GER40_top_100.csv"),
    "the pickle is written": lambda lab: has_file(lab, "GER40_variation_agg.pkl"),
}


def test_a_master_killed_again_and_again(make_lab, undisturbed):
    lab = make_lab("small")
    kept: set[Path] = set()
    for event in EVENTS.values():
        run = lab.start("--workers", "2", hook=SLOW)
        assert run.until(event(lab)), run.err
        run.kill()
        assert kept <= set(lab.parts()) or has_file(lab, RESULTS)(), "finished parts stay"
        kept = set(lab.parts())
    last = lab.finish("--workers", "2")
    assert "continuing" in last.err
    assert lab.digests() == undisturbed("small")
    assert lab.status() == "complete"


def test_parts_that_are_there_are_not_made_again(make_lab):
    lab = make_lab("small")
    run = lab.start("--workers", "2", hook=SLOW)
    run.until(has_parts(lab, 12))
    run.kill()
    before = {path: path.stat().st_mtime_ns for path in lab.parts()}
    run = lab.start("--workers", "2", hook=SLOW)
    run.until(has_parts(lab, len(before) + 4))
    run.kill()
    after = {path: path.stat().st_mtime_ns for path in lab.parts()}
    assert before.items() <= after.items()


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_killed_workers_are_replaced(make_lab, undisturbed, method):
    lab = make_lab("small", method=method)
    run = lab.start("--workers", "2", hook=SLOW if method == "fork" else "")
    for moment in range(2):
        # The first one dies while it starts; the others wherever they are.
        if run.until(run.workers) and (workers := run.workers()):
            kill_some(random.Random(moment).choice(workers))
            time.sleep(0.2 * moment)
    ended = run.end()
    assert ended.code == 0, ended.err
    assert "Traceback" not in ended.err, ended.err
    assert method != "fork" or "died; their tasks are retried" in ended.err
    assert lab.digests() == undisturbed("small")


def test_deaths_of_idle_workers_are_no_tries_of_a_slice(make_lab, undisturbed):
    lab = make_lab("tiny")
    run = lab.start("--workers", "3", hook=WAITING)
    killed: set[int] = set()

    def busiest() -> bool:
        """Kill the workers of this pool that are done and wait for nothing."""
        return len(lab.parts()) >= 2

    # Two of three slices are done; from then on at least one worker has nothing to do.
    run.until(busiest)
    for _ in range(4):
        workers = [one for one in run.workers() if one.pid not in killed]
        if len(workers) > 1:
            kill_some(workers[-1])
            killed.add(workers[-1].pid)
        time.sleep(0.1)
    ended = run.end()
    assert ended.code == 0, ended.err
    assert lab.digests() == undisturbed("tiny")


DEADLY = """
import os
from params_optimizer.orchestrator.exhaustive import PartWriter
evaluate = PartWriter.write_slice
def deadly(writer, number, lost):
    if number == {number}:
        os.kill(os.getpid(), 9)
    return evaluate(writer, number, lost)
PartWriter.write_slice = deadly
"""


def test_a_slice_that_kills_its_workers_stops_the_run(make_lab, undisturbed):
    lab = make_lab("small")
    ended = lab.start("--workers", "2", hook=DEADLY.format(number=20)).end()
    assert ended.code == 1
    assert "slice 20 (combinations 5760 to 6047" in ended.err
    assert GIVEN_UP in ended.err
    assert "Traceback" not in ended.err
    assert lab.status() == "failed"
    assert lab.parts(), "finished parts are kept"
    again = lab.finish("--workers", "2")  # the cause is fixed
    assert "continuing" in again.err
    assert lab.digests() == undisturbed("small")


STILLBORN = """
import os
from params_optimizer.orchestrator import worker
worker.start = lambda shared: os._exit(1)
"""


def test_workers_that_never_begin_stop_the_run(make_lab):
    lab = make_lab("tiny")
    ended = lab.start("--workers", "2", hook=STILLBORN).end()
    assert ended.code == 1
    assert "10 times in a row, with nothing done" in ended.err
    assert "Traceback" not in ended.err


LINGERING = """
import time
from params_optimizer.orchestrator.exhaustive import PartWriter
evaluate = PartWriter.write_slice
def slow(writer, number, lost):
    begin = time.monotonic()
    while time.monotonic() - begin < 3:
        sum(range(1000))
    return evaluate(writer, number, lost)
PartWriter.write_slice = slow
from params_optimizer.orchestrator import worker
leave = worker._leave_with_master
worker._leave_with_master = lambda: (time.sleep(4), leave())
"""


def test_workers_that_outlive_their_master_neither_block_nor_spoil_the_next_one(
    make_lab, undisturbed
):
    lab = make_lab("tiny")
    orphaned = lab.start("--workers", "2", hook=LINGERING)
    orphaned.until(has_file(lab, "run.json"))
    orphaned.until(lambda: len(orphaned.workers()) == 2)
    time.sleep(0.5)
    orphaned.signal(signal.SIGKILL)
    lab.finish("--workers", "1")
    assert lab.digests() == undisturbed("tiny")
    orphaned.check_no_strays()
    assert orphaned.err.count("Traceback") == 0, "they leave quietly"
    assert lab.digests() == undisturbed("tiny")


@dataclass
class Tally:
    """What chains of kills came to: kills, seconds of restarted runs, and of undisturbed ones."""

    kills: int = 0
    restarts: list[float] = field(default_factory=list)
    clean: list[float] = field(default_factory=list)

    def check(self, record_property) -> None:
        """A restart is no slower than it may be: a quarter more than a clean run, and 2 seconds."""
        restart, clean = median(self.restarts), median(self.clean)
        record_property("kills survived", self.kills)
        record_property("median restart", f"{restart:.2f} s, a clean run {clean:.2f} s")
        assert restart <= 1.25 * clean + 2


def chain(lab: Lab, chance: random.Random, kills: int, seconds: float) -> int:
    """Kill the master or workers at random moments of a run of about `seconds`, until it ends.

    Returns the number of kills, at most `kills`.
    """
    done = 0
    while done < kills:
        run = lab.start("--workers", str(chance.randint(1, 3)))
        kept = set(lab.parts())
        if chance.random() < 0.5:
            if run.until(past(chance.uniform(0, seconds))):
                run.kill()
                done += 1
                assert kept <= set(lab.parts()) or has_file(lab, RESULTS)(), "parts got lost"
                if lab.runs() and lab.status() == "complete":
                    return done  # it had nothing left to do but to say so
                continue
        else:
            done += kill_workers(run, chance, kills - done, seconds)
        ended = run.end()
        assert "Traceback" not in ended.err, ended.err
        if ended.code == 1 and GIVEN_UP in ended.err:
            continue  # all kills met the same slice, also when it was worked on alone
        assert ended.code == 0, ended.err
        return done
    lab.finish("--workers", "2")
    return done


def restarted(lab: Lab, chance: random.Random, seconds: float) -> list[float]:
    """How long the same command takes after its master was killed; nothing if it was done."""
    run = lab.start("--workers", "2")
    run.until(past(chance.uniform(0, seconds)))
    run.kill()
    if lab.runs() and lab.status() == "complete":
        return []
    return [lab.finish("--workers", "2").seconds]


def past(seconds: float):
    moment = time.monotonic() + seconds
    return lambda: time.monotonic() >= moment


def kill_workers(run: Running, chance: random.Random, most: int, seconds: float) -> int:
    """Kill up to `most` workers of a run, idle and busy ones."""
    done = 0
    for _ in range(chance.randint(1, most)):
        if run.until(past(chance.uniform(0, seconds / 2))) and (workers := run.workers()):
            kill_some(chance.choice(workers))
            done += 1
    return done


def survive(make_lab, expected: dict[str, str], grid: str, seeds: range, kills: int = 5) -> Tally:
    """A chain of `kills` kills for each seed, and one kill more whose restart is timed.

    A chain goes on with a new run where the one before has ended: that is never continued.
    Now and then a clean run, because others may be at work on this machine too.
    """
    lab = make_lab(grid)
    lab.finish()  # with the bars in the cache
    tally = Tally()
    for seed in seeds:
        chance, done = random.Random(seed), 0
        if seed % 5 == 0:
            lab = make_lab(grid)
            tally.clean.append(lab.finish("--workers", "2").seconds)
            shutil.rmtree(lab.root)
        lab = make_lab(grid)
        tally.restarts += restarted(lab, chance, tally.clean[-1])
        assert lab.digests() == expected, f"seed {seed}"
        shutil.rmtree(lab.root)
        while done < kills:
            lab = make_lab(grid)
            done += chain(lab, chance, kills - done, tally.clean[-1])
            assert lab.digests() == expected, f"seed {seed}"
            assert lab.status() == "complete"
            shutil.rmtree(lab.root)
        tally.kills += done + 1
    return tally


@pytest.mark.slow
def test_twenty_chains_of_five_kills(make_lab, undisturbed, record_property):
    tally = survive(make_lab, undisturbed("standard"), "standard", range(20))
    assert tally.kills == 20 * 6
    tally.check(record_property)


@pytest.mark.slow
def test_five_chains_of_five_kills_on_the_expanded_grid(make_lab, undisturbed, record_property):
    tally = survive(make_lab, undisturbed("expanded"), "expanded", range(5))
    assert tally.kills == 5 * 6
    tally.check(record_property)


@pytest.mark.soak
@pytest.mark.parametrize("part", range(10))
def test_a_thousand_kills(make_lab, undisturbed, record_property, part):
    seeds = range(20 * part, 20 * (part + 1))
    tally = survive(make_lab, undisturbed("standard"), "standard", seeds)
    assert tally.kills == 20 * 6
    tally.check(record_property)
