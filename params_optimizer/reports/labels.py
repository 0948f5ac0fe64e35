"""Result columns in the words of people: name, unit, and a note where a figure needs one."""

from typing import NamedTuple

from params_optimizer.strategies.initial_balance.params import VARIATIONS


class Label(NamedTuple):
    """A readable name, its unit (empty: none), and what to know about it."""

    name: str
    unit: str
    note: str = ""


PLACE = {
    "rank": Label("Rank", "", "Place in the order of this table."),
    "combination": Label("Combination", "", "Number in the grid; what --trades takes."),
    "trial": Label("Trial", "", "Number in the order in which they were tried."),
    "score": Label(
        "Score",
        "",
        "Total R, Sharpe ratio and win rate, each from 0 (worst of this grid) to 1 (best of "
        "it), weighted. It ranks within one grid; two grids cannot be compared by it.",
    ),
}
PARAMETERS = {
    "ib_start": Label("IB start", "HH:MM", "Start of the Initial Balance, in its time zone."),
    "ib_end": Label("IB end", "HH:MM", "End of the Initial Balance, not included."),
    "ib_timezone": Label("IB time zone", "", "Zone of both clock times, daylight saving included."),
    "ib_wait_minutes": Label("Wait", "min", "Pause between the IB and the trade window."),
    "trade_window_minutes": Label(
        "Trade window", "min", "How long trades are looked for and held."
    ),
    "rr_target": Label("Target", "R", "Distance of the (first) target."),
    "stop_mode": Label(
        "Stop",
        "",
        "Stop of breakouts: eq, the middle of the IB; ib_start, the window's first price.",
    ),
    "tsl_target": Label("Trailing step", "R", "0: the target closes the trade; else it trails."),
    "tsl_sl": Label("Trailing stop", "R", "How far the stop moves at each step; needs a step."),
    "min_sl_pct": Label("Least stop", "of price", "Least distance of the stop; 0.001 is 0.1 %."),
    "rev_rb_enabled": Label("REV_RB", "on/off", "Whether REV_RB trades are looked for."),
    "rev_rb_pct": Label("REV_RB trigger", "of range", "Extension beyond the IB that arms REV_RB."),
    "ib_buffer_pct": Label("IB buffer", "of range", "How far beyond the IB a breakout closes."),
    "max_distance_pct": Label("Max. distance", "of range", "Further out it is no breakout."),
}
FIGURES = {
    "total_r": Label("Total R", "R", "Sum of the results of all trades, after costs."),
    "total_profit": Label(
        "Total R in money",
        "",
        "Total R times the money at risk in a trade. Lots are not rounded here: the profit of the "
        "account stands in the trade list, and can be far lower.",
    ),
    "total_trades": Label("Trades", "", "At most one a day; trades of 0 R are counted."),
    "winrate": Label(
        "Win rate", "%", "Wins of wins and losses; trades of 0 R are on neither side."
    ),
    "avg_trade_r": Label("R per trade", "R"),
    "sharpe_ratio": Label(
        "Sharpe",
        "",
        "Mean / deviation of R, times the root of 252, as if there were a trade on each day: few "
        "trades look better by it than an account would.",
    ),
    "profit_factor": Label("Profit factor", "", "Wins / losses in R; 0 where nothing was lost."),
    "max_drawdown": Label("Max. drawdown", "R", "Largest fall of the sum of R from its peak."),
    "calmar_ratio": Label("Calmar", "", "Total R / max. drawdown, not annualised."),
    "winning_trades": Label("Won", "trades"),
    "losing_trades": Label("Lost", "trades"),
    "sortino_ratio": Label("Sortino", "", "As Sharpe, by losses only; 999 where nothing was lost."),
    "flat_trades": Label("Flat", "trades", "Trades of 0 R, on neither side of the win rate."),
    "avg_r_wins": Label("Average win", "R"),
    "avg_r_losses": Label("Average loss", "R"),
    "max_consec_wins": Label("Wins in a row", "trades"),
    "max_consec_losses": Label("Losses in a row", "trades"),
}
"""The figures of all trades, the most telling ones first; but for the profit, also by variation."""

STATE_LABELS = {
    "rank": Label("Rank", "", "Place among the complete trials, by the first goal."),
    "state": Label(
        "State",
        "",
        "complete; infeasible (too few trades, or a constraint is broken); pruned (ended early, "
        "without hope); failed; timeout.",
    ),
    "violation": Label("Violation", "", "How far an infeasible trial is from being complete."),
    "reason": Label("Reason", "", "Why a trial failed."),
    "score": Label(
        "Score",
        "",
        "Total R, Sharpe ratio and win rate, each from 0 to 1 between the bounds of the settings, "
        "weighted.",
    ),
    "best_so_far": Label("Best so far", "", "Of the first goal, of this and all trials before."),
    "best_trial": Label("Best trial", "", "The trial that is the best so far."),
}
"""What stands beside the parameters and metrics of a trial."""
SIGNED_METRICS = frozenset({"total_r", "total_profit", "avg_trade_r", "sharpe_ratio", "r"})
"""Metrics that are good above 0 and bad below it."""

TRADE = {
    "date": Label("Date", "", "Local date in the zone of the IB."),
    "variation": Label("Variation", ""),
    "direction": Label("Direction", ""),
    "entry_time": Label("Entry", "UTC", "Opening minute of the bar of the entry."),
    "entry_price": Label("Entry price", "points", "With half the spread."),
    "stop": Label("Stop", "points", "As placed, not as trailed."),
    "tp": Label("Target", "points", "The first target, as placed."),
    "exit_time": Label("Exit", "UTC", "Opening minute of the bar of the exit."),
    "exit_price": Label("Exit price", "points"),
    "exit_reason": Label("Exit by", "", "tp, stop, time (end of the window) or invalid (no risk)."),
    "r": Label("Result", "R", "After costs."),
    "cumulative_r": Label("Sum", "R", "Of this and all trades before."),
    "below_peak": Label("Below peak", "R", "How far the sum lies below its highest value so far."),
    "ibh": Label("IB high", "points"),
    "ibl": Label("IB low", "points"),
    "eq": Label("IB middle", "points"),
    "volume": Label("Volume", "lots", "0 where the smallest lot risks or binds too much."),
    "profit": Label("Profit", "money", "Of the rounded volume."),
    "balance": Label("Balance", "money", "Initial balance and all profits so far."),
}
_RECORD = Label("Won / lost / flat", "", "Trades; those of 0 R are flat.")
_ALL = {**PLACE, **PARAMETERS, **FIGURES, **TRADE, "record": _RECORD}
_PREFIXES = {f"{name.lower()}_": name for name in VARIATIONS}


def split(column: str) -> tuple[str, str]:
    """The variation of a column (empty: all trades) and the name of its figure."""
    for prefix, variation in _PREFIXES.items():
        figure = column.removeprefix(prefix)
        if figure != column and figure in FIGURES:
            return variation, figure
    return "", column


def label(column: str) -> Label:
    """The label of a column; one that is not known is shown by its name."""
    variation, figure = split(column)
    entry = _ALL.get(figure) or Label(column.replace("_", " ").capitalize(), "")
    return entry._replace(name=f"{variation} {_inside(entry.name)}") if variation else entry


def header(column: str) -> str:
    """Name and, on a line of its own, the unit that the name does not tell."""
    return header_of(label(column))


def header_of(entry: Label) -> str:
    """The same of a label."""
    return f"{entry.name}\n{entry.unit}" if _tells_more(entry) else entry.name


def in_line(column: str) -> str:
    """Name and, in brackets, the unit that the name does not tell."""
    entry = label(column)
    return f"{entry.name} ({entry.unit})" if _tells_more(entry) else entry.name


def in_text(column: str) -> str:
    """Name within a sentence: lower case, but for R and the names of people."""
    return _inside(label(column).name)


def _tells_more(entry: Label) -> bool:
    return bool(entry.unit) and entry.unit not in entry.name.split()


def _inside(name: str) -> str:
    """A name within a line: lower case, but for R and the names of people."""
    first = name.split(maxsplit=1)[0]
    return name if first in ("R", "Sharpe", "Calmar", "Sortino") else name[0].lower() + name[1:]
