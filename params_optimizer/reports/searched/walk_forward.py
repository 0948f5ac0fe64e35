"""The walk-forward of a search in words, JSON and CSV, and its trades."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from params_optimizer.data.days import iso_minute, to_date
from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.orchestrator.search_outcome import SearchOutcome
from params_optimizer.reports.searched.common import (
    Content,
    borders_content,
    borders_text,
    heading,
    searched,
)
from params_optimizer.reports.tables import write_csv, write_sealed
from params_optimizer.reports.validation import (
    FIGURE_HEAD,
    figures_text,
    samples_of,
    schedule_content,
    span_of,
    stability_text,
)
from params_optimizer.validation.searched.walk_forward import SearchedStep, SearchedWalk
from params_optimizer.validation.windows import shown

_SAMPLES = ("in_sample", "out_sample")
_TRADES = (
    *("window", "trial", "date", "entry_time", "exit_time", "direction"),
    *("entry_price", "exit_price", "r", "cumulative_r"),
)


def write_walk_forward(outcome: SearchOutcome, result: SearchedWalk, folder: Path) -> list[Path]:
    """Write `{SYMBOL}_walk_forward.json`, the same windows as CSV, and `_oos_trades.csv`."""
    names = ("walk_forward.json", "walk_forward.csv", "oos_trades.csv")
    paths = [folder / f"{outcome.market}_{name}" for name in names]
    write_sealed(paths[0], walk_forward_content(outcome, result))
    rows = [_flat(outcome, *step) for step in enumerate(result.steps, start=1)]
    write_csv(paths[1], rows, list(rows[0]))
    write_csv(paths[2], _trade_rows(outcome, result), _TRADES)
    return paths


def walk_forward_content(outcome: SearchOutcome, result: SearchedWalk) -> Content:
    """All of it but the trades as plain content for JSON."""
    return {
        **searched(outcome),
        **schedule_content(result.schedule),
        "trials_per_window": result.trials,
        "days_left_over": int(result.left_over.size),
        "summary": result.summary._asdict(),
        "stitched": result.stitched,
        "borders": borders_content(result.borders),
        "stability": [one._asdict() for one in result.stability],
        "windows": [_step(*step) for step in enumerate(result.steps, start=1)],
        "notes": [],
    }


def _step(number: int, step: SearchedStep) -> Content:
    return {
        "window": number,
        **samples_of(step.window),
        "eligible": step.eligible,
        "trial": step.best.number if step.best else None,
        "value": step.value,
        "params": dict(step.best.parameters) if step.best else None,
        "in_sample": step.in_sample,
        "out_sample": step.out_sample,
        "stitched_trades": 0 if step.trades is None else int(step.trades.r.size),
    }


def _flat(outcome: SearchOutcome, number: int, step: SearchedStep) -> Content:
    """The same as one line; empty cells where nobody won."""
    content = _step(number, step)
    line: Content = {name: content[name] for name in ("window", "eligible", "trial", "value")}
    params = content["params"] or {}
    line |= {f"parameter_{name}": params.get(name) for name in outcome.problem.space.names}
    for sample in _SAMPLES:
        line |= {f"{sample}_{what}": value for what, value in content[f"{sample}_days"].items()}
        figures = content[sample] or {}
        line |= {f"{sample}_{name}": figures.get(name) for name in METRICS}
    return line


def _trade_rows(outcome: SearchOutcome, result: SearchedWalk) -> Iterator[dict[str, Any]]:
    cumulative, dates_of = 0.0, outcome.problem.evaluation.dating()
    for number, step in enumerate(result.steps, start=1):
        if step.trades is None or step.best is None:
            continue
        dates = dates_of(step.trades).tolist()
        columns = [column.tolist() for column in step.trades]
        for date, entry, leave, side, paid, got, r in zip(dates, *columns, strict=True):
            cumulative += r
            yield {
                "window": number,
                "trial": step.best.number,
                "date": to_date(date).isoformat(),
                "entry_time": iso_minute(entry),
                "exit_time": iso_minute(leave),
                "direction": "long" if side > 0 else "short",
                "entry_price": paid,
                "exit_price": got,
                "r": r,
                "cumulative_r": cumulative,
            }


def walk_forward_text(outcome: SearchOutcome, result: SearchedWalk) -> str:
    """All of it in words and figures."""
    schedule = result.schedule
    purged = f", {schedule.purge_days} purged between them" if schedule.purge_days else ""
    growing = "anchored at the first day, at least " if schedule.anchored else ""
    lines = [
        *heading(outcome),
        "",
        f"Walk-forward by {outcome.method}: {growing}{schedule.in_sample_days} days in sample, "
        f"{schedule.out_sample_days} out of sample{purged}, every {schedule.step} days.",
        f"{len(result.steps)} windows, each searched anew with {result.trials:,} trials.",
        "",
        f"{'':>52}   in sample{'':<21}   out of sample",
        f"  {'#':>3} {'out of sample':<23}{'days':>5} {'trial':>16}   {FIGURE_HEAD}"
        f"   {FIGURE_HEAD}",
        *(_line(number, step) for number, step in enumerate(result.steps, start=1)),
        "",
        *_totals(result),
        "",
        *borders_text(result.borders, outcome.problem.evaluation.border),
        *stability_text(result.stability),
        *_verdict(result),
    ]
    return "\n".join(lines) + "\n"


def _line(number: int, step: SearchedStep) -> str:
    days = span_of(step.window.out_sample)
    winner = f"{step.best.number}" if step.best else "no winner"
    return (
        f"  {number:>3} {days['first']}..{days['last']} {days['days']:>5} {winner:>16}   "
        f"{figures_text(step.in_sample)}   {figures_text(step.out_sample)}"
    ).rstrip()


def _totals(result: SearchedWalk) -> list[str]:
    summary, stitched = result.summary, result.stitched
    efficiency = "- (the winners earned nothing in sample)"
    if summary.efficiency is not None:
        efficiency = f"{100 * summary.efficiency:,.0f} % of the in-sample R per day"
    lines = [
        f"windows with a profit {100 * summary.positive_window_rate:.0f} % of {summary.windows}",
        f"out of sample         {summary.total_oos_r:,.2f} R, {stitched['total_trades']:,} trades "
        f"on {summary.oos_days:,} days",
        f"largest drawdown      {stitched['max_drawdown']:,.2f} R",
        f"Sharpe ratio          {stitched['sharpe_ratio']:.2f} of all trades, "
        f"{summary.average_oos_sharpe:.2f} on average over windows",
        f"efficiency            {efficiency}",
    ]
    if without := summary.windows - summary.windows_with_winner:
        lines.append(f"In {without} of {summary.windows} windows nothing won or was traded.")
    if result.left_over.size:
        lines.append(f"Left over at the end: {shown(result.left_over)}, too few for a window.")
    return lines


def _verdict(result: SearchedWalk) -> list[str]:
    if not result.stitched["total_trades"]:
        return ["The winners made no trade out of sample, so nothing can be said."]
    if result.summary.total_oos_r <= 0:
        return [
            "Searched again and again and traded on days it had not seen, the best lost: what it "
            "showed in sample is luck, or too little for the costs."
        ]
    lines = ["On days it had not seen, the best of each search earned money."]
    if result.summary.positive_window_rate <= 0.5:
        lines.append("But in no more than half of the windows: a few lucky days can do that.")
    return lines
