"""The page of a run: everything that is known of it, from the rooms that the files come from."""

import json
from collections.abc import Mapping
from functools import cache
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from params_optimizer.engine.metrics_calculator import TRADES_PER_YEAR
from params_optimizer.orchestrator.outcome import Outcome
from params_optimizer.reports.html import landscape as grid_pictures
from params_optimizer.reports.html import robustness, trading, validation, words
from params_optimizer.reports.html.landscape import Landscape
from params_optimizer.reports.html.material import Content, Material
from params_optimizer.reports.summary import TOP, summary, verdict
from params_optimizer.storage import files
from params_optimizer.validation.sharpe import expected_maximum_sharpe

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES = Path(__file__).parent / "template"
_SECTIONS = {
    "verdict": "Verdict",
    "best": "Best",
    "top": "Top ten",
    "distribution": "Distribution",
    "heat": "Heat map",
    "effects": "Parameters",
    "parallel": "Side by side",
    "plateau": "Plateau",
    "equity": "Equity",
    "validation": "Other days",
    "trades": "Trades",
}


def write_page(outcome: Outcome, folder: Path) -> list[Path]:
    """Write `{SYMBOL}_report.html` into the folder of a run, and pictures of it beside.

    Raises:
        DamagedFileError: a validation file of the folder cannot be read.
        StorageError: a file cannot be written.
    """
    from params_optimizer.reports.html.pictures import write_pictures

    material = Material(outcome, folder)
    landscape = Landscape(material)
    series = trading.series_of(material)
    path = material.path("report.html")
    files.write_text(path, run_page(material, landscape, series))
    return [path, *write_pictures(material, landscape, series)]


def run_page(material: Material, landscape: Landscape, series: list[trading.Series]) -> str:
    """The page as text."""
    outcome, study = material.outcome, material.study
    numbers = outcome.ranking.combination.tolist()
    top = outcome.rows(numbers[:TOP])
    scores = outcome.ranking.score[:TOP].tolist()
    data: Content = {"grid": grid_pictures.content(landscape, outcome)}
    data["equity"] = trading.content(series)
    if top:
        best = study.params(numbers[0])
        data["best"] = {**top[0], "score": scores[0]}
        data["days"] = trading.days_content(study, best, series[0].rows)
        data["thresholds"] = thresholds(material, data["grid"])
    held, walked = validation.holdout(material), validation.walk_forward(material)
    further = validation.further(material)
    data["holdout"], data["walk_forward"] = (one.data if one else None for one in (held, walked))
    data["further"] = [picture for one in further for picture in one.data]
    context = _head(material) | _verdict(material, top)
    context |= _landscape_words(material, landscape, data)
    context |= {
        "best": words.best_of(top[0], scores[0]) if top else None,
        "top": words.top_table(top, scores),
        "variations": words.variation_table(outcome) if top else None,
        "eligible": f"{outcome.ranking.eligible:,}",
        "unit": "combination",
        "counted": "ranked",
        "holdout": held.template if held else None,
        "walk_forward": walked.template if walked else None,
        "further": [one.template for one in further],
        "missing": validation.missing(material),
        "missing_words": "Not done with this run:",
        "evidence": validation.evidence(material),
        "equity_words": (
            f"In brackets the number of the combination; of a variation only its own trades count. "
            f"Click a name in the legend to hide or show its line. R is the risk of one trade: "
            f"here {study.risk_money:,.0f} of account currency."
        ),
        "chart": "Day",
        "chart_label": "Candles of a day with Initial Balance, entry, stop, target and exit",
        "has": _has(data, bool(top)),
        "trades_words": _trades_words(data),
        "parallel_count": f"{len(data['grid']['parallel']['rows']):,}",
        "data": data,
    }
    return render("run.html.j2", context)


def render(template: str, context: Mapping[str, Any]) -> str:
    """A page of this folder's templates; everything in `context` is text, never markup."""
    from markupsafe import Markup

    own = {name: Markup((_TEMPLATES / file).read_text("utf-8")) for name, file in _FILES.items()}  # noqa: S704  our own files
    return _environment().get_template(template).render(plotly=Markup(_plotly()), **own, **context)  # noqa: S704


_FILES = {"css": "style.css", "javascript": "figures.js", "search_javascript": "search.js"}


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    compact = {"separators": (",", ":"), "allow_nan": False, "sort_keys": False}
    made.policies["json.dumps_kwargs"] = compact
    made.policies["json.dumps_function"] = json.dumps
    return made


def _plotly() -> str:
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())


def thresholds(material: Material, grid: Content) -> dict[str, float]:
    """The best Sharpe ratio to expect of as many tries without any skill.

    Of the independent ones, where `--robustness` has counted them; else every combination
    counts as a try of its own, which is the careful side.
    """
    if known := robustness.noise(material):
        return {"sharpe_ratio": known[0]}
    found = grid["distributions"].get("sharpe_ratio")
    if not found or found["total"] < 2 or not found["variance"]:
        return {}
    expected = expected_maximum_sharpe(float(material.tried), found["variance"] / TRADES_PER_YEAR)
    return {"sharpe_ratio": float(expected) * sqrt(TRADES_PER_YEAR)}


def _noise_words(material: Material, data: Content) -> str:
    noise = data["thresholds"].get("sharpe_ratio")
    if noise is None:
        return ""
    line = (
        f"The dashed line is known for the Sharpe ratio only, not for the score or another metric. "
        f"It stands at {noise:.2f}, the best Sharpe ratio to expect of"
    )
    known = robustness.noise(material)
    if known:
        return f"{line} {known[1]:,.0f} independent tries without skill, what this grid amounts to."
    return (
        f"{line} {material.tried:,} independent tries without any skill. Neighbours "
        f"trade nearly alike, so that fewer of them are independent, and the true line lies "
        f"further left."
    )


def _head(material: Material) -> Content:
    study = material.study
    facts, warnings = words.facts(study)
    done, of = len(material.outcome.results), len(study.grid)
    unfinished = ""
    if material.unfinished:
        unfinished = (
            f"Unfinished run: {done:,} of {of:,} combinations are done. The ranking and all "
            f"its figures are of these alone and may change; holdout, walk-forward and regimes, "
            f"where they are shown, searched the whole grid. The command that started the run "
            f"goes on with it."
        )
    name = material.folder.resolve().name
    return {
        "title": f"{study.symbol} report, {name}",
        "brand": study.symbol,
        "kind": name,
        "symbol": study.symbol,
        "combinations": f"{of:,} combination{'s' if of != 1 else ''}",
        "generated": study.bars.generated,
        "unfinished": unfinished,
        "facts": facts,
        "warnings": warnings,
        "footer": (
            f"{name}. R is the risk of one trade. Numbers are those of the files in the run's "
            f"folder; what they mean stands in docs/results.md and docs/reading-the-report.md."
        ),
    }


def _verdict(material: Material, top: list[dict[str, Any]]) -> Content:
    outcome = material.outcome
    if not top:
        return {
            "tone": "bad",
            "headline": "No combination has enough trades",
            "verdict": [summary(outcome).splitlines()[-1]],
            "sections": _sections(empty=True),
        }
    said = robustness.judged(material) or verdict(outcome, top[0])
    total = top[0]["total_r"]
    found = judgement(material.tried, total, said)
    return {**found, "sections": _sections(empty=False)}


def judgement(tried: int, total: float, said: list[str]) -> Content:
    """A headline, its tone and the sentences below, from a verdict that may have a conclusion.

    Without one the headline is what the best of the `tried` ones made, `total` R.
    """
    headline, tone = f"The best of {tried:,} tries made {words.figure('total_r', total)} R", "open"
    if total <= 0:
        headline, tone = "Nothing here earns its costs", "bad"
    if said and said[-1].startswith(_CONCLUSION):
        headline, _, reason = said[-1].removeprefix(_CONCLUSION).partition(". ")
        headline = headline[0].upper() + headline[1:].rstrip(".")
        said = [*said[:-1], *([reason] if reason else [])]
        tone = "open" if "better than" in headline else "bad"
    return {"tone": tone, "headline": headline, "verdict": said}


_CONCLUSION = "Conclusion: "


def _sections(*, empty: bool) -> list[Content]:
    shown = ("verdict", "validation") if empty else tuple(_SECTIONS)
    return [{"key": key, "short": _SECTIONS[key]} for key in shown]


def _has(data: Content, found: bool) -> Content:
    grid = data["grid"]
    return {
        "distribution": bool(grid["distributions"]),
        "heat": bool(grid["heat"]["maps"]),
        "effects": "effects" in grid,
        "parallel": len(grid["parallel"]["rows"]) > 1 and bool(grid["varying"]),
        "around": found and bool(grid["varying"]),
        "equity": bool(data["equity"]["series"]),
        "days": found and bool(data["days"]["trades"]),
    }


def _landscape_words(material: Material, landscape: Landscape, data: Content) -> Content:
    outcome, grid = material.outcome, data["grid"]
    kept = grid_pictures.spread_of_kept(outcome)
    found: Content = {
        "kept": words.kept_table(kept) if kept else None,
        "heat_words": _heat_words(material, landscape, grid),
        "effects_words": _effects_words(material, landscape),
        "plateau_words": [],
        "plateau": None,
        "threshold_words": "",
    }
    if outcome.ranking.combination.size:
        found |= _plateau_words(landscape, outcome)
        found["threshold_words"] = _noise_words(material, data)
    return found


def _heat_words(material: Material, landscape: Landscape, grid: Content) -> str:
    if len(landscape.varying) < 2:
        return "Fewer than two parameters of this grid have more than one value: there is no map."
    if material.study.most is not None:
        return "Of the combinations that were kept; where none was, the cell is empty."
    text = f"Over the {material.outcome.ranking.eligible:,} ranked combinations."
    if grid["heat"]["left_out"]:
        text += f" {grid['heat']['left_out']} pairs with very many values are left out."
    return text


def _effects_words(material: Material, landscape: Landscape) -> str:
    if not landscape.varying:
        return "The grid has one combination: there is nothing to compare."
    if material.complete:
        return "All combinations have the same total R: no parameter makes a difference."
    if material.study.most is not None:
        return "Not known: it takes every row of the grid, and this run kept the best ones only."
    return "Not known yet: it takes every combination of the grid."


def _plateau_words(landscape: Landscape, outcome: Outcome) -> Content:
    found = grid_pictures.plateau_of(landscape, outcome, int(outcome.ranking.combination[0]))
    if found is None:
        return {"plateau_words": ["Not known: not every neighbour of the winner has its row."]}
    whole = found.whole
    if not whole.neighbours or whole.mean is None or whole.worst is None:
        return {"plateau_words": ["The winner has no neighbours in this grid."]}
    text = (
        f"The {whole.neighbours} neighbours one step away make "
        f"{words.figure('total_r', whole.mean)} R on average, the worst "
        f"{words.figure('total_r', whole.worst)} R; the winner makes "
        f"{words.figure('total_r', whole.value)} R."
    )
    if whole.score is not None:
        text += f" Plateau score {whole.score:.2f}: 1 is a plateau, 0 a lone peak."
    rows = [
        [
            key,
            f"{one.neighbours}",
            words.figure("total_r", one.mean),
            words.figure("total_r", one.worst),
            words.figure("", one.score),
        ]
        for key, one in found.by_key.items()
        if one.neighbours
    ]
    head = ["Parameter", "Neighbours", "Their mean R", "Their worst R", "Score"]
    return {"plateau_words": [text], "plateau": {"head": head, "rows": rows}}


def _trades_words(data: Content) -> str:
    days = data.get("days")
    if not days or not days["trades"]:
        return ""
    shown, of = len(days["trades"]), days["of"]
    if shown == of:
        return f"all {of:,} of the best combination"
    return f"the last {shown:,} of {of:,} of the best combination; --trades best writes them all"
