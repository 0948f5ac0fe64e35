"""R7 and R8 on bars made by hand: where a trade is placed and how it ends.

Initial Balance and window as in test_rules_signals.py: 100 to 110, 08:10 to 08:30 UTC.
Most cases trade one OCAE: long at 111 with the stop at EQ (105), so that 1 R is 6, or its
mirror image, short at 99. The entry bar is the one of 08:14.
"""

import pytest

IB = "08:00 105 110 100 105\n"
LONG = """
08:10 107 108 104 107        # touches EQ
08:12 107 112 107 111        # OCAE
08:14 111 112 110 111        # entry bar
"""
SHORT = """
08:10 103 106 102 103        # touches EQ
08:12 103 103 98  99         # OCAE
08:14 99  100 98  99         # entry bar
"""
PLACED_LONG = "OCAE long 08:14 at 111 stop 105 target 117, "
PLACED_SHORT = "OCAE short 08:14 at 99 stop 105 target 93, "


def case(name, bars, expected, **keys):
    return pytest.param(bars, expected, keys, id=name)


PLACED = [
    case(
        "R7.1 the entry bar is the first one from the entry time on",
        """
        08:10 107 108 104 107
        08:12 107 112 107 111        # 08:14 and 08:15 are missing
        08:16 113 114 112 113        # entry bar; the entry price stays the fill price
        08:18 113 117 113 116
        """,
        "OCAE long 08:16 at 111 stop 105 target 117, tp 08:18 at 117 R 1",
    ),
    case(
        "R7.1 where no bar follows the entry bar is the window's last one",
        """
        08:10 107 108 104 107
        08:26 107 109 107 108        # time exit at this close: the last bar but one
        08:28 108 112 108 111        # OCAE, decided at 08:30; there is no bar at 08:30
        """,
        "OCAE long 08:28 at 111 stop 105 target 117, time 08:28 at 108 R -0.5",
    ),
    case(
        "R7.1 REV_RB enters two minutes after its candle begins, Reverse at once",
        """
        08:10 107 115 106 107
        08:12 107 108 106 107        # fills the limit order
        08:13 107 115 107 109        # would reach the target, before the entry bar
        08:14 109 109 108 108        # entry bar
        08:16 108 109 104 106
        """,
        "REV_RB long 08:14 at 110 stop 105 target 115, stop 08:16 at 105 R -1",
        rev_rb_enabled=True,
    ),
    case(
        "R7.2 a long's stop above its price is mirrored",
        """
        08:10 113 113 104 107        # start_price 113
        08:12 107 112 107 111
        08:14 111 112 110 111
        08:15 111 113 111 112
        """,
        "OCAE long 08:14 at 111 stop 109 target 113, tp 08:15 at 113 R 1",
        stop_mode="ib_start",
    ),
    case(
        "R7.2 a short's stop below its price is mirrored",
        """
        08:10 97  106 97  103        # start_price 97
        08:12 103 103 98  99
        08:14 99  100 98  99
        08:15 99  101 99  100
        """,
        "OCAE short 08:14 at 99 stop 101 target 97, stop 08:15 at 101 R -1",
        stop_mode="ib_start",
    ),
    case(
        "R7.2 a stop at the price itself gets the minimum distance",
        """
        08:10 112 112 104 107        # start_price 112
        08:12 107 113 107 112
        08:14 112 113 111 112
        08:15 112 119 112 118        # target 2 * 3.5 away
        """,
        "OCAE long 08:14 at 112 stop 108.5 target 119, tp 08:15 at 119 R 2",
        stop_mode="ib_start",
        rr_target=2.0,
        min_sl_pct=0.03125,
    ),
    case(
        "R7.2 a nearer stop is moved to the minimum distance, also after it was mirrored",
        """
        08:10 97  106 97  103        # start_price 97: mirrored to 95 for a short at 96
        08:12 103 103 95  96
        08:14 96  97  95  96
        08:15 96  97  90  91
        """,
        "OCAE short 08:14 at 96 stop 99 target 93, tp 08:15 at 93 R 1",
        stop_mode="ib_start",
        min_sl_pct=0.03125,
    ),
    case(
        "R7.2 a stop at exactly the minimum distance stays",
        LONG + "08:15 111 117 111 116",
        PLACED_LONG + "tp 08:15 at 117 R 1",
        min_sl_pct=6 / 111,
    ),
    case(
        "R7.3 half the spread is paid at the entry, and is part of the risk",
        """
        08:10 107 108 104 107
        08:12 107 112 107 112
        08:14 112 113 111 112
        08:15 112 119 112 118        # target from the raw price: 112 + 7
        """,
        "OCAE long 08:14 at 113 stop 105 target 119, tp 08:15 at 119 R 0.75",
        spread=2.0,
    ),
    case(
        "R7.3 the same short",
        """
        08:10 103 106 102 103
        08:12 103 103 98  98
        08:14 98  99  97  98
        08:15 98  105 98  105        # stop: 105
        """,
        "OCAE short 08:14 at 97 stop 105 target 91, stop 08:15 at 105 R -1",
        spread=2.0,
    ),
    case(
        "R7.3 without risk a trade is invalid",
        """
        08:10 95  96  95  96         # context, bullish: level 96
        08:20 101 102 99  100        # lower sweep, extreme 99
        08:22 100 101 98.5 99        # sweep again: extreme 98.5
        08:24 99  99  98.5 98.5      # confirmation, fill price 98.5 = stop
        08:26 101 102 100 101        # entry candle, raw 101: target 101 + 2.5
        08:28 101 104 101 103
        """,
        "Reverse long 08:26 at 98.5 stop 98.5 target 103.5, invalid 08:26 at 98.5 R 0",
        ib_wait_minutes=10,
        ib_buffer_pct=0.125,
        max_distance_pct=0.01,
    ),
]

FIXED = [
    case(
        "R8.2 a bar that reaches both: the target is first, long",
        LONG + "08:15 111 117 105 106",
        PLACED_LONG + "tp 08:15 at 117 R 1",
    ),
    case(
        "R8.2 a bar that reaches both: the target is first, short",
        SHORT + "08:15 99 105 93 99",
        PLACED_SHORT + "tp 08:15 at 93 R 1",
    ),
    case(
        "R8.2 a gap over the target still pays the target",
        LONG + "08:15 120 121 119 120",
        PLACED_LONG + "tp 08:15 at 117 R 1",
    ),
    case(
        "R8.2 a bar that reaches the stop leaves there, long",
        LONG + "08:15 111 112 104 112",
        PLACED_LONG + "stop 08:15 at 105 R -1",
    ),
    case(
        "R8.2 a bar wholly beyond the stop leaves at its nearest end, long",
        LONG + "08:15 101 102 100 101",
        PLACED_LONG + "stop 08:15 at 102 R -1.5",
    ),
    case(
        "R8.2 a bar wholly beyond the stop leaves at its nearest end, short",
        SHORT + "08:15 109 110 108 109",
        PLACED_SHORT + "stop 08:15 at 108 R -1.5",
    ),
    case(
        "R8 the entry bar itself closes nothing",
        LONG.replace("111 112 110 111 ", "111 130 100 111 ") + "08:16 111 117 111 116",
        PLACED_LONG + "tp 08:16 at 117 R 1",
    ),
    case(
        "R8.4 time exit at the close of the last bar but one, half the spread worse, long",
        """
        08:10 107 108 104 107
        08:12 107 112 107 112
        08:14 112 113 111 112
        08:29 112 113 111 112        # closes at 112
        08:30 112 113 108 109        # the window's last bar
        08:31 109 120 100 110        # after it
        """,
        "OCAE long 08:14 at 113 stop 105 target 119, time 08:30 at 111 R -0.25",
        spread=2.0,
    ),
    case(
        "R8.4 the same short",
        """
        08:10 103 106 102 103
        08:12 103 103 98  98
        08:14 98  99  97  98
        08:29 98  99  97  98
        08:30 98  100 93  95
        """,
        "OCAE short 08:14 at 97 stop 105 target 91, time 08:30 at 99 R -0.25",
        spread=2.0,
    ),
    case(
        "R8 the window's last bar can still hit",
        LONG + "08:30 111 117 111 116",
        PLACED_LONG + "tp 08:30 at 117 R 1",
    ),
    case(
        "R8.4 the only bar of the window: time exit at its own close",
        "08:12 107 112 104 112",
        "OCAE long 08:12 at 113 stop 105 target 119, time 08:12 at 111 R -0.25",
        spread=2.0,
    ),
]

TRAILED = [
    case(
        "R8.3 several steps in one bar",
        LONG
        + """
        08:15 112 121 112 120        # 117: stop 108, next 120; 120: stop 111, next 123
        08:16 120 120 110.5 112      # back to the entry
        """,
        PLACED_LONG + "stop 08:16 at 111 R 0",
    ),
    case(
        "R8.3 the stop moves by tsl_sl, the target by tsl_target",
        LONG
        + """
        08:15 111 122 111 121        # 117: stop 108, next 123
        08:16 121 122 107 110
        """,
        PLACED_LONG + "stop 08:16 at 108 R -0.5",
        tsl_target=1.0,
    ),
    case(
        "R8.3 several steps in one bar, short",
        SHORT
        + """
        08:15 99  99  86  90         # 93, 90, 87: stop 102, 99, 96
        08:16 90  96.5 90 96
        """,
        PLACED_SHORT + "stop 08:16 at 96 R 0.5",
    ),
    case(
        "R8.3 the stop remembered from the bar's begin is checked",
        LONG
        + """
        08:15 111 117 107 108        # stop moves to 108, above this bar's low: not hit yet
        08:16 109 109 108.5 109
        08:17 109 110 107 108        # hit
        """,
        PLACED_LONG + "stop 08:17 at 108 R -0.5",
    ),
    case(
        "R8.3 the remembered stop is hit in the bar that reaches the target",
        LONG + "08:15 111 120 105 118",
        PLACED_LONG + "stop 08:15 at 105 R -1",
    ),
    case(
        "R8.3 a bar wholly beyond the moved stop leaves at its nearest end",
        LONG
        + """
        08:15 111 117 111 116        # stop 108
        08:16 107 107.5 106 107
        """,
        PLACED_LONG + "stop 08:16 at 107.5 R -0.58333333333333337",
    ),
    case(
        "R8.3 the target never closes the trade",
        LONG
        + """
        08:15 111 200 111 150
        08:16 196 199 195 197        # its low does not reach the stop any more
        08:17 197 198 196 197
        """,
        PLACED_LONG + "time 08:17 at 197 R 14.333333333333334",
        tsl_sl=0.125,
    ),
    case(
        "R8.3 steps are in R of the risk with spread, from the first target's R",
        """
        08:10 107 108 104 107
        08:12 107 112 107 112        # entry 113, risk 8, target 119 = 0.75 R
        08:14 112 113 111 112
        08:15 112 119 112 118        # stop 105 + 4, target 113 + 1.25 * 8 = 123
        08:16 118 122.75 110 122     # not reached
        08:17 122 123 110 110        # stop 113, target 127; 109 is remembered
        08:18 114 114 113.5 114
        08:19 114 114 112 113
        """,
        "OCAE long 08:14 at 113 stop 105 target 119, stop 08:19 at 113 R 0",
        spread=2.0,
    ),
    case(
        "R8.3 the first target comes from rr_target, the next ones from tsl_target",
        LONG
        + """
        08:15 111 122 111 121        # 123 = 2 R is not reached
        08:16 121 123 120 122        # stop 108, next target 126
        08:17 122 125 107 110
        """,
        "OCAE long 08:14 at 111 stop 105 target 123, stop 08:17 at 108 R -0.5",
        rr_target=2.0,
    ),
    case(
        "R8.3 a target is entry + target_R * risk to the last digit, not the last one + a step",
        LONG
        + """
        08:15 111 120.6 111 120      # the fourth target: 111 + 1.6 * 6; 4 steps, stop 117
        08:16 120 120 113 114
        """,
        PLACED_LONG + "stop 08:16 at 117 R 1",
        tsl_target=0.2,
    ),
    case(
        "R8.3 the same short",
        SHORT
        + """
        08:15 99  99  89.4 90        # the fourth target: 99 - 1.6 * 6
        08:16 90  97  90  96
        """,
        PLACED_SHORT + "stop 08:16 at 93 R 1",
        tsl_target=0.2,
    ),
    case(
        "R8.3 target_R is added up: after six steps of 0.1 it is 1.6000000000000005",
        LONG
        + """
        08:15 111 120.6 111 120      # below the seventh target: 6 steps, stop 105 + 6 * 0.75
        08:16 120 120 105 114
        """,
        PLACED_LONG + "stop 08:16 at 109.5 R -0.25",
        tsl_target=0.1,
        tsl_sl=0.125,
    ),
]


@pytest.mark.parametrize(("bars", "expected", "keys"), PLACED)
def test_placing(play, bars, expected, keys):
    assert play(IB + bars, **keys) == expected


@pytest.mark.parametrize(("bars", "expected", "keys"), FIXED)
def test_fixed_target(play, bars, expected, keys):
    assert play(IB + bars, **keys) == expected


@pytest.mark.parametrize(("bars", "expected", "keys"), TRAILED)
def test_stepped_trailing(play, bars, expected, keys):
    assert play(IB + bars, **{"tsl_target": 0.5, "tsl_sl": 0.5} | keys) == expected


def test_target_of_a_moved_stop_is_the_minimum_distance_itself(play):
    """R7.2: `|raw - stop|` of the moved stop is another double than `min_sl_pct * raw`."""
    raw, minimum = 111.1, 0.001 * 111.1
    stop, target = raw - minimum, raw + 3 * minimum
    assert target != raw + 3 * abs(raw - stop)
    bars = f"""
        08:10 {raw} 113 104 107        # start_price is the price itself
        08:12 107 112 107 {raw}
        08:14 {raw} 112 111 {raw}
        08:15 {raw} 113 111 112
        """
    r = (target - raw) / abs(raw - stop)
    assert play(IB + bars, stop_mode="ib_start", rr_target=3.0) == (
        f"OCAE long 08:14 at {raw:.17g} stop {stop:.17g} target {target:.17g}, "
        f"tp 08:15 at {target:.17g} R {r:.17g}"
    )


def test_target_of_a_stop_that_rev_rb_moved(play):
    """R5.3 comes before R7.2: the distance is that from price to stop, not the minimum itself."""
    price, minimum = 107.0, 0.06 * 107.0
    target = price + 0.5 * (price - (price - minimum))
    assert target > 110.21 == price + 0.5 * minimum
    bars = """
        08:00 103 107 100 103          # EQ 103.5 is nearer than 6.42
        08:10 107 111 106 106.5        # extension up
        08:12 106.5 107 106 106.5      # fills the long at 107
        08:14 107 107 106.5 107
        08:15 107 110.21 106.8 107     # just below the target
        08:17 107 107 106.5 106.75
        """
    assert play(bars, rev_rb_enabled=True, rr_target=0.5, min_sl_pct=0.06) == (
        f"REV_RB long 08:14 at 107 stop {price - minimum:.17g} target {target:.17g}, "
        f"time 08:17 at 107 R 0"
    )
