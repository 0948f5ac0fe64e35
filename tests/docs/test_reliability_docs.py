"""Every test that docs/reliability.md names is there."""

import re
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]


def test_the_tests_that_are_named_exist():
    text = (CHECKOUT / "docs" / "reliability.md").read_text()
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", text)
    assert len(named) > 15
    for file, function in named:
        content = (CHECKOUT / file).read_text()
        assert not function or f"def {function}(" in content, f"{file}::{function}"
