"""The first sheet: what was searched, what came out, what to make of it."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.orchestrator.outcome import Outcome
from params_optimizer.orchestrator.study import Study
from params_optimizer.reports.excel import front
from params_optimizer.reports.excel.charts import equity_chart
from params_optimizer.reports.excel.sheet import Sheet, lines_of
from params_optimizer.reports.excel.style import BAD, COUNT, LINE, WARN, number_format
from params_optimizer.reports.excel.tables import Table
from params_optimizer.reports.excel.validation import judged
from params_optimizer.reports.labels import FIGURES, PARAMETERS, in_line, label
from params_optimizer.reports.summary import heading, ranked, summary, verdict
from params_optimizer.reports.tables import variation_line
from params_optimizer.strategies.initial_balance.params import VARIATIONS

_SHOWN = (
    *("total_r", "total_profit", "total_trades", "winrate", "avg_trade_r"),
    *("sharpe_ratio", "profit_factor", "max_drawdown", "calmar_ratio"),
)
_VALUES_SHOWN = 30
_VARIATION_HEADS = {
    "variation": "Variation",
    "eligible": "Ranked",
    "profitable": "With profit",
    "mean_total_r": "Mean total R",
    "best_combination": "Best combination",
    "best_total_r": "its total R",
    "best_total_trades": "its trades",
    "best_winrate": "its win rate %",
    "best_sharpe_ratio": "its Sharpe",
    "best_profit_factor": "its profit factor",
    "best_max_drawdown": "its max. drawdown R",
}


def write_summary(
    sheet: Sheet, outcome: Outcome, folder: Path, tables: Sequence[Table], days: Sequence[date]
) -> None:
    """Write the sheet, one page of paper; `days` are those of the Equity sheet, for its chart."""
    study = outcome.study
    best = outcome.rows(outcome.ranking.combination[:1].tolist())
    _top(sheet, outcome)
    if best:
        _figures(sheet, best[0], float(outcome.ranking.score[0]))
    _verdict(sheet, outcome, best, folder)
    if days:
        front.section(sheet, "Sum of R of the best combination")
        front.charts(sheet, equity_chart(sheet.pen, days, size=front.chart_size()))
    _facts(sheet, outcome, folder)
    _variations(sheet, outcome)
    if best:
        _winner(sheet, best[0])
    _grid(sheet, study)
    _sheets(sheet, study, tables)


def _top(sheet: Sheet, outcome: Outcome) -> None:
    study = outcome.study
    first, last = study.span
    below = f"{study.trading_days:,} trading days, {first} to {last}"
    front.open_front(sheet, heading(study)[0], below)
    if study.bars.generated:
        front.banner(sheet, next(line for line in heading(study) if "GENERATED" in line), BAD)
    done, whole = len(outcome.results), len(study.grid)
    if study.most is None and done < whole:
        front.banner(
            sheet,
            f"UNFINISHED: {done:,} of {whole:,} combinations are evaluated. Ranks and scores are "
            f"those of this part of the grid and will change.",
            WARN,
        )
    sheet.end(6)


def _figures(sheet: Sheet, row: dict[str, Any], score: float) -> None:
    """The winner at a glance."""
    shown: list[tuple[str, object]] = [("combination", row["combination"]), ("score", score)]
    shown += [(name, row[name]) for name in _SHOWN]
    names = {"combination": "Best combination"}
    front.glance(
        sheet,
        [(names.get(name) or in_line(name), one, number_format(name)) for name, one in shown],
    )


def _verdict(sheet: Sheet, outcome: Outcome, best: Sequence[dict[str, Any]], folder: Path) -> None:
    """What `--robustness` concluded if it ran, else what every run finds out."""
    front.section(sheet, "Verdict")
    lines = summary(outcome).splitlines()[-1:]
    if best:
        lines = judged(outcome.study.symbol, folder) or verdict(outcome, best[0])
    for line in lines:
        front.paragraph(sheet, line)


def _facts(sheet: Sheet, outcome: Outcome, folder: Path) -> None:
    """What was searched, on which data, at which costs."""
    front.section(sheet, "Run and data")
    facts = [("Run directory", folder.name), ("Ranked", ranked(outcome))]
    for line in heading(outcome.study)[1:]:  # laid out as label, two or more spaces, value
        name, _, value = line.partition("  ")
        if value.strip():
            facts.append((name.capitalize(), value.strip()))
    front.facts(sheet, facts)


def _variations(sheet: Sheet, outcome: Outcome) -> None:
    """The four variations side by side, as in `{SYMBOL}_variations_summary.csv`."""
    pen = sheet.pen
    front.section(sheet, "Variations")
    for place, name in enumerate(_VARIATION_HEADS.values()):
        sheet.put(place, name, pen.head("right" if place else "left"))
    sheet.end(32)
    for table in outcome.variations:
        leaders = outcome.rows(table.combination[:1].tolist())
        line = variation_line(table, leaders[0] if leaders else None)
        for place, name in enumerate(_VARIATION_HEADS):
            form = number_format(name.removeprefix("best_").removeprefix("mean_"))
            form = COUNT if name in ("eligible", "profitable") else form
            sheet.put(place, line[name], pen.cell(form, "right" if place else "left"))
        sheet.end()


def _winner(sheet: Sheet, row: dict[str, Any]) -> None:
    """Figures of the best combination by variation; its parameters beside them."""
    pen = sheet.pen
    front.section(sheet, f"Best combination: {row['combination']}")
    beside = len(VARIATIONS) + 3
    for place, name in enumerate(("Figure", "All trades", *VARIATIONS)):
        sheet.put(place, name, pen.head("right" if place else "left"))
    sheet.across(beside, front.LAST - 1, "Parameter", pen.head("left"))
    sheet.put(front.LAST, "Value", pen.head("right"))
    sheet.end()
    figures = [name for name in FIGURES if name in METRICS or name == "total_profit"]
    keys = list(PARAMETERS)
    for at, figure in enumerate(figures):
        _figure_line(sheet, figure, row)
        if at < len(keys):
            sheet.across(beside, front.LAST - 1, in_line(keys[at]), pen.cell(align="left"))
            sheet.put(front.LAST, row[keys[at]], pen.cell(number_format(keys[at]), "right"))
        sheet.end()


def _figure_line(sheet: Sheet, figure: str, row: dict[str, Any]) -> None:
    sheet.put(0, in_line(figure), sheet.pen.cell(align="left"))
    for place, prefix in enumerate(["", *(f"{name.lower()}_" for name in VARIATIONS)], 1):
        form = sheet.pen.cell(number_format(figure), "right")
        sheet.put(place, row.get(prefix + figure), form)


def _grid(sheet: Sheet, study: Study) -> None:
    pen = sheet.pen
    front.section(sheet, f"Grid: {len(study.grid):,} combinations")
    sheet.across(0, 1, "Parameters", pen.head("left"))
    sheet.put(2, "Values", pen.head("right"))
    sheet.across(3, front.LAST, "in their order", pen.head("left"))
    sheet.end()
    for axis in study.grid.axes:
        count = axis.count or 0
        rows = map(axis.row, range(min(count, _VALUES_SHOWN)))
        shown = [" / ".join(map(str, row)) for row in rows]
        more = ", …" if count > _VALUES_SHOWN else ""
        text = ", ".join(shown) + more
        sheet.across(
            0, 1, " / ".join(label(name).name for name in axis.names), pen.cell(align="left")
        )
        sheet.put(2, count, pen.cell(COUNT, "right"))
        wrapped = pen.form(text_wrap=True, bottom=1, bottom_color=LINE, indent=1)
        sheet.across(3, front.LAST, text, wrapped)
        sheet.end(front.LINE_HEIGHT * lines_of(front.WIDTHS[3:], text))


def _sheets(sheet: Sheet, study: Study, tables: Sequence[Table]) -> None:
    lines: list[tuple[str, tuple[int | None, ...], str]] = [
        (one.name, (len(one.numbers), one.of, len(study.grid)), f"ranked by {one.order}")
        for one in tables
    ]
    lines += [(name, (None, None, None), text) for name, text in OTHER_SHEETS.items()]
    front.links(sheet, ("Best rows", "Ranked", "In the grid"), lines)


OTHER_SHEETS = {
    "Validation": "what was tried on other days and under other conditions",
    "Trades": "every trade of the best combination",
    "Equity": "its sum of R, drawdown and months",
    "Columns": "what the columns mean, and their names in the files",
}
