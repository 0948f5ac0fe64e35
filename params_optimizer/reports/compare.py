"""Two runs side by side as one page, from their files, or from what is done of them."""

import csv
import io
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from params_optimizer.analytics.distributions import distribution
from params_optimizer.analytics.equity import curve
from params_optimizer.errors import DamagedFileError, OptimizerError, RunError
from params_optimizer.orchestrator.run import full_results, outcome_so_far
from params_optimizer.orchestrator.study import Study, reopen
from params_optimizer.reports.blocks import (
    PREVIEW,
    Block,
    Column,
    Figure,
    Paragraph,
    Table,
    column,
)
from params_optimizer.reports.document import Document, Part
from params_optimizer.reports.forms import SETTING, figure, shorts, with_record
from params_optimizer.reports.html_generator import page
from params_optimizer.reports.labels import PARAMETERS, in_line
from params_optimizer.reports.sections.variations import line_columns
from params_optimizer.reports.tables import variation_line
from params_optimizer.reports.trades import trade_rows
from params_optimizer.storage import files
from params_optimizer.storage.results import Results
from params_optimizer.storage.run_directory import COMPLETE, Manifest, RunDirectory
from params_optimizer.strategies.initial_balance.params import Params

log = logging.getLogger(__name__)

Row = dict[str, Any]
_TOP = (
    "combination",
    "score",
    "total_r",
    "total_trades",
    "winrate",
    "record",
    "sharpe_ratio",
    "max_drawdown",
)
_FIGURES = (
    *(
        "total_r",
        "total_trades",
        "winrate",
        "record",
        "avg_trade_r",
        "sharpe_ratio",
        "sortino_ratio",
    ),
    *("profit_factor", "max_drawdown", "calmar_ratio"),
)

_STARTED = "Started"  # differs always, and says nothing of the runs
_GRID_KEYS = {
    "waits": "ib_wait_minutes",
    "windows": "trade_window_minutes",
    "rr_targets": "rr_target",
    "stop_modes": "stop_mode",
    "trailings": "tsl_target, tsl_sl",
    "min_sls": "min_sl_pct",
    "rebounds": "rev_rb_enabled, rev_rb_pct",
    "buffers": "ib_buffer_pct",
    "distances": "max_distance_pct",
}
"""Axes of a grid by the keys that set them; `ib_windows` has its own name."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two runs; `study` is None where its data are not what they were."""

    name: str
    manifest: Manifest
    study: Study | None
    top: list[Row]
    variations: list[Row]
    results: Results
    unfinished: bool

    @property
    def symbol(self) -> str:
        """The market."""
        return str(self.manifest["symbol"])


def write_comparison(runs: list[RunDirectory], data_dir: Path, output: Path) -> Path:
    """Write `compare_{RUN1}_{RUN2}.html` into the output folder.

    Raises:
        RunError: it is the same run twice, or one is unfinished and its data have changed.
        DamagedFileError: a file of a run cannot be read.
    """
    if runs[0].path == runs[1].path:
        raise RunError(f"--compare: {runs[0].path.name} twice; name two different runs")
    for run in runs:
        manifest = run.manifest()
        if "combinations" not in manifest:
            kind = manifest.get("method", manifest.get("kind", "unknown"))
            raise RunError(
                f"--compare: {run.path.name} is of the kind {kind}; only runs of a whole grid can "
                f"be compared"
            )
    sides = [_side(run, data_dir) for run in runs]
    path = output / f"compare_{sides[0].name}_{sides[1].name}.html"
    files.write_text(path, comparison(sides))
    return path


def comparison(sides: list[Side]) -> str:
    """The page as text."""
    names = [side.name for side in sides]
    parts = [
        Part("setup", "What was run", "Set-up", [_setup(sides)]),
        Part("best", "Their best combinations", "Best", list(_best(sides))),
        Part("top", "The best ten of each", "Top ten", [_top(side) for side in sides]),
        Part("variations", "Variations", "Variations", [_variations(side) for side in sides]),
        Part("equity", "Equity and drawdown of the best of each", "Equity", [_equity(sides)]),
        Part("distribution", "All combinations", "Distribution", [_distribution(sides)]),
    ]
    subtitle = " and ".join(names)
    return page(
        Document("Two runs side by side", subtitle, "Two runs", subtitle, _warnings(sides), parts)
    )


def _side(run: RunDirectory, data_dir: Path) -> Side:
    manifest, study = run.manifest(), None
    complete = manifest.get("status") == COMPLETE
    try:
        study = reopen(run, data_dir)
    except OptimizerError as error:
        if not complete:
            raise
        log.info("note: no equity of %s: %s", run.path.name, error)
    if not complete and study is not None:
        return _of_outcome(run, manifest, study)
    symbol, path = str(manifest["symbol"]), run.path
    return Side(
        path.name,
        manifest,
        study,
        _read(path / f"{symbol}_top_100.csv"),
        _read(path / f"{symbol}_variations_summary.csv"),
        Results([path / full_results(symbol)]),
        unfinished=False,
    )


def _of_outcome(run: RunDirectory, manifest: Manifest, study: Study) -> Side:
    outcome = outcome_so_far(run, study)
    numbers, scores = outcome.ranking.combination[:PREVIEW].tolist(), outcome.ranking.score.tolist()
    top = [
        {"score": score, **row} for score, row in zip(scores, outcome.rows(numbers), strict=False)
    ]
    lines = []
    for table in outcome.variations:
        leaders = outcome.rows(table.combination[:1].tolist())
        lines.append(variation_line(table, leaders[0] if leaders else None))
    return Side(run.path.name, manifest, study, top, lines, outcome.results, unfinished=True)


def _read(path: Path) -> list[Row]:
    try:
        text = path.read_text(encoding="utf-8")
        rows = list(csv.DictReader(io.StringIO(text)))
        return [{name: _value(value) for name, value in row.items()} for row in rows]
    except (OSError, ValueError, csv.Error) as error:
        raise DamagedFileError(f"{path}: cannot be read ({error}); run it anew") from error


def _value(text: str) -> Any:  # noqa: ANN401  what stood in the cell
    if text in ("", "True", "False"):
        return {"": None, "True": True, "False": False}[text]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _warnings(sides: list[Side]) -> list[str]:
    warnings = []
    for side in sides:
        if side.manifest.get("generated_data"):
            warnings.append(f"{side.name}: generated sample data, says nothing about any market.")
        if side.unfinished:
            done, whole = len(side.results), side.manifest["combinations"]
            warnings.append(
                f"{side.name}: unfinished, {done:,} of {whole:,} combinations are done."
            )
        if side.study is None:
            warnings.append(
                f"{side.name}: its bars, or the calendar, are not there as they were "
                f"(--data-dir?), so its equity is not shown."
            )
    return warnings


def _both(sides: list[Side], lines: Iterable[tuple[str, Any, Any]], title: str = "") -> Table:
    """Lines of a name and the values of both sides, and whether they differ."""
    rows = [
        {"name": name, "first": first, "second": second}
        | {"differs": "differs" if first != second and name != _STARTED else ""}
        for name, first, second in lines
    ]
    heads = {"name": "", "first": sides[0].name, "second": sides[1].name, "differs": ""}
    columns = [Column(name, text, form=SETTING) for name, text in heads.items()]
    return Table(columns, rows, title, preview=len(rows))


def _setup(sides: list[Side]) -> Table:
    pairs = zip(*(_asked(side) for side in sides), strict=True)
    return _both(sides, [(name, first, second) for (name, first), (_, second) in pairs])


def _best(sides: list[Side]) -> Iterator[Block]:
    """Metrics of both winners, their parameters, and what each is in the other run."""
    rows = [side.top[0] if side.top else {} for side in sides]
    lines = []
    for name in ("score", *_FIGURES):
        first, second = (figure(name, with_record(row).get(name)) for row in rows)
        lines.append((in_line(name), first, second))
    yield _both(sides, lines)
    yield Paragraph(
        "Scores rank the combinations of one run among each other: those of two runs cannot be "
        "compared."
    )
    for text in _same_grid(sides):
        yield Paragraph(text)
    keys = ("combination", *PARAMETERS)
    parameters = [(key, rows[0].get(key, "-"), rows[1].get(key, "-")) for key in keys]
    yield _both(sides, parameters, "Their parameters")


def _asked(side: Side) -> list[tuple[str, str]]:
    manifest, settings = side.manifest, side.manifest["settings"]
    first, last = manifest["dates"]
    news = settings["news_filter"]
    minutes = f"{news['before_minutes']} minutes before, {news['after_minutes']} after"
    days = "all" if not (first or last) else f"{first or 'the first'} to {last or 'the last'}"
    day_range = f"{side.study.span[0]} to {side.study.span[1]}" if side.study else days
    weights = settings["ranking_weights"]
    money = settings["backtest"]
    axes: Mapping[str, Any] = manifest["grid"]
    return [
        ("Market", side.symbol),
        ("Days", day_range),
        ("Bars", str(manifest["fingerprint"]["bars"])[:12]),
        ("Combinations", f"{manifest['combinations']:,}"),
        *((_GRID_KEYS.get(name, name), _listed(values)) for name, values in axes.items()),
        ("Execution", _execution(money)),
        ("Spread, points", f"{manifest['spread']:g}"),
        ("News filter", minutes if news["enabled"] else "off"),
        ("Least trades", f"{settings['min_trades']}"),
        ("Score weights", ", ".join(f"{name} {weight:g}" for name, weight in weights.items())),
        ("Balance, risk", f"{money['initial_balance']:,.0f}, {money['risk_pct']:g} %"),
        ("Rows kept", str(manifest["kept"])),
        (_STARTED, str(manifest["started"])),
    ]


def _execution(settings: Mapping[str, Any]) -> str:
    slippage = settings.get("slippage", 0.0)
    name = str(settings.get("execution", "rules"))  # runs of earlier versions know no other
    return f"{name}, slippage {slippage:g} points" if slippage else name


def _listed(values: Any) -> str:  # noqa: ANN401  values of a grid as JSON has them
    texts = [
        " ".join(map(str, value)) if isinstance(value, list) else str(value) for value in values
    ]
    return ", ".join(texts[:12]) + (", …" if len(texts) > 12 else "")


def _top(side: Side) -> Block:
    rows = [{"rank": place, **with_record(row)} for place, row in enumerate(side.top[:PREVIEW], 1)]
    if not rows:
        return Paragraph(f"{side.name}: no combination has enough trades.")
    return Table([column(name) for name in ("rank", *_TOP)], rows, side.name)


def _variations(side: Side) -> Table:
    return Table(line_columns(), side.variations, side.name)


def _same_grid(sides: list[Side]) -> list[str]:
    """What the two say about each other where their combinations are the same ones."""
    if sides[0].manifest["fingerprint"]["grid"] != sides[1].manifest["fingerprint"]["grid"]:
        return ["The grids differ: the same number is another combination in each of them."]
    from scipy.stats import spearmanr  # type: ignore[import-untyped]

    columns = ("combination", "total_r")
    numbers, totals = zip(*(_whole(side.results, columns) for side in sides), strict=True)
    _, first_rows, second_rows = np.intersect1d(
        numbers[0], numbers[1], assume_unique=True, return_indices=True
    )
    lines = []
    first_totals, second_totals = totals[0][first_rows], totals[1][second_rows]
    if first_totals.size > 1 and first_totals.std() > 0 and second_totals.std() > 0:
        correlation = float(spearmanr(first_totals, second_totals).statistic)
        lines.append(
            f"The grids are the same. Over {first_totals.size:,} combinations that both have, "
            f"total R has a rank correlation of {correlation:.2f} "
            f"(1: the same order, 0: no relation)."
        )
    for first, second in ((0, 1), (1, 0)):
        if sides[first].top:
            lines.append(_elsewhere(sides, first, numbers[second], totals[second]))
    return lines


def _elsewhere(sides: list[Side], index: int, numbers: Any, totals: Any) -> str:  # noqa: ANN401  arrays
    winner = int(sides[index].top[0]["combination"])
    name, counterpart = sides[index].name, sides[1 - index].name
    place = np.flatnonzero(numbers == winner)
    if not place.size:
        return f"The best of {name}, combination {winner:,}, has no row in {counterpart}."
    total = float(totals[place[0]])
    better = int((totals > total).sum())
    return (
        f"The best of {name}, combination {winner:,}, makes {figure('total_r', total)} R in "
        f"{counterpart}, where {better:,} of {numbers.size:,} make more."
    )


def _whole(results: Results, columns: tuple[str, ...]) -> tuple[Any, ...]:
    pieces = list(results.pieces(columns))
    return tuple(
        np.concatenate([piece[name] for piece in pieces]) if pieces else np.zeros(0)
        for name in columns
    )


def _equity(sides: list[Side]) -> Block:
    series = []
    for place, side in enumerate(sides):
        if side.study is None or not side.top:
            continue
        params = Params(**{key: side.top[0][key] for key in PARAMETERS})
        trades = trade_rows(side.study, params)
        if not trades:
            continue
        line = curve(np.array([trade["r"] for trade in trades], np.float64))
        series.append(
            {
                "key": f"{place}",
                "name": f"{side.name} ({side.study.grid.number(side.top[0]):,})",
                "oos": False,
                "strong": True,
                "dates": [trade["date"] for trade in trades],
                "cumulative": shorts(line.cumulative),
                "drawdown": shorts(line.drawdown),
            }
        )
    if not series:
        return Paragraph(
            "There is no equity to show: no trades, or none of the bars that they were made on."
        )
    label = "Equity and drawdown of both"
    return Figure("figure-equity", "equity", label, {"series": series}, 520)


def _total_r(side: Side) -> Iterator[NDArray[np.float64]]:
    return (piece["total_r"] for piece in side.results.pieces(("total_r",)))


def _distribution(sides: list[Side]) -> Block:
    """Shares of the combinations by total R, both runs in one picture."""
    traces = []
    for side in sides:
        if side.manifest["kept"] != "all":
            continue
        result = distribution(partial(_total_r, side))
        if result is None:
            continue
        width = (result.greatest - result.least) / result.counts.size
        middles = result.least + (np.arange(result.counts.size) + 0.5) * width
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": side.name,
                "x": shorts(middles),
                "y": shorts(100 * result.counts / result.total),
                "line": {"shape": "hvh"},
            }
        )
    if not traces:
        return Paragraph("Both runs kept their best rows only: there is nothing to compare.")
    data = {"x": "Total R", "y": "Share of the combinations, %", "traces": traces}
    label = "Distribution of total R of both runs"
    return Figure("figure-distributions", "traces", label, data, 340)
