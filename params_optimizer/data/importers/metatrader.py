"""MetaTrader exports: date and time in two columns, on the clock of the broker's server.

MetaTrader 5 writes `<DATE> <TIME> <OPEN> <HIGH> <LOW> <CLOSE> <TICKVOL> ...` with tabs,
MetaTrader 4 (and HistData's MetaTrader files) the same without a header and with commas.
`<TICKER>,<PER>,<DATE>,<TIME>,...` of Finam and others is read as well.
"""

import re
from collections.abc import Sequence

from params_optimizer.data.importers.layout import Header, Layout

NAME = "MetaTrader"
_TICKER = "<TICKER> file"
# Bars of a day or more come without <TIME>.
_DAILY = ("date", "open", "high", "low", "close", "tickvol", "vol", "spread")
_HEADERLESS = re.compile(r"\d{4}\.\d\d\.\d\d,\d\d:\d\d,")


def layout(lines: Sequence[str]) -> Layout | None:
    """A header with `<DATE>`, or a line of MetaTrader 4."""
    if _HEADERLESS.match(lines[0]):
        return Layout(NAME, ",", 7, time=(0, 1), prices=(2, 3, 4, 5), volume=(6,))
    if "<DATE>" not in lines[0]:
        return None
    header = Header(lines[0])
    date, time = header.position("date"), header.position("time")
    name = NAME if header.position("ticker") is None else _TICKER
    if date is not None and time is not None:
        return header.layout(name, (date, time))
    if date is None or (header.names != list(_DAILY) and name == NAME):
        header.missing("date" if date is None else "time")
    return header.layout(name, (date,))
