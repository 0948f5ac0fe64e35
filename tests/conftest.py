"""Fixtures that every room's tests may use."""

from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bar cache of its own for each test; compiled kernels stay where Numba was told first."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("PARAMS_OPTIMIZER_CACHE", str(folder))
    return folder


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real market data and golden files, beside the team's checkouts only."""
    folder = CHECKOUT.parent / "shared"
    if not (folder / "STRATEGY.md").exists():
        pytest.skip("no ../shared beside this checkout: real market data is not part of it")
    return folder
