"""R1 and R2 on bars made by hand: days, Initial Balance, window, candles.

Unless a case says otherwise the Initial Balance is 08:00 to 08:10 UTC and the window 08:10
to 08:30. The trades are OCAE: EQ (105) touched, then a close outside.
"""

import pytest

OCAE = """
08:10 107 108 104 107        # touches EQ
08:12 107 112 107 111
08:14 111 112 110 111
08:16 111 117 111 116
"""
TRADED = "OCAE long 08:14 at 111 stop 105 target 117, tp 08:16 at 117 R 1"


def case(name, bars, expected, **keys):
    return pytest.param(bars, expected, keys, id=name)


CLOCK_GOES_ON = """
2024-03-30 01:05 105 110 100 105   # 02:05 in Berlin
2024-03-30 01:10 107 112 104 111
2024-03-30 01:12 111 112 110 111
2024-03-30 01:14 111 117 111 116
2024-03-31 00:58 105 110 100 105   # 01:58, two minutes before the clock goes on to 03:00
2024-03-31 01:05 105 110 100 105   # 03:05
2024-03-31 01:10 107 112 104 111
2024-03-31 01:12 111 112 110 111
2024-03-31 01:14 111 117 111 116
"""

DAYS = [
    case("R1.2 the plain day", "08:00 105 110 100 105" + OCAE, TRADED),
    case(
        "R1.2 IBH and IBL come from the bars from ib_start to before ib_end",
        """
        07:59 105 120 90  105
        08:00 105 110 105 105
        08:09 105 105 100 105
        08:10 107 115 104 107        # ib_end: belongs to the window
        08:12 107 112 107 111
        08:14 111 112 110 111
        08:16 111 117 111 116
        """,
        TRADED,
    ),
    case("R1.2 no bar in the IB", "07:59 105 110 100 105" + OCAE, ""),
    case(
        "R1.2 an IB without range gives no signal, not even REV_RB",
        """
        08:00 105 105 105 105
        08:10 105 106 104 105
        08:12 105 106 104 105
        08:14 105 106 104 105
        """,
        "",
        rev_rb_enabled=True,
    ),
    case("R1.3 no bar in the window", "08:00 105 110 100 105\n08:31 107 112 104 111", ""),
    case(
        "R1.3 the bar that opens at the window's end belongs to it, the next one does not",
        "08:00 105 110 100 105"
        + OCAE.replace("08:16 111 117 111 116", "08:30 111 116 111 115\n08:31 115 117 115 116"),
        "OCAE long 08:14 at 111 stop 105 target 117, time 08:30 at 111 R 0",
    ),
    case(
        "R1.3 the window begins ib_wait_minutes after the IB",
        """
        08:00 105 110 100 105
        08:10 107 112 104 111        # would be an OCAE
        08:20 107 108 104 107
        08:22 107 112 107 111
        08:38 111 112 110 111
        08:40 111 117 111 116        # the window's last bar
        """,
        "OCAE long 08:38 at 111 stop 105 target 117, tp 08:40 at 117 R 1",
        ib_wait_minutes=10,
    ),
    case(
        "R1.1 a window reaches over midnight to its end",
        """
        23:30 105 110 100 105
        23:40 107 108 104 107
        23:42 107 112 107 111
        23:50 111 112 110 110
        23:58 110 112 110 111
        2024-01-11 00:00 111 112 110 111
        2024-01-11 00:40 111 112 110 111   # the bar that opens at the window's end
        2024-01-11 00:41 111 117 111 116   # would reach the target
        """,
        "OCAE long 23:50 at 111 stop 105 target 117, time 00:40 at 111 R 0",
        ib_start="23:30",
        ib_end="23:40",
        trade_window_minutes=60,
    ),
    case(
        "R1.1 an Initial Balance over midnight belongs to the date on which it begins",
        """
        23:55 105 110 105 105
        2024-01-11 00:04 105 105 100 105
        2024-01-11 00:05 107 108 104 107
        2024-01-11 00:06 107 112 104 111   # a whole candle, which touches EQ
        2024-01-11 00:08 111 112 110 111
        2024-01-11 00:10 111 117 111 116
        """,
        "OCAE long 00:08 at 111 stop 105 target 117, tp 00:10 at 117 R 1",
        ib_start="23:55",
        ib_end="00:05",
    ),
    case(
        "R1.1 the date has no bar before midnight",
        """
        2024-01-10 22:00 105 130 90  105   # before the Initial Balance
        2024-01-12 00:04 105 110 100 105   # 11 January: on the 10th there is no bar in it
        2024-01-12 00:06 107 112 104 111
        2024-01-12 00:08 111 112 110 111
        2024-01-12 00:10 111 117 111 116
        """,
        "2024-01-11 OCAE long 00:08 at 111 stop 105 target 117, tp 00:10 at 117 R 1",
        ib_start="23:55",
        ib_end="00:05",
    ),
    case(
        "R1.1 the days of a window longer than a day overlap, each with its trade",
        """
        2024-01-10 08:00 105 110 100 105
        2024-01-10 08:10 107 112 104 111
        2024-01-10 08:12 111 112 110 111
        2024-01-11 08:00 111 116 106 110   # Initial Balance of the next day, EQ 111
        2024-01-11 08:10 112 117 111 116.5 # its OCAE; the target of the first day
        2024-01-11 08:12 116 117 115 116
        2024-01-11 08:14 116 122 115 116
        """,
        "OCAE long 08:12 at 111 stop 105 target 117, tp 08:10 at 117 R 1\n"
        "2024-01-11 OCAE long 08:12 at 116.5 stop 111 target 122, tp 08:14 at 122 R 1",
        trade_window_minutes=1441,
    ),
    case(
        "R1.1 the date is the local one",
        """
        2024-01-09 23:00 105 110 100 105   # 08:00 on the 10th in Tokyo
        2024-01-09 23:10 107 108 104 107
        2024-01-09 23:12 107 112 107 111
        2024-01-09 23:14 111 112 110 111
        2024-01-09 23:16 111 117 111 116
        """,
        "OCAE long 23:14 at 111 stop 105 target 117, tp 23:16 at 117 R 1",
        ib_timezone="Asia/Tokyo",
    ),
    case(
        "R1.1 clock times follow daylight saving: Berlin is UTC+1 until 30 March, then UTC+2",
        """
        2024-03-30 07:00 105 110 100 105
        2024-03-30 07:10 107 112 104 111
        2024-03-30 07:12 111 117 111 116
        2024-03-30 07:14 111 117 111 116
        2024-03-31 06:00 105 110 100 105
        2024-03-31 06:10 107 112 104 111
        2024-03-31 06:12 111 117 111 116
        2024-03-31 06:14 111 117 111 116
        2024-03-31 07:00 105 130 80  105   # not the IB any more
        2024-10-26 06:00 105 110 100 105
        2024-10-26 06:10 107 112 104 111
        2024-10-26 06:12 111 117 111 116
        2024-10-26 06:14 111 117 111 116
        2024-10-27 06:00 105 130 80  105   # not yet
        2024-10-27 07:00 105 110 100 105
        2024-10-27 07:10 107 112 104 111
        2024-10-27 07:12 111 117 111 116
        2024-10-27 07:14 111 117 111 116
        """,
        "2024-03-30 OCAE long 07:12 at 111 stop 105 target 117, tp 07:14 at 117 R 1\n"
        "2024-03-31 OCAE long 06:12 at 111 stop 105 target 117, tp 06:14 at 117 R 1\n"
        "2024-10-26 OCAE long 06:12 at 111 stop 105 target 117, tp 06:14 at 117 R 1\n"
        "2024-10-27 OCAE long 07:12 at 111 stop 105 target 117, tp 07:14 at 117 R 1",
        ib_timezone="Europe/Berlin",
    ),
    case(
        "R1.1 no trade where the change of the clock leaves out both ends of the IB",
        CLOCK_GOES_ON,
        "2024-03-30 OCAE long 01:12 at 111 stop 105 target 117, tp 01:14 at 117 R 1",
        ib_timezone="Europe/Berlin",
        ib_start="02:00",
        ib_end="02:10",
    ),
    case(
        "R1.1 no trade where it leaves out the end",
        CLOCK_GOES_ON,
        "2024-03-30 OCAE long 01:12 at 111 stop 105 target 117, tp 01:14 at 117 R 1",
        ib_timezone="Europe/Berlin",
        ib_start="01:50",
        ib_end="02:10",
    ),
    case(
        "R1.1 no trade where it leaves out the end on the next date",
        CLOCK_GOES_ON,
        "2024-03-29 OCAE long 01:12 at 111 stop 105 target 117, tp 01:14 at 117 R 1",
        ib_timezone="Europe/Berlin",
        ib_start="23:50",
        ib_end="02:10",
    ),
    case(
        "R1.1 no trade where it leaves out the start",
        CLOCK_GOES_ON,
        "",
        ib_timezone="Europe/Berlin",
        ib_start="02:00",
        ib_end="03:10",
    ),
    case(
        "R1.3 a window over the change of the clock keeps its minutes",
        """
        2024-03-31 00:30 105 110 100 105   # 01:30 in Berlin, UTC+1
        2024-03-31 00:50 107 112 104 111   # 01:50; at 02:00 the clock goes on to 03:00
        2024-03-31 01:10 111 112 110 111   # 03:10
        2024-03-31 01:40 111 112 110 111   # an hour after the IB: the window's last minute
        2024-03-31 01:41 111 117 111 116
        """,
        "2024-03-31 OCAE long 01:10 at 111 stop 105 target 117, time 01:40 at 111 R 0",
        ib_timezone="Europe/Berlin",
        ib_start="01:30",
        ib_end="01:40",
        trade_window_minutes=60,
    ),
]

CANDLES = [
    case(
        "R2.1 a candle takes open, extremes and close of its two bars",
        """
        08:00 105 110 100 105
        08:10 107 108 104 107
        08:12 107 112 107 112        # closes outside, but its candle does not
        08:13 112 112 109 109
        08:14 109 110 109 110
        08:15 110 111 110 111        # closes the breakout candle
        08:16 111 112 110 111
        08:17 111 117 111 116
        """,
        "OCAE long 08:16 at 111 stop 105 target 117, tp 08:17 at 117 R 1",
    ),
    case(
        "R2.1 a candle's extremes may lie in its second bar",
        """
        08:00 105 110 100 105
        08:10 109   109 108.5 108.75
        08:11 108.5 108.5 108 108.5  # bearish: level 108
        08:12 108.5 109 108.5 109
        08:13 109   111 109 109      # upper sweep
        08:14 109   109 107 107      # confirmation
        08:16 107   108 106   107
        08:18 107   107 103 103
        """,
        "Reverse short 08:16 at 107 stop 111 target 103, tp 08:18 at 103 R 1",
    ),
    case(
        "R2.2 a leading candle without its first minute is dropped, start_price follows",
        """
        08:00 105 110 100 105
        08:11 106 108 104 107        # 08:10 is missing: the touch of EQ and the open go
        08:12 108 112 107 111        # start_price 108; first breakout, without EQ
        08:14 111 112 111 112        # TCWE
        08:16 112 113 111 112
        08:18 112 116 112 113
        """,
        "TCWE long 08:16 at 112 stop 108 target 116, tp 08:18 at 116 R 1",
        stop_mode="ib_start",
    ),
    case(
        "R2.2 so it is where the window begins at an odd minute",
        """
        08:00 105 110 100 105
        08:10 107 108 106 107        # context
        08:11 107 112 104 111        # half a candle: no breakout, no touch of EQ
        08:12 108 112 107 111
        08:14 111 112 111 112
        08:16 112 113 111 112
        08:31 112 116 112 113        # the window ends a minute later, too
        08:32 113 114 100 101
        """,
        "TCWE long 08:16 at 112 stop 108 target 116, tp 08:31 at 116 R 1",
        stop_mode="ib_start",
        ib_wait_minutes=1,
    ),
    case(
        "R2.2 a later candle may lack its first minute",
        """
        08:00 105 110 100 105
        08:10 107 108 106 107
        08:13 106 112 104 111        # a candle of 08:12
        08:14 111 112 110 111
        08:16 111 117 111 116
        """,
        TRADED,
    ),
    case(
        "R2.2 the context's leading half candle is no level either",
        """
        08:01 109 109 107 108        # bearish, but 08:00 is missing
        08:04 105 110 100 105
        08:10 109 109.5 108.5 109
        08:12 109 111 108.5 109      # upper sweep without a level
        08:14 109 109 106 106.5
        08:16 106.5 107 106 106.5
        """,
        "",
    ),
    case(
        "R2.4 a window of half a candle has none",
        """
        08:00 105 110 100 105
        08:11 107 112 104 111
        """,
        "",
    ),
]


@pytest.mark.parametrize(("bars", "expected", "keys"), DAYS)
def test_days(play, bars, expected, keys):
    assert play(bars, **keys) == expected


@pytest.mark.parametrize(("bars", "expected", "keys"), CANDLES)
def test_candles(play, bars, expected, keys):
    assert play(bars, **keys) == expected
