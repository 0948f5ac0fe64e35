"""What the tests of the Initial Balance rules share.

`play` runs hand-made bars through every engine of ENGINES; a new one is a line there.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pytest

from params_optimizer.data.bars import M1, Bars
from params_optimizer.data.days import iso_minute, to_date
from params_optimizer.data.news import NO_NEWS, NewsWindows
from params_optimizer.engine.metrics import metrics_of_r
from params_optimizer.strategies.initial_balance.backtest import backtest
from params_optimizer.strategies.initial_balance.params import Params, Trade
from params_optimizer.strategies.initial_balance.reference import backtest as reference
from params_optimizer.strategies.initial_balance.reference import metrics
from tests.strategies.panels import axes_of, differences, panel_columns, row_of

Engine = Callable[[Bars, Params, float, NewsWindows], list[Trade]]


def panel(bars: Bars, params: Params, spread: float, news: NewsWindows) -> list[Trade]:
    """The reference's trades, when the panel has their metrics: in this window and in others.

    A window of the panel is the longest one cut short, so the same bars also go through
    windows that end at any minute before.
    """
    given = params.trade_window_minutes
    windows = (given, *range(min(given, 40), 0, -1), given + 1)
    axes = replace(axes_of(params), windows=tuple(dict.fromkeys(windows)))
    columns = panel_columns(bars, axes, spread, news)
    for place, window in enumerate(axes.windows):
        trades = reference(bars, replace(params, trade_window_minutes=window), spread, news)
        row = {name: values[place] for name, values in columns.items()}
        assert not differences(row, row_of(trades)), f"window {window}: {trades}"
    return reference(bars, params, spread, news)


def metrics_of_list(r_values: Sequence[float]) -> dict[str, float]:
    return metrics_of_r(np.array(r_values, np.float64))


ENGINES = {"reference": reference, "compiled": backtest, "panel": panel}
METRICS = {"reference": metrics, "compiled": metrics_of_list}


@pytest.fixture(params=ENGINES)
def engine(request) -> Engine:
    return ENGINES[request.param]


@pytest.fixture(params=METRICS)
def figures(request) -> Callable[[Sequence[float]], dict[str, float]]:
    return METRICS[request.param]


EASY = Params(
    ib_start="08:00",
    ib_end="08:10",
    ib_timezone="UTC",
    ib_wait_minutes=0,
    trade_window_minutes=20,
    rr_target=1.0,
    stop_mode="eq",
    tsl_target=0.0,
    tsl_sl=0.5,
    min_sl_pct=0.001,
    rev_rb_enabled=False,
    rev_rb_pct=0.5,
    ib_buffer_pct=0.0,
    max_distance_pct=1.0,
)


@pytest.fixture
def play(engine):
    """Trades as text: `play(bars, spread=1, news="08:12-08:14", rr_target=2)`.

    Bars are lines as `bars_of` reads them, or Bars. The keys not named are those of EASY:
    the window is 08:10 to 08:30 UTC. A trade reads
    `OCAE long 08:14 at 111 stop 105 target 117, tp 08:15 at 117 R 1`.
    """

    def run(
        bars: str | Bars, *, spread: float = 0.0, news: str | NewsWindows = "", **keys: object
    ) -> str:
        fields = {name: getattr(EASY, name) for name in EASY.__dataclass_fields__}
        bars = bars_of(bars) if isinstance(bars, str) else bars
        trades = engine(bars, Params(**fields | keys), spread, news_of(news))
        return "\n".join(shown(trade) for trade in trades)

    return run


def bars_of(text: str) -> Bars:
    """Bars from lines `[date] HH:MM open high low close`, UTC; `#` begins a comment.

    A date holds for the lines below it as well; without one it is 2024-01-10.
    """
    day, rows = "2024-01-10", []
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if not words:
            continue
        if "-" in words[0]:
            day = words.pop(0)
        rows.append((minute_of(words[0], day), *map(float, words[1:]), 1.0))
    columns = zip(*rows, strict=True)
    m1 = M1._make(
        np.array(column, np.int64 if position == 0 else np.float64)
        for position, column in enumerate(columns)
    )
    return Bars.from_arrays("TEST", m1)


def news_of(text: str | NewsWindows) -> NewsWindows:
    """News windows from `HH:MM-HH:MM HH:MM-HH:MM`, sorted."""
    if isinstance(text, NewsWindows):
        return text
    if not text:
        return NO_NEWS
    ends = [[minute_of(clock) for clock in window.split("-")] for window in text.split()]
    return NewsWindows(*np.array(ends, np.int64).T)


def minute_of(clock: str, day: str = "2024-01-10") -> int:
    return int(datetime.fromisoformat(f"{day}T{clock}+00:00").timestamp()) // 60


def shown(trade: Trade) -> str:
    day = to_date(trade.date)
    return (
        f"{'' if day == date(2024, 1, 10) else f'{day} '}"
        f"{trade.variation} {'long' if trade.long else 'short'} "
        f"{iso_minute(trade.entry_time)[11:16]} at {trade.entry_price:.17g} "
        f"stop {trade.stop:.17g} target {trade.target:.17g}, "
        f"{trade.exit_reason} {iso_minute(trade.exit_time)[11:16]} at {trade.exit_price:.17g} "
        f"R {trade.r:.17g}"
    )
