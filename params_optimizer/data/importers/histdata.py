"""HistData.com "Generic ASCII" minute bars: `20260421 204400;open;high;low;close;0`.

No header, and no zone in the file. The last column is always 0: these bars have no volume.
"""

import re

from params_optimizer.data.importers.stamps import (
    ArrowStrings,
    Stamps,
    calendar_stamps,
    compact_date,
)
from params_optimizer.data.importers.text import Layout

NAME = "HistData ASCII"
_LINE = re.compile(r"\d{8} \d{6};")


def layout(first_line: str) -> Layout | None:
    """A first line that is a bar already."""
    if not _LINE.match(first_line):
        return None
    return Layout(";", 6, time=(0,), prices=(1, 2, 3, 4), volume=None, header=False)


def stamps(columns: list[ArrowStrings]) -> Stamps:
    """`20260421 204400`."""
    import pyarrow.compute as pc

    (time,) = columns
    return calendar_stamps(
        pc.utf8_slice_codeunits(time, 0, 8), pc.utf8_slice_codeunits(time, 8), compact_date
    )
