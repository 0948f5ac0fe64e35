"""What the texts and files of all validations of a search have in common."""

from collections.abc import Mapping
from typing import Any

from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.orchestrator.search_outcome import SearchOutcome
from params_optimizer.strategies.protocol import Parameters, Trades
from params_optimizer.strategies.trades import Border
from params_optimizer.validation.searched.inner import Borders

Content = dict[str, Any]


def heading(outcome: SearchOutcome) -> list[str]:
    """What was searched, by which method, for what."""
    objective = outcome.problem.objective
    goals = ", ".join(f"{goal.direction} {goal.metric}" for goal in objective.goals)
    lines = [
        f"{outcome.market}: {outcome.strategy}, {outcome.planned:,} trials by {outcome.method}",
        f"{goals}, at least {objective.min_trades} trades",
    ]
    if outcome.bars.generated:
        lines += ["GENERATED SAMPLE DATA: made by a random process, says nothing about any market."]
    return lines


def searched(outcome: SearchOutcome) -> Content:
    """The same as the head of a JSON file."""
    return {
        "symbol": outcome.market,
        "generated_data": outcome.bars.generated,
        "strategy": outcome.strategy,
        "method": outcome.method,
        "metric": outcome.problem.objective.metrics[0],
        "min_trades": outcome.problem.objective.min_trades,
        "border": outcome.problem.evaluation.border,
    }


def plain(parameters: Parameters) -> str:
    """Parameters on one line, as `--backtest` takes them."""
    return " ".join(f"{name}={value}" for name, value in parameters.items())


def borders_content(borders: Borders | None) -> dict[Border, dict[str, float]] | None:
    """The metrics of trades under each border policy."""
    if borders is None:
        return None
    return {name: metrics_of_r(trades.r) for name, trades in borders.items()}


def borders_text(borders: Borders | None, chosen: Border) -> list[str]:
    """The same as a small table; nothing where no trade crosses a border."""
    if borders is None:
        return []
    head = f"  {'':<10}{'trades':>10}{'total R':>12}{'Sharpe':>10}{'drawdown':>12}"
    return [
        "Trades that cross the border of these days (* as above):",
        head,
        *(_border(name, trades, chosen) for name, trades in borders.items()),
        "",
    ]


def _border(name: str, trades: Trades, chosen: Border) -> str:
    found: Mapping[str, float] = metrics_of_r(trades.r)
    return (
        f"  {name + ('*' if name == chosen else ''):<10}{found['total_trades']:>10,}"
        f"{found['total_r']:>12,.2f}{found['sharpe_ratio']:>10.2f}{found['max_drawdown']:>12,.2f}"
    )
