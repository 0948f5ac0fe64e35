"""Which files of a sample are present and complete, and which are foreign."""

import json
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from params_optimizer.data.marker import MARKER
from params_optimizer.data.sample.export import NEWS, PREFIX
from params_optimizer.data.sample.news import SOURCE
from params_optimizer.errors import DataError
from params_optimizer.storage import files

MANIFEST = "sample.json"

Digests = dict[str, str]
"""Path below the root -> SHA-256 of the content."""


def whole_piece(root: Path, piece: str, recipe: str) -> Digests:
    """The files of a piece if it was made by `recipe` and each is what was written, else none."""
    entry = _manifest(root).get(piece)
    if not isinstance(entry, dict) or entry.get("recipe") != recipe:
        return {}
    digests = entry.get("files")
    if not isinstance(digests, dict):
        return {}
    with suppress(OSError):
        if all(sha256((root / name).read_bytes()).hexdigest() == digests[name] for name in digests):
            return digests
    return {}


def record_piece(root: Path, piece: str, recipe: str, digests: Digests) -> None:
    """Record a complete piece in the manifest: the last step of making it."""
    content = {**_manifest(root), piece: {"recipe": recipe, "files": digests}}
    files.write_text(root / MANIFEST, json.dumps(content, indent=1, sort_keys=True))


def remove_stale(root: Path, piece: str, digests: Digests) -> None:
    """Delete files of an older sample that are not part of the new piece."""
    pattern = f"{NEWS}/*.json" if piece == NEWS else f"{piece} 1m */{PREFIX}*.csv"
    for path in sorted(root.glob(pattern)):
        if path.relative_to(root).as_posix() not in digests and _is_ours(path):
            files.remove(path)


def refuse_foreign(root: Path) -> None:
    """Refuse a folder with data that the sample did not make.

    Raises:
        DataError: names the file in the way.
    """
    if not root.exists():
        return
    if not (root / MARKER).is_file():
        names = sorted(path.name for path in root.glob("*") if not path.name.startswith("."))
        if names:
            raise DataError(
                f"{root}: contains {names[0]!r} and is not marked as generated; sample data is "
                f"never mixed with other data: choose a new or empty folder"
            )
    for path in sorted([*root.glob("* 1m */*"), *root.glob(f"{NEWS}/*")]):
        if not _is_ours(path):
            raise DataError(
                f"{path}: was not made by the sample generator, but is in its folder, where it "
                f"would mix with generated data; move it to another data folder"
            )


def _is_ours(path: Path) -> bool:
    if path.name.startswith("."):  # a temporary file, or the desktop's
        return True
    if path.parent.name == NEWS:
        return path.suffix == ".json" and SOURCE.encode() in path.read_bytes()
    return path.name.startswith(PREFIX)


def _manifest(root: Path) -> dict[str, Any]:
    """The pieces that are whole; empty where the manifest is missing or damaged."""
    with suppress(OSError, ValueError):
        content = json.loads((root / MANIFEST).read_bytes())
        if isinstance(content, dict):
            return content
    return {}
