"""The holdout of a search in words and JSON."""

from pathlib import Path

from params_optimizer.orchestrator.search_outcome import SearchOutcome
from params_optimizer.reports.searched.common import (
    Content,
    borders_content,
    borders_text,
    heading,
    plain,
    searched,
)
from params_optimizer.reports.tables import write_sealed
from params_optimizer.reports.validation import FIGURE_HEAD, few_days, figures_text, samples_of
from params_optimizer.validation.searched.holdout import HeldTrial, SearchedHoldout
from params_optimizer.validation.windows import shown

SHOWN = 10


def write_holdout(outcome: SearchOutcome, result: SearchedHoldout, folder: Path) -> Path:
    """Write `{SYMBOL}_holdout.json`."""
    path = folder / f"{outcome.market}_holdout.json"
    write_sealed(path, holdout_content(outcome, result))
    return path


def holdout_content(outcome: SearchOutcome, result: SearchedHoldout) -> Content:
    """All of it as plain content for JSON."""
    return {
        **searched(outcome),
        "holdout_from": result.first.isoformat(),
        **samples_of(result.window),
        "trials": result.trials,
        "eligible": result.eligible,
        "rank_correlation": result.correlation,
        "mean_beaten": result.mean_beaten,
        "top": [_row(rank, row) for rank, row in enumerate(result.rows, start=1)],
        "borders": borders_content(result.borders),
        "notes": _notes(result),
    }


def _row(rank: int, row: HeldTrial) -> Content:
    return {
        "rank": rank,
        "trial": row.trial.number,
        "params": dict(row.trial.parameters),
        "in_sample_value": row.in_value,
        "out_sample_value": row.out_value,
        "out_sample_place": row.out_place,
        "beaten": row.beaten,
        "in_sample": dict(row.trial.metrics),
        "out_sample": row.out_sample,
    }


def _notes(result: SearchedHoldout) -> list[str]:
    notes = few_days(result.window)
    if result.failed:
        notes.append(f"{result.failed:,} parameter sets could not be evaluated out of sample.")
    return notes


def holdout_text(outcome: SearchOutcome, result: SearchedHoldout) -> str:
    """All of it in words and figures."""
    best = result.rows[0]
    lines = [
        *heading(outcome),
        "",
        f"Holdout: searched on {shown(result.window.in_sample)},",
        f"looked at on {shown(result.window.out_sample)}.",
        f"{result.eligible:,} parameter sets of {result.trials:,} trials compete.",
        "",
        f"{'':>13}   in sample{'':<21}   out of sample",
        f"  {'#':>3} {'trial':>7}   {FIGURE_HEAD}   {FIGURE_HEAD} {'place':>10}",
        *(
            f"  {rank:>3} {row.trial.number:>7}   {figures_text(dict(row.trial.metrics))}   "
            f"{figures_text(row.out_sample)} {row.out_place:>10,}"
            for rank, row in enumerate(result.rows[:SHOWN], start=1)
        ),
        "",
        f"The winner in sample: {plain(best.trial.parameters)}",
        "",
        *borders_text(result.borders, outcome.problem.evaluation.border),
        *_verdict(result),
    ]
    return "\n".join([*lines, *_notes(result)]) + "\n"


def _verdict(result: SearchedHoldout) -> list[str]:
    lines = ["Rank correlation: none, since the values of one sample are all equal."]
    if result.correlation is not None:
        lines = [
            f"Rank correlation of in and out of sample over what competed: "
            f"{result.correlation:.2f} (1: the same order, 0: no relation, -1: reversed)."
        ]
    count = len(result.rows)
    alone = "One parameter set competes: there is no other to beat."
    earned = sum(row.out_sample["total_r"] > 0 for row in result.rows)
    lines += [
        alone
        if result.eligible == 1
        else f"Out of sample the best {count} did better than {100 * result.mean_beaten:.0f} % of "
        f"what competed on average; chance gives 50 %.",
        f"{earned} of them earned money out of sample, after costs.",
    ]
    if result.rows[0].out_sample["total_r"] <= 0:
        lines.append("The winner earned nothing on days it had not seen: do not trade it.")
    elif (result.correlation or 0.0) <= 0.0:
        lines.append("The winner earned money, but the order did not last: likely this is luck.")
    lines.append(
        "This holds for one look: moving the date until it pleases is one more optimisation."
    )
    return lines
