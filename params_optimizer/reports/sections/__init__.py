"""The sections of a report in their order, each imported when it is needed.

To add one: a file beside this one with a `SECTION`, and its name here.
"""

from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from params_optimizer.reports.sections.section import Section

VALIDATIONS: Final = (
    "holdout",
    "walk_forward",
    "robustness",
    "regimes",
    "choosing",
)
"""Those of what a run was tried on: other days, other conditions."""

SECTIONS: Final = (
    "verdict",
    "origin",
    "winner",
    "ranking",
    "variations",
    "history",
    "parameters",
    "front",
    "distribution",
    "heat",
    "side_by_side",
    "plateau",
    "equity",
    *VALIDATIONS,
    "not_done",
    "trades",
    "failures",
    "glossary",
)
SUMMARY: Final = ("verdict", "origin", "winner", "ranking", "front", "failures")
"""Those that the text of a run holds."""


def sections(names: Iterable[str]) -> "Iterator[Section]":
    """The sections with these names."""
    for name in names:
        section: Section = import_module(f"{__name__}.{name}").SECTION
        yield section
