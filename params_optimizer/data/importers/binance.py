"""Binance klines without a header: `open_time,open,high,low,close,volume` and six more columns.

Unix times of the open in milliseconds, since 2025 in microseconds.
"""

import re
from collections.abc import Sequence

from params_optimizer.data.importers.layout import Layout

NAME = "Binance klines"
_LINE = re.compile(r"\d{13,16}(,\d+(\.\d+)?){11}")


def layout(lines: Sequence[str]) -> Layout | None:
    """A first line that is a bar already: twelve numbers, the first of them a time."""
    if not _LINE.fullmatch(lines[0].strip()):
        return None
    return Layout(NAME, ",", 12, time=(0,), prices=(1, 2, 3, 4), volume=(5,))
