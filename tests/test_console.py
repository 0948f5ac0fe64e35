"""Exit codes and messages of every command."""

import subprocess
import sys
from pathlib import Path

import pytest

from params_optimizer import console
from params_optimizer.console import Level
from params_optimizer.errors import DataError, MissingDataError, StorageError


def raising(error: BaseException) -> int:
    raise error


@pytest.mark.parametrize(
    ("error", "code", "start"),
    [
        (DataError("a.csv: line 3: price 0"), 1, "error: a.csv: line 3: price 0\n"),
        (MissingDataError("data: is missing"), 1, "error: data: is missing\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
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


@pytest.mark.parametrize(
    ("level", "heard"),
    [
        (Level.QUIET, "warning: w\nalways\n"),
        (Level.NORMAL, "warning: w\nalways\nremark\n"),
        (Level.VERBOSE, "warning: w\nalways\nremark\ndetail\n"),
    ],
)
def test_what_is_heard_and_what_is_kept(level, heard, capsys):
    kept: list[str] = []

    def action() -> int:
        console.set_level(level)
        console.say("warning: w")
        console.say("always", Level.QUIET)
        console.keep_log(lambda _, text: kept.append(text))
        console.say("remark")
        console.say("detail", Level.VERBOSE)
        console.say("log", Level.LOG)
        raise DataError("wrong")

    try:
        assert console.run(action) == 1
    finally:
        console.set_level(Level.NORMAL)
    assert capsys.readouterr().err == heard + "error: wrong\n"
    assert kept == ["warning: w", "always", "remark", "detail", "log", "error: wrong"]
    console.say("of the next command")
    assert len(kept) == 6


def test_a_log_that_cannot_be_written_is_given_up_once(capsys):
    def action() -> int:
        def full(moment: object, text: str) -> None:
            raise StorageError("the disk is full")

        console.keep_log(full)
        console.say("one")
        console.say("two")
        return 0

    assert console.run(action) == 0
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["one", "warning: the log of this run ends here: the disk is full", "two"]
