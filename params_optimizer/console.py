"""What a command says, and what it does with errors: the same for every command."""

import argparse
import errno
import logging
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from enum import IntEnum
from pathlib import Path
from typing import NoReturn, TextIO

from params_optimizer.errors import OptimizerError

DONE, FIXABLE, WRONG_ARGUMENTS, BUG = 0, 1, 2, 3
INTERRUPTED = 130
READER_LEFT = 141
"""Exit codes; those above 128 are 128 plus the number of the signal, as shells count."""

ANSWER = logging.WARNING + 5
"""Level of a message that `--quiet` does not silence and that is no warning."""

RECORD = logging.DEBUG - 5
"""Level of a message for the log of the run only."""

_NO_READER = (errno.EPIPE, errno.EIO)
_OF_OUTPUTS = (*_NO_READER, errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))
_PREFIXES = {logging.WARNING: "warning: ", logging.ERROR: "error: "}

log = logging.getLogger("params_optimizer")
"""Parent of the loggers of all modules: `logging.getLogger(__name__)`."""


class Level(IntEnum):
    """How much the terminal shows: messages of this level of `logging` and above."""

    QUIET = logging.WARNING
    NORMAL = logging.INFO
    VERBOSE = logging.DEBUG


class _Terminal(logging.Handler):
    """Writes messages to standard error, below what was printed before."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a message at once; a reader that left changes nothing."""
        _write(sys.stdout, "")
        _write(sys.stderr, f"{message_of(record)}\n")


class _Backlog(logging.Handler):
    """Keeps messages until it is decided where they go."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a message."""
        self.records.append(record)


_terminal, _backlog = _Terminal(Level.NORMAL), _Backlog()
_unwritable: list[str] = []  # outputs that took less than was written, with the reason


def set_level(level: Level) -> None:
    """Choose what the terminal shows from here on."""
    _terminal.setLevel(level)


def level() -> Level:
    """What the terminal shows."""
    return Level(_terminal.level)


def message_of(record: logging.LogRecord) -> str:
    """The text of a message as users read it: warnings and errors say that they are."""
    return f"{_PREFIXES.get(record.levelno, '')}{record.getMessage()}"


@contextmanager
def listening() -> Iterator[None]:
    """Show messages on the terminal and keep them for `keep_log` while the block lasts."""
    handlers, threshold = log.handlers[:], log.level
    _backlog.records.clear()
    log.setLevel(RECORD)
    log.handlers += [_terminal, _backlog]
    try:
        yield
    finally:
        log.handlers[:] = handlers
        log.setLevel(threshold)


def keep_log(handler: logging.Handler) -> None:
    """Hand all messages of this command to `handler`: past ones, and those up to its end."""
    log.removeHandler(_backlog)
    log.addHandler(handler)
    for record in _backlog.records:
        if handler in log.handlers:  # it gives up where it cannot write
            handler.handle(record)
    _backlog.records.clear()


class Parser(argparse.ArgumentParser):
    """Arguments of a command; what is wrong with them is told in two lines, not in fifty."""

    def options(self) -> dict[str, str]:
        """The long form of every option, by the name of its value."""
        return {action.dest: action.option_strings[-1] for action in self._actions}

    def error(self, message: str) -> NoReturn:
        """Tell what is wrong and where to read on; exit code 2."""
        unknown = message.removeprefix("unrecognized arguments: ")
        hint = ""
        if unknown != message:
            word = unknown.split()[0].partition("=")[0]
            near = get_close_matches(word, self._option_string_actions, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
        self.exit(WRONG_ARGUMENTS, f"error: {message}{hint}\nall options: {self.prog} --help\n")


def run(action: Callable[[], int]) -> int:
    """Run a command and return its exit code (DESIGN section 6).

    `action` returns the code of a normal end. An `OptimizerError` is told to the user
    without a traceback and gives 1, as do memory that is used up, an output that cannot be
    written and a missing package; Ctrl-C gives 130, a pipe whose reader left (`| head`) 141,
    and anything else is a bug: its traceback and 3. `SystemExit` passes through.
    """
    with listening():
        return _outcome(action)


def _outcome(action: Callable[[], int]) -> int:
    _unwritable.clear()
    try:
        code = action()
        sys.stdout.flush()  # an output that takes nothing is noticed here, not at interpreter exit
    except OptimizerError as error:
        return _told(str(error))
    except KeyboardInterrupt:
        log.log(ANSWER, "interrupted")
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001  the one place where a bug ends a command
        if _is_of_an_output(error):
            return READER_LEFT if _is_gone(error) else _unwritten()
        if reason := _reason(error):
            return _told(reason)
        log.critical(
            "%sThis is a bug of params_optimizer, not a mistake of yours; please report it "
            "with the lines above.",
            "".join(traceback.format_exception(error)),
        )
        return BUG
    return _unwritten() if _unwritable else code


def _told(message: str) -> int:
    log.error("%s", message)
    return FIXABLE


def _unwritten() -> int:
    """An output, such as a file on a full disk, took less than was written."""
    return _told(f"cannot write to {' and '.join(_unwritable)}; let it lead somewhere else")


def _reason(error: Exception) -> str:
    """Why an error is nobody's bug; empty if it is one."""
    if isinstance(error, MemoryError) or (
        isinstance(error, OSError) and error.errno == errno.ENOMEM
    ):
        return (
            "out of memory; close other programs, raise the limit (ulimit -v), or take fewer "
            "--workers. Nothing that was complete is lost"
        )
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        place = error.filename or "the temporary folder (set TMPDIR to another one)"
        return f"no space left on the disk of {place}"
    if isinstance(error, ModuleNotFoundError) and error.name:
        package = error.name.partition(".")[0]
        if package != __name__.partition(".")[0]:
            return (
                f"the Python that runs this, {sys.executable}, has no module {package}: start the "
                f"command with 'python3 make.py run' instead of 'python -m "
                f"params_optimizer.run_optimizer', activate the environment that it has made, or "
                f"install with {Path(sys.executable).name} -m pip install -r requirements.txt"
            )
    return ""


def _is_of_an_output(error: Exception) -> bool:
    """Another try to write tells a broken output from a broken pipe to a worker: that is a bug."""
    if not isinstance(error, OSError) or error.errno not in _OF_OUTPUTS:
        return False
    errors = [_write(stream, "\n") for stream in (sys.stdout, sys.stderr)]
    return any(errors) or bool(_unwritable)


def _is_gone(error: BaseException) -> bool:
    """Whether an output has no reader any more: a pipe, or a terminal that was closed."""
    return isinstance(error, OSError) and error.errno in _NO_READER


def _write(stream: TextIO, text: str) -> OSError | None:
    """Write at once; the error if the stream takes nothing: it leads nowhere from then on."""
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        if not _is_gone(error):
            name = "standard output" if stream is sys.stdout else "standard error"
            _unwritable.append(f"{name} ({error.strerror})")
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        return error
    return None
