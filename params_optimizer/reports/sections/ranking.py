"""The best parameter sets, those that make the same trades as one line."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.reports.blocks import PREVIEW, Block, Column, Paragraph, Row, Table, column
from params_optimizer.reports.forms import FEW_TRADES, TEXT, setting, with_record
from params_optimizer.reports.labels import FIGURES, STATE_LABELS
from params_optimizer.reports.run import ReportedRun
from params_optimizer.reports.run_table import RunRows
from params_optimizer.reports.sections.section import Section, has_winner

TOP = 100
_LOOKED_AT = 100
"""The best rows of which equal lists of trades are folded."""
_FIGURES = ("total_r", "total_trades", "winrate")
_MORE = ("sharpe_ratio", "profit_factor", "max_drawdown")
_HEADLINE = 10
"""Figures that stand before the parameters in a workbook."""
ALL_TRADES = ("total_r", "total_profit", "total_trades", "winrate", "winning_trades")
_WIDE = [
    *ALL_TRADES,
    *("losing_trades", "flat_trades"),
    *(name for name in FIGURES if name not in (*ALL_TRADES, "losing_trades", "flat_trades")),
]


def blocks(run: ReportedRun) -> Iterator[Block]:
    """The best ten, in what they differ, and long tables for a workbook."""
    folds = fold(run)[:PREVIEW]
    yield _best(run, folds)
    if differing := _differing(run, folds):
        yield Table(differing, [_settings(run, fold) for fold in folds], "In what they differ")
    few = [str(fold[0]["rank"]) for fold in folds if fold[0]["total_trades"] < FEW_TRADES]
    if few:
        yield Paragraph(f"Fewer than {FEW_TRADES} trades, too few to judge: {', '.join(few)}.")
    yield from _sheets(run)


def fold(run: ReportedRun) -> list[list[Row]]:
    """The best rows, those whose trades are the same together, in the order of the best.

    The same trades give the same figures, all of them to the last digit.
    """
    folds: dict[tuple[object, ...], list[Row]] = {}
    for row in islice(run.ranked(_LOOKED_AT), _LOOKED_AT):
        parameters = {column.name for column in run.parameters}
        rest = (*parameters, "rank", "score", run.unit)
        key = tuple(value for name, value in row.items() if name not in rest)
        folds.setdefault(key, []).append(row)
    return list(folds.values())


def _best(run: ReportedRun, folds: Sequence[Sequence[Row]]) -> Table:
    alike = any(len(rows) > 1 for rows in folds)
    names = [name for name in (*run.goals, *_FIGURES) if name in folds[0][0]]
    columns = [column("rank"), column(run.unit)]
    if alike:
        text = "Sets among the best 100 that make the same trades."
        columns.append(Column("alike", "Same trades", note=text))
    columns += [column(name) for name in dict.fromkeys(names)]
    columns.append(column("record", width=16))
    columns += [column(name) for name in _MORE if name not in names]
    rows = [
        {
            **with_record(rows[0]),
            "alike": f"x{len(rows)}" if len(rows) > 1 else "",
        }
        for rows in folds
    ]
    title = f"The best {len(rows)} of {run.eligible:,} that were ranked, by {run.order}"
    return Table(columns, rows, title, medals=True)


def _differing(run: ReportedRun, folds: Sequence[Sequence[Row]]) -> list[Column]:
    """The parameters that have several values among the best."""
    rows = [row for fold in folds for row in fold]
    several = [
        Column(column.name, column.name, form=TEXT)
        for column in run.parameters
        if len({str(row.get(column.name)) for row in rows}) > 1
    ]
    return [column("rank"), *several] if several else []


def _settings(run: ReportedRun, rows: Sequence[Row]) -> Row:
    """The values of sets that make the same trades, each value once."""
    values = {
        column.name: dict.fromkeys(setting(row.get(column.name)) for row in rows)
        for column in run.parameters
    }
    return {"rank": rows[0]["rank"]} | {name: ", ".join(texts) for name, texts in values.items()}


def _sheets(run: ReportedRun) -> Iterator[Table]:
    """The tables that only a workbook has room for."""
    rows = run.ranked(TOP)
    title = f"the best {len(rows):,} of {run.eligible:,} ranked {run.unit}s"
    columns = set_columns(run, ("rank", run.unit))
    yield _sheet(run, "Top100", columns, rows, title)
    if run.exhaustive:
        rows = run.ranked(run.limit)
        title = f"the best {len(rows):,} of {run.eligible:,} ranked combinations"
        yield _sheet(run, "GridResults", columns, rows, title)
        return
    rows = run.tried_rows(run.limit)
    reasons = ("reason",) if any(row["reason"] for row in rows) else ()
    columns = set_columns(run, ("rank", "trial", "state"), ("violation", *reasons))
    title = f"the best {len(rows):,} of {run.tried:,} trials, complete ones first"
    yield _sheet(run, "Trials", columns, rows, title)


def _sheet(
    run: ReportedRun, name: str, columns: Sequence[Column], rows: RunRows, text: str
) -> Table:
    title, top = f"{run.market}: {text}, by {run.order}", name == "Top100"
    return Table(columns, rows, title, preview=0, sheet=name, frozen=2 if top else 3, medals=top)


def variation_columns(name: str, group: str = "") -> list[Column]:
    """The figures of the trades of one variation."""
    names = (figure for figure in FIGURES if figure in METRICS)
    return [column(f"{name.lower()}_{figure}", group=group or name) for figure in names]


def set_columns(
    run: ReportedRun, ranking: Sequence[str], ending: Sequence[str] = ()
) -> list[Column]:
    """Columns of sets: goals, figures, parameters and variations between those of both ends."""
    hidden = run.goals if run.exhaustive else (*run.goals, "total_profit")
    figures = [name for name in _WIDE if name not in hidden]
    goals = "Goals" if len(run.goals) > 1 else "Goal"
    return [
        *(_state_column(name, "Ranking") for name in ranking),
        *(column(name, group=goals) for name in run.goals),
        *(column(name, group="All trades") for name in figures[:_HEADLINE]),
        *run.parameters,
        *(column(name, group="All trades, more figures") for name in figures[_HEADLINE:]),
        *(member for table in run.variations for member in variation_columns(table.variation)),
        *(_state_column(name, "How it ended") for name in ending),
    ]


def _state_column(name: str, group: str) -> Column:
    widths: Mapping[str, float] = {"state": 11.0, "reason": 60.0}
    words = STATE_LABELS.get(name)
    return column(name, group=group, words=words, width=widths.get(name, 10.0))


SECTION = Section("top", "The best ten", "Top ten", has_winner, blocks)
