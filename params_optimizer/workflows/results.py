"""Results that are kept as files, sealed with the run they belong to."""

from pathlib import Path
from typing import Any

from params_optimizer.errors import DamagedFileError
from params_optimizer.storage import files
from params_optimizer.storage.sealed import unsealed
from params_optimizer.storage.tables import write_sealed

Json = dict[str, Any]


def write_result(path: Path, key: str, result: Json) -> None:
    """Keep a result; `key` is that of the run."""
    files.make_folder(path.parent)
    write_sealed(path, {"run": key, "result": result})


def read_result(path: Path, key: str) -> Json | None:
    """The result in a file; None where there is no file.

    Raises:
        DamagedFileError: the file is not what this run wrote.
    """
    if not path.exists():
        return None
    try:
        content = unsealed(path.read_bytes())
        if content["run"] == key:
            result: Json = content["result"]
            return result
    except (ValueError, KeyError, RecursionError, OSError) as error:
        raise _damaged(path) from error
    raise _damaged(path)


def _damaged(path: Path) -> DamagedFileError:
    return DamagedFileError(
        f"{path}: is not what this run wrote; delete it, and the same command makes it again"
    )
