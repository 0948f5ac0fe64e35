"""Result parts that prove themselves: the truth of a run, one file per finished slice.

A part's name holds its slice and the SHA-256 of its bytes, its metadata the slice's
place and the fingerprint of the run. Whatever does not match is set aside, never deleted.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, Protocol

from params_optimizer.storage import files

METADATA_KEY = "params_optimizer"
_NAME = re.compile(r"(\d{6,})-([0-9a-f]{64})\.parquet")


class Place(Protocol):
    """Where a slice lies in the grid."""

    @property
    def number(self) -> int:
        """Which slice."""

    @property
    def first(self) -> int:
        """Its first combination."""

    @property
    def rows(self) -> int:
        """How many combinations it has."""


class FoundParts(NamedTuple):
    """Parts that proved themselves, by slice number, and a reason for each other file."""

    good: dict[int, Path]
    bad: dict[Path, str]


def part_metadata(place: Place, fingerprint: str, stage: str) -> dict[str, str]:
    """What the Parquet metadata of a part says."""
    content = {
        "slice": place.number,
        "first": place.first,
        "rows": place.rows,
        "fingerprint": fingerprint,
        "stage": stage,
    }
    return {METADATA_KEY: json.dumps(content)}


def write_part(folder: Path, number: int, content: bytes) -> Path:
    """Write the Parquet bytes of slice `number` under a name that proves them."""
    path = folder / f"{number:06d}-{sha256(content).hexdigest()}.parquet"
    files.write_bytes(path, content)
    return path


def find_parts(folder: Path, slices: Sequence[Place], fingerprint: str, stage: str) -> FoundParts:
    """Check every file of `folder`, the parts' hashes and metadata included."""
    found = FoundParts({}, {})
    for path in sorted(folder.iterdir()):
        reason = _why_not(path, slices, fingerprint, stage)
        number = int(path.name.split("-")[0]) if not reason else -1
        if reason:
            found.bad[path] = reason
        elif number in found.good:
            found.bad[path] = f"is a second part of slice {number}"
        else:
            found.good[number] = path
    return found


def set_aside(bad: Mapping[Path, str], folder: Path, say: Callable[[str], None]) -> None:
    """Move files that did not prove themselves to `folder`, with a line for each."""
    for path, reason in bad.items():
        files.make_folder(folder)
        target = folder / path.name
        count = 1
        while target.exists():
            count += 1
            target = folder / f"{path.name}.{count}"
        with files.explained(target):
            files.replace(path, target)
        say(f"{path.name}: {reason}; moved to {folder.name}/, its slice is done again")


def _why_not(path: Path, slices: Sequence[Place], fingerprint: str, stage: str) -> str:
    """Why a file is no part of this run; empty where it is one."""
    match = _NAME.fullmatch(path.name)
    if path.name.endswith(files.TEMPORARY_SUFFIX):
        return "was not finished"
    if not match or not path.is_file() or path.is_symlink():
        return "is no result part"
    number = int(match[1])
    if number >= len(slices):
        return f"is a part of slice {number}, and this grid has {len(slices)}"
    try:
        content = path.read_bytes()
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    if sha256(content).hexdigest() != match[2]:
        return "is damaged: its content is not what was written"
    said = _metadata(content)
    if said != part_metadata(slices[number], fingerprint, stage)[METADATA_KEY]:
        return "belongs to another run"
    return ""


def _metadata(content: bytes) -> str | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        metadata = pq.read_metadata(pa.BufferReader(content)).metadata or {}
    except (pa.ArrowException, OSError):
        return None
    return (metadata.get(METADATA_KEY.encode()) or b"").decode(errors="replace")
