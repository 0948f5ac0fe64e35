"""What `--robustness` found, in words, JSON and CSV (docs/validation.md)."""

from pathlib import Path
from textwrap import wrap

from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.reports.subject import Content, Subject, plain
from params_optimizer.reports.verdict import annual, full_evidence, sentences
from params_optimizer.storage.tables import write_csv, write_sealed
from params_optimizer.strategies.scopes import ALL
from params_optimizer.validation.bootstrap import Bootstrap
from params_optimizer.validation.effects import Effects
from params_optimizer.validation.luck import plateau_score
from params_optimizer.validation.plateau import Plateau
from params_optimizer.validation.robustness import Robustness, RobustnessSubject, Tried

_MULTIPLES = {"x1_5": "1.5", "x2": "2", "x3": "3"}
_WIDTH = 96
FEW_TRADES = 30
_FIGURES = ("total_r", "sharpe_ratio", "max_drawdown")
SCENARIOS = {
    "as_tested": "as tested",
    **{f"spread_{name}": f"spread x {times}" for name, times in _MULTIPLES.items()},
    **{f"costs_{name}": f"costs x {times}" for name, times in _MULTIPLES.items()},
    "slippage": "one tick of slippage",
    "pessimistic": "pessimistic fills",
    "pessimistic_slippage_spread_x2": "the last two, spread x 2",
    "pessimistic_slippage_costs_x2": "the last two, costs x 2",
}
"""What scenarios are called; others bear the names that their strategy gives them."""


def write_robustness(subject: Subject, result: Robustness, folder: Path) -> list[Path]:
    """Write `{SYMBOL}_robustness.json`, and its sets as CSV."""
    paths = [folder / f"{subject.symbol}_robustness.{kind}" for kind in ("json", "csv")]
    write_sealed(paths[0], robustness_content(subject, result))
    lines = [_line(subject, result, one) for one in result.subjects]
    write_csv(paths[1], lines, list(lines[0]))
    return paths


def robustness_content(subject: Subject, result: Robustness) -> Content:
    """All of it as plain content for JSON."""
    return {
        **subject.head,
        **subject.costs,
        "top_n": result.top_n,
        "sample": result.sample,
        "seed": result.seed,
        "trials": {scope: _tried(subject, one) for scope, one in result.tried.items()},
        "pbo": result.pbo._asdict(),
        "costs": [one._asdict() for one in result.survivors if one],
        "effects": {metric: _effects(subject, one) for metric, one in result.effects.items()},
        "combinations": [_subject(subject, result, one) for one in result.subjects],
        "notes": list(result.notes),
        "verdict": sentences(full_evidence(subject, result)),
    }


def _tried(subject: Subject, one: Tried) -> Content:
    content = one._asdict()
    del content["effective"]
    if not subject.sampled:  # then every set of the space is in the table
        del content["space"]
    effective = one.effective
    content["effective_trials"] = effective.trials if effective else None
    content["effective_trials_of_sample"] = effective.sampled if effective else None
    content["effective_sample"] = effective.combinations if effective else 0
    content["effective_growth"] = effective.growth if effective else None
    return content


def _effects(subject: Subject, found: Effects) -> Content:
    """Factors in the order of the grid; pairs with the greatest share first."""
    levels = {
        name: [
            {"value": value, "mean": mean}
            for value, mean in zip(subject.levels[name], means.tolist(), strict=True)
        ]
        for name, means in found.levels.items()
    }
    pairs = sorted(found.pairs.items(), key=lambda one: -one[1])
    return {
        "mean": found.mean,
        "variance": found.variance,
        "main": found.main,
        "pairs": [{"one": one, "other": other, "share": share} for (one, other), share in pairs],
        "higher_orders": found.residual,
        "levels": levels,
    }


def _subject(subject: Subject, result: Robustness, one: RobustnessSubject) -> Content:
    return {
        **_flat(subject, result, one),
        "params": dict(one.parameters),
        "metrics": one.figures,
        "plateau_by_key": {
            key: {"neighbours": found.neighbours, "mean": found.mean, "worst": found.worst}
            for key, found in one.plateau.by_key.items()
            if found.neighbours
        },
        "stress": dict(one.stress),
        "weekdays": [season._asdict() for season in one.weekdays],
        "months": [season._asdict() for season in one.months],
    }


def _line(subject: Subject, result: Robustness, one: RobustnessSubject) -> Content:
    metrics = {name: one.figures[name] for name in METRICS}
    return {**_flat(subject, result, one), **subject.row(one.parameters), **metrics}


def _flat(subject: Subject, result: Robustness, one: RobustnessSubject) -> Content:
    """What JSON and CSV share."""
    return {
        "scope": one.scope,
        "rank": one.rank,
        subject.number: one.number,
        "trials": result.tried[one.scope].trials,
        "sharpe_per_trade": one.sharpe,
        "skewness": one.skewness,
        "kurtosis": one.kurtosis,
        "probabilistic_sharpe": one.probabilistic_sharpe,
        "deflated_sharpe": one.deflated_sharpe,
        "deflated_sharpe_effective": one.deflated_sharpe_effective,
        **_flat_plateau(one.plateau),
        **flat_bootstrap(one.bootstrap),
        **{
            f"{name}_{figure}": figures[figure]
            for name, figures in one.stress.items()
            for figure in ("total_r", "sharpe_ratio")
        },
        "trailing_overtakes": one.overtakes,
    }


def _flat_plateau(found: Plateau) -> Content:
    score, note = plateau_score(found)
    whole = found.whole
    return {
        "plateau_neighbours": whole.neighbours,
        "plateau_mean": whole.mean,
        "plateau_worst": whole.worst,
        "plateau_score": score,
        "plateau_worst_score": whole.worst_score,
        "plateau_note": note,
    }


def flat_bootstrap(found: Bootstrap | None) -> Content:
    """A bootstrap as content for JSON and CSV; None where there is none."""
    content: Content = {
        "bootstrap_loss_probability": found.loss_probability if found else None,
        "bootstrap_block_length": found.block_length if found else None,
    }
    for name in _FIGURES:
        interval = getattr(found, name) if found else None
        content[f"bootstrap_{name}_low"] = interval.low if interval else None
        content[f"bootstrap_{name}_high"] = interval.high if interval else None
    return content


def robustness_text(subject: Subject, result: Robustness) -> str:
    """All of it in words and figures."""
    best = result.subjects[0]
    leaders = sum(one.scope == ALL for one in result.subjects)
    variations = (
        ", and of the best of each variation (its trades only)"
        if leaders < len(result.subjects)
        else ""
    )
    lines = [
        *subject.heading,
        "",
        f"Robustness of the best {leaders} of the ranking{variations}.",
        "",
        *_luck_lines(subject, result),
        "",
        *_pbo_lines(subject, result),
        "",
        *_bootstrap_lines(subject, result),
        "",
        *_stress_lines(subject, result),
        "",
        *_effect_lines(result),
        f"The winner, {subject.number} {best.number:,}, by weekday and month (R):",
        "",
        *_season_lines(best),
        "",
    ]
    lines += [*wrap(f"Its parameters: {plain(best.parameters)}", _WIDTH), ""]
    for sentence in (*sentences(full_evidence(subject, result)), *result.notes):
        lines += wrap(sentence, _WIDTH)
    return "\n".join(lines) + "\n"


def _name(one: RobustnessSubject) -> str:
    """`1` to `10` in the ranking, or the variation."""
    return f"{one.rank}" if one.scope == ALL else one.scope


def _luck_lines(subject: Subject, result: Robustness) -> list[str]:
    """Skill or luck: probabilistic and deflated Sharpe ratio, plateau."""
    lines = [
        "Skill or luck (Sharpe ratios; how sure it is skill, in percent; neighbours' total R):",
        "",
    ]
    lines += [
        f"  {'scope':<8} {'tried':>11} {'independent':>12} {'best by luck':>13} "
        f"{'the same, indep.':>17} {'best found':>11}"
    ]
    for scope, tried in result.tried.items():
        effective = f"{tried.effective.trials:,.0f}" if tried.effective else "-"
        lines.append(
            f"  {scope:<8} {tried.trials:>11,} {effective:>12} "
            f"{annual_text(tried.expected_best):>13} "
            f"{annual_text(tried.expected_best_effective):>17} "
            f"{annual_text(tried.best_sharpe):>11}"
        )
    if subject.sampled:
        lines.append(f"  Luck and overfitting are those of {result.sample:,} sets of the space.")
    lines += [
        "",
        f"  {'#':<8} {subject.number:>11} {'total R':>9} {'trades':>6} {'Sharpe':>7} "
        f"{'alone':>7} {'all tried':>10} {'independent':>12} {'neighbours':>11} {'worst':>8}",
    ]
    for one in result.subjects:
        figures, whole = one.figures, one.plateau.whole
        lines.append(
            f"  {_name(one):<8} {one.number:>11} {figures['total_r']:>9.2f} "
            f"{figures['total_trades']:>6} {figures['sharpe_ratio']:>7.2f} "
            f"{percent_text(one.probabilistic_sharpe):>7} "
            f"{percent_text(one.deflated_sharpe):>10} "
            f"{percent_text(one.deflated_sharpe_effective):>12} {number_text(whole.mean):>11} "
            f"{number_text(whole.worst):>8}"
        )
    few = [one for one in result.subjects if one.figures["total_trades"] < FEW_TRADES]
    if few:
        lines += [
            "",
            f"  Fewer than {FEW_TRADES} trades, too few to judge: {', '.join(map(_name, few))}. "
            f"Yearly Sharpe ratios",
            "  of so few trades are huge by chance: do not read their height.",
        ]
    return lines


def _pbo_lines(subject: Subject, result: Robustness) -> list[str]:
    pbo = result.pbo
    if pbo.probability is None or pbo.loss_probability is None:
        return [f"Probability of backtest overfitting: not applicable, {pbo.note}."]
    what = f"all {pbo.combinations:,} {subject.noun}"
    error = ""
    if pbo.mode == "sample":
        what = f"{pbo.combinations:,} {subject.noun}, drawn at random in {pbo.samples} samples"
        error = f" (standard error {100 * (pbo.standard_error or 0.0):.1f})"
    return [
        f"Probability of backtest overfitting, {pbo.blocks} blocks of days, {what}:",
        "",
        f"  the best of one half is below the median on the other  "
        f"{100 * pbo.probability:5.1f} %{error}",
        f"  it loses money there                                   "
        f"{100 * pbo.loss_probability:5.1f} %",
    ]


def _bootstrap_lines(subject: Subject, result: Robustness) -> list[str]:
    lines = [
        "Had the same kind of trades come otherwise (95 % intervals, stationary bootstrap):",
        "",
    ]
    lines += [
        f"  {'#':<8} {subject.number:>11} {'total R':>19} {'Sharpe ratio':>17} "
        f"{'drawdown R':>17} {'chance of loss':>15}"
    ]
    for one in result.subjects:
        cells = bootstrap_cells(one.bootstrap)
        lines.append(
            f"  {_name(one):<8} {one.number:>11} {cells[0]:>19} {cells[1]:>17} "
            f"{cells[2]:>17} {cells[3]:>15}"
        )
    return lines


def bootstrap_cells(found: Bootstrap | None) -> list[str]:
    """Intervals of total R, Sharpe ratio and drawdown, and the chance of a loss, as texts."""
    if found is None:
        return ["-"] * 4
    pairs = ((found.total_r, 1), (found.sharpe_ratio, 2), (found.max_drawdown, 1))
    cells = [f"{one.low:.{digits}f} to {one.high:.{digits}f}" for one, digits in pairs]
    return [*cells, f"{100 * found.loss_probability:.1f} %"]


def _stress_lines(subject: Subject, result: Robustness) -> list[str]:
    """Scenarios down, the winner and the best of each variation across; the others in the CSV."""
    shown = [one for one in result.subjects if one.rank == 1]
    lines = ["Worse costs and fills (total R):", ""]
    lines.append(
        f"  {'':<26}" + "".join(f"{'winner' if s.scope == ALL else s.scope:>10}" for s in shown)
    )
    for name in shown[0].stress:
        row = "".join(f"{one.stress[name]['total_r']:>10.2f}" for one in shown)
        lines.append(f"  {SCENARIOS.get(name, name):<26}{row}")
    same, twice = result.survivors
    at_costs = "" if same.spread is None else f" at a spread of {same.spread:g}"
    at_twice = ""
    if twice is not None:
        costs = "twice the costs" if twice.spread is None else f"{twice.spread:g}"
        at_twice = f", and {twice.profitable:,} at {costs}"
    drawn = " of the sample" if subject.sampled else ""
    lines += [
        "",
        f"  Of {same.eligible:,} {subject.noun}{drawn} {same.profitable:,} end above 0 R{at_costs}"
        f"{at_twice}.",
    ]
    return lines


def _effect_lines(result: Robustness) -> list[str]:
    if "total_r" not in result.effects:
        return []
    found = result.effects["total_r"]
    if not found.variance:
        return ["Effects of parameters: every combination has the same total R.", ""]
    lines = [f"What decides the total R of the grid (mean {found.mean:,.1f} R), in percent:", ""]
    main = sorted(found.main.items(), key=lambda one: -one[1])
    lines += [f"  {name:<40}{100 * share:>6.1f}" for name, share in main if share >= 0.0005]
    pairs = sorted(found.pairs.items(), key=lambda one: -one[1])[:3]
    lines += [
        f"  {f'{one} with {other}':<40}{100 * share:>6.1f}"
        for (one, other), share in pairs
        if share >= 0.0005
    ]
    rest = 1.0 - sum(found.main.values()) - sum(share for _, share in pairs)
    return [*lines, f"  {'everything else':<40}{100 * rest:>6.1f}", ""]


def _season_lines(best: RobustnessSubject) -> list[str]:
    lines = [
        "  "
        + "  ".join(f"{one.name[:3]} {one.total_r:.1f} ({one.trades})" for one in best.weekdays),
        "",
        f"  {'':<6}" + "".join(f"{month:>7}" for month in range(1, 13)) + f"{'year':>9}",
    ]
    years: dict[str, dict[int, float]] = {}
    for one in best.months:
        years.setdefault(one.name[:4], {})[int(one.name[5:])] = one.total_r
    for year, months in years.items():
        cells = "".join(
            f"{months[month]:>7.1f}" if month in months else f"{'':>7}" for month in range(1, 13)
        )
        lines.append(f"  {year:<6}{cells}{sum(months.values()):>9.1f}")
    return lines


def annual_text(sharpe: float | None) -> str:
    """A Sharpe ratio per trade in the unit of the metrics."""
    return "-" if sharpe is None else f"{annual(sharpe):.2f}"


def percent_text(probability: float | None) -> str:
    """A probability in percent, without the sign."""
    return "-" if probability is None else f"{100 * probability:.1f}"


def number_text(value: float | None) -> str:
    """A figure with two digits."""
    return "-" if value is None else f"{value:.2f}"
