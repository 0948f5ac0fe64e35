"""Tables and plain content as text files: CSV, JSON, and JSON with a checksum."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from params_optimizer.storage import files
from params_optimizer.storage.sealed import sealed


def write_csv(path: Path, rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Write rows as UTF-8 CSV; floats with all their digits, empty where a value is missing."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    files.write_text(path, text.getvalue())


def write_json(path: Path, content: object) -> None:
    """Write plain content as indented JSON.

    Raises:
        ValueError: a number is not finite.
    """
    files.write_text(path, json.dumps(content, indent=1, allow_nan=False) + "\n")


def write_sealed(path: Path, content: Mapping[str, object]) -> None:
    """Write an object as JSON that tells when it was changed or damaged later."""
    files.write_text(path, sealed(content))
