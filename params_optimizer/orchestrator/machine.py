"""Cores and memory that this process may use: what a container leaves of the machine."""

import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from math import ceil
from pathlib import Path

import psutil

log = logging.getLogger(__name__)

_ROOT = Path("/")


def cores(root: Path = _ROOT) -> int:
    """Cores of this process: its CPU set, and the quota of its control groups, rounded up.

    `root` is where `proc` and `sys` lie.
    """
    count = _processors()
    for folder in _groups(root, "cpu"):
        with suppress(OSError, ValueError, IndexError, ZeroDivisionError):
            count = min(count, _cpu_limit(folder) or count)
    return max(count, 1)


def free_memory(root: Path = _ROOT) -> int:
    """Bytes that can still be used: of the machine, and below the limits of control groups."""
    free: int = psutil.virtual_memory().available
    for folder in _groups(root, "memory"):
        with suppress(OSError, ValueError, IndexError):
            left = _memory_left(folder)
            free = free if left is None else min(free, left)
    return max(free, 0)


def limits_memory() -> bool:
    """Whether `memory_limit` can be kept on this system."""
    return sys.platform == "linux"


@contextmanager
def memory_limit(extra: int | None) -> Iterator[None]:
    """What takes more than `extra` bytes in the block raises `MemoryError`; None: no limit.

    Memory counts that the process has for itself, beyond what it had before (`RLIMIT_DATA`).
    """
    if extra is None or not limits_memory():
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = _private_bytes() + extra
    resource.setrlimit(resource.RLIMIT_DATA, (most if hard < 0 else min(most, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _private_bytes() -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) << 10
    return 0


def limited(requested: int | None, preferred: int, limits: Mapping[str, int]) -> int:
    """Workers to start, at least 1: those requested, or `preferred`, within limits by name."""
    count = requested or preferred
    for name, limit in limits.items():
        if count > limit:
            count = max(int(limit), 1)
            if requested:
                log.info("%d workers requested; %d are started (limit: %s)", requested, count, name)
    return count


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows
        return os.cpu_count() or 1


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """Folders of the process's control groups that may limit it, version 2 or 1.

    A limit counts for everything below, so parents are looked at as well. In a container
    the path that the kernel tells may be the host's, and the mount begins at the group.
    """
    try:
        lines = (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:  # no Linux
        return
    for line in lines:
        number, _, rest = line.partition(":")
        names, _, path = rest.partition(":")
        if number != "0" and controller not in names.split(","):
            continue
        mount = root / "sys/fs/cgroup"
        mount = mount if number == "0" else mount / controller
        folder = mount / path.strip("/")
        while folder.is_relative_to(mount) and folder != mount:
            yield folder
            folder = folder.parent
        yield mount


def _cpu_limit(folder: Path) -> int | None:
    if (folder / "cpu.max").exists():
        quota, period = (folder / "cpu.max").read_text(encoding="ascii").split()
    else:
        quota = (folder / "cpu.cfs_quota_us").read_text(encoding="ascii").strip()
        period = (folder / "cpu.cfs_period_us").read_text(encoding="ascii")
    if quota in ("max", "-1"):
        return None
    return ceil(int(quota) / int(period))


def _memory_left(folder: Path) -> int | None:
    """Limit less what is used; pages of files that can be dropped do not count as used."""
    newer = (folder / "memory.max").exists()
    limit = _number(folder / ("memory.max" if newer else "memory.limit_in_bytes"))
    if limit is None:
        return None
    used = _number(folder / ("memory.current" if newer else "memory.usage_in_bytes")) or 0
    dropped = "inactive_file" if newer else "total_inactive_file"
    for line in (folder / "memory.stat").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{dropped} "):
            used -= int(line.split()[1])
    return limit - max(used, 0)


def _number(path: Path) -> int | None:
    text = path.read_text(encoding="ascii").strip()
    return None if text == "max" else int(text)
