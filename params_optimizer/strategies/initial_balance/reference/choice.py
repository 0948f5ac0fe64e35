"""R6: which signal is traded."""

from collections.abc import Iterable

from params_optimizer.data.news import NewsWindows
from params_optimizer.strategies.initial_balance.params import Params
from params_optimizer.strategies.initial_balance.reference.breakout import breakout_signal
from params_optimizer.strategies.initial_balance.reference.candles import Candle
from params_optimizer.strategies.initial_balance.reference.day import Day
from params_optimizer.strategies.initial_balance.reference.rebound import rebound_signal
from params_optimizer.strategies.initial_balance.reference.reverse import reverse_signal
from params_optimizer.strategies.initial_balance.reference.signal import ReferenceSignal

_ORDER = ("Reverse", "OCAE", "TCWE")


def chosen_signal(
    day: Day, window: list[Candle], context: list[Candle], params: Params, news: NewsWindows
) -> ReferenceSignal | None:
    """The one signal of the day that is traded (R6.3, R6.4)."""
    signals = (
        reverse_signal(day, window, context, params),
        breakout_signal(day, window, params),
    )
    valid = _valid(signals, day, news)
    if not valid:
        valid = _valid([rebound_signal(day, window, params)], day, news)
        return valid[0] if valid else None
    return min(valid, key=lambda signal: (signal.start, _ORDER.index(signal.variation)))


def _valid(
    signals: Iterable[ReferenceSignal | None], day: Day, news: NewsWindows
) -> list[ReferenceSignal]:
    """Those whose decision time is neither after the window nor near news (R6.1, R6.2)."""
    return [
        signal
        for signal in signals
        if signal is not None
        and _decision_time(signal) <= day.window_end
        and not news.contains(_decision_time(signal))
    ]


def _decision_time(signal: ReferenceSignal) -> int:
    """Close of the entry candle for breakouts, else its start (R6.1)."""
    return signal.start + 2 if signal.variation in ("OCAE", "TCWE") else signal.start
