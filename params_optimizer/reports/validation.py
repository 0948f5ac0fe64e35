"""Holdout and walk-forward in words, JSON and CSV (DESIGN 4)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from params_optimizer.data.days import to_date
from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.reports.subject import (
    Content,
    Subject,
    borders_content,
    borders_text,
    plain,
)
from params_optimizer.storage.tables import write_csv, write_sealed
from params_optimizer.validation.candidates import Figures
from params_optimizer.validation.holdout import Holdout
from params_optimizer.validation.walk_forward import Stability, Step, WalkForward
from params_optimizer.validation.windows import Days, Schedule, Window, counted, shown

SHOWN = 10
FEW_DAYS = 20
_EFFICIENCY_SAYS_LITTLE = 10.0
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
    window = result.window
    lines = [
        *subject.heading,
        "",
        f"Holdout: optimised on {shown(window.in_sample)},",
        f"looked at on {shown(window.out_sample)}.",
        f"{result.eligible:,} of {result.trials:,} {subject.noun} have at least "
        f"{result.min_trades} trades in sample and were ranked by {result.metric}.",
        "",
        f"{'':>17}   in sample{'':<21}   out of sample",
        f"  {'#':>3} {subject.number:>11}   {FIGURE_HEAD}   {FIGURE_HEAD} {'place':>10}",
    ]
    lines += [
        f"  {rank:>3} {row.number:>11}   {figures_text(row.in_sample)}   "
        f"{figures_text(row.out_sample)} {_place(row.out_place):>10}"
        for rank, row in enumerate(result.rows[:SHOWN], start=1)
    ]
    lines += ["", f"The winner in sample: {plain(result.rows[0].parameters)}"]
    lines += ["", f"Average of the best {len(result.rows)}:", ""]
    lines += [f"  {'':<26} {'in sample':>12} {'out of sample':>14} {'decay':>8}"]
    for figure in result.decay:
        name = f"{figure.metric}{' per day' if figure.per_day else ''}"
        decay = "-" if figure.decay is None else f"{100 * figure.decay:,.0f} %"
        lines += [f"  {name:<26} {figure.in_sample:>12.4f} {figure.out_sample:>14.4f} {decay:>8}"]
    lines += [
        "",
        "Decay is what is lost out of sample: above 0 % the figure fell, below 0 % it rose.",
        "Drawdown and streaks grow with the number of days, so they have none.",
        "",
        *borders_text(subject, result.borders),
        *_holdout_verdict(subject, result),
        *result.notes,
        *_failed(result),
    ]
    return "\n".join(lines) + "\n"


def _holdout_verdict(subject: Subject, result: Holdout) -> list[str]:
    lines = []
    if result.correlation is None:
        lines.append("Rank correlation: none, since the values of one sample are all equal.")
    else:
        lines.append(
            f"Rank correlation of in and out of sample over the {subject.whole}: "
            f"{result.correlation:.2f} (1: the same order, 0: no relation, -1: reversed)."
        )
    lines.append(_beaten_text(subject, result))
    lines += few_days(result.window)
    earned = sum(row.out_sample["total_r"] > 0 for row in result.rows)
    idle = sum(row.out_sample["total_trades"] == 0 for row in result.rows)
    lines.append(f"{earned} of them earned money out of sample, after costs.")
    if idle:
        lines.append(f"{idle} of them made no trade out of sample: of these nothing is known.")
    if result.rows[0].out_sample["total_r"] <= 0:
        lines.append("The winner earned nothing on days it had not seen: do not trade it.")
    elif (result.correlation or 0.0) <= 0.0:
        lines.append(
            f"The winner earned money, but the order of the {subject.whole} did not last: that "
            f"is no evidence of skill."
        )
    lines.append(
        "This holds for one look: moving the date until it pleases is one more optimisation."
    )
    return lines


def _place(place: int | None) -> str:
    return "-" if place is None else f"{place:,}"


def _beaten_text(subject: Subject, result: Holdout) -> str:
    if result.eligible == 1:
        return "One parameter set competes: there is no other to beat."
    if result.mean_beaten is None:
        return "None of the best made a trade out of sample: they cannot be compared."
    return (
        f"Out of sample the best {len(result.rows)} did better than "
        f"{100 * result.mean_beaten:.0f} % of the {subject.whole} on average; chance gives 50 %."
    )


def few_days(window: Window) -> list[str]:
    """A warning for each sample that is too short to prove anything."""
    names = ("In sample", "Out of sample")
    return [
        f"{name} there {'is' if days.size == 1 else 'are'} only {counted(days)}: fewer than "
        f"{FEW_DAYS} prove nothing."
        for name, days in zip(names, window, strict=True)
        if days.size < FEW_DAYS
    ]


FIGURE_HEAD = f"{'total R':>9} {'trades':>6} {'win %':>6} {'Sharpe':>6}"


def figures_text(figures: Figures | None) -> str:
    """The figures under `FIGURE_HEAD`; blank where there are none."""
    if figures is None:
        return " " * len(FIGURE_HEAD)
    return (
        f"{figures['total_r']:>9.2f} {figures['total_trades']:>6} {figures['winrate']:>6.1f} "
        f"{figures['sharpe_ratio']:>6.2f}"
    )


def walk_forward_text(subject: Subject, result: WalkForward) -> str:
    """A walk-forward analysis in words and figures."""
    schedule = result.schedule
    purged = f", {schedule.purge_days} purged between them" if schedule.purge_days else ""
    growing = "anchored at the first day, at least " if schedule.anchored else ""
    lines = [
        *subject.heading,
        "",
        f"Walk-forward: {growing}{schedule.in_sample_days} trading days in sample, "
        f"{schedule.out_sample_days} out of sample{purged}, every {schedule.step} days.",
        f"Each window tried {result.trials:,} {subject.noun} anew; the winner is the best by "
        f"{result.metric} of those with at least {result.min_trades} trades.",
        "",
        f"{'':>52}   in sample{'':<21}   out of sample",
        f"  {'#':>3} {'out of sample':<23}{'days':>5} {'winner':>16}   {FIGURE_HEAD}"
        f"   {FIGURE_HEAD}",
    ]
    lines += [_line(number, step) for number, step in enumerate(result.steps, start=1)]
    lines += [
        "",
        *_totals(result),
        "",
        *borders_text(subject, result.borders),
        *stability_text(result.stability),
        *_walk_forward_verdict(result),
    ]
    return "\n".join([*lines, *result.notes]) + "\n"


def _line(number: int, step: Step) -> str:
    days = span_of(step.window.out_sample)
    winner = f"{step.choice.number}" if step.choice else "no winner"
    return (
        f"  {number:>3} {days['first']}..{days['last']} {days['days']:>5} {winner:>16}   "
        f"{figures_text(step.in_sample)}   {figures_text(step.out_sample)}"
    ).rstrip()


def _totals(result: WalkForward) -> list[str]:
    summary, stitched = result.summary, result.stitched
    without = summary.windows - summary.windows_with_winner
    efficiency = "- (the winners earned nothing in sample)"
    if summary.efficiency is not None:
        efficiency = f"{100 * summary.efficiency:,.0f} % of the in-sample R per trading day"
        if abs(summary.efficiency) > _EFFICIENCY_SAYS_LITTLE:
            efficiency += " (the winners hardly made anything in sample: the ratio says little)"
    lines = [
        f"windows with a profit {100 * summary.positive_window_rate:.0f} % of {summary.windows}",
        f"out of sample         {summary.total_oos_r:,.2f} R = {summary.total_oos_profit:,.0f}, "
        f"{stitched['total_trades']:,} trades on {summary.oos_days:,} days",
        f"largest drawdown      {stitched['max_drawdown']:,.2f} R",
        f"Sharpe ratio          {stitched['sharpe_ratio']:.2f} of all trades, "
        f"{summary.average_oos_sharpe:.2f} on average over windows",
        f"profit of a window    varies by {summary.std_oos_profit:,.0f} (standard deviation)",
        f"efficiency            {efficiency}",
    ]
    if without:
        lines.append(
            f"In {without} of {summary.windows} windows no parameter set competed: nothing was "
            f"traded there."
        )
    if result.left_over.size:
        lines.append(f"Left over at the end: {shown(result.left_over)}, too few for a window.")
    return lines


def stability_text(found: Sequence[Stability]) -> list[str]:
    """A line for each parameter, with a heading; nothing of no winner."""
    if not found:
        return []
    width = max(14, *(len(_mode(one)) for one in found))
    lines = ["How the winners' parameters move:", ""]
    lines += [f"  {'':<22} {'most frequent':>{width}} {'share':>6} {'values':>7}   from to"]
    for one in found:
        spread = "" if one.least is None else f"   {one.least:g} to {one.greatest:g}"
        share = f"{100 * one.share:.0f} %"
        lines += [f"  {one.key:<22} {_mode(one):>{width}} {share:>6} {one.distinct:>7}{spread}"]
    return [*lines, ""]


def _mode(one: Stability) -> str:
    """Values of an axis without steps have more digits than anybody reads."""
    text = str(one.mode)
    return f"{one.mode:.6g}" if isinstance(one.mode, float) and len(text) > 8 else text


def _walk_forward_verdict(result: WalkForward) -> list[str]:
    summary = result.summary
    if not result.stitched["total_trades"]:
        why = "the winners made no trade out of sample; take longer --out-sample-days"
        if not summary.windows_with_winner:
            why = (
                f"no parameter set has {result.min_trades} trades in sample and meets the "
                f"constraints; take longer windows or lower --min-trades"
            )
        return [f"Nothing was traded in any window: {why}. So nothing can be said."]
    if summary.total_oos_r <= 0:
        return [
            "Chosen again and again and traded on days it had not seen, the best lost: what it "
            "showed in sample is luck, or too little for the costs."
        ]
    lines = ["On days it had not seen, the best of each window earned money."]
    if summary.positive_window_rate <= 0.5:
        lines.append("But in no more than half of the windows: a few lucky days can do that.")
    return lines
