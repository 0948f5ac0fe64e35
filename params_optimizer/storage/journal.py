"""A log of batches of records with checksums: what was finished survives any death.

Every batch is one append. Each line carries a checksum over itself and the checksum of the
line before it, the first one over the key of the journal, so that no line can be changed,
lost, exchanged or taken from elsewhere without being noticed. A batch that a crash tore can
only be the last one, and is taken off. Whatever else does not fit is set aside together with
all behind it, with a warning, and never deleted; the batches before it count.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from params_optimizer.errors import DamagedFileError
from params_optimizer.storage import files
from params_optimizer.storage.run_directory import ASIDE

log = logging.getLogger(__name__)

Record = Mapping[str, Any]
_BATCH, _SIZE, _CHECK = "batch", "of", "check"


class Journal:
    """Records as JSON lines in the file `path`; `key` says what they belong to."""

    def __init__(self, path: Path, key: str = "") -> None:
        self.path = path
        self._begin = sha256(key.encode()).hexdigest()
        self._batches, self._check = 0, self._begin

    def read(self) -> list[list[dict[str, Any]]]:
        """The sound batches; what stands behind them is taken off, and set aside if it is damaged.

        Raises:
            DamagedFileError: it is a link, which would lead the writing elsewhere.
            StorageError: the file cannot be read or mended.
        """
        batches, end, content, damage = self._sound()
        if damage:
            aside = self._set_aside(content[end:])
            log.warning(
                "%s: %s; it and what follows are kept in %s, and done again",
                self.path.name,
                damage,
                aside,
            )
        if end < len(content):
            files.write_bytes(self.path, content[:end])
        return batches

    def look(self) -> list[list[dict[str, Any]]]:
        """The batches of a journal that is left as it is; a torn last one does not count.

        Raises:
            DamagedFileError: anything else in it does not fit.
            StorageError: the file cannot be read.
        """
        batches, _, _, damage = self._sound()
        if damage:
            raise DamagedFileError(f"{self.path}: {damage}")
        return batches

    def append(self, records: Sequence[Record]) -> None:
        """Add a batch; it is on the disk when this returns.

        Raises:
            StorageError: the disk cannot take it.
        """
        check, lines = self._check, []
        for record in records:
            line = json.dumps(
                {_BATCH: self._batches, _SIZE: len(records), **record}, allow_nan=False
            )
            check = _next(check, line)
            lines.append(f'{line[:-1]}, "{_CHECK}": "{check}"}}\n')
        files.append(self.path, "".join(lines).encode())
        self._batches, self._check = self._batches + 1, check

    def _sound(self) -> tuple[list[list[dict[str, Any]]], int, bytes, str]:
        """Batches, where in the content they end, the content, and what is wrong behind them."""
        self._batches, self._check = 0, self._begin
        if self.path.is_symlink():
            raise DamagedFileError(f"{self.path}: is a link; put the file itself there")
        if not self.path.exists():
            return [], 0, b"", ""
        with files.explained(self.path, "read"):
            content = self.path.read_bytes()
        *lines, _ = content.split(b"\n")
        batches: list[list[dict[str, Any]]] = []
        batch: list[dict[str, Any]] = []
        end = position = 0
        check = self._begin
        for number, line in enumerate(lines, 1):
            record, check = _record(line, check)
            expected = (len(batches), len(batch) < record.get(_SIZE, 0))
            if not record or (record[_BATCH], True) != expected:
                return batches, end, content, f"line {number} is not what was written"
            batch.append(record)
            position += len(line) + 1
            if len(batch) == record[_SIZE]:
                batches.append(batch)
                batch, end = [], position
                self._batches, self._check = len(batches), check
        return batches, end, content, ""

    def _set_aside(self, content: bytes) -> str:
        """Keep bytes beside the journal under a name of their own; returns it."""
        folder = self.path.parent / ASIDE
        files.make_folder(folder)
        number = 1
        while (target := folder / f"{self.path.name}.{number}").exists():
            number += 1
        files.write_bytes(target, content)
        return f"{ASIDE}/{target.name}"


def _record(line: bytes, check: str) -> tuple[dict[str, Any], str]:
    """A record without its checksum, and that checksum; an empty one if it does not fit."""
    try:
        text = line.decode()
        head, mark, tail = text.rpartition(f', "{_CHECK}": "')
        plain = f"{head}}}"
        check = _next(check, plain)
        if not mark or tail != f'{check}"}}':
            return {}, ""
        record = json.loads(plain)
    except (ValueError, RecursionError):
        return {}, ""
    sized = isinstance(record, dict) and all(
        isinstance(record.get(key), int) for key in (_BATCH, _SIZE)
    )
    return (record, check) if sized else ({}, "")


def _next(check: str, line: str) -> str:
    """The checksum of a line that follows one with the checksum `check`."""
    return sha256(f"{check}{line}".encode()).hexdigest()[:16]
