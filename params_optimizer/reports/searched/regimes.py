"""The best of a search by regime, and whether switching pays, in words, JSON and CSV."""

from collections.abc import Iterator
from pathlib import Path

from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.orchestrator.search_outcome import SearchOutcome
from params_optimizer.reports.regimes import switching_verdict
from params_optimizer.reports.searched.common import (
    Content,
    borders_content,
    borders_text,
    heading,
    plain,
    searched,
)
from params_optimizer.reports.tables import write_csv, write_sealed
from params_optimizer.reports.validation import FIGURE_HEAD, figures_text
from params_optimizer.validation.searched.regimes import (
    RegimeWinner,
    SearchedRegimes,
    Switching,
)


def write_regimes(outcome: SearchOutcome, result: SearchedRegimes, folder: Path) -> list[Path]:
    """Write `{SYMBOL}_regimes.json`, and who does what in which regime as CSV."""
    paths = [folder / f"{outcome.market}_regimes.{kind}" for kind in ("json", "csv")]
    write_sealed(paths[0], regimes_content(outcome, result))
    head = ["chosen_on", "regime", "days", "trial", "value", "eligible"]
    names = [f"parameter_{name}" for name in outcome.problem.space.names]
    write_csv(paths[1], _rows(result), [*head, *names, *METRICS])
    return paths


def regimes_content(outcome: SearchOutcome, result: SearchedRegimes) -> Content:
    """All of it as plain content for JSON."""
    return {
        **searched(outcome),
        "kind": result.kind,
        "min_regime_trades": result.min_regime_trades,
        "trials_per_regime": result.trials,
        "unlabelled_days": result.unlabelled,
        "coming": result.coming,
        "regimes": [_winner(one) for one in result.winners],
        "switching": _switching(result.switching) if result.switching else None,
        "notes": [],
    }


def _winner(one: RegimeWinner) -> Content:
    return {
        "regime": one.chosen_on,
        "days": int(one.days.size),
        "eligible": one.eligible,
        "trial": one.best.number if one.best else None,
        "value": one.value,
        "params": dict(one.best.parameters) if one.best else None,
        "figures": dict(one.figures),
        "borders": borders_content(one.borders),
    }


def _switching(found: Switching) -> Content:
    compared = found.comparison
    borders = {
        "one": borders_content(found.one_borders),
        "switched": borders_content(found.switched_borders),
    }
    return {
        "windows": found.windows,
        "days": compared.days,
        "different_days": compared.different_days,
        "unlabelled_days": compared.unlabelled_days,
        "unseen_days": compared.unseen_days,
        "one": compared.one,
        "switched": compared.switched,
        "difference": compared.difference._asdict() if compared.difference else None,
        "luck": compared.luck,
        "borders": borders if any(borders.values()) else None,
        "conclusion": " ".join(switching_verdict(compared)),
    }


def _rows(result: SearchedRegimes) -> Iterator[Content]:
    sizes = {one.chosen_on: int(one.days.size) for one in result.winners}
    for one in result.winners:
        if one.best is None:
            continue
        for regime, figures in one.figures.items():
            yield {
                "chosen_on": one.chosen_on,
                "regime": regime,
                "days": sizes[regime],
                "trial": one.best.number,
                "value": one.value,
                "eligible": one.eligible,
                **{f"parameter_{name}": value for name, value in one.best.parameters.items()},
                **figures,
            }


def regimes_text(outcome: SearchOutcome, result: SearchedRegimes) -> str:
    """All of it in words and figures."""
    lines = [
        *heading(outcome),
        "",
        f"By regime ({result.kind}): the days of each regime searched by themselves, "
        f"{result.trials:,} trials each, at least {result.min_regime_trades} trades.",
        "",
        f"  {'best on':<12} {'days':>6} {'trial':>7}   on its own days{'':<15}   on all days",
        f"  {'':<12} {'':>6} {'':>7}   {FIGURE_HEAD}   {FIGURE_HEAD}",
        *(_line(one, result.winners[-1].chosen_on) for one in result.winners),
        "",
        *(f"  {one.chosen_on}: {plain(one.best.parameters)}" for one in result.winners if one.best),
        "",
    ]
    if result.unlabelled:
        lines.append(f"{result.unlabelled:,} days have too little history before them for a label.")
    if result.coming:
        lines.append(f"The day after the last bars begins in the regime {result.coming}.")
    for one in result.winners:
        if table := borders_text(one.borders, outcome.problem.evaluation.border):
            lines += ["", f"{one.chosen_on}:", *table]
    return "\n".join([*lines, "", *_switching_text(outcome, result.switching)]) + "\n"


def _line(one: RegimeWinner, everything: str) -> str:
    number = "none" if one.best is None else f"{one.best.number}"
    return (
        f"  {one.chosen_on:<12} {one.days.size:>6,} {number:>7}   "
        f"{figures_text(one.figures.get(one.chosen_on))}   "
        f"{figures_text(one.figures.get(everything))}"
    ).rstrip()


def _switching_text(outcome: SearchOutcome, found: Switching | None) -> list[str]:
    if found is None:
        return [
            "The best of each regime is best by construction. Whether switching pays on days that "
            "were not seen: add --walk-forward."
        ]
    compared, border = found.comparison, outcome.problem.evaluation.border
    lines = [
        f"Switching in the {found.windows} windows of the walk-forward, out of sample:",
        "",
        f"  {'':<12} {FIGURE_HEAD}",
        f"  {'one for all':<12} {figures_text(compared.one)}",
        f"  {'switched':<12} {figures_text(compared.switched)}",
        "",
    ]
    if compared.unlabelled_days or compared.unseen_days:
        lines.append(
            f"On {compared.unlabelled_days:,} days without a label, and {compared.unseen_days:,} "
            f"of a regime without a winner in that window, the one for all traded."
        )
    for name, borders in (("one for all", found.one_borders), ("switched", found.switched_borders)):
        if table := borders_text(borders, border):
            lines += [f"{name}:", *table]
    return [*lines, *switching_verdict(compared)]
