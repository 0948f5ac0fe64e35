"""From raw files to prepared bars."""

from pathlib import Path
from typing import ClassVar

from params_optimizer.requests.base import CONFIG, DATA, Request
from params_optimizer.requests.types import DateOrder, Stamp, SymbolName, Text


class PrepareRequest(Request):
    """Read these files or folders, or the folders of the market where none are named."""

    places: ClassVar[frozenset[str]] = frozenset({CONFIG, DATA})
    symbol: SymbolName
    paths: tuple[Path, ...] = ()
    source_timezone: Text | None = None
    stamps: Stamp | None = None
    date_order: DateOrder | None = None
    force: bool = False
