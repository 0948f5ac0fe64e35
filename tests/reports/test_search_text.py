"""What the end of a search tells: failures by their kind."""

import pytest

from params_optimizer.reports.search import kind_of_failure
from params_optimizer.search.trial import Trial


def kind(reason, **parameters):
    return kind_of_failure(Trial(0, parameters, "failed", reason=reason))


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (
            "s with n=15: s.py, line 4: KeyError: 15",
            "s with n=16: s.py, line 4: KeyError: 16",
            True,
        ),
        ("s with n=15: s.py, line 4: KeyError: 1", "s with n=16: s.py, line 5: KeyError: 1", False),
        ("s with n=15: s.py, line 4: KeyError", "s with n=16: s.py, line 4: ValueError", False),
        ("s with n=15: position 3 is nan", "s with n=16: position 4 is nan", True),
        ("s with n=15: returned nothing", "s with n=16: position 4 is nan", False),
    ],
)
def test_failures_are_of_one_kind_whatever_the_parameters(first, second, same):
    assert (kind(first, n=15) == kind(second, n=16)) == same
