"""MetaTrader exports: date and time in two columns, on the clock of the broker's server.

MetaTrader 5 writes `<DATE> <TIME> <OPEN> <HIGH> <LOW> <CLOSE> <TICKVOL> ...` with tabs,
MetaTrader 4 (and HistData's MetaTrader files) the same without a header and with commas.
"""

import re

from params_optimizer.data.importers.stamps import (
    ArrowStrings,
    Stamps,
    calendar_stamps,
    free_stamps,
    year_first,
)
from params_optimizer.data.importers.text import Header, Layout

NAME = "MetaTrader"
# Bars of a day or more come without <TIME>.
_DAILY = ("date", "open", "high", "low", "close", "tickvol", "vol", "spread")
_HEADERLESS = re.compile(r"\d{4}\.\d\d\.\d\d,\d\d:\d\d,")


def layout(first_line: str) -> Layout | None:
    """A header with date and time, or a line of MetaTrader 4."""
    if _HEADERLESS.match(first_line):
        return Layout(",", 7, time=(0, 1), prices=(2, 3, 4, 5), volume=6, header=False)
    header = Header(first_line)
    date, time = header.position("date"), header.position("time")
    if date is not None and time is not None:
        return header.layout((date, time))
    if date is None or "<DATE>" not in first_line:
        return None
    if header.names != list(_DAILY):
        header.missing("time")
    return header.layout((date,))


def stamps(columns: list[ArrowStrings]) -> Stamps:
    """`2026.04.22` and `01:44[:00]`, or the date alone."""
    if len(columns) == 1:
        return free_stamps(columns[0])
    date, time = columns
    return calendar_stamps(date, time, year_first)
