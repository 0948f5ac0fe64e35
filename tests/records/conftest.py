"""The prepared sample, once for all tests of this room."""

from pathlib import Path

import pytest

from tests.records.sample import make_sample


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the prepared sample of GER40."""
    return make_sample(tmp_path_factory.mktemp("records"))
