"""R15, strict execution, on bars made by hand: which order is sent, and what it meets.

Initial Balance and window as in test_rules_trades.py: 100 to 110, EQ 105, 08:10 to 08:30 UTC.
Most exits are those of one OCAE, long at 111 from the open of 08:14 on, with the stop at EQ,
so that 1 R is 6, or of its mirror image, short at 99.
"""

import pytest

from params_optimizer.strategies.initial_balance.params import Execution

IB = "08:00 105 110 100 105\n"
LONG = """
08:10 107 108 104 107        # touches EQ
08:12 107 112 107 111        # OCAE, decided at 08:14
"""
SHORT = """
08:10 103 106 102 103        # touches EQ
08:12 103 103 98  99         # OCAE, decided at 08:14
"""
ENTERED_LONG = LONG + "08:14 111 112 110 111\n"
ENTERED_SHORT = SHORT + "08:14 99 100 98 99\n"
PLACED_LONG = "OCAE long 08:14 at 111 stop 105 target 117, "
PLACED_SHORT = "OCAE short 08:14 at 99 stop 105 target 93, "
LAST = "\n08:30 111 111 111 111"  # the last bar, for the time exit alone
EXTENDED = "08:10 107 115 106 112\n"  # arms REV_RB: long at 110, stop 105, target 115
REBOUND = {"rev_rb_enabled": True, "max_distance_pct": 0.1}


def case(name, bars, expected, **keys):
    return pytest.param(bars, expected, keys, id=name)


ORDERS = [
    case(
        "R15.1 of two groups the one that is confirmed first",
        """
        08:04 107   107 106   106    # bearish: level 106 of the first group
        08:10 108   111 108   109    # first group
        08:12 109   109 108   108.5  # bearish: level 108 of the second group
        08:14 108.5 112 108.5 109    # second group
        08:16 109   109 107   107.5  # confirms the second group
        08:18 107.5 108 107   107    # its entry
        08:20 107   107 105.5 105.75 # confirms the first group
        08:22 105.75 106 105.5 105.5
        08:24 105.5 105.5 105.25 105.25
        """,
        "Reverse short 08:18 at 107.5 stop 112 target 103, time 08:24 at 105.5 "
        "R 0.44444444444444442",
    ),
    case(
        "R15.1 of groups that one candle confirms the first",
        """
        08:04 107   107 106    106   # bearish: level 106 of both
        08:10 108   111 108    109   # first group
        08:12 109   110 109    109.5
        08:14 109.5 112 109.5  110   # second group
        08:16 110   110 105.5  105.5 # confirms both
        08:18 105.5 106 105.25 105.5
        08:20 105.5 105.5 105  105
        """,
        "Reverse short 08:18 at 105.5 stop 111 target 100, time 08:20 at 105.5 R 0",
    ),
    case(
        "R15.2 REV_RB enters on the first bar at the edge after the candle of the trigger",
        EXTENDED
        + """
        08:11 112 113 109 112        # at the edge, in the candle of the trigger
        08:12 112 113 111 112
        08:13 112 112 109 111        # fills
        08:14 111 115 110.5 114
        """
        + LAST,
        "REV_RB long 08:13 at 110 stop 105 target 115, tp 08:14 at 115 R 1",
        **REBOUND,
    ),
    case(
        "R15.2 the short of it",
        """
        08:10 103 104 95 98          # extension down
        08:12 98  99  97 98
        08:13 98  101 98 99          # fills
        08:14 99  99.5 95 96
        """
        + LAST,
        "REV_RB short 08:13 at 100 stop 105 target 95, tp 08:14 at 95 R 1",
        **REBOUND,
    ),
    case(
        "R15.2 news at the minute of the fill voids it",
        EXTENDED + "08:12 112 113 111 112\n08:13 112 112 109 111\n08:14 111 115 109 114" + LAST,
        "",
        news="08:13-08:13",
        **REBOUND,
    ),
    case(
        "R15.2 news at the minute before does not",
        EXTENDED + "08:12 112 113 111 112\n08:13 112 112 109 111\n08:14 111 115 110 114" + LAST,
        "REV_RB long 08:13 at 110 stop 105 target 115, tp 08:14 at 115 R 1",
        news="08:12-08:12",
        **REBOUND,
    ),
    case(
        "R15.3 what is decided first is traded, REV_RB too",
        EXTENDED.replace("106", "104")  # and touches EQ
        + """
        08:12 112   112 109.5 109.5  # fills the long at 110
        08:14 109.5 111 109.5 110.5  # OCAE, decided at 08:16
        08:16 110.5 111 110 110.5
        08:18 111   111 110 110
        """,
        "REV_RB long 08:12 at 110 stop 105 target 115, time 08:18 at 111 R 0.20000000000000001",
        **REBOUND,
    ),
    case(
        "R15.3 OCAE before REV_RB that is decided in the same minute",
        EXTENDED.replace("106", "104")
        + """
        08:12 112    113   111.5 112.5
        08:14 112.5  112.5 110.5 110.75  # OCAE, decided at 08:16
        08:16 110.75 111   109   110     # would fill REV_RB
        08:18 110    110   109   109.5
        """,
        "OCAE long 08:16 at 110.75 stop 105 target 116.5, time 08:18 at 110 R -0.13043478260869565",
        **REBOUND,
    ),
    case(
        "R15.3 Reverse before REV_RB that is decided in the same minute",
        """
        08:04 100 101 100 101        # bullish: level 101
        08:10 102 102 99  101        # lower sweep
        08:12 98  102 95  102        # extension down, and the confirmation
        08:14 102 103 101 102        # both are decided here
        08:16 103 103 102 102
        """,
        "Reverse long 08:14 at 102 stop 99 target 105, time 08:16 at 103 R 0.33333333333333331",
        **REBOUND,
    ),
    case(
        "R15.4 a market order is filled at the open of the first bar from the decision on",
        LONG + "08:16 113 114 112 113\n08:18 114 114 113 113",  # 08:14 and 08:15 are missing
        "OCAE long 08:16 at 113 stop 105 target 121, time 08:18 at 114 R 0.125",
    ),
    case(
        "R15.4 a later bar is none: no trade",
        "08:10 107 108 104 107\n08:28 108 112 108 111",  # OCAE, decided at 08:30
        "",
    ),
    case(
        "R15.4 the stop is mirrored about the open",
        SHORT.replace("103 106 102", "97 106 97", 1)  # start_price 97
        + "08:14 98 98.5 97 98"
        + LAST.replace("111", "98"),
        "OCAE short 08:14 at 98 stop 99 target 97, tp 08:14 at 97 R 1",
        stop_mode="ib_start",
    ),
    case(
        "R15.4 REV_RB is filled at the open where that is better",
        EXTENDED + "08:12 108 109 107 108.5\n08:14 109 111 108 110" + LAST,
        "REV_RB long 08:12 at 108 stop 105 target 111, tp 08:14 at 111 R 1",
        **REBOUND,
    ),
    case(
        "R15.4 its least distance is of that price",
        EXTENDED + "08:12 108 109 107 108.5\n08:14 108 114.75 108 110" + LAST,
        "REV_RB long 08:12 at 108 stop 101.25 target 114.75, tp 08:14 at 114.75 R 1",
        min_sl_pct=0.0625,
        **REBOUND,
    ),
]

LEAVING = [
    case(
        "R15.5 the entry bar stops a trade out",
        LONG + "08:14 111 112 104 106" + LAST,
        PLACED_LONG + "stop 08:14 at 105 R -1",
    ),
    case(
        "R15.5 and reaches the target",
        LONG + "08:14 111 117 110 116" + LAST,
        PLACED_LONG + "tp 08:14 at 117 R 1",
    ),
    case(
        "R15.5 the stop goes first, long",
        ENTERED_LONG + "08:15 111 118 104 110" + LAST,
        PLACED_LONG + "stop 08:15 at 105 R -1",
    ),
    case(
        "R15.5 the stop goes first, short",
        ENTERED_SHORT + "08:15 99 106 92 99" + LAST,
        PLACED_SHORT + "stop 08:15 at 105 R -1",
    ),
    case(
        "R15.5 a bar that opens beyond the stop fills it at its open, long",
        ENTERED_LONG + "08:15 103 106 102 103" + LAST,
        PLACED_LONG + "stop 08:15 at 103 R -1.3333333333333333",
    ),
    case(
        "R15.5 a bar that opens beyond the stop fills it at its open, short",
        ENTERED_SHORT + "08:15 107 108 104 105" + LAST,
        PLACED_SHORT + "stop 08:15 at 107 R -1.3333333333333333",
    ),
    case(
        "R15.5 a bar that opens beyond the target fills it at the target",
        ENTERED_LONG + "08:15 118 119 117.5 118" + LAST,
        PLACED_LONG + "tp 08:15 at 117 R 1",
    ),
    case(
        "R15.5 even then the stop goes first",
        ENTERED_LONG + "08:15 118 119 104 110" + LAST,
        PLACED_LONG + "stop 08:15 at 105 R -1",
    ),
    case(
        "R15.5 the entry bar of REV_RB reaches no target",
        EXTENDED + "08:12 112 116 109 111\n08:14 111 114 110 113" + LAST,
        "REV_RB long 08:12 at 110 stop 105 target 115, time 08:30 at 111 R 0.20000000000000001",
        **REBOUND,
    ),
    case(
        "R15.5 but its stop",
        EXTENDED + "08:12 112 116 104 106" + LAST,
        "REV_RB long 08:12 at 110 stop 105 target 115, stop 08:12 at 105 R -1",
        **REBOUND,
    ),
    case(
        "R15.6 a step holds from the next bar on",
        ENTERED_LONG
        + "08:15 111 117 107 116\n"  # the stop moves to 108; this bar was below it before
        + "08:16 116 116 107.5 109"
        + LAST,
        PLACED_LONG + "stop 08:16 at 108 R -0.5",
        tsl_target=1.0,
    ),
    case(
        "R15.6 several steps of one bar",
        ENTERED_SHORT
        + "08:15 99 100 87 88\n"  # targets 93 and 87: the stop moves to 99
        + "08:16 100 101 99 100"  # opens beyond it
        + LAST,
        PLACED_SHORT + "stop 08:16 at 100 R -0.16666666666666666",
        tsl_target=1.0,
    ),
    case(
        "R15.6 steps that put the stop beyond the close leave there, long",
        ENTERED_LONG + "08:15 111 114 110 110.5" + LAST,  # the stop would be at 111
        "OCAE long 08:14 at 111 stop 105 target 114, stop 08:15 at 110.5 R -0.083333333333333329",
        rr_target=0.5,
        tsl_target=1.0,
        tsl_sl=1.0,
    ),
    case(
        "R15.6 steps that put the stop at the close leave there, short",
        ENTERED_SHORT + "08:15 99 100 96 99" + LAST,
        "OCAE short 08:14 at 99 stop 105 target 96, stop 08:15 at 99 R 0",
        rr_target=0.5,
        tsl_target=1.0,
        tsl_sl=1.0,
    ),
    case(
        "R15.6 the entry bar of a market order makes steps",
        LONG + "08:14 111 117 110 116\n08:15 116 116 107 109" + LAST,
        PLACED_LONG + "stop 08:15 at 108 R -0.5",
        tsl_target=1.0,
    ),
    case(
        "R15.5 that of REV_RB makes none",
        EXTENDED + "08:12 112 116 109 111\n08:14 111 114 107 113" + LAST,
        "REV_RB long 08:12 at 110 stop 105 target 115, time 08:30 at 111 R 0.20000000000000001",
        tsl_target=1.0,
        **REBOUND,
    ),
    case(
        "R15.7 the last bar is looked at for its open only",
        ENTERED_LONG + "08:29 114 120 100 101",
        PLACED_LONG + "time 08:29 at 114 R 0.5",
    ),
    case(
        "R15.7 entered on the last bar: out at its close",
        "08:28 107 112 104 111\n08:30 111 112 110 112",
        "OCAE long 08:30 at 111 stop 105 target 117, time 08:30 at 112 R 0.16666666666666666",
    ),
    case(
        "R15.7 entered on the last bar: the stop",
        "08:28 107 112 104 111\n08:30 111 118 105 112",
        "OCAE long 08:30 at 111 stop 105 target 117, stop 08:30 at 105 R -1",
    ),
    case(
        "R15.7 entered on the last bar: the target",
        "08:28 107 112 104 111\n08:30 111 117 110 112",
        "OCAE long 08:30 at 111 stop 105 target 117, tp 08:30 at 117 R 1",
    ),
    case(
        "R15.7 entered on the last bar: no step",
        "08:28 107 112 104 111\n08:30 111 117 110 112",
        "OCAE long 08:30 at 111 stop 105 target 117, time 08:30 at 112 R 0.16666666666666666",
        tsl_target=1.0,
        tsl_sl=1.5,
    ),
    case(
        "R15.7 REV_RB on the last bar: no target",
        EXTENDED + "08:30 112 116 109 115.5",
        "REV_RB long 08:30 at 110 stop 105 target 115, time 08:30 at 115.5 R 1.1000000000000001",
        **REBOUND,
    ),
]

COSTS = [
    case(
        "R15.8 the target pays half the spread",
        ENTERED_LONG + "08:15 111 117 110 116" + LAST,
        "OCAE long 08:14 at 112 stop 105 target 117, tp 08:15 at 116 R 0.5714285714285714",
        spread=2.0,
    ),
    case(
        "R15.8 and the stop, short",
        ENTERED_SHORT + "08:15 99 105 98 99" + LAST,
        "OCAE short 08:14 at 98 stop 105 target 93, stop 08:15 at 106 R -1.1428571428571428",
        spread=2.0,
    ),
    case(
        "R15.8 and the exit at a close",
        ENTERED_LONG + "08:15 111 114 110 110.5" + LAST,
        "OCAE long 08:14 at 112 stop 105 target 114, stop 08:15 at 109.5 R -0.35714285714285715",
        spread=2.0,
        rr_target=0.5,
        tsl_target=1.0,
        tsl_sl=1.0,
    ),
    case(
        "R15.8 and the exit at the last bar",
        ENTERED_LONG + LAST,
        "OCAE long 08:14 at 112 stop 105 target 117, time 08:30 at 110 R -0.2857142857142857",
        spread=2.0,
    ),
    case(
        "R15.8 slippage makes entry and stop worse, the levels stay",
        ENTERED_LONG + "08:15 103 106 102 103" + LAST,
        "OCAE long 08:14 at 113 stop 105 target 117, stop 08:15 at 101 R -1.5",
        spread=2.0,
        slippage=1.0,
    ),
    case(
        "R15.8 not the target",
        ENTERED_SHORT + "08:15 99 100 93 94" + LAST,
        "OCAE short 08:14 at 97 stop 105 target 93, tp 08:15 at 94 R 0.375",
        spread=2.0,
        slippage=1.0,
    ),
    case(
        "R15.8 nor the entry of REV_RB, but its exit by time",
        EXTENDED + "08:12 112 113 109 111" + LAST,
        "REV_RB long 08:12 at 111 stop 105 target 115, time 08:30 at 109 R -0.33333333333333331",
        spread=2.0,
        slippage=1.0,
        **REBOUND,
    ),
    case(
        "R15.8 an invalid trade costs nothing",
        LONG.replace("107 108 104", "112 112 104", 1)  # start_price 112
        + "08:14 112 113 111 112"
        + LAST,
        f"OCAE long 08:14 at 112 stop {112 - 112 / 2**20:.17g} target {112 + 112 / 2**20:.17g}, "
        "invalid 08:14 at 112 R 0",
        stop_mode="ib_start",
        min_sl_pct=1 / 2**20,
    ),
]


@pytest.mark.parametrize(("bars", "expected", "keys"), [*ORDERS, *LEAVING, *COSTS])
def test_strict_execution(play, bars, expected, keys):
    execution = Execution(strict=True, slippage=keys.get("slippage", 0.0))
    keys = {key: value for key, value in keys.items() if key != "slippage"}
    assert play(IB + bars, execution=execution, **keys) == expected
