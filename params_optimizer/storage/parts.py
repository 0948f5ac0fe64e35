"""Result parts, named by their hash: the truth of a run, one file per finished slice.

A part's name holds its slice and the SHA-256 of its bytes, its metadata the slice's
place and the fingerprint of the run. Whatever does not match is set aside, never deleted.
"""

import json
import logging
import os
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, Protocol

from params_optimizer.errors import DamagedFileError, StorageError
from params_optimizer.storage import files

log = logging.getLogger(__name__)

METADATA_KEY = "params_optimizer"
_NAME = re.compile(r"([0-9]{6}|[1-9][0-9]{6,})-([0-9a-f]{64})\.parquet")
_REMOVAL_TRIES = 20
_REMOVAL_PAUSE = 0.1


class SliceRange(Protocol):
    """The combinations of a slice."""

    @property
    def number(self) -> int:
        """The number of the slice."""

    @property
    def first(self) -> int:
        """Its first combination."""

    @property
    def rows(self) -> int:
        """The number of combinations."""


class SliceRanges(Protocol):
    """All slices, in their order."""

    def __len__(self) -> int: ...

    def __getitem__(self, number: int, /) -> SliceRange:
        """The slice with this number."""


class PartFiles(NamedTuple):
    """Sound parts by slice number, and of every other file why it is not one."""

    good: dict[int, Path]
    bad: dict[Path, str]


def part_metadata(slice_: SliceRange, fingerprint: str, stage: str) -> dict[str, str]:
    """The Parquet metadata of a part."""
    content = {
        "slice": slice_.number,
        "first": slice_.first,
        "rows": slice_.rows,
        "fingerprint": fingerprint,
        "stage": stage,
    }
    return {METADATA_KEY: json.dumps(content)}


def write_part(folder: Path, number: int, content: bytes) -> Path:
    """Write the Parquet bytes of slice `number` under a name that holds their hash."""
    path = folder / f"{number:06d}-{sha256(content).hexdigest()}.parquet"
    files.write_bytes(path, content)
    return path


def present_parts(folder: Path) -> dict[int, Path]:
    """Files with the name of a part, by the number of their slice, in its order; not checked.

    Raises:
        StorageError: the folder cannot be read.
    """
    paths: dict[int, Path] = {}
    for path in _listed(folder):
        if match := _NAME.fullmatch(path.name):
            paths.setdefault(int(match[1]), path)
    return dict(sorted(paths.items()))


def intact_parts(folder: Path) -> list[Path]:
    """The parts in the order of their slices, each of them still what was written.

    Raises:
        DamagedFileError: one is not.
    """
    parts = list(present_parts(folder).values())
    for path in parts:
        if sha256(_content(path)).hexdigest() != path.stem.split("-")[1]:
            raise DamagedFileError(
                f"{path}: was damaged after it was written; check this disk, then start the "
                f"same command again: this slice is done again"
            )
    return parts


def find_parts(folder: Path, slices: SliceRanges, fingerprint: str, stage: str) -> PartFiles:
    """Check every file of `folder`, the parts' hashes and metadata included.

    Raises:
        StorageError: the folder cannot be read.
    """
    good: dict[int, Path] = {}
    bad: dict[Path, str] = {}
    for path in _listed(folder):
        number, reason = _inspected(path, slices, fingerprint, stage)
        if reason:
            bad[path] = reason
        elif number in good:
            bad[path] = f"is a second part of slice {number}"
        else:
            good[number] = path
    return PartFiles(dict(sorted(good.items())), bad)


def set_aside(bad: Mapping[Path, str], folder: Path) -> None:
    """Move damaged or foreign files to `folder`, with a warning for each."""
    for path, reason in bad.items():
        files.make_folder(folder)
        target = folder / path.name
        count = 1
        while os.path.lexists(target):
            count += 1
            target = folder / f"{path.name[:40]}.{count}"
        # A worker that has outlived its master may finish or remove its file just now.
        with files.explained(target), suppress(FileNotFoundError):
            files.replace(path, target)
            log.warning(
                "%s %s: moved to %s/; what is missing is done again", path.name, reason, folder.name
            )


def remove_parts(folder: Path, aside: Path) -> None:
    """Delete the folder with its parts, once they are not needed; keep what else lies there."""
    for attempt in range(_REMOVAL_TRIES):
        if not folder.exists():
            return
        for path in _listed(folder):
            ours = _NAME.fullmatch(path.name) or path.name.endswith(files.TEMPORARY_SUFFIX)
            if ours and path.is_file() and not path.is_symlink():
                files.remove(path)
            else:
                set_aside({path: "is no result part"}, aside)
        try:
            files.remove_folder(folder)
        except StorageError:  # a worker that has outlived its master may just be writing
            if attempt == _REMOVAL_TRIES - 1:
                raise
            time.sleep(_REMOVAL_PAUSE)


def _content(path: Path) -> bytes:
    with files.explained(path, "read"):
        return path.read_bytes()


def _listed(folder: Path) -> list[Path]:
    with files.explained(folder, "read"):
        return sorted(folder.iterdir())


def _inspected(path: Path, slices: SliceRanges, fingerprint: str, stage: str) -> tuple[int, str]:
    """The slice of a file, and why it is no part of this run; empty where it is one."""
    match = _NAME.fullmatch(path.name)
    if path.name.endswith(files.TEMPORARY_SUFFIX):
        return -1, "was not finished"
    if not match or path.is_symlink() or not path.is_file():
        return -1, "is no result part"
    number = int(match[1])
    if number >= len(slices):
        return -1, f"is a part of slice {number}, and this grid has {len(slices)}"
    try:
        content = _content(path)
    except StorageError as error:
        return -1, f"is unreadable ({error})"
    if sha256(content).hexdigest() != match[2]:
        return -1, "is damaged (its content is not what was written)"
    if _metadata(content) != part_metadata(slices[number], fingerprint, stage)[METADATA_KEY]:
        return -1, "belongs to another run"
    return number, ""


def _metadata(content: bytes) -> str | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        metadata = pq.read_metadata(pa.BufferReader(content)).metadata or {}
    except (pa.ArrowException, OSError):
        return None
    return (metadata.get(METADATA_KEY.encode()) or b"").decode(errors="replace")
