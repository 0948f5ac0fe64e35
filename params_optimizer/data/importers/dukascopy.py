"""Dukascopy exports: `Gmt time` is GMT; `Local time` writes its offset behind each time."""

from collections.abc import Sequence

from params_optimizer.data.importers.layout import Header, Layout

NAME = "Dukascopy"


def layout(lines: Sequence[str]) -> Layout | None:
    """A header with `Gmt time` or `Local time`."""
    header = Header(lines[0])
    gmt, local = header.position("gmt_time"), header.position("local_time")
    if gmt is not None:
        return header.layout(NAME, (gmt,), offset=0)
    return None if local is None else header.layout(NAME, (local,))
