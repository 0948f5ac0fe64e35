"""Rankings and variation tables as CSV, JSON and a pickle of plain data (DESIGN 4)."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from params_optimizer.analytics.variation_aggregator import VariationTable
from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.orchestrator.outcome import Outcome
from params_optimizer.orchestrator.selection import DISTRIBUTION_KEY
from params_optimizer.storage import pickles
from params_optimizer.storage.tables import write_csv, write_json
from params_optimizer.strategies.scopes import ALL
from params_optimizer.validation.luck import Luck, luck_of

TOP = 100
TOP_PER_VARIATION = 500
_LUCK = ("trials", "deflated_sharpe", "plateau_score")

Row = Mapping[str, Any]


def write_tables(outcome: Outcome, folder: Path) -> None:
    """Write every CSV, JSON and pickle of a finished run; no clock, host or path in them."""
    symbol = outcome.plan.symbol
    ranking = outcome.ranking
    top = outcome.rows(ranking.combination[:TOP].tolist())
    scores = ranking.score[:TOP].tolist()
    luck = luck_of(outcome, ALL, [row["combination"] for row in top])
    write_csv(
        folder / f"{symbol}_top_{TOP}.csv",
        [
            {"rank": place, "score": score, **row, **_shown(_LUCK, chance)}
            for place, (score, row, chance) in enumerate(
                zip(scores, top, luck, strict=True), start=1
            )
        ],
        ["rank", "score", *_columns(outcome), *_LUCK],
    )
    best_one = (top[0], scores[0], luck[0]) if top else None
    write_json(folder / f"{symbol}_best_params.json", _best(outcome, best_one))
    if outcome.variations:
        _write_variations(outcome, folder)


def _write_variations(outcome: Outcome, folder: Path) -> None:
    symbol = outcome.plan.symbol
    best = [table.combination[:TOP_PER_VARIATION].tolist() for table in outcome.variations]
    leading_rows = iter(outcome.rows([number for numbers in best for number in numbers]))
    rows = [[next(leading_rows) for _ in numbers] for numbers in best]
    for table, members in zip(outcome.variations, rows, strict=True):
        write_csv(
            folder / f"{symbol}_variation_{table.variation}_top{TOP_PER_VARIATION}.csv",
            [{"rank": place, **row} for place, row in enumerate(members, start=1)],
            ["rank", *_columns(outcome)],
        )
    leaders = [members[0] if members else None for members in rows]
    pairs = list(zip(outcome.variations, leaders, strict=True))
    summary = [variation_line(table, leader) for table, leader in pairs]
    write_csv(folder / f"{symbol}_variations_summary.csv", summary, list(summary[0]))
    write_json(
        folder / f"{symbol}_best_by_variation.json",
        {table.variation: _leader(outcome, table, leader) for table, leader in pairs},
    )
    pickles.dump(
        folder / f"{symbol}_variation_agg.pkl",
        {
            table.variation: {
                "eligible": table.eligible,
                "profitable": table.profitable,
                "mean_total_r": table.mean_total_r,
                "combination": table.combination.tolist(),
                "total_r": table.total_r.tolist(),
            }
            for table in outcome.variations
        },
    )


def variation_line(table: VariationTable, leader: Row | None) -> dict[str, Any]:
    """One line that sums up a variation; empty cells where no combination is eligible."""
    prefix = table.variation.lower()
    metrics = (
        "total_r",
        "total_trades",
        "winrate",
        "sharpe_ratio",
        "profit_factor",
        "max_drawdown",
    )
    line: dict[str, Any] = {
        "variation": table.variation,
        "eligible": table.eligible,
        "profitable": table.profitable,
        "mean_total_r": table.mean_total_r,
        "best_combination": leader["combination"] if leader else None,
    }
    for name in metrics:
        line[f"best_{name}"] = leader[f"{prefix}_{name}"] if leader else None
    return line


def _best(outcome: Outcome, best: tuple[Row, float, Luck] | None) -> dict[str, Any]:
    plan = outcome.plan
    content: dict[str, Any] = {
        "symbol": plan.symbol,
        "generated_data": plan.bars.generated,
        "trials": plan.space.count,
        "eligible": outcome.ranking.eligible,
        "min_trades": plan.objective.min_trades,
        "combination": None,
        "score": None,
        "deflated_sharpe": None,
        "plateau_score": None,
        "plateau_note": None,
        "params": None,
        "metrics": None,
    }
    if best:
        row, score, luck = best
        names = ("combination", *plan.space.names)
        content |= {"combination": row["combination"], "score": score, **luck._asdict()}
        content["params"] = {key: row[key] for key in names[1:]}
        content["metrics"] = {key: value for key, value in row.items() if key not in names}
    return content


def _leader(outcome: Outcome, table: VariationTable, leader: Row | None) -> dict[str, Any] | None:
    if leader is None:
        return None
    prefix = table.variation.lower()
    (luck,) = luck_of(outcome, table.variation, [leader["combination"]])
    return {
        "combination": leader["combination"],
        **luck._asdict(),
        "params": {key: leader[key] for key in outcome.plan.space.names},
        "metrics": {name: leader[f"{prefix}_{name}"] for name in METRICS},
    }


def write_distribution(outcome: Outcome, folder: Path) -> None:
    """Write `{SYMBOL}_distribution.csv` of a run that did not keep every row."""
    text = outcome.results.metadata.get(DISTRIBUTION_KEY)
    if text:
        lines = json.loads(text)
        write_csv(folder / f"{outcome.plan.symbol}_distribution.csv", lines, list(lines[0]))


def _shown(names: Sequence[str], luck: Luck) -> dict[str, Any]:
    return {name: getattr(luck, name) for name in names}


def _columns(outcome: Outcome) -> list[str]:
    return outcome.results.columns
