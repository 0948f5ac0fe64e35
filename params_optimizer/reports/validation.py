"""Holdout and walk-forward in words, JSON and CSV (DESIGN 4)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from params_optimizer.data.days import to_date
from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.reports.render_text import blocks_text
from params_optimizer.reports.sections import holdout, walk_forward
from params_optimizer.reports.subject import (
    Content,
    Subject,
    borders_content,
)
from params_optimizer.storage.tables import write_csv, write_sealed
from params_optimizer.validation.holdout import Holdout
from params_optimizer.validation.walk_forward import Step, WalkForward
from params_optimizer.validation.windows import Days, Schedule, Window

_SAMPLES = ("in_sample", "out_sample")


def write_holdout(subject: Subject, result: Holdout, folder: Path) -> Path:
    """Write `{SYMBOL}_holdout.json`."""
    path = folder / f"{subject.symbol}_holdout.json"
    write_sealed(path, holdout_content(subject, result))
    return path


def write_walk_forward(subject: Subject, result: WalkForward, folder: Path) -> list[Path]:
    """Write `{SYMBOL}_walk_forward.json`, the same windows as CSV, and `_oos_trades.csv`."""
    paths = [
        folder / f"{subject.symbol}_{name}"
        for name in ("walk_forward.json", "walk_forward.csv", "oos_trades.csv")
    ]
    write_sealed(paths[0], walk_forward_content(subject, result))
    columns = (
        "window",
        *(f"{sample}_{what}" for sample in _SAMPLES for what in ("first", "last", "days")),
        "eligible",
        subject.number,
        "value",
        *subject.columns,
        *(f"{sample}_{name}" for sample in _SAMPLES for name in METRICS),
    )
    steps = enumerate(result.steps, start=1)
    write_csv(paths[1], [_flat(subject, *step) for step in steps], columns)
    write_csv(paths[2], subject.trades(result), subject.trade_columns)
    return paths


def holdout_content(subject: Subject, result: Holdout) -> Content:
    """All of a holdout as plain content for JSON."""
    return {
        **subject.head,
        "metric": result.metric,
        "min_trades": result.min_trades,
        "holdout_from": result.first.isoformat(),
        **samples_of(result.window),
        "trials": result.trials,
        "eligible": result.eligible,
        "rank_correlation": result.correlation,
        "mean_beaten": result.mean_beaten,
        "decay": [decay._asdict() for decay in result.decay],
        "top": [
            {
                "rank": rank,
                subject.number: row.number,
                "in_sample_value": row.in_value,
                "out_sample_value": row.out_value,
                "out_sample_place": row.out_place,
                "beaten": row.beaten,
                "params": dict(row.parameters),
                "in_sample": row.in_sample,
                "out_sample": row.out_sample,
            }
            for rank, row in enumerate(result.rows, start=1)
        ],
        **borders_content(subject, result.borders),
        "notes": [*result.notes, *_failed(result)],
    }


def _failed(result: Holdout) -> list[str]:
    if not result.failed:
        return []
    return [f"{result.failed:,} parameter sets could not be evaluated out of sample."]


def walk_forward_content(subject: Subject, result: WalkForward) -> Content:
    """All of a walk-forward analysis but its trades, as plain content for JSON."""
    return {
        **subject.head,
        "metric": result.metric,
        "min_trades": result.min_trades,
        **schedule_content(result.schedule),
        "trials_per_window": result.trials,
        "days_left_over": int(result.left_over.size),
        "summary": result.summary._asdict(),
        "stitched": result.stitched,
        **borders_content(subject, result.borders),
        "stability": [parameter._asdict() for parameter in result.stability],
        "windows": [_step(subject, *step) for step in enumerate(result.steps, start=1)],
        "notes": list(result.notes),
    }


def schedule_content(schedule: Schedule) -> dict[str, Any]:
    """How windows follow each other, as content for JSON."""
    return {
        "in_sample_days": schedule.in_sample_days,
        "out_sample_days": schedule.out_sample_days,
        "step_days": schedule.step,
        "anchored": schedule.anchored,
        "purge_days": schedule.purge_days,
    }


def samples_of(window: Window) -> dict[str, Any]:
    """Both samples of a window as content for JSON: first and last day, number of days."""
    return {f"{name}_days": span_of(days) for name, days in zip(_SAMPLES, window, strict=True)}


def span_of(days: Days) -> dict[str, Any]:
    """First and last of some days as ISO dates, and how many they are."""
    first, last = (to_date(int(days[at])).isoformat() for at in (0, -1))
    return {"first": first, "last": last, "days": int(days.size)}


def _step(subject: Subject, number: int, step: Step) -> Content:
    choice = step.choice
    return {
        "window": number,
        **samples_of(step.window),
        "eligible": choice.eligible if choice else 0,
        subject.number: choice.number if choice else None,
        "value": choice.value if choice else None,
        "params": dict(choice.parameters) if choice else None,
        "in_sample": step.in_sample,
        "out_sample": step.out_sample,
        "stitched_trades": int(step.trades.date.size),
    }


def _flat(subject: Subject, number: int, step: Step) -> Content:
    """The same as one line; empty cells where nobody won."""
    content = _step(subject, number, step)
    names = ("window", "eligible", subject.number, "value")
    line: Content = {name: content[name] for name in names}
    line |= subject.row(content["params"])
    for sample in _SAMPLES:
        line |= {f"{sample}_{what}": value for what, value in content[f"{sample}_days"].items()}
        figures: Mapping[str, Any] = content[sample] or dict.fromkeys(METRICS)
        line |= {f"{sample}_{name}": value for name, value in figures.items()}
    return line


def holdout_text(subject: Subject, result: Holdout) -> str:
    """A holdout in words and figures."""
    return blocks_text(subject.heading, holdout.blocks_of(holdout_content(subject, result)))


def walk_forward_text(subject: Subject, result: WalkForward) -> str:
    """A walk-forward analysis in words and figures."""
    content = walk_forward_content(subject, result)
    return blocks_text(subject.heading, walk_forward.blocks_of(content))
