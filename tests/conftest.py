"""Fixtures that every room's tests may use."""

from contextlib import suppress
from pathlib import Path

import pytest

from params_optimizer.environment import kernel_cache_folder

CHECKOUT = Path(__file__).parents[1]


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
