"""TradingView exports, and any table with a header and one time column.

`time,open,high,low,close[,Volume]` in any order and case, beside other columns. Times
are ISO 8601 with `Z` or an offset that may change within the file, or unix time.
"""

from params_optimizer.data.importers.stamps import ArrowStrings, Stamps, free_stamps
from params_optimizer.data.importers.text import PRICES, Header, Layout

NAME = "TradingView"
TIMES = ("time", "datetime", "timestamp", "date")


def layout(first_line: str) -> Layout | None:
    """A header with a time column; a header with prices only is an error."""
    header = Header(first_line)
    time = header.position(*TIMES)
    if time is not None:
        return header.layout((time,))
    if len(set(PRICES) & set(header.names)) > 1:
        header.missing("time")
    return None


def stamps(columns: list[ArrowStrings]) -> Stamps:
    """ISO 8601 or unix time, line by line."""
    return free_stamps(columns[0])
