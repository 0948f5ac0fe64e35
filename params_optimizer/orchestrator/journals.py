"""The journals of a run: the one of its trials, and those of searches on some of its days."""

from pathlib import Path
from typing import Final

from params_optimizer.errors import DamagedFileError
from params_optimizer.orchestrator.trials import Search, kept_search
from params_optimizer.storage import parquet
from params_optimizer.storage.journal import Journal
from params_optimizer.storage.run_directory import COMPLETE, Manifest, RunDirectory, key_of

JOURNAL: Final = "trials.jsonl"
FOLDER: Final = "searches"
"""Where the journals of searches on some of the days lie."""


def journal_key(manifest: Manifest) -> str:
    """What the journals of a run belong to."""
    return key_of(manifest["fingerprint"])[:16]


def inner_journal(folder: Path, key: str, name: str) -> Journal:
    """That of a search on some of the days of the run in `folder`, by its name."""
    return Journal(folder / FOLDER / f"{name}.jsonl", f"{key} {name}")


def journal_of(directory: RunDirectory) -> Journal:
    """The journal of a run."""
    return Journal(directory.path / JOURNAL, journal_key(directory.manifest()))


def journaled(directory: RunDirectory, planned: int) -> Search:
    """The trials of a run, complete or not.

    Raises:
        DamagedFileError: its journal is not what the run wrote.
    """
    path, manifest = directory.path / JOURNAL, directory.manifest()
    complete = manifest.get("status") == COMPLETE
    checksum = manifest.get("files", {}).get(JOURNAL)
    if complete and (not path.is_file() or checksum != parquet.file_digest(path)):
        raise DamagedFileError(
            f"{path}: is missing, or not what the search wrote; search again with --no-resume"
        )
    return kept_search(journal_of(directory), planned, complete=complete)
