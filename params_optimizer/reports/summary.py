"""The two text files of a run: what was searched, what came out, what to make of it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any

from params_optimizer.orchestrator.outcome import Outcome
from params_optimizer.reports.subject import heading
from params_optimizer.reports.tables import variation_line
from params_optimizer.reports.verdict import quick_evidence, sentences
from params_optimizer.storage import files
from params_optimizer.strategies.initial_balance.params import Params

_KEYS = tuple(Params.__dataclass_fields__)
_FIGURES = (
    ("total_r", "total R", "{:,.2f}"),
    ("total_profit", "total profit", "{:,.0f}"),
    ("total_trades", "trades", "{:,}"),
    ("winrate", "win rate", "{:.1f} %"),
    ("avg_trade_r", "R per trade", "{:.3f}"),
    ("sharpe_ratio", "Sharpe ratio", "{:.2f}"),
    ("sortino_ratio", "Sortino ratio", "{:.2f}"),
    ("profit_factor", "profit factor", "{:.2f}"),
    ("max_drawdown", "max. drawdown", "{:.2f} R"),
    ("calmar_ratio", "Calmar ratio", "{:.2f}"),
)
TOP = 10
_WIDTH = 96


def write_summary(outcome: Outcome, folder: Path) -> None:
    """Write `{SYMBOL}_summary.txt` and `{SYMBOL}_variation_report.txt`."""
    symbol = outcome.study.symbol
    files.write_text(folder / f"{symbol}_summary.txt", summary(outcome))
    files.write_text(folder / f"{symbol}_variation_report.txt", variation_report(outcome))


def summary(outcome: Outcome) -> str:
    """The run in words and figures."""
    study, ranking = outcome.study, outcome.ranking
    lines = [*heading(study), ""]
    lines += [ranked(outcome), ""]
    if study.most is not None:
        lines += [
            f"Kept: the {study.most:,} best overall and of each variation, "
            f"{len(outcome.results):,} rows; the distribution of every metric is over all "
            f"combinations.",
            "",
        ]
    if not ranking.combination.size:
        lines += ["No combination has enough trades: nothing can be said about any of them."]
        return "\n".join(lines) + "\n"
    top = outcome.rows(ranking.combination[:TOP].tolist())
    lines += best_lines(top[0], float(ranking.score[0]))
    lines += ["", f"The best {len(top)} (all of them in the CSV files):", ""]
    scores = ranking.score[:TOP].tolist()
    lines += top_lines(top, scores)
    lines += ["", *wrap(" ".join(verdict(outcome, top[0])), _WIDTH)]
    return "\n".join(lines) + "\n"


def ranked(outcome: Outcome) -> str:
    """How many combinations compete."""
    study = outcome.study
    return (
        f"{outcome.ranking.eligible:,} of {len(study.grid):,} combinations have at least "
        f"{study.settings.min_trades} trades and were ranked."
    )


def best_lines(row: Mapping[str, Any], score: float) -> list[str]:
    """The winner: figures beside parameters."""
    figures = [f"{label:<15}{form.format(row[name])}" for name, label, form in _FIGURES]
    keys = [f"{key:<22}{row[key]}" for key in _KEYS]
    height = max(len(figures), len(keys))
    figures += [""] * (height - len(figures))
    lines = [f"Best: combination {row['combination']:,}, score {score:.4f}", ""]
    lines += [f"  {left:<34}{right}".rstrip() for left, right in zip(figures, keys, strict=False)]
    return lines


def top_lines(rows: Sequence[Mapping[str, Any]], scores: Sequence[float]) -> list[str]:
    """A small aligned table of the best combinations."""
    head = f"  {'#':>3} {'combination':>11} {'score':>7} {'total R':>9} {'trades':>6} "
    head += f"{'win %':>6} {'Sharpe':>7} {'drawdown':>9}"
    return [head] + [
        f"  {place:>3} {row['combination']:>11} {score:>7.4f} {row['total_r']:>9.2f} "
        f"{row['total_trades']:>6} {row['winrate']:>6.1f} {row['sharpe_ratio']:>7.2f} "
        f"{row['max_drawdown']:>9.2f}"
        for place, (row, score) in enumerate(zip(rows, scores, strict=True), start=1)
    ]


def verdict(outcome: Outcome, best: Mapping[str, Any]) -> list[str]:
    """What a trader should make of the winner."""
    said = sentences(quick_evidence(outcome, best))
    return [*said, "Trade nothing that was not tested on other days; --robustness tells more."]


def variation_report(outcome: Outcome) -> str:
    """Each variation by itself: how many combinations are meant for it, the best of them."""
    lines = [*heading(outcome.study), ""]
    for table in outcome.variations:
        leaders = outcome.rows(table.combination[:1].tolist())
        leader = leaders[0] if leaders else None
        lines.append(table.variation)
        line = variation_line(table, leader)
        if leader is None:
            lines += ["  no combination that is meant for it has enough trades of it", ""]
            continue
        lines += [
            f"  eligible combinations   {line['eligible']:,}, of which "
            f"{line['profitable']:,} with a total R above 0",
            f"  mean total R            {line['mean_total_r']:,.2f}",
            f"  best                    combination {line['best_combination']:,}: "
            f"{line['best_total_r']:,.2f} R in {line['best_total_trades']:,} trades, "
            f"win rate {line['best_winrate']:.1f} %, profit factor "
            f"{line['best_profit_factor']:.2f}, drawdown {line['best_max_drawdown']:.2f} R",
            "  its parameters          " + ", ".join(f"{key}={leader[key]}" for key in _KEYS),
            "",
        ]
    return "\n".join(lines) + "\n"
