"""`run.log`: what a run said, line by line with its time; a run that goes on goes on here."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from params_optimizer.storage import files

LOG = "run.log"


def run_log(folder: Path) -> Callable[[datetime, str], None]:
    """A function that appends a remark to the log of a run directory.

    Each line begins with the time in UTC; further lines of the same remark are indented.

    Raises, when it is called:
        StorageError: the log cannot be written.
    """
    path = folder / LOG

    def record(moment: datetime, text: str) -> None:
        stamp = f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"
        first, *others = text.splitlines() or [""]
        lines = [f"{stamp}  {first}", *(f"{'':{len(stamp)}}  {line}".rstrip() for line in others)]
        files.append_text(path, "".join(f"{line}\n" for line in lines))

    return record
