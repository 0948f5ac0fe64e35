"""Cores and memory under the limits of control groups, as a container has them."""

import os
from pathlib import Path

import psutil
import pytest

from params_optimizer.orchestrator import machine
from params_optimizer.orchestrator.machine import cores, free_memory

MIB = 1 << 20
NEVER = str(2**63 - 4096)  # what version 1 says where there is no limit


@pytest.fixture(autouse=True)
def machine_of_16_cores(monkeypatch):
    monkeypatch.setattr(machine, "_processors", lambda: 16)


def tree(root: Path, groups: str, **contents: str) -> Path:
    """A file system with these control groups."""
    files = {"proc/self/cgroup": groups} | {
        f"sys/fs/cgroup/{name}": text for name, text in contents.items()
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize(
    ("groups", "contents", "expected"),
    [
        ("0::/", {"cpu.max": "200000 100000\n"}, 2),
        ("0::/", {"cpu.max": "150000 100000\n"}, 2),
        ("0::/", {"cpu.max": "10000 100000\n"}, 1),
        ("0::/", {"cpu.max": "max 100000\n"}, 16),
        ("0::/", {"cpu.max": "9900000 100000\n"}, 16),
        ("0::/", {}, 16),
        ("0::/", {"cpu.max": "nonsense"}, 16),
        ("0::/a/b\n", {"a/cpu.max": "300000 100000", "a/b/cpu.max": "max 100000"}, 3),
        ("0::/not/mounted/here\n", {"cpu.max": "400000 100000"}, 4),
        (
            "5:memory:/x\n4:cpu,cpuacct:/x\n",
            {"cpu/x/cpu.cfs_quota_us": "500000\n", "cpu/x/cpu.cfs_period_us": "100000\n"},
            5,
        ),
        (
            "4:cpu,cpuacct:/docker/1\n",
            {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"},
            16,
        ),
    ],
)
def test_cores_under_a_quota(tmp_path, groups, contents, expected):
    assert cores(tree(tmp_path, groups, **contents)) == expected


@pytest.mark.parametrize(
    ("groups", "contents", "expected"),
    [
        (
            "0::/",
            {
                "memory.max": f"{64 * MIB}\n",
                "memory.current": f"{50 * MIB}\n",
                "memory.stat": f"anon 1\ninactive_file {20 * MIB}\nactive_file 7\n",
            },
            34 * MIB,
        ),
        (
            "0::/a",
            {
                "a/memory.max": "max",
                "a/memory.current": "1",
                "a/memory.stat": "",
                "memory.max": str(3 * MIB),
                "memory.current": str(MIB),
                "memory.stat": "",
            },
            2 * MIB,
        ),
        (
            "9:memory:/docker/1",
            {
                "memory/memory.limit_in_bytes": str(8 * MIB),
                "memory/memory.usage_in_bytes": str(9 * MIB),
                "memory/memory.stat": "cache 1\ntotal_inactive_file 0\n",
            },
            0,
        ),
    ],
)
def test_memory_below_a_limit(tmp_path, groups, contents, expected):
    assert free_memory(tree(tmp_path, groups, **contents)) == expected


@pytest.mark.parametrize(
    "contents",
    [
        {"memory.max": "max", "memory.current": "1", "memory.stat": ""},
        {"memory.max": "damaged"},
        {},
    ],
)
def test_without_a_limit_the_machine_counts(tmp_path, monkeypatch, contents):
    free = type("Memory", (), {"available": 5 * MIB})
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    assert free_memory(tree(tmp_path, "0::/", **contents)) == 5 * MIB
    version_1 = {
        "memory/memory.limit_in_bytes": NEVER,
        "memory/memory.usage_in_bytes": "4096",
        "memory/memory.stat": "total_inactive_file 0",
    }
    assert free_memory(tree(tmp_path / "1", "3:memory:/", **version_1)) == 5 * MIB


def test_the_real_machine(monkeypatch):
    monkeypatch.undo()
    assert 1 <= cores() <= (os.cpu_count() or 1)
    assert 0 < free_memory() <= psutil.virtual_memory().total
