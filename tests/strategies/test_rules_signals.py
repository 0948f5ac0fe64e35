"""R3 to R6 on bars made by hand: which signal a day gives.

The Initial Balance is 100 to 110 in all of them (EQ 105, range 10) and its only bar closes
where it opens, so that it is no level of R3.4. The window is 08:10 to 08:30; where a bar
stands alone in its two minutes it is the candle. No spread, target 1 R, stop at EQ.
"""

import pytest

IB = "08:00 105 110 100 105\n"


def case(name, bars, expected, **keys):
    return pytest.param(IB + bars, expected, keys, id=name)


REVERSE = [
    case(
        "R3.6 raw price is the open after the confirmation, fill price its close",
        """
        08:10 109   109   108 108.5  # bearish: its low 108 is the level
        08:12 108.5 111.5 108.5 109  # upper sweep, extreme 111.5
        08:14 109   109   107 107.5  # closes below the level, 2.5 below IBH: confirmation
        08:16 107   107.5 106 106.5  # entry candle: raw 107, fill 107.5
        08:17 106.5 106.5 102 103    # target 107 - 4.5
        """,
        "Reverse short 08:16 at 107.5 stop 111.5 target 102.5, tp 08:17 at 102.5 R 1.25",
    ),
    case(
        "R3.2 one candle sweeps both sides: the upper group is opened first",
        """
        08:10 109   109 108   108.5  # bearish: level 108 of upper groups
        08:12 108.5 113 98    109    # sweeps both: an upper group, then a lower one (no level)
        08:14 109   111 106.5 107    # upper sweep; the lower group is current: a third group.
                                     # It closes below 108: it confirms the first group
        08:16 107   108 106   107    # entry candle, stop at the first group's extreme 113
        08:17 107   107 101   102
        """,
        "Reverse short 08:16 at 107 stop 113 target 101, tp 08:17 at 101 R 1",
    ),
    case(
        "R3.2 one candle sweeps both sides: the lower group is the current one",
        """
        08:10 101   102 101 101.5    # bullish: level 102 of lower groups; no level for upper
        08:12 101.5 113 98  101      # sweeps both
        08:14 101   103 97  102.5    # lower sweep joins: extreme 97, and is no confirmation
        08:16 102.5 104 102 103      # confirmation
        08:18 103   104 102 103      # entry candle
        08:19 103   109 103 108
        """,
        "Reverse long 08:18 at 103 stop 97 target 109, tp 08:19 at 109 R 1",
    ),
    case(
        "R3.3 a group goes on across a missing candle",
        """
        08:10 109   109 108   108.5
        08:12 108.5 111 108.5 109    # upper sweep
                                     # 08:14 and 08:15 are missing
        08:16 109   112 107   107.5  # the next candle by position: joins, extreme 112
        08:18 107.5 108 107   107    # so this one is the confirmation
        08:20 107   108 106   107
        08:21 107   107 102   103
        """,
        "Reverse short 08:20 at 107 stop 112 target 102, tp 08:21 at 102 R 1",
    ),
    case(
        "R3.3 a sweep of the other side opens a group of its own",
        """
        08:10 109   109 108   108.5
        08:12 108.5 111 108.5 109    # upper group
        08:14 109   109 99    107    # lower group; its close confirms the upper one
        08:16 107   108 106   107
        08:18 107   107 103   103
        """,
        "Reverse short 08:16 at 107 stop 111 target 103, tp 08:18 at 103 R 1",
    ),
    case(
        "R3.3 a candle between two sweeps parts the groups",
        """
        08:10 109   109 108   108.5
        08:12 108.5 111 108.5 109    # first group, extreme 111
        08:14 109   110 108.5 109    # reaches IBH, which is no sweep
        08:16 109   112 107   107.5  # second group; its close confirms the first one
        08:18 107   108 106   107    # fill 107.5, raw 107
        08:19 107   107 103   104
        """,
        "Reverse short 08:18 at 107.5 stop 111 target 103, tp 08:19 at 103 R 1.2857142857142858",
    ),
    case(
        "R3.1 no sweep counts after a candle that lies outside",
        """
        08:10 109   109 108   108.5
        08:12 113   114 112.5 113.5  # open and close above IBH
        08:14 108.5 111 108.5 109
        08:16 109   109 107   107.5
        08:18 107   108 106   107
        """,
        "",
        max_distance_pct=0.25,
    ),
    case(
        "R3.1 a sweep before it still counts",
        """
        08:10 109   109 108   108.5
        08:12 108.5 111 108.5 109
        08:14 113   114 112.5 113.5
        08:16 109   109 107   107.5  # confirmation
        08:18 107.5 108 106   107
        08:20 107   107 104   104
        """,
        "Reverse short 08:18 at 107.5 stop 111 target 104, tp 08:20 at 104 R 1",
        max_distance_pct=0.25,
    ),
    case(
        "R3.1 a candle that opens or closes on the buffered edge is not outside",
        """
        08:10 109   109 108   108.5
        08:12 111   113 110.5 112    # opens at IBH + buffer
        08:14 108.5 111 108.5 109
        08:16 109   109 107   107.5
        08:18 107.5 108 106   107
        08:20 107   107 104   104
        """,
        "Reverse short 08:18 at 107.5 stop 111 target 104, tp 08:20 at 104 R 1",
        ib_buffer_pct=0.1,
        max_distance_pct=0.125,
    ),
    case(
        "R3.2 with a buffer a sweep may open and close on the buffered edge",
        """
        08:10 109 109 108 108.5
        08:12 111 112 108.5 111      # open and close at 111 = IBH + buffer
        08:14 109 109 107 107.5
        08:16 107.5 108 106 107
        08:18 107 107 103 103
        """,
        "Reverse short 08:16 at 107.5 stop 112 target 103, tp 08:18 at 103 R 1",
        ib_buffer_pct=0.1,
    ),
    case(
        "R3.4 the level is the nearest candle, through the window into the context",
        """
        08:02 107   107 106   106    # bearish, but further back
        08:04 109   109 107.5 108    # bearish: level 107.5
        08:06 108   109 108   109
        08:10 109   109.5 108.5 109  # neither
        08:12 109   111 108.5 109
        08:14 109   109 107.5 107.5  # on the level: no confirmation
        08:16 107.5 108 107   107.25 # confirmation
        08:18 107.25 108 107  107
        08:20 107   107 103   103
        """,
        "Reverse short 08:18 at 107.25 stop 111 target 103.5, tp 08:20 at 103.5 R 1",
    ),
    case(
        "R3.4 minutes of waiting belong to the context; bars before ib_start do not",
        """
        08:10 107   107.5 106.5 107
        08:12 108   109 108   108.5  # bullish, while the window is not open yet
        08:16 105   106 99    101    # lower sweep: the level is far above, 109
        08:18 101   104 101   103.5  # no confirmation
        08:20 103.5 104 103   103.5
        """,
        "",
        ib_wait_minutes=5,
    ),
    case(
        "R3.4 without a candle against it a group gives nothing, the next one may",
        """
        08:10 108   111 108   109    # upper sweep, nothing bearish before it
        08:12 109   109 108   108    # bearish: level 108
        08:14 108   112 108   109    # second group
        08:16 109   109 107   107    # closes below 108
        08:18 107   108 106   107
        08:20 107   107 102   102
        """,
        "Reverse short 08:18 at 107 stop 112 target 102, tp 08:20 at 102 R 1",
    ),
    case(
        "R3.5 a confirmation half the range away gives nothing",
        """
        08:10 109   109 108   108.5
        08:12 108.5 111 108.5 109
        08:14 109   109 105   105    # IBH - close = 5 = 0.5 * range
        08:16 105   107 105   107    # a later one is not looked for
        08:18 107   108 106   107
        """,
        "",
    ),
    case(
        "R3.5 no candle follows the confirmation",
        """
        08:10 109   109 108   108.5
        08:12 108.5 111 108.5 109
        08:30 109   109 107   107.5
        """,
        "",
    ),
    case(
        "R2.3 the entry candle may be the single bar at the window's end",
        """
        08:10 109   109 108   108.5
        08:12 108.5 111 108.5 109
        08:28 109   109 107   107.5
        08:30 107   108 106   106    # the last bar: nothing after it, time exit at 107.5
        08:31 106   106 90    90     # after the window
        """,
        "Reverse short 08:30 at 107.5 stop 111 target 103, time 08:30 at 107.5 R 0",
    ),
]

BREAKOUT = [
    case(
        "R4.3 EQ touched before the breakout: OCAE",
        """
        08:10 107 108 105 107        # low = EQ touches
        08:12 107 112 107 111
        08:14 111 112 110 111        # entry bar: the first from 08:14 on
        08:15 111 117 111 116
        """,
        "OCAE long 08:14 at 111 stop 105 target 117, tp 08:15 at 117 R 1",
    ),
    case(
        "R4.3 EQ touched by the breakout itself, short, stop at start_price",
        """
        08:10 107 108 106 107
        08:12 107 107 98  99
        08:14 99  100 98  99
        08:16 99  100 90  91         # stop 107: 8 away
        """,
        "OCAE short 08:14 at 99 stop 107 target 91, tp 08:16 at 91 R 1",
        stop_mode="ib_start",
    ),
    case(
        "R4.4 without EQ a second close further out: TCWE",
        """
        08:10 107 112 107 111        # first breakout
        08:12 111 112 111 111        # closes no further
        08:14 111 112 109 109        # inside again
        08:16 109 113 109 112        # second one
        08:18 112 113 111 112
        08:20 112 119 112 118
        """,
        "TCWE long 08:18 at 112 stop 105 target 119, tp 08:20 at 119 R 1",
    ),
    case(
        "R4.4 EQ touched in between ends it, even by a further breakout",
        """
        08:10 107 112 107 111
        08:12 111 113 105 112
        08:14 112 114 112 113
        08:16 113 114 112 113
        """,
        "",
    ),
    case(
        "R4.4 a breakout on the other side changes nothing",
        """
        08:10 107 112 107 111
        08:12 99  99  98  98         # gap over EQ
        08:14 111 112 111 112
        08:16 112 113 111 112
        08:18 112 119 112 118
        """,
        "TCWE long 08:16 at 112 stop 105 target 119, tp 08:18 at 119 R 1",
    ),
    case(
        "R4.1 on the buffered edge is no breakout, at the maximum distance is one",
        """
        08:10 107 112 104 111        # IBH + buffer
        08:12 111 114 111 113.5      # 3.5 away: too far, the search goes on
        08:14 113 114 112 112.5      # 2.5 away
        08:16 112.5 113 112 112.5
        08:18 112.5 120 112 120
        """,
        "OCAE long 08:16 at 112.5 stop 105 target 120, tp 08:18 at 120 R 1",
        ib_buffer_pct=0.1,
        max_distance_pct=0.25,
    ),
]

REBOUND = [
    case(
        "R5.1 both extensions in one candle: up",
        """
        08:10 107 115 95  107        # both at 0.5 * range
        08:12 107 108 106 107        # low <= IBH: fills the long at IBH
        08:14 107 108 106 107        # entry bar
        08:15 107 115 107 109
        """,
        "REV_RB long 08:14 at 110 stop 105 target 115, tp 08:15 at 115 R 1",
    ),
    case(
        "R5.1 the earlier extension counts; R5.2 the trigger itself does not fill",
        """
        08:10 107 108 95  107        # down first, and back over IBL
        08:12 107 115 106 107        # high >= IBL: fills the short at IBL
        08:14 100 101 99  100
        08:15 100 101 95  101
        """,
        "REV_RB short 08:14 at 100 stop 105 target 95, tp 08:15 at 95 R 1",
    ),
    case(
        "R5.1 a hundredth short of the extension is none",
        """
        08:10 107 114.99 95.01 107
        08:12 107 108 106 107
        08:14 107 108 106 107
        """,
        "",
    ),
    case(
        "R5.3 the stop keeps its minimum distance on the losing side: long",
        """
        08:10 107 115 106 107
        08:12 107 108 106 107
        08:14 107 108 106 107
        08:15 110 117 110 117        # 110 / 16 = 6.875 away
        """,
        "REV_RB long 08:14 at 110 stop 103.125 target 116.875, tp 08:15 at 116.875 R 1",
        min_sl_pct=0.0625,
    ),
    case(
        "R5.3 the same short",
        """
        08:10 103 104 95  103
        08:12 103 104 102 103
        08:14 103 104 102 103
        08:15 100 100 93  93
        """,
        "REV_RB short 08:14 at 100 stop 106.25 target 93.75, tp 08:15 at 93.75 R 1",
        min_sl_pct=0.0625,
    ),
    case(
        "R5 filled by the single bar at the window's end: decided at its start (R6.1)",
        """
        08:26 112 116 110.5 112      # up
        08:28 116 117 110.5 116
        08:30 107 108 106 107        # fills; no bar from 08:32 on, so it is the entry bar
        """,
        "REV_RB long 08:30 at 110 stop 105 target 115, time 08:30 at 116 R 1.2",
        max_distance_pct=0.125,
    ),
]


@pytest.mark.parametrize(("bars", "expected", "keys"), REVERSE)
def test_reverse(play, bars, expected, keys):
    assert play(bars, **keys) == expected


@pytest.mark.parametrize(("bars", "expected", "keys"), BREAKOUT)
def test_breakouts(play, bars, expected, keys):
    assert play(bars, **keys) == expected


@pytest.mark.parametrize(("bars", "expected", "keys"), REBOUND)
def test_rebound(play, bars, expected, keys):
    assert play(bars, **{"rev_rb_enabled": True} | keys) == expected
