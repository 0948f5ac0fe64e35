"""What `--robustness` found, in words, JSON and CSV (docs/validation.md)."""

from pathlib import Path

from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.reports.blocks import Paragraph
from params_optimizer.reports.render_text import blocks_text
from params_optimizer.reports.sections import robustness
from params_optimizer.reports.subject import Content, Subject
from params_optimizer.reports.verdict import full_evidence, sentences
from params_optimizer.storage.tables import write_csv, write_sealed
from params_optimizer.validation.bootstrap import Bootstrap
from params_optimizer.validation.effects import Effects
from params_optimizer.validation.luck import plateau_score
from params_optimizer.validation.plateau import Plateau
from params_optimizer.validation.robustness import Robustness, RobustnessSubject, Tried

_FIGURES = ("total_r", "sharpe_ratio", "max_drawdown")


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
    """All of it in words and figures, the conclusion first."""
    content = robustness_content(subject, result)
    *rest, conclusion = content["verdict"]
    sentences_first = [Paragraph(sentence) for sentence in (conclusion, *rest)]
    return blocks_text(subject.heading, [*sentences_first, *robustness.blocks_of(content)])
