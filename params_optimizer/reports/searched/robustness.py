"""What `--robustness` found about a search, in words, JSON and CSV."""

from pathlib import Path
from textwrap import wrap

from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.orchestrator.search_outcome import SearchOutcome
from params_optimizer.reports.robustness import (
    FEW_TRADES,
    annual_text,
    bootstrap_cells,
    flat_bootstrap,
    number_text,
    percent_text,
)
from params_optimizer.reports.searched.verdict import sentences
from params_optimizer.reports.subject import Content, plain, search_subject
from params_optimizer.reports.verdict import annual
from params_optimizer.storage.tables import write_csv, write_sealed
from params_optimizer.validation.luck import plateau_score_of
from params_optimizer.validation.searched.robustness import (
    SEED,
    SearchRobustness,
    SearchSubject,
    SearchTried,
)

_WIDTH = 96
SCENARIOS = {
    "as_tested": "as tested",
    "costs_x1_5": "costs x 1.5",
    "costs_x2": "costs x 2",
    "costs_x3": "costs x 3",
    "slippage": "one tick of slippage",
    "pessimistic": "pessimistic fills",
    "pessimistic_slippage_costs_x2": "the last two, costs x 2",
}
"""What scenarios are called; others bear the names that their strategy gives them."""


def write_robustness(outcome: SearchOutcome, result: SearchRobustness, folder: Path) -> list[Path]:
    """Write `{SYMBOL}_robustness.json`, and its parameter sets as CSV."""
    paths = [folder / f"{outcome.market}_robustness.{kind}" for kind in ("json", "csv")]
    write_sealed(paths[0], robustness_content(outcome, result))
    rows = [_line(one) for one in result.subjects]
    write_csv(paths[1], rows, list(rows[0]))
    return paths


def robustness_content(outcome: SearchOutcome, result: SearchRobustness) -> Content:
    """All of it as plain content for JSON."""
    return {
        "symbol": outcome.market,
        "generated_data": outcome.bars.generated,
        "strategy": outcome.strategy,
        "method": outcome.method,
        "trials": result.tried.trials,
        "top_n": result.top_n,
        "sample": result.sample,
        "seed": SEED,
        "tried": _tried(result.tried),
        "sets": [_subject(one) for one in result.subjects],
        "pbo": result.pbo._asdict(),
        "survivors": result.survivors._asdict(),
        "verdict": sentences(result, outcome.strategy),
        "notes": list(result.notes),
    }


def _tried(one: SearchTried) -> Content:
    content = one._asdict()
    del content["effective"]
    content["sharpe_variance"] = content.pop("variance")
    content["effective_trials"] = one.effective.trials if one.effective else None
    content["effective_growth"] = one.effective.growth if one.effective else None
    return content


def _subject(one: SearchSubject) -> Content:
    score, note = plateau_score_of(one.plateau)
    return {
        "rank": one.rank,
        "trial": one.trial.number,
        "params": dict(one.trial.parameters),
        "metrics": one.figures,
        "sharpe": one.sharpe,
        "skewness": one.skewness,
        "kurtosis": one.kurtosis,
        "probabilistic_sharpe": one.probabilistic_sharpe,
        "deflated_sharpe": one.deflated_sharpe,
        "deflated_sharpe_effective": one.deflated_sharpe_effective,
        "plateau_neighbours": one.plateau.neighbours,
        "plateau_mean": one.plateau.mean,
        "plateau_worst": one.plateau.worst,
        "plateau_score": score,
        "plateau_note": note,
        **flat_bootstrap(one.bootstrap),
        "stress": dict(one.stress),
    }


def _line(one: SearchSubject) -> Content:
    """The same as one line of CSV."""
    content = _subject(one)
    stress, params, metrics = (content.pop(name) for name in ("stress", "params", "metrics"))
    for name, figures in stress.items():
        content |= {f"{name}_{what}": figures[what] for what in ("total_r", "sharpe_ratio")}
    content |= {f"parameter_{name}": value for name, value in params.items()}
    return content | {name: metrics[name] for name in METRICS}


def robustness_text(outcome: SearchOutcome, result: SearchRobustness) -> str:
    """All of it in words and figures."""
    lines = [
        *search_subject(outcome).heading,
        "",
        f"Robustness of the best {len(result.subjects)} of the ranking; luck and overfitting from "
        f"{result.sample:,} parameter sets.",
        "",
        *_luck_lines(result),
        "",
        *_pbo_lines(result),
        "",
        *_bootstrap_lines(result),
        "",
        *_stress_lines(result),
        "",
        f"The winner: {plain(result.subjects[0].trial.parameters)}",
        "",
    ]
    for sentence in (*sentences(result, outcome.strategy), *result.notes):
        lines += wrap(sentence, _WIDTH)
    return "\n".join(lines) + "\n"


def _luck_lines(result: SearchRobustness) -> list[str]:
    tried = result.tried
    space = "without end" if tried.space is None else f"{tried.space:,} sets"
    effective = f"{tried.effective.trials:,.0f}" if tried.effective else "-"
    lines = [
        "Skill or luck (Sharpe ratios; how sure it is skill, in percent; neighbours' total R):",
        "",
        f"  tried {tried.trials:,}; space {space}; independent {effective}; best by luck "
        f"{annual_text(tried.expected_best)}, of the independent "
        f"{annual_text(tried.expected_best_effective)}; "
        f"best found {annual(tried.best_sharpe):.2f}",
        "",
        f"  {'#':<4} {'trial':>7} {'total R':>10} {'trades':>7} {'Sharpe':>7} {'alone':>7} "
        f"{'all tried':>10} {'independent':>12} {'neighbours':>11} {'worst':>9}",
    ]
    for one in result.subjects:
        figures = one.figures
        lines.append(
            f"  {one.rank:<4} {one.trial.number:>7} {figures['total_r']:>10.2f} "
            f"{figures['total_trades']:>7} {figures['sharpe_ratio']:>7.2f} "
            f"{percent_text(one.probabilistic_sharpe):>7} {percent_text(one.deflated_sharpe):>10} "
            f"{percent_text(one.deflated_sharpe_effective):>12} "
            f"{number_text(one.plateau.mean):>11} {number_text(one.plateau.worst):>9}"
        )
    few = [one for one in result.subjects if one.figures["total_trades"] < FEW_TRADES]
    if few:
        shown = ", ".join(str(one.rank) for one in few)
        lines += [
            "",
            f"  Fewer than {FEW_TRADES} trades: {shown}. Do not read the height of these.",
        ]
    return lines


def _pbo_lines(result: SearchRobustness) -> list[str]:
    pbo = result.pbo
    if pbo.probability is None or pbo.loss_probability is None:
        return [f"Probability of backtest overfitting: not applicable, {pbo.note}."]
    return [
        f"Probability of backtest overfitting, {pbo.blocks} blocks of days, {pbo.parameter_sets:,} "
        f"parameter sets in {pbo.samples} samples:",
        "",
        f"  the best of one half is below the median on the other  {100 * pbo.probability:5.1f} % "
        f"(standard error {100 * (pbo.standard_error or 0.0):.1f})",
        f"  it loses money there                                   "
        f"{100 * pbo.loss_probability:5.1f} %",
    ]


def _bootstrap_lines(result: SearchRobustness) -> list[str]:
    lines = [
        "Had the same kind of trades come otherwise (95 % intervals, stationary bootstrap):",
        "",
        f"  {'#':<4} {'trial':>7} {'total R':>21} {'Sharpe ratio':>17} {'drawdown R':>17} "
        f"{'chance of loss':>15}",
    ]
    for one in result.subjects:
        cells = bootstrap_cells(one.bootstrap)
        lines.append(
            f"  {one.rank:<4} {one.trial.number:>7} {cells[0]:>21} {cells[1]:>17} {cells[2]:>17} "
            f"{cells[3]:>15}"
        )
    return lines


def _stress_lines(result: SearchRobustness) -> list[str]:
    """Scenarios of the winner; those of the others stand in the CSV."""
    best, found = result.subjects[0], result.survivors
    lines = ["Worse markets (total R of the winner):", ""]
    for name, figures in best.stress.items():
        lines.append(f"  {SCENARIOS.get(name, name):<26}{figures['total_r']:>12.2f}")
    twice = ""
    if found.profitable_costs_x2 is not None:
        twice = f", and {found.profitable_costs_x2:,} at twice the costs"
    lines += [
        "",
        f"  Of {found.sampled:,} sets of the sample {found.profitable:,} end above 0 R{twice}.",
    ]
    return lines
