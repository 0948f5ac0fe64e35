"""make.py: an environment that is made when it has to be, and tasks whose outcome is told."""

import ast
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import venv
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

SOURCE = Path(__file__).parents[1] / "make.py"
OPTIMIZER = "params_optimizer.run_optimizer"
CHECKS = ["ruff", "ruff", "mypy", "pytest"]


def project(folder: Path) -> Path:
    """A checkout of nothing but make.py and a run_optimizer that tells how it was called."""
    (folder / "params_optimizer").mkdir(parents=True)
    shutil.copy(SOURCE, folder)
    (folder / "requirements.txt").write_text("# nothing\n")
    (folder / "requirements-dev.txt").write_text("-r requirements.txt\n")
    (folder / "params_optimizer" / "run_optimizer.py").write_text(
        "import os, sys\ncommand = os.environ['PARAMS_OPTIMIZER_COMMAND']\n"
        "print(sys.argv[1:], os.getcwd(), sys.prefix, command, sep='|')\nsys.exit(7)\n"
    )
    return folder


class Calls:
    """Stands for `make.call`: notes the modules, makes a small environment, returns `codes`."""

    def __init__(self, make: ModuleType) -> None:
        self.make = make
        self.modules: list[str] = []
        self.arguments: list[list[str]] = []
        self.codes: dict[str, int] = {}
        self.stop_in = ""

    def __call__(self, module: list[str], python: Path | None = None) -> int:
        self.modules.append(module[0])
        self.arguments.append(module[1:])
        if module[0] == self.stop_in:
            raise self.make.StoppedError(signal.SIGINT)
        if module[0] == "venv":
            small_environment(Path(module[1]))
        return self.codes.get(module[0], 0)

    def of(self, *arguments: str) -> tuple[int, list[str]]:
        """Exit code of a make.py command and the modules it ran."""
        self.modules.clear()
        self.arguments.clear()
        return self.make.main(list(arguments)), list(self.modules)


def small_environment(folder: Path) -> None:
    venv.create(folder, with_pip=False)
    (packages,) = {*folder.glob("lib/python*/site-packages"), *folder.glob("Lib/site-packages")}
    (packages / "pip.py").touch()


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.delenv("PARAMS_OPTIMIZER_VENV", raising=False)
    path = project(tmp_path / "own checkout") / "make.py"
    spec = importlib.util.spec_from_file_location("make_under_test", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def calls(make: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Calls:
    recorder = Calls(make)
    monkeypatch.setattr(make, "call", recorder)
    return recorder


@pytest.fixture
def made(calls: Calls) -> Calls:
    assert calls.of("run") == (0, ["venv", "pip", OPTIMIZER])
    return calls


def test_the_first_run_makes_and_installs_and_the_next_one_only_runs(made):
    assert made.of("run", "--symbol", "XAUUSD") == (0, [OPTIMIZER])
    assert made.arguments == [["--symbol", "XAUUSD"]]
    assert made.of("run") == (0, [OPTIMIZER])
    assert made.arguments == [["--demo"]]


def test_requirements_are_installed_again_when_they_changed(made):
    file = made.make.FOLDER / "requirements.txt"
    file.write_bytes(b"# nothing\r\n")
    assert made.of("run") == (0, [OPTIMIZER]), "other line ends are no change"
    file.write_text("# something\n")
    assert made.of("run") == (0, ["pip", OPTIMIZER])
    assert made.of("run") == (0, [OPTIMIZER])


def test_development_requirements_come_with_the_first_test_and_serve_runs_too(calls):
    assert calls.of("test") == (0, ["venv", "pip", *CHECKS])
    assert calls.arguments[1][-2:] == ["-r", "requirements-dev.txt"]
    assert calls.of("run") == (0, [OPTIMIZER])
    assert calls.of("lint") == (0, CHECKS[:-1])


def _unfinished(make: ModuleType) -> None:
    make.write_stamp({}, finished=False)


def _moved(make: ModuleType) -> None:
    moved = make.STAMP.read_text().replace("own checkout", "older checkout")
    make.STAMP.write_text(moved)


def _torn_stamp(make: ModuleType) -> None:
    make.STAMP.write_bytes(make.STAMP.read_bytes()[:20])


def _no_interpreter(make: ModuleType) -> None:
    make.PYTHON.unlink()


def _no_pip(make: ModuleType) -> None:
    for file in make.VENV.rglob("pip.py"):
        file.unlink()
    for folder in make.VENV.rglob("__pycache__"):
        shutil.rmtree(folder)


def _a_file(make: ModuleType) -> None:
    shutil.rmtree(make.VENV)
    make.VENV.write_text("what is this")


DAMAGES = [_unfinished, _moved, _torn_stamp, _no_interpreter, _no_pip, _a_file]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__[1:])
def test_a_broken_environment_is_made_again(made, damage):
    damage(made.make)
    assert made.of("run") == (0, ["venv", "pip", OPTIMIZER])


def test_an_environment_of_another_python_version_is_made_again(made, monkeypatch):
    newer = SimpleNamespace(**{**vars(sys), "version_info": (3, 99, 0), "version": "3.99.0 next"})
    monkeypatch.setattr(made.make, "sys", newer)
    assert made.of("run") == (0, ["venv", "pip", OPTIMIZER])


def test_an_environment_made_by_hand_is_kept(calls):
    small_environment(calls.make.VENV)
    mine = calls.make.VENV / "mine"
    mine.touch()
    assert calls.of("run") == (0, ["pip", OPTIMIZER])
    assert calls.of("run") == (0, [OPTIMIZER])
    assert mine.exists()


def test_a_failed_installation_ends_with_a_message_and_is_tried_again(made, capsys):
    (made.make.FOLDER / "requirements.txt").write_text("# something\n")
    made.codes["pip"] = 1
    assert made.of("run") == (1, ["pip"])
    assert "HTTPS_PROXY" in capsys.readouterr().err
    made.codes.clear()
    assert made.of("run") == (0, ["pip", OPTIMIZER])


def test_after_ctrl_c_in_an_installation_the_environment_is_made_again(made):
    (made.make.FOLDER / "requirements.txt").write_text("# something\n")
    made.stop_in = "pip"
    assert made.of("run") == (130, ["pip"])
    made.stop_in = ""
    assert made.of("run") == (0, ["venv", "pip", OPTIMIZER])


def test_a_python_without_ensurepip_is_told_what_to_install(made, monkeypatch, capsys):
    made.make.write_stamp({}, finished=False)
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    assert made.of("run") == (1, [])
    assert "sudo apt install python3-venv" in capsys.readouterr().err
    assert made.make.PYTHON.exists(), "nothing was removed"


def test_a_missing_requirements_file_is_named(made, capsys):
    (made.make.FOLDER / "requirements.txt").unlink()
    assert made.of("run") == (1, [])
    assert "requirements.txt" in capsys.readouterr().err


def test_every_check_runs_and_the_summary_names_those_that_failed(made, capsys):
    made.codes = {"mypy": 1, "pytest": 5}
    assert made.of("test") == (1, ["pip", *CHECKS])
    summary = capsys.readouterr().out.splitlines()[-4:]
    assert [line.split()[0] for line in summary] == ["ruff", "ruff", "mypy", "pytest"]
    assert [line.partition(" s ")[2].strip() for line in summary] == [
        "passed",
        "passed",
        "FAILED (exit code 1)",
        "FAILED (exit code 5)",
    ]


@pytest.mark.parametrize(
    ("task", "selection"),
    [
        ("test", ["-m", "not slow and not soak"]),
        ("test-all", ["-m", "not soak"]),
        ("soak", []),
    ],
)
def test_each_test_task_selects_its_tests(made, task, selection):
    assert made.of(task, "tests/data", "-x")[0] == 0
    options = made.arguments[-1]
    assert options[options.index("worksteal") + 1 :] == [*selection, "tests/data", "-x"]


def test_the_benchmarks_get_their_arguments(made):
    assert made.of("bench", "grid") == (0, ["pip", "benchmarks"])
    assert made.arguments[-1] == ["grid"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["tset"], 2, "unknown task 'tset'. Did you mean test?"),
        (["lint", "tests"], 1, "lint takes no arguments; got tests"),
    ],
)
def test_wrong_use_is_answered(calls, capsys, arguments, code, said):
    assert calls.of(*arguments) == (code, [])
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["help"], ["--help"], ["-h"]])
def test_help_lists_every_task(calls, capsys, arguments):
    assert calls.of(*arguments) == (0, [])
    out = capsys.readouterr().out
    for task in ("run", "test", "test-all", "soak", "lint", "bench", "help"):
        assert f"\n  {task} " in out


def test_an_old_python_gets_as_far_as_the_message():
    ast.parse(SOURCE.read_text(encoding="utf-8"), feature_version=(3, 6))
    old = "import runpy, sys; sys.version_info = (3, 9, 2); sys.version = '3.9.2 (main)'"
    done = subprocess.run(
        [sys.executable, "-c", f"{old}; runpy.run_path({str(SOURCE)!r}, run_name='__main__')"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "make.py needs Python 3.11 or newer; this is 3.9.2" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess]:
    """A checkout whose path has spaces and umlauts, and its first run with nothing faked."""
    folder = project(tmp_path_factory.mktemp("real") / "my cheçkout ü")
    environment = {**os.environ, "PYTHONPATH": "/nowhere", "PYTHONHOME": ""}
    environment.pop("PARAMS_OPTIMIZER_VENV", None)
    first = subprocess.run(
        [sys.executable, folder / "make.py", "run", "--symbol", "A B"],
        cwd=folder.parent,
        env=environment,
        capture_output=True,
        encoding="utf-8",
    )
    return folder, first


def test_a_real_first_run_from_another_folder(real):
    folder, first = real
    arguments, place, prefix, command = first.stdout.splitlines()[-1].split("|")
    assert command.split()[0] == Path(sys.executable).name
    assert command.endswith("run")
    assert "make.py" in command
    assert (arguments, Path(place)) == ("['--symbol', 'A B']", folder)
    assert Path(prefix) == folder / ".venv"
    assert first.returncode == 7, "the exit code is that of the task"


@pytest.mark.skipif(os.name == "nt", reason="POSIX process groups")
@pytest.mark.parametrize(("number", "to_all"), [(signal.SIGINT, True), (signal.SIGTERM, False)])
def test_a_stopped_task_may_save_its_work_and_no_other_follows(real, number, to_all):
    folder, _ = real
    (folder / "mypy.py").write_text("print('not reached')")
    (folder / "ruff.py").write_text(
        "import signal, sys, time\n"
        "def stop(number, frame):\n"
        "    time.sleep(0.5)\n"
        "    print('saved')\n"
        "    sys.exit(128 + number)\n"
        "signal.signal(signal.SIGINT, stop)\n"
        "signal.signal(signal.SIGTERM, stop)\n"
        "print('started', flush=True)\n"
        "time.sleep(60)\n"
    )
    task = subprocess.Popen(
        [sys.executable, folder / "make.py", "lint"],
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert task.stdout is not None
    assert "started\n" in iter(task.stdout.readline, "")
    send = os.killpg if to_all else os.kill  # the terminal sends Ctrl-C to the whole group
    send(task.pid, number)
    out, err = task.communicate(timeout=30)
    assert (task.returncode, out, err) == (128 + number, "saved\n", "")
