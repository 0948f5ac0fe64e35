"""A log of batches of records: what was finished survives any death of the process.

Every batch is one append. A record that was torn by a crash can only be the last one; it
and the rest of its batch are taken off. Damage anywhere else is an error.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from params_optimizer.errors import DamagedFileError
from params_optimizer.storage import files

Record = Mapping[str, Any]
_BATCH, _SIZE = "batch", "of"


class Journal:
    """Records as JSON lines in the file `path`; each says its batch and how many that has."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._batches = 0

    def read(self, *, mend: bool = True) -> list[list[dict[str, Any]]]:
        """The complete batches; what stands behind them in the file is taken off if `mend`.

        Raises:
            DamagedFileError: a line that is not the last one cannot be read, or is missing.
            StorageError: the file cannot be read or mended.
        """
        if not self.path.exists():
            return []
        with files.explained(self.path, "read"):
            content = self.path.read_bytes()
        *lines, torn = content.split(b"\n")
        batches: list[list[dict[str, Any]]] = []
        open_batch: list[dict[str, Any]] = []
        kept = position = 0
        for number, line in enumerate(lines, 1):
            record = self._record(line, number)
            if (record[_BATCH], len(open_batch) < record[_SIZE]) != (len(batches), True):
                raise DamagedFileError(f"{self.path}: line {number} is not the next record")
            open_batch.append(record)
            position += len(line) + 1
            if len(open_batch) == record[_SIZE]:
                batches.append(open_batch)
                open_batch, kept = [], position
        if mend and (torn or open_batch):
            files.write_bytes(self.path, content[:kept])
        self._batches = len(batches)
        return batches

    def append(self, records: Sequence[Record]) -> None:
        """Add a batch; it is on the disk when this returns.

        Raises:
            StorageError: the disk cannot take it.
        """
        head = {_BATCH: self._batches, _SIZE: len(records)}
        lines = [json.dumps({**head, **one}, allow_nan=False) + "\n" for one in records]
        files.append(self.path, "".join(lines).encode())
        self._batches += 1

    def _record(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            record = json.loads(line)
            if isinstance(record[_BATCH], int) and isinstance(record[_SIZE], int):
                return dict(record)
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            raise DamagedFileError(
                f"{self.path}: line {number} cannot be read ({error}); start afresh with "
                f"--no-resume"
            ) from error
        raise DamagedFileError(f"{self.path}: line {number} is no record of a search")
