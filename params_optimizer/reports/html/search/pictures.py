"""Pictures of a search for chats and mails: equity with drawdown, and the main heat map."""

from pathlib import Path

from params_optimizer.data.days import to_date
from params_optimizer.reports.html.pictures import (
    Heading,
    HeatPicture,
    equity,
    heat_map,
    write_picture,
)
from params_optimizer.reports.html.search.landscape import SearchLandscape
from params_optimizer.reports.html.search.material import SearchMaterial
from params_optimizer.reports.html.trading import Series
from params_optimizer.reports.html.words import SIGNED_METRICS, label


def write_pictures(
    material: SearchMaterial, landscape: SearchLandscape, series: list[Series]
) -> list[Path]:
    """Write `{M}_equity.png` and `{M}_heatmap.png`, where there is something to show."""
    written = []
    drawn = [one for one in series if one.rows]
    heading = _heading(material)
    if drawn:
        written.append(write_picture(material.path("equity.png"), equity(heading, drawn)))
    if landscape.main_pair and landscape.winner and material.metrics:
        chosen = _main_map(material, landscape, landscape.main_pair, landscape.winner)
        written.append(write_picture(material.path("heatmap.png"), heat_map(heading, chosen)))
    return written


def _heading(material: SearchMaterial) -> Heading:
    outcome = material.outcome
    days = outcome.days
    about = [f"{outcome.strategy}, {len(outcome.trials):,} trials by {outcome.method}"]
    about += [f"{to_date(days[0])} to {to_date(days[-1])}"] if days.size else []
    about += ["generated sample data"] if outcome.bars.generated else []
    return Heading(material.market, about)


def _main_map(
    material: SearchMaterial,
    landscape: SearchLandscape,
    pair: tuple[int, int],
    winner: list[int],
) -> HeatPicture:
    up, across = pair
    metric = material.metrics[0]
    return HeatPicture(
        landscape.heat_map(pair, metric).mean,
        landscape.factors[across],
        landscape.factors[up],
        (winner[across], winner[up]),
        f"{label(metric)}, mean of the trials",
        signed=metric in SIGNED_METRICS,
        usual=True,
    )
