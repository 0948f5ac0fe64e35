"""What the validation files of a run say, as text, tables and data for pictures.

Each file that is there makes one part of the page. To add one: a function from its content
to a `Part`, and a line in `FURTHER`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from params_optimizer.reports.html.material import Content, RunFiles, from_file, short
from params_optimizer.reports.html.parts import (
    Part,
    border_table,
    number_of,
    part_of,
    searched,
    shown_number,
)
from params_optimizer.reports.html.regimes import regimes, regimes_in_short
from params_optimizer.reports.html.robustness import robustness
from params_optimizer.reports.html.words import NOTHING, figure, percent, setting

HOLDOUT_ROWS = 10
_METRICS = ("total_r", "total_trades", "winrate", "sharpe_ratio")
_METRIC_HEADS = ("Total R", "Trades", "Win %", "Sharpe")
_OPTIONS = {
    "holdout": ("Choosing on the days before a date, looking after it:", "--holdout-from DATE"),
    "walk_forward": ("Choosing anew for each stretch of days:", "--walk-forward"),
    "regimes": ("The best in each kind of market:", "--by-regime volatility"),
    "robustness": ("How likely the best is luck:", "--robustness"),
}

FURTHER: Mapping[str, Callable[[Content], Part]] = {
    "robustness": robustness,
    "regimes": regimes,
}
"""By file: what makes a part of its content."""


def holdout(material: RunFiles) -> Part | None:
    """The part of `--holdout-from`."""
    return part_of(material, "holdout", _holdout)


def walk_forward(material: RunFiles) -> Part | None:
    """The part of `--walk-forward`."""
    return part_of(material, "walk_forward", _walk_forward)


def further(material: RunFiles) -> list[Part]:
    """The parts of the other files that are there."""
    found = (part_of(material, name, make) for name, make in FURTHER.items())
    return [one for one in found if one]


def missing(material: RunFiles) -> list[Content]:
    """What was not done, and the option that does it."""
    return [
        {"text": text, "option": option}
        for name, (text, option) in _OPTIONS.items()
        if not material.path(f"{name}.json").exists()
    ]


def evidence(material: RunFiles) -> list[Content]:
    """What other days say about the winner, in a sentence each, good, bad or open."""
    found: list[Content] = []
    held, walked = material.json("holdout"), material.json("walk_forward")
    by_regime = material.json("regimes")
    if held:
        found.append(from_file(material.path("holdout.json"), lambda: _held_in_short(held)))
    if walked:
        path = material.path("walk_forward.json")
        found.append(from_file(path, lambda: _walked_in_short(walked)))
    if by_regime:
        path = material.path("regimes.json")
        found += from_file(path, lambda: {"lines": regimes_in_short(by_regime)})["lines"]
    if material.unfinished:  # these searched it all themselves
        return [{**one, "name": f"{one['name'][:-1]}, of the whole grid:"} for one in found]
    return found


def _held_in_short(held: Content) -> Content:
    if not held["top"]:
        text = f"no trial had enough trades before {held['holdout_from']}: nothing could be chosen."
        return {"name": "Holdout:", "text": text, "tone": "bad"}
    first = held["top"][0]["out_sample"]
    text = (
        f"from {held['holdout_from']} on, days it was not chosen on, the winner of the days "
        f"before made {figure('total_r', first['total_r'])} R in {first['total_trades']:,} trades; "
        f"the best {len(held['top'])} beat {_beaten(held)} of the {_rivals(held)} "
        f"there on average (chance: 50 %)."
    )
    tone = "good" if first["total_r"] > 0 and (held["mean_beaten"] or 0.0) > 0.5 else "bad"
    return {"name": "Holdout:", "text": text, "tone": tone}


def _beaten(content: Content) -> str:
    share = content["mean_beaten"]
    return "an unknown share" if share is None else percent(share)


def _rivals(content: Content) -> str:
    """All that the best of a holdout were chosen of."""
    return "trials" if searched(content) else "grid"


def _walked_in_short(walked: Content) -> Content:
    summary = walked["summary"]
    text = (
        f"chosen anew {summary['windows']} times and traded on the days after, it made "
        f"{figure('total_r', summary['total_oos_r'])} R in "
        f"{walked['stitched']['total_trades']:,} trades, with a profit in "
        f"{percent(summary['positive_window_rate'])} of the windows."
    )
    good = summary["total_oos_r"] > 0 and summary["positive_window_rate"] > 0.5
    return {"name": "Walk-forward:", "text": text, "tone": "good" if good else "bad"}


def _holdout(content: Content) -> Part:
    before, after = content["in_sample_days"], content["out_sample_days"]
    correlation = content["rank_correlation"]
    words = [
        f"Chosen by {content['metric']} on {before['days']:,} trading days ({before['first']} to "
        f"{before['last']}), looked at on {after['days']:,} ({after['first']} to {after['last']}).",
        f"The order of the {_rivals(content)} "
        + (
            "cannot be compared: all values of one side are equal."
            if correlation is None
            else f"on both sides has a rank correlation of {correlation:.2f} "
            f"(1: the same order, 0: no relation)."
        )
        + f" Out of sample the best {len(content['top'])} beat {_beaten(content)} "
        f"of the {_rivals(content)} on average; chance gives 50 %.",
        *content["notes"],
    ]
    unit = "Trial" if searched(content) else "Combination"
    head = ["#", unit, *(f"{name} in" for name in _METRIC_HEADS)]
    head += [*(f"{name} out" for name in _METRIC_HEADS), "Place out"]
    rows = [
        [
            f"{one['rank']}",
            shown_number(one),
            *(figure(name, one["in_sample"][name]) for name in _METRICS),
            *(figure(name, one["out_sample"][name]) for name in _METRICS),
            NOTHING if one["out_sample_place"] is None else f"{one['out_sample_place']:,}",
        ]
        for one in content["top"][:HOLDOUT_ROWS]
    ]
    top = [
        [number_of(one), *(short(one[side]["total_r"]) for side in ("in_sample", "out_sample"))]
        for one in content["top"]
    ]
    borders = {"Winner, out of sample": content.get("borders")}
    said = {
        "from": content["holdout_from"],
        "words": words,
        "head": head,
        "rows": rows,
        "borders": border_table(borders, content.get("border", "")),
    }
    return Part(said, {"top": top})


def _walk_forward(content: Content) -> Part:
    summary = content["summary"]
    words = [
        f"{summary['windows']} windows of {content['in_sample_days']} trading days in sample and "
        f"{content['out_sample_days']} out of sample; each {_each_window(content)} "
        f"and took the best by {content['metric']}.",
        f"Out of sample: {figure('total_r', summary['total_oos_r'])} R "
        f"({figure('total_profit', summary['total_oos_profit'])} of account currency) on "
        f"{summary['oos_days']:,} days, largest drawdown "
        f"{figure('max_drawdown', content['stitched']['max_drawdown'])} R, Sharpe ratio "
        f"{figure('sharpe_ratio', content['stitched']['sharpe_ratio'])}; "
        f"{percent(summary['positive_window_rate'])} of the windows with a profit; efficiency "
        f"{_efficiency(summary['efficiency'])}.",
        *content["notes"],
    ]
    head = ["#", "Out of sample", "Days", "Winner", *(f"{name} in" for name in _METRIC_HEADS)]
    head += [f"{name} out" for name in _METRIC_HEADS]
    said = {
        "words": words,
        "head": head,
        "rows": [_window(one) for one in content["windows"]],
        "stability_head": ["Parameter", "Most frequent", "Share", "Values", "From", "To"],
        "borders": border_table({"All windows": content.get("borders")}, content.get("border", "")),
        "stability": [
            [
                one["key"],
                setting(one["mode"]),
                percent(one["share"]),
                f"{one['distinct']}",
                *("" if one[end] is None else f"{one[end]:g}" for end in ("least", "greatest")),
            ]
            for one in content["stability"]
        ],
    }
    return Part(said, [_bars(one) for one in content["windows"]])


def _each_window(content: Content) -> str:
    count = f"{content['trials_per_window']:,}"
    if searched(content):
        return f"searched by itself with {count} trials"
    return f"tried all {count} combinations"


def _efficiency(value: float | None) -> str:
    if value is None:
        return "not defined: the winners earned nothing in sample"
    return f"{percent(value)} of the in-sample R per trading day"


def _window(one: Mapping[str, Any]) -> list[str]:
    days = one["out_sample_days"]
    inside, outside = one["in_sample"] or {}, one["out_sample"] or {}
    return [
        f"{one['window']}",
        f"{days['first']} to {days['last']}",
        f"{days['days']}",
        shown_number(one),
        *(figure(name, inside.get(name)) for name in _METRICS),
        *(figure(name, outside.get(name)) for name in _METRICS),
    ]


def _bars(one: Mapping[str, Any]) -> Content:
    days = one["out_sample_days"]
    bars: Content = {"window": one["window"], "dates": f"{days['first']} to {days['last']}"}
    for side in ("in_sample", "out_sample"):
        total = one[side]["total_r"] if one[side] else None
        bars[f"{side}_total"] = short(total)
        bars[side] = None if total is None else short(total / one[f"{side}_days"]["days"])
    return bars
