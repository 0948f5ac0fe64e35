"""Which run a command goes on with: the newest unfinished one that it would have started."""

import json
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from params_optimizer.config import Backtest, Settings
from params_optimizer.errors import DamagedFileError, LockedError, RunError
from params_optimizer.orchestrator import resume
from params_optimizer.orchestrator.checkpoint import Checkpoint
from params_optimizer.orchestrator.manifest import new_manifest
from params_optimizer.orchestrator.plan import Dates
from params_optimizer.orchestrator.run import identity_of
from params_optimizer.orchestrator.study import Study
from params_optimizer.storage.run_directory import LOCK, RunDirectory

CHECKOUT = Path(__file__).parents[2]
HOLD = """
import sys, time
from pathlib import Path
from params_optimizer.storage.run_directory import RunDirectory
with RunDirectory(Path(sys.argv[1])).locked():
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(resume, "_PATIENCE", 0.2)


class Chooser:
    """Chooses in one output folder and keeps the messages."""

    def __init__(self, output: Path, log: pytest.LogCaptureFixture) -> None:
        self.output, self.log = output, log

    @property
    def said(self) -> list[str]:
        return self.log.messages

    def __call__(
        self, study: Study, name: str | None = None, *, go_on: bool = True
    ) -> RunDirectory:
        self.log.clear()
        choice = resume.choose(
            identity_of(study), self.output, name, lambda: new_manifest(study), resume=go_on
        )
        assert not choice.complete
        return choice.directory

    def runs(self) -> list[str]:
        return sorted(path.name for path in self.output.glob("[!.]*"))


@pytest.fixture
def choose(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Chooser:
    caplog.set_level(logging.INFO)
    return Chooser(tmp_path / "output", caplog)


def change(run: RunDirectory, **fields: object) -> None:
    run.write_manifest({**run.manifest(), **fields})


@contextmanager
def held(run: RunDirectory) -> Iterator[subprocess.Popen[bytes]]:
    """Another process works in the directory."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(run.path)], stdout=subprocess.PIPE, cwd=CHECKOUT
    ) as holder:
        assert holder.stdout.readline() == b"held\n"
        try:
            yield holder
        finally:
            holder.kill()


def test_where_nothing_is_a_new_run_begins(choose, study):
    run = choose(study)
    assert run.path.name.startswith("GER40_24combos_20")
    manifest = run.manifest()
    assert manifest["fingerprint"] == dict(study.fingerprint)
    assert (manifest["status"], manifest["combinations"], manifest["slices"]) == (None, 24, 3)
    assert choose.said == []


@pytest.mark.parametrize("status", [None, "failed", "running", "interrupted", 7])
def test_an_unfinished_run_goes_on(choose, study, status):
    run = choose(study)
    change(run, status=status)
    assert choose(study).path == run.path
    assert choose.said == [f"continuing {run.path.name}"]


def test_a_finished_run_is_never_continued(choose, study):
    run = choose(study)
    change(run, status="complete")
    assert choose(study).path != run.path
    assert choose.said == []
    assert len(choose.runs()) == 2
    with pytest.raises(RunError, match="complete and is never continued"):
        choose(study, run.path.name)


def test_no_resume_starts_afresh_and_touches_nothing_old(choose, study):
    run = choose(study)
    before = {path: path.stat().st_mtime_ns for path in run.path.rglob("*")}
    assert choose(study, go_on=False).path != run.path
    assert {path: path.stat().st_mtime_ns for path in run.path.rglob("*")} == before


def test_the_newest_unfinished_run_goes_on_whatever_the_clock_did(choose, study):
    runs = [choose(study, go_on=False) for _ in range(3)]
    # The clock was set back after the second: its name and start lie in the future.
    for run, started in zip(runs, ["2024-01-01", "2099-01-01", "2024-01-02"], strict=True):
        change(run, started=started)
    assert choose(study).path == runs[1].path
    change(runs[1], status="complete")
    assert choose(study).path == runs[2].path


OTHER = {
    "spread": {"spread": 9.0},
    "dates": {"dates": Dates(date(2025, 3, 1), None)},
    "money": {"settings": Settings(backtest=Backtest(risk_pct=2.0))},
}
SAID = {
    "spread": "the spread",
    "dates": "the dates (--from, --to)",
    "money": "initial_balance, capital or risk_pct",
    "bars": "the bars (prepared anew?)",
    "grid": "the grid",
    "rules": "the version of the rules",
    "news": "the news calendar or its minutes",
    "pyarrow": "the version of pyarrow",
    "something new": "something new",
}


@pytest.mark.parametrize("field", SAID)
def test_another_run_is_left_alone_and_the_difference_named(choose, study, study_with, field):
    run = choose(study)
    before = (run.path / "run.json").read_bytes()
    if field in OTHER:
        given = OTHER[field]
        if "settings" in given:
            filtered = given["settings"].model_copy(
                update={"news_filter": study.settings.news_filter}
            )
            given = {"settings": filtered}
        other = study_with(**given)
    else:
        other = replace(study, fingerprint={**study.fingerprint, field: "other"})
    assert choose(other).path != run.path
    (line,) = choose.said
    assert line == f"{run.path.name} is unfinished, but another run: it differs in {SAID[field]}"
    assert (run.path / "run.json").read_bytes() == before
    with pytest.raises(RunError, match="that run differs in") as caught:
        choose(other, run.path.name)
    assert SAID[field] in str(caught.value)
    assert choose(study).path == run.path


def test_what_changes_no_result_does_not_matter(choose, study, study_with):
    run = choose(study)
    content = study.settings.model_dump(mode="json")
    content["ranking_weights"] = {"total_r": 1.0, "sharpe_ratio": 0.0, "winrate": 0.0}
    content["parallelization"]["num_workers"] = 7
    content["min_trades"] = 3
    changed = Settings.model_validate_json(json.dumps(content))
    assert choose(study_with(settings=changed)).path == run.path


def test_runs_of_other_symbols_are_not_looked_at(choose, study):
    run = choose(study)
    change(run, symbol="XAUUSD")
    assert choose(study).path != run.path
    assert choose.said == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"fingerprint": 1}', b"\xff"])
def test_a_damaged_manifest_is_told_and_a_new_run_begins(choose, study, content):
    run = choose(study)
    (run.path / "run.json").write_bytes(content)
    assert choose(study).path != run.path
    (line,) = choose.said
    assert "run.json" in line
    assert line.endswith("it is left as it is")
    assert (run.path / "run.json").read_bytes() == content
    with pytest.raises(DamagedFileError, match=r"run\.json"):
        choose(study, run.path.name)


def test_a_moved_run_goes_on(choose, study, tmp_path):
    run = choose(study)
    run.parts.mkdir()
    (run.parts / "000000-x.parquet").write_bytes(b"x")
    moved = Chooser(tmp_path / "another place" / "output", choose.log)
    shutil.copytree(choose.output, moved.output)
    shutil.rmtree(choose.output)
    assert moved(study).path == moved.output / run.path.name
    (moved.output / run.path.name).rename(moved.output / "my run")
    assert moved(study).path == moved.output / "my run"


def test_the_same_run_is_not_started_twice(choose, study):
    run = choose(study)
    with held(run):
        with pytest.raises(LockedError, match=rf"{run.path.name}.*another process.*--no-resume"):
            choose(study)
        assert choose.runs() == [run.path.name]
        other = replace(study, fingerprint={**study.fingerprint, "spread": "9"})
        assert choose(other).path != run.path
        (line,) = choose.said
        assert line.startswith(
            f"{run.path.name} is in progress in another process, but another run"
        )
        assert choose(study, go_on=False).path != run.path


def test_a_run_whose_process_died_goes_on(choose, study):
    run = choose(study)
    with held(run) as holder:
        holder.kill()
        holder.wait()
        assert choose(study).path == run.path


@pytest.mark.skipif(os.name == "nt", reason="needs fork")
def test_two_that_choose_at_once_get_the_same_run(choose, study):
    pids = []
    for _ in range(6):
        pid = os.fork()
        if not pid:
            try:
                choose(study)
            finally:
                os._exit(0)
        pids.append(pid)
    for pid in pids:
        os.waitpid(pid, 0)
    assert len(choose.runs()) == 1


def test_an_unfinished_run_of_an_older_version_is_refused_in_one_line(choose, study):
    run = choose(study)
    change(run, format=1)
    assert choose(study).path != run.path
    (line,) = choose.said
    assert line.startswith(f"{run.path.name}: unfinished run of version ")
    with pytest.raises(RunError, match="which only that version can continue"):
        choose(study, run.path.name)


def test_a_directory_that_was_replaced_is_not_written(choose, study, tmp_path):
    run = choose(study)
    with run.locked():
        run.path.rename(tmp_path / "moved")
        shutil.copytree(tmp_path / "moved", run.path)
        with pytest.raises(RunError, match=r"was moved or replaced, or its run\.lock deleted"):
            run.write_manifest({**run.manifest(), "status": "failed"})
    assert run.manifest()["status"] is None


def test_a_run_whose_lock_was_deleted_writes_no_status(choose, study):
    run = choose(study)
    with run.locked():
        (run.path / LOCK).unlink()
        checkpoint = Checkpoint(run, "checkpoint.json", run.manifest())
        for _ in "nothing there", "of another process":
            with pytest.raises(RunError, match=r"or its run\.lock deleted"):
                checkpoint.end("failed")
            (run.path / LOCK).touch()
    assert not (run.path / "checkpoint.json").exists()
