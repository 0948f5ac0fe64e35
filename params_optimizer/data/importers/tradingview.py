"""TradingView exports, and any table with a header and a column of times.

`time,open,high,low,close[,Volume]` in any order and case, beside other columns. Times are
those of `stamps.SPELLINGS`, in one column or two. Also read are the three-line headers of
yfinance, and the column names of Binance, Polygon, CryptoDataDownload and Sierra Chart.
"""

from collections.abc import Sequence
from dataclasses import replace

from params_optimizer.data.importers.column_names import PRICES, TIMES
from params_optimizer.data.importers.layout import Header, Layout, several_series

NAME = "TradingView"
_TABLE = "table with a header"
_CLOCKS = ("time", "timestamp")


def layout(lines: Sequence[str]) -> Layout | None:
    """A header with a time column; a header with prices only is an error."""
    if _is_yfinance(lines):
        return _yfinance(lines)
    header = Header(lines[0])
    date, clock = header.position("date"), header.position(*_CLOCKS)
    if date is not None and clock is not None and header.is_clock(clock, lines):
        name = "Sierra Chart" if header.position("numberoftrades") is not None else _TABLE
        return header.layout(name, (date, clock))
    time = header.position(*TIMES)
    if time is not None:
        return header.layout(NAME if header.keys[time] == "time" else _TABLE, (time,))
    if len(set(PRICES) & set(header.keys)) > 1:
        header.missing("time")
    return None


def _is_yfinance(lines: Sequence[str]) -> bool:
    """`Price,Close,...`, `Ticker,SPY,...`, `Datetime,,...`."""
    first = [line.partition(",")[0] for line in lines[:3]]
    return first[:2] == ["Price", "Ticker"] and first[2:] in (["Datetime"], ["Date"])


def _yfinance(lines: Sequence[str]) -> Layout:
    tickers = list(dict.fromkeys(lines[1].split(",")[1:]))
    if len(tickers) > 1:
        raise several_series("ticker", ", ".join(tickers))
    header = Header(lines[2].partition(",")[0] + "," + lines[0].partition(",")[2])
    return replace(header.layout("yfinance", (0,)), header=3)
