"""Links, other places, another version, a clock that was set back, a disk for reading only."""

import os
import shutil
from pathlib import Path

import pytest

from tests.crash.harness import SLOW_SLICES, Lab

pytestmark = pytest.mark.skipif(os.name == "nt", reason="links and forks of POSIX systems")

WAITING = SLOW_SLICES.format(seconds=0.3)


def unfinished(lab: Lab) -> None:
    """A run that was killed when it had a part or two."""
    run = lab.start("--workers", "1", hook=WAITING)
    assert run.until(lambda: len(lab.parts()) == 1), run.err
    run.kill()


LINKS = {
    "the lock of the folder": (".runs.lock", "file"),
    "the folder of a run that is not born yet": (".new_run", "folder"),
    "the lock": ("run/run.lock", "file"),
    "the manifest": ("run/run.json", "file"),
    "the checkpoint": ("run/checkpoint.json", "file"),
    "a ranking": ("run/GER40_top_100.csv", "file"),
    "the results": ("run/GER40_full_results.parquet", "file"),
    "a file that is nowhere": ("run/results_final.parquet", "nothing"),
    "the parts": ("run/results_partial.parquet", "folder"),
    "what was set aside": ("run/set_aside", "folder"),
}


def test_nothing_is_written_through_a_link(make_lab, undisturbed):
    specimen = make_lab("tiny")
    unfinished(specimen)
    for told, (name, kind) in LINKS.items():
        lab = make_lab("tiny")
        shutil.copytree(specimen.output, lab.output)
        (run,) = lab.runs()
        run.rename(run.with_name("run"))
        if not name.startswith("run/"):  # what counts when a run is born
            shutil.rmtree(run.with_name("run"))
        outside = lab.root / "outside"
        link = linked(lab.output / name, outside, kind)
        before = {path: path.is_dir() or path.read_bytes() for path in outside.rglob("*")}
        ended = lab.start().end()
        after = {path: path.is_dir() or path.read_bytes() for path in outside.rglob("*")}
        assert after == before, told
        assert "Traceback" not in ended.err, told
        if ended.code == 0:
            assert lab.digests() == undisturbed("tiny"), told
        else:
            assert "is a link" in ended.err, f"{told}: {ended.err}"
            link.unlink()
            lab.finish()


def linked(link: Path, outside: Path, kind: str) -> Path:
    """Put a link to something outside in place of a file or folder."""
    outside.mkdir()
    target = outside / "of mine"
    if kind == "folder":
        target.mkdir()
        shutil.rmtree(link, ignore_errors=True)
    elif kind == "file":
        target.write_bytes(link.read_bytes() if link.exists() else b"mine")
        link.unlink(missing_ok=True)
    link.symlink_to(target)
    return link


def test_a_run_that_was_moved_answers_as_before(make_lab):
    here, there = make_lab("tiny"), make_lab("tiny")
    here.finish()
    (run,) = here.runs()
    there.output.mkdir()
    shutil.move(run, there.output / "Läufe, alt")
    for asked in (["--check", "Läufe, alt"], ["--run-dir", "Läufe, alt", "--trades", "3"]):
        ended = there.start(*asked).end()
        assert ended.code == 0, ended.err + ended.out
    assert {path.name for path in there.output.iterdir()} <= {"Läufe, alt", ".runs.lock"}
    assert not [path for path in here.output.iterdir() if path.name[0] != "."]


OTHER_RULES = """
from params_optimizer.orchestrator import study
study.RULES_VERSION = "0"
"""
OTHER_ENGINE = """
from params_optimizer.orchestrator import study
fingerprint = study._fingerprint
study._fingerprint = lambda *given: {**fingerprint(*given), "engine": "an older one"}
"""


@pytest.mark.parametrize(
    ("hook", "difference"),
    [(OTHER_RULES, "the version of the rules"), (OTHER_ENGINE, "the version of the program")],
)
def test_an_unfinished_run_of_another_version_is_left_alone(
    make_lab, undisturbed, hook, difference
):
    lab = make_lab("tiny")
    run = lab.start("--workers", "1", hook=hook + WAITING)
    assert run.until(lambda: len(lab.parts()) == 1), run.err
    run.kill()
    (old,) = lab.runs()
    before = {path.name for path in lab.parts()}
    ended = lab.start("--run-dir", old.name).end()
    assert ended.code == 1
    assert f"that run differs in {difference}" in ended.err
    ended = lab.finish()
    assert f"{old.name} is unfinished, but another run: it differs in {difference}" in ended.err
    assert {path.name for path in lab.parts()} == before
    shutil.rmtree(old)
    assert lab.digests() == undisturbed("tiny")


def test_the_check_of_another_version_compares_what_can_be_compared(make_lab):
    lab = make_lab("tiny")
    for hook, trusted in ((OTHER_ENGINE, True), (OTHER_RULES, False)):
        assert lab.start(hook=hook).end().code == 0
        (run,) = lab.runs()
        ended = lab.start("--check", run.name).end()
        assert (ended.code == 0) is trusted, ended.out
        assert trusted or "since this run, the version of the rules changed" in ended.out
        shutil.rmtree(run)


CLOCK = """
from datetime import datetime
from params_optimizer.orchestrator import manifest, resume
class Clock(datetime):
    @classmethod
    def now(cls, tz=None):
        return datetime({year}, 1, 1, tzinfo=tz)
resume.datetime = manifest.datetime = Clock
"""


@pytest.mark.parametrize("year", [1990, 2090])
def test_a_clock_that_was_set_does_not_matter(make_lab, undisturbed, year):
    lab = make_lab("tiny")
    unfinished(lab)
    ended = lab.start(hook=CLOCK.format(year=year)).end()
    assert ended.code == 0, ended.err
    assert "continuing" in ended.err
    assert lab.digests() == undisturbed("tiny")
    assert lab.start(hook=CLOCK.format(year=year)).end().code == 0
    names = {run.name for run in lab.runs()}
    assert len(names) == 2, "a finished run is never continued"
    assert f"GER40_24combos_{year}0101_000000" in names


READ_ONLY = """
import errno
from params_optimizer.storage import files
def refuse(operation, path):
    if {output!r} in str(path):
        raise OSError(errno.EROFS, "Read-only file system")
files.before = refuse
"""


def test_a_folder_that_can_only_be_read_is_told_and_still_answers(make_lab):
    lab = make_lab("tiny")
    lab.finish()
    (run,) = lab.runs()
    before = {path: path.read_bytes() for path in run.iterdir()}
    hook = READ_ONLY.format(output=str(lab.output))
    ended = lab.start(hook=hook).end()
    assert ended.code == 1
    assert "Read-only file system" in ended.err
    assert "Traceback" not in ended.err
    ended = lab.start("--check", run.name, hook=hook).end()
    assert ended.code == 0, ended.err + ended.out
    assert {path: path.read_bytes() for path in run.iterdir()} == before
