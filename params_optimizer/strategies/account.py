"""The account that positions are traded on."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Account:
    """Costs and sizes of strategies that trade positions.

    `commission` is a fraction of the traded value, paid at entry and at exit; every position
    invests `initial_capital` times its target, without compounding; 1 R is `risk_pct`
    percent of `initial_capital`.
    """

    commission: float = 0.001
    initial_capital: float = 10_000.0
    risk_pct: float = 1.0

    @property
    def risk_money(self) -> float:
        """What 1 R is worth, in the currency of the account."""
        return self.initial_capital * self.risk_pct / 100


STANDARD_ACCOUNT: Final = Account()
