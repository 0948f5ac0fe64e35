"""What was tried on other days and under other conditions, from the files in the run directory."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from params_optimizer.orchestrator.study import Study
from params_optimizer.reports.excel.sheet import Sheet, lines_of
from params_optimizer.reports.excel.style import LINE, MUTED, UNTOUCHED, number_format
from params_optimizer.reports.labels import PARAMETERS, in_line, split

_WIDTH = 13
_ACROSS = 14  # last column of headings and sentences
_FIGURES = ("total_r", "total_trades", "winrate", "sharpe_ratio", "max_drawdown")
_LUCK = (
    *("probabilistic_sharpe", "deflated_sharpe", "deflated_sharpe_effective"),
    *("bootstrap_loss_probability", "bootstrap_total_r_low", "bootstrap_total_r_high"),
    *("plateau_neighbours", "plateau_mean", "plateau_worst", "plateau_score"),
)
_ROWS = 30
_WORDS = {
    "metric": "Best by",
    "mean_beaten": "Share of the grid left behind (chance: 0.5)",
    "rank_correlation": "Rank correlation (1 same order, 0 none)",
    "positive_window_rate": "Share of windows with a profit",
    "total_oos_r": "Total R out of sample",
    "total_oos_profit": "Profit out of sample",
    "oos_days": "Trading days out of sample",
    "average_oos_sharpe": "Sharpe out of sample, average of windows",
    "std_oos_profit": "Profit of a window, deviation",
    "efficiency": "R per day, share of that in sample",
    "key": "Parameter",
    "mode": "Most frequent",
    "distinct": "Values",
    "coming": "Kind of the next day",
    "luck": "Chance that switching gains nothing (share of 1)",
    "unlabelled_days": "Days without a kind (days)",
    "unseen_days": "Days of a kind without a choice of its own (days)",
    "different_days": "Days on which the two differ (days)",
    "own_days": "Days with its own choice",
    "one": "One for all: combination",
    "one_total_r": "One for all: total R",
    "switched_total_r": "Switched: total R",
    "one total_r": "One for all: total R",
    "one total_trades": "One for all: trades",
    "one winrate": "One for all: win rate %",
    "one sharpe_ratio": "One for all: Sharpe ratio",
    "one max_drawdown": "One for all: max. drawdown R",
    "switched total_r": "Switched: total R",
    "switched total_trades": "Switched: trades",
    "switched winrate": "Switched: win rate %",
    "switched sharpe_ratio": "Switched: Sharpe ratio",
    "switched max_drawdown": "Switched: max. drawdown R",
    "as_tested": "As tested (R)",
    "spread_x1_5": "Spread × 1.5 (R)",
    "spread_x2": "Spread × 2 (R)",
    "spread_x3": "Spread × 3 (R)",
    "slippage": "One tick of slippage a fill (R)",
    "pessimistic": "Pessimistic fills (R)",
    "pessimistic_slippage_spread_x2": "Pessimistic fills, slippage and spread × 2 (R)",
    "spread": "Spread (points)",
    "profitable": "Combinations above 0 R",
    "best_total_r": "Best total R",
    "probabilistic_sharpe": "Probabilistic Sharpe (share of 1)",
    "deflated_sharpe": "Deflated Sharpe, all tries (share of 1)",
    "deflated_sharpe_effective": "Deflated Sharpe, independent tries (share of 1)",
    "bootstrap_loss_probability": "Chance of a loss (share of 1)",
    "bootstrap_total_r_low": "Total R, low end of 95 %",
    "bootstrap_total_r_high": "Total R, high end of 95 %",
    "plateau_mean": "Neighbours: mean total R",
    "plateau_worst": "Neighbours: worst total R",
    "probability": "Probability of overfitting (share of 1)",
    "loss_probability": "Chance of a loss on the other days (share of 1)",
    "standard_error": "Standard error (share of 1)",
    "looked_at": "Looked at (sample or full)",
    "slope": "Slope, other days against chosen",
}
"""Names in the files that do not speak for themselves."""
_AS_GIVEN = {"mode", "least", "greatest"}


class Part(NamedTuple):
    """A part of the sheet: sentences, facts (name and value), and tables by title."""

    title: str
    sentences: list[str]
    facts: dict[str, object]
    tables: dict[str, list[dict[str, object]]]


_TITLES = {
    "holdout": "Holdout",
    "walk_forward": "Walk-forward",
    "regimes": "Regimes",
    "robustness": "Robustness",
}
"""Parts by what their files are called."""
_HOW = {
    "--holdout-from DATE": "what the best of the days before a date do from it on",
    "--walk-forward": "the same again and again, window after window",
    "--by-regime volatility": "the best of calm and of wild days, and whether switching pays",
}


def write_validation(sheet: Sheet, study: Study, folder: Path) -> None:
    """One part for each file that is there; else what can be asked for."""
    pen = sheet.pen
    sheet.page.hide_gridlines(2)
    sheet.page.set_column(0, 0, 42, pen.form())
    sheet.page.set_column(1, 30, _WIDTH, pen.form())
    sheet.put(
        0, f"{study.symbol}: what was tried on other days, and under other conditions", pen.title
    )
    sheet.end(24)
    if study.bars.generated:
        sheet.add(["GENERATED SAMPLE DATA"], pen.form(bold=True))
    parts = [part for kind in _TITLES if (part := _part(study.symbol, kind, folder))]
    if not parts:
        sheet.add(["Nothing yet: this run was only searched."], pen.note)
        for option, meaning in _HOW.items():
            sheet.add([option, meaning], pen.form(bold=True), pen.form())
    for part in parts:
        _write(sheet, part)


def _part(symbol: str, kind: str, folder: Path) -> Part | None:
    path, title = folder / f"{symbol}_{kind}.json", _TITLES[kind]
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError):
        return Part(title, [f"{path.name} cannot be read; make it anew."], {}, {})
    if not isinstance(content, dict):
        return Part(title, [f"{path.name} is no such file; make it anew."], {}, {})
    return _READERS[kind](title, content)


def _holdout(title: str, content: Mapping[str, Any]) -> Part:
    tables = {
        "The best in sample, and what became of them": [
            _row(
                one,
                ("rank", "combination", "in_sample_value", "out_sample_value", "out_sample_place"),
                ("in_sample", "out_sample"),
            )
            for one in _list(content, "top")
        ],
        "Decay of the averages": [_decay(one) for one in _list(content, "decay")],
    }
    return Part(title, _notes(content), _facts(content), tables)


def _decay(content: Mapping[str, Any]) -> dict[str, object]:
    """A line of the decay table; its figure by the name that people know."""
    row = _flat(content)
    return {"figure": in_line(str(row.pop("metric", ""))), **row}


def _walk_forward(title: str, content: Mapping[str, Any]) -> Part:
    windows = [
        {
            **_row(one, ("window",), ()),
            **_span("in_sample", one),
            **_span("out_sample", one),
            **_row(one, ("combination", "eligible"), ("in_sample", "out_sample")),
        }
        for one in _list(content, "windows")
    ]
    tables = {
        "Windows": windows,
        "All out-of-sample trades together": [_figures(content.get("stitched"))],
        "How the winners' parameters move": [_flat(one) for one in _list(content, "stability")],
    }
    facts = {**_facts(content), **_facts(_dict(content, "summary"))}
    return Part(title, _notes(content), facts, tables)


def _regimes(title: str, content: Mapping[str, Any]) -> Part:
    winners = []
    for one in _list(content, "winners"):
        base = _row(one, ("chosen_on", "combination", "eligible"), ())
        for regime, figures in _dict(one, "figures").items():
            if isinstance(figures, dict):
                winners.append({**base, "regime": regime, **_figures(figures)})
    tables = {
        "Trading days of each regime": [_dict(content, "days")],
        "The best of each regime, in each regime": winners,
        "One combination, or one for each regime": [
            _flat(one) for one in _list(content, "results")
        ],
        "Windows": [_flat(one) for one in _list(content, "windows")],
    }
    facts = {**_facts(content), **_facts(_dict(content, "comparison"))}
    return Part(title, _notes(content), facts, tables)


def _robustness(title: str, content: Mapping[str, Any]) -> Part:
    subjects = _list(content, "combinations")
    kept = ("scope", "rank", "combination", "trials")
    tables = {
        "Luck: the best of the ranking and of each variation": [
            _row(one, (*kept, *_LUCK), ()) for one in subjects
        ],
        "Costs and fills: total R": [
            {
                **_row(one, kept[:3], ()),
                **{
                    name: figures.get("total_r")
                    for name, figures in _dict(one, "stress").items()
                    if isinstance(figures, dict)
                },
            }
            for one in subjects
        ],
        "Combinations that survive their costs": [_flat(one) for one in _list(content, "costs")],
        "Probability of backtest overfitting": [_overfitting(_dict(content, "pbo"))],
    }
    sentences = [str(one) for one in content.get("verdict") or [] if isinstance(one, str)]
    return Part(title, [*sentences, *_notes(content)], _facts(content), tables)


def _overfitting(pbo: Mapping[str, Any]) -> dict[str, object]:
    """Its `mode` is how much of the grid was looked at, not a most frequent value."""
    return {("looked_at" if name == "mode" else name): one for name, one in _flat(pbo).items()}


def judged(symbol: str, folder: Path) -> list[str] | None:
    """The sentences of `--robustness`, its conclusion first; None without its file."""
    part = _part(symbol, "robustness", folder)
    if part is None:
        return None
    ends = [text for text in part.sentences if text.startswith("Conclusion: ")]
    return [*ends, *(text for text in part.sentences if text not in ends)]


_READERS = {
    "holdout": _holdout,
    "walk_forward": _walk_forward,
    "regimes": _regimes,
    "robustness": _robustness,
}
_SAID_ELSEWHERE = {"symbol", "generated_data"}


def _list(content: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = content.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _dict(content: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = content.get(name)
    return found if isinstance(found, dict) else {}


def _notes(content: Mapping[str, Any]) -> list[str]:
    found = content.get("notes")
    return [str(one) for one in found] if isinstance(found, list) else []


def _facts(content: Mapping[str, Any]) -> dict[str, object]:
    """The plain values, and spans of days as one text."""
    found: dict[str, object] = {}
    for name, value in content.items():
        if isinstance(value, dict) and {"first", "last", "days"} <= set(value):
            found[name] = f"{value['first']} to {value['last']}, {value['days']} trading days"
        elif not isinstance(value, dict | list) and name not in _SAID_ELSEWHERE:
            found[name] = value
    return found


def _flat(content: Mapping[str, Any]) -> dict[str, object]:
    """Plain values, those of an inner object beside them; lists are left to the file."""
    found: dict[str, object] = {}
    for name, value in content.items():
        if isinstance(value, dict):
            shown = _figures(value) if "total_r" in value else value
            found |= {f"{name} {key}": inner for key, inner in shown.items() if _plain(inner)}
        elif _plain(value):
            found[name] = value
    return found


def _plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | float)


def _row(
    content: Mapping[str, Any], names: Sequence[str], samples: Sequence[str]
) -> dict[str, object]:
    """Some values of an object, then the figures of its samples."""
    row: dict[str, object] = {name: content.get(name) for name in names if name in content}
    for sample in samples:
        figures = _figures(content.get(sample))
        row |= {f"{sample} {name}": figures.get(name) for name in _FIGURES}
    return row


def _figures(found: object) -> dict[str, object]:
    if not isinstance(found, dict):
        return {}
    return {name: found[name] for name in _FIGURES if name in found}


def _span(sample: str, content: Mapping[str, Any]) -> dict[str, object]:
    days = _dict(content, f"{sample}_days")
    return {f"{sample} {what}": days.get(what) for what in ("first", "last", "days")}


def _write(sheet: Sheet, part: Part) -> None:
    pen = sheet.pen
    sheet.end(8)
    for place in range(_ACROSS + 1):
        sheet.put(place, part.title if not place else None, pen.section)
    sheet.end(22)
    for text in part.sentences:
        sheet.across(0, _ACROSS, text, pen.form(text_wrap=True, valign="top"))
        sheet.end(15.5 * lines_of([42, *[_WIDTH] * _ACROSS], text))
    for name, value in part.facts.items():
        sheet.put(0, heading_of(name), pen.form(font_color=MUTED, bottom=1, bottom_color=LINE))
        sheet.put(1, _value(value), pen.form(num_format=_form(name, value), align="left"))
        sheet.end()
    for title, rows in part.tables.items():
        _table(sheet, title, [row for row in rows if row])


def _table(sheet: Sheet, title: str, rows: Sequence[Mapping[str, object]]) -> None:
    if not rows:
        return
    pen, columns = sheet.pen, list(dict.fromkeys(name for row in rows for name in row))
    sheet.end(8)
    sheet.add([title], pen.form(bold=True))
    for place, name in enumerate(columns):
        sheet.put(place, heading_of(name), pen.head("right" if place else "left"))
    sheet.end(48 if max(len(heading_of(name)) for name in columns[1:] or columns) <= 30 else 80)
    for row in rows[:_ROWS]:
        for place, name in enumerate(columns):
            value = row.get(name)
            if name == "key" and value in PARAMETERS:
                value = in_line(str(value))
            align = "right" if place and not isinstance(value, str) else "left"
            sheet.put(place, _value(value), pen.cell(_form(name, value), align))
        sheet.end()
    if len(rows) > _ROWS:
        sheet.add([f"and {len(rows) - _ROWS:,} more in the file"], pen.note)


def heading_of(name: str) -> str:
    """`out_sample total_r` as `Out of sample: total R`; other names as words."""
    for prefix, words in (("in_sample", "In sample"), ("out_sample", "Out of sample")):
        rest = name.removeprefix(prefix)
        if name == prefix:
            return words
        if name.startswith(prefix) and rest:
            inner = heading_of(rest[1:])
            return f"{words}: {inner if rest[0] == ' ' else inner.lower()}"
    _, figure = split(name)
    if name in _WORDS:
        return _WORDS[name]
    if figure in _FIGURES or figure in ("combination", "rank"):
        return in_line(name)
    words = name.replace("_", " ").capitalize()
    return words.replace("sharpe", "Sharpe").replace(" r ", " R ")


def _value(value: object) -> object:
    if isinstance(value, str | int | float) or value is None:
        return value
    return str(value)


def _form(name: str, value: object) -> str:
    """Figures as everywhere, shares as they are in the file, counts as counts."""
    last = name.rpartition(" ")[2]
    if isinstance(value, bool):
        return number_format("rev_rb_enabled")
    if last in _AS_GIVEN:
        return UNTOUCHED
    known = number_format(last)
    if known != UNTOUCHED or not isinstance(value, float):
        return known if not isinstance(value, int) else _whole(last)
    return "0.0000" if abs(value) < 10 else "#,##0.00"


def _whole(name: str) -> str:
    return "0" if name in ("combination", "rank", "window", "seed") else "#,##0"
