"""Generated data to try things on."""

from typing import ClassVar

from params_optimizer.requests.base import CONFIG, DATA, Request
from params_optimizer.requests.types import SymbolName


class SampleRequest(Request):
    """Generate raw data of one market, or of all that have a generator."""

    places: ClassVar[frozenset[str]] = frozenset({CONFIG, DATA})
    symbol: SymbolName | None = None
    force: bool = False
