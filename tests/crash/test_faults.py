"""Every operation of the storage fails, or the process stops right there: nothing is lost."""

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.crash.harness import Lab, digests
from tests.crash.power import JOURNAL, lose_what_was_not_flushed

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs fork")

ERRORS = ("ENOSPC", "EIO", "EACCES")
STOPPED = 9
KILLED = -9
EVERY_QUICK = 41
FAULT = """
import atexit, errno, os
from multiprocessing import RawValue
from params_optimizer.storage import files
count = RawValue("q", 0)
def note(operation, path, place): pass
def cut(): os._exit({stopped})
{journal}
def fault(operation, path):
    place, count.value = count.value, count.value + 1
    if place == {place} or (place > {place} >= 0 and {kind!r} == "EROFS"):
        os.write(2, f"fault: {{operation}} {{path}}\\n".encode())
        if {kind!r} in ("stop", "power"):
            cut()
        number = getattr(errno, {kind!r})
        raise OSError(number, os.strerror(number))
    note(operation, path, place)
files.before = fault
atexit.register(lambda: os.write(2, f"operations: {{count.value}}\\n".encode()))
"""
"""Counts the operations of all processes; the one at `place` goes wrong.

After EROFS all that follow go wrong too: the disk has become read-only for good.
"""


def fault(place: int, kind: str, kept: Path) -> str:
    journal = JOURNAL.format(kept=str(kept)) if kind == "power" else ""
    return FAULT.format(place=place, kind=kind, stopped=STOPPED, journal=journal)


ENDS = {"stop": {0, STOPPED}, "power": {0, KILLED}}
"""Exit codes by kind of fault; those of an error that is told are 0 and 1."""


def final_names(run: Path) -> dict[str, str]:
    """Digests of what stands under a final name; temporary files may be half."""
    return {name: digest for name, digest in digests(run).items() if name[0] != "."}


def problem(lab: Lab, place: int, kind: str, expected: dict[str, str]) -> str:
    """What is wrong after a fault; empty where nothing was lost."""
    kept = lab.root / "kept"
    ended = lab.start("--workers", "1", hook=fault(place, kind, kept)).end()
    if ended.code not in ENDS.get(kind, {0, 1}) or "Traceback" in ended.err:
        return f"exit code {ended.code}: {ended.err}"
    if ended.code == 1 and "error: " not in ended.err:
        return f"no message: {ended.err}"
    if kind == "power":
        lose_what_was_not_flushed(kept)
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


def plan_of(operations: int, every: int) -> list[tuple[int, str]]:
    """Places and kinds of faults: each kind at every `every`th operation."""
    kinds = [lambda place: ERRORS[place % len(ERRORS)], *(lambda _, k=k: k for k in LASTING)]
    return [
        (place, kind(place))
        for number, kind in enumerate(kinds)
        for place in range(number * every // len(kinds), operations, every)
    ]


def check(make_lab, expected: dict[str, str], every: int, *arguments: str) -> int:
    """Each kind of fault at every `every`th operation; returns the cases."""
    lab = make_lab("tiny", *arguments)
    clean = lab.start("--workers", "1", hook=fault(-1, "stop", lab.root)).end()
    operations = int(clean.err.rpartition("operations: ")[2])
    assert operations > 100
    plan = plan_of(operations, every)
    problems = {}
    for place, kind in plan:
        lab = make_lab("tiny", *arguments)
        if wrong := problem(lab, place, kind, expected):
            problems[f"{kind} at {place}"] = wrong
        shutil.rmtree(lab.root)
    assert not problems, json.dumps(problems, indent=1)
    return len(plan)


LASTING = ("stop", "power", "EROFS")
"""Faults after which nothing else happens."""


def test_some_faults(make_lab, undisturbed):
    check(make_lab, undisturbed("tiny"), EVERY_QUICK)


@pytest.mark.slow
def test_every_fault(make_lab, undisturbed, record_property):
    cases = check(make_lab, undisturbed("tiny"), 1)
    assert cases > 400
    record_property("faults injected", cases)


@pytest.mark.slow
def test_faults_where_only_the_best_rows_are_kept(make_lab, undisturbed, record_property):
    keep = ("--keep", "top:5")
    record_property("faults injected", check(make_lab, undisturbed("tiny", *keep), 2, *keep))


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
    assert "File too large (free some space on the disk of" in ended.err
    assert "Traceback" not in ended.err
    assert lab.status() == "failed"
    assert len(lab.parts()) == parts
    assert not [*lab.output.glob("*/GER40_*")], "nothing half under a final name"
    assert "continuing" in lab.finish().err
    assert lab.digests() == undisturbed("small")


VANISHING = """
import shutil
from pathlib import Path
from params_optimizer.orchestrator.exhaustive import PartWriter
evaluate = PartWriter.write_slice
def vanish(writer, number, lost):
    if number >= 20:
        Path({gone!r}).mkdir(exist_ok=True)
        for run in Path({output!r}).glob("[!.]*"):
            run.rename(Path({gone!r}) / run.name)
    return evaluate(writer, number, lost)
PartWriter.write_slice = vanish
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
