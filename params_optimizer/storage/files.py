"""Atomic files: a final name holds either the old content or all of the new one.

Every call that changes the disk goes through the primitives of this module. Each
announces itself to `before` first, so that a test can make any of them fail or
stop the process right there.
"""

import errno
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import FileIO, RawIOBase
from pathlib import Path
from typing import BinaryIO, cast
from uuid import uuid4

from params_optimizer.environment import CACHE, cache_folder
from params_optimizer.errors import OptimizerError, StorageError

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

    def __init__(self, file: FileIO, path: Path) -> None:
        self._file = file
        self._path = path

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
    temporary = _temporary(path)
    with explained(path):
        before("open", temporary)
        file = _AnnouncedFile(temporary.open("xb", buffering=0), temporary)
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


def append_text(path: Path, content: str) -> None:
    """Add to the end of a file in one write, making the file where there is none.

    Only for files that no result hangs on: what is added may be lost with the power, but
    not when the process is killed.

    Raises:
        StorageError: the file cannot be written, or is a link that leads elsewhere.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    flags |= getattr(os, "O_BINARY", 0)  # of some systems only
    with explained(path):
        before("append", path)
        descriptor = _no_link(str(path), flags)
        try:
            os.write(descriptor, content.encode(errors="backslashreplace"))
        finally:
            os.close(descriptor)


def _no_link(path: str, flags: int) -> int:
    """Open a file, but not one elsewhere that a link leads to, where the system can tell."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)


def append(path: Path, content: bytes) -> None:
    """Add `content` to the end of a file, in one write, and make it durable.

    Raises:
        StorageError: the disk cannot take it, and a part of it may stand at the end of the file;
            or it is a link that leads elsewhere.
    """
    with explained(path):
        before("open", path)
        is_new = not path.exists()
        # Path.open takes no opener.
        opened = open(path, "ab", buffering=0, opener=_no_link)  # noqa: SIM115
        with _AnnouncedFile(opened, path) as file:
            file.write(content)
            file.sync()
        if is_new:
            sync_folder(path.parent)


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
    """Let `target` be the same file as `source`: a hard link, else an atomic copy.

    Raises:
        StorageError: the source cannot be read or the target not written.
    """
    temporary = _temporary(target)
    with explained(target):
        before("link", target)
        try:
            temporary.hardlink_to(source)
        except OSError:  # not every file system has hard links
            copy(source, target)
            return
        try:
            replace(temporary, target)
        finally:
            # Renaming one hard link over another of the same file leaves both names.
            with suppress(OSError):
                temporary.unlink()


def copy(source: Path, target: Path) -> None:
    """Copy a file atomically, in pieces.

    Raises:
        StorageError: the source cannot be read or the target not written.
    """
    with atomic_file(target) as file:
        for piece in _pieces(source):
            file.write(piece)


def remove(path: Path) -> None:
    """Delete a file; one that is gone already is fine."""
    with explained(path, "delete"):
        before("delete", path)
        path.unlink(missing_ok=True)


def remove_folder(path: Path) -> None:
    """Delete an empty folder; one that is gone already is fine."""
    with explained(path, "delete"), suppress(FileNotFoundError):
        before("delete", path)
        path.rmdir()


def make_folder(path: Path) -> None:
    """Make a folder and its parents, durably; one that exists is fine."""
    with explained(path, "make the folder"):
        if path.is_dir():
            return
        make_folder(path.parent)
        before("mkdir", path)
        path.mkdir(exist_ok=True)
        sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make renames and new names in a folder durable (a no-op on Windows)."""
    if _WINDOWS:
        return
    before("flush", path)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:  # network file systems that cannot sync a folder say so
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


@contextmanager
def explained(path: Path, verb: str = "write") -> Iterator[None]:
    """Turn an `OSError` about `path` into a `StorageError` that says what to do."""
    try:
        yield
    except OptimizerError:
        raise
    except OSError as error:
        raise StorageError(f"cannot {verb} {path}: {_reason(error, path)}") from error


def _temporary(path: Path) -> Path:
    """A name nobody else takes beside `path`; 40 characters of any script fit in 255 bytes."""
    return path.with_name(f".{path.name[:40]}.{uuid4().hex}{TEMPORARY_SUFFIX}")


def _pieces(path: Path) -> Iterator[bytes]:
    with explained(path, "read"), path.open("rb") as file:
        while piece := file.read(1 << 20):
            yield piece


def _reason(error: OSError, path: Path) -> str:
    name = error.strerror or str(error)
    if error.errno == errno.ELOOP:
        return f"{name} (it is a link; delete it, or put the file itself there)"
    for kind, advice in _WAY_OUT.items():
        if isinstance(error, kind):
            return f"{name} ({advice})"
    folder = cache_folder()
    if path.is_relative_to(folder):
        return f"{name} (free some space on the disk of {folder}, or set {CACHE} to another folder)"
    return (
        f"{name} (free some space on the disk of {path.parent}, or choose another place with "
        f"--output-dir or --data-dir)"
    )


_WAY_OUT: dict[type[OSError], str] = {
    FileNotFoundError: "it or its folder is missing; make it or choose another one",
    FileExistsError: "a file of this name is in the way; move it or choose another name",
    IsADirectoryError: "a folder of this name is in the way; move it or choose another name",
    NotADirectoryError: "a part of this path is a file; choose another folder",
    PermissionError: (
        "close it in the program that has it open (Excel?) or make the folder writable"
    ),
}
