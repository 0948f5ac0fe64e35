"""Searches, and what is asked about them, killed at any moment: the same command finishes them."""

import json
import os
import random
import shutil
import signal
import time
from hashlib import sha256
from pathlib import Path

import pytest

from tests.crash.harness import EXEMPT, Lab, kill_some
from tests.crash.power import lose_what_was_not_flushed
from tests.crash.test_faults import ENDS, fault, plan_of

pytestmark = pytest.mark.skipif(os.name == "nt", reason="SIGKILL is a signal of POSIX systems")

EVERYTHING = (
    *("--method", "genetic", "--trials", "24", "--min-trades", "1", "--trades", "best"),
    *("--holdout-from", "2025-04-20", "--walk-forward", "--in-sample-days", "20"),
    *("--out-sample-days", "10", "--by-regime", "trend", "--min-regime-trades", "1"),
    *("--robustness", "--robustness-top", "2"),
)
SLOW = """
import time
from params_optimizer.orchestrator import trials
take = trials._RunningSearch._take
def slow(self, found):
    time.sleep(0.01)
    return take(self, found)
trials._RunningSearch._take = slow
"""


def digests(lab: Lab) -> dict[str, str]:
    """The content of all files of the only search, its inner searches included."""
    (run,) = lab.runs()
    files = (path for path in sorted(run.rglob("*")) if path.is_file())
    kept = {path.relative_to(run) for path in files if path.name not in EXEMPT}
    return {str(path): sha256((run / path).read_bytes()).hexdigest() for path in sorted(kept)}


@pytest.fixture
def expected(make_lab):
    """Files of a search that nobody disturbs, and how long it takes."""
    if not _known:
        lab = make_lab("standard")
        seconds = lab.finish("--workers", "2", *EVERYTHING).seconds
        _known.append((digests(lab), seconds))
    return _known[0]


_known: list[tuple[dict[str, str], float]] = []


def journals(lab: Lab) -> list[Path]:
    return [*lab.output.glob("*/searches/*.jsonl")]


def survive(lab: Lab, expected: dict[str, str], seconds: float, kills: int, seed: int) -> None:
    """Kill the master or a worker `kills` times, then let it finish."""
    chance, done = random.Random(seed), 0
    while done < kills:
        run = lab.start("--workers", str(chance.randint(1, 2)), *EVERYTHING, hook=SLOW)
        end = time.monotonic() + chance.uniform(0.05, seconds)
        if not run.until(lambda moment=end: time.monotonic() >= moment):
            assert run.end().code == 0, run.err
            break
        if chance.random() < 0.3 and (workers := run.workers()):
            kill_some(chance.choice(workers))
            ended = run.end()
            assert ended.code == 0, ended.err
            assert "Traceback" not in ended.err
            done += 1
            break
        kept = {path: path.stat().st_size for path in journals(lab)}
        run.kill()
        done += 1
        after = {path: path.stat().st_size for path in journals(lab)}
        assert all(after[path] >= size for path, size in kept.items()), "finished trials stay"
    lab.finish("--workers", "2", *EVERYTHING)
    assert digests(lab) == expected, f"seed {seed}"


def test_a_search_killed_again_and_again_ends_with_the_same_bytes(make_lab, expected):
    files, seconds = expected
    survive(make_lab("standard"), files, seconds, 5, seed=1)


@pytest.mark.slow
def test_searches_survive_many_kills(make_lab, expected, record_property):
    files, seconds = expected
    for seed in range(2, 14):
        survive(make_lab("standard"), files, seconds, 5, seed)
    record_property("kills of searches survived", 12 * 5)


def test_a_search_that_is_told_to_stop_says_how_to_go_on(make_lab, expected):
    lab = make_lab("standard")
    run = lab.start("--workers", "2", *EVERYTHING, hook=SLOW)
    assert run.until(lambda: len(journals(lab)) >= 3), run.err
    run.signal(signal.SIGTERM)
    ended = run.end()
    assert ended.code == 143, ended.err
    assert "the same command goes on from there" in ended.err
    again = lab.finish("--workers", "1", *EVERYTHING)
    assert "this run, complete" in again.err
    assert digests(lab) == expected[0]


def test_two_starts_at_once_do_not_mix(make_lab, expected):
    lab = make_lab("standard")
    first = lab.start("--workers", "1", *EVERYTHING, hook=SLOW.replace("0.01", "0.2"))
    assert first.until(lambda: len(journals(lab)) >= 2), first.err
    second = lab.start("--workers", "1", *EVERYTHING).end()
    assert second.code == 1
    assert "in progress in another process" in second.err
    assert first.end().code == 0, first.err
    assert digests(lab) == expected[0]


def test_a_check_knows_what_was_damaged(make_lab):
    lab = make_lab("standard")
    lab.finish(*EVERYTHING[:6])
    (run,) = lab.runs()
    check = ("--check", run.name, *EVERYTHING[:6])
    assert lab.start(*check).end().code == 0
    covered = set(json.loads((run / "run.json").read_text())["files"])
    assert {"trials.jsonl", "GER40_history.csv"} <= covered
    for name in ("trials.jsonl", "GER40_history.csv"):
        content = (run / name).read_bytes()
        (run / name).write_bytes(content[:-3])
        ended = lab.start(*check).end()
        assert (ended.code, f"{name} is not what was written" in ended.out) == (1, True)
        (run / name).write_bytes(content)


FAULTY = (
    *("--method", "random", "--trials", "16", "--min-trades", "1", "--workers", "1"),
    *("--walk-forward", "--in-sample-days", "25", "--out-sample-days", "20"),
)


def without_journals(files: dict[str, str]) -> dict[str, str]:
    """Journals grow; what stands under any other final name is whole."""
    return {
        name: digest
        for name, digest in files.items()
        if not name.endswith(".jsonl") and not Path(name).name.startswith(".")
    }


def wrong_after(lab: Lab, place: int, kind: str, expected: dict[str, str]) -> str:
    """What is wrong after a fault at an operation; empty where nothing was lost."""
    kept = lab.root / "kept"
    ended = lab.start(*FAULTY, hook=fault(place, kind, kept)).end()
    if ended.code not in ENDS.get(kind, {0, 1}) or "Traceback" in ended.err:
        return f"exit code {ended.code}: {ended.err}"
    if kind == "power":
        lose_what_was_not_flushed(kept)
    left = without_journals(digests(lab)) if lab.runs() else {}
    if half := {name for name, digest in left.items() if expected.get(name) != digest}:
        return f"half files under final names: {half}: {ended.err}"
    again = lab.start(*FAULTY).end()
    if again.code or len(lab.runs()) != 1:
        return f"{len(lab.runs())} directories, exit code {again.code}: {again.err}: {ended.err}"
    if digests(lab) != expected:
        return f"other files than without the fault: {ended.err}: {again.err}"
    return ""


def every_fault(make_lab, every: int) -> int:
    """Each kind of fault at every `every`th operation of the storage; returns the cases."""
    lab = make_lab("tiny")
    clean = lab.start(*FAULTY, hook=fault(-1, "stop", lab.root)).end()
    operations = int(clean.err.rpartition("operations: ")[2])
    assert operations > 80
    expected = digests(lab)
    plan = plan_of(operations, every)
    problems = {}
    for place, kind in plan:
        lab = make_lab("tiny")
        if wrong := wrong_after(lab, place, kind, expected):
            problems[f"{kind} at {place}"] = wrong
        shutil.rmtree(lab.root)
    assert not problems, json.dumps(problems, indent=1)
    return len(plan)


def test_some_faults_of_searches(make_lab):
    every_fault(make_lab, 37)


@pytest.mark.slow
def test_every_fault_of_searches(make_lab, record_property):
    record_property("faults of searches injected", every_fault(make_lab, 1))
