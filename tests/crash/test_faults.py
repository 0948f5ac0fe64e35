"""Every operation of the storage fails, or the process stops right there: nothing is lost."""

import json
import os
from pathlib import Path

import pytest

from tests.crash.harness import Lab, digests

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs fork")

ERRORS = ("ENOSPC", "EIO", "EACCES")
STOPPED = 9
EVERY_QUICK = 23
FAULT = """
import atexit, errno, os
from multiprocessing import RawValue
from params_optimizer.storage import files
count = RawValue("q", 0)
def fault(operation, path):
    place, count.value = count.value, count.value + 1
    if place == {place}:
        os.write(2, f"fault: {{operation}} {{path}}\\n".encode())
        if {kind!r} == "stop":
            os._exit({stopped})
        number = getattr(errno, {kind!r})
        raise OSError(number, os.strerror(number))
files.before = fault
atexit.register(lambda: os.write(2, f"operations: {{count.value}}\\n".encode()))
"""
"""Counts the operations of all processes; the one at `place` goes wrong."""


def fault(place: int, kind: str) -> str:
    return FAULT.format(place=place, kind=kind, stopped=STOPPED)


def final_names(run: Path) -> dict[str, str]:
    """Digests of what stands under a final name; temporary files may be half."""
    return {name: digest for name, digest in digests(run).items() if name[0] != "."}


def problem(lab: Lab, place: int, kind: str, expected: dict[str, str]) -> str:
    """What is wrong after a fault; empty where nothing was lost."""
    ended = lab.start("--workers", "1", hook=fault(place, kind)).end()
    if ended.code not in ({0, STOPPED} if kind == "stop" else {0, 1}) or "Traceback" in ended.err:
        return f"exit code {ended.code}: {ended.err}"
    if ended.code == 1 and "error: " not in ended.err:
        return f"no message: {ended.err}"
    left = [final_names(run) for run in lab.runs()]
    for files in left:
        if wrong := {name for name, digest in files.items() if expected.get(name) != digest}:
            return f"half files under final names: {wrong}: {ended.err}"
    again = lab.start("--workers", "1").end()
    if again.code:
        return f"the same command ends with {again.code}: {again.err}, after {ended.err}"
    found = [digests(run) for run in lab.runs()]
    if any(run != expected for run in found):
        return f"other results than without the fault: {found}: {ended.err}"
    if len(found) > 1 and left != [expected]:
        return f"{len(found)} run directories: {ended.err}"
    return ""


def check(make_lab, expected: dict[str, str], every: int, *arguments: str) -> int:
    """Let every `every`th operation fail, and another process stop there; returns the cases."""
    clean = make_lab("tiny", *arguments).start("--workers", "1", hook=fault(-1, "stop")).end()
    operations = int(clean.err.rpartition("operations: ")[2])
    assert operations > 100
    errors = [(place, ERRORS[place % len(ERRORS)]) for place in range(operations)]
    stops = [(place, "stop") for place in range(operations)]
    plan = errors[::every] + stops[every // 2 :: every]
    problems = {
        f"{kind} at {place}": wrong
        for place, kind in plan
        if (wrong := problem(make_lab("tiny", *arguments), place, kind, expected))
    }
    assert not problems, json.dumps(problems, indent=1)
    return len(plan)


def test_some_faults(make_lab, undisturbed):
    check(make_lab, undisturbed("tiny"), EVERY_QUICK)


@pytest.mark.slow
def test_every_fault(make_lab, undisturbed):
    assert check(make_lab, undisturbed("tiny"), 1) > 200


@pytest.mark.slow
def test_faults_where_only_the_best_rows_are_kept(make_lab, undisturbed):
    keep = ("--keep", "top:5")
    check(make_lab, undisturbed("tiny", *keep), 2, *keep)


FULL_DISK = """
import resource
from params_optimizer.orchestrator import run
execute = run.execute
def limited(*arguments):
    resource.setrlimit(resource.RLIMIT_FSIZE, ({bytes}, {bytes}))
    return execute(*arguments)
run.execute = limited
"""


@pytest.mark.parametrize(
    ("size", "parts"),
    [
        (20_000, 0),  # not even a part fits
        (150_000, 36),  # all parts, but not what is joined of them
    ],
)
def test_a_disk_that_fills(make_lab, undisturbed, size, parts):
    lab = make_lab("small")
    ended = lab.start("--workers", "2", hook=FULL_DISK.format(bytes=size)).end()
    assert ended.code == 1
    assert "File too large (free some space or choose another place" in ended.err
    assert "Traceback" not in ended.err
    assert lab.status() == "failed"
    assert len(lab.parts()) == parts
    assert not [*lab.output.glob("*/GER40_*")], "nothing half under a final name"
    assert "continuing" in lab.finish().err
    assert lab.digests() == undisturbed("small")


VANISHING = """
import shutil
from pathlib import Path
from params_optimizer.orchestrator import worker
evaluate = worker._slice
def vanish(number):
    if number >= 20:
        Path({gone!r}).mkdir(exist_ok=True)
        for run in Path({output!r}).glob("[!.]*"):
            run.rename(Path({gone!r}) / run.name)
    return evaluate(number)
worker._slice = vanish
"""


def test_a_directory_that_vanishes_in_the_middle(make_lab, undisturbed):
    lab = make_lab("small")
    gone = lab.root / "gone"
    hook = VANISHING.format(gone=str(gone), output=str(lab.output))
    ended = lab.start("--workers", "2", hook=hook).end()
    assert ended.code == 1
    assert "No such file or directory" in ended.err
    assert "Traceback" not in ended.err
    assert lab.runs() == []
    (run,) = gone.iterdir()
    run.rename(lab.output / run.name)
    assert "continuing" in lab.finish().err
    assert lab.digests() == undisturbed("small")


def test_an_output_folder_that_cannot_be_made(make_lab):
    lab = make_lab("tiny")
    Path(lab.output).write_text("a file")
    ended = lab.start().end()
    assert ended.code == 1
    assert f"cannot make the folder {lab.output}" in ended.err
    assert "Traceback" not in ended.err
