"""The sections of a report in their order.

To add one: a file beside this one with a `SECTION`, and a line here.
"""

from typing import Final

from params_optimizer.reports.sections import (
    distribution,
    equity,
    failures,
    front,
    glossary,
    heat,
    history,
    not_done,
    origin,
    parameters,
    plateau,
    ranking,
    side_by_side,
    trades,
    variations,
    verdict,
    winner,
)
from params_optimizer.reports.sections.validations import VALIDATIONS

SECTIONS: Final = (
    verdict.SECTION,
    origin.SECTION,
    winner.SECTION,
    ranking.SECTION,
    variations.SECTION,
    history.SECTION,
    parameters.SECTION,
    front.SECTION,
    distribution.SECTION,
    heat.SECTION,
    side_by_side.SECTION,
    plateau.SECTION,
    equity.SECTION,
    *VALIDATIONS,
    not_done.SECTION,
    trades.SECTION,
    failures.SECTION,
    glossary.SECTION,
)
