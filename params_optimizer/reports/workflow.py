"""The report of a workflow: `report.txt`, the page and the workbook show the same parts."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from params_optimizer.data.days import to_date
from params_optimizer.reports.blocks import (
    Block,
    Bullet,
    Bullets,
    Column,
    Heading,
    Paragraph,
    Table,
)
from params_optimizer.reports.document import Document, Part
from params_optimizer.reports.excel_generator import write_document
from params_optimizer.reports.forms import (
    COUNT,
    FEW_TRADES,
    ID,
    PERCENT,
    SHARE,
    Form,
    percent,
    settings_text,
)
from params_optimizer.reports.html_generator import page
from params_optimizer.reports.render_text import text
from params_optimizer.storage import files
from params_optimizer.workflows.analysis import searches
from params_optimizer.workflows.conditions import plain_name
from params_optimizer.workflows.follow import WorkflowResult
from params_optimizer.workflows.market import MarketDays
from params_optimizer.workflows.out_of_sample import IN_SAMPLE, OUT_OF_SAMPLE

REPORT: Final = "report.txt"
_RATIO, _R = Form("number", 2), Form("number", 2)
_FIGURES: Final = {"total_return": ("Return", PERCENT), "sharpe_ratio": ("Sharpe", _RATIO)}
_SEARCH_COLUMNS: Final = (
    Column("search", "Search", width=30),
    Column("metric", "Metric", width=18),
    Column("score", "Best", form=Form("number", 4)),
    Column("trials", "Trials", form=COUNT),
    Column("method", "Method", width=16),
    Column("trades", "Trades", form=COUNT),
    Column("parameters", "Parameters", width=60),
)


def workflow_text(result: WorkflowResult) -> str:
    """The whole report."""
    return text(document_of_workflow(result))


def write_report(result: WorkflowResult) -> Path:
    """Write the text, the page and the workbook; returns where the text is.

    Raises:
        StorageError: a file cannot be written.
    """
    document = document_of_workflow(result)
    path, symbol = result.folder / REPORT, document.brand
    files.write_text(path, text(document))
    files.write_text(result.folder / f"{symbol}_report.html", page(document))
    write_document(document, result.folder / f"{symbol}_analysis.xlsx")
    return path


def document_of_workflow(result: WorkflowResult) -> Document:
    """The report: days never seen first, then each stage, then the tables."""
    bars = result.searched.bars
    parts = [Part("days", "Days", "Days", list(_days(result)))]
    if result.comparison:
        title = "On days that no stage has seen"
        parts.insert(0, Part("unseen", title, "Unseen days", list(_comparison(result))))
    for number, (name, of_stage) in enumerate(result.results.items(), start=1):
        sheet = f"{number} {plain_name(name)[:20]}"
        parts.append(Part(f"stage-{number}", name, name, list(_stage(sheet, of_stage))))
    if tables := list(_tables(result)):
        parts.append(Part("analysis", "What was found, by regime and parameter", "Tables", tables))
    warnings = [GENERATED] if bars.generated else []
    if result.paused is not None:
        warnings.append(f"Paused after {result.paused}: the same command goes on.")
    title = f"Workflow {result.workflow.path.name} on {bars.symbol}"
    below = _span(result.searched)
    paused = result.paused is not None
    name = result.folder.name
    return Document(title, below, bars.symbol, name, warnings, parts, bars.generated, paused)


GENERATED: Final = "Generated data: it says nothing about any market."


def _days(result: WorkflowResult) -> Iterator[Block]:
    yield Paragraph(f"Searched: {_span(result.searched)}.")
    if result.kept_away is not None:
        yield Paragraph(f"Kept away: {_span(result.kept_away)}.")


def _span(market: MarketDays) -> str:
    first, last = (to_date(int(market.dates[at])) for at in (0, -1))
    return f"{market.dates.size:,} days, {first} to {last}"


def _stage(sheet: str, result: Mapping[str, Any]) -> Iterator[Block]:
    """The searches of a stage, its regimes and windows, and what all of it makes together."""
    if "skipped" in result:
        yield Paragraph(result["skipped"])
    rows = [_search(label, search) for label, search in searches(result)]
    yield Bullets([_bullet(row) for row in rows])
    if rows:
        yield Table(_SEARCH_COLUMNS, rows, "Searches", preview=0, sheet=sheet)
    for note in dict.fromkeys(_notes(result)):
        yield Paragraph(note, "note")
    yield from _windows(result.get("windows", ()))
    combined = result["combined_result"]
    if combined.get("score") is not None:
        score = f"{combined['metric']} {combined['score']:.2f}"
        yield Paragraph(f"All that is known together: {score}.")


def _search(label: str, search: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "search": label,
        **{name: search[name] for name in ("metric", "trials", "method")},
        "score": search["best_score"],
        "trades": search["best_metrics"].get("total_trades"),
        "parameters": settings_text(search["best_params"]),
    }


def _bullet(row: Mapping[str, Any]) -> Bullet:
    score = "-" if row["score"] is None else f"{row['score']:.2f}"
    trades = ""
    if row["trades"] is not None:
        few = " (too few to judge)" if row["trades"] < FEW_TRADES else ""
        trades = f", {row['trades']:,.0f} trades{few}"
    tried = f"after {row['trials']:,} trials ({row['method']})"
    return Bullet(
        f"{row['search']}:", f"{row['metric']} {score} {tried}{trades}: {row['parameters']}"
    )


def _notes(result: Mapping[str, Any]) -> Iterator[str]:
    """What was thinned, failed or skipped."""
    for name, search in searches(result):
        if failures := search.get("failures"):
            example = f"{settings_text(failures[0]['parameters'])}: {failures[0]['reason']}"
            yield f"{name}: {search['failed']:,} trials failed; for example {example}"
        if note := search.get("note"):
            yield f"note: {note}"
        if front := search.get("front"):
            metrics = ", ".join(search["metrics"])
            yield f"{name}: {len(front):,} sets are beaten by no other in {metrics}"
    for name, of_target in result["target_results"].items():
        if "error" in of_target:
            yield f"{name}: failed: {of_target['error']}"
    for regime, of_regime in result.get("regime_results", {}).items():
        skipped = f"; {of_regime['skipped']}" if "skipped" in of_regime else ""
        yield f"regime {regime}: {of_regime['days']:,} days{skipped}"


def _windows(windows: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
    """What the parameters of each window made on the days behind it."""
    if not windows:
        return
    metric = windows[0]["out_of_sample"].get("metric", "metric")
    columns = (
        Column("window", "Window", form=ID),
        Column("days", "Out of sample", width=26),
        Column("before", f"{metric} in sample", form=_RATIO),
        Column("after", f"{metric} out of sample", form=_RATIO),
        Column("total_r", "Total R", form=_R),
        Column("total_trades", "Trades", form=COUNT),
    )
    rows = [
        {
            "window": number,
            "days": f"{window['out_sample_first']} to {window['out_sample_last']}",
            "before": window["combined_result"].get("score"),
            "after": window["out_of_sample"]["score"],
            **{
                name: (window["out_of_sample"]["metrics"] or {}).get(name)
                for name in ("total_r", "total_trades")
            },
        }
        for number, window in enumerate(windows, start=1)
    ]
    yield Table(columns, rows, "Windows out of sample", preview=len(rows))
    scores = [row["after"] for row in rows if row["after"] is not None]
    if scores:
        average = sum(scores) / len(scores)
        yield Paragraph(
            f"Average of {len(scores)} windows out of sample: {metric} {average:.2f}; "
            f"{sum(score > 0 for score in scores)} of them above 0."
        )
    trades = sum(row["total_trades"] or 0 for row in rows)
    if trades < FEW_TRADES:
        yield Paragraph(f"Only {trades:,} trades out of sample: too few to judge.", "warning")


def _comparison(result: WorkflowResult) -> Iterator[Block]:
    """Each configuration on the days searched and on those kept away, and what that means."""
    sides = {IN_SAMPLE: "searched", OUT_OF_SAMPLE: "kept away"}
    columns = [Column("configuration", "Configuration", width=30)]
    for side, words in sides.items():
        columns += [
            Column(f"{side} {name}", f"{title} {words}", form=form)
            for name, (title, form) in _FIGURES.items()
        ]
        columns.append(Column(f"{side} trades", f"Trades {words}", form=COUNT))
    rows: dict[str, dict[str, Any]] = {}
    for row in result.comparison:
        cells = rows.setdefault(row["configuration"], {"configuration": row["configuration"]})
        cells |= {f"{row['days_of']} {name}": row[name] for name in (*_FIGURES, "trades")}
    yield Table(columns, list(rows.values()), preview=len(rows))
    yield Bullets([_verdict(name, row) for name, row in rows.items()])
    trials = sum(
        search["trials"] for of_stage in result.results.values() for _, search in searches(of_stage)
    )
    yield Paragraph(
        f"{trials:,} trials were made on the days searched: the best of so many looks good there "
        f"by luck alone. Only the days kept away count, and only the first time you look."
    )


def _verdict(name: str, row: Mapping[str, Any]) -> Bullet:
    before, after = (row[f"{side} total_return"] for side in (IN_SAMPLE, OUT_OF_SAMPLE))
    trades = row[f"{OUT_OF_SAMPLE} trades"]
    if not trades:
        return Bullet(f"{name}:", "never traded on the days kept away; there is nothing to judge.")
    few = f", from only {trades} trades: too few to judge" if trades < FEW_TRADES else ""
    if after <= 0:
        history = "as it did before" if before <= 0 else "what it won before is gone"
        verdict = f"lost {percent(-after)} on the days kept away ({history}){few}."
        return Bullet(f"{name}:", verdict, "" if few else "bad")
    verdict = f"made {percent(after)} on the days kept away{few}."
    return Bullet(f"{name}:", verdict, "" if few else "good")


def _tables(result: WorkflowResult) -> Iterator[Block]:
    """Figures of each rule by regime, and what each parameter decides; the files hold the same."""
    if result.matrix:
        columns = (
            Column("parameters_of", "Parameters of", width=16),
            Column("rule", "Rule", width=18),
            Column("regime", "Regime", width=14),
            Column("days", "Days", form=COUNT),
            Column("trades", "Trades", form=COUNT),
            *(Column(name, title, form=form) for name, (title, form) in _FIGURES.items()),
            Column("max_drawdown", "Drawdown", form=PERCENT),
            Column("profit_factor", "Profit factor", form=_RATIO),
        )
        yield Heading("By regime, on the days searched")
        note = f"Fewer than {FEW_TRADES} trades are too few to judge."
        yield Table(columns, result.matrix, "By regime", note, sheet="By regime", frozen=3)
    if result.sensitivity:
        columns = (
            Column("stage", "Stage", width=24),
            Column("search", "Search", width=30),
            Column("parameter", "Parameter", width=26),
            Column("share", "Explains", form=SHARE),
            Column("trials", "Trials", form=COUNT),
        )
        yield Heading("How much of the difference between trials each parameter explains alone")
        yield Table(columns, result.sensitivity, "Parameters", sheet="Parameters")
