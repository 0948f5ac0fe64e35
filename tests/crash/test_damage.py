"""Damaged, foreign and lost files of a run directory: told, set aside, made again."""

import os
import random
import shutil
import signal
import time
from pathlib import Path

import pytest

from tests.crash.harness import SLOW_SLICES, Lab, digests

pytestmark = pytest.mark.skipif(os.name == "nt", reason="SIGKILL is a signal of POSIX systems")

SLOW = SLOW_SLICES.format(seconds=0.02)
LONG_RANKING = """
import time
from params_optimizer.orchestrator import run
run.rank = lambda *arguments: time.sleep(600)
"""


def killed(lab: Lab, parts: int = 12) -> Path:
    """The directory of a run that was killed in the middle."""
    run = lab.start("--workers", "2", hook=SLOW)
    assert run.until(lambda: len(lab.parts()) >= parts), run.err
    run.kill()
    (directory,) = lab.runs()
    return directory


def test_damaged_parts_are_set_aside_and_done_again(make_lab, undisturbed):
    lab = make_lab("small")
    directory = killed(lab)
    first, second, third, fourth, *_ = sorted(lab.parts())
    damage = {
        first: first.read_bytes()[:-7],
        second: b"",
        third: third.read_bytes().replace(b"PAR1", b"PAR2"),
        fourth.with_name("000035" + first.name[6:]): first.read_bytes(),
        fourth.with_name("notes.txt"): b"mine",
        fourth.with_name(".000030-x.tmp"): b"half",
    }
    for path, content in damage.items():
        path.write_bytes(content)
    ended = lab.finish()
    for path, content in damage.items():
        assert (directory / "set_aside" / path.name).read_bytes() == content
        assert ended.err.count(f"{path.name} ") == 1, "a line for each"
    assert lab.digests() == undisturbed("small")


def test_a_damaged_checkpoint_is_harmless(make_lab, undisturbed):
    lab = make_lab("small")
    directory = killed(lab)
    (directory / "checkpoint.json").write_bytes(b'{"completed_count": 99')
    lab.finish()
    assert not (directory / "checkpoint.json").exists(), "a finished run has none"
    assert lab.digests() == undisturbed("small")


@pytest.mark.parametrize("content", [None, b'{"fingerprint": {"sym'])
def test_a_run_whose_manifest_is_lost_is_left_as_it_is(make_lab, content):
    lab = make_lab("tiny")
    lab.finish()
    (directory,) = lab.runs()
    manifest = directory / "run.json"
    manifest.unlink() if content is None else manifest.write_bytes(content)
    before = {path: path.read_bytes() for path in directory.iterdir()}
    ended = lab.finish()
    assert len(lab.runs()) == 2
    assert {path: path.read_bytes() for path in directory.iterdir()} == before
    assert (content is None) != (f"warning: {manifest}: cannot be read" in ended.err)


def test_results_that_are_damaged_before_the_end_are_made_again(make_lab, undisturbed):
    lab = make_lab("small")
    run = lab.start("--workers", "2", hook=LONG_RANKING)
    assert run.until(lambda: [*lab.output.glob("*/results_final.parquet")]), run.err
    time.sleep(0.1)
    run.kill()
    (directory,) = lab.runs()
    final = directory / "GER40_full_results.parquet"
    content = bytearray(final.read_bytes())
    content[len(content) // 2] ^= 1
    final.write_bytes(content)
    for part in lab.parts()[:5]:  # and the run was already deleting its parts
        part.unlink()
    lab.finish()
    assert lab.digests() == undisturbed("small")


def test_a_run_goes_on_in_another_place(make_lab, undisturbed):
    lab, other = make_lab("small"), make_lab("small")
    directory = killed(lab)
    other.output.mkdir()
    shutil.move(directory, other.output / "renamed")
    ended = other.finish()
    assert "continuing renamed" in ended.err
    assert other.digests() == undisturbed("small")


def test_other_data_under_the_same_name_begin_a_new_run(make_lab, undisturbed):
    lab = make_lab("small")
    directory = killed(lab)
    bars = lab.data / "optimized" / "GER40_m1.parquet"
    shutil.copy(bars.parents[1] / "optimized" / "GER40_m1.parquet", lab.root / "kept.parquet")
    shorten(bars)
    before = {path.name for path in lab.parts()}
    ended = lab.finish()
    assert f"{directory.name} is unfinished, but another run: it differs in the bars" in ended.err
    assert {path.name for path in lab.parts()} == before
    shutil.copy(lab.root / "kept.parquet", bars)
    ended = lab.finish()  # the old data go on where they were
    assert f"continuing {directory.name}" in ended.err
    assert len(lab.runs()) == 2


def shorten(bars: Path) -> None:
    import pyarrow.parquet as pq

    table = pq.read_table(bars)
    pq.write_table(table.slice(0, table.num_rows - 5000), bars)


def test_two_starts_at_once_are_one_run(make_lab, undisturbed):
    lab = make_lab("small")
    starts = [lab.start("--workers", "1", hook=SLOW) for _ in range(2)]
    ended = sorted((start.end() for start in starts), key=lambda one: one.code)
    assert [one.code for one in ended] == [0, 1], [one.err for one in ended]
    assert "another process" in ended[1].err
    assert "Traceback" not in ended[1].err
    assert lab.digests() == undisturbed("small")


def test_a_second_start_says_who_is_at_work(make_lab, undisturbed):
    lab = make_lab("small")
    run = lab.start("--workers", "1", hook=SLOW)
    assert run.until(lambda: len(lab.parts()) >= 2), run.err
    run.signal(signal.SIGSTOP)
    starts = [lab.start(), lab.start("--run-dir", lab.runs()[0].name)]
    ended = [start.end() for start in starts]
    run.signal(signal.SIGCONT)
    assert [one.code for one in ended] == [1, 1]
    for one in ended:
        assert lab.runs()[0].name in one.err
        assert "another process" in one.err
        assert "--no-resume" in one.err
    assert run.end().code == 0
    assert lab.digests() == undisturbed("small")


def test_results_that_were_damaged_later_answer_nothing(make_lab):
    lab = make_lab("tiny")
    lab.finish()
    (run,) = lab.runs()
    final = run / "GER40_full_results.parquet"
    content = bytearray(final.read_bytes())
    content[len(content) // 3] ^= 1
    final.write_bytes(content)
    for arguments in (["--trades", "best"], ["--validate", "2"]):
        ended = lab.start("--run-dir", run.name, *arguments).end()
        assert ended.code == 1
        assert "GER40_full_results.parquet: is missing, or not what the run wrote" in ended.err


FINISHED = {
    "trades": ("--run-dir", "run", "--trades", "best"),
    "trades of one": ("--run-dir", "run", "--trades", "5"),
    "validate": ("--run-dir", "run", "--validate", "3"),
    "check": ("--check", "run"),
    "workbook": ("--run-dir", "run", "--generate-excel"),
}


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Cut off somewhere, or with some bytes changed."""
    if chance.random() < 0.4:
        return content[: chance.randrange(len(content))]
    changed = bytearray(content)
    for _ in range(chance.choice([1, 1, 4, 40])):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def hurt(folder: Path, chance: random.Random) -> str:
    """Damage one file below the folder; returns what was done, for the message of a test."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size]
    path = chance.choice(sorted(files))
    content = path.read_bytes()
    while (changed := damaged(content, chance)) == content:
        pass
    path.unlink()  # it may be a hard link of another one
    path.write_bytes(changed)
    return f"{path.name}: {len(content)} bytes became {len(changed)}"


@pytest.fixture
def specimens(make_lab) -> dict[str, Lab]:
    """A finished run, and one that was killed in the middle; both to be copied."""
    finished, unfinished = make_lab("tiny"), make_lab("tiny")
    finished.finish()
    (run,) = finished.runs()
    run.rename(run.with_name("run"))
    run = unfinished.start("--workers", "1", hook=SLOW_SLICES.format(seconds=0.3))
    assert run.until(lambda: len(unfinished.parts()) == 2)
    run.kill()
    return {"finished": finished, "unfinished": unfinished}


def spoil(make_lab, specimens: dict[str, Lab], expected: dict[str, str], seeds: range) -> None:
    """Damage a file of a run and use it: a message or the right answer, nothing else."""
    answers: dict[str, str] = {}
    for name, arguments in FINISHED.items():
        answers[name] = answer(specimens["finished"], *arguments)
    lab = make_lab("tiny")
    for seed in seeds:
        chance = random.Random(seed)
        kind = chance.choice(sorted(specimens))
        if lab.output.exists():
            shutil.rmtree(lab.output)
        shutil.copytree(specimens[kind].output, lab.output, symlinks=True)
        (run,) = lab.runs()
        told = f"seed {seed}, {kind}: {hurt(run, chance)}"
        if kind == "unfinished":
            ended = lab.start().end()
            assert ended.code == 0, f"{told}: {ended.err}"
            newest = max(lab.runs(), key=lambda one: one.stat().st_mtime)
            assert digests(newest) == expected, told
        else:
            name = chance.choice(sorted(FINISHED))
            ended = lab.start(*FINISHED[name]).end()
            assert ended.code in (0, 1), f"{told}: {ended.err}"
            if ended.code == 0 and name != "check":
                assert shown(ended.out, lab) == answers[name], told
        assert "Traceback" not in ended.err + ended.out, f"{told}: {ended.err}"


def answer(lab: Lab, *arguments: str) -> str:
    ended = lab.start(*arguments).end()
    assert ended.code == 0, ended.err
    return shown(ended.out, lab)


def shown(text: str, lab: Lab) -> str:
    """What was printed, without the name of the folder and the seed of a sample."""
    return text.replace(str(lab.root), "")


def test_some_damage_gives_a_message_or_the_right_answer(make_lab, specimens, undisturbed):
    spoil(make_lab, specimens, undisturbed("tiny"), range(16))


@pytest.mark.slow
def test_damage_gives_a_message_or_the_right_answer(
    make_lab, specimens, undisturbed, record_property
):
    spoil(make_lab, specimens, undisturbed("tiny"), range(500))
    record_property("files damaged", 500)


@pytest.mark.soak
@pytest.mark.parametrize("part", range(10))
def test_much_damage_gives_a_message_or_the_right_answer(
    make_lab, specimens, undisturbed, record_property, part
):
    spoil(make_lab, specimens, undisturbed("tiny"), range(1000 * part, 1000 * (part + 1)))
    record_property("files damaged", 1000)
