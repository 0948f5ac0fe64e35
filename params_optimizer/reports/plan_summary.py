"""The text of an exhaustive run of any strategy."""

from collections.abc import Iterator
from textwrap import wrap

from params_optimizer.orchestrator.outcome import Outcome
from params_optimizer.reports.forms import figure
from params_optimizer.reports.labels import label
from params_optimizer.reports.run import GENERATED
from params_optimizer.reports.verdict import quick_evidence, sentences

_SHOWN = ("total_r", "total_trades", "winrate", "sharpe_ratio", "profit_factor", "max_drawdown")
_TOP, _WIDTH = 10, 96


def plan_summary(outcome: Outcome) -> str:
    """What was evaluated, the best sets, and what to make of the first."""
    return "\n".join(_lines(outcome)) + "\n"


def _lines(outcome: Outcome) -> Iterator[str]:
    plan, ranking = outcome.plan, outcome.ranking
    first, last = plan.span
    yield f"{plan.symbol}: strategy {plan.strategy_name}, {plan.space.count:,} combinations"
    yield ""
    if plan.bars.generated:
        yield from (GENERATED, "")
    yield f"Days   {plan.trading_days:,} trading days, {first} to {last}"
    yield f"Money  {plan.risk_money:,.0f} at risk per trade, no compounding"
    yield ""
    yield (
        f"{ranking.eligible:,} of {plan.space.count:,} combinations have at least "
        f"{plan.objective.min_trades} trades and were ranked."
    )
    rows = outcome.rows(ranking.combination[:_TOP].tolist())
    if not rows:
        yield "No combination has enough trades: nothing can be said about any of them."
        return
    names = ("combination", *plan.space.names, *_SHOWN)
    cells = [[label(name).name for name in names]]
    cells += [[_cell(name, row[name]) for name in names] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    yield ""
    for line in cells:
        pairs = zip(line, widths, strict=True)
        yield "  ".join(f"{cell:>{width}}" for cell, width in pairs).rstrip()
    yield ""
    yield from wrap(" ".join(sentences(quick_evidence(outcome, rows[0]))), _WIDTH)


def _cell(name: str, value: object) -> str:
    return figure(name, value) if name in _SHOWN and isinstance(value, float) else str(value)
