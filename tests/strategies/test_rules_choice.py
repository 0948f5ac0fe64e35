"""R6 on bars made by hand: which of the day's signals is traded, and when none is.

Initial Balance and window as in test_rules_signals.py: 100 to 110, 08:10 to 08:30 UTC.
"""

import json

import pytest

from params_optimizer.data.news import load_calendar

IB = "08:00 105 110 100 105\n"

OCAE_AT_14 = """
08:10 107 108 104 107        # touches EQ
08:12 107 112 107 111        # OCAE, decided at 08:14
08:14 111 112 110 111
08:16 111 117 111 116
"""
OCAE = "OCAE long 08:14 at 111 stop 105 target 117, tp 08:16 at 117 R 1"

REVERSE_AT_16 = """
08:10 109   109 108   108.5  # bearish: level 108
08:12 108.5 111.5 108.5 109  # upper sweep
08:14 109   109 104.5 107.5  # touches EQ, confirmation
08:16 107.5 111 107.5 110.5  # Reverse enters here at the open, decided at 08:16;
                             # and it closes above IBH: OCAE, decided at 08:18
08:18 110.5 111 110   110.5
08:20 110   116 103   109    # reaches either target
"""
REVERSE = "Reverse short 08:16 at 107.5 stop 111.5 target 103.5, tp 08:20 at 103.5 R 1"
OCAE_AT_18 = "OCAE long 08:18 at 110.5 stop 105 target 116, tp 08:20 at 116 R 1"


def case(name, bars, expected, **keys):
    return pytest.param(bars, expected, keys, id=name)


CASES = [
    case("R6.3 on a tie of entry candles Reverse comes before OCAE", REVERSE_AT_16, REVERSE),
    case(
        "R6.3 on a tie Reverse comes before TCWE",
        """
        08:10 109 112   108 111.5    # first breakout, without EQ
        08:12 109 109   108 108.5    # bearish: level 108
        08:14 108.5 111 108.5 109    # upper sweep
        08:16 109 109   107 107.5    # confirmation
        08:18 107.5 113 107.5 112    # Reverse enters at its open, TCWE at its close
        08:20 112 119   103.5 110
        """,
        "Reverse short 08:18 at 107.5 stop 111 target 104, tp 08:20 at 104 R 1",
    ),
    case(
        "R6.3 the earlier entry candle wins, here OCAE before Reverse",
        """
        08:10 109   109 104 108.5    # touches EQ, bearish: level 104
        08:12 108.5 111.5 108 109    # upper sweep
        08:14 109   112 108 111      # OCAE
        08:16 109   109 107 107.5
        08:18 111   117 111 117
        """,
        "OCAE long 08:16 at 111 stop 105 target 117, tp 08:18 at 117 R 1",
    ),
    case(
        "R6.3 the earlier entry candle wins, here Reverse before OCAE",
        """
        08:10 109   109 108   108.5
        08:12 108.5 111.5 108.5 109
        08:14 109   109 104.5 107.5  # confirmation
        08:16 107.5 108 107   107    # Reverse's entry candle
        08:18 107   111 107   110.5  # OCAE's entry candle
        08:20 110   116 103.5 109
        """,
        "Reverse short 08:16 at 107.5 stop 111.5 target 103.5, tp 08:20 at 103.5 R 1",
    ),
    case(
        "R6.3 decided at the same minute the earlier entry candle wins: OCAE before Reverse",
        """
        08:12 114 114 112   113      # context, bearish: level 112
        08:20 107 108 104   107      # touches EQ
        08:22 107 111 107   109      # upper sweep
        08:24 109 112 109   111      # OCAE, and the confirmation of the sweep
        08:26 111 112 110.5 111      # Reverse's entry candle
        08:28 111 117 111   116
        """,
        "OCAE long 08:26 at 111 stop 105 target 117, tp 08:28 at 117 R 1",
        ib_wait_minutes=10,
    ),
    case(
        "R6.1 an OCAE that closes after the window is void",
        "08:10 107 108 104 107\n08:28 107 108 107 108\n08:30 108 112 108 111",
        "",
    ),
    case(
        "R6.1 decided at the window's end it is valid",
        "08:10 107 108 104 107\n08:28 107 112 107 111\n08:30 111 112 108 109",
        # Entered at the last bar: time exit at once, at the close of the bar before.
        "OCAE long 08:30 at 111 stop 105 target 117, time 08:30 at 111 R 0",
    ),
    case(
        "R6.1 the window ends at an odd minute: the last full candle closes after it",
        """
        08:10 107 108 104 107
        08:30 107 112 107 111
        08:31 111 112 110 111        # the window's last bar; decided at 08:32
        """,
        "",
        trade_window_minutes=21,
    ),
    case(
        "R6.4 a valid OCAE comes before an earlier REV_RB",
        """
        08:10 107 115 104 107        # extension
        08:12 107 108 106 107        # fills REV_RB
        08:14 107 112 107 111        # OCAE
        08:16 111 112 110 111
        08:18 111 117 111 116
        """,
        "OCAE long 08:16 at 111 stop 105 target 117, tp 08:18 at 117 R 1",
        rev_rb_enabled=True,
    ),
    case(
        "R6.4 where OCAE is void REV_RB is traded",
        """
        08:10 107 115 104 107
        08:12 107 108 106 107        # fills REV_RB, decided at 08:12
        08:14 107 112 107 111        # OCAE, decided at 08:16
        08:16 111 112 110 111
        08:18 111 115 111 114
        """,
        "REV_RB long 08:14 at 110 stop 105 target 115, tp 08:18 at 115 R 1",
        rev_rb_enabled=True,
        news="08:16-08:16",
    ),
    case(
        "R6.2 news voids REV_RB too, at the start of its entry candle",
        "08:10 107 115 95 107\n08:12 107 108 106 107\n08:14 107 108 106 107",
        "",
        rev_rb_enabled=True,
        news="08:12-08:12",
    ),
    case(
        "R6.2 Reverse is decided at the start of its entry candle: OCAE is left",
        REVERSE_AT_16,
        OCAE_AT_18,
        news="08:16-08:17",
    ),
    case(
        "R6.2 a void signal is not postponed to the next breakout",
        OCAE_AT_14 + "08:18 116 116 111 111.5\n08:20 111.5 112.5 111 112\n",
        "",
        news="08:14-08:14",
    ),
    *[
        case(f"R6.2 an OCAE decided at 08:14, news {news}", OCAE_AT_14, expected, news=news)
        for news, expected in {
            "08:10-08:13": OCAE,
            "08:10-08:14": "",
            "08:13-08:15": "",
            "08:14-08:18": "",
            "08:15-08:18": OCAE,
            "08:00-08:02 08:12-08:14 08:20-08:22": "",
            "08:00-08:02 08:20-08:22": OCAE,
        }.items()
    ],
]


@pytest.mark.parametrize(("bars", "expected", "keys"), CASES)
def test_choice(play, bars, expected, keys):
    assert play(IB + bars, **keys) == expected


EVENTS = [
    # currency, impact, UTC time, whether it voids a decision at 08:14
    ("EUR", "High", "2024-01-10T08:14:00", True),
    ("USD", "High", "2024-01-10T08:12:00", True),  # two minutes after it are included
    ("USD", "High", "2024-01-10T08:16:00", True),  # two minutes before it, too
    ("USD", "High", "2024-01-10T08:11:00", False),
    ("USD", "High", "2024-01-10T08:17:00", False),
    ("USD", "Medium", "2024-01-10T08:14:00", False),
    ("EUR", "Low", "2024-01-10T08:14:00", False),
    ("GBP", "High", "2024-01-10T08:14:00", False),
    ("All", "High", "2024-01-10T08:14:00", False),
    ("USD", "High", "2024-01-10T09:14:00+01:00", True),
]


@pytest.mark.parametrize(("currency", "impact", "time", "void"), EVENTS)
def test_impact_and_currency_of_events(play, tmp_path, currency, impact, time, void):
    event = {"title": "An event", "country": currency, "datetime_utc": time, "impact": impact}
    (tmp_path / "news").mkdir()
    calendar = tmp_path / "news" / "forex_factory_2024.json"
    calendar.write_text(json.dumps({"events": [event]}))
    news = load_calendar(tmp_path).windows(("EUR", "USD"), 2, 2)
    assert play(IB + OCAE_AT_14, news=news) == ("" if void else OCAE)
