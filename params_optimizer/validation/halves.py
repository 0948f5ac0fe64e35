"""Whether what is best on one half of the days is worth anything on the other, both ways."""

from params_optimizer.data.days import to_date
from params_optimizer.strategies.protocol import Value
from params_optimizer.validation.candidates import Candidates, Choice, Sample
from params_optimizer.validation.finding import Finding

FEW_TRADES = 30
Row = dict[str, Value | None]


def validate(candidates: Candidates) -> Finding:
    """Choose on each half of the days, and look at the choice on the other one.

    Raises:
        RunError, Interrupted, OptimizerError: see `Candidates.best_on`.
    """
    cut = candidates.days.size // 2
    samples = (
        Sample("first half", candidates.days[:cut]),
        Sample("second half", candidates.days[cut:]),
    )
    rows = tuple(
        _row(candidates, sample, other, choice)
        for sample, other, choice in zip(
            samples, samples[::-1], candidates.best_on(samples), strict=True
        )
        if choice is not None
    )
    totals = [float(row["total_r_elsewhere"] or 0.0) for row in rows]
    few = any(int(row["trades_elsewhere"] or 0) < FEW_TRADES for row in rows)
    good = None if few or len(rows) < 2 else all(total > 0 for total in totals)
    return Finding("Halves of the days", (_sentence(rows, totals, few=few),), rows, good)


def _row(candidates: Candidates, sample: Sample, other: Sample, choice: Choice) -> Row:
    there, elsewhere = (
        candidates.figures(choice.parameters, half.days) for half in (sample, other)
    )
    return {
        "chosen_on": sample.name,
        "first_day": to_date(int(sample.days[0])).isoformat(),
        "last_day": to_date(int(sample.days[-1])).isoformat(),
        "set": choice.number,
        "total_r": there["total_r"],
        "trades": int(there["total_trades"]),
        "total_r_elsewhere": elsewhere["total_r"],
        "trades_elsewhere": int(elsewhere["total_trades"]),
    }


def _sentence(rows: tuple[Row, ...], totals: list[float], *, few: bool) -> str:
    if len(rows) < 2:
        return "On one half of the days nothing has enough trades, so nothing was compared."
    made = " and ".join(f"{total:,.2f} R" for total in totals)
    judged = " in trades too few to judge" if few else ""
    return (
        f"the best of the first and of the second half of the days made {made} on the other half"
        f"{judged}."
    )
