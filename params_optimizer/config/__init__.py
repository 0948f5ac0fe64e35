"""Settings: JSON file and command line become one frozen model, parsed once.

Precedence: command line over file over the defaults of the models. Unknown keys,
wrong types and impossible values are refused with the key, the value and, for a
mistyped key, the nearest known one.
"""

from params_optimizer.config.base import Model
from params_optimizer.config.models import (
    DEFAULT_FILE,
    SYMBOL_PATTERN,
    WEEKDAYS,
    Backtest,
    CheckpointSettings,
    Grids,
    GridValues,
    IBWindow,
    NewsFilter,
    Parallelization,
    Paths,
    Positions,
    RankingWeights,
    Settings,
    Symbol,
    TradingHours,
    VariationConditions,
    Weekday,
    check_symbol_name,
)
from params_optimizer.config.reading import (
    load_settings,
    parse_json,
    parse_model,
    read_json,
    with_overrides,
)

__all__ = [
    "DEFAULT_FILE",
    "SYMBOL_PATTERN",
    "WEEKDAYS",
    "Backtest",
    "CheckpointSettings",
    "GridValues",
    "Grids",
    "IBWindow",
    "Model",
    "NewsFilter",
    "Parallelization",
    "Paths",
    "Positions",
    "RankingWeights",
    "Settings",
    "Symbol",
    "TradingHours",
    "VariationConditions",
    "Weekday",
    "check_symbol_name",
    "load_settings",
    "parse_json",
    "parse_model",
    "read_json",
    "with_overrides",
]
