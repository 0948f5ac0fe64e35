"""Results that are kept as files, and prove that they are what was written."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from params_optimizer.errors import DamagedFileError
from params_optimizer.storage import files
from params_optimizer.workflows.work import Json


def write_result(path: Path, key: str, result: Json) -> None:
    """Keep a result; `key` is that of the run it belongs to."""
    files.make_folder(path.parent)
    content = {"proof": _proof(key, result), "result": result}
    files.write_text(path, json.dumps(content, indent=1) + "\n")


def read_result(path: Path, key: str) -> Json | None:
    """The result that was kept; None where there is none.

    Raises:
        DamagedFileError: the file is there and is not what this run wrote.
    """
    if not path.exists():
        return None
    try:
        content = json.loads(path.read_bytes())
        proof, result = content["proof"], content["result"]
    except (ValueError, KeyError, TypeError, RecursionError, OSError) as error:
        raise _damaged(path) from error
    if proof != _proof(key, result):
        raise _damaged(path)
    found: Json = result
    return found


def _proof(key: str, result: Any) -> str:  # noqa: ANN401  whatever the file holds
    return sha256(f"{key} {json.dumps(result, sort_keys=True)}".encode()).hexdigest()


def _damaged(path: Path) -> DamagedFileError:
    return DamagedFileError(
        f"{path}: is not what this run wrote; remove it, and the same command does it again"
    )
