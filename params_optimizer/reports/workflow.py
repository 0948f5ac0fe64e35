"""What a workflow found, in words; `report.txt`."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from params_optimizer.storage import files
from params_optimizer.workflows.analysis import searches
from params_optimizer.workflows.follow import WorkflowResult
from params_optimizer.workflows.market import MarketDays
from params_optimizer.workflows.out_of_sample import IN_SAMPLE, OUT_OF_SAMPLE

REPORT = "report.txt"
_FEW_TRADES = 30


def workflow_text(result: WorkflowResult) -> str:
    """The whole report."""
    lines = list(_days(result))
    for stage in result.workflow.stages:
        if stage.name in result.results:
            lines += ["", stage.name, "-" * len(stage.name), *_stage(result.results[stage.name])]
    if result.comparison:
        lines += ["", *_comparison(result)]
    return "\n".join(lines) + "\n"


def write_report(result: WorkflowResult) -> Path:
    """Write `report.txt`; returns where."""
    path = result.folder / REPORT
    files.write_text(path, workflow_text(result))
    return path


def _days(result: WorkflowResult) -> Iterator[str]:
    bars = result.searched.bars
    yield f"Workflow {result.workflow.path.name} on {bars.symbol}"
    if bars.generated:
        yield "Generated data: it says nothing about any market."
    yield f"searched:  {_span(result.searched)}"
    if result.kept_away is not None:
        yield f"kept away: {_span(result.kept_away)}"


def _span(market: MarketDays) -> str:
    from params_optimizer.data.days import to_date

    first, last = (to_date(int(market.dates[at])) for at in (0, -1))
    return f"{market.dates.size:,} days, {first} to {last}"


def _stage(result: Mapping[str, Any]) -> Iterator[str]:
    notes: dict[str, None] = {}
    if "skipped" in result:
        yield result["skipped"]
    for name, search in searches(result):
        parameters = ", ".join(f"{key}={value}" for key, value in search["best_params"].items())
        yield (
            f"{name}: {search['metric']} {_number(search['best_score'])} after "
            f"{search['trials']:,} trials ({search['method']}){_trades(search)}: {parameters}"
        )
        if failures := search.get("failures"):
            example = failures[0]
            values = ", ".join(f"{key}={value}" for key, value in example["parameters"].items())
            yield f"{name}: {search['failed']:,} trials failed, {values}: {example['reason']}"
        if note := search.get("note"):
            notes[f"note: {note}"] = None
    yield from notes
    for name, of_target in result["target_results"].items():
        if "error" in of_target:
            yield f"{name}: failed: {of_target['error']}"
    for regime, of_regime in result.get("regime_results", {}).items():
        yield f"regime {regime}: {of_regime['days']:,} days" + (
            f"; {of_regime['skipped']}" if "skipped" in of_regime else ""
        )
    yield from _windows(result.get("windows", ()))
    combined = result["combined_result"]
    if combined.get("score") is not None:
        yield f"all that is known together: {combined['metric']} {_number(combined['score'])}"


def _windows(windows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What the parameters of each window made on the days behind it."""
    for number, window in enumerate(windows, start=1):
        before, after = window["combined_result"], window["out_of_sample"]
        figures = "no rule could be traded"
        if after["metrics"] is not None:
            figures = (
                f"{after['metric']} {_number(after['score'])} out of sample, "
                f"{_number(before['score'])} in sample; "
                f"{after['metrics']['total_r']:+.2f} R from "
                f"{after['metrics']['total_trades']:,.0f} trades"
            )
        first, last = window["out_sample_first"], window["out_sample_last"]
        yield f"window {number}, {first} to {last}: {figures}"
    scores = [window["out_of_sample"]["score"] for window in windows]
    if defined := [score for score in scores if score is not None]:
        average = sum(defined) / len(defined)
        yield f"average of {len(defined)} windows out of sample: {_number(average)}"


def _trades(search: Mapping[str, Any]) -> str:
    """How many trades the figure is made of, where it is made of trades."""
    count = search["best_metrics"].get("total_trades")
    return "" if count is None else f", {count:,.0f} trades"


def _comparison(result: WorkflowResult) -> Iterator[str]:
    title = "On days that no stage has seen"
    yield title
    yield "-" * len(title)
    width = max(len(row["configuration"]) for row in result.comparison)
    yield f"{'':{width}}  {'searched':>22}  {'kept away':>22}"
    head = f"{'return':>9} {'Sharpe':>6} {'n':>5}"
    yield f"{'':{width}}  {head}  {head}"
    rows = {(row["configuration"], row["days_of"]): row for row in result.comparison}
    names = list(dict.fromkeys(row["configuration"] for row in result.comparison))
    for name in names:
        cells = "  ".join(_cells(rows[name, side]) for side in (IN_SAMPLE, OUT_OF_SAMPLE))
        yield f"{name:{width}}  {cells}"
    yield ""
    yield from (_verdict(name, rows) for name in names)
    trials = sum(
        search["trials"] for of_stage in result.results.values() for _, search in searches(of_stage)
    )
    yield (
        f"{trials:,} trials were made on the days searched: the best of so many looks good there "
        f"by luck alone. Only the days kept away count, and only the first time you look."
    )


def _cells(row: Mapping[str, Any]) -> str:
    total_return = row["total_return"]
    return f"{total_return:>+9.1%} {_number(row['sharpe_ratio']):>6} {row['trades']:>5,}"


def _verdict(name: str, rows: Mapping[tuple[str, str], Mapping[str, Any]]) -> str:
    before, after = rows[name, IN_SAMPLE], rows[name, OUT_OF_SAMPLE]
    total_return, trades = after["total_return"], after["trades"]
    if not trades:
        return f"{name}: never traded on the days kept away; there is nothing to judge."
    few = f", from only {trades} trades: that proves little" if trades < _FEW_TRADES else ""
    if total_return <= 0:
        history = (
            "as it did before" if before["total_return"] <= 0 else "what it won before is gone"
        )
        return f"{name}: lost {-total_return:.1%} on the days kept away ({history}){few}."
    return f"{name}: made {total_return:.1%} on the days kept away{few}."


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
