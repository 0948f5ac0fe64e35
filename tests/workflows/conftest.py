"""A small market for all tests of this room."""

import pytest

from params_optimizer.workflows.market import MarketDays
from tests.workflows.market import hourly


@pytest.fixture(scope="session")
def bars():
    return hourly()


@pytest.fixture
def market(bars):
    return MarketDays.of(bars, "UTC")
