"""Pictures of a run for chats and mails: equity with drawdown, and the main heat map."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.analytics.equity import curve
from params_optimizer.reports.landscape import HeatPicture
from params_optimizer.reports.run import ReportedRun
from params_optimizer.reports.series import Series
from params_optimizer.storage import files

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, SOFT, LINE, PAPER = "#1d2430", "#5c6675", "#e3e1dc", "#fbfaf8"
COLORS = ("#1f6f8b", "#d98b2b", "#7a5fa8", "#4f9d69", "#b84a62", "#3d4a5c", "#9a7b4f")
SIGNED = ("#9c3018", "#dd9079", "#f6f3ec", "#74b8a8", "#0b5e4e")
PLAIN = ("#f5f1e6", "#a9cfd2", "#3b87a0", "#12344a")
_WIDTH, _DPI = 10.0, 130

Floats = NDArray[np.float64]


class PictureHeading(NamedTuple):
    """What every picture says above: the market, and a line of what else has to be known."""

    market: str
    about: Sequence[str]


def write_pictures(run: ReportedRun) -> list[Path]:
    """Write `{MARKET}_equity.png` and `{MARKET}_heatmap.png`, where there is something to show.

    A picture of before that shows nothing any more is left as it is.
    """
    written, heading = [], _heading(run)
    if drawn := [series for series in run.series if series.rows]:
        written.append(write_picture(run.path("equity.png"), equity(heading, drawn)))
    if (picture := run.landscape.picture()) is not None:
        written.append(write_picture(run.path("heatmap.png"), heat_map(heading, picture)))
    return written


def _heading(run: ReportedRun) -> PictureHeading:
    about = [run.title.partition(": ")[2], run.days_text]
    about += ["generated sample data"] if run.generated else []
    about += ["unfinished run"] if run.unfinished else []
    return PictureHeading(run.market, about)


def write_picture(path: Path, drawn: "Figure") -> Path:
    """Write a drawing as PNG; returns the path."""
    content = BytesIO()
    drawn.savefig(content, format="png", dpi=_DPI)
    files.write_bytes(path, content.getvalue())
    return path


def _figure(height: float) -> "Figure":
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    room = ConstrainedLayoutEngine(w_pad=0.16, h_pad=0.14)
    return Figure(figsize=(_WIDTH, height), facecolor=PAPER, layout=room)


def _title(axes: "Axes", heading: PictureHeading, what: str, text: str) -> None:
    """A bold line that says what, and a second one with what else has to be known."""
    axes.set_title(
        _text(f"{heading.market}: {what}"),
        loc="left",
        fontsize=14,
        color=INK,
        weight="bold",
        pad=28,
    )
    axes.annotate(
        _text(" · ".join([text, *heading.about])),
        (0, 1),
        xytext=(0, 12),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=9.5,
        color=SOFT,
    )


def _limits(picture: HeatPicture) -> tuple[float, float]:
    """What the first and the last colour stand for."""
    values = picture.values[~np.isnan(picture.values)]
    low, high = float(values.min()), float(values.max())
    if picture.usual:
        inner = np.quantile(values, (0.05, 0.95))
        room = 0.6 * float(inner[1] - inner[0]) or 1.0
        low, high = max(low, float(inner[0]) - room), min(high, float(inner[1]) + room)
    reach = max(abs(low), abs(high)) or 1.0
    return (-reach, reach) if picture.signed else (low, high)


def _text(text: str) -> str:
    """Text as it is: between two dollars there would be a formula."""
    return text.replace("$", r"\$")


def _plain(axes: "Axes") -> None:
    axes.set_facecolor(PAPER)
    axes.tick_params(colors=SOFT, labelsize=9, length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def equity(heading: PictureHeading, series: Sequence[Series]) -> "Figure":
    """The curves of all lists of trades that hold any."""
    drawn = _figure(6.0)
    upper, lower = drawn.subplots(2, 1, sharex=True, height_ratios=(2.6, 1))
    for place, line in enumerate(series):
        days, values = np.array(line.dates, "datetime64[D]"), curve(line.r)
        strong = line.key == "best" or line.out_of_sample
        style = {
            "color": COLORS[place % len(COLORS)],
            "linewidth": 1.9 if strong else 1.0,
            "linestyle": ":" if line.out_of_sample else "-",
            "drawstyle": "steps-post",
        }
        upper.plot(days, values.cumulative, label=_text(line.name), **style)
        if strong:
            lower.plot(days, -values.drawdown, **{**style, "linewidth": 1.0})
        if line.key == "best":
            lower.fill_between(days, -values.drawdown, step="post", color=COLORS[0], alpha=0.18)
    for axes in (upper, lower):
        _plain(axes)
        axes.grid(axis="y", color=LINE, linewidth=0.8)
    upper.axhline(0, color=SOFT, linewidth=0.8)
    upper.set_ylabel("sum of R", color=SOFT, fontsize=9)
    lower.set_ylabel("drawdown, R", color=SOFT, fontsize=9)
    upper.legend(frameon=False, fontsize=8.5, labelcolor=INK, loc="best")
    _title(upper, heading, "equity and drawdown", "R is the risk of one trade")
    return drawn


def heat_map(heading: PictureHeading, picture: HeatPicture) -> "Figure":
    """A map with the winner's cell framed."""
    from matplotlib.colors import LinearSegmentedColormap

    values, columns, rows = picture.values, picture.across, picture.up
    drawn = _figure(min(max(0.55 * len(rows.labels) + 1.9, 3.6), 9.0))
    axes = drawn.subplots()
    low, high = _limits(picture)
    colors = LinearSegmentedColormap.from_list("own", SIGNED if picture.signed else PLAIN)
    mesh = axes.pcolormesh(
        values, cmap=colors, vmin=low, vmax=high, edgecolors=PAPER, linewidth=2.0
    )
    _plain(axes)
    axes.set_xticks(np.arange(len(columns.labels)) + 0.5, list(map(_text, columns.labels)))
    axes.set_yticks(np.arange(len(rows.labels)) + 0.5, list(map(_text, rows.labels)))
    axes.set_xlabel(_text(columns.name), color=SOFT, fontsize=10)
    axes.set_ylabel(_text(rows.name), color=SOFT, fontsize=10)
    if values.size <= 150:
        _write_values(axes, values, _dark(low, high, signed=picture.signed))
    _frame(axes, *picture.frame)
    bar = drawn.colorbar(mesh, ax=axes, fraction=0.03, pad=0.02)
    bar.outline.set_visible(False)
    bar.ax.tick_params(colors=SOFT, labelsize=9, length=0)
    _title(axes, heading, picture.what, "framed: the winner")
    return drawn


def _write_values(axes: "Axes", values: Floats, dark: tuple[float, float]) -> None:
    """The figure in each cell, in a light colour where it lies outside `dark`."""
    for (row, column), value in np.ndenumerate(values):
        if np.isnan(value):
            continue
        color = INK if dark[0] <= value <= dark[1] else PAPER
        axes.text(
            column + 0.5,
            row + 0.5,
            f"{value:.1f}",
            ha="center",
            va="center",
            fontsize=9,
            color=color,
        )


def _dark(low: float, high: float, *, signed: bool) -> tuple[float, float]:
    """Between which values dark figures can be read."""
    if signed:
        return 0.62 * low, 0.62 * high
    return low, low + 0.6 * (high - low)


def _frame(axes: "Axes", column: int, row: int) -> None:
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle((column, row), 1, 1, fill=False, edgecolor=INK, linewidth=2.2))
