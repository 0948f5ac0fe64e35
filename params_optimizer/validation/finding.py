"""What a validation of `requests.validation.VALIDATIONS` returns: sentences, and a table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from params_optimizer.strategies.protocol import Value
from params_optimizer.validation.candidates import Candidates


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found; the report repeats the first of the `sentences` in its verdict.

    `rows` are lines of one table with the same keys, which head its columns. `good` says whether
    it speaks for the winner, None where it speaks neither way.
    """

    title: str
    sentences: tuple[str, ...]
    rows: tuple[Mapping[str, Value | None], ...] = ()
    good: bool | None = None


Validate = Callable[[Candidates], Finding]
"""What the module of such a validation offers as `validate`."""
