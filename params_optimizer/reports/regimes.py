"""The best set of each regime, and whether switching pays, in words, JSON and CSV."""

from collections.abc import Iterator
from pathlib import Path

from params_optimizer.data.days import to_date
from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.reports.render_text import blocks_text
from params_optimizer.reports.sections import regimes
from params_optimizer.reports.subject import (
    Content,
    Subject,
    borders_content,
)
from params_optimizer.reports.validation import schedule_content
from params_optimizer.storage.tables import write_csv, write_sealed
from params_optimizer.validation.candidates import total_r
from params_optimizer.validation.regimes import ALL_DAYS, Regimes, RegimeWinner
from params_optimizer.validation.switching import (
    NO_LABEL,
    SwitchedStep,
)
from params_optimizer.validation.windows import Days


def write_regimes(subject: Subject, result: Regimes, folder: Path) -> list[Path]:
    """Write `{SYMBOL}_regimes.json`, and the matrix as `{SYMBOL}_regimes.csv`."""
    paths = [folder / f"{subject.symbol}_regimes.{kind}" for kind in ("json", "csv")]
    write_sealed(paths[0], regimes_content(subject, result))
    head = ("chosen_on", "regime", "days", subject.number, "value", "eligible")
    write_csv(paths[1], _lines(subject, result), (*head, *subject.columns, *METRICS))
    return paths


def regimes_content(subject: Subject, result: Regimes) -> Content:
    """All of the analysis but its trades, as plain content for JSON."""
    return {
        **subject.head,
        "kind": result.kind,
        "metric": result.metric,
        "min_trades": result.min_trades,
        "min_regime_trades": result.min_regime_trades,
        "trials": result.trials,
        "recent_days": result.rules.recent_days,
        **(schedule_content(result.switching.forward.schedule) if result.switching else {}),
        "days": {name: int(days.size) for name, days in _groups(result)},
        "winners": [_winner(subject, winner) for winner in result.winners],
        **_switching(subject, result),
        "labels": _labels(result),
        "coming": result.coming,
    }


def _switching(subject: Subject, result: Regimes) -> Content:
    """The test of switching; empty where there was no walk-forward."""
    switching = result.switching
    if switching is None:
        return {"comparison": None, "results": [], "windows": []}
    comparison = switching.comparison
    borders = {
        name: metrics
        for name, borders in (("one", switching.forward.borders), ("switched", switching.borders))
        for metrics in borders_content(subject, borders).values()
        if metrics
    }
    return {
        "comparison": {
            **comparison._asdict(),
            "difference": comparison.difference._asdict() if comparison.difference else None,
        },
        **({"borders": borders or None} if subject.border else {}),
        "results": [regime._asdict() for regime in switching.results],
        "windows": [_step(subject, result, *step) for step in enumerate(switching.steps, start=1)],
    }


def _groups(result: Regimes) -> list[tuple[str, Days]]:
    return [*result.days.items(), (NO_LABEL, result.unlabelled)]


def _labels(result: Regimes) -> dict[str, str]:
    """The regime of every trading day, by its date."""
    regime_of = {int(day): name for name, days in _groups(result) for day in days}
    return {to_date(day).isoformat(): regime_of[day] for day in sorted(regime_of)}


def _winner(subject: Subject, winner: RegimeWinner) -> Content:
    choice = winner.choice
    return {
        "chosen_on": winner.chosen_on,
        subject.number: choice.number if choice else None,
        "value": choice.value if choice else None,
        "eligible": choice.eligible if choice else 0,
        "params": dict(choice.parameters) if choice else None,
        "figures": dict(winner.figures) if choice else None,
        **borders_content(subject, winner.borders),
    }


def _step(subject: Subject, result: Regimes, number: int, switched: SwitchedStep) -> Content:
    del subject
    step, traded = switched.step, switched.step.traded
    first, last = (to_date(int(traded[at])).isoformat() for at in (0, -1))
    return {
        "window": number,
        "first": first,
        "last": last,
        "days": int(traded.size),
        "one": step.choice.number if step.choice else None,
        "switched": {
            name: choice.number if choice else None
            for name, choice in zip(result.days, switched.choices, strict=True)
        },
        "own_days": int((switched.traded_by >= 0).sum()),
        "one_total_r": total_r(step.trades.trades),
        "switched_total_r": total_r(switched.trades.trades),
    }


def _lines(subject: Subject, result: Regimes) -> Iterator[Content]:
    """The matrix, one line for each winner in each regime; empty cells where nobody won."""
    sizes = {name: int(days.size) for name, days in _groups(result)}
    sizes[ALL_DAYS] = sum(sizes.values())
    for winner in result.winners:
        content = _winner(subject, winner)
        for name in (*result.days, ALL_DAYS):
            keys = ("chosen_on", subject.number, "value", "eligible")
            line = {key: content[key] for key in keys}
            line |= subject.row(content["params"])
            line |= winner.figures.get(name) or dict.fromkeys(METRICS)
            yield {**line, "regime": name, "days": sizes[name]}


def regimes_text(subject: Subject, result: Regimes) -> str:
    """The analysis in words and figures."""
    return blocks_text(subject.heading, regimes.blocks_of(regimes_content(subject, result)))
