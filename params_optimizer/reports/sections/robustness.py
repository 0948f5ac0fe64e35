"""Robustness: luck, overfitting, worse costs and fills."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from math import sqrt
from typing import Any

from params_optimizer.analytics.equity import MONTHS
from params_optimizer.engine.metrics_calculator import TRADES_PER_YEAR
from params_optimizer.reports.blocks import Block, Column, Paragraph, Row, Table
from params_optimizer.reports.forms import COUNT, FEW_TRADES, PERCENT, TEXT, Form, R, percent
from params_optimizer.reports.run import ReportedRun
from params_optimizer.reports.run_files import Content
from params_optimizer.reports.sections.findings import (
    ROWS,
    has,
    number_column,
    number_of,
    of_trials,
    reading,
)
from params_optimizer.reports.sections.section import VALIDATION, Section
from params_optimizer.validation.examined_trials import BLIND

_SCENARIOS = {
    "as_tested": "as tested",
    "costs_x1_5": "costs × 1.5",
    "costs_x2": "costs × 2",
    "costs_x3": "costs × 3",
    "spread_x1_5": "spread × 1.5",
    "spread_x2": "spread × 2",
    "spread_x3": "spread × 3",
    "slippage": "one tick of slippage a fill",
    "pessimistic": "pessimistic fills",
    "pessimistic_slippage_spread_x2": "the last two and spread × 2",
    "pessimistic_slippage_costs_x2": "the last two and costs × 2",
}
_LUCK = (
    "Deflated Sharpe: how sure it is more than luck, after all that was tried, and after as many "
    "independent tries as that, or the space that a method chose from, amounts to."
)

_OVERLAPPING = (
    "Constraints rule combinations out, or some failed, so parameters depend on each other: each "
    "share is what one decides alone, over the sets that have a result. Such shares overlap and "
    "do not add up to 100 %."
)


def blocks_of(content: Content) -> Iterator[Block]:
    """What a finding shows."""
    subjects = _subjects(content)
    for text in (*content["notes"], *_missing_plateaus(subjects)):
        yield Paragraph(str(text))
    yield _luck(content, subjects)
    few = [_name(row) for row in subjects if row["metrics"]["total_trades"] < FEW_TRADES]
    if few:
        yield Paragraph(f"Fewer than {FEW_TRADES} trades, too few to judge: {', '.join(few)}.")
    yield _tried(content)
    yield from _overfitting(content)
    yield _intervals(content, subjects)
    yield from _stress(subjects)
    yield from _survivors(content)
    yield from _effects(content)
    yield from _seasons(subjects)


def _subjects(content: Content) -> Sequence[Row]:
    return list(content["combinations"])


def _scope(row: Row) -> str:
    """The trades that count: all, or those of a variation of the Initial Balance."""
    return str(row.get("scope", "all"))


def _name(row: Row) -> str:
    """The place in the ranking, or the variation."""
    return f"{row['rank']}" if _scope(row) == "all" else _scope(row)


def _luck(content: Content, subjects: Sequence[Row]) -> Table:
    rows = [
        {
            "name": _name(row),
            "number": number_of(row),
            "total_r": row["metrics"]["total_r"],
            "trades": row["metrics"]["total_trades"],
            "sharpe": row["metrics"]["sharpe_ratio"],
            "alone": row["probabilistic_sharpe"],
            "deflated": row["deflated_sharpe"],
            "effective": row["deflated_sharpe_effective"],
            "mean": row["plateau_mean"],
            "worst": row["plateau_worst"],
            "score": row["plateau_score"],
        }
        for row in subjects
    ]
    independent = _independent(content).lower()
    columns = [
        Column("name", "Rank", form=TEXT),
        number_column(content),
        Column("total_r", "Total R", form=R),
        Column("trades", "Trades", form=COUNT),
        Column("sharpe", "Sharpe", form=R),
        Column("alone", "Skill, this set alone", form=PERCENT),
        Column("deflated", "Deflated Sharpe, all tries", form=PERCENT),
        Column("effective", f"Deflated Sharpe, {independent}", form=PERCENT),
        Column("mean", "Neighbours: mean R", form=R),
        Column("worst", "Neighbours: worst R", form=R),
        Column("score", "Plateau score", form=R),
    ]
    return Table(columns, rows, "Skill or luck", _LUCK, preview=ROWS)


def _tried(content: Content) -> Table:
    """What was tried, and what noise would make of as many tries."""
    rows = [
        {
            "scope": scope,
            "trials": tried["trials"],
            "effective": tried["effective_trials"],
            "best_luck": _annual(tried["expected_best"]),
            "best_effective": _annual(tried["expected_best_effective"]),
            "best": _annual(tried["best_sharpe"]),
        }
        for scope, tried in content["trials"].items()
    ]
    columns = [
        Column("scope", "Trades", form=TEXT),
        Column("trials", "Tried", form=COUNT),
        Column("effective", _independent(content), form=Form("number", 0)),
        Column("best_luck", "Best Sharpe by luck", form=R),
        Column("best_effective", "By luck, independent", form=R),
        Column("best", "Best Sharpe found", form=R),
    ]
    return Table(columns, rows, "As many tries, and what noise would make of them", preview=ROWS)


def _independent(content: Content) -> str:
    """What the effective number counts: a method that learns had the whole space to choose from."""
    learns = content.get("method", "grid") not in BLIND
    return "Independent sets of the space" if learns else "Independent tries"


def _annual(sharpe: float | None) -> float | None:
    """A Sharpe ratio per trade in the unit of the metrics."""
    return None if sharpe is None else sharpe * sqrt(TRADES_PER_YEAR)


def _overfitting(content: Content) -> Iterator[Block]:
    pbo = content["pbo"]
    if pbo["probability"] is None:
        if pbo.get("note"):
            yield Paragraph(f"Probability of backtest overfitting: not applicable, {pbo['note']}.")
        return
    noun = "parameter sets" if of_trials(content) else "combinations"
    error = pbo.get("standard_error")
    error_text = f" (standard error {percent(error)})" if error else ""
    yield Paragraph(
        f"Probability of backtest overfitting: {percent(pbo['probability'])}{error_text}, over "
        f"{pbo['combinations']:,} {noun} and {pbo['blocks']} blocks of days; where choosing "
        f"means nothing it is 50 %. In {percent(pbo['loss_probability'])} of the splits the best "
        f"of one half loses money on the other."
    )


def _intervals(content: Content, subjects: Sequence[Row]) -> Table:
    figures = {"total_r": "Total R", "sharpe_ratio": "Sharpe", "max_drawdown": "Drawdown R"}
    rows = [
        {
            "name": _name(row),
            "number": number_of(row),
            "loss": row["bootstrap_loss_probability"],
            **{
                f"{name} {end}": row[f"bootstrap_{name}_{end}"]
                for name in figures
                for end in ("low", "high")
            },
        }
        for row in subjects
    ]
    columns = [
        Column("name", "Rank", form=TEXT),
        number_column(content),
        *(
            Column(f"{name} {end}", f"{text}, {end}", form=R)
            for name, text in figures.items()
            for end in ("low", "high")
        ),
        Column("loss", "Chance of a loss", form=PERCENT),
    ]
    title = "Had the same kind of trades come otherwise (95 %, stationary bootstrap)"
    return Table(columns, rows, title, preview=ROWS)


def _stress(subjects: Sequence[Row]) -> Iterator[Block]:
    """Scenarios down, the winner and the best of each variation across."""
    leaders = [row for row in subjects if row["rank"] == 1]
    names = ["Winner" if _scope(row) == "all" else _scope(row) for row in leaders]
    rows = [
        {"scenario": _SCENARIOS.get(scenario, scenario.replace("_", " "))}
        | {
            name: row["stress"].get(scenario, {}).get("total_r")
            for name, row in zip(names, leaders, strict=True)
        }
        for scenario in (leaders[0]["stress"] if leaders else ())
    ]
    if rows:
        columns = [Column("scenario", "Worse costs and fills", form=TEXT, width=30)]
        columns += [Column(name, name, form=R) for name in names]
        yield Table(columns, rows, "Total R at worse costs and fills", preview=ROWS)


def _survivors(content: Content) -> Iterator[Block]:
    """How many sets survive their costs."""
    cases = [
        {
            "multiple": (1.0, 2.0)[place],
            "drawn": of_trials(content),
            **case,
        }  # files of earlier versions have neither
        for place, case in enumerate(content["costs"])
    ]
    rows = [
        {
            **case,
            "costs": "as tested" if case["multiple"] == 1 else f"× {case['multiple']:g}",
            "sets": "drawn from the space" if case["drawn"] else "all",
        }
        for case in cases
    ]
    spread = [Column("spread", "Spread (points)", form=R)] if rows[0]["spread"] is not None else []
    columns = [
        Column("costs", "Costs", form=TEXT),
        *spread,
        Column("sets", "Parameter sets", form=TEXT),
        Column("eligible", "With enough trades", form=COUNT),
        Column("profitable", "Above 0 R", form=COUNT),
        Column("best_total_r", "Best total R", form=R),
    ]
    yield Table(columns, rows, "Parameter sets that survive their costs", preview=ROWS)


def _effects(content: Content) -> Iterator[Block]:
    """What decides total R, where all sets have their rows."""
    effects = (content.get("effects") or {}).get("total_r")
    if not effects or not effects["variance"]:
        return
    alone = [(name, share) for name, share in effects["main"].items()]
    pairs = [(f"{row['one']} with {row['other']}", row["share"]) for row in effects["pairs"]]
    listed = sorted([*alone, *pairs[:3]], key=lambda item: -item[1])
    rows = [{"name": name, "share": share} for name, share in listed if share >= 0.0005]
    overlapping = effects["higher_orders"] is None
    if not overlapping:
        rows.append({"name": "everything else", "share": 1.0 - sum(share for _, share in listed)})
    columns = [Column("name", "Parameter", form=TEXT), Column("share", "Share", form=PERCENT)]
    title = f"What decides total R (mean {effects['mean']:,.1f} R)"
    yield Table(columns, rows, title, _OVERLAPPING if overlapping else "", preview=ROWS)


def _seasons(subjects: Sequence[Row]) -> Iterator[Block]:
    """The winner by weekday and month."""
    winner = next(islice(subjects, 1), {})
    if days := winner.get("weekdays"):
        columns = [
            Column("name", "Weekday", form=TEXT),
            Column("total_r", "Total R", form=R),
            Column("trades", "Trades", form=COUNT),
        ]
        yield Table(columns, days, "The winner by weekday", preview=ROWS)
    years: dict[str, dict[str, Any]] = {}
    for month in winner.get("months") or ():
        year = years.setdefault(month["name"][:4], {"year": month["name"][:4], "whole": 0.0})
        year[MONTHS[int(month["name"][5:]) - 1]] = month["total_r"]
        year["whole"] += month["total_r"]
    if years:
        form = Form("number", 1)
        heads = [Column("year", "Year", form=TEXT)]
        heads += [Column(name, name, form=form) for name in MONTHS]
        heads.append(Column("whole", "All", form=form))
        yield Table(heads, list(years.values()), "The winner by month (R)", preview=ROWS)


def _missing_plateaus(subjects: Sequence[Row]) -> Iterator[str]:
    """A sentence for each reason of a missing plateau score, with those it is true of."""
    reasons: dict[str, list[str]] = {}
    for row in subjects:
        if row.get("plateau_score") is None and row.get("plateau_note"):
            reasons.setdefault(str(row["plateau_note"]), []).append(_name(row))
    for reason, names in reasons.items():
        yield f"No plateau score of {', '.join(names)}: {reason}."


def _noise(content: Content) -> Iterator[tuple[float, float]]:
    tried: Mapping[str, Any] = content["trials"]["all"]
    if tried["expected_best_effective"] is not None:
        best = tried["expected_best_effective"] * sqrt(TRADES_PER_YEAR)
        yield best, float(tried["effective_trials"])


def noise(run: ReportedRun) -> tuple[float, float] | None:
    """The best annualised Sharpe ratio of noise, and the independent tries it is of.

    None without a robustness file that knows it.
    """
    return next(reading("robustness", _noise)(run), None)


SECTION = Section(
    "robustness",
    "Luck, costs and overfitting",
    "Luck",
    has("robustness"),
    reading("robustness", blocks_of),
    VALIDATION,
)
