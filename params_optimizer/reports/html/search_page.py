"""The page of a search: everything that is known of it, from the rooms that the files come from."""

from pathlib import Path

from params_optimizer.orchestrator.search_outcome import SearchOutcome
from params_optimizer.reports.html import robustness, trading, validation
from params_optimizer.reports.html.material import Content
from params_optimizer.reports.html.page import judgement, render
from params_optimizer.reports.html.search import course, sentences, words
from params_optimizer.reports.html.search import landscape as pictures_of_trials
from params_optimizer.reports.html.search import trading as search_trading
from params_optimizer.reports.html.search.landscape import SearchLandscape
from params_optimizer.reports.html.search.material import SearchMaterial
from params_optimizer.reports.html.words import label
from params_optimizer.search.trial import Trial
from params_optimizer.storage import files

_SECTIONS = {
    "verdict": "Verdict",
    "best": "Best",
    "top": "Top ten",
    "history": "History",
    "effects": "Parameters",
    "front": "Front",
    "distribution": "Distribution",
    "heat": "Heat map",
    "parallel": "Side by side",
    "plateau": "Plateau",
    "equity": "Equity",
    "validation": "Other days",
    "trades": "Trades",
    "failures": "Failures",
}


def write_search_page(outcome: SearchOutcome, folder: Path) -> list[Path]:
    """Write `{M}_report.html` into the folder of a search, and pictures of it beside.

    Raises:
        DamagedFileError: a validation file of the folder cannot be read.
        StorageError: a file cannot be written.
    """
    from params_optimizer.reports.html.search.pictures import write_pictures

    material = SearchMaterial(outcome, folder)
    landscape = SearchLandscape(material)
    series = search_trading.series_of(material)
    path = material.path("report.html")
    files.write_text(path, search_page(material, landscape, series))
    return [path, *write_pictures(material, landscape, series)]


def search_page(
    material: SearchMaterial, landscape: SearchLandscape, series: list[trading.Series]
) -> str:
    """The page as text."""
    front = course.front(material)
    data = _data(material, landscape, series, front)
    held, walked = validation.holdout(material), validation.walk_forward(material)
    further = validation.further(material)
    data["holdout"], data["walk_forward"] = (one.data if one else None for one in (held, walked))
    data["further"] = [picture for one in further for picture in one.data]
    has = _has(data, material)
    failures = course.failures(material)
    context = _head(material) | _verdict(material) | sentences.landscape_words(material, data)
    context |= {
        "sections": _sections(has, failed=bool(failures)),
        "best": words.best_of(material, material.best) if material.best else None,
        "top": words.trial_table(material, material.ranking[: words.TOP]),
        "front": words.trial_table(material, front[: words.FRONT]),
        "front_words": sentences.front_words(front),
        "first_goal": label(material.goals[0]),
        "importance_height": 70 + 30 * min(len(landscape.factors), 15),
        "holdout": held.template if held else None,
        "walk_forward": walked.template if walked else None,
        "further": [one.template for one in further],
        "missing": validation.missing(material),
        "missing_words": "Not done with this search; each can be added to the same command:",
        "evidence": validation.evidence(material),
        "failures": failures,
        "equity_words": (
            "Click a name in the legend to hide or show its line. Dotted: days that had no say in "
            "the choice. R is the risk of one trade."
        ),
        "trades_words": sentences.trades_words(data),
        "chart": "Trade",
        "chart_label": "Candles around a trade with entry and exit",
        "has": has,
        "data": data,
    }
    return render("search.html.j2", context)


def _data(
    material: SearchMaterial,
    landscape: SearchLandscape,
    series: list[trading.Series],
    front: list[Trial],
) -> Content:
    best = material.best
    data: Content = {
        "unit": "trial",
        "grid": pictures_of_trials.content(landscape, material),
        "history": course.history(material),
        "importance": course.importance(material),
        "pareto": course.pareto(material, front) if front else None,
        "equity": trading.content(series),
        "thresholds": {},
    }
    if best:
        data["best"] = {name: material.value(best, name) for name in material.metrics}
        data["charts"] = search_trading.charts_content(material, series[0].rows)
    if noise := robustness.noise(material):
        data["thresholds"]["sharpe_ratio"] = noise[0]
    return data


def _head(material: SearchMaterial) -> Content:
    outcome = material.outcome
    name, tried = material.folder.resolve().name, words.count(len(outcome.trials), "trial")
    return {
        "title": f"{material.market} report, {name}",
        "brand": material.market,
        "kind": name,
        "symbol": material.market,
        "searched": f"{outcome.strategy}, {outcome.method}, {tried}",
        "generated": outcome.bars.generated,
        "unfinished": outcome.unfinished,
        "facts": words.facts(material),
        "unit": "trial",
        "counted": "complete",
        "eligible": f"{len(material.ranking):,}",
        "footer": (
            f"{name}. R is the risk of one trade. Numbers are those of the files in the search's "
            f"folder; what they mean stands in docs/results.md and docs/reading-the-report.md."
        ),
    }


def _verdict(material: SearchMaterial) -> Content:
    best = material.best
    if best is None:
        said = words.nothing_found(material)
        return {"tone": "bad", "headline": "No trial is complete", "verdict": said}
    judged = robustness.judged(material)
    found = judgement(material.tried, best.metrics["total_r"], judged or words.luck(material))
    return {**found, "verdict": [words.searched(material), *found["verdict"]]}


def _has(data: Content, material: SearchMaterial) -> Content:
    grid, found = data["grid"], bool(material.ranking)
    return {
        "best": found,
        "history": any(trial.losses for trial in material.outcome.trials),
        "importance": any(one["shares"] for one in data["importance"]),
        "pareto": bool(data["pareto"]),
        "distribution": bool(grid["distributions"]),
        "heat": bool(grid["heat"]["maps"]),
        "parallel": len(grid["parallel"]["rows"]) > 1 and bool(grid["varying"]),
        "around": "around" in grid,
        "equity": bool(data["equity"]["series"]),
        "charts": found and bool(data["charts"]["trades"]),
    }


def _sections(has: Content, *, failed: bool) -> list[Content]:
    """What the page has, in its order."""
    found = has["best"]
    shown = {
        "verdict": True,
        "validation": True,
        "failures": failed,
        "history": has["history"],
        "front": has["pareto"],
        "distribution": has["distribution"],
        "parallel": has["parallel"],
        "trades": has["charts"],
    }
    return [
        {"key": key, "short": short} for key, short in _SECTIONS.items() if shown.get(key, found)
    ]
