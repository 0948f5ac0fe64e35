"""The first sheet: what was searched, what came out, what to make of it."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from params_optimizer.engine.metrics import METRICS
from params_optimizer.orchestrator.outcome import Outcome
from params_optimizer.orchestrator.study import Study
from params_optimizer.reports.excel.sheet import Sheet, lines_of
from params_optimizer.reports.excel.style import (
    BAD,
    COUNT,
    LINE,
    MUTED,
    NAVY,
    PAPER,
    WARN,
    number_format,
)
from params_optimizer.reports.excel.tables import Table
from params_optimizer.reports.excel.trades import equity_chart
from params_optimizer.reports.excel.validation import judged
from params_optimizer.reports.labels import FIGURES, PARAMETERS, in_line, label
from params_optimizer.reports.summary import heading, ranked, summary, verdict
from params_optimizer.reports.tables import variation_line
from params_optimizer.strategies.initial_balance.params import VARIATIONS

_WIDTHS = (24.0, *[12.5] * 10)
_LAST = len(_WIDTHS) - 1
_SHOWN = (
    *("total_r", "total_profit", "total_trades", "winrate", "avg_trade_r"),
    *("sharpe_ratio", "profit_factor", "max_drawdown", "calmar_ratio"),
)
_VALUES_SHOWN = 30
_CHART_ROWS = 14
_LINE_HEIGHT = 15.5
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
    pen, study = sheet.pen, outcome.study
    sheet.page.hide_gridlines(2)
    sheet.page.set_portrait()
    sheet.page.fit_to_pages(1, 1)
    for place, width in enumerate(_WIDTHS):
        sheet.page.set_column(place, place, width, pen.form())
    best = outcome.rows(outcome.ranking.combination[:1].tolist())
    _top(sheet, outcome)
    if best:
        _figures(sheet, best[0], float(outcome.ranking.score[0]))
    _verdict(sheet, outcome, best, folder)
    if days:
        _curve(sheet, days)
    _facts(sheet, outcome, folder)
    _variations(sheet, outcome)
    if best:
        _winner(sheet, best[0])
    _grid(sheet, study)
    _sheets(sheet, study, tables)


def _top(sheet: Sheet, outcome: Outcome) -> None:
    study, pen = outcome.study, sheet.pen
    first, last = study.span
    sheet.put(0, heading(study)[0], pen.form(bold=True, font_size=20, font_color=NAVY))
    sheet.end(32)
    sheet.put(0, f"{study.trading_days:,} trading days, {first} to {last}", pen.note)
    sheet.end()
    if study.bars.generated:
        _banner(sheet, next(line for line in heading(study) if "GENERATED" in line), BAD)
    done, whole = len(outcome.results), len(study.grid)
    if study.most is None and done < whole:
        _banner(
            sheet,
            f"UNFINISHED: {done:,} of {whole:,} combinations are evaluated. Ranks and scores are "
            f"those of this part of the grid and will change.",
            WARN,
        )
    sheet.end(6)


def _banner(sheet: Sheet, text: str, color: str) -> None:
    sheet.across(0, _LAST, text, sheet.pen.form(bold=True, bg_color=color, indent=1))
    sheet.end(22)


def _figures(sheet: Sheet, row: dict[str, Any], score: float) -> None:
    """The winner at a glance: small names above large figures."""
    pen = sheet.pen
    shown: list[tuple[str, object]] = [("combination", row["combination"]), ("score", score)]
    shown += [(name, row[name]) for name in _SHOWN]
    for place, (name, _) in enumerate(shown):
        text = "Best combination" if name == "combination" else in_line(name)
        small = pen.form(font_color=MUTED, font_size=9, bg_color=PAPER, align="center", top=1)
        sheet.put(place, text, small)
    sheet.end(18)
    for place, (name, value) in enumerate(shown):
        form: dict[str, object] = {
            "bold": True,
            "font_size": 14,
            "font_color": NAVY,
            "bg_color": PAPER,
        }
        form |= {"align": "center", "num_format": number_format(name), "bottom": 1}
        sheet.put(place, value, pen.form(**form))
    sheet.end(28)


def _section(sheet: Sheet, name: str) -> None:
    sheet.end(8)
    for place in range(_LAST + 1):
        sheet.put(place, name if not place else None, sheet.pen.section)
    sheet.end(22)


def _paragraph(sheet: Sheet, text: str) -> None:
    form = sheet.pen.form(text_wrap=True, valign="top")
    sheet.across(0, _LAST, text, form)
    sheet.end(_LINE_HEIGHT * lines_of(_WIDTHS, text))


def _verdict(sheet: Sheet, outcome: Outcome, best: Sequence[dict[str, Any]], folder: Path) -> None:
    """What `--robustness` concluded if it ran, else what every run finds out."""
    _section(sheet, "Verdict")
    lines = summary(outcome).splitlines()[-1:]
    if best:
        lines = judged(outcome.study.symbol, folder) or verdict(outcome, best[0])
    for line in lines:
        _paragraph(sheet, line)


def _curve(sheet: Sheet, days: Sequence[date]) -> None:
    _section(sheet, "Sum of R of the best combination")
    chart = equity_chart(sheet.pen, days, size=(1085, _CHART_ROWS * 20 - 8))
    sheet.page.insert_chart(sheet.row, 0, chart, {"x_offset": 2, "y_offset": 4})
    sheet.row += _CHART_ROWS


def _facts(sheet: Sheet, outcome: Outcome, folder: Path) -> None:
    """What was searched, on which data, at which costs."""
    study, pen = outcome.study, sheet.pen
    _section(sheet, "Run and data")
    facts = [("run directory", folder.name), ("ranked", ranked(outcome))]
    for line in heading(study)[1:]:  # laid out as label, two or more spaces, value
        name, _, value = line.partition("  ")
        if value.strip():
            facts.append((name, value.strip()))
    for name, value in facts:
        form = pen.cell(align="left")
        loud = "WARNING" in value
        sheet.put(0, name.capitalize(), pen.form(font_color=MUTED, bottom=1, bottom_color=LINE))
        sheet.across(1, _LAST, value, pen.form(bold=True, bg_color=WARN) if loud else form)
        sheet.end()


def _variations(sheet: Sheet, outcome: Outcome) -> None:
    """The four variations side by side, as in `{SYMBOL}_variations_summary.csv`."""
    pen = sheet.pen
    _section(sheet, "Variations")
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
    _section(sheet, f"Best combination: {row['combination']}")
    beside = len(VARIATIONS) + 3
    for place, name in enumerate(("Figure", "All trades", *VARIATIONS)):
        sheet.put(place, name, pen.head("right" if place else "left"))
    sheet.across(beside, _LAST - 1, "Parameter", pen.head("left"))
    sheet.put(_LAST, "Value", pen.head("right"))
    sheet.end()
    figures = [name for name in FIGURES if name in METRICS or name == "total_profit"]
    keys = list(PARAMETERS)
    for at, figure in enumerate(figures):
        _figure_line(sheet, figure, row)
        if at < len(keys):
            sheet.across(beside, _LAST - 1, in_line(keys[at]), pen.cell(align="left"))
            sheet.put(_LAST, row[keys[at]], pen.cell(number_format(keys[at]), "right"))
        sheet.end()


def _figure_line(sheet: Sheet, figure: str, row: dict[str, Any]) -> None:
    sheet.put(0, in_line(figure), sheet.pen.cell(align="left"))
    for place, prefix in enumerate(["", *(f"{name.lower()}_" for name in VARIATIONS)], 1):
        form = sheet.pen.cell(number_format(figure), "right")
        sheet.put(place, row.get(prefix + figure), form)


def _grid(sheet: Sheet, study: Study) -> None:
    pen = sheet.pen
    _section(sheet, f"Grid: {len(study.grid):,} combinations")
    sheet.across(0, 1, "Parameters", pen.head("left"))
    sheet.put(2, "Values", pen.head("right"))
    sheet.across(3, _LAST, "in their order", pen.head("left"))
    sheet.end()
    for digit in study.grid.digits:
        shown = [" / ".join(map(str, values)) for values in digit.values[:_VALUES_SHOWN]]
        more = ", …" if len(digit.values) > _VALUES_SHOWN else ""
        text = ", ".join(shown) + more
        sheet.across(
            0, 1, " / ".join(label(key).name for key in digit.keys), pen.cell(align="left")
        )
        sheet.put(2, len(digit.values), pen.cell(COUNT, "right"))
        wrapped = pen.form(text_wrap=True, bottom=1, bottom_color=LINE, indent=1)
        sheet.across(3, _LAST, text, wrapped)
        sheet.end(_LINE_HEIGHT * lines_of(_WIDTHS[3:], text))


def _sheets(sheet: Sheet, study: Study, tables: Sequence[Table]) -> None:
    pen = sheet.pen
    _section(sheet, "Sheets")
    heads = ("Sheet", "Best rows", "Ranked", "In the grid")
    for place, name in enumerate(heads):
        sheet.put(place, name, pen.head("right" if place else "left"))
    sheet.across(len(heads), _LAST, "What it holds", pen.head("left"))
    sheet.end()
    for table in tables:
        counts = (len(table.numbers), table.of, len(study.grid))
        _sheet_line(sheet, table.name, counts, f"ranked by {table.order}")
    for name, text in OTHER_SHEETS.items():
        _sheet_line(sheet, name, (None, None, None), text)


OTHER_SHEETS = {
    "Validation": "what was tried on other days and under other conditions",
    "Trades": "every trade of the best combination",
    "Equity": "its sum of R, drawdown and months",
    "Columns": "what the columns mean, and their names in the files",
}


def _sheet_line(sheet: Sheet, name: str, counts: Sequence[int | None], text: str) -> None:
    pen = sheet.pen
    link = pen.form(font_color=NAVY, underline=1, indent=1, bottom=1, bottom_color=LINE)
    sheet.page.write_url(sheet.row, 0, f"internal:'{name}'!A1", link, name)
    for place, count in enumerate(counts, 1):
        sheet.put(place, count, pen.cell(COUNT, "right"))
    sheet.across(4, _LAST, text, pen.cell(align="left"))
    sheet.end()
