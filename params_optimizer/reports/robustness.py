"""What `--robustness` found, in words, JSON and CSV (docs/validation.md)."""

from pathlib import Path

from params_optimizer.analytics.effects import Effects
from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.reports.blocks import Paragraph
from params_optimizer.reports.render_text import blocks_text
from params_optimizer.reports.sections import robustness
from params_optimizer.reports.subject import Content, Subject
from params_optimizer.reports.verdict import full_evidence, sentences
from params_optimizer.storage.tables import write_csv, write_sealed
from params_optimizer.validation.bootstrap import Bootstrap
from params_optimizer.validation.luck import number_or_none, plateau_score_of
from params_optimizer.validation.plateau import Plateau
from params_optimizer.validation.robustness import Robustness, RobustnessSubject, TrialStatistics
from params_optimizer.validation.survivors import Survivors

_FIGURES = ("total_r", "sharpe_ratio", "max_drawdown")


def write_robustness(subject: Subject, result: Robustness, folder: Path) -> list[Path]:
    """Write `{SYMBOL}_robustness.json`, and its sets as CSV."""
    paths = [folder / f"{subject.symbol}_robustness.{kind}" for kind in ("json", "csv")]
    write_sealed(paths[0], robustness_content(subject, result))
    lines = [_line(subject, result, leader) for leader in result.subjects]
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
        "trials": {scope: _tried(subject, finding) for scope, finding in result.tried.items()},
        "pbo": result.pbo._asdict(),
        "costs": [_survivors(subject, finding) for finding in result.survivors if finding],
        "effects": {
            metric: _effects(subject, finding) for metric, finding in result.effects.items()
        },
        "combinations": [_subject(subject, result, finding) for finding in result.subjects],
        "notes": list(result.notes),
        "verdict": sentences(full_evidence(subject, result)),
    }


def _tried(subject: Subject, tried: TrialStatistics) -> Content:
    content = tried._asdict()
    del content["effective"]
    if not subject.sampled:  # then every set of the space is in the table
        del content["space"]
    effective = tried.effective
    content["effective_trials"] = effective.trials if effective else None
    content["effective_trials_of_sample"] = effective.sampled if effective else None
    content["effective_sample"] = effective.combinations if effective else 0
    content["effective_growth"] = effective.growth if effective else None
    return content


def _survivors(subject: Subject, finding: Survivors) -> Content:
    spread = subject.costs.get("spread")
    cost = None if spread is None else finding.multiple * spread
    return {"spread": cost, **finding._asdict()}


def _effects(subject: Subject, effects: Effects) -> Content:
    """Factors in the order of the grid; pairs with the greatest share first."""
    levels = {
        name: [
            {"value": value, "mean": number_or_none(mean)}
            for value, mean in zip(subject.levels[name], means.tolist(), strict=True)
        ]
        for name, means in effects.levels.items()
    }
    pairs = sorted(effects.pairs.items(), key=lambda pair: -pair[1])
    return {
        "mean": effects.mean,
        "variance": effects.variance,
        "main": effects.main,
        "pairs": [
            {"one": first, "other": second, "share": share} for (first, second), share in pairs
        ],
        "higher_orders": effects.residual,
        "levels": levels,
    }


def _subject(subject: Subject, result: Robustness, leader: RobustnessSubject) -> Content:
    return {
        **_flat(subject, result, leader),
        "params": dict(leader.parameters),
        "metrics": leader.figures,
        "plateau_by_key": {
            key: {"neighbours": near.neighbours, "mean": near.mean, "worst": near.worst}
            for key, near in leader.plateau.by_key.items()
            if near.neighbours
        },
        "stress": dict(leader.stress),
        "weekdays": [season._asdict() for season in leader.weekdays],
        "months": [season._asdict() for season in leader.months],
    }


def _line(subject: Subject, result: Robustness, leader: RobustnessSubject) -> Content:
    metrics = {name: leader.figures[name] for name in METRICS}
    return {**_flat(subject, result, leader), **subject.row(leader.parameters), **metrics}


def _flat(subject: Subject, result: Robustness, leader: RobustnessSubject) -> Content:
    """What JSON and CSV share."""
    return {
        "scope": leader.scope,
        "rank": leader.rank,
        subject.number: leader.number,
        "trials": result.tried[leader.scope].trials,
        "sharpe_per_trade": leader.sharpe,
        "skewness": leader.skewness,
        "kurtosis": leader.kurtosis,
        "probabilistic_sharpe": leader.probabilistic_sharpe,
        "deflated_sharpe": leader.deflated_sharpe,
        "deflated_sharpe_effective": leader.deflated_sharpe_effective,
        **_flat_plateau(leader.plateau),
        **flat_bootstrap(leader.bootstrap),
        **{
            f"{name}_{figure}": figures[figure]
            for name, figures in leader.stress.items()
            for figure in ("total_r", "sharpe_ratio")
        },
        "trailing_overtakes": leader.overtakes,
    }


def _flat_plateau(plateau: Plateau) -> Content:
    whole = plateau.whole
    score, note = plateau_score_of(whole)
    return {
        "plateau_neighbours": whole.neighbours,
        "plateau_mean": whole.mean,
        "plateau_worst": whole.worst,
        "plateau_score": score,
        "plateau_worst_score": whole.worst_score,
        "plateau_note": note,
    }


def flat_bootstrap(bootstrap: Bootstrap | None) -> Content:
    """A bootstrap as content for JSON and CSV; None where there is none."""
    content: Content = {
        "bootstrap_loss_probability": bootstrap.loss_probability if bootstrap else None,
        "bootstrap_block_length": bootstrap.block_length if bootstrap else None,
    }
    for name in _FIGURES:
        interval = getattr(bootstrap, name) if bootstrap else None
        content[f"bootstrap_{name}_low"] = interval.low if interval else None
        content[f"bootstrap_{name}_high"] = interval.high if interval else None
    return content


def robustness_text(subject: Subject, result: Robustness) -> str:
    """All of it in words and figures, the conclusion first."""
    content = robustness_content(subject, result)
    *rest, conclusion = content["verdict"]
    sentences_first = [Paragraph(sentence) for sentence in (conclusion, *rest)]
    return blocks_text(subject.heading, [*sentences_first, *robustness.blocks_of(content)])
