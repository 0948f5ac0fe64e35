"""Minute bars without a header: `20260421 204400;open;high;low;close;volume`.

HistData.com ("Generic ASCII") and NinjaTrader write the same lines. Those of HistData have no
volume, always 0 in the last column, and the time of the open; those of NinjaTrader have a
volume and the time of the close, UTC since version 8. Neither writes its zone.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from params_optimizer.data.importers.layout import Layout

NAME = "HistData ASCII"
NINJATRADER = "NinjaTrader"
_LINE = re.compile(r"\d{8} \d{6};")


def layout(lines: Sequence[str]) -> Layout | None:
    """A first line that is a bar already."""
    if not _LINE.match(lines[0]):
        return None
    histdata = Layout(NAME, ";", 6, time=(0,), prices=(1, 2, 3, 4))
    ninjatrader = replace(histdata, format=NINJATRADER, volume=(5,), closes=True)
    return replace(histdata, with_volume=ninjatrader)
