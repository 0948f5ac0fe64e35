"""A panel looks at its longest trade window once; a shorter one is cut out of it exactly.

Initial Balance and window as in test_rules_signals.py: 100 to 110, from 08:10 UTC on. Each
case says what its bars give in windows of so many minutes: a variation and R, or nothing.
"""

from dataclasses import replace

import pytest

from params_optimizer.data.news import NO_NEWS
from params_optimizer.strategies.initial_balance.reference import backtest as reference
from tests.strategies.hand_made import EASY, bars_of
from tests.strategies.panels import SCOPES, axes_of, panel_columns, row_of

IB = "08:00 105 110 100 105\n"
PREFIX = {variation: prefix for prefix, variation in SCOPES.items()}


def case(name, bars, expected, **keys):
    return pytest.param(IB + bars, expected, keys, id=name)


CASES = [
    case(
        "R8.4 an exit beyond the window is its own time exit",
        """
        08:10 107 112 104 111        # OCAE at 111, decided at 08:12; stop 105, target 117
        08:12 111 112 110 112        # entry bar
        08:14 112 113 111 113
        08:16 113 117 112 114        # target
        """,
        {
            1: None,  # ends before the decision
            2: ("OCAE", 0),  # the entry bar is the last one: out at the close before, 111
            3: ("OCAE", 0),
            4: ("OCAE", 1 / 6),
            5: ("OCAE", 1 / 6),
            6: ("OCAE", 1),
            60: ("OCAE", 1),
        },
    ),
    case(
        "R8.3 so it is for a stop that was trailed before the window ended",
        """
        08:10 107 112 104 111        # OCAE at 111
        08:12 111 112 110 112
        08:13 112 117 112 116        # stop to 108, next target 123
        08:15 116 116 107 109        # there
        """,
        {
            2: ("OCAE", 0),
            3: ("OCAE", 1 / 6),
            4: ("OCAE", 1 / 6),
            5: ("OCAE", -0.5),
            60: ("OCAE", -0.5),
        },
        tsl_target=1.0,
    ),
    case(
        "R7.1 the entry bar falls back to the last bar of each window",
        """
        08:10 107 108 104 107
        08:12 107 112 107 111        # OCAE at 111, decided at 08:14; two minutes are missing
        08:16 111 117 111 116        # entry bar where the window is long enough
        08:18 116 118 116 117
        """,
        {
            3: None,
            4: ("OCAE", -4 / 6),  # entry bar 08:12, out at the close of 08:10
            5: ("OCAE", -4 / 6),
            6: ("OCAE", 0),
            7: ("OCAE", 0),
            8: ("OCAE", 1),
        },
    ),
    case(
        "R2.3 Reverse enters on the bar at the window's end",
        """
        08:10 109   109 108   108.5
        08:12 108.5 111.5 108.5 109  # upper sweep
        08:14 109   109 107   107.5  # confirmation
        08:16 107.5 108 106   106.5  # entry at 107.5, stop 111.5, target 103.5
        08:17 106.5 106.5 106 106
        08:18 106   106 103   103
        """,
        {
            4: None,
            5: None,
            6: ("Reverse", 0),
            7: ("Reverse", 0.25),
            8: ("Reverse", 1),
        },
    ),
    case(
        "R2.3 not where the bar at the window's end is missing, though its candle is not",
        """
        08:10 109   109 108   108.5
        08:12 108.5 111.5 108.5 109
        08:14 109   109 107   107.5
        08:17 107   108 106   106.5  # candle of 08:16: raw 107, fill 107.5
        08:18 106   106 103   103
        """,
        {
            6: None,  # ends at 08:16
            7: ("Reverse", 0),
            8: ("Reverse", 0.25),  # target 102.5: out at the close of 08:17
        },
    ),
    case(
        "R3.6 the first group whose entry candle lies inside the window",
        """
        08:04 107   107 106   106    # bearish: level 106 of the first group
        08:10 108   111 108   109    # first group
        08:12 109   109 108   108.5  # bearish: level 108 of the second group
        08:14 108.5 112 108.5 109    # second group
        08:16 109   109 107   107.5  # confirms the second group
        08:18 107.5 108 107   107    # its entry: 107.5, stop 112
        08:20 107   107 105.5 105.75 # confirms the first group, which comes first
        08:22 105.75 106 105.5 105.5 # its entry: 105.75, stop 111
        08:24 105.5 105.5 105.25 105.25
        """,
        {
            7: None,
            8: ("Reverse", 0),
            9: ("Reverse", 0),
            10: ("Reverse", 0.5 / 4.5),
            11: ("Reverse", 0.5 / 4.5),
            12: ("Reverse", 0),
            14: ("Reverse", 0.25 / 5.25),
        },
    ),
    case(
        "R5.2 REV_RB is filled by the second minute of a candle only",
        """
        08:10 112 116 111 112        # extension up
        08:12 112 113 111 112
        08:14 112 113 111 112
        08:15 112 112 109 112        # fills the long at 110, stop 105
        08:16 112 113 111 113
        08:17 113 115 111 114        # target
        """,
        {
            3: None,
            4: None,  # the candle of 08:14 is the one bar that does not fill
            5: ("REV_RB", 0.4),  # no bar from 08:16 on: out at the close of 08:14
            6: ("REV_RB", 0.4),
            7: ("REV_RB", 1),
        },
        rev_rb_enabled=True,
        max_distance_pct=0.1,
    ),
    case(
        "R5.2 REV_RB is filled by the bar at the window's end",
        """
        08:10 112 116 111 112
        08:12 112 113 111 113
        08:14 112 113 109 112        # fills
        08:15 112 112 111 111
        08:16 111 111 104 106        # entry bar of the longer windows: exits nothing
        08:18 106 106 104 105        # stop
        """,
        {
            3: None,
            4: ("REV_RB", 0.6),
            5: ("REV_RB", 0.4),
            6: ("REV_RB", 0.2),
            7: ("REV_RB", 0.2),
            8: ("REV_RB", -1),
        },
        rev_rb_enabled=True,
        max_distance_pct=0.1,
    ),
    case(
        "R5.2 the short side of it, with the bar at the window's end missing",
        """
        08:10 98  99  94  98         # extension down
        08:12 98  99  97  98
        08:15 98  101 97  98         # candle of 08:14: fills the short at 100, stop 105
        08:16 98  99  97  97
        08:18 97  97  95  96         # target
        """,
        {
            4: None,
            5: ("REV_RB", 0.4),
            6: ("REV_RB", 0.4),
            7: ("REV_RB", 0.4),
            8: ("REV_RB", 1),
        },
        rev_rb_enabled=True,
        max_distance_pct=0.1,
    ),
    case(
        "R6.4 a breakout that is decided too late leaves the day to REV_RB",
        """
        08:10 107 115 104 107        # extension up
        08:12 107 109 106 108        # fills the long at 110, stop 105
        08:14 108 112 107 111        # OCAE at 111, decided at 08:16
        08:16 111 112 110 111
        """,
        {
            1: None,
            2: ("REV_RB", -0.6),
            3: ("REV_RB", -0.6),
            4: ("REV_RB", -0.4),
            5: ("REV_RB", -0.4),
            6: ("OCAE", 0),
        },
        rev_rb_enabled=True,
    ),
]


@pytest.mark.parametrize(("bars", "expected", "keys"), CASES)
def test_windows(bars, expected, keys):
    bars, params = bars_of(bars), replace(EASY, **keys)
    axes = axes_of(params)._replace(windows=tuple(expected))
    columns = panel_columns(bars, axes, 0.0, NO_NEWS)
    for place, (window, result) in enumerate(expected.items()):
        trades = reference(bars, replace(params, trade_window_minutes=window), 0.0, NO_NEWS)
        got = {name: column[place] for name, column in columns.items()}
        for row in (row_of(trades), got):
            variation, r = result or (None, 0)
            assert row["total_trades"] == (result is not None), (window, row)
            assert row["total_r"] == pytest.approx(r, rel=1e-12), window
            assert row[f"{PREFIX[variation]}total_r"] == row["total_r"], window
            assert row[f"{PREFIX[variation]}total_trades"] == row["total_trades"], window
