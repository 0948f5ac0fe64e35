"""The sections of what a run was tried on: other days, other conditions.

To add one: a file with a `SECTION`, and a line here.
"""

from params_optimizer.reports.sections import holdout, regimes, robustness, walk_forward

VALIDATIONS = (
    holdout.SECTION,
    walk_forward.SECTION,
    robustness.SECTION,
    regimes.SECTION,
)
