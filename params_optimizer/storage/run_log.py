"""`run.log`: the messages of a run, line by line with their time; a resumed run appends."""

import logging
from datetime import UTC, datetime
from pathlib import Path

from params_optimizer.console import message_of
from params_optimizer.errors import StorageError
from params_optimizer.storage import files

LOG = "run.log"

log = logging.getLogger(__name__)


class RunLog(logging.Handler):
    """Appends messages to the log of a run directory.

    Each line begins with the time in UTC; further lines of the same message are indented.
    A log that cannot be written is given up with a warning: the run matters more.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._path = folder / LOG

    def emit(self, record: logging.LogRecord) -> None:
        """Append a message."""
        stamp = f"{datetime.fromtimestamp(record.created, UTC):%Y-%m-%d %H:%M:%S}Z"
        first, *rest = message_of(record).splitlines() or [""]
        lines = [f"{stamp}  {first}", *(f"{'':{len(stamp)}}  {line}".rstrip() for line in rest)]
        try:
            files.append_text(self._path, "".join(f"{line}\n" for line in lines))
        except StorageError as error:
            logging.getLogger("params_optimizer").removeHandler(self)
            log.warning("the log of this run ends here: %s", error)
