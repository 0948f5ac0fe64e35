"""The directory of one run: its manifest, its lock, its parts (DESIGN 4 and 5)."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from params_optimizer.errors import DamagedFileError, LockedError, RunError
from params_optimizer.storage import files

MANIFEST = "run.json"
PARTS = "results_partial.parquet"
LOCK = "run.lock"
ASIDE = "set_aside"
COMPLETE, FAILED, RUNNING, INTERRUPTED = "complete", "failed", "running", "interrupted"
# A worker whose master was killed holds the lock for the moment it needs to notice.
_LOCK_SECONDS = 10.0
_NAME = re.compile(r"[^/\\\0]{1,200}")

Manifest = dict[str, Any]


class RunDirectory:
    """One run on disk. Making the object touches nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.parts = path / PARTS
        self.aside = path / ASIDE

    def manifest(self) -> Manifest:
        """Content of `run.json`.

        Raises:
            DamagedFileError: it is missing or no manifest; the directory is left alone.
        """
        path = self.path / MANIFEST
        try:
            content = json.loads(path.read_bytes())
        except (OSError, ValueError, RecursionError) as error:
            raise DamagedFileError(
                f"{path}: cannot be read ({error}); this run can neither go on nor be trusted"
            ) from error
        if not isinstance(content, dict) or not isinstance(content.get("fingerprint"), dict):
            raise DamagedFileError(f"{path}: is no manifest of a run")
        return content

    def write_manifest(self, manifest: Mapping[str, object]) -> None:
        """Replace `run.json`."""
        files.write_text(self.path / MANIFEST, json.dumps(manifest, indent=1) + "\n")

    def status(self) -> str:
        """`complete` or `failed` as stored, `running` while the lock is held, else interrupted.

        Raises:
            DamagedFileError: there is no readable manifest.
        """
        if self.is_locked():
            return RUNNING
        stored = self.manifest().get("status")
        return str(stored) if stored in (COMPLETE, FAILED) else INTERRUPTED

    def is_locked(self) -> bool:
        """Whether a process works in this directory."""
        if not (self.path / LOCK).exists():
            return False
        try:
            with FileLock(self.path / LOCK, timeout=0):
                return False
        except (Timeout, OSError):
            return True

    def bytes_of_parts(self) -> int:
        """Bytes that finished parts take already."""
        return sum(part.stat().st_size for part in self.parts.glob("*.parquet"))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the directory; the lock dies with the process.

        Raises:
            LockedError: another process works here.
        """
        lock = FileLock(self.path / LOCK, timeout=_LOCK_SECONDS, poll_interval=0.02)
        try:
            with files.explained(self.path / LOCK):
                lock.acquire()
        except Timeout as error:
            raise LockedError(
                f"{self.path}: another process works in this run directory; wait for it, or "
                f"start a run of your own with --no-resume"
            ) from error
        try:
            yield
        finally:
            lock.release()


def create(output: Path, prefix: str, now: datetime) -> RunDirectory:
    """Make a new run directory `{prefix}_{YYYYMMDD_HHMMSS}`; a second one gets `_2`."""
    files.make_folder(output)
    base = f"{prefix}_{now:%Y%m%d_%H%M%S}"
    for number in range(1, 1000):
        path = output / (base if number == 1 else f"{base}_{number}")
        with files.explained(path):
            files.before("mkdir", path)
            try:
                path.mkdir()
            except FileExistsError:
                continue
            files.sync_folder(output)
        directory = RunDirectory(path)
        files.make_folder(directory.parts)
        return directory
    raise RunError(f"{output / base}: and 998 more exist already; choose another --output-dir")


def named(output: Path, name: str) -> RunDirectory:
    """The existing run directory `name` of `output`.

    Raises:
        RunError: there is none, or the name leads out of `output`.
    """
    plain = name.rstrip("/\\")
    if Path(plain).parent != Path() and Path(plain).parent.resolve() == output.resolve():
        plain = Path(plain).name  # "output/NAME", as a shell completes it
    if not _NAME.fullmatch(plain) or plain in (".", ".."):
        raise RunError(f"--run-dir {name!r}: give the name of a directory of {output}")
    path = output / plain
    if not path.is_dir():
        known = ", ".join(run.path.name for run in all_runs(output)[-5:]) or "none"
        raise RunError(f"--run-dir {name!r}: is no directory of {output}; the newest are: {known}")
    if path.resolve().parent != output.resolve():
        raise RunError(f"--run-dir {name!r}: leads out of {output}; move the run there instead")
    return RunDirectory(path)


def all_runs(output: Path) -> list[RunDirectory]:
    """Every directory of `output` with a manifest, oldest name first."""
    if not output.is_dir():
        return []
    return [RunDirectory(path.parent) for path in sorted(output.glob(f"*/{MANIFEST}"))]


def manifests(runs: Iterable[RunDirectory]) -> Iterator[tuple[RunDirectory, Manifest]]:
    """The runs whose manifest can be read, with it."""
    for run in runs:
        with suppress(DamagedFileError):
            yield run, run.manifest()
