"""How orders are filled, and what that costs, in words."""

from params_optimizer.strategies.account import Account, fill_costs
from params_optimizer.strategies.initial_balance.params import Execution
from params_optimizer.strategies.initial_balance.strategy import InitialBalance
from params_optimizer.strategies.protocol import Strategy


def execution_title(strategy: Strategy) -> str:
    """What a title says of the execution: `, strict execution`; nothing where it is the usual one.

    The usual one is by the rules for the Initial Balance; other strategies have no other.
    """
    if not isinstance(strategy, InitialBalance) or not strategy.execution.strict:
        return ""
    slippage = strategy.execution.slippage
    return ", strict execution" + (f" with slippage {slippage:g}" if slippage else "")


def execution_text(strategy: Strategy) -> str:
    """How the orders of a strategy are filled."""
    if isinstance(strategy, InitialBalance):
        if strategy.execution.strict:
            return "strict: what an order sent at the moment of the decision would have met"
        return "by the rules, which fill kinder than a market does; --execution strict does not"
    if isinstance(getattr(strategy, "account", None), Account):
        return "orders are filled at the open of the next bar; there is no other execution"
    return "fills are those of the strategy itself"


def spread_text(spread: float, execution: Execution) -> str:
    """When the spread of the Initial Balance is paid, and the slippage."""
    if not execution.strict:
        return f"{spread:g} points, half paid at the entry, half at a time exit"
    text = f"{spread:g} points, half paid at the entry, half at every exit"
    if execution.slippage:
        text += f"; slippage of {execution.slippage:g} points at every fill but limit and target"
    return text


def costs_text(strategy: Strategy) -> str:
    """What a trade pays."""
    account = getattr(strategy, "account", None)
    if isinstance(account, Account):
        return (
            f"{fill_costs(account)}; capital {account.initial_capital:,.0f}, not compounded; 1 R "
            f"is {account.risk_money:,.2f} ({account.risk_pct:g} % of it)"
        )
    if isinstance(strategy, InitialBalance):
        return f"spread {spread_text(strategy.spread, strategy.execution)}"
    return "those that the strategy itself counts"
