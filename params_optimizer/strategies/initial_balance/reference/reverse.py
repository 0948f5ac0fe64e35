"""R3: Reverse, a sweep of the IB edge that fails."""

from collections.abc import Iterator
from dataclasses import dataclass

from params_optimizer.strategies.initial_balance.params import Params
from params_optimizer.strategies.initial_balance.reference.candles import Candle
from params_optimizer.strategies.initial_balance.reference.day import Day
from params_optimizer.strategies.initial_balance.reference.signal import ReferenceSignal


@dataclass(slots=True)
class Group:
    """Neighbouring sweeps of one side; `first` and `last` are positions in the window."""

    upper: bool
    first: int
    last: int
    extreme: float


def reverse_signal(
    day: Day, window: list[Candle], context: list[Candle], params: Params
) -> ReferenceSignal | None:
    """The first group, in order, with a confirmation and a candle after it (R3.6)."""
    for group, confirmation in confirmed_groups(day, window, context, params):
        entry = window[confirmation + 1]
        fill_price = window[confirmation].close
        long = not group.upper
        return ReferenceSignal("Reverse", long, entry.start, entry.open, fill_price, group.extreme)
    return None


def confirmed_groups(
    day: Day, window: list[Candle], context: list[Candle], params: Params
) -> Iterator[tuple[Group, int]]:
    """The groups with a confirmation and a candle after it, in order, and that confirmation."""
    for group in sweep_groups(day, window, params):
        level = _level(group, window, context)
        confirmation = None if level is None else _confirmation(group, level, day, window)
        if confirmation is not None and confirmation + 1 < len(window):
            yield group, confirmation


def sweep_groups(day: Day, window: list[Candle], params: Params) -> list[Group]:
    """The groups of sweeps, in the order in which they were opened (R3.2, R3.3)."""
    buffer = params.ib_buffer_pct * day.range
    top, bottom = day.ib_high + buffer, day.ib_low - buffer
    groups: list[Group] = []
    for position, candle in enumerate(window[: _invalidation(window, top, bottom)]):
        if candle.high > day.ib_high and candle.open <= top and candle.close <= top:
            _join_or_open(groups, position, candle.high, upper=True)
        if candle.low < day.ib_low and candle.open >= bottom and candle.close >= bottom:
            _join_or_open(groups, position, candle.low, upper=False)
    return groups


def _invalidation(window: list[Candle], top: float, bottom: float) -> int:
    """Position of the first candle that lies outside with open and close (R3.1)."""
    for position, candle in enumerate(window):
        above = candle.open > top and candle.close > top
        below = candle.open < bottom and candle.close < bottom
        if above or below:
            return position
    return len(window)


def _join_or_open(groups: list[Group], position: int, extreme: float, *, upper: bool) -> None:
    """A sweep joins the last opened group of its side right before it, else opens one (R3.3)."""
    current = groups[-1] if groups else None
    if current is not None and current.upper == upper and current.last + 1 == position:
        current.last = position
        furthest = max if upper else min
        current.extreme = furthest(current.extreme, extreme)
    else:
        groups.append(Group(upper, position, position, extreme))


def _level(group: Group, window: list[Candle], context: list[Candle]) -> float | None:
    """Near edge of the nearest earlier candle that closes against the group (R3.4)."""
    for candle in reversed(context + window[: group.first]):
        if group.upper and candle.close < candle.open:
            return candle.low
        if not group.upper and candle.close > candle.open:
            return candle.high
    return None


def _confirmation(group: Group, level: float, day: Day, window: list[Candle]) -> int | None:
    """Position of the first close beyond the level; None: none, or half the IB away (R3.5)."""
    for position in range(group.last + 1, len(window)):
        close = window[position].close
        if close < level if group.upper else close > level:
            depth = day.ib_high - close if group.upper else close - day.ib_low
            return None if depth >= 0.5 * day.range else position
    return None
