"""What a command says, and what it does with errors: the same for every command."""

import argparse
import errno
import os
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from difflib import get_close_matches
from enum import IntEnum
from typing import NoReturn, TextIO

from params_optimizer.errors import OptimizerError

DONE, FIXABLE, WRONG_ARGUMENTS, BUG = 0, 1, 2, 3
INTERRUPTED = 130
READER_LEFT = 141
"""Exit codes; those above 128 are 128 plus the number of the signal, as shells count."""

WARNING = "warning: "
"""What a remark begins with that `--quiet` does not silence."""


class Level(IntEnum):
    """How much is said on the terminal; a remark is heard from its own level on."""

    QUIET = 0
    NORMAL = 1
    VERBOSE = 2
    LOG = 3  # never on the terminal


Record = Callable[[datetime, str], None]
"""Keeps one remark and its time; raises `OptimizerError` where it cannot."""


class _Console:
    """What this process says: how much of it, and where it is kept."""

    level = Level.NORMAL
    kept: list[tuple[datetime, str]]
    record: Record | None

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Nothing was said yet, and nobody keeps it."""
        self.kept, self.record = [], None


_console = _Console()


def set_level(level: Level) -> None:
    """Choose what is heard from now on."""
    _console.level = level


def level() -> Level:
    """What is heard."""
    return _console.level


def keep_log(record: Record) -> None:
    """Hand everything that was said so far, and what follows up to the command's end, on."""
    said, _console.kept = _console.kept, []
    _console.record = record
    for moment, text in said:
        _keep(moment, text)


class Parser(argparse.ArgumentParser):
    """Arguments of a command; what is wrong with them is told in two lines, not in fifty."""

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
    without a traceback and gives 1, Ctrl-C 130, a pipe whose reader left (`| head`) 141,
    and anything else is a bug: its traceback and 3. `SystemExit` passes through.
    """
    _console.forget()
    try:
        return _outcome(action)
    finally:
        _console.forget()


def _outcome(action: Callable[[], int]) -> int:
    try:
        code = action()
        sys.stdout.flush()  # a reader that left is noticed here, not at interpreter exit
    except OptimizerError as error:
        return _tell(f"error: {error}\n", FIXABLE)
    except KeyboardInterrupt:
        return _tell("interrupted\n", INTERRUPTED)
    except Exception as error:  # noqa: BLE001  the one place where a bug ends a command
        if _is_gone(error) and _reader_left():
            return READER_LEFT
        return _tell(
            f"{''.join(traceback.format_exception(error))}"
            f"This is a bug of params_optimizer, not a mistake of yours; please report it "
            f"with the lines above.\n",
            BUG,
        )
    return code


def say(text: str, least: Level = Level.NORMAL) -> None:
    """Tell the user something that is not a result; a reader that left changes nothing.

    It is shown from the level `least` on, a warning always, and kept in the log of the run
    in any case.
    """
    if _console.level >= least or text.startswith(WARNING):
        _write(sys.stdout, "")  # what was printed before comes first
        _write(sys.stderr, f"{text}\n")
    _keep(datetime.now(UTC), text)


def _keep(moment: datetime, text: str) -> None:
    """Hand a remark to the log; one that cannot be written any more is given up, once."""
    if _console.record is None:
        _console.kept.append((moment, text))
        return
    try:
        _console.record(moment, text)
    except OptimizerError as error:
        _console.forget()
        say(f"{WARNING}the log of this run ends here: {error}")


def _tell(message: str, code: int) -> int:
    say(message.removesuffix("\n"), Level.QUIET)
    return code


def _reader_left() -> bool:
    """Another try to write tells a broken output from a broken pipe to a worker: that is a bug."""
    return False in [_write(stream, "\n") for stream in (sys.stdout, sys.stderr)]


def _is_gone(error: BaseException) -> bool:
    """Whether an output has no reader any more: a pipe, or a terminal that was closed."""
    return isinstance(error, OSError) and error.errno in (errno.EPIPE, errno.EIO)


def _write(stream: TextIO, text: str) -> bool:
    """Write at once; False if nobody reads the stream any more: it leads nowhere from then on."""
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        if not _is_gone(error):
            raise
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        return False
    return True
