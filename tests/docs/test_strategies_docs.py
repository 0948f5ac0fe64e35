"""docs/strategies.md: the tutorial's file and commands work, and its options are the real ones."""

import ast
import shlex
from pathlib import Path

import pytest

from params_optimizer.config import Settings
from params_optimizer.strategies.account import STANDARD_COMMISSION
from params_optimizer.strategies.protocol import Rule
from params_optimizer.strategies.registry import BUILT_IN, NAMES, strategy_named
from tests.docs.conftest import Optimizer
from tests.docs.documents import DOCUMENTS

PAGE = DOCUMENTS["docs/strategies.md"]
COMMANDS = [line for block in PAGE.fences("sh") for line in block.splitlines()]


@pytest.fixture(scope="module")
def workplace(project: Path) -> Path:
    """The project with the file that the tutorial has you write."""
    file, space = PAGE.fences("python")
    (project / "my_strategy.py").write_text(f"{file}\n\n{space}")
    return project


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_work(command: str, workplace: Path, optimizer: Optimizer) -> None:
    program, *arguments = shlex.split(command)[2:]
    assert program == "params_optimizer.run_optimizer"
    assert optimizer(workplace, *arguments).stdout


def test_every_strategy_is_listed() -> None:
    listed = PAGE.first_cells("Strategies")
    assert set(listed) == {*NAMES, "module.path:Name"}


@pytest.mark.parametrize("name", BUILT_IN)
def test_defaults_are_as_documented(name: str) -> None:
    strategy = strategy_named(name)
    assert isinstance(strategy, Rule)
    heading = next(head for head, part in PAGE.sections.items() if name in part.codes[:1])
    told = PAGE.sections[heading].codes
    assert set(strategy.space()["parameters"]) <= set(told)


def test_costs_are_as_documented() -> None:
    text = " ".join(PAGE.text.split())
    money = Settings().positions
    assert money.commission is None
    assert f"{STANDARD_COMMISSION} of its value" in text
    assert f"({money.initial_capital:,.0f}, `--capital`)" in text


def test_the_example_is_python() -> None:
    for block in PAGE.fences("python"):
        ast.parse(block)
