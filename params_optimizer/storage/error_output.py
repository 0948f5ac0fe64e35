"""What each process of a pool writes to its error output, in a file until it is read.

A process that is killed cannot say why it hung or died; what it wrote last often does.
"""

import os
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

_LONGEST = 2000
_STDERR = 2


class ErrorOutput:
    """Files in a temporary folder, one for each process; none where that cannot be made."""

    def __init__(self) -> None:
        self._folder: TemporaryDirectory[str] | None = None
        with suppress(OSError):
            self._folder = TemporaryDirectory(
                prefix="params_optimizer_", ignore_cleanup_errors=True
            )
        self.path = Path(self._folder.name) if self._folder else None

    def read(self, pid: int) -> str:
        """The end of what a process wrote during its last item, at most 2,000 characters."""
        if self.path is None:
            return ""
        try:
            content = (self.path / str(pid)).read_bytes()
        except OSError:
            return ""
        return content.decode("utf-8", "replace").strip()[-_LONGEST:]

    def close(self) -> None:
        """Remove the files."""
        if self._folder:
            self._folder.cleanup()


class CapturedErrors:
    """The error output of this process, kept in a file of `folder` from now on.

    `forward` hands it on to where it went before.
    """

    def __init__(self, folder: Path) -> None:
        self._before = os.dup(_STDERR)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
        self._file = os.open(folder / str(os.getpid()), flags, 0o600)
        os.dup2(self._file, _STDERR)
        sys.stderr = open(_STDERR, "w", buffering=1, closefd=False)  # noqa: SIM115

    def text(self) -> str:
        """What was written since the last `forward`, at most the last 2,000 characters."""
        content = os.pread(self._file, os.fstat(self._file).st_size, 0)
        return content.decode("utf-8", "replace").strip()[-_LONGEST:]

    def forward(self) -> None:
        """Write it to the former error output, and begin anew."""
        size = os.fstat(self._file).st_size
        if size:
            with suppress(OSError):
                os.write(self._before, os.pread(self._file, size, 0))
            os.ftruncate(self._file, 0)
