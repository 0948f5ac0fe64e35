"""What a run evaluates, on which data and at which costs, as facts of a few words."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.bars import Bars
from params_optimizer.data.days import iso_minute, to_date
from params_optimizer.data.ohlc import time_frame, time_frame_name
from params_optimizer.orchestrator.plan import Plan
from params_optimizer.orchestrator.study import Study
from params_optimizer.reports.blocks import Fact
from params_optimizer.reports.execution_texts import (
    costs_text,
    execution_text,
    execution_title,
)
from params_optimizer.reports.forms import count_of
from params_optimizer.reports.labels import in_text
from params_optimizer.search.objective import SCORE, Objective
from params_optimizer.strategies.protocol import DailyStrategy
from params_optimizer.strategies.registry import INITIAL_BALANCE

if TYPE_CHECKING:
    from params_optimizer.orchestrator.outcome import SearchOutcome

GENERATED = "GENERATED SAMPLE DATA: made by a random process, says nothing about any market."
_WIDTH = 87
"""Characters of a fact in a heading."""
_BORDERS = {
    "close": "is closed at their last price",
    "carry": "counts whole, with what it makes afterwards",
    "drop": "does not count",
}


def title_of(plan: Plan, sets: str) -> str:
    """Market, strategy and size of a run; `sets` as in `34,560 combinations`."""
    name = plan.strategy_name
    name = "Initial Balance" if name == INITIAL_BALANCE else name
    return f"{plan.symbol}: {name}, {sets}{execution_title(plan.strategy)}"


def days_text(plan: Plan) -> str:
    """How many days are traded, from the first to the last."""
    days = plan.traded_days
    if not days.size:
        return "no days"
    first, last = span_of(days)
    text = f"{days.size:,} trading days, {first} to {last}"
    if isinstance(plan, Study) and (skipped := plan.days_without_window):
        text += (
            f"; {count_of(skipped, 'day')} not traded, since a change of the clock leaves out the "
            f"start or end of the Initial Balance"
        )
    return text


def span_of(days: NDArray[np.int64]) -> tuple[date, date]:
    """The first and the last of some days in ascending order."""
    return to_date(int(days[0])), to_date(int(days[-1]))


def facts_of(plan: Plan) -> Iterator[Fact]:
    """What is searched and for what; days, bars, costs and money."""
    space, strategy = plan.space, plan.strategy
    size = "without end" if space.size is None else f"{space.size:,} parameter sets"
    yield Fact("Objective", objective_text(plan.objective))
    size += " before constraints" if space.relations else ""
    yield Fact("Space", f"{count_of(len(space.names), 'parameter')}, {size}")
    if rules := [rule.text for rule in (*space.relations, *plan.objective.conditions)]:
        yield Fact("Constraints", "; ".join(rules))
    yield Fact("Days", days_text(plan))
    yield Fact("Time zone", plan.sample.zone)
    yield Fact("Bars", _bars_text(plan.bars))
    yield Fact("Execution", execution_text(strategy))
    yield Fact("Costs", costs_text(strategy))
    if isinstance(plan, Study):
        yield Fact("News filter", _news_text(plan))
    yield Fact("Money", f"{plan.risk_money:,.0f} at risk per trade, no compounding")
    if not isinstance(strategy, DailyStrategy):
        border = plan.sample.border
        yield Fact("Border", f"{border}: a trade still open where the days end {_BORDERS[border]}")


def heading(plan: Plan, sets: str) -> list[str]:
    """Title and facts as lines above a text."""
    lines = [title_of(plan, sets), ""]
    lines += [GENERATED, ""] if plan.bars.generated else []
    for fact in facts_of(plan):
        first, *more = wrap(str(fact.value), _WIDTH)
        lines += [f"{fact.name:<13}{first}", *(f"{'':<13}{line}" for line in more)]
    if isinstance(plan, Study) and plan.years_without_news:
        years = years_text(plan.years_without_news)
        lines.append(f"{'':<13}WARNING: the calendar has no such event in {years}")
    return lines


def objective_text(objective: Objective) -> str:
    """The goals and the trades that a set needs."""
    goals = " and ".join(
        f"{'highest' if goal.direction == 'maximize' else 'lowest'} {in_text(goal.metric)}"
        for goal in objective.goals
    )
    if SCORE in objective.metrics:
        weights = objective.weights.model_dump().items()
        goals += (
            f" ({', '.join(f'{in_text(name)} {100 * share:.0f} %' for name, share in weights)})"
        )
    return f"{goals}; at least {count_of(objective.min_trades, 'trade')}"


def tried_text(outcome: "SearchOutcome") -> str:
    """How many trials of a search ended in which state."""
    states = Counter(trial.state for trial in outcome.trials)
    ends = ", ".join(f"{count:,} {state}" for state, count in states.most_common()) or "none"
    text = f"{len(outcome.trials):,} of {outcome.planned:,} planned: {ends}"
    if repeated := len(outcome.trials) - len(outcome.distinct):
        text += f"; {repeated:,} of them answered from memory"
    return f"{text}; the space holds no more" if outcome.search.exhausted else text


def years_text(years: Sequence[int]) -> str:
    """Years, as a sentence lists them."""
    return ", ".join(map(str, years))


def _news_text(study: Study) -> str:
    rule = study.settings.news_filter
    if not rule.enabled:
        return "off"
    return (
        f"no decision from {rule.before_minutes} minutes before to {rule.after_minutes} after "
        f"high-impact events in {', '.join(study.market.news_currencies)}"
    )


def _bars_text(bars: Bars) -> str:
    time = bars.m1.time
    if not time.size:
        return "none"
    first, last = (iso_minute(int(time[at]))[:16].replace("T", " ") for at in (0, -1))
    frame = time_frame_name(time_frame(time))
    return f"{time.size:,} of time frame {frame}, {first} to {last} UTC"
