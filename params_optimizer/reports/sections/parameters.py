"""What matters: the share of each parameter in the differences, and the space itself."""

from collections.abc import Iterator

from params_optimizer.reports.blocks import Block, Column, Figure, Paragraph, Row, Table
from params_optimizer.reports.forms import COUNT, SHARE, TEXT, setting
from params_optimizer.reports.importance import Panel, Shares
from params_optimizer.reports.labels import in_line
from params_optimizer.reports.run import ReportedRun
from params_optimizer.reports.sections.section import Section, always

_BARS = 15
_SMALLEST = 0.001
"""Shares that are drawn."""


def blocks(run: ReportedRun) -> Iterator[Block]:
    """Shares and levels as pictures; the axes of the space with the winner's values."""
    importance = run.landscape.importance
    shares = importance.shares if run.best else []
    if shares:
        yield _bars(run, shares)
        if levels := importance.levels():
            yield panels_figure("figure-levels", "Mean total R at each value", levels, "mean ")
    elif run.best:
        yield Paragraph(_unknown(run))
    yield _space(run, shares)


def _bars(run: ReportedRun, shares: list[Shares]) -> Figure:
    data = [
        {
            "metric": goal.metric,
            "label": in_line(goal.metric),
            "shares": [
                [" × ".join(names), share, len(names) == 1]
                for names, share in goal.shares
                if share >= _SMALLEST
            ][:_BARS],
        }
        for goal in shares
    ]
    height = 70 + 30 * max(len(goal["shares"]) for goal in data)
    label = "Share of the variance of each parameter"
    return Figure("figure-shares", "shares", label, {"goals": data}, height, [_about(run)])


def _about(run: ReportedRun) -> str:
    """How the shares were computed."""
    if run.landscape.importance.exact:
        return (
            f"Computed exactly over all {run.tried:,} combinations. A pair's share is what the two "
            f"do together beyond what each does alone."
        )
    if run.exhaustive:
        return (
            f"Over all {run.eligible:,} ranked combinations: the share of the variance that lies "
            f"between the means of a parameter's values. The constraints of the space leave "
            f"combinations out, so shares can overlap and need not add up to 100 %."
        )
    return (
        "Estimated (fANOVA): a random forest learns the figure from the complete trials; a "
        "parameter's share is the part of the variance that it explains alone or together with "
        "others. With few trials it is rough. A parameter with hardly any share can be left at any "
        "value."
    )


def _unknown(run: ReportedRun) -> str:
    """Why there are no shares."""
    if not run.exhaustive:
        return "Not known: it takes at least 10 complete trials that differ in the goal."
    if not run.landscape.varying:
        return "The grid has one combination: there is nothing to compare."
    if run.plan.most is not None:
        return "Not known: it takes every row of the grid, and this run kept the best ones."
    if run.unfinished:
        return "Not known yet: it takes every combination of the grid."
    return "All combinations have the same total R: no parameter makes a difference."


def panels_figure(key: str, title: str, panels: list[Panel], what: str) -> Figure:
    """Small pictures side by side, one for each parameter."""
    data = {"panels": [panel._asdict() for panel in panels], "what": f"{what}total R"}
    return Figure(key, "panels", title, data, 420)


def _space(run: ReportedRun, shares: list[Shares]) -> Table:
    """The values of the best, what each could have been, and how much it decides."""
    best = run.settings_of(run.best) if run.best else {}
    alone = {
        goal.metric: {names[0]: share for names, share in goal.shares if len(names) == 1}
        for goal in shares
    }
    factors = [factor.name for factor in run.landscape.factors]
    rows: list[Row] = [
        {
            **axis,
            "best": " / ".join(setting(best[key]) for key in axis["keys"] if key in best),
            **{f"decides {metric}": shares.get(name) for metric, shares in alone.items()},
        }
        for axis, name in zip(run.axes, factors, strict=True)
    ]
    columns = [
        Column("parameter", "Parameter", form=TEXT),
        Column("best", "Best", form=TEXT),
        Column("values", "Values", form=COUNT),
        *(
            Column(f"decides {metric}", f"Decides {in_line(metric)}", form=SHARE)
            for metric in alone
        ),
        Column("range", "Range", form=TEXT),
    ]
    return Table(columns, rows, "The space", preview=len(rows))


SECTION = Section("effects", "What matters", "Parameters", always, blocks)
