"""The rules of the Initial Balance strategy in plain Python, candle by candle.

It is what the compiled engine is checked against, and shares no code with it: one
rule chapter (`R1` to `R10`, `R15`) per file, every function names the rule it states.
"""

from params_optimizer.strategies.initial_balance.reference.backtest import backtest
from params_optimizer.strategies.initial_balance.reference.metrics import metrics

__all__ = ["backtest", "metrics"]
