"""The finished runs that the tests of the reports read as well."""

from tests.reports.conftest import finished, selected

__all__ = ["finished", "selected"]
