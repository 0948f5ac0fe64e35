"""Dukascopy exports: `Gmt time` is GMT; `Local time` writes its offset behind each time."""

from params_optimizer.data.importers.stamps import ArrowStrings, Stamps, calendar_stamps, day_first
from params_optimizer.data.importers.text import Header, Layout

NAME = "Dukascopy"


def layout(first_line: str) -> Layout | None:
    """A header with `Gmt time` or `Local time`."""
    header = Header(first_line)
    gmt, local = header.position("gmt time"), header.position("local time")
    if gmt is not None:
        return header.layout((gmt,), offset=0)
    return None if local is None else header.layout((local,))


def stamps(columns: list[ArrowStrings]) -> Stamps:
    """`22.04.2026 01:44:00.000`, or the same with ` GMT+0200`."""
    import pyarrow.compute as pc

    (time,) = columns
    return calendar_stamps(
        pc.utf8_slice_codeunits(time, 0, 10), pc.utf8_slice_codeunits(time, 10), day_first
    )
