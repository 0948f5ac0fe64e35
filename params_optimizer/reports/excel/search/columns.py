"""Columns of trials: their own, the goals, the parameters, the metrics of R10."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from params_optimizer.config.space import CategoricalParameter
from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.orchestrator.search_outcome import SearchOutcome
from params_optimizer.reports.excel.columns import WIDTH, Column, Group, known
from params_optimizer.reports.excel.style import number_format
from params_optimizer.reports.labels import (
    FIGURES,
    PARAMETERS,
    TRADE,
    Label,
    header_of,
    label,
)
from params_optimizer.reports.search import column_of
from params_optimizer.search.axis import Axis
from params_optimizer.search.objective import SCORE
from params_optimizer.search.trial import Trial
from params_optimizer.strategies.initial_balance.strategy import IB_WINDOW
from params_optimizer.strategies.registry import INITIAL_BALANCE

OWN: Final[Mapping[str, Label]] = {
    "rank": Label("Rank", "", "Place among the complete trials, by the first goal."),
    "trial": Label("Trial", "no.", "Number in the order in which they were tried."),
    "state": Label(
        "State",
        "",
        "complete; infeasible (too few trades, or a constraint is broken); pruned (ended early, "
        "without hope); failed; timeout.",
    ),
    "violation": Label("Violation", "", "How far an infeasible trial is from being complete."),
    "reason": Label("Reason", "", "Why a trial failed."),
    SCORE: Label(
        "Score",
        "",
        "Total R, Sharpe ratio and win rate, each from 0 to 1 between the bounds of the settings, "
        "weighted.",
    ),
}
"""The columns of a trial that are neither parameters nor metrics."""
SEARCH_FIGURES: Final[Mapping[str, Label]] = {
    name: found for name, found in FIGURES.items() if name in METRICS
} | {"total_trades": FIGURES["total_trades"]._replace(note="Trades of 0 R are counted.")}
"""The metrics of R10, the most telling ones first."""
TRADES: Final[Mapping[str, Label]] = {
    "date": TRADE["date"]._replace(note="Local date of the entry."),
    "direction": TRADE["direction"],
    "entry_time": TRADE["entry_time"],
    "entry_price": Label("Entry price", "points", "Of the fill."),
    "exit_time": TRADE["exit_time"],
    "exit_price": Label("Exit price", "points", "Of the fill."),
    "r": TRADE["r"],
    "cumulative_r": TRADE["cumulative_r"],
    "below_peak": TRADE["below_peak"],
}
"""The columns of a trade of any strategy."""
LONGEST_TEXT: Final = 1000
"""Characters of a failure that are shown: Excel takes no more than 32,767 in a cell."""

_INITIAL_BALANCE = {
    IB_WINDOW: Label("IB window", "", "Start and end of the Initial Balance, and their zone."),
    **PARAMETERS,
}
_HEADLINE = 8  # figures that stand before the parameters
_WIDTHS = {"rank": 7.0, "trial": 8.0, "state": 11.0, "reason": 60.0}
_WIDEST = 26.0


def own(name: str) -> Column:
    """A column of `OWN`."""
    found = OWN[name]
    text = name in ("state", "reason")
    align = "left" if text else "center" if name == "rank" else "right"
    form = "0" if name == "trial" else number_format(name)
    width = _WIDTHS.get(name, WIDTH)
    figure = name if name == SCORE else ""
    return Column(name, header_of(found), found.note, form, align, width, figure)


def figure(name: str) -> Column:
    """A goal or metric."""
    if name == SCORE:
        return own(name)
    return known(name)._replace(note=SEARCH_FIGURES[name].note)


def trade(name: str) -> Column:
    """A column of `TRADES`."""
    found = TRADES[name]
    return known(name)._replace(header=header_of(found), note=found.note)


def parameter_names(outcome: SearchOutcome) -> dict[str, str]:
    """What the files call each parameter."""
    return {name: column_of(name) for name in outcome.problem.space.names}


def parameter_label(outcome: SearchOutcome, name: str) -> Label:
    """The words of the Initial Balance; elsewhere the name itself, as `--backtest` takes it."""
    known_ones = _INITIAL_BALANCE if outcome.strategy == INITIAL_BALANCE else {}
    return known_ones.get(name) or Label(name, "")


def parameters(outcome: SearchOutcome) -> list[Column]:
    """A column for each parameter."""
    names = parameter_names(outcome)
    return [_parameter(outcome, axis, names[axis.name]) for axis in outcome.problem.space.axes]


def _parameter(outcome: SearchOutcome, axis: Axis, name: str) -> Column:
    found = parameter_label(outcome, axis.name)
    choices = axis.model.choices if isinstance(axis.model, CategoricalParameter) else ()
    switch = bool(choices) and all(isinstance(one, bool) for one in choices)
    form = number_format("rev_rb_enabled") if switch else "General"
    longest = max([WIDTH - 3, *(len(str(one)) for one in (*choices, *found.name.split()))])
    width = min(longest + 3.0, _WIDEST)
    return Column(name, header_of(found), found.note, form, "center", width)


def groups_of(outcome: SearchOutcome, ranking: Sequence[str], ending: Sequence[str]) -> list[Group]:
    """Columns of `OWN` at both ends; goals, parameters and metrics between them."""
    goals = outcome.problem.objective.metrics
    figures = [figure(name) for name in SEARCH_FIGURES if name not in goals]
    groups = [
        ("Ranking", [own(name) for name in ranking]),
        ("Goals" if len(goals) > 1 else "Goal", [figure(name) for name in goals]),
        ("Figures", figures[:_HEADLINE]),
        ("Parameters", parameters(outcome)),
        ("More figures", figures[_HEADLINE:]),
        ("How it ended", [own(name) for name in ending]),
    ]
    return [(name, members) for name, members in groups if members]


def rows_of(outcome: SearchOutcome, trials: Iterable[Trial]) -> Iterator[dict[str, Any]]:
    """A row for each trial; its rank is its place among the complete ones of these."""
    names = parameter_names(outcome)
    scored = SCORE in outcome.problem.objective.metrics
    for place, one in enumerate(trials, 1):
        row: dict[str, Any] = {
            "rank": place if one.state == "complete" else None,
            "trial": one.number,
            "state": one.state,
            "violation": one.violation if one.state != "complete" else None,
            "reason": one.reason[:LONGEST_TEXT] or None,
        }
        row |= {names[name]: one.parameters.get(name) for name in names}
        row |= {name: one.metrics.get(name) for name in METRICS}
        if scored:
            at = outcome.problem.objective.metrics.index(SCORE)
            row[SCORE] = outcome.figures(one)[at] if one.losses else None
        yield row


def glossary_of(outcome: SearchOutcome) -> list[tuple[str, Mapping[str, Label]]]:
    """What the columns mean, by name in the files, in named groups."""
    names = parameter_names(outcome)
    return [
        ("Trials", {**OWN, **_COURSE}),
        ("Parameters", {names[name]: parameter_label(outcome, name) for name in names}),
        ("Figures", SEARCH_FIGURES),
        ("Trades and equity of the best trial", TRADES),
    ]


_COURSE = {
    "best_so_far": Label("Best so far", "", "Of the first goal, of this and all trials before."),
    "best_trial": Label("Best trial", "no.", "The trial that is the best so far."),
}


def course(name: str) -> Column:
    """A column of the History sheet that the others do not have."""
    found = _COURSE[name]
    form = "0" if name == "best_trial" else "General"
    return Column(name, header_of(found), found.note, form)


def named(metric: str) -> str:
    """A goal within a sentence."""
    return OWN[SCORE].name if metric == SCORE else label(metric).name
