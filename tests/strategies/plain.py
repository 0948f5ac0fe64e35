"""The rule pages of docs/strategies.md in plain pandas, without a look at the kernels."""

import numpy as np
import pandas as pd

Row = tuple[int, int, int, float, float, float]


def ma_targets(frame: pd.DataFrame, fast: int, slow: int, direction: str) -> pd.Series:
    """M1, M2."""
    quick, lazy = frame.close.rolling(fast).mean(), frame.close.rolling(slow).mean()
    equal = (quick - lazy).abs() <= 1e-12 * lazy
    side = np.sign(quick - lazy).where(~equal)
    return limited(side.ffill().fillna(0.0), direction)


def rsi(close: pd.Series, period: int) -> pd.Series:
    """W1."""
    change = close.diff().to_numpy()[1:]
    values = pd.Series(np.nan, index=close.index)
    gain, loss = np.where(change > 0, change, 0.0), np.where(change < 0, -change, 0.0)
    if change.size < period:
        return values
    up, down = gain[:period].mean(), loss[:period].mean()
    for bar in range(period, close.size):
        if bar > period:
            up = (up * (period - 1) + gain[bar - 1]) / period
            down = (down * (period - 1) + loss[bar - 1]) / period
        if up == down == 0:
            values.iloc[bar] = 50.0
        else:
            values.iloc[bar] = 100.0 - 100.0 / (1.0 + up / down) if down else 100.0
    return values


def rsi_targets(
    frame: pd.DataFrame, period: int, lower: float, upper: float, exit_level: float, direction: str
) -> pd.Series:
    """W2."""
    index = rsi(frame.close, period)
    return reverting(
        index.notna(),
        index < lower - 1e-9,
        index > upper + 1e-9,
        index >= exit_level - 1e-9,
        index <= exit_level + 1e-9,
        direction,
    )


def bollinger_targets(
    frame: pd.DataFrame, period: int, deviations: float, direction: str
) -> pd.Series:
    """B1, B2."""
    windows = frame.close.rolling(period)
    middle = windows.mean()
    band = deviations * windows.apply(lambda closes: np.std(closes, ddof=0), raw=True)
    equal = 1e-12 * middle
    return reverting(
        middle.notna(),
        frame.close < middle - band - equal,
        frame.close > middle + band + equal,
        frame.close >= middle - equal,
        frame.close <= middle + equal,
        direction,
    )


def reverting(
    known: pd.Series,
    low: pd.Series,
    high: pd.Series,
    above: pd.Series,
    below: pd.Series,
    direction: str,
) -> pd.Series:
    """Long from low on until above, short from high on until below."""
    long, short = direction != "short", direction != "long"
    wanted, found = 0, []
    for bar in known.index:
        if known[bar]:
            if low[bar]:
                wanted = 1 if long else 0
            elif high[bar]:
                wanted = -1 if short else 0
            elif (wanted == 1 and above[bar]) or (wanted == -1 and below[bar]):
                wanted = 0
        found.append(wanted)
    return pd.Series(found, index=known.index, dtype=float)


def limited(side: pd.Series, direction: str) -> pd.Series:
    if direction == "long":
        return side.clip(lower=0)
    return side.clip(upper=0) if direction == "short" else side


def trades(
    frame: pd.DataFrame,
    targets: pd.Series,
    commission: float = 0.001,
    capital: float = 10_000.0,
    risk_pct: float = 1.0,
    spread: float = 0.0,
) -> list[Row]:
    """P1 to P5 for targets of -1, 0 and 1: entry, exit, direction, prices, R."""
    found: list[Row] = []
    costs = (commission, spread / 2)
    filled = targets.shift(1).fillna(0.0)
    changes = filled[filled.diff() != 0].index
    entry, held = 0, 0.0
    for bar in changes:
        if filled[bar] == held:
            continue
        if held:
            found.append(row(frame, entry, bar, held, frame.open[bar], costs, capital))
        entry, held = bar, filled[bar]
    if held:
        last = frame.index[-1]
        found.append(row(frame, entry, last, held, frame.close[last], costs, capital))
    risk = capital * risk_pct / 100
    return [(*one[:5], one[5] / risk) for one in found]


def row(
    frame: pd.DataFrame,
    entry: int,
    leave: int,
    held: float,
    price: float,
    costs: tuple[float, float],
    capital: float,
) -> Row:
    commission, half_spread = costs
    paid = frame.open[entry]
    units = capital / paid
    profit = held * (price - paid) * units - commission * units * paid - commission * units * price
    profit -= 2 * half_spread * units
    return (int(frame.time[entry]), int(frame.time[leave]), int(held), paid, price, profit)


def equity(
    frame: pd.DataFrame,
    targets: pd.Series,
    commission: float = 0.001,
    capital: float = 10_000.0,
    spread: float = 0.0,
) -> pd.Series:
    """P6 for targets of -1, 0 and 1, bar by bar with a purse."""
    filled = targets.shift(1).fillna(0.0)
    cash, units, held, worth = capital, 0.0, 0.0, []
    for bar in frame.index:
        if filled[bar] != held:
            price = frame.open[bar]
            cash += units * price - abs(units) * (commission * price + spread / 2)
            held = filled[bar]
            units = held * capital / price
            cash -= units * price + abs(units) * (commission * price + spread / 2)
        worth.append(cash + units * frame.close[bar])
    worth[-1] -= abs(units) * (commission * frame.close.iloc[-1] + spread / 2)
    return pd.Series(worth, index=frame.index)
