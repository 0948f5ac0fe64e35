"""Searches, and what is asked about them, killed at any moment: the same command finishes them."""

import json
import os
import random
import signal
import time
from hashlib import sha256
from pathlib import Path

import pytest

from tests.crash.harness import EXEMPT, Lab, kill_some

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
take = trials._Course._take
def slow(self, found):
    time.sleep(0.01)
    return take(self, found)
trials._Course._take = slow
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
    assert "this very search, complete" in again.err
    assert digests(lab) == expected[0]


def test_two_starts_at_once_do_not_mix(make_lab, expected):
    lab = make_lab("standard")
    first = lab.start("--workers", "1", *EVERYTHING, hook=SLOW.replace("0.01", "0.2"))
    assert first.until(lambda: len(journals(lab)) >= 2), first.err
    second = lab.start("--workers", "1", *EVERYTHING).end()
    assert second.code == 1
    assert "at work in another process" in second.err
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
