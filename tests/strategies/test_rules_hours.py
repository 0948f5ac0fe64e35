"""Bars outside the trading hours and repeated bars never reach the rules (DESIGN section 4).

Every case is the OCAE of test_rules_days.py from raw files as users have them, with one bar
that would change it if it got through.
"""

import pytest

from params_optimizer.config import Settings
from params_optimizer.data.loader import load_bars
from params_optimizer.data.prepare_data import prepare

HEADER = "time,open,high,low,close\n"
TRADED = "OCAE long 08:12 at 111 stop 105 target 117, "


def case(name, symbol, *raw_files, expected, **keys):
    return pytest.param(symbol, raw_files, expected, keys, id=name)


CASES = [
    case(
        "GER40 in winter: from 23:00 in Berlin",
        "GER40",
        """
        2024-01-10T08:00:00Z,105,110,100,105
        2024-01-10T08:10:00Z,107,112,104,111
        2024-01-10T08:12:00Z,111,112,110,111
        2024-01-10T21:59:00Z,111,112,110,111
        2024-01-10T22:00:00Z,117,118,116,117
        """,
        expected=TRADED + "time 21:59 at 111 R 0",
    ),
    case(
        "GER40 in summer: an hour earlier in UTC",
        "GER40",
        """
        2024-07-10T08:00:00Z,105,110,100,105
        2024-07-10T08:10:00Z,107,112,104,111
        2024-07-10T08:12:00Z,111,112,110,111
        2024-07-10T20:59:00Z,111,112,110,111
        2024-07-10T21:00:00Z,117,118,116,117
        """,
        expected="2024-07-10 " + TRADED + "time 20:59 at 111 R 0",
    ),
    case(
        "GER40: before 07:00 in Berlin",
        "GER40",
        """
        2024-01-10T05:59:00Z,105,130,80,105
        2024-01-10T06:00:00Z,105,110,100,105
        2024-01-10T08:10:00Z,107,112,104,111
        2024-01-10T08:12:00Z,111,112,110,111
        2024-01-10T08:14:00Z,111,117,110,111
        """,
        expected=TRADED + "tp 08:14 at 117 R 1",
        ib_start="05:00",
    ),
    case(
        "XAUUSD: Saturday in UTC, while it is Saturday in Tokyo since hours",
        "XAUUSD",
        """
        2024-01-12T23:40:00Z,105,110,100,105
        2024-01-12T23:50:00Z,107,112,104,111
        2024-01-12T23:52:00Z,111,112,110,111
        2024-01-12T23:59:00Z,111,112,110,111
        2024-01-13T00:00:00Z,117,118,116,117
        """,
        expected="2024-01-13 OCAE long 23:52 at 111 stop 105 target 117, time 23:59 at 111 R 0",
        ib_timezone="Asia/Tokyo",
        ib_start="08:40",
        ib_end="08:50",
    ),
    case(
        "XAUUSD: Sunday in UTC, while it is Monday in Tokyo",
        "XAUUSD",
        """
        2024-01-14T23:59:00Z,105,130,80,105
        2024-01-15T00:00:00Z,105,110,100,105
        2024-01-15T00:10:00Z,107,112,104,111
        2024-01-15T00:12:00Z,111,112,110,111
        2024-01-15T00:14:00Z,111,117,110,111
        """,
        expected="2024-01-15 OCAE long 00:12 at 111 stop 105 target 117, tp 00:14 at 117 R 1",
        ib_timezone="Asia/Tokyo",
        ib_start="08:50",
        ib_end="09:10",
    ),
    case(
        "of repeated bars the first one, files in natural order: (2) before (10)",
        "GER40",
        """
        2024-01-10T08:00:00Z,105,110,100,105
        2024-01-10T08:10:00Z,107,112,104,111
        """,
        """
        2024-01-10T08:00:00Z,105,130,80,105
        2024-01-10T08:12:00Z,111,112,110,111
        2024-01-10T08:14:00Z,111,117,110,111
        """,
        expected=TRADED + "tp 08:14 at 117 R 1",
    ),
]


@pytest.mark.parametrize(("symbol", "raw_files", "expected", "keys"), CASES)
def test_prepared_bars(play, tmp_path, symbol, raw_files, expected, keys):
    folder = tmp_path / f"{symbol} 1m raw"
    folder.mkdir()
    for number, text in zip((2, 10), raw_files, strict=False):
        rows = "\n".join(line.strip() for line in text.strip().splitlines())
        (folder / f"{symbol}, 1 ({number}).csv").write_text(HEADER + rows + "\n")
    prepare(tmp_path, symbol, Settings().symbols[symbol])
    keys = {"trade_window_minutes": 1440} | keys
    assert play(load_bars(tmp_path, symbol), **keys) == expected
