"""The account that positions are traded on."""

from dataclasses import dataclass
from typing import Final

STANDARD_COMMISSION: Final = 0.001
"""Where nothing is known of what a market costs."""


@dataclass(frozen=True, slots=True)
class Account:
    """Costs and sizes of strategies that trade positions.

    `commission` is a fraction of the traded value, paid at entry and at exit; `spread` is the full
    spread in points of price, of which every fill pays half; every position invests
    `initial_capital` times its target, without compounding; 1 R is `risk_pct` percent of
    `initial_capital`.
    """

    commission: float = STANDARD_COMMISSION
    initial_capital: float = 10_000.0
    risk_pct: float = 1.0
    spread: float = 0.0

    @property
    def risk_money(self) -> float:
        """What 1 R is worth, in the currency of the account."""
        return self.initial_capital * self.risk_pct / 100


def fill_costs(account: Account) -> str:
    """What a fill pays, in words."""
    texts = []
    if account.spread:
        texts.append(f"spread {account.spread:g} points, half paid at each fill")
    if account.commission or not account.spread:
        texts.append(f"commission {100 * account.commission:g} % of each fill")
    return ", ".join(texts)


STANDARD_ACCOUNT: Final = Account()
