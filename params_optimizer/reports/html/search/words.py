"""Numbers and tables of a search as its page shows them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from params_optimizer.data.days import to_date
from params_optimizer.data.ohlc import time_frame, time_frame_name
from params_optimizer.reports.html.material import Content
from params_optimizer.reports.html.search.material import SearchMaterial
from params_optimizer.reports.html.words import TILES, figure, label, setting, tone
from params_optimizer.reports.search import search_text
from params_optimizer.search.trial import Trial
from params_optimizer.strategies.protocol import Daily

TOP = 10
_LONG = 12
"""Characters of a value that needs more room."""
FRONT = 20
_TABLE = (
    "total_r",
    "total_trades",
    "winrate",
    "avg_trade_r",
    "sharpe_ratio",
    "profit_factor",
    "max_drawdown",
)
_BORDERS = {
    "close": "is closed at their last price",
    "carry": "counts whole, with what it makes afterwards",
    "drop": "does not count",
}


def facts(material: SearchMaterial) -> list[tuple[str, str]]:
    """What was searched, as pairs of name and value."""
    outcome = material.outcome
    objective, evaluation = outcome.problem.objective, outcome.problem.evaluation
    goals = " and ".join(f"{label(goal.metric)} ({goal.direction})" for goal in objective.goals)
    found = [
        ("Bars", _bars(material)),
        ("Costs", costs(outcome.rule)),
        ("Objective", f"{goals}; at least {count(objective.min_trades, 'trade')}"),
        ("Space", _space(material)),
        ("Trials", _trials(material)),
    ]
    if not isinstance(outcome.rule, Daily):
        text = f"a trade still open where the days end {_BORDERS[evaluation.border]}"
        found.append(("Border", f"{evaluation.border}: {text}"))
    return [*found, ("Seed", f"{outcome.seed}")]


def count(number: int, unit: str) -> str:
    """So many of something."""
    return f"{number:,} {unit}{'s' if number != 1 else ''}"


def _bars(material: SearchMaterial) -> str:
    outcome, days = material.outcome, material.outcome.days
    if not days.size:
        return "none"
    frame = time_frame_name(time_frame(outcome.bars.m1.time))
    return (
        f"{to_date(days[0])} to {to_date(days[-1])}, {frame}, {days.size:,} days in "
        f"{outcome.problem.evaluation.zone}"
    )


def costs(rule: object) -> str:
    """What a fill costs."""
    account, spread = getattr(rule, "account", None), getattr(rule, "spread", None)
    if account is not None:
        return (
            f"commission {100 * account.commission:g} % of each fill; 1 R is "
            f"{account.risk_pct:g} % of {account.initial_capital:,.0f}"
        )
    if spread is not None:
        return f"spread of {spread:g} points"
    return "those of the strategy's own code"


def _space(material: SearchMaterial) -> str:
    space = material.outcome.problem.space
    size = "endless" if space.size is None else f"{space.size:,}"
    text = f"{count(len(space.axes), 'parameter')}, {size} parameter sets"
    rules = [one.text for one in (*space.relations, *space.performance)]
    return f"{text} before constraints: {', '.join(rules)}" if rules else text


def _trials(material: SearchMaterial) -> str:
    outcome = material.outcome
    states = Counter(one.state for one in outcome.trials)
    told = ", ".join(f"{found:,} {state}" for state, found in states.most_common())
    text = f"{len(outcome.trials):,} of {outcome.planned:,} planned: {told or 'none'}"
    known = sum(one.source is not None for one in outcome.trials)
    if known:
        text += f"; {known:,} of them asked for once more, answered from memory"
    return f"{text}; nothing was left to try" if outcome.search.exhausted else text


def searched(material: SearchMaterial) -> str:
    """What was done, in a sentence."""
    outcome = material.outcome
    return (
        f"Searched by {outcome.method}: {material.tried:,} parameter sets of "
        f"{outcome.strategy} were tried on the same {outcome.days.size:,} days, "
        f"{len(material.ranking):,} of them complete."
    )


def nothing_found(material: SearchMaterial) -> list[str]:
    """Why no trial is complete, as the terminal says it."""
    outcome = material.outcome
    return search_text(outcome.problem, outcome.search, outcome.method).splitlines()


def luck(material: SearchMaterial) -> list[str]:
    """What can be said of luck without `--robustness`."""
    return [
        f"It is the best of {material.tried:,} tries on the same days: some of it is luck, and how "
        f"much cannot be told without --robustness. Trade nothing that was not tested on other "
        f"days.",
    ]


def best_of(material: SearchMaterial, trial: Trial) -> Content:
    """The winner's tiles, goals and parameters."""
    goals = [f"{label(name)} {_figure(material, trial, name)}" for name in material.goals]
    shown = [(name, text) for name, text in TILES if name in trial.metrics]
    known = {name for name, _ in shown}
    params = [(name, f"{value}") for name, value in trial.parameters.items()]
    shown += [(name, label(name)) for name in material.goals if name not in known]
    return {
        "number": f"{trial.number:,}",
        "goals": "; ".join(goals),
        "figures": [
            (text, _figure(material, trial, name), tone(name, material.value(trial, name)))
            for name, text in shown
        ],
        "params": params,
        "wide": any(len(text) > _LONG for _, text in params),
    }


def trial_table(material: SearchMaterial, trials: Sequence[Trial]) -> Content:
    """Trials with their goals, other figures and parameters, one line each."""
    names = list(dict.fromkeys((*material.goals, *_TABLE)))
    axes = material.outcome.problem.space.names
    lines = [
        [
            f"{place}",
            f"{one.number:,}",
            *(_figure(material, one, name) for name in names),
            *(_parameter(one.parameters, name) for name in axes),
        ]
        for place, one in enumerate(trials, start=1)
    ]
    return {"head": ["#", "Trial", *(label(name) for name in names), *axes], "rows": lines}


def _figure(material: SearchMaterial, trial: Trial, name: str) -> str:
    return figure(name, material.value(trial, name))


def _parameter(parameters: Mapping[str, Any], name: str) -> str:
    return setting(parameters[name]) if name in parameters else "-"
