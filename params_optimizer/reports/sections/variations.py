"""The four variations of the Initial Balance, each by itself."""

from collections.abc import Iterator
from typing import Any

from params_optimizer.analytics.variation_aggregator import VariationTable
from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.reports.blocks import Block, Column, Paragraph, Table, column
from params_optimizer.reports.forms import COUNT, ID, TEXT, Form, form_of, with_record
from params_optimizer.reports.labels import in_line
from params_optimizer.reports.run import ReportedRun
from params_optimizer.reports.sections.ranking import ALL_TRADES, variation_columns
from params_optimizer.reports.sections.section import Section
from params_optimizer.reports.tables import variation_line
from params_optimizer.strategies.initial_balance.params import VARIATIONS

_HEADS = {
    "variation": "Variation",
    "eligible": "Ranked",
    "profitable": "Above 0 R",
    "mean_total_r": "Mean total R",
    "best_combination": "Best",
    "best_total_r": "Total R",
    "best_total_trades": "Trades",
    "best_winrate": "Win rate (%)",
    "record": "Won / lost / flat",
    "best_sharpe_ratio": "Sharpe",
    "best_profit_factor": "Profit factor",
    "best_max_drawdown": "Drawdown (R)",
}
_HEADLINE = 8


def applies(run: ReportedRun) -> bool:
    """The run has variations, and something is ranked."""
    return bool(run.variations)


def blocks(run: ReportedRun) -> Iterator[Block]:
    """A line for each variation, the trades of the winner by variation, and long tables."""
    yield Paragraph(
        "The four kinds of trade, each by itself: the best combination counts the trades of its "
        "own kind alone."
    )
    yield Table(line_columns(), [_line(run, table) for table in run.variations])
    if run.best:
        yield _by_variation(run)
    for table in run.variations:
        yield _sheet(run, table)


def line_columns() -> list[Column]:
    """The columns of a line that sums up a variation."""
    return [Column(name, text, form=_form(name)) for name, text in _HEADS.items()]


def _form(name: str) -> Form:
    if name in ("variation", "record"):
        return TEXT
    if name in ("eligible", "profitable"):
        return COUNT
    return (
        ID
        if name == "best_combination"
        else form_of(name.removeprefix("best_").removeprefix("mean_"))
    )


def _line(run: ReportedRun, table: VariationTable) -> dict[str, Any]:
    leaders = list(run.rows(table.combination[:1].tolist()))
    line = variation_line(table, leaders[0] if leaders else None)
    prefix = f"{table.variation.lower()}_"
    trades = [{name: row[prefix + name] for name in METRICS} for row in leaders]
    return {**line, "record": with_record(trades[0])["record"] if trades else None}


def _by_variation(run: ReportedRun) -> Table:
    """The trades of the best combination by variation, a line each."""
    best = run.best or {}
    rows = [{"scope": "All trades", **best}]
    for name in VARIATIONS:
        prefix = f"{name.lower()}_"
        rows.append({"scope": name, **{metric: best[prefix + metric] for metric in METRICS}})
    names = [name for name in (*ALL_TRADES, *METRICS) if name in METRICS]
    columns = [
        column(name, brief=place < _HEADLINE) for place, name in enumerate(dict.fromkeys(names))
    ]
    title = f"The trades of combination {best['combination']:,} by variation"
    return Table([Column("scope", "Trades of"), *columns], rows, title)


def _sheet(run: ReportedRun, table: VariationTable) -> Table:
    """The figures of the variation stand before those of all trades."""
    name = table.variation
    members = variation_columns(name, f"{name} trades")
    rows = run.rows(table.combination[: run.limit].tolist())
    columns = [
        *(column(place, group="Ranking") for place in ("rank", "combination")),
        *members[:_HEADLINE],
        *run.parameters,
        *variation_columns(name, f"{name} trades, more figures")[_HEADLINE:],
        *(column(figure, group="All trades") for figure in ("total_profit", *METRICS)),
        *(
            member
            for variation in VARIATIONS
            if variation != name
            for member in variation_columns(variation)
        ),
    ]
    title = (
        f"{run.market}: the best {len(rows):,} of {table.eligible:,} ranked combinations, by "
        f"{in_line('total_r').lower()} of {name}"
    )
    return Table(columns, rows, title, preview=0, sheet=name, frozen=2)


SECTION = Section("variations", "Variations", "Variations", applies, blocks)
