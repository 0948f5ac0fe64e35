"""The variations of the Initial Balance as scopes of results, with the conditions of R13."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from params_optimizer.strategies.scopes import EVERY_TRADE, Columns, Scope


def _trails(columns: Columns) -> NDArray[np.bool_]:
    return np.asarray(columns["tsl_target"] > 0)


def _trails_far(columns: Columns) -> NDArray[np.bool_]:
    return np.asarray((columns["tsl_target"] > 0) & (columns["rr_target"] >= 1))


def _stops_at_eq(columns: Columns) -> NDArray[np.bool_]:
    return np.asarray(columns["stop_mode"] == "eq")


def _rebounds(columns: Columns) -> NDArray[np.bool_]:
    return np.asarray(columns["rev_rb_enabled"], np.bool_)


VARIATION_SCOPES: Final = (
    Scope("OCAE", "ocae_", ("tsl_target",), _trails),
    Scope("TCWE", "tcwe_", ("tsl_target", "rr_target"), _trails_far),
    Scope("Reverse", "reverse_", ("stop_mode",), _stops_at_eq),
    Scope("REV_RB", "rev_rb_", ("rev_rb_enabled",), _rebounds),
)
"""In the order of `params.VARIATIONS`."""
SCOPES: Final = (EVERY_TRADE, *VARIATION_SCOPES)
SCOPE_NAMES: Final = tuple(scope.name for scope in SCOPES)
