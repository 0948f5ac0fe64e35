"""A command, how long it took, and the most memory that all its processes held together."""

import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import psutil

_PAUSE = 0.1
_LINES_SHOWN = 5


class CommandFailedError(Exception):
    """A command of the product ended with an error; the message holds its last lines."""


class Finished(NamedTuple):
    """Wall time in seconds; peak memory in MB (10**6 bytes), 0 where it was not watched.

    `largest` is the most that a single process held, shared pages included.
    """

    seconds: float
    peak: float
    largest: float = 0.0


def run(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], *, watch: bool = True
) -> Finished:
    """Run a command in `folder` to its end.

    Memory is the sum of the proportional set sizes of the process and its descendants
    (shared pages count once) where the system tells them, else of the resident ones;
    sampled ten times a second, so a shorter peak may be missed.

    Raises:
        CommandFailedError: the exit code is not 0.
    """
    began = perf_counter()
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        watcher = _Watcher(process.pid)
        if watch:
            watcher.start()
        output, _ = process.communicate()
        seconds = perf_counter() - began
        watcher.ended.set()
    if process.returncode:
        lines = output.decode(errors="replace").splitlines()[-_LINES_SHOWN:]
        said = "\n  ".join(lines)
        raise CommandFailedError(
            f"{' '.join(command[1:])}\n  ended with exit code {process.returncode}:\n  {said}"
        )
    return Finished(seconds, watcher.peak / 1e6, watcher.largest / 1e6)


class _Watcher(threading.Thread):
    """Samples a tree of processes until `ended` is set."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self.ended = threading.Event()
        self.peak = self.largest = 0

    def run(self) -> None:
        while not self.ended.wait(_PAUSE):
            self.peak = max(self.peak, tree_bytes(self._pid))
            self.largest = max(self.largest, largest_bytes(self._pid))


def tree_bytes(pid: int) -> int:
    """Memory that a process and its descendants hold now; 0 where it is gone."""
    try:
        root = psutil.Process(pid)
        return sum(_bytes(one) for one in [root, *root.children(recursive=True)])
    except psutil.Error:
        return 0


def largest_bytes(pid: int) -> int:
    """Resident memory of the largest of a process and its descendants; 0 where it is gone."""
    try:
        root = psutil.Process(pid)
        return max(_resident(process) for process in [root, *root.children(recursive=True)])
    except psutil.Error:
        return 0


def _resident(process: psutil.Process) -> int:
    with suppress(psutil.Error):  # it ended just now
        return int(process.memory_info().rss)
    return 0


def _bytes(process: psutil.Process) -> int:
    with suppress(psutil.Error, OSError):  # it ended just now
        if sys.platform == "linux" and (share := _proportional(process.pid)):
            return share
        return int(process.memory_info().rss)
    return 0


def _proportional(pid: int) -> int:
    """PSS in bytes; 0 where the kernel does not tell it."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except FileNotFoundError:
        return 0
    sizes = [line.split()[1] for line in text.splitlines() if line.startswith("Pss:")]
    return int(sizes[0]) * 1024 if sizes else 0
