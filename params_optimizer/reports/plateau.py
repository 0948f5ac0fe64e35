"""Why plateau scores are missing, in the same words on the page and in the workbook."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

Subject = Mapping[str, Any]
"""A combination or parameter set of a `robustness` file."""


def without_plateau(subjects: Iterable[Subject], name: Callable[[Subject], str]) -> Iterator[str]:
    """A sentence for each reason, with the names of those it is true of."""
    reasons: dict[str, list[str]] = {}
    for one in subjects:
        if one.get("plateau_score") is None and one.get("plateau_note"):
            reasons.setdefault(str(one["plateau_note"]), []).append(name(one))
    for reason, names in reasons.items():
        yield f"No plateau score of {', '.join(names)}: {reason}."
