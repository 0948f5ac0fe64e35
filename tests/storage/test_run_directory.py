"""Run directories: whole or not there at all, held by one process, never outside of `output`."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from params_optimizer.errors import DamagedFileError, LockedError, RunError, StorageError
from params_optimizer.storage import files, run_directory
from params_optimizer.storage.run_directory import RunDirectory, all_runs, create, manifests, named

NOW = datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)
MANIFEST = {"fingerprint": {"symbol": "GER40"}, "status": None}
posix_only = pytest.mark.skipif(os.name == "nt", reason="signals and links of POSIX systems")


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "my 'output' für \"runs\""


def new(output: Path, name: str = "GER40_9combos") -> RunDirectory:
    with run_directory.choosing(output):
        return create(output, name, NOW, MANIFEST)


def test_a_new_directory_has_its_manifest(output):
    run = new(output)
    assert run.path == output / "GER40_9combos_20240203_040506"
    assert run.manifest() == MANIFEST
    assert run.status() == "interrupted"


def test_runs_of_the_same_second_get_a_number(output):
    assert [new(output).path.name[-8:] for _ in range(3)] == ["3_040506", "040506_2", "040506_3"]
    assert len(all_runs(output)) == 3


def test_a_file_in_the_way_is_left_alone(output):
    output.mkdir()
    (output / "GER40_9combos_20240203_040506").write_text("mine")
    assert new(output).path.name == "GER40_9combos_20240203_040506_2"
    assert (output / "GER40_9combos_20240203_040506").read_text() == "mine"


class StoppedError(Exception):
    """Stands for a process that ends where it is raised."""


@pytest.mark.parametrize("position", range(12))
def test_a_process_that_stops_while_it_makes_one_leaves_a_whole_one_or_none(
    output, monkeypatch, position
):
    count = iter(range(1000))

    def stop(operation: str, path: Path) -> None:
        if next(count) == position:
            raise StoppedError

    with monkeypatch.context() as patch:
        patch.setattr(files, "before", stop)
        try:
            new(output)
        except StoppedError:
            pass
        else:
            assert position == 11, "all operations were tried"
    for run in all_runs(output):
        assert run.manifest() == MANIFEST
    before = len(all_runs(output))
    assert new(output).manifest() == MANIFEST
    assert len(all_runs(output)) == before + 1


def test_a_manifest_that_was_changed_by_hand_is_told(output):
    run = new(output)
    path = run.path / "run.json"
    path.write_text(path.read_text().replace("GER40", "GER4O"))
    with pytest.raises(DamagedFileError, match="was changed or damaged after it was written"):
        run.manifest()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read"),
        (b"", "cannot be read"),
        (b'{"fingerprint": {"sym', "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
        (b"[" * 100_000, "cannot be read"),
        (b"[]", "is no manifest"),
        (b"{}", "is no manifest"),
        (b'{"fingerprint": 3}', "is no manifest"),
        (b'{"fingerprint": {"symbol": "GER40"}, "status": null}', "was changed or damaged"),
    ],
)
def test_a_damaged_manifest_is_told_and_left_alone(output, content, message, caplog):
    run = new(output)
    path = run.path / "run.json"
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(DamagedFileError, match=rf"run\.json: {message}"):
        run.manifest()
    with pytest.raises(DamagedFileError):
        run.status()
    assert [*manifests(all_runs(output), "GER40")] == []
    assert len(caplog.messages) == (content is not None)
    assert all(message.startswith(str(path)) for message in caplog.messages)


@pytest.mark.parametrize(
    ("stored", "status"),
    [("complete", "complete"), ("failed", "failed"), (None, "interrupted"), ([1], "interrupted")],
)
def test_the_status_is_what_is_stored_unless_somebody_is_at_work(output, stored, status):
    run = new(output)
    run.write_manifest({**MANIFEST, "status": stored})
    assert run.status() == status
    with run.locked():
        assert run.status() == "running"
    assert run.status() == status


HOLD = """
import os, sys, time
from pathlib import Path
from params_optimizer.storage.run_directory import RunDirectory
with RunDirectory(Path(sys.argv[1])).locked():
    if hasattr(os, "fork") and os.fork() == 0:
        time.sleep(60)
        os._exit(0)
    print("held", flush=True)
    time.sleep(60)
"""


@posix_only
def test_the_lock_dies_with_its_process_whatever_its_children_do(output, monkeypatch):
    monkeypatch.setattr(run_directory, "_LOCK_SECONDS", 0.3)
    run = new(output)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(run.path)],
        stdout=subprocess.PIPE,
        start_new_session=True,
        cwd=Path(__file__).parents[2],
    )
    try:
        assert holder.stdout.readline() == b"held\n"
        assert run.is_locked()
        assert run.status() == "running"
        with pytest.raises(LockedError, match="another process works in this"), run.locked():
            pytest.fail("two processes in one directory")
        holder.kill()
        holder.wait()
        assert not run.is_locked(patience=3)
        with run.locked():
            pass
    finally:
        os.killpg(holder.pid, signal.SIGKILL)
        holder.stdout.close()
        holder.wait()


def test_a_lock_is_waited_for_a_moment(output):
    run = new(output)
    assert not run.is_locked(), "without a lock file"
    with run.locked():
        began = time.monotonic()
        assert run.is_locked(patience=0.2)
        assert time.monotonic() - began >= 0.2


def test_a_directory_that_vanished_is_told(output):
    run = RunDirectory(output / "gone")
    with pytest.raises(StorageError, match=r"gone.*No such file"), run.locked():
        pytest.fail("there is nothing to hold")


@posix_only
def test_a_folder_that_leads_elsewhere_is_not_written_to(output, tmp_path):
    run = new(output)
    run.parts.symlink_to(tmp_path)
    with pytest.raises(RunError, match=r"results_partial\.parquet: is a link"), run.locked():
        pytest.fail("its files would lie elsewhere")


def test_only_unfinished_files_are_cleared_away(output):
    run = new(output)
    kept = {".hidden", "x.tmp", "notes.txt"}
    for name in {*kept, ".run.json.0123456789abcdef0123456789abcdef.tmp"}:
        (run.path / name).write_text("x")
    run.parts.mkdir()
    (run.parts / ".part.tmp").write_text("not ours to judge")
    run.remove_temporaries()
    assert {path.name for path in run.path.iterdir()} == {*kept, "run.json", run.parts.name}
    assert (run.parts / ".part.tmp").exists()


@posix_only
@pytest.mark.parametrize(
    "name",
    ["../x", "..", ".", "", "/etc", "a/b", "GER40_9combos_20240203_040506/..", "\0", ".new_run"],
)
def test_a_name_that_leads_out_is_refused(output, name):
    new(output)
    with pytest.raises(RunError, match="--run-dir"):
        named(output, name)


@posix_only
def test_a_link_to_a_run_elsewhere_is_neither_found_nor_named(output, tmp_path):
    elsewhere = new(tmp_path / "other")
    output.mkdir()
    (output / "linked").symlink_to(elsewhere.path)
    assert all_runs(output) == []
    with pytest.raises(RunError, match="leads out"):
        named(output, "linked")


def test_a_run_is_named_as_a_shell_completes_it(output, monkeypatch):
    run = new(output)
    assert named(output, run.path.name).path == run.path
    assert named(output, f"{run.path.name}/").path == run.path
    assert named(output, f"{output}/{run.path.name}/").path == run.path
    monkeypatch.chdir(output.parent)
    assert named(output, f"{output.name}/{run.path.name}").path == run.path


def test_an_unknown_name_is_answered_with_the_known_ones(output):
    run = new(output)
    with pytest.raises(RunError, match=rf"'nope': is no directory .* {run.path.name}"):
        named(output, "nope")


def test_what_is_no_run_is_not_listed(output):
    assert all_runs(output) == []
    run = new(output)
    (output / "notes").mkdir()
    (output / "run.json").write_text(json.dumps(MANIFEST))
    (output / ".new_run").mkdir()
    (output / ".new_run" / "run.json").write_text(json.dumps(MANIFEST))
    assert [one.path for one in all_runs(output)] == [run.path]
