"""What a search was tried on: other days and other conditions, from the files beside it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from params_optimizer.orchestrator.search_outcome import SearchOutcome
from params_optimizer.reports.excel.contents import (
    Content,
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
from params_optimizer.reports.excel.validation import LUCK, decay
from params_optimizer.reports.plateau import without_plateau
from params_optimizer.strategies.protocol import shown

HOW = {
    "--holdout-from DATE": "search the days before a date; what its best do from it on",
    "--walk-forward": "the same again and again, window after window",
    "--by-regime volatility": "search calm and wild days apart, and whether switching pays",
    "--robustness": "how much of the best is luck, and what worse costs leave of it",
}
"""What tests a search, and what for."""

_ACROSS = {"close": "closed there", "carry": "carried to their end", "drop": "left out"}
"""What becomes of trades that cross a border."""
_BORDERS = "Trades that cross a border, and what becomes of them"


def write_validation(sheet: Sheet, outcome: SearchOutcome, folder: Path) -> None:
    """One part for each file that is there; else what can be asked for."""
    parts = parts_of(outcome.market, folder, _READERS)
    write_parts(sheet, outcome.market, parts, HOW, generated=outcome.bars.generated)


def judged(market: str, folder: Path) -> list[str] | None:
    """The sentences of `--robustness`, its conclusion first; None without its file."""
    part = part_of(market, "robustness", folder, _robustness)
    return part and conclusion_first(part)


def _holdout(title: str, content: Content) -> Part:
    names = ("rank", "trial", "in_sample_value", "out_sample_value", "out_sample_place", "beaten")
    tables = {
        "The best in sample, and what became of them": [
            {**row_of(one, names, ("in_sample", "out_sample")), **_params(one)}
            for one in objects(content, "top")
        ],
        f"{_BORDERS}: the best, out of sample": list(_borders(content)),
        "Decay of the averages": [decay(one) for one in objects(content, "decay")],
    }
    return Part(title, notes_of(content), facts_of(content), tables)


def _walk_forward(title: str, content: Content) -> Part:
    windows = [
        {
            **row_of(one, ("window",), ()),
            **span_of("in_sample", one),
            **span_of("out_sample", one),
            **row_of(one, ("trial", "eligible"), ("in_sample", "out_sample")),
            **_params(one),
        }
        for one in objects(content, "windows")
    ]
    tables = {
        "Windows": windows,
        "All out-of-sample trades together": [figures_of(content.get("stitched"))],
        f"{_BORDERS}: all of these trades": list(_borders(content)),
        "How the winners' parameters move": [flat(one) for one in objects(content, "stability")],
    }
    facts = {**facts_of(content), **facts_of(object_of(content, "summary"))}
    return Part(title, notes_of(content), facts, tables)


def _regimes(title: str, content: Content) -> Part:
    winners, comparison = objects(content, "winners"), object_of(content, "comparison")
    sides = {"one": "one for all days", "switched": "switched by the kind of the day"}
    borders = object_of(content, "borders")
    tables = {
        "Trading days of each kind": [object_of(content, "days")],
        "The choice of each kind of day": [
            {**row_of(winner, ("chosen_on", "eligible", "trial", "value"), ()), **_params(winner)}
            for winner in winners
        ],
        "Each choice, on each kind of day": [
            {"chosen_on": winner.get("chosen_on"), "trial": winner.get("trial"), "regime": name}
            | figures_of(figures)
            for winner in winners
            for name, figures in object_of(winner, "figures").items()
        ],
        f"{_BORDERS}: each choice on its own kind of day": [
            {"chosen_on": winner.get("chosen_on"), **row}
            for winner in winners
            for row in _borders(winner)
        ],
        "One choice for all days, or one for each kind": [
            {"choice": name, **figures_of(comparison[key])}
            for key, name in sides.items()
            if isinstance(comparison.get(key), dict)
        ],
        "Total R that switching adds": [object_of(comparison, "difference")],
        f"{_BORDERS}: one choice, and switching": [
            {"choice": name, **row}
            for key, name in sides.items()
            for row in _borders({"borders": borders.get(key)})
        ],
        "Windows": [flat(window) for window in objects(content, "windows")],
    }
    facts = facts_of(comparison)
    if "days" in facts:
        facts["days_compared"] = facts.pop("days")
    return Part(title, notes_of(content), {**facts_of(content), **facts}, tables)


def _robustness(title: str, content: Content) -> Part:
    sets, luck = objects(content, "sets"), "Luck: the best of the ranking"
    kept = ("rank", "trial")
    survivors = object_of(content, "survivors")
    tables = {
        luck: [{**row_of(one, (*kept, "sharpe", *LUCK), ()), **_params(one)} for one in sets],
        "Costs: total R": [
            {
                **row_of(one, kept, ()),
                **{
                    name: figures.get("total_r")
                    for name, figures in object_of(one, "stress").items()
                    if isinstance(figures, dict)
                },
            }
            for one in sets
        ],
        "As many tries, and what noise would make of them": [flat(object_of(content, "tried"))],
        "Parameter sets drawn at random that survive their costs": [
            {
                name if name == "sampled" else f"sampled_{name}": survivors[name]
                for name in survivors
            }
        ],
        "Probability of backtest overfitting": [flat(object_of(content, "pbo"))],
    }
    sentences = [str(one) for one in content.get("verdict") or [] if isinstance(one, str)]
    below = {luck: list(without_plateau(sets, lambda one: str(one.get("rank"))))}
    return Part(title, [*sentences, *notes_of(content)], facts_of(content), tables, below)


def _params(one: Mapping[str, Any]) -> dict[str, object]:
    """The parameters as one text; they stand last, where there is room."""
    found = one.get("params")
    return {"params": shown(found) if isinstance(found, dict) else None}


def _borders(content: Content) -> Iterator[dict[str, object]]:
    """A line for each policy; none where no trade crosses a border."""
    for policy, figures in object_of(content, "borders").items():
        if isinstance(figures, dict):
            yield {"border": _ACROSS.get(policy, policy), **figures_of(figures)}


_READERS: Mapping[str, Reader] = {
    "holdout": _holdout,
    "walk_forward": _walk_forward,
    "regimes": _regimes,
    "robustness": _robustness,
}
