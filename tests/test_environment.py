"""What is decided before NumPy and Numba are imported: threads and the place of the caches."""

import json
import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import platformdirs
import pytest
from platformdirs import windows
from platformdirs.macos import MacOS
from platformdirs.unix import Unix
from platformdirs.windows import Windows

from params_optimizer import environment
from params_optimizer.environment import cache_folder, kernel_cache_folder
from params_optimizer.errors import StorageError

CHECKOUT = Path(__file__).parents[1]
PREPARED = """
import json, os, sys
from params_optimizer.environment import prepare_process
prepare_process()
heavy = sorted({"numpy", "pandas", "numba", "pyarrow", "pydantic"} & set(sys.modules))
print(json.dumps({"environment": dict(os.environ), "heavy": heavy}))
"""


def prepared(**variables: str) -> dict:
    """What a fresh process holds after `prepare_process`; this one may be prepared already."""
    plain = {name: value for name, value in os.environ.items() if "_NUM_THREADS" not in name}
    done = subprocess.run(
        [sys.executable, "-c", PREPARED],
        cwd=CHECKOUT,
        env={**plain, **variables},
        capture_output=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_a_process_gets_one_thread_and_our_kernel_cache(own_cache):
    found = prepared(MKL_NUM_THREADS="3", NUMBA_CACHE_DIR="/somewhere/else")
    assert found["heavy"] == [], "the variables come too late after these imports"
    variables = found["environment"]
    assert variables["OPENBLAS_NUM_THREADS"] == "1"
    assert variables["NUMBA_NUM_THREADS"] == "1"
    assert variables["MKL_NUM_THREADS"] == "3", "what the user chose stays"
    kernels = Path(variables["NUMBA_CACHE_DIR"])
    assert kernels.parent == own_cache
    assert kernels.is_dir()


def test_the_cache_folder_can_be_chosen_and_is_made(tmp_path, monkeypatch):
    chosen = tmp_path / "a b" / "cache"
    monkeypatch.setenv("PARAMS_OPTIMIZER_CACHE", str(chosen))
    assert cache_folder() == chosen
    assert chosen.is_dir()
    assert cache_folder() == chosen, "one that exists is fine"


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_nobody_else_can_plant_code_in_the_caches(tmp_path, monkeypatch):
    monkeypatch.setenv("PARAMS_OPTIMIZER_CACHE", str(tmp_path / "cache"))
    for folder in (cache_folder(), kernel_cache_folder()):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


PLACES = [
    (Unix, {"XDG_CACHE_HOME": "{home}/xdg"}, "xdg/params_optimizer"),
    (Unix, {"XDG_CACHE_HOME": ""}, ".cache/params_optimizer"),
    (MacOS, {"XDG_CACHE_HOME": ""}, "Library/Caches/params_optimizer"),
]


@pytest.mark.parametrize(("system", "variables", "place"), PLACES)
def test_each_system_has_its_place(tmp_path, monkeypatch, system, variables, place):
    monkeypatch.delenv("PARAMS_OPTIMIZER_CACHE")
    monkeypatch.setattr(platformdirs, "PlatformDirs", system)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(home=tmp_path))
    assert cache_folder() == tmp_path / place


def test_on_windows_it_lies_directly_in_the_local_data(tmp_path, monkeypatch):
    monkeypatch.delenv("PARAMS_OPTIMIZER_CACHE")
    monkeypatch.setattr(platformdirs, "PlatformDirs", Windows)
    monkeypatch.setattr(windows, "get_win_folder", lambda name: str(tmp_path / name))
    assert cache_folder() == tmp_path / "CSIDL_LOCAL_APPDATA" / "params_optimizer"


def not_writable(tmp_path: Path, place: str) -> str:
    """A cache folder that cannot be written, whoever the user is."""
    (tmp_path / "file").touch()
    return {"a file": str(tmp_path / "file"), "in a file": str(tmp_path / "file" / "cache")}[place]


@pytest.mark.parametrize("place", ["a file", "in a file"])
def test_a_temporary_cache_stands_for_one_that_cannot_be_written(
    tmp_path, monkeypatch, caplog, place
):
    chosen = not_writable(tmp_path, place)
    monkeypatch.setenv("PARAMS_OPTIMIZER_CACHE", chosen)
    kernels = kernel_cache_folder()
    assert kernels.is_dir()
    assert kernels == kernel_cache_folder()
    assert cache_folder() == kernels.parent
    (warning,) = caplog.messages
    assert f"the cache folder {chosen} cannot be written" in warning
    assert "a temporary one is used" in warning
    assert os.environ["PARAMS_OPTIMIZER_CACHE"] == str(kernels.parent), "worker processes share it"
    environment._remove_cache(kernels.parent, os.getpid() + 1)
    assert kernels.is_dir(), "a forked process leaves it alone"


def test_a_kernel_folder_that_cannot_be_written_moves_the_whole_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PARAMS_OPTIMIZER_CACHE", str(tmp_path / "cache"))
    name = kernel_cache_folder().name
    (tmp_path / "cache" / name).rmdir()
    (tmp_path / "cache" / name).touch()
    assert kernel_cache_folder().is_dir()
    assert kernel_cache_folder().name == name
    assert cache_folder() != tmp_path / "cache"


def test_a_temporary_cache_is_deleted_when_its_process_ends(tmp_path):
    chosen = not_writable(tmp_path, "in a file")
    variables = prepared(PARAMS_OPTIMIZER_CACHE=chosen)["environment"]
    assert not Path(variables["PARAMS_OPTIMIZER_CACHE"]).exists()


def test_an_account_without_a_home_gets_no_folder_called_tilde(tmp_path, monkeypatch, caplog):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PARAMS_OPTIMIZER_CACHE", "")
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda *_, **__: Path("~/.cache/x"))
    assert cache_folder().is_absolute()
    assert "this account has no home folder" in caplog.text
    assert list(tmp_path.iterdir()) == []


def test_no_place_at_all_is_told_with_the_way_out(tmp_path, monkeypatch):
    monkeypatch.setenv("PARAMS_OPTIMIZER_CACHE", not_writable(tmp_path, "in a file"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with pytest.raises(StorageError, match="set PARAMS_OPTIMIZER_CACHE to a folder"):
        cache_folder()


@pytest.fixture
def sources(tmp_path, monkeypatch):
    """A package with two kernel files, whose names and contents a test may change."""
    package = tmp_path / "package"
    for file in ("engine/a.py", "strategies/deep/b.py", "data/c.py"):
        (package / file).parent.mkdir(parents=True, exist_ok=True)
        (package / file).write_text(f"# {file}")
    monkeypatch.setattr(environment, "__file__", str(package / "environment.py"))
    return package


def test_compiled_kernels_stay_while_their_sources_do(sources):
    before = kernel_cache_folder()
    (sources / "data" / "c.py").write_text("# no kernel lives here")
    assert kernel_cache_folder() == before


CHANGES = {
    "a line": lambda package: (package / "engine/a.py").write_text("# changed"),
    "a deep line": lambda package: (package / "strategies/deep/b.py").write_text("# changed"),
    "a new file": lambda package: (package / "engine/new.py").touch(),
    "a new name": lambda package: (package / "engine/a.py").rename(package / "engine/z.py"),
    "a file less": lambda package: (package / "engine/a.py").unlink(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_any_change_of_the_kernels_gives_their_code_a_new_place(sources, change):
    before = kernel_cache_folder()
    change(sources)
    assert kernel_cache_folder() != before


STARTED = {
    "a module": (["python3", "-m", "params_optimizer.run_optimizer", "--info"], "python3 -m"),
    "a place with a space": (
        ["/a b/python", "-m", "params_optimizer.run_optimizer"],
        "'/a b/python' -m" if os.name != "nt" else '"/a b/python" -m',
    ),
    "a script": (["python3", "script.py"], "python -m"),
}


@pytest.mark.parametrize(("typed", "start"), STARTED.values(), ids=STARTED)
def test_commands_are_told_in_the_form_that_was_used(monkeypatch, typed, start):
    monkeypatch.delenv("PARAMS_OPTIMIZER_COMMAND", raising=False)
    monkeypatch.setattr(sys, "orig_argv", typed)
    assert environment.program() == f"{start} params_optimizer.run_optimizer"


def test_commands_under_make_are_those_of_make(monkeypatch):
    monkeypatch.setenv("PARAMS_OPTIMIZER_COMMAND", "python3 make.py run")
    monkeypatch.setattr(sys, "orig_argv", ["/x/python", "-m", "params_optimizer.run_optimizer"])
    assert environment.program() == "python3 make.py run"
    assert environment.program("params_optimizer.data.ib_precompute") == (
        "/x/python -m params_optimizer.data.ib_precompute"
    )
