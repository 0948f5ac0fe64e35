"""Everything a user or developer runs, on any system: `python3 make.py help`.

Standard library only. Makes the virtual environment `.venv` beside this file, installs
what the task needs when that changed, and runs the task in it. Written so that an old
Python gets as far as the message that says which one is needed.
"""

import hashlib
import importlib.util
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

NEEDED = (3, 11)

if sys.version_info < NEEDED:
    found = [shutil.which(f"python3.{minor}") for minor in range(20, 10, -1)]
    sys.exit(
        f"""make.py needs Python 3.11 or newer; this is {sys.version.split()[0]} ({sys.executable}).
Newer ones on this machine: {", ".join(filter(None, found)) or "none found"}
To get one:
  Debian 12, Ubuntu 24.04     sudo apt install python3 python3-venv
  Ubuntu 22.04                sudo apt install python3.11 python3.11-venv
  Fedora, RHEL 9              sudo dnf install python3.12
  macOS                       brew install python@3.13
  Windows                     winget install Python.Python.3.13
  any system, without root    install uv (https://docs.astral.sh/uv), then: uv python install 3.13
Then run make.py with it, for example: python3.13 make.py run"""
    )

FOLDER = Path(__file__).resolve().parent
VENV = Path(os.environ.get("PARAMS_OPTIMIZER_VENV") or FOLDER / ".venv").absolute()
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "make.json"

USE = ["requirements.txt"]
DEVELOP = ["requirements.txt", "requirements-dev.txt"]

LINT = {
    "ruff check": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "mypy": ["mypy"],
}
# Idle workers steal tests, so that one long file does not keep the other waiting.
PYTEST = ["pytest", "-n", "2", "--dist", "worksteal"]


class FailedError(Exception):
    """Ends make.py with this message and exit code 1."""


class StoppedError(Exception):
    """A signal that the user or the system sent; its number is the argument."""


def run(arguments: list[str]) -> int:
    """Run the optimizer with these arguments; without any, the demonstration (--demo)."""
    prepare(USE)
    return call([OPTIMIZER, *(arguments or ["--demo"])])


def test(arguments: list[str]) -> int:
    """Check style and types, then run the fast tests; arguments go to pytest."""
    return steps({**LINT, "pytest": [*PYTEST, "-m", "not slow and not soak", *arguments]})


def test_all(arguments: list[str]) -> int:
    """The same with the slow tests (minutes)."""
    return steps({**LINT, "pytest": [*PYTEST, "-m", "not soak", *arguments]})


def soak(arguments: list[str]) -> int:
    """The same with the tests that take hours."""
    return steps({**LINT, "pytest": [*PYTEST, *arguments]})


def lint(arguments: list[str]) -> int:
    """Check style and types only."""
    if arguments:
        raise FailedError(f"lint takes no arguments; got {' '.join(arguments)}")
    return steps(LINT)


def bench(arguments: list[str]) -> int:
    """Run the benchmarks with these arguments."""
    prepare(DEVELOP)
    return call(["benchmarks", *arguments])


def show_help(arguments: list[str]) -> int:
    """Show this list."""
    del arguments
    print("Usage: python3 make.py TASK [ARGUMENTS]   (on Windows: py make.py TASK)\n")
    for name, task in TASKS.items():
        print(f"  {name:9} {task.__doc__}")
    print(f"\nEverything runs in {VENV.name} and in the folder of make.py, wherever you are.")
    return 0


TASKS = {
    "run": run,
    "test": test,
    "test-all": test_all,
    "soak": soak,
    "lint": lint,
    "bench": bench,
    "help": show_help,
}


def main(arguments: list[str]) -> int:
    """Run one task; returns the exit code."""
    name = arguments[0] if arguments else "help"
    task = TASKS.get("help" if name in {"-h", "--help"} else name)
    try:
        if task is None:
            near = "".join(f" Did you mean {one}?" for one in get_close_matches(name, TASKS, n=1))
            print(f"make.py: unknown task {name!r}.{near} See: make.py help", file=sys.stderr)
            return 2
        return task(arguments[1:])
    except (FailedError, OSError) as error:
        print(f"make.py: {error}", file=sys.stderr)
        return 1
    except StoppedError as stopped:
        return 128 + int(stopped.args[0])
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def steps(commands: dict[str, list[str]]) -> int:
    """Run every command, also after one failed; tell how each ended. 0 where all passed."""
    prepare(DEVELOP)
    outcomes = {}
    for name, command in commands.items():
        print(f"\n--- {name}", flush=True)
        start = time.monotonic()
        outcomes[name] = call(command), time.monotonic() - start
    print()
    for name, (code, seconds) in outcomes.items():
        word = f"FAILED (exit code {code})" if code else "passed"
        print(f"{name:12} {seconds:6.1f} s  {word}")
    return int(any(code for code, _ in outcomes.values()))


def call(module: list[str], python: Path = PYTHON) -> int:
    """Run `python -m MODULE ARGUMENTS` to its end; returns its exit code.

    The child hears Ctrl-C from the terminal itself and may need a while to save its
    work, so it is waited for; a SIGTERM to this process is handed on.

    Raises:
        StoppedError: a signal came, and the child did not end well.
    """
    environment = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
    environment["PIP_USER"] = "0"
    if module[0] == OPTIMIZER:  # the next steps that it prints begin with it
        typed = [Path(sys.orig_argv[0]).name, sys.argv[0], "run"]
        start = subprocess.list2cmdline(typed) if os.name == "nt" else shlex.join(typed)
        environment["PARAMS_OPTIMIZER_COMMAND"] = start
    sys.stdout.flush()
    received: list[int] = []
    children: list[subprocess.Popen[bytes]] = []

    def hand_on(number: int, frame: object) -> None:
        del frame
        received.append(number)
        for child in children:
            if number == signal.SIGTERM:
                child.terminate()

    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), hand_on) for name in names}
    try:
        command = [str(python), "-m", *module]
        children.append(subprocess.Popen(command, cwd=FOLDER, env=environment))
        code = children[0].wait()
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)
    if received and code:
        raise StoppedError(received[0])
    return 128 - code if code < 0 else code


OPTIMIZER = "params_optimizer.run_optimizer"
# They would put modules of another Python in front of those of the environment.
_FOREIGN = {"PYTHONHOME", "PYTHONPATH", "__PYVENV_LAUNCHER__"}


def prepare(requirements: list[str]) -> None:
    """Bring the environment to the state that the requirement files describe.

    Raises:
        FailedError: it cannot be made, or the packages not be installed.
    """
    stamp = read_stamp()
    installed = stamp.installed if usable(stamp) else make_environment()
    wanted = {name: digest(name) for name in requirements}
    if all(installed.get(name) == wanted[name] for name in wanted):
        return
    print(f"Installing {requirements[-1]} into {VENV.name}; the first time takes a while.")
    write_stamp(installed, finished=False)  # killed from here on: made again the next time
    code = call(["pip", "install", "--disable-pip-version-check", "-r", requirements[-1]])
    write_stamp(installed if code else {**installed, **wanted}, finished=True)
    if code:
        raise FailedError(
            f"pip could not install {requirements[-1]}; its lines above say why. Without a direct "
            f"connection set HTTPS_PROXY, or PIP_INDEX_URL for a mirror, and try again"
        )


class Stamp(NamedTuple):
    """What make.py noted in an environment: where it was made, and for which requirements."""

    folder: str
    finished: bool
    installed: dict[str, str]
    """Name of a requirement file -> hash of what was installed from it."""


def usable(stamp: Stamp) -> bool:
    """Whether the environment is whole, of this Python version, and was made for this place.

    One that was made by hand has no stamp yet and is taken as it is if its pip works.
    """
    if not stamp.finished or stamp.folder != str(VENV):
        return False
    probe = "import pip, sys; print(sys.prefix != sys.base_prefix, *sys.version_info[:2])"
    try:
        answer = subprocess.run([str(PYTHON), "-I", "-c", probe], check=False, capture_output=True)
    except OSError:  # no such file, a link to a Python that is gone, one for another system
        return False
    return answer.stdout.split() == [b"True", *(b"%d" % part for part in sys.version_info[:2])]


def make_environment() -> dict[str, str]:
    """Make the environment anew; returns what is installed in it: nothing yet."""
    if not all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")):
        version = "{}.{}".format(*sys.version_info[:2])
        raise FailedError(
            f"this Python ({sys.executable}) comes without venv and ensurepip. On Debian and "
            f"Ubuntu: sudo apt install python3-venv (or python{version}-venv); elsewhere install "
            f"Python from python.org"
        )
    print(f"Making {VENV.name} with Python {sys.version.split()[0]}.")
    try:
        if VENV.is_dir() and not VENV.is_symlink():
            shutil.rmtree(VENV)
        elif VENV.exists() or VENV.is_symlink():
            VENV.unlink()
        VENV.mkdir(parents=True)
        write_stamp({}, finished=False)
    except OSError as error:
        raise FailedError(
            f"cannot make {VENV} anew: {error}; close the programs that use it, or choose "
            f"another folder with PARAMS_OPTIMIZER_VENV"
        ) from error
    # From inside an environment, the Python that it was made from: it outlives the removal.
    base = Path(getattr(sys, "_base_executable", None) or sys.executable)
    if call(["venv", str(VENV)], base):
        raise FailedError(f"cannot make {VENV}; the lines above say why")
    write_stamp({}, finished=True)
    return {}


def read_stamp() -> Stamp:
    """The stamp of the environment; an unreadable one is that of an unfinished one."""
    if not STAMP.exists():
        return Stamp(str(VENV), finished=True, installed={})
    try:
        return Stamp(**json.loads(STAMP.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return Stamp("", finished=False, installed={})


def write_stamp(installed: dict[str, str], *, finished: bool) -> None:
    """Note the hashes of the installed requirement files."""
    stamp = Stamp(str(VENV), finished, installed)
    STAMP.write_text(json.dumps(stamp._asdict(), indent=1), encoding="utf-8")


def digest(name: str) -> str:
    """Hash of a requirement file, whatever its line ends."""
    try:
        content = (FOLDER / name).read_bytes()
    except OSError as error:
        raise FailedError(f"cannot read {FOLDER / name}: {error.strerror}") from error
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
