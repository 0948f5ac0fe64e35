"""Position size and profit of a trade in money (R14)."""

from decimal import Decimal
from math import floor
from typing import NamedTuple

from params_optimizer.config import Backtest, Symbol
from params_optimizer.strategies.initial_balance.params import Trade


class Money(NamedTuple):
    """`volume` in lots, 0 where the smallest lot is too large; `profit` in money."""

    volume: float
    profit: float


def money_of(trade: Trade, market: Symbol, account: Backtest) -> Money:
    """Size and result of one trade; every trade risks the same amount (no compounding)."""
    balance = account.initial_balance
    risk = abs(trade.entry_price - trade.stop)
    if trade.exit_reason == "invalid" or risk == 0:
        return Money(0.0, 0.0)
    by_risk = balance * account.risk_pct / 100 / (risk * market.contract_size)
    lot_margin = market.contract_size * trade.entry_price / market.leverage
    by_margin = account.max_margin_pct / 100 * balance / lot_margin
    volume = _floor(min(by_risk, market.volume_max, by_margin), market.volume_step)
    if volume < market.volume_min:
        return Money(0.0, 0.0)
    move = trade.exit_price - trade.entry_price
    return Money(volume, volume * market.contract_size * (move if trade.long else -move))


def _floor(volume: float, step: float) -> float:
    """Round down to a multiple of `step`; a value that is one but for rounding stays."""
    steps = floor(round(volume / step, 6))
    return float(steps * Decimal(repr(step)))
