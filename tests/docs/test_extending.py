"""docs/extending.md: its listings, added to a copy of the program, do what the page says."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from params_optimizer.data.sample import write_sample
from tests.docs.conftest import TWO_MONTHS
from tests.docs.documents import CHECKOUT, DOCUMENTS

PAGE = DOCUMENTS["docs/extending.md"]
FENCE = r"<!-- {}: (\S+) -->\n```\w+\n(.*?)```"
FILES = dict(re.findall(FENCE.format("file"), PAGE.text, re.DOTALL))
LINES = re.findall(FENCE.format("line"), PAGE.text, re.DOTALL)
COMMANDS = [line for block in PAGE.fences("sh") for line in block.splitlines()]

Python = Callable[..., str]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the program with what the page adds, and market data beside it."""
    folder = tmp_path_factory.mktemp("extended")
    unneeded = shutil.ignore_patterns("__pycache__")
    for name in ("params_optimizer", "tests"):
        shutil.copytree(CHECKOUT / name, folder / name, ignore=unneeded)
    write_sample(folder / "data", ["GER40"], span=TWO_MONTHS)
    shutil.copy(CHECKOUT / "pyproject.toml", folder)
    for name, text in FILES.items():
        assert not (folder / name).exists()
        (folder / name).write_text(text)
    for name, change in LINES:
        replace_lines(folder / name, change)
    return folder


def replace_lines(file: Path, change: str) -> None:
    """Apply an excerpt of a diff, whose context must occur once."""
    lines = change.splitlines(keepends=True)
    before, after = (
        "".join(line[1:] for line in lines if line[0] in signs) for signs in (" -", " +")
    )
    text = file.read_text()
    assert text.count(before) == 1, before
    file.write_text(text.replace(before, after))


@pytest.fixture(scope="module")
def python(workplace: Path, tmp_path_factory: pytest.TempPathFactory) -> Python:
    """Runs Python in the copy and returns what it prints."""
    cache = tmp_path_factory.mktemp("cache")
    environment = os.environ | {"PYTHONPATH": str(workplace), "PARAMS_OPTIMIZER_CACHE": str(cache)}

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=workplace,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run("-m", "params_optimizer.run_optimizer", "--symbol", "GER40", "--prepare-data")
    return run


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_work(command: str, python: Python) -> None:
    program, *arguments = shlex.split(command)
    assert program == "python"
    assert python(*arguments)


def test_the_page_has_the_new_sections(workplace: Path, python: Python) -> None:
    (command,) = (command for command in COMMANDS if "--generate-html" in command)
    python(*shlex.split(command)[1:])
    (page,) = (workplace / "output").glob("**/*_halton_*/*.html")
    text = page.read_text(encoding="utf-8")
    assert "The winner by weekday" in text
    assert "Without the best trades" in text
    assert re.search(r"the winner makes -?\d+\.\d\d R without its best", text)


def test_the_new_method_keeps_the_contract_of_methods(python: Python) -> None:
    options = ("-q", "-n0", "-p", "no:cacheprovider", "-k", "halton")
    assert " passed" in python("-m", "pytest", "tests/search/test_methods.py", *options)


@pytest.mark.parametrize("tool", [("check",), ("format", "--check")], ids=" ".join)
def test_the_linter_accepts_the_listings(tool: tuple[str, ...], python: Python) -> None:
    files = {*(name for name in FILES if name.endswith(".py")), *(name for name, _ in LINES)}
    python("-m", "ruff", *tool, "--no-cache", *sorted(files))
