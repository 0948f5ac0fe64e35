"""The promises of a strategy, tested: `check(my_strategy)` is a whole test suite in one line.

It catches what ruins a search silently: reading later bars, remembering earlier calls,
changing the bars, chance, and parameter sets that raise.
"""

import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import M1, Bars
from params_optimizer.data.days import iso_minute
from params_optimizer.errors import OptimizerError, StrategyError
from params_optimizer.search.space import ParameterSpace
from params_optimizer.strategies.function import FunctionStrategy
from params_optimizer.strategies.guard import checked_targets, checked_trades, telling
from params_optimizer.strategies.protocol import (
    Parameters,
    Rule,
    Strategy,
    Trades,
    canonical,
    shown,
)
from params_optimizer.strategies.registry import strategy_named
from params_optimizer.strategies.trades import first_bars

_CUTS = 12
_SHORT = (1, 2, 5, 30)
_MOST_BARS = 20_000
_MOST_TOLD = 5

Finding = str


def check(
    strategy: Strategy | Callable[..., object] | str,
    bars: Bars | None = None,
    *,
    sets: int = 6,
    seed: int = 1,
) -> None:
    """Test a strategy, a plain function, or the name of one; say nothing if all is well.

    Args:
        strategy: what is tested.
        bars: where; None takes `wavy_bars`. Of more than 20,000 the first are taken.
        sets: parameter sets drawn from its space.
        seed: of the draws.

    Raises:
        StrategyError: lists every broken promise with its parameters.
    """
    problems = findings(strategy, bars, sets=sets, seed=seed)
    if problems:
        rest = len(problems) - _MOST_TOLD
        remainder = f"\n- and {rest} more" if rest > 0 else ""
        raise StrategyError("\n- ".join(["broken promises:", *problems[:_MOST_TOLD]]) + remainder)


def findings(
    strategy: Strategy | Callable[..., object] | str,
    bars: Bars | None = None,
    *,
    sets: int = 6,
    seed: int = 1,
) -> list[Finding]:
    """The broken promises of a strategy in words; see `check`."""
    try:
        tested = _strategy(strategy)
        with telling(tested.name, {}):
            content = tested.space()
        space = ParameterSpace.parse(content, source=f"space of {tested.name}")
    except OptimizerError as error:
        return [str(error)]
    tested_bars = wavy_bars() if bars is None else bars
    tested_bars = first_bars(tested_bars, min(tested_bars.count, _MOST_BARS))
    rng = np.random.default_rng(seed)
    drawn = [canonical(tested, space.sample(rng)) for _ in range(sets)]
    problems = list(_findings(tested, tested_bars, drawn, rng))
    return list(dict.fromkeys(problems))


def _strategy(candidate: Strategy | Callable[..., object] | str) -> Strategy:
    if isinstance(candidate, str):
        return strategy_named(candidate)
    if isinstance(candidate, Strategy):
        return candidate
    if callable(candidate):
        return FunctionStrategy(candidate)
    raise StrategyError(f"{candidate!r:.60}: is no strategy: it needs name, space() and trades()")


def _findings(
    strategy: Strategy, bars: Bars, drawn: Sequence[Parameters], rng: np.random.Generator
) -> Iterator[Finding]:
    content = _content(bars)
    try:
        first = [_trades(strategy, bars, parameters) for parameters in drawn]
    except OptimizerError as error:
        yield str(error)
        return
    if not any(trades.r.size for trades in first):
        yield (
            f"strategy {strategy.name} made no trade with {len(drawn)} parameter sets on "
            f"{bars.count:,} bars, so that nothing could be tested; give bars on which it trades"
        )
    repeated = list(_memory(strategy, bars, drawn, first))
    yield from repeated
    if not repeated:  # chance would look like looking ahead
        yield from _first(
            _lookahead(strategy, bars, parameters, whole, rng)
            for parameters, whole in zip(drawn, first, strict=True)
        )
    yield from _first(_few_bars(strategy, bars, parameters) for parameters in drawn)
    if _content(bars) != content:
        yield f"strategy {strategy.name} changes the bars it is given; work on a copy"


def _first(probes: Iterable[Iterator[Finding]]) -> list[Finding]:
    """The first finding of some probes; one example says it all."""
    try:
        return [finding for probe in probes for finding in [next(probe, None)] if finding][:1]
    except OptimizerError as error:
        return [str(error)]


def _few_bars(strategy: Strategy, bars: Bars, parameters: Parameters) -> Iterator[Finding]:
    """Bars that hardly reach for an indicator are no reason to raise."""
    for count in _SHORT:
        try:
            _trades(strategy, first_bars(bars, min(count, bars.count)), parameters)
        except OptimizerError as error:
            yield f"with {count} bars only: {error}"


def _lookahead(
    strategy: Strategy,
    bars: Bars,
    parameters: Parameters,
    whole: Trades,
    rng: np.random.Generator,
) -> Iterator[Finding]:
    """Cut the bars off where the strategy acted, and elsewhere, and see what it knew."""
    targets = _targets(strategy, bars, parameters)
    for count in _cuts(bars, whole, rng):
        cut = first_bars(bars, count)
        told = f"strategy {strategy.name} with {shown(parameters)} reads later bars: "
        end = iso_minute(int(cut.m1.time[-1]))
        early = _targets(strategy, cut, parameters)
        if targets is not None and early is not None:
            differs = np.flatnonzero(early != targets[:count])
            if differs.size:
                at = int(differs[0])
                when = iso_minute(int(bars.m1.time[at]))
                yield (
                    f"{told}its position at the close of {when} is {targets[at]:g} with all bars, "
                    f"but {early[at]:g} where the bars end at {end}"
                )
                return
        problem = _changed(whole, _trades(strategy, cut, parameters), int(cut.m1.time[-1]))
        if problem:
            yield f"{told}{problem} where the bars end at {end}"
            return


def _cuts(bars: Bars, trades: Trades, rng: np.random.Generator) -> list[int]:
    """Numbers of bars to leave: up to and around entries and exits, and at random."""
    times = np.concatenate([trades.entry_time, trades.exit_time])
    if times.size:
        times = rng.choice(times, min(times.size, _CUTS), replace=False)
    at = np.searchsorted(bars.m1.time, times)
    random_cuts = rng.integers(1, bars.count + 1, _CUTS // 2)
    cuts = np.concatenate([at, at + 1, random_cuts])
    usable = cuts[(cuts > _SHORT[-1]) & (cuts < bars.count)]  # few bars are another probe
    return [int(count) for count in np.unique(usable)]


def _changed(whole: Trades, part: Trades, end: int) -> str | None:
    """How the trades differ that were entered, and those that were closed, by `end`.

    A trade that is entered at the last bar may exist there only: the bar may be half a candle.
    """
    whole_rows, part_rows = (_entries(trades, trades.entry_time <= end) for trades in (whole, part))
    for row in sorted(whole_rows - part_rows):
        return f"the trade entered at {iso_minute(int(row[0]))} is missing, or enters otherwise,"
    for row in sorted(part_rows - whole_rows):
        if row[0] < end:
            return f"a trade entered at {iso_minute(int(row[0]))} exists only"
    whole_rows, part_rows = (_rows(trades, trades.exit_time < end) for trades in (whole, part))
    for row in sorted(whole_rows ^ part_rows):
        return f"the trade entered at {iso_minute(int(row[0]))} leaves otherwise"
    return None


def _entries(trades: Trades, which: NDArray[np.bool_]) -> set[tuple[float, ...]]:
    columns = (trades.entry_time, trades.direction, trades.entry_price)
    return set(zip(*(column[which].tolist() for column in columns), strict=True))


def _rows(trades: Trades, which: NDArray[np.bool_]) -> set[tuple[float, ...]]:
    return set(zip(*(column[which].tolist() for column in trades), strict=True))


def _memory(
    strategy: Strategy, bars: Bars, drawn: Sequence[Parameters], first: Sequence[Trades]
) -> Iterator[Finding]:
    """Ask again, in another order, and ask a copy as another process would have it."""
    try:
        copy: Strategy | None = pickle.loads(pickle.dumps(strategy))
    except Exception as error:  # noqa: BLE001  whatever a foreign class does
        copy = None
        yield (
            f"strategy {strategy.name} cannot be sent to worker processes ({error}); define it at "
            f"the top level of a module"
        )
    pairs = list(zip(drawn, first, strict=True))[::-1]
    for instance in (strategy, copy):
        for parameters, before in pairs:
            if instance is None:
                continue
            again = _trades(instance, bars, parameters)
            if not all(np.array_equal(a, b) for a, b in zip(again, before, strict=True)):
                who = "in another process" if instance is copy else "when asked again"
                yield (
                    f"strategy {strategy.name} with {shown(parameters)} makes other trades {who}: "
                    f"it uses chance, or remembers earlier calls"
                )
                break


def _trades(strategy: Strategy, bars: Bars, parameters: Parameters) -> Trades:
    with telling(strategy.name, parameters):
        trades = strategy.trades(bars, dict(parameters))
    return checked_trades(strategy.name, parameters, bars, trades)


def _targets(strategy: Strategy, bars: Bars, parameters: Parameters) -> NDArray[np.float64] | None:
    if not isinstance(strategy, Rule):
        return None
    with telling(strategy.name, parameters):
        targets = strategy.targets(bars, dict(parameters))
    return checked_targets(strategy.name, parameters, bars, targets)


def _content(bars: Bars) -> list[bytes]:
    return [column.tobytes() for column in bars.m1]


def wavy_bars(count: int = 2_000, seed: int = 7) -> Bars:
    """Generated hourly bars with trends and quiet times, for tests of strategies.

    The market is closed two days of each week; prices begin at 100.
    """
    rng = np.random.default_rng(seed)
    hour = np.arange(count)
    drift = 0.002 * np.sin(hour / 60) + rng.normal(0, 0.004, count) * (1 + np.sin(hour / 200) / 2)
    close = np.round(100 * np.exp(np.cumsum(drift)), 4)
    opened = np.concatenate([[100.0], close[:-1]])
    high = np.maximum(opened, close) * (1 + rng.uniform(0, 0.002, count))
    low = np.minimum(opened, close) * (1 - rng.uniform(0, 0.002, count))
    time = 28_000_000 // 60 * 60 + (hour + hour // 120 * 48) * 60
    columns = (opened, high, low, close, np.ones(count))
    return Bars.from_arrays("GENERATED", M1(time, *columns), generated=True)
