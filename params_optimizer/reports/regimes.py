"""The best set of each regime, and whether switching pays, in words, JSON and CSV."""

from collections.abc import Iterator
from pathlib import Path

from params_optimizer.data.days import to_date
from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.reports.subject import (
    Content,
    Subject,
    borders_content,
    borders_text,
)
from params_optimizer.reports.validation import schedule_content
from params_optimizer.storage.tables import write_csv, write_sealed
from params_optimizer.validation.candidates import Figures, total_r
from params_optimizer.validation.regimes import ALL_DAYS, Regimes, RegimeWinner
from params_optimizer.validation.switching import (
    CONFIDENCE,
    NO_LABEL,
    Comparison,
    SwitchedStep,
    Switching,
)
from params_optimizer.validation.windows import Days, shown

_HEAD = f"{'total R':>9} {'trades':>6} {'win %':>6} {'Sharpe':>6} {'drawdown':>8}"
_CELL = f"{'total R':>9} {'trades':>6} {'R/trade':>7}"
_FEW_DAYS = 20


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
        name: found
        for name, borders in (("one", switching.forward.borders), ("switched", switching.borders))
        for found in borders_content(subject, borders).values()
        if found
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
    found = {int(day): name for name, days in _groups(result) for day in days}
    return {to_date(day).isoformat(): found[day] for day in sorted(found)}


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
    lines = [
        *subject.heading,
        "",
        *_days_text(result),
        "",
        *_matrix(subject, result),
        "",
        *_parameters(subject, result),
    ]
    for winner in result.winners:
        if table := borders_text(subject, winner.borders):
            lines += [f"{winner.chosen_on}:", *table]
    if result.switching is None:
        lines += [
            "The best of each regime is best by construction. Whether switching pays on days that",
            "were not seen: add --walk-forward.",
        ]
    else:
        lines += [*_test(subject, result, result.switching), ""]
        lines += switching_verdict(result.switching.comparison)
    return "\n".join([*lines, *result.notes]) + "\n"


_MEANINGS = {
    "volatility": "the daily range of the last {days} days against that of the last year",
    "trend": "where the closes of the last {days} days lead, and how straight",
    "mixture": "a mixture model of the last {days} days' range and trend",
}


def _days_text(result: Regimes) -> list[str]:
    every = sum(days.size for _, days in _groups(result))
    meaning = _MEANINGS[result.kind].format(days=result.rules.recent_days)
    lines = [
        f"By regime ({result.kind}): {meaning};",
        "the label of a day is made of the days before it.",
        "",
    ]
    lines += [
        f"  {name:<10} {days.size:>6,} days  {100 * days.size / every:>4.0f} %"
        for name, days in _groups(result)
    ]
    if result.coming is not None:
        lines.append(f"After the last bars, the next day is {result.coming}.")
    rare = [name for name, days in _groups(result)[:-1] if 0 < days.size < _FEW_DAYS]
    missing = [name for name, days in _groups(result)[:-1] if not days.size]
    if missing:
        lines.append(f"No day was {' or '.join(missing)}: nothing is known about it.")
    if rare:
        lines.append(f"Few days were {' or '.join(rare)}: what is best there is mostly luck.")
    return lines


def _matrix(subject: Subject, result: Regimes) -> list[str]:
    where = (*result.days, ALL_DAYS)
    lines = [
        f"The best of {result.trials:,} {subject.noun} by {result.metric} on the days of "
        f"each regime (at least {result.min_regime_trades} trades there)",
        f"and on all days (at least {result.min_trades}), and how each does everywhere. "
        f"In sample: each has to look good where it was chosen.",
        "",
        f"{'':>24}" + "".join(f"   {name:^{len(_CELL)}}" for name in where).rstrip(),
        f"  {'chosen on':<10} {subject.number:>11}" + f"   {_CELL}" * len(where),
    ]
    for winner in result.winners:
        if winner.choice is None:
            least = result.min_trades if winner.chosen_on == ALL_DAYS else result.min_regime_trades
            lines.append(f"  {winner.chosen_on:<10} nothing has {least} trades there")
            continue
        cells = "".join(
            f"   {figures['total_r']:>9.2f} {figures['total_trades']:>6} "
            f"{figures['avg_trade_r']:>7.3f}"
            for figures in winner.figures.values()
        )
        lines.append(f"  {winner.chosen_on:<10} {winner.choice.number:>11}{cells}")
    return lines


def _parameters(subject: Subject, result: Regimes) -> list[str]:
    """The parameters in which the winners differ."""
    winners = [
        (winner.chosen_on, winner.choice.parameters) for winner in result.winners if winner.choice
    ]
    keys = [key for key in subject.parameters if len({values[key] for _, values in winners}) > 1]
    if not keys:
        return [f"All of them are the same {subject.noun.removesuffix('s')}.", ""]
    lines = [f"  {'what differs':<22}" + "".join(f" {name:>12}" for name, _ in winners)]
    lines += [
        f"  {key:<22}" + "".join(f" {values[key]!s:>12}" for _, values in winners) for key in keys
    ]
    return [*lines, ""]


def _test(subject: Subject, result: Regimes, switching: Switching) -> list[str]:
    forward, comparison = switching.forward, switching.comparison
    schedule = forward.schedule
    least = "at least " if schedule.anchored else ""
    purged = f", {schedule.purge_days} purged between them" if schedule.purge_days else ""
    lines = [
        f"The test: {len(switching.steps)} windows of {least}{schedule.in_sample_days} trading "
        f"days in sample and {schedule.out_sample_days} out of sample{purged}.",
        "In each, one set was chosen for all days, and one for the days of each regime;",
        f"both traded the same {comparison.days:,} days, which they had not seen.",
        "",
        f"  {'out of sample':<20} {_HEAD}",
        f"  {'one for all':<20} {_figures(comparison.one)}",
        f"  {'switched':<20} {_figures(comparison.switched)}",
        "",
        f"  {'regime':<10} {'days':>6} {'own choice':>11} {'one for all':>12} {'switched':>10}",
    ]
    lines += [
        f"  {row.regime:<10} {row.days:>6,} {row.own_days:>6,} days {row.one['total_r']:>10.2f} R"
        f" {row.switched['total_r']:>8.2f} R"
        for row in switching.results
        if row.days
    ]
    if comparison.unlabelled_days:
        lines.append(
            f"On {comparison.unlabelled_days:,} days without a label the one for all traded."
        )
    if comparison.unseen_days:
        lines.append(
            f"On {comparison.unseen_days:,} days of a regime in which nothing had "
            f"{result.min_regime_trades} trades in sample, the one for all traded."
        )
    idle = sum(step.step.choice is None for step in switching.steps)
    if idle:
        lines.append(
            f"In {idle} of {len(switching.steps)} windows nothing had {result.min_trades} trades "
            f"in sample: there was no one for all."
        )
    if forward.left_over.size:
        lines.append(f"Left over at the end: {shown(forward.left_over)}, too few for a window.")
    for name, borders in (("one for all", forward.borders), ("switched", switching.borders)):
        if table := borders_text(subject, borders):
            lines += ["", f"{name}:", *table]
    return lines


def _figures(one: Figures) -> str:
    return (
        f"{one['total_r']:>9.2f} {one['total_trades']:>6} {one['winrate']:>6.1f} "
        f"{one['sharpe_ratio']:>6.2f} {one['max_drawdown']:>8.2f}"
    )


def switching_verdict(found: Comparison) -> list[str]:
    """What switching gained or lost, how sure that is, and what to do."""
    if not found.one["total_trades"] and not found.switched["total_trades"]:
        return ["Nothing was traded out of sample, so nothing can be said."]
    if found.difference is None or found.luck is None:
        return ["Switching changed nothing: both made the same trades."]
    spread = found.difference
    lines = [
        f"Switching {'gained' if spread.value > 0 else 'lost'} {abs(spread.value):,.2f} R against "
        f"one set for all. How sure: had the same kind of days come otherwise,",
        f"it could have been anything from {spread.low:,.2f} to {spread.high:,.2f} R "
        f"({100 * CONFIDENCE:.0f} % of resamples), and no gain in {100 * found.luck:.0f} %.",
    ]
    lines.append(conclusion(spread.low, spread.high))
    return [*lines, *losses(found.one["total_r"], found.switched["total_r"])]


def conclusion(low: float, high: float) -> str:
    """What the interval of the difference in R, switched less one for all, says."""
    if low > 0:
        return "The evidence says that switching helps on days that were not seen."
    if high < 0:
        return "The evidence says that switching does harm: take one set for all."
    return (
        "That is no evidence that switching helps: stay with one set for all, which "
        "is chosen from more days."
    )


def losses(one: float, switched: float) -> list[str]:
    """A warning where the totals out of sample, in R, are no gain."""
    if switched <= 0 and one <= 0:
        return ["And switched or not, it lost on days it had not seen: do not trade it."]
    if switched <= 0:
        return ["Switched, it lost on days it had not seen: do not trade that."]
    return []
