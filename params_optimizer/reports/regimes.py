"""The best combination of each regime, and whether switching pays, in words, JSON and CSV."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from params_optimizer.data.days import to_date
from params_optimizer.data.regimes import UNLABELLED
from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.orchestrator.study import Study
from params_optimizer.reports.summary import heading
from params_optimizer.reports.tables import write_csv, write_sealed
from params_optimizer.strategies.initial_balance.params import Params
from params_optimizer.validation.performance import Figures
from params_optimizer.validation.regimes import ALL_DAYS, Regimes, Winner
from params_optimizer.validation.switching import CONFIDENCE, NO_LABEL, Comparison, SwitchedStep
from params_optimizer.validation.windows import Days, shown

_KEYS = tuple(Params.__dataclass_fields__)
_COLUMNS = ("chosen_on", "regime", "days", "combination", "value", "eligible", *_KEYS, *METRICS)
_HEAD = f"{'total R':>9} {'trades':>6} {'win %':>6} {'Sharpe':>6} {'drawdown':>8}"
_CELL = f"{'total R':>9} {'trades':>6} {'R/trade':>7}"
_FEW_DAYS = 20


def write_regimes(study: Study, result: Regimes, folder: Path) -> list[Path]:
    """Write `{SYMBOL}_regimes.json`, and the matrix as `{SYMBOL}_regimes.csv`."""
    paths = [folder / f"{study.symbol}_regimes.{kind}" for kind in ("json", "csv")]
    write_sealed(paths[0], regimes_content(study, result))
    write_csv(paths[1], _lines(study, result), _COLUMNS)
    return paths


def regimes_content(study: Study, result: Regimes) -> dict[str, Any]:
    """All of the analysis but its trades, as plain content for JSON."""
    schedule, comparison = result.forward.schedule, result.comparison
    return {
        "symbol": study.symbol,
        "generated_data": study.bars.generated,
        "kind": result.kind,
        "metric": result.objective.metric,
        "min_trades": result.objective.min_trades,
        "min_regime_trades": result.min_regime_trades,
        "trials": result.trials,
        "recent_days": result.rules.recent_days,
        "in_sample_days": schedule.in_sample_days,
        "out_sample_days": schedule.out_sample_days,
        "step_days": schedule.step,
        "anchored": schedule.anchored,
        "purge_days": schedule.purge_days,
        "days": {name: int(days.size) for name, days in _groups(result)},
        "winners": [_winner(study, result, one) for one in result.winners],
        "comparison": {
            **comparison._asdict(),
            "difference": comparison.difference._asdict() if comparison.difference else None,
        },
        "results": [one._asdict() for one in result.results],
        "windows": [_step(result, *step) for step in enumerate(result.steps, start=1)],
        "labels": _labels(result),
        "coming": result.names[result.coming] if result.coming != UNLABELLED else None,
    }


def _groups(result: Regimes) -> list[tuple[str, Days]]:
    return [
        *zip(result.names, result.days, strict=True),
        (NO_LABEL, result.unlabelled),
    ]


def _labels(result: Regimes) -> dict[str, str]:
    """The regime of every trading day, by its date."""
    found = {int(day): name for name, days in _groups(result) for day in days}
    return {to_date(day).isoformat(): found[day] for day in sorted(found)}


def _winner(study: Study, result: Regimes, winner: Winner) -> dict[str, Any]:
    choice = winner.choice
    where = (*result.names, ALL_DAYS)
    return {
        "chosen_on": winner.chosen_on,
        "combination": choice.combination if choice else None,
        "value": choice.value if choice else None,
        "eligible": choice.eligible if choice else 0,
        "params": study.grid[choice.combination] if choice else None,
        "figures": dict(zip(where, winner.figures, strict=True)) if choice else None,
    }


def _step(result: Regimes, number: int, switched: SwitchedStep) -> dict[str, Any]:
    step, traded = switched.step, switched.step.traded
    first, last = (to_date(int(traded[at])).isoformat() for at in (0, -1))
    return {
        "window": number,
        "first": first,
        "last": last,
        "days": int(traded.size),
        "one": step.choice.combination if step.choice else None,
        "switched": {
            name: choice.combination if choice else None
            for name, choice in zip(result.names, switched.choices, strict=True)
        },
        "own_days": int(switched.own.sum()),
        "one_total_r": sum(trade.r for trade in step.trades),
        "switched_total_r": sum(trade.r for trade in switched.trades),
    }


def _lines(study: Study, result: Regimes) -> Iterator[dict[str, Any]]:
    """The matrix, one line for each winner in each regime; empty cells where nobody won."""
    sizes = {name: int(days.size) for name, days in _groups(result)}
    sizes[ALL_DAYS] = sum(sizes.values())
    for winner in result.winners:
        content = _winner(study, result, winner)
        for name in (*result.names, ALL_DAYS):
            line = {key: content[key] for key in ("chosen_on", "combination", "value", "eligible")}
            line |= content["params"] or dict.fromkeys(_KEYS)
            line |= (content["figures"] or {}).get(name) or dict.fromkeys(METRICS)
            yield {**line, "regime": name, "days": sizes[name]}


def regimes_text(study: Study, result: Regimes) -> str:
    """The analysis in words and figures."""
    lines = [
        *heading(study),
        "",
        *_days_text(result),
        "",
        *_matrix(result),
        "",
        *_parameters(study, result),
        *_test(result),
        "",
        *switching_verdict(result.comparison),
        *result.forward.notes,
    ]
    return "\n".join(lines) + "\n"


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
    if result.coming != UNLABELLED:
        lines.append(f"After the last bars, the next day is {result.names[result.coming]}.")
    rare = [name for name, days in _groups(result)[:-1] if 0 < days.size < _FEW_DAYS]
    missing = [name for name, days in _groups(result)[:-1] if not days.size]
    if missing:
        lines.append(f"No day was {' or '.join(missing)}: nothing is known about it.")
    if rare:
        lines.append(f"Few days were {' or '.join(rare)}: what is best there is mostly luck.")
    return lines


def _matrix(result: Regimes) -> list[str]:
    where = (*result.names, ALL_DAYS)
    lines = [
        f"The best of {result.trials:,} combinations by {result.objective.metric} on the days of "
        f"each regime (at least {result.min_regime_trades} trades there)",
        f"and on all days (at least {result.objective.min_trades}), and how each does everywhere. "
        f"In sample: each has to look good where it was chosen.",
        "",
        f"{'':>24}" + "".join(f"   {name:^{len(_CELL)}}" for name in where).rstrip(),
        f"  {'chosen on':<10} {'combination':>11}" + f"   {_CELL}" * len(where),
    ]
    for winner in result.winners:
        if winner.choice is None:
            least = result.min_regime_trades
            least = result.objective.min_trades if winner.chosen_on == ALL_DAYS else least
            lines.append(f"  {winner.chosen_on:<10} no combination has {least} trades there")
            continue
        cells = "".join(
            f"   {one['total_r']:>9.2f} {one['total_trades']:>6} {one['avg_trade_r']:>7.3f}"
            for one in winner.figures
        )
        lines.append(f"  {winner.chosen_on:<10} {winner.choice.combination:>11}{cells}")
    return lines


def _parameters(study: Study, result: Regimes) -> list[str]:
    """The parameters in which the winners differ."""
    chosen = [
        (one.chosen_on, study.grid[one.choice.combination]) for one in result.winners if one.choice
    ]
    keys = [key for key in _KEYS if len({values[key] for _, values in chosen}) > 1]
    if not keys:
        return ["All of them are the same combination.", ""]
    lines = [f"  {'what differs':<22}" + "".join(f" {name:>12}" for name, _ in chosen)]
    lines += [f"  {key:<22}" + "".join(f" {vals[key]!s:>12}" for _, vals in chosen) for key in keys]
    return [*lines, ""]


def _test(result: Regimes) -> list[str]:
    forward, comparison = result.forward, result.comparison
    schedule = forward.schedule
    least = "at least " if schedule.anchored else ""
    purged = f", {schedule.purge_days} purged between them" if schedule.purge_days else ""
    lines = [
        f"The test: {len(result.steps)} windows of {least}{schedule.in_sample_days} trading days "
        f"in sample and {schedule.out_sample_days} out of sample{purged}.",
        "In each, one combination was chosen for all days, and one for the days of each regime;",
        f"both traded the same {comparison.days:,} days, which they had not seen.",
        "",
        f"  {'out of sample':<20} {_HEAD}",
        f"  {'one for all':<20} {_figures(comparison.one)}",
        f"  {'switched':<20} {_figures(comparison.switched)}",
        "",
        f"  {'regime':<10} {'days':>6} {'own choice':>11} {'one for all':>12} {'switched':>10}",
    ]
    lines += [
        f"  {one.regime:<10} {one.days:>6,} {one.own_days:>6,} days {one.one['total_r']:>10.2f} R"
        f" {one.switched['total_r']:>8.2f} R"
        for one in result.results
        if one.days
    ]
    if comparison.unlabelled_days:
        lines.append(
            f"On {comparison.unlabelled_days:,} days without a label the one for all traded."
        )
    if comparison.unseen_days:
        lines.append(
            f"On {comparison.unseen_days:,} days of a regime in which no combination had "
            f"{result.min_regime_trades} trades in sample, the one for all traded."
        )
    idle = sum(step.step.choice is None for step in result.steps)
    if idle:
        lines.append(
            f"In {idle} of {len(result.steps)} windows no combination had "
            f"{result.objective.min_trades} trades in sample: there was no one for all."
        )
    if forward.left_over.size:
        lines.append(f"Left over at the end: {shown(forward.left_over)}, too few for a window.")
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
        f"one combination for all. How sure: had the same kind of days come otherwise,",
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
        return "The evidence says that switching does harm: take one combination for all."
    return (
        "That is no evidence that switching helps: stay with one combination for all, which "
        "is chosen from more days."
    )


def losses(one: float, switched: float) -> list[str]:
    """A warning where the totals out of sample, in R, are no gain."""
    if switched <= 0 and one <= 0:
        return ["And switched or not, it lost on days it had not seen: do not trade it."]
    if switched <= 0:
        return ["Switched, it lost on days it had not seen: do not trade that."]
    return []
