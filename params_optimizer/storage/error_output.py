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
        self._before, self._path = os.dup(_STDERR), folder / str(os.getpid())
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(self._file, _STDERR)
        sys.stderr = open(_STDERR, "w", buffering=1, closefd=False)  # noqa: SIM115

    def text(self) -> str:
        """What was written since the last `forward`, at most the last 2,000 characters."""
        return self._content().decode("utf-8", "replace").strip()[-_LONGEST:]

    def forward(self) -> None:
        """Write it to the former error output, and begin anew."""
        if content := self._content():
            with suppress(OSError):
                os.write(self._before, content)
            os.ftruncate(self._file, 0)

    def remove(self) -> None:
        """Remove the file, and the folder with the last one: the master is gone."""
        with suppress(OSError):
            self._path.unlink()
            self._path.parent.rmdir()

    def _content(self) -> bytes:
        size = os.fstat(self._file).st_size
        if not size:
            return b""
        os.lseek(self._file, 0, os.SEEK_SET)
        return os.read(self._file, size)
