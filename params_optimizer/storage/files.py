"""Atomic files: a final name holds either the old content or all of the new one.

Every call that changes the disk goes through the primitives of this module. Each
announces itself to `before` first, so that a test can make any of them fail or
stop the process right there.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import RawIOBase
from pathlib import Path
from typing import BinaryIO, cast
from uuid import uuid4

from params_optimizer.errors import StorageError

TEMPORARY_SUFFIX = ".tmp"

_WINDOWS = os.name == "nt"
_WINDOWS_TRIES = 20
_WINDOWS_PAUSE = 0.1


Announce = Callable[[str, Path], None]
"""Called before a primitive: its name and the path it is about to change."""


def _silent(operation: str, path: Path) -> None:
    del operation, path


before: Announce = _silent


class _AnnouncedFile(RawIOBase):
    """A file opened for writing whose writes announce themselves."""

    def __init__(self, path: Path) -> None:
        before("open", path)
        self._path = path
        self._file = path.open("xb", buffering=0)

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        before("write", self._path)
        view = memoryview(data).cast("B")  # type: ignore[arg-type]
        written = 0
        while written < len(view):  # a raw write may take less than all on a full disk
            written += self._file.write(view[written:])
        return written

    def sync(self) -> None:
        before("flush", self._path)
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()
        super().close()


@contextmanager
def atomic_file(path: Path) -> Iterator[BinaryIO]:
    """Open `path` for writing; it appears under its name only when the block ends well.

    The content goes to a unique temporary file in the same folder, is flushed to the
    disk, and then takes the final name. After an error the temporary file is removed
    and whatever stood under the name before is untouched.

    Raises:
        StorageError: the folder or disk cannot take the file.
    """
    temporary = path.with_name(f".{path.name[:80]}.{uuid4().hex}{TEMPORARY_SUFFIX}")
    with explained(path):
        file = _AnnouncedFile(temporary)
        try:
            yield cast("BinaryIO", file)
            file.sync()
            file.close()
            replace(temporary, path)
        except BaseException:
            file.close()
            with suppress(OSError):
                temporary.unlink()
            raise


def write_bytes(path: Path, content: bytes) -> None:
    """Write a whole file atomically."""
    with atomic_file(path) as file:
        file.write(content)


def write_text(path: Path, content: str) -> None:
    """Write a whole UTF-8 text file atomically, line ends as they are."""
    write_bytes(path, content.encode())


def replace(source: Path, target: Path) -> None:
    """Give `source` the name `target`, in one step, and make the change durable.

    On Windows a target that another program holds open is tried again for two seconds.
    """
    for attempt in range(_WINDOWS_TRIES):
        before("rename", target)
        try:
            source.replace(target)
            break
        except PermissionError:
            if not _WINDOWS or attempt == _WINDOWS_TRIES - 1:
                raise
            time.sleep(_WINDOWS_PAUSE)
    sync_folder(target.parent)


def link_or_copy(source: Path, target: Path) -> None:
    """Let `target` be the same file as `source`: a hard link, else an atomic copy."""
    temporary = target.with_name(f".{target.name[:80]}.{uuid4().hex}{TEMPORARY_SUFFIX}")
    with explained(target):
        before("link", target)
        try:
            temporary.hardlink_to(source)
        except OSError:  # not every file system has hard links
            copy(source, target)
            return
        replace(temporary, target)
        # Renaming one hard link over another of the same file leaves both names.
        temporary.unlink(missing_ok=True)


def copy(source: Path, target: Path) -> None:
    """Copy a file atomically, in pieces."""
    with source.open("rb") as origin, atomic_file(target) as file:
        while piece := origin.read(1 << 20):
            file.write(piece)


def remove(path: Path) -> None:
    """Delete a file; one that is gone already is fine."""
    with explained(path):
        before("delete", path)
        path.unlink(missing_ok=True)


def remove_folder(path: Path) -> None:
    """Delete an empty folder; one that is gone already is fine."""
    with explained(path), suppress(FileNotFoundError):
        before("delete", path)
        path.rmdir()


def make_folder(path: Path) -> None:
    """Make a folder and its parents; one that exists is fine."""
    with explained(path):
        before("mkdir", path)
        path.mkdir(parents=True, exist_ok=True)


def sync_folder(path: Path) -> None:
    """Make renames and new names in a folder durable (a no-op on Windows)."""
    if _WINDOWS:
        return
    before("flush", path)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn an `OSError` about `path` into a `StorageError` that says what to do."""
    try:
        yield
    except StorageError:
        raise
    except OSError as error:
        raise StorageError(f"cannot write {path}: {_reason(error)}") from error


def _reason(error: OSError) -> str:
    name = error.strerror or str(error)
    way_out: dict[type[OSError], str] = {
        FileNotFoundError: "the folder is missing; make it or choose another one",
        NotADirectoryError: "a part of this path is a file; choose another folder",
        PermissionError: (
            "close it in the program that has it open (Excel?) or make the folder writable"
        ),
    }
    for kind, advice in way_out.items():
        if isinstance(error, kind):
            return f"{name} ({advice})"
    return f"{name} (free some space or choose another place with --output-dir or --data-dir)"
