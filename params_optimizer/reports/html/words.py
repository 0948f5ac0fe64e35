"""Numbers and tables of a run as the page shows them, from the same rooms as the files."""

from collections.abc import Mapping, Sequence
from typing import Any

from params_optimizer.orchestrator.outcome import Outcome
from params_optimizer.orchestrator.study import Study
from params_optimizer.reports.html.material import Content
from params_optimizer.reports.summary import heading
from params_optimizer.reports.tables import variation_line
from params_optimizer.strategies.initial_balance.params import Params

NOTHING = "-"
KEYS = tuple(Params.__dataclass_fields__)
_DIGITS = {
    "winrate": 1,
    "avg_trade_r": 3,
    "avg_r_wins": 3,
    "avg_r_losses": 3,
    "total_profit": 0,
    "score": 4,
}
TILES = (
    ("total_r", "Total R"),
    ("total_profit", "Total profit"),
    ("total_trades", "Trades"),
    ("winrate", "Win rate, %"),
    ("avg_trade_r", "R per trade"),
    ("sharpe_ratio", "Sharpe ratio"),
    ("sortino_ratio", "Sortino ratio"),
    ("profit_factor", "Profit factor"),
    ("max_drawdown", "Max. drawdown, R"),
    ("calmar_ratio", "Calmar ratio"),
)
_LONG = 8
"""Characters of a number from which it is rounded in tables."""
SIGNED_METRICS = frozenset({"total_r", "total_profit", "avg_trade_r", "sharpe_ratio"})
_TOP = ("total_r", "total_trades", "winrate", "avg_trade_r", "sharpe_ratio", "profit_factor")
_HEADS = {**dict(TILES), "mean_total_r": "Mean total R", "score": "Score"}

Row = Mapping[str, Any]


def figure(name: str, value: object) -> str:
    """A metric as people read it; `name` may carry a prefix."""
    if value is None:
        return NOTHING
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    known = [one for one in _DIGITS if f"_{name}".endswith(f"_{one}")]
    digits = _DIGITS[known[0]] if known else 2
    shown = f"{value:,.{digits}f}"
    return shown.removeprefix("-") if float(shown.replace(",", "")) == 0 else shown


def percent(share: float | None) -> str:
    """A share of 1 in percent."""
    return NOTHING if share is None else f"{100 * share:,.0f} %"


def label(name: str) -> str:
    """What people call a metric."""
    return _HEADS.get(name) or name.replace("_", " ").capitalize()


def setting(value: object) -> str:
    """The value of a parameter: of a number with many digits the first six."""
    text = str(value)
    return f"{value:.6g}" if isinstance(value, float) and len(text) > _LONG else text


def facts(study: Study) -> tuple[list[tuple[str, str]], list[str]]:
    """What was searched, as pairs of name and value, and warnings."""
    pairs, warnings = [], []
    for line in heading(study)[1:]:
        name, _, value = line.strip().partition("  ")
        if value and "GENERATED" not in line and "WARNING" not in line:
            pairs.append((name.capitalize(), value.strip()))
    if study.years_without_news:
        years = ", ".join(map(str, study.years_without_news))
        currencies = ", ".join(study.market.news_currencies)
        warnings.append(
            f"The news calendar has no high-impact event of {currencies} in {years}: the news "
            f"filter did nothing there."
        )
    return pairs, warnings


def best_of(row: Row, score: float) -> Content:
    """The winner's tiles and parameters."""
    return {
        "combination": f"{row['combination']:,}",
        "score": figure("score", score),
        "figures": [
            (label, figure(name, row[name]), tone(name, row[name])) for name, label in TILES
        ],
        "params": [(key, row[key]) for key in KEYS],
    }


def tone(name: str, value: float) -> str:
    """The class of a number that is won or lost."""
    if name not in SIGNED_METRICS or value == 0:
        return ""
    return "gain" if value > 0 else "loss"


def top_table(rows: Sequence[Row], scores: Sequence[float]) -> Content:
    """The best combinations, one line each."""
    head = ["#", "Combination", "Score", *(_HEADS[name] for name in _TOP), "Drawdown, R"]
    lines = [
        [
            f"{place}",
            f"{row['combination']:,}",
            figure("score", score),
            *(figure(name, row[name]) for name in (*_TOP, "max_drawdown")),
        ]
        for place, (score, row) in enumerate(zip(scores, rows, strict=True), start=1)
    ]
    return {"head": head, "rows": lines}


def variation_table(outcome: Outcome) -> Content:
    """A line for each variation, as `variations_summary.csv` has it."""
    lines = []
    for table in outcome.variations:
        leaders = outcome.rows(table.combination[:1].tolist())
        lines.append(variation_line(table, leaders[0] if leaders else None))
    return variation_lines(lines)


def variation_lines(lines: Sequence[Row]) -> Content:
    """The same from lines of that file."""
    heads = {
        "variation": "",
        "eligible": "Ranked",
        "profitable": "Above 0 R",
        "mean_total_r": "Mean total R",
        "best_combination": "Best",
        "best_total_r": "Total R",
        "best_total_trades": "Trades",
        "best_winrate": "Win rate, %",
        "best_sharpe_ratio": "Sharpe ratio",
        "best_profit_factor": "Profit factor",
        "best_max_drawdown": "Drawdown, R",
    }
    rows = [[figure(name, line[name]) for name in heads] for line in lines]
    return {"head": list(heads.values()), "rows": rows}


def kept_table(lines: Sequence[Row]) -> Content:
    """Distributions of a run that kept the best rows only, as `distribution.csv` has them."""
    names = [name for name in lines[0] if name != "metric"]
    heads = ["Metric", *(name.replace("_", " ") for name in names)]
    rows = [
        [line["metric"], *(figure(line["metric"], line[one]) for one in names)] for line in lines
    ]
    return {"head": heads, "rows": rows}
