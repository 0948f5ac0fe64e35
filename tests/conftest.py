"""Fixtures that every room's tests may use."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from params_optimizer.environment import kernel_cache_folder
from tests.crash.harness import SMALL_GRID, TINY_GRID, Lab, Starter

CHECKOUT = Path(__file__).parents[1]
MakeLab = Callable[..., Lab]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what tests counted with `record_property`: kills, faults, damaged files, inputs."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            terminalreporter.write_line(f"{name}: {value}  ({report.nodeid.partition('::')[2]})")


@pytest.fixture(scope="session")
def compiled_kernels() -> Path:
    """The user's folder of compiled kernels: compiling them takes half a minute."""
    return kernel_cache_folder()


@pytest.fixture(autouse=True)
def own_cache(
    compiled_kernels: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A bar cache of its own for each test, also in the processes that it starts.

    Compiled kernels are shared: a link leads to those of the user.
    """
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("PARAMS_OPTIMIZER_CACHE", str(folder))
    with suppress(OSError):  # Windows without the right to make links: compiled once more
        (folder / compiled_kernels.name).symlink_to(compiled_kernels, target_is_directory=True)
    return folder


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real market data and golden files, beside the team's checkouts only."""
    folder = CHECKOUT.parent / "shared"
    if not (folder / "STRATEGY.md").exists():
        pytest.skip("no ../shared beside this checkout: real market data is not part of it")
    return folder


@pytest.fixture(scope="session")
def grids(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What to write after --grid, by name."""
    folder = tmp_path_factory.mktemp("grids")
    files = {"small": SMALL_GRID, "tiny": TINY_GRID}
    for name, grid in files.items():
        (folder / f"{name}.json").write_text(json.dumps(grid))
    own = {name: str(folder / f"{name}.json") for name in files}
    return {"standard": "standard", "expanded": "expanded", **own}


@pytest.fixture(scope="session")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starter]:
    """Starts commands quickly; see `Starter`."""
    if os.name == "nt":
        pytest.skip("commands are started by fork")
    started = Starter(tmp_path_factory.mktemp("starter"))
    yield started
    started.close()


@pytest.fixture
def make_lab(tmp_path: Path, grids: dict[str, str], starter: Starter) -> MakeLab:
    """Makes places to run in: name of the grid, further arguments, start method."""
    made: list[Lab] = []

    def make(grid: str = "small", *arguments: str, method: str = "fork") -> Lab:
        root = tmp_path / f"lab{len(made)}"
        root.mkdir()
        made.append(Lab(root, starter, grids[grid], list(arguments), method))
        return made[-1]

    return make


@pytest.fixture(scope="session")
def undisturbed(
    grids: dict[str, str], starter: Starter, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], dict[str, str]]:
    """The digests of a run of a grid that nobody disturbs, by its name; one for each grid."""
    known: dict[str, dict[str, str]] = {}

    def digests(grid: str, *arguments: str) -> dict[str, str]:
        key = " ".join([grid, *arguments])
        if key not in known:
            root = tmp_path_factory.mktemp("undisturbed")
            lab = Lab(root, starter, grids[grid], list(arguments))
            lab.finish("--workers", "1")
            known[key] = lab.digests()
        return known[key]

    return digests
