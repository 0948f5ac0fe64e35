"""TradeStation and MultiCharts exports, whose times are those of the close of each bar.

`"Date","Time","Open","High","Low","Close","Up","Down"`: dates are MM/DD/YYYY, `Up` and `Down`
are the volumes of rising and falling ticks; MultiCharts writes `TotalVolume`, or `Vol` and `OI`.
"""

from collections.abc import Sequence
from dataclasses import replace

from params_optimizer.data.importers.layout import Header, Layout

NAME = "TradeStation"
_VOLUMES = ({"up", "down"}, {"totalvolume"}, {"vol", "oi"})


def layout(lines: Sequence[str]) -> Layout | None:
    """A header with date and time in quotes or `<>`, and the volumes of these programs."""
    if not lines[0].startswith(('"Date"', "<Date>")):
        return None
    header = Header(lines[0])
    date, time = header.position("date"), header.position("time")
    if date is None or time is None or not any(names <= set(header.keys) for names in _VOLUMES):
        return None
    return replace(header.layout(NAME, (date, time)), closes=True, date_order="mdy")
