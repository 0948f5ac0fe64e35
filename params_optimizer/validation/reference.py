"""The best combinations against the second implementation of their strategy, trade by trade."""

from dataclasses import dataclass

from params_optimizer.errors import RunError
from params_optimizer.orchestrator.outcome import Outcome
from params_optimizer.strategies.protocol import Verified


@dataclass(frozen=True, slots=True)
class Report:
    """How many combinations, trades and figures were compared, and what differed."""

    combinations: int
    trades: int
    figures: int
    differences: tuple[str, ...]

    @property
    def equal(self) -> bool:
        """Whether nothing differed."""
        return not self.differences

    def text(self) -> str:
        """The report in words."""
        compared = (
            f"{self.combinations:,} combinations, {self.trades:,} trades and "
            f"{self.figures:,} figures compared with the reference engine: "
        )
        if self.equal:
            return compared + "all equal"
        return "\n".join([f"{compared}{len(self.differences)} DIFFER", *self.differences])


def validate(outcome: Outcome, count: int) -> Report:
    """Compare the `count` best combinations with the reference (R9, R10).

    Raises:
        RunError: no combination has enough trades to be among the best, or the strategy has
            no reference.
    """
    plan, strategy = outcome.plan, outcome.plan.strategy
    if not isinstance(strategy, Verified):
        raise RunError(f"--validate {count}: {plan.strategy_name} has no reference engine")
    numbers = outcome.ranking.combination[:count].tolist()
    if not numbers:
        raise RunError(
            f"--validate {count}: no combination of this run has at least "
            f"{plan.objective.min_trades} trades, so there is nothing to compare; take more days, "
            f"or a smaller min_trades in the settings"
        )
    rows = outcome.rows(numbers)
    parts = [strategy.verify(plan.bars, plan.space[row["combination"]], row) for row in rows]
    differences = [
        f"combination {number}: {text}"
        for number, part in zip(numbers, parts, strict=True)
        for text in part.differences
    ]
    return Report(
        len(numbers),
        sum(part.trades for part in parts),
        sum(part.figures for part in parts),
        tuple(differences),
    )
