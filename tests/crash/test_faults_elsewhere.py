"""Faults while bars, trade lists and workbooks are written: the old file or the new one."""

import errno
import os
import shutil
import zipfile
from hashlib import sha256
from itertools import count
from pathlib import Path

import pytest

from params_optimizer.data.news import TEMPLATE, write_template
from params_optimizer.errors import StorageError
from params_optimizer.storage import files
from tests.crash.harness import SYMBOL, Lab
from tests.crash.power import lose_what_was_not_flushed
from tests.crash.test_faults import ENDS, ERRORS, LASTING, fault

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs fork")

RAW = "time,open,high,low,close\n" + "".join(
    f"2025-03-0{day}T10:{minute:02}:00Z,100,101,99,100.5\n"
    for day in range(3, 6)
    for minute in range(60)
)
COMMANDS = {
    "bars": ("--prepare-data", "--force"),
    "trades": ("--trades", "3"),
    "workbook": ("--generate-excel",),
}


def content(lab: Lab) -> dict[str, str]:
    """Digests of all final files; of a workbook, whether it is whole."""
    found = {}
    for folder in (lab.data, lab.output):
        for path in folder.rglob("*"):
            if path.name.startswith(".") or not path.is_file() or path.name == "run.lock":
                continue
            if path.suffix == ".xlsx":
                found[path.name] = str(zipfile.ZipFile(path).testzip())
            else:
                found[path.name] = sha256(path.read_bytes()).hexdigest()
    return found


def finished(make_lab) -> Lab:
    lab = make_lab("tiny")
    lab.finish()
    raw = lab.data / f"{SYMBOL} 1m raw" / "a.csv"
    raw.parent.mkdir()
    raw.write_text(RAW)
    return lab


def copied(make_lab, specimen: Lab) -> Lab:
    lab = make_lab("tiny")
    for folder in ("data", "output"):
        shutil.rmtree(lab.root / folder, ignore_errors=True)
        shutil.copytree(specimen.root / folder, lab.root / folder)
    return lab


def check(make_lab, name: str, *, every_kind: bool) -> int:
    """A fault at each operation of a command, of each kind or one in turn; returns the cases."""
    command = COMMANDS[name]
    specimen = finished(make_lab)
    old = content(specimen)
    lab = copied(make_lab, specimen)
    clean = lab.start(*command, hook=fault(-1, "stop", lab.root)).end()
    assert clean.code == 0, clean.err
    operations = int(clean.err.rpartition("operations: ")[2])
    new = content(lab)
    assert new != old
    plan = []
    for place in range(0 if every_kind else 1, operations, 1 if every_kind else 3):
        kinds = (ERRORS[place % len(ERRORS)], *LASTING)
        plan += [(place, kind) for kind in (kinds if every_kind else kinds[place % 4 :][:1])]
    for place, kind in plan:
        one_fault(copied(make_lab, specimen), command, place, kind, old, new)
    return len(plan)


def one_fault(lab: Lab, command, place: int, kind: str, old: dict, new: dict) -> None:
    kept = lab.root / "kept"
    ended = lab.start(*command, hook=fault(place, kind, kept)).end()
    told = f"{kind} at {place}: {ended.err}"
    assert ended.code in ENDS.get(kind, {0, 1}), told
    assert "Traceback" not in ended.err, told
    if kind == "power":
        lose_what_was_not_flushed(kept)
    left = content(lab)
    assert old.keys() <= left.keys() <= new.keys(), told
    assert all(left[name] in (old.get(name), new[name]) for name in left), told
    again = lab.start(*command).end()
    assert again.code == 0, again.err
    assert content(lab) == new, told
    shutil.rmtree(lab.root)


@pytest.mark.parametrize("name", COMMANDS)
def test_some_faults_leave_the_old_file_or_the_new_one(make_lab, name):
    assert check(make_lab, name, every_kind=False) > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_every_fault_leaves_the_old_file_or_the_new_one(make_lab, name, record_property):
    record_property("faults injected", check(make_lab, name, every_kind=True))


def test_a_calendar_template_is_whole_or_not_there(tmp_path, monkeypatch):
    target = tmp_path / "new" / "mine.csv"
    failed = 0
    for place in range(12):
        operations = count()

        def fail(operation: str, path: Path, operations=operations, place=place) -> None:
            if next(operations) == place:
                raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr(files, "before", fail)
        try:
            write_template(target)
        except StorageError:
            failed += 1
        assert not target.exists() or target.read_text() == TEMPLATE
        shutil.rmtree(target.parent, ignore_errors=True)
    assert 5 < failed < 12
