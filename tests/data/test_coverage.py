"""Days, gaps and silent months of hand-made bars."""

from datetime import date

import numpy as np

from params_optimizer.config import Symbol, TradingHours
from params_optimizer.data.bars import M1, Bars
from params_optimizer.data.coverage import Gap, NewsYear, bars_status, news_years

MARKET = Symbol(
    timezone="Asia/Tokyo",
    spread=0.1,
    tick_size=0.01,
    ib_windows=(("09:00", "09:30", "Asia/Tokyo"), ("13:00", "13:30", "Asia/Tokyo")),
    trading_hours=TradingHours(weekdays=("mon", "tue", "wed", "thu", "sun")),
    news_currencies=("USD",),
    contract_size=1.0,
    volume_step=0.1,
    volume_min=0.1,
    volume_max=1.0,
    leverage=1.0,
)


def minute(text: str) -> int:
    return int(np.datetime64(text, "m").astype(int))


def bars_at(*times: str) -> Bars:
    time = np.array([minute(at) for at in times], dtype=np.int64)
    price = np.ones(time.size)
    return Bars.from_arrays("XAUUSD", M1(time, *[price] * 5))


def test_days_are_those_of_the_market() -> None:
    # Tokyo is 9 hours ahead: 15:00 UTC is its midnight.
    status = bars_status(
        bars_at(
            "2023-12-31T14:59",  # Sunday 31
            "2023-12-31T15:00",  # Monday 1
            "2024-01-01T00:10",  # Monday, in the first IB window
            "2024-01-02T04:00",  # Tuesday, in the second one
            "2024-01-02T15:30",  # Wednesday
        ),
        MARKET,
    )
    assert (status.count, status.days, status.trading_days) == (5, 4, 2)
    assert (status.first, status.last) == (minute("2023-12-31T14:59"), minute("2024-01-02T15:30"))
    assert status.per_year == {2023: 2, 2024: 3}
    assert status.missing_weekdays == ()
    assert not status.generated


def test_missing_weekdays_are_those_the_market_trades_on() -> None:
    # Wednesday 3 to Tuesday 16 January; Fridays are no trading days, weekends never count.
    status = bars_status(
        bars_at("2024-01-03T03:00", "2024-01-09T03:00", "2024-01-16T03:00"), MARKET
    )
    assert status.missing_weekdays == tuple(date(2024, 1, day) for day in (4, 8, 10, 11, 15))


def test_gaps_are_the_longest_first_and_those_within_a_day_apart() -> None:
    times = ["2024-01-01T00:00", "2024-01-01T00:01", "2024-01-01T00:05", "2024-01-01T00:09",
             "2024-01-01T02:00", "2024-01-01T02:03", "2024-01-01T20:00"]  # fmt: skip
    status = bars_status(bars_at(*times), MARKET)
    gaps = [Gap(minute(times[at]), minute(times[at + 1])) for at in (5, 3, 1, 2)]
    assert status.gaps == tuple(gaps[:3])  # of two equal ones the earlier
    assert [gap.missing for gap in gaps] == [18 * 60 - 4, 110, 3, 3]
    assert status.gaps_within_day == tuple(gaps[1:])  # the first one spans midnight in Tokyo


def test_bars_without_a_gap_have_none() -> None:
    status = bars_status(bars_at("2024-01-01T00:00", "2024-01-01T00:01"), MARKET)
    assert (status.gaps, status.gaps_within_day) == ((), ())
    assert bars_status(bars_at("2024-01-01T00:00"), MARKET).gaps == ()


def test_news_years_are_those_of_the_bars() -> None:
    bars = [minute(at) for at in ("2022-11-30T23:59", "2022-12-01T00:00", "2024-02-01T00:00")]
    events = [minute(at) for at in ("2022-01-15T12:00", "2022-12-31T23:59", "2023-05-05T12:00")]
    assert news_years(np.array(events), np.array(bars)) == (
        NewsYear(2022, events=2, months=2, silent=(11,)),
        NewsYear(2024, events=0, months=1, silent=(2,)),
    )
    assert news_years(np.zeros(0, np.int64), np.array(bars))[0].silent == (11, 12)
