"""How the ranked sets are distributed: an edge shows in many of them, not in one."""

import json
from collections.abc import Iterator
from math import sqrt
from typing import Any

from params_optimizer.engine.metrics_calculator import TRADES_PER_YEAR
from params_optimizer.orchestrator.selection import DISTRIBUTION_KEY
from params_optimizer.reports.blocks import Block, Column, Figure, Paragraph, Table
from params_optimizer.reports.forms import Form, figure, short
from params_optimizer.reports.labels import FIGURES, in_line
from params_optimizer.reports.run import ReportedRun
from params_optimizer.reports.sections.robustness import noise
from params_optimizer.reports.sections.section import Section, has_winner
from params_optimizer.validation.sharpe import expected_maximum_sharpe


def blocks(run: ReportedRun) -> Iterator[Block]:
    """A histogram of each metric; a table where only the best rows were kept."""
    distributions = run.landscape.distributions()
    if not distributions:
        yield from _kept(run)
        return
    data: dict[str, Any] = {
        "metrics": {name: in_line(name) for name in distributions},
        "distributions": {
            name: {**values._asdict(), "counts": values.counts.tolist()}
            for name, values in distributions.items()
        },
        "winner": {name: short(run.best.get(name)) for name in distributions} if run.best else {},
        "unit": run.unit,
    }
    threshold, words = _threshold(run, distributions)
    data["thresholds"] = {} if threshold is None else {"sharpe_ratio": threshold}
    label = f"Distribution of a metric over all ranked {run.unit}s"
    yield Figure("figure-distribution", "distribution", label, data, 320, [words])


def _kept(run: ReportedRun) -> Iterator[Block]:
    """Distributions of a run that kept the best rows only, as `distribution.csv` has them."""
    text = run.table.metadata.get(DISTRIBUTION_KEY)
    lines = [line for line in json.loads(text or "[]") if line["metric"] in FIGURES]
    if not lines:
        return
    yield Paragraph(
        "This run kept the best rows only, so there is no histogram; these figures are over all "
        "combinations."
    )
    names = [name for name in lines[0] if name != "metric"]
    columns = [Column(name, name.replace("_", " "), form=Form("text")) for name in names]
    rows = [
        {"metric": in_line(line["metric"])}
        | {name: figure(line["metric"], line[name]) for name in names}
        for line in lines
    ]
    yield Table([Column("metric", "Metric"), *columns], rows, preview=len(rows))


def _threshold(run: ReportedRun, distributions: Any) -> tuple[float | None, str]:  # noqa: ANN401
    """The best Sharpe ratio to expect of as many tries without skill, and what that means.

    Of the independent ones, where `--robustness` has counted them; else every combination of a
    grid counts as a try of its own, which is the careful side.
    """
    line = "The dashed line is known for the Sharpe ratio only. It stands at"
    effective = noise(run)
    if effective:
        best, tries = effective
        return best, (
            f"{line} {best:.2f}, the best Sharpe ratio to expect of {tries:,.0f} independent tries "
            f"without skill, what these {run.tried:,} amount to."
        )
    sharpe = distributions.get("sharpe_ratio")
    if not run.exhaustive or not sharpe or sharpe.total < 2 or not sharpe.variance:
        return None, "What the luckiest of as many tries without skill shows, --robustness tells."
    variance = sharpe.variance / TRADES_PER_YEAR
    best = float(expected_maximum_sharpe(float(run.tried), variance)) * sqrt(TRADES_PER_YEAR)
    return best, (
        f"{line} {best:.2f}, the best Sharpe ratio to expect of {run.tried:,} independent tries "
        f"without any skill. Every combination counts as a try of its own. Neighbours trade nearly "
        f"alike, so fewer of them are independent, and the true line lies further left."
    )


SECTION = Section("distribution", "All that was ranked", "Distribution", has_winner, blocks)
