"""What the tests of the Initial Balance rules share.

`play` runs hand-made bars through every engine of ENGINES; a new one is a line there.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from params_optimizer.data.bars import Bars
from params_optimizer.data.news import NewsWindows
from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.strategies.initial_balance.backtest import backtest
from params_optimizer.strategies.initial_balance.params import (
    RULES,
    Execution,
    Params,
    Trade,
)
from params_optimizer.strategies.initial_balance.reference import backtest as reference
from params_optimizer.strategies.initial_balance.reference import metrics
from tests.strategies.hand_made import EASY, bars_of, news_of, shown
from tests.strategies.panels import axes_of, differences, panel_columns, row_of

Engine = Callable[[Bars, Params, float, NewsWindows, Execution], list[Trade]]


def compiled(
    bars: Bars, params: Params, spread: float, news: NewsWindows, execution: Execution
) -> list[Trade]:
    return backtest(bars, params, spread, news, execution=execution)


def panel(
    bars: Bars, params: Params, spread: float, news: NewsWindows, execution: Execution
) -> list[Trade]:
    """The reference's trades, when the panel has their metrics: in this window and in others.

    A window of the panel is the longest one cut short, so the same bars also go through
    windows that end at any minute before.
    """
    given = params.trade_window_minutes
    windows = (given, *range(min(given, 40), 0, -1), given + 1)
    axes = axes_of(params)._replace(windows=tuple(dict.fromkeys(windows)))
    columns = panel_columns(bars, axes, spread, news, execution)
    for place, window in enumerate(axes.windows):
        shorter = replace(params, trade_window_minutes=window)
        trades = reference(bars, shorter, spread, news, execution)
        row = {name: values[place] for name, values in columns.items()}
        assert not differences(row, row_of(trades)), f"window {window}: {trades}"
    return reference(bars, params, spread, news, execution)


def metrics_of_list(r_values: Sequence[float]) -> dict[str, float]:
    return metrics_of_r(np.array(r_values, np.float64))


ENGINES = {"reference": reference, "compiled": compiled, "panel": panel}
METRICS = {"reference": metrics, "compiled": metrics_of_list}


@pytest.fixture(params=ENGINES)
def engine(request) -> Engine:
    return ENGINES[request.param]


@pytest.fixture(params=METRICS)
def figures(request) -> Callable[[Sequence[float]], dict[str, float]]:
    return METRICS[request.param]


@pytest.fixture
def play(engine):
    """Trades as text: `play(bars, spread=1, news="08:12-08:14", rr_target=2)`.

    Bars are lines as `bars_of` reads them, or Bars. The keys not named are those of EASY:
    the window is 08:10 to 08:30 UTC. A trade reads
    `OCAE long 08:14 at 111 stop 105 target 117, tp 08:15 at 117 R 1`.
    """

    def run(
        bars: str | Bars,
        *,
        spread: float = 0.0,
        news: str | NewsWindows = "",
        execution: Execution = RULES,
        **keys: object,
    ) -> str:
        bars = bars_of(bars) if isinstance(bars, str) else bars
        trades = engine(bars, replace(EASY, **keys), spread, news_of(news), execution)
        return "\n".join(shown(trade) for trade in trades)

    return run
