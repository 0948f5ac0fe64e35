"""The directory of one run: its manifest, its lock, its parts (DESIGN 4 and 5)."""

import errno
import json
import logging
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from params_optimizer.errors import DamagedFileError, LockedError, RunError
from params_optimizer.storage import files
from params_optimizer.storage.sealed import CHECKSUM, checksum

log = logging.getLogger(__name__)

MANIFEST = "run.json"
FORMAT = 2
"""Version of the form of manifests."""
PARTS = "results_partial.parquet"
LOCK = "run.lock"
CHOICE_LOCK = ".runs.lock"
UNBORN = ".new_run"
ASIDE = "set_aside"
SAMPLE = "sample"
"""Folder of the runs on generated data, in that of the others."""
COMPLETE, FAILED, RUNNING, INTERRUPTED = "complete", "failed", "running", "interrupted"
# A process that was killed a moment ago, or that only looks whether the lock is free.
_LOCK_SECONDS = 2.0
_CHOICE_SECONDS = 60.0
_POLL_SECONDS = 0.02
_NAME = re.compile(r"[^/\\\0]{1,200}")

Manifest = dict[str, Any]


class RunDirectory:
    """One run on disk. Making the object touches nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: os.stat_result | None = None
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
            expected = checksum(content) if isinstance(content, dict) else ""
        except (OSError, ValueError, RecursionError) as error:
            raise DamagedFileError(
                f"{path}: cannot be read ({error}); this run can neither go on nor be trusted"
            ) from error
        if not isinstance(content, dict) or not isinstance(content.get("fingerprint"), dict):
            raise DamagedFileError(f"{path}: is no manifest of a run")
        if content.pop(CHECKSUM, None) != expected:
            raise DamagedFileError(
                f"{path}: was changed or damaged after it was written (its checksum does not "
                f"fit); this run can neither go on nor be trusted"
            )
        return _upgraded(content) if content.get("format") == 1 else content

    def write_manifest(self, manifest: Mapping[str, object]) -> None:
        """Replace `run.json`; its checksum comes last.

        Raises:
            RunError: this process holds the lock of another directory, which lay here before.
        """
        self.refuse_another()
        content = {**manifest, CHECKSUM: checksum(manifest)}
        files.write_text(self.path / MANIFEST, json.dumps(content, indent=1) + "\n")

    def status(self) -> str:
        """`complete` or `failed` as stored, `running` while the lock is held, else interrupted.

        Raises:
            DamagedFileError: there is no readable manifest.
        """
        if self.is_locked():
            return RUNNING
        stored = self.manifest().get("status")
        return str(stored) if stored in (COMPLETE, FAILED) else INTERRUPTED

    def is_locked(self, patience: float = 0.0) -> bool:
        """Whether a process works in this directory, still after `patience` seconds."""
        if not (self.path / LOCK).exists():
            return False
        try:
            with FileLock(self.path / LOCK, timeout=patience, poll_interval=_POLL_SECONDS):
                return False
        except Timeout:
            return True
        except OSError:  # not writable for us, which `locked` explains
            return False

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the directory; the lock dies with the process.

        Raises:
            LockedError: another process works here.
            RunError: a folder in it is a link, so that its files would lie elsewhere.
        """
        with _held(
            self.path / LOCK,
            _LOCK_SECONDS,
            f"{self.path}: another process works in this run directory; wait for it, or "
            f"start a run of your own with --no-resume",
        ):
            self._refuse_links()
            self._lock = (self.path / LOCK).stat()
            try:
                yield
            finally:
                self._lock = None

    def refuse_another(self) -> None:
        """Nothing more is written where this process does not hold the lock any more.

        Raises:
            RunError: the directory was moved away and replaced, or its lock file was deleted.
        """
        if self._lock is None:
            return
        try:
            same = os.path.samestat((self.path / LOCK).stat(), self._lock)
        except FileNotFoundError:
            same = False
        if not same:
            raise RunError(
                f"{self.path}: the directory was moved or replaced, or its {LOCK} deleted, while "
                f"this run was in progress, and another process may work there now; move it back, "
                f"then start the same command again"
            )

    def _refuse_links(self) -> None:
        with files.explained(self.path, "read"):
            for entry in sorted(self.path.iterdir()):
                if entry.is_symlink() and entry.is_dir():
                    raise RunError(f"{entry}: is a link; put the folder itself there")

    def remove_temporaries(self) -> None:
        """Delete files that a killed process had not finished; parts have a folder of their own."""
        for path in self.path.glob(f".*{files.TEMPORARY_SUFFIX}"):
            if path.is_file() and not path.is_symlink():
                files.remove(path)


@contextmanager
def choosing(output: Path) -> Iterator[None]:
    """Be the only process that chooses or makes a run directory in `output`.

    Raises:
        LockedError: another one has been at it for a minute.
    """
    files.make_folder(output)
    message = f"{output}: another process is starting a run here; try again"
    with _held(output / CHOICE_LOCK, _CHOICE_SECONDS, message):
        yield


def create(
    output: Path, prefix: str, started: datetime, manifest: Mapping[str, object]
) -> RunDirectory:
    """Make a new run directory `{prefix}_{YYYYMMDD_HHMMSS}`; a second one gets `_2`.

    It appears with its manifest in it, or not at all. Call it inside of `choosing`.

    Raises:
        StorageError: `output` cannot be written.
        RunError: the folder in which it is made is a link.
    """
    unborn = RunDirectory(output / UNBORN)
    if unborn.path.is_symlink():
        raise RunError(f"{unborn.path}: is a link, so that the run would lie elsewhere; delete it")
    files.make_folder(unborn.path)
    unborn.write_manifest(manifest)
    base = f"{prefix}_{started:%Y%m%d_%H%M%S}"
    for number in range(1, 1000):
        path = output / (base if number == 1 else f"{base}_{number}")
        if not os.path.lexists(path):
            with files.explained(path):
                files.replace(unborn.path, path)
            return RunDirectory(path)
    raise RunError(f"{output / base}: and 998 more exist already; choose another --output-dir")


@contextmanager
def _held(path: Path, seconds: float, message: str) -> Iterator[None]:
    """Hold a lock file; `message` is for when somebody else does for `seconds`."""
    lock = FileLock(path, timeout=seconds, poll_interval=_POLL_SECONDS)
    with files.explained(path):
        files.before("open", path)
        if not path.parent.is_dir():  # or the lock would make it
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        try:
            lock.acquire()
        except Timeout as error:
            raise LockedError(message) from error
    try:
        yield
    finally:
        lock.release()


def named(output: Path, name: str, option: str = "--run-dir") -> RunDirectory:
    """The existing run directory `name` of `output`, as `option` gave it.

    Runs on generated data have a folder of their own, which is looked into after `output`.

    Raises:
        RunError: there is none, or the name leads out of `output`.
    """
    plain = name.rstrip("/\\")
    if Path(plain).parent != Path() and Path(plain).parent.resolve() == output.resolve():
        plain = Path(plain).name  # "output/NAME", as a shell completes it
    if not _NAME.fullmatch(plain) or plain.startswith("."):
        raise RunError(f"{option} {name!r}: give the name of a directory of {output}")
    beside = output.parent if output.name == SAMPLE else output / SAMPLE
    if not (output / plain).is_dir() and (beside / plain / MANIFEST).is_file():
        output = beside
    path = output / plain
    if not path.is_dir():
        names = ", ".join(run.path.name for run in all_runs(output)[-5:]) or "none"
        raise RunError(f"{option} {name!r}: is no directory of {output}; the newest are: {names}")
    if path.resolve().parent != output.resolve():
        raise RunError(f"{option} {name!r}: leads out of {output}; move the run there instead")
    return RunDirectory(path)


def all_runs(output: Path) -> list[RunDirectory]:
    """Every directory of `output` with a manifest, oldest name first; links are no part of it."""
    if not output.is_dir():
        return []
    folders = sorted(path.parent for path in output.glob(f"[!.]*/{MANIFEST}"))
    return [RunDirectory(folder) for folder in folders if not folder.is_symlink()]


def manifests(
    runs: Iterable[RunDirectory], symbol: str, *, quiet: bool = False
) -> Iterator[tuple[RunDirectory, Manifest]]:
    """Runs whose manifest can be read, with it; of others, those of `symbol` cause a warning.

    Unless `quiet`.
    """
    for run in runs:
        try:
            manifest = run.manifest()
        except DamagedFileError as error:
            if run.path.name.startswith(f"{symbol}_") and not quiet:
                log.warning("%s; it is left as it is", error)
            continue
        yield run, manifest


def key_of(fingerprint: Mapping[str, object]) -> str:
    """One hash over the fields of a fingerprint."""
    return sha256(json.dumps(dict(fingerprint), sort_keys=True).encode()).hexdigest()


def _upgraded(manifest: Manifest) -> Manifest:
    """A manifest of format 1 with the fields of the present one; its fingerprint stays."""
    symbol = manifest.get("symbol", manifest.get("market"))
    if "kind" not in manifest:
        grid = {"kind": "run", "method": "grid", "strategy": "initial_balance"}
        return {**manifest, **grid}
    if manifest["kind"] == "workflow":
        return {**manifest, "symbol": symbol}
    strategy = str(manifest.get("strategy")).partition(" ")[0]
    libraries = {"params_optimizer": manifest.get("version")}
    search = {"kind": "run", "symbol": symbol, "strategy": strategy, "libraries": libraries}
    return {**manifest, **search}
