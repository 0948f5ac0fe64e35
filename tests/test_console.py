"""Exit codes and messages of every command."""

import errno
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from params_optimizer import console
from params_optimizer.console import Level
from params_optimizer.errors import DataError, MissingDataError
from params_optimizer.storage.run_log import RunLog


def raising(error: BaseException) -> int:
    raise error


@pytest.mark.parametrize(
    ("error", "code", "start"),
    [
        (DataError("a.csv: line 3: price 0"), 1, "error: a.csv: line 3: price 0\n"),
        (MissingDataError("data: is missing"), 1, "error: data: is missing\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (MemoryError(), 1, "error: out of memory"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), 1, "error: out of memory"),
        (OSError(errno.ENOSPC, "No space", "/a/b"), 1, "error: no space left on the disk of /a/b"),
        (OSError(errno.ENOSPC, "No space"), 1, "error: no space left on the disk of the temporary"),
        (ModuleNotFoundError("no", name="numpy.linalg"), 1, "error: the Python that runs this"),
        (ModuleNotFoundError("no", name="params_optimizer.gone"), 3, "Traceback"),
        (ZeroDivisionError("x"), 3, "Traceback"),
        (BrokenPipeError("a worker's pipe"), 3, "Traceback"),
    ],
)
def test_an_error_becomes_its_exit_code(
    error: BaseException, code: int, start: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert console.run(lambda: raising(error)) == code
    out, err = capsys.readouterr()
    assert not out.strip()
    assert err.lstrip().startswith(start)
    assert ("This is a bug" in err) is (code == 3)


def test_the_code_of_a_normal_end_and_system_exit_pass_through() -> None:
    assert console.run(lambda: 7) == 7
    with pytest.raises(SystemExit):
        console.run(lambda: raising(SystemExit(2)))


SCRIPT = """
import sys
from params_optimizer import console
from params_optimizer.errors import DataError
def action():
    {body}
    return 0
sys.exit(console.run(action))
"""


LINES = "[print('line', i) for i in range(100_000)]"


@pytest.mark.parametrize(
    ("buffering", "body", "code", "told"),
    [
        ([], LINES, 141, ""),
        (["-u"], LINES, 141, ""),
        ([], "print('one short line')", 141, ""),
        (["-u"], "print('one short line')", 141, ""),
        ([], "print('x'); raise DataError('wrong')", 1, "error: wrong"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="pipes without a reader differ there")
def test_a_reader_that_left_is_no_bug(
    buffering: list[str], body: str, code: int, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    root = Path(console.__file__).parents[1]
    with subprocess.Popen(
        [sys.executable, *buffering, "-c", SCRIPT.format(body=body)],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        err = process.stderr.read().decode()
    assert process.returncode == code
    assert err.strip() == told


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize(
    ("body", "output", "code"),
    [
        (LINES, "stdout", 1),
        ("print('one short line')", "stdout", 1),
        ("print('x'); console.log.warning('y'); print('z')", "stdout", 1),
        ("console.log.warning('y')", "stderr", 1),
        ("raise DataError('wrong')", "stderr", 1),
        ("pass", "stdout", 0),
    ],
)
def test_a_full_output_is_told_in_a_line(body: str, output: str, code: int) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT.format(body=body)],
            cwd=Path(console.__file__).parents[1],
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, output: full},
            text=True,
            check=False,
        )
    assert done.returncode == code
    if output == "stdout" and code:
        *before, line = done.stderr.splitlines()
        assert set(before) <= {"warning: y", ""}
        assert line == (
            "error: cannot write to standard output (No space left on device); let it lead "
            "somewhere else"
        )


class Keeper(logging.Handler):
    """Keeps the texts of messages."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(console.message_of(record))


@pytest.fixture
def default_level():
    yield
    console.set_level(Level.NORMAL)


@pytest.mark.parametrize(
    ("level", "shown"),
    [
        (Level.QUIET, "warning: w 1\nalways\n"),
        (Level.NORMAL, "warning: w 1\nalways\nremark\n"),
        (Level.VERBOSE, "warning: w 1\nalways\nremark\ndetail\n"),
    ],
)
def test_the_terminal_shows_by_level_and_the_log_keeps_all(level, shown, capsys, default_level):
    keeper = Keeper()
    log = logging.getLogger("params_optimizer.somewhere")

    def action() -> int:
        console.set_level(level)
        log.warning("w %d", 1)
        log.log(console.ANSWER, "always")
        console.keep_log(keeper)
        log.info("remark")
        log.debug("detail")
        log.log(console.RECORD, "log")
        raise DataError("wrong")

    assert console.run(action) == 1
    assert capsys.readouterr().err == shown + "error: wrong\n"
    assert keeper.texts == ["warning: w 1", "always", "remark", "detail", "log", "error: wrong"]
    log.warning("of the next command")
    assert len(keeper.texts) == 6
    assert capsys.readouterr().err == "", "nobody listens"


def test_a_log_that_cannot_be_written_is_given_up_once(capsys, tmp_path):
    log = logging.getLogger("params_optimizer.somewhere")

    def action() -> int:
        log.info("before the log is there")
        log.info("two")
        console.keep_log(RunLog(tmp_path / "missing"))
        log.info("three")
        return 0

    assert console.run(action) == 0
    first, second, warning, third = capsys.readouterr().err.splitlines()
    assert [first, second, third] == ["before the log is there", "two", "three"]
    assert warning.startswith("warning: the log of this run ends here: cannot write ")


WORKER = """
import logging, os
from params_optimizer import console
from params_optimizer.orchestrator import worker
def action():
    if os.fork() == 0:
        worker.settle()
        logging.getLogger("params_optimizer.engine").warning("of a worker")
        os._exit(0)
    os.wait()
    logging.getLogger("params_optimizer.engine").warning("of the master")
    return 0
console.run(action)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_worker_is_silent():
    done = subprocess.run([sys.executable, "-c", WORKER], capture_output=True, text=True)
    assert done.stderr == "warning: of the master\n"
