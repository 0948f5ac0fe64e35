"""What is known before a run."""

from typing import ClassVar

from params_optimizer.requests.base import CONFIG, DATA
from params_optimizer.requests.fields import DayFields, SpreadFields, WorkerFields
from params_optimizer.requests.types import SymbolName, Text


class InfoRequest(DayFields, SpreadFields, WorkerFields):
    """Data, grid and expected time of one market, or of all."""

    places: ClassVar[frozenset[str]] = frozenset({CONFIG, DATA})
    symbol: SymbolName | None = None
    grid: Text | None = None
    keep: Text | None = None
