"""Pictures of a run for chats and mails: equity with drawdown, and the main heat map."""

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from params_optimizer.analytics.equity import curve
from params_optimizer.reports.html.landscape import Landscape
from params_optimizer.reports.html.material import Material
from params_optimizer.reports.html.trading import Series
from params_optimizer.storage import files

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, SOFT, LINE, PAPER = "#1d2430", "#5c6675", "#e3e1dc", "#fbfaf8"
COLORS = ("#1f6f8b", "#d98b2b", "#7a5fa8", "#4f9d69", "#b84a62", "#3d4a5c", "#9a7b4f")
SIGNED = ("#9c3018", "#dd9079", "#f6f3ec", "#74b8a8", "#0b5e4e")
_WIDTH, _DPI = 10.0, 130


def write_pictures(material: Material, landscape: Landscape, series: list[Series]) -> list[Path]:
    """Write `{SYMBOL}_equity.png` and `{SYMBOL}_heatmap.png`, where there is something to show.

    A picture of before that shows nothing any more is left as it is.
    """
    written = []
    drawn = [one for one in series if one.rows]
    if drawn:
        written.append(_write(material.path("equity.png"), _equity(material, drawn)))
    pair = landscape.main_pair()
    if pair and material.outcome.ranking.combination.size:
        written.append(_write(material.path("heatmap.png"), _heat_map(material, landscape, pair)))
    return written


def _write(path: Path, drawn: "Figure") -> Path:
    content = BytesIO()
    drawn.savefig(content, format="png", dpi=_DPI)
    files.write_bytes(path, content.getvalue())
    return path


def _figure(height: float) -> "Figure":
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    room = ConstrainedLayoutEngine(w_pad=0.16, h_pad=0.14)
    return Figure(figsize=(_WIDTH, height), facecolor=PAPER, layout=room)


def _title(axes: "Axes", material: Material, what: str, text: str) -> None:
    """A bold line that says what, and a second one with what else has to be known."""
    study, (first, last) = material.study, material.study.span
    about = [text, f"{len(study.grid):,} combinations, {first} to {last}"]
    about += ["generated sample data"] if study.bars.generated else []
    about += ["unfinished run"] if material.unfinished else []
    axes.set_title(
        f"{study.symbol}: {what}", loc="left", fontsize=14, color=INK, weight="bold", pad=28
    )
    axes.annotate(
        " · ".join(about),
        (0, 1),
        xytext=(0, 12),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=9.5,
        color=SOFT,
    )


def _plain(axes: "Axes") -> None:
    axes.set_facecolor(PAPER)
    axes.tick_params(colors=SOFT, labelsize=9, length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _equity(material: Material, series: list[Series]) -> "Figure":
    drawn = _figure(6.0)
    upper, lower = drawn.subplots(2, 1, sharex=True, height_ratios=(2.6, 1))
    for place, one in enumerate(series):
        days, line = np.array(one.dates, "datetime64[D]"), curve(one.r)
        strong = one.key == "best" or one.out_of_sample
        style = {
            "color": COLORS[place % len(COLORS)],
            "linewidth": 1.9 if strong else 1.0,
            "linestyle": ":" if one.out_of_sample else "-",
            "drawstyle": "steps-post",
        }
        upper.plot(days, line.cumulative, label=one.name.replace("$", r"\$"), **style)
        if strong:
            lower.plot(days, -line.drawdown, **{**style, "linewidth": 1.0})
        if one.key == "best":
            lower.fill_between(days, -line.drawdown, step="post", color=COLORS[0], alpha=0.18)
    for axes in (upper, lower):
        _plain(axes)
        axes.grid(axis="y", color=LINE, linewidth=0.8)
    upper.axhline(0, color=SOFT, linewidth=0.8)
    upper.set_ylabel("sum of R", color=SOFT, fontsize=9)
    lower.set_ylabel("drawdown, R", color=SOFT, fontsize=9)
    upper.legend(frameon=False, fontsize=8.5, labelcolor=INK, loc="best")
    _title(upper, material, "equity and drawdown", "R is the risk of one trade")
    return drawn


def _heat_map(material: Material, landscape: Landscape, pair: tuple[int, int]) -> "Figure":
    from matplotlib.colors import LinearSegmentedColormap

    up, across = pair
    found = landscape.heat_maps(["total_r"])["total_r"][pair]
    whole = material.study.most is None
    values = found.mean if whole else found.best
    rows, columns = (landscape.factors[at] for at in pair)
    drawn = _figure(min(max(0.55 * len(rows.labels) + 1.9, 3.6), 9.0))
    axes = drawn.subplots()
    reach = float(np.nanmax(np.abs(values))) or 1.0
    colors = LinearSegmentedColormap.from_list("signed", SIGNED)
    shown = axes.pcolormesh(
        values, cmap=colors, vmin=-reach, vmax=reach, edgecolors=PAPER, linewidth=2.0
    )
    _plain(axes)
    axes.set_xticks(np.arange(len(columns.labels)) + 0.5, columns.labels)
    axes.set_yticks(np.arange(len(rows.labels)) + 0.5, rows.labels)
    axes.set_xlabel(columns.name, color=SOFT, fontsize=10)
    axes.set_ylabel(rows.name, color=SOFT, fontsize=10)
    if values.size <= 150:
        _write_values(axes, values, reach)
    places = material.study.grid.places(int(material.outcome.ranking.combination[0]))
    _frame(axes, places[across], places[up])
    bar = drawn.colorbar(shown, ax=axes, fraction=0.03, pad=0.02)
    bar.outline.set_visible(False)
    bar.ax.tick_params(colors=SOFT, labelsize=9, length=0)
    what = "mean total R over the other parameters" if whole else "best total R of what was kept"
    _title(axes, material, what, "framed: the winner")
    return drawn


def _write_values(
    axes: "Axes", values: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]", reach: float
) -> None:
    for (row, column), value in np.ndenumerate(values):
        if np.isnan(value):
            continue
        color = PAPER if abs(value) > 0.62 * reach else INK
        axes.text(
            column + 0.5,
            row + 0.5,
            f"{value:.1f}",
            ha="center",
            va="center",
            fontsize=9,
            color=color,
        )


def _frame(axes: "Axes", column: int, row: int) -> None:
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle((column, row), 1, 1, fill=False, edgecolor=INK, linewidth=2.2))
