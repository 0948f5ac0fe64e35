"""What a search was, in the words of people."""

from collections import Counter

from params_optimizer.config.space import ListedParameter
from params_optimizer.data.days import iso_minute, to_date
from params_optimizer.data.ohlc import time_frame, time_frame_name
from params_optimizer.orchestrator.search_outcome import SearchOutcome
from params_optimizer.reports.excel.search.columns import named
from params_optimizer.reports.search import search_text
from params_optimizer.search.axis import Axis
from params_optimizer.strategies.account import Account

_FEW_TRADES = 30
"""Below it, chance alone makes results that look good."""
_VALUES_SHOWN = 30


def days_text(outcome: SearchOutcome) -> str:
    """How many days were traded, from the first to the last."""
    days = outcome.days
    if not days.size:
        return "no days"
    ends = f"{to_date(int(days[0]))} to {to_date(int(days[-1]))}"
    return f"{days.size:,} days with bars, {ends}"


def facts_of(outcome: SearchOutcome) -> list[tuple[str, str]]:
    """What was searched, how, for what, on which data, at which costs."""
    evaluation, space = outcome.problem.evaluation, outcome.problem.space
    size = "without end" if space.size is None else f"{space.size:,} parameter sets"
    facts = [
        ("Strategy", f"{outcome.strategy} on {outcome.market}"),
        ("Method", f"{outcome.method}, seed {outcome.seed}"),
        ("Trials", trials_text(outcome)),
        ("Objective", objective_text(outcome)),
        ("Space", f"{len(space.axes)} parameters, {size}"),
    ]
    rules = [one.text for one in (*space.relations, *space.performance)]
    if rules:
        facts.append(("Constraints", "; ".join(rules)))
    facts += [
        ("Days", f"{days_text(outcome)}, in {evaluation.zone}"),
        ("Bars", _bars_text(outcome)),
        ("Costs", costs_text(outcome)),
    ]
    if evaluation.days is not None:
        facts.append(("Border", f"trades that leave the days: {evaluation.border}"))
    return facts


def trials_text(outcome: SearchOutcome) -> str:
    """How many trials ended in which state."""
    states = Counter(one.state for one in outcome.trials)
    told = ", ".join(f"{count:,} {state}" for state, count in states.most_common())
    text = f"{len(outcome.trials):,}: {told or 'none'}"
    known = len(outcome.trials) - len(outcome.distinct)
    if known:
        text += f"; {known:,} of them answered from memory"
    if outcome.search.exhausted:
        text += f"; of {outcome.planned:,} planned, but the space holds no more"
    return text


def objective_text(outcome: SearchOutcome) -> str:
    """The goals and the trades that a trial needs."""
    objective = outcome.problem.objective
    ways = {"maximize": "as great as possible", "minimize": "as small as possible"}
    goals = " and ".join(f"{named(one.metric)} {ways[one.direction]}" for one in objective.goals)
    return f"{goals}; at least {objective.min_trades:,} trades"


def costs_text(outcome: SearchOutcome) -> str:
    """What a trade pays."""
    account = getattr(outcome.rule, "account", None)
    if isinstance(account, Account):
        return (
            f"commission {100 * account.commission:g} % of each fill; capital "
            f"{account.initial_capital:,.0f}, not compounded; 1 R is {account.risk_money:,.2f} "
            f"({account.risk_pct:g} % of it)"
        )
    spread = getattr(outcome.rule, "spread", None)
    if isinstance(spread, int | float):
        return f"spread {spread:g} points, half paid at the entry, half at a time exit"
    return "those that the strategy itself counts"


def range_text(axis: Axis) -> str:
    """The values of a parameter."""
    model = axis.model
    if isinstance(model, ListedParameter):
        more = ", …" if len(model.choices) > _VALUES_SHOWN else ""
        shown = (
            str(one).upper() if isinstance(one, bool) else str(one)
            for one in model.choices[:_VALUES_SHOWN]
        )
        return ", ".join(shown) + more
    text = f"{model.low:g} to {model.high:g}" if _short(axis) else f"{model.low} to {model.high}"
    if model.step is None:
        text += ", every number"
    elif model.step != 1:
        text += f", step {model.step:g}"
    return f"{text}, by orders of magnitude" if model.log else text


def _short(axis: Axis) -> bool:
    return not isinstance(axis.model, ListedParameter) and all(
        float(f"{one:g}") == one for one in (axis.model.low, axis.model.high)
    )


def verdict_of(outcome: SearchOutcome) -> list[str]:
    """What can be said before `--robustness` ran."""
    best, ranking = outcome.best, outcome.ranking
    if best is None:
        return search_text(outcome.problem, outcome.search, outcome.method).splitlines()[1:]
    metrics, tried = best.metrics, len(outcome.distinct)
    lines = []
    winners = sum(one.metrics["total_r"] > 0 for one in ranking)
    if metrics["total_r"] <= 0:
        lines.append(f"The best trial made no money: {metrics['total_r']:,.2f} R.")
    lines.append(f"{winners:,} of {len(ranking):,} complete trials made money.")
    if metrics["total_trades"] < _FEW_TRADES:
        lines.append(
            f"The best trial has {metrics['total_trades']:,} trades: too few to tell skill from "
            f"luck."
        )
    lines.append(
        f"It is the best of {tried:,} parameter sets tried on the same days: some of it is luck, "
        f"and --robustness tells how much. Trade nothing that was not tested on other days: "
        f"--holdout-from DATE, --walk-forward."
    )
    return lines


def _bars_text(outcome: SearchOutcome) -> str:
    time = outcome.bars.m1.time
    if not time.size:
        return "none"
    first, last = (iso_minute(int(time[at]))[:16].replace("T", " ") for at in (0, -1))
    frame = time_frame_name(time_frame(time))
    return f"{time.size:,} of time frame {frame}, {first} to {last} UTC"
