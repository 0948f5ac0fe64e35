"""Compiled code is kept between processes, and never used where its file is not what was kept."""

import errno
import importlib.util
from itertools import count
from pathlib import Path

import pytest
from numba.core import config
from numba.core.caching import FunctionCache

from params_optimizer.engine import jit
from params_optimizer.storage.compiled_code import SealedFiles

SOURCE = """
from params_optimizer.engine.jit import kernel

@kernel
def tripled(value):
    return 3.0 * value
"""
_names = count()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where the code of `fresh` kernels is kept."""
    (tmp_path / "kernels.py").write_text(SOURCE)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path


def fresh(folder: Path):
    """The kernel as a process that has not used it yet imports it."""
    spec = importlib.util.spec_from_file_location(f"kernels{next(_names)}", folder / "kernels.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.tripled


def is_kept(kernel) -> bool:
    """Whether the kernel gives the right number, and from its file."""
    assert kernel(2.0) == 6.0
    return bool(kernel.stats.cache_hits)


def test_code_is_compiled_once(folder):
    assert not is_kept(fresh(folder))
    assert is_kept(fresh(folder))


DAMAGE = {
    "empty": lambda _content: b"",
    "truncated": lambda content: content[: len(content) // 2],
    "one byte short": lambda content: content[:-1],
    "a changed byte": lambda content: content[:-9] + bytes([content[-9] ^ 1]) + content[-8:],
    "another file": lambda _content: b"PK\x03\x04 something else",
    "without a checksum": lambda content: content[32:],
}


@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_file_is_compiled_again_and_replaced(folder, damage, suffix):
    fresh(folder)(1.0)
    (file,) = folder.rglob(f"*{suffix}")
    file.write_bytes(damage(file.read_bytes()))
    assert not is_kept(fresh(folder))
    assert is_kept(fresh(folder)), "the file was not replaced"


def test_files_of_numba_itself_are_foreign(folder, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(jit, "KernelCache", FunctionCache)
        fresh(folder)(1.0)
    assert not is_kept(fresh(folder))


def test_a_full_disk_costs_a_warning_and_no_result(folder, monkeypatch, caplog):
    def full(*_arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(SealedFiles, "_is_full", False)
    monkeypatch.setattr(SealedFiles, "_write", full)
    assert not is_kept(fresh(folder))
    assert not is_kept(fresh(folder))
    (warning,) = caplog.messages
    assert f"cannot be kept in {folder}" in warning
    assert "No space left on device" in warning
