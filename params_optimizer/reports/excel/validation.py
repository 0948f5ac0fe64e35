"""What a grid's run was tried on: other days and other conditions, from the files beside it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from params_optimizer.orchestrator.study import Study
from params_optimizer.reports.excel.contents import (
    facts_of,
    figures_of,
    flat,
    notes_of,
    object_of,
    objects,
    row_of,
    span_of,
)
from params_optimizer.reports.excel.parts import (
    Part,
    Reader,
    conclusion_first,
    part_of,
    parts_of,
    write_parts,
)
from params_optimizer.reports.excel.sheet import Sheet
from params_optimizer.reports.labels import in_line
from params_optimizer.reports.plateau import without_plateau

LUCK = (
    *("probabilistic_sharpe", "deflated_sharpe", "deflated_sharpe_effective"),
    *("bootstrap_loss_probability", "bootstrap_total_r_low", "bootstrap_total_r_high"),
    *("plateau_neighbours", "plateau_mean", "plateau_worst", "plateau_score"),
)
"""What tells skill from luck, of one row of a `robustness` file."""
_HOW = {
    "--holdout-from DATE": "what the best of the days before a date do from it on",
    "--walk-forward": "the same again and again, window after window",
    "--by-regime volatility": "the best of calm and of wild days, and whether switching pays",
}


def write_validation(sheet: Sheet, study: Study, folder: Path) -> None:
    """One part for each file that is there; else what can be asked for."""
    parts = parts_of(study.symbol, folder, _READERS)
    write_parts(sheet, study.symbol, parts, _HOW, generated=study.bars.generated)


def judged(symbol: str, folder: Path) -> list[str] | None:
    """The sentences of `--robustness`, its conclusion first; None without its file."""
    part = part_of(symbol, "robustness", folder, _robustness)
    return part and conclusion_first(part)


def _holdout(title: str, content: Mapping[str, Any]) -> Part:
    tables = {
        "The best in sample, and what became of them": [
            row_of(
                one,
                ("rank", "combination", "in_sample_value", "out_sample_value", "out_sample_place"),
                ("in_sample", "out_sample"),
            )
            for one in objects(content, "top")
        ],
        "Decay of the averages": [decay(one) for one in objects(content, "decay")],
    }
    return Part(title, notes_of(content), facts_of(content), tables)


def decay(content: Mapping[str, Any]) -> dict[str, object]:
    """A line of the decay table; its figure by the name that people know."""
    row = flat(content)
    return {"figure": in_line(str(row.pop("metric", ""))), **row}


def _walk_forward(title: str, content: Mapping[str, Any]) -> Part:
    windows = [
        {
            **row_of(one, ("window",), ()),
            **span_of("in_sample", one),
            **span_of("out_sample", one),
            **row_of(one, ("combination", "eligible"), ("in_sample", "out_sample")),
        }
        for one in objects(content, "windows")
    ]
    tables = {
        "Windows": windows,
        "All out-of-sample trades together": [figures_of(content.get("stitched"))],
        "How the winners' parameters move": [flat(one) for one in objects(content, "stability")],
    }
    facts = {**facts_of(content), **facts_of(object_of(content, "summary"))}
    return Part(title, notes_of(content), facts, tables)


def _regimes(title: str, content: Mapping[str, Any]) -> Part:
    winners = []
    for one in objects(content, "winners"):
        base = row_of(one, ("chosen_on", "combination", "eligible"), ())
        for regime, figures in object_of(one, "figures").items():
            if isinstance(figures, dict):
                winners.append({**base, "regime": regime, **figures_of(figures)})
    tables = {
        "Trading days of each regime": [object_of(content, "days")],
        "The best of each regime, in each regime": winners,
        "One combination, or one for each regime": [
            flat(one) for one in objects(content, "results")
        ],
        "Windows": [flat(one) for one in objects(content, "windows")],
    }
    facts = {**facts_of(content), **facts_of(object_of(content, "comparison"))}
    return Part(title, notes_of(content), facts, tables)


def _robustness(title: str, content: Mapping[str, Any]) -> Part:
    subjects = objects(content, "combinations")
    kept = ("scope", "rank", "combination", "trials")
    luck = "Luck: the best of the ranking and of each variation"
    tables = {
        luck: [row_of(one, (*kept, *LUCK), ()) for one in subjects],
        "Costs and fills: total R": [
            {
                **row_of(one, kept[:3], ()),
                **{
                    name: figures.get("total_r")
                    for name, figures in object_of(one, "stress").items()
                    if isinstance(figures, dict)
                },
            }
            for one in subjects
        ],
        "Combinations that survive their costs": [flat(one) for one in objects(content, "costs")],
        "Probability of backtest overfitting": [overfitting(object_of(content, "pbo"))],
    }
    sentences = [str(one) for one in content.get("verdict") or [] if isinstance(one, str)]
    missing = {luck: list(without_plateau(subjects, _name))}
    return Part(title, [*sentences, *notes_of(content)], facts_of(content), tables, missing)


def _name(one: Mapping[str, Any]) -> str:
    """The place in the ranking, or the variation."""
    return str(one.get("rank") if one.get("scope") == "all" else one.get("scope"))


def overfitting(pbo: Mapping[str, Any]) -> dict[str, object]:
    """Its `mode` is how much of the grid was looked at, not a most frequent value."""
    return {("looked_at" if name == "mode" else name): one for name, one in flat(pbo).items()}


_READERS: Mapping[str, Reader] = {
    "holdout": _holdout,
    "walk_forward": _walk_forward,
    "regimes": _regimes,
    "robustness": _robustness,
}
