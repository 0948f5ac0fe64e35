"""The runs of the output folder."""

from typing import ClassVar

from params_optimizer.requests.base import CONFIG, OUTPUT, Request
from params_optimizer.requests.types import SymbolName


class ListRequest(Request):
    """List runs and workflows, of one market or of all."""

    places: ClassVar[frozenset[str]] = frozenset({CONFIG, OUTPUT})
    symbol: SymbolName | None = None
