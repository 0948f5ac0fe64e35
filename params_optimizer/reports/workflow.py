"""What a workflow found, in words; `report.txt`."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from params_optimizer.storage import files
from params_optimizer.workflows.analysis import searches
from params_optimizer.workflows.follow import Ended
from params_optimizer.workflows.out_of_sample import IN_SAMPLE, OUT_OF_SAMPLE

REPORT = "report.txt"
_FEW_TRADES = 30


def workflow_text(ended: Ended) -> str:
    """The whole report."""
    lines = list(_days(ended))
    for stage in ended.plan.stages:
        if stage.name in ended.results:
            lines += ["", stage.name, "-" * len(stage.name), *_stage(ended.results[stage.name])]
    if ended.comparison:
        lines += ["", *_comparison(ended)]
    return "\n".join(lines) + "\n"


def write_report(ended: Ended) -> Path:
    """Write `report.txt`; returns where."""
    path = ended.folder / REPORT
    files.write_text(path, workflow_text(ended))
    return path


def _days(ended: Ended) -> Iterator[str]:
    bars = ended.searched.bars
    yield f"Workflow {ended.plan.path.name} on {bars.symbol}"
    if bars.generated:
        yield "Generated data: it says nothing about any market."
    yield f"searched:  {_span(ended.searched)}"
    if ended.kept_away is not None:
        yield f"kept away: {_span(ended.kept_away)}"


def _span(market: Any) -> str:  # noqa: ANN401  a Market
    from params_optimizer.data.days import to_date

    first, last = (to_date(int(market.dates[at])) for at in (0, -1))
    return f"{market.dates.size:,} days, {first} to {last}"


def _stage(result: Mapping[str, Any]) -> Iterator[str]:
    notes: dict[str, None] = {}
    for name, found in searches(result):
        parameters = ", ".join(f"{key}={value}" for key, value in found["best_params"].items())
        yield (
            f"{name}: {found['metric']} {_number(found['best_score'])} after "
            f"{found['trials']:,} trials ({found['method']}){_trades(found)}: {parameters}"
        )
        if note := found.get("note"):
            notes[f"note: {note}"] = None
    yield from notes
    for name, found in result["target_results"].items():
        if "error" in found:
            yield f"{name}: failed: {found['error']}"
    for regime, found in result.get("regime_results", {}).items():
        yield f"regime {regime}: {found['days']:,} days" + (
            f"; {found['skipped']}" if "skipped" in found else ""
        )
    combined = result["combined_result"]
    if combined.get("score") is not None:
        yield f"all that is known together: {combined['metric']} {_number(combined['score'])}"


def _trades(found: Mapping[str, Any]) -> str:
    """How many trades the figure is made of, where it is made of trades."""
    count = found["best_metrics"].get("total_trades")
    return "" if count is None else f", {count:,.0f} trades"


def _comparison(ended: Ended) -> Iterator[str]:
    title = "On days that no stage has seen"
    yield title
    yield "-" * len(title)
    width = max(len(row["configuration"]) for row in ended.comparison)
    yield f"{'':{width}}  {'searched':>22}  {'kept away':>22}"
    head = f"{'return':>9} {'Sharpe':>6} {'n':>5}"
    yield f"{'':{width}}  {head}  {head}"
    rows = {(row["configuration"], row["days_of"]): row for row in ended.comparison}
    names = list(dict.fromkeys(row["configuration"] for row in ended.comparison))
    for name in names:
        cells = "  ".join(_cells(rows[name, side]) for side in (IN_SAMPLE, OUT_OF_SAMPLE))
        yield f"{name:{width}}  {cells}"
    yield ""
    yield from (_verdict(name, rows) for name in names)
    trials = sum(
        found["trials"] for result in ended.results.values() for _, found in searches(result)
    )
    yield (
        f"{trials:,} trials were made on the days searched: the best of so many looks good there "
        f"by luck alone. Only the days kept away count, and only the first time you look."
    )


def _cells(row: Mapping[str, Any]) -> str:
    made = row["total_return"]
    return f"{made:>+9.1%} {_number(row['sharpe_ratio']):>6} {row['trades']:>5,}"


def _verdict(name: str, rows: Mapping[tuple[str, str], Mapping[str, Any]]) -> str:
    before, after = rows[name, IN_SAMPLE], rows[name, OUT_OF_SAMPLE]
    made, trades = after["total_return"], after["trades"]
    if not trades:
        return f"{name}: never traded on the days kept away; there is nothing to judge."
    few = f", from only {trades} trades: that proves little" if trades < _FEW_TRADES else ""
    if made <= 0:
        kept = "as it did before" if before["total_return"] <= 0 else "what it won before is gone"
        return f"{name}: lost {-made:.1%} on the days kept away ({kept}){few}."
    return f"{name}: made {made:.1%} on the days kept away{few}."


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
