"""Heat maps: a metric over any two parameters, whatever the others are."""

from collections.abc import Iterator

from params_optimizer.reports.blocks import Block, Figure, Paragraph
from params_optimizer.reports.forms import count_of
from params_optimizer.reports.labels import in_line
from params_optimizer.reports.run import ReportedRun
from params_optimizer.reports.sections.section import Section, has_winner

_FRAME = (
    "The framed cell is where the winner lies. A good region is wide: a single bright cell among "
    "dark ones is a lucky one."
)


def blocks(run: ReportedRun) -> Iterator[Block]:
    """The maps that fit into the page."""
    landscape = run.landscape
    if len(landscape.varying) < 2:
        yield Paragraph(
            "Fewer than two parameters of this space have more than one value: there is no map."
        )
        return
    heat = landscape.heat()
    text = _about(run)
    if heat["left_out"]:
        text += f" {count_of(heat['left_out'], 'pair')} of parameters are left out."
    data = {
        **heat,
        "names": {name: in_line(name) for name in heat["metrics"]},
        "factors": [factor._asdict() for factor in landscape.factors],
        "varying": list(landscape.varying),
        "winner": landscape.winner,
        "unit": run.unit,
    }
    label = "Heat map of a metric over two parameters"
    yield Figure("figure-heat", "heat", label, data, 440, [text, _FRAME])


def _about(run: ReportedRun) -> str:
    """Which sets the maps are made of."""
    if not run.exhaustive:
        return (
            f"Over the {run.eligible:,} complete trials; a cell without any is empty. A search "
            f"tries most where results are good: the mean of a cell with many trials says more "
            f"than that of a cell with a single trial."
        )
    if run.plan.most is not None:
        return "Of the combinations that were kept; a cell without any is empty."
    return f"Over the {run.eligible:,} ranked combinations."


SECTION = Section("heat", "Heat map", "Heat map", has_winner, blocks)
