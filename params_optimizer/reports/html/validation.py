"""What the validation files of a run say, as text, tables and data for pictures.

Each file that is there makes one part of the page. To add one: a function from its content
to a `Part`, and a line in `FURTHER`.
"""

from collections.abc import Callable, Mapping, Sequence
from math import sqrt
from typing import Any, NamedTuple

from params_optimizer.engine.metrics import TRADES_PER_YEAR
from params_optimizer.reports.html.material import Content, Material, from_file, short
from params_optimizer.reports.html.words import KEYS, NOTHING, figure, percent

HOLDOUT_ROWS = 10
_METRICS = ("total_r", "total_trades", "winrate", "sharpe_ratio")
_METRIC_HEADS = ("Total R", "Trades", "Win %", "Sharpe")
_OPTIONS = {
    "holdout": ("Choosing on the days before a date, looking after it:", "--holdout-from DATE"),
    "walk_forward": ("Choosing anew for each stretch of days:", "--walk-forward"),
    "regimes": ("The best in each kind of market:", "--by-regime volatility"),
}


class Part(NamedTuple):
    """A part of the page: text, tables and the data of its pictures, if it has any."""

    template: Content
    data: Any = None


def holdout(material: Material) -> Part | None:
    """The part of `--holdout-from`."""
    return _part(material, "holdout", _holdout)


def walk_forward(material: Material) -> Part | None:
    """The part of `--walk-forward`."""
    return _part(material, "walk_forward", _walk_forward)


def further(material: Material) -> list[Part]:
    """The parts of the other files that are there."""
    found = (_part(material, name, make) for name, make in FURTHER.items())
    return [one for one in found if one]


def missing(material: Material) -> list[Content]:
    """What was not done, and the option that does it."""
    return [
        {"text": text, "option": option}
        for name, (text, option) in _OPTIONS.items()
        if not material.path(f"{name}.json").exists()
    ]


def evidence(material: Material) -> list[Content]:
    """What other days say about the winner, in a sentence each, good, bad or open."""
    found = []
    held, walked = material.json("holdout"), material.json("walk_forward")
    if held:
        found.append(from_file(material.path("holdout.json"), lambda: _held_in_short(held)))
    if walked:
        path = material.path("walk_forward.json")
        found.append(from_file(path, lambda: _walked_in_short(walked)))
    return found


def _part(material: Material, name: str, make: Callable[[Content], Part]) -> Part | None:
    content = material.json(name)
    if content is None:
        return None
    made: list[Part] = []

    def build() -> Content:
        made.append(make(content))
        return {}

    from_file(material.path(f"{name}.json"), build)
    return made[0]


def _held_in_short(held: Content) -> Content:
    first = held["top"][0]["out_sample"]
    text = (
        f"from {held['holdout_from']} on, days it was not chosen on, the winner of the days "
        f"before made {figure('total_r', first['total_r'])} R in {first['total_trades']:,} trades; "
        f"the best {len(held['top'])} beat {percent(held['mean_beaten'])} of the grid there on "
        f"average (chance: 50 %)."
    )
    tone = "good" if first["total_r"] > 0 and held["mean_beaten"] > 0.5 else "bad"
    return {"name": "Holdout:", "text": text, "tone": tone}


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
        "The order of the grid "
        + (
            "cannot be compared: all values of one side are equal."
            if correlation is None
            else f"on both sides has a rank correlation of {correlation:.2f} "
            f"(1: the same order, 0: no relation)."
        )
        + f" Out of sample the best {len(content['top'])} beat {percent(content['mean_beaten'])} "
        f"of the grid on average; chance gives 50 %.",
        *content["notes"],
    ]
    head = ["#", "Combination", *(f"{name} in" for name in _METRIC_HEADS)]
    head += [*(f"{name} out" for name in _METRIC_HEADS), "Place out"]
    rows = [
        [
            f"{one['rank']}",
            f"{one['combination']:,}",
            *(figure(name, one["in_sample"][name]) for name in _METRICS),
            *(figure(name, one["out_sample"][name]) for name in _METRICS),
            f"{one['out_sample_place']:,}",
        ]
        for one in content["top"][:HOLDOUT_ROWS]
    ]
    top = [
        [one["combination"], *(short(one[side]["total_r"]) for side in ("in_sample", "out_sample"))]
        for one in content["top"]
    ]
    said = {"from": content["holdout_from"], "words": words, "head": head, "rows": rows}
    return Part(said, {"top": top})


def _walk_forward(content: Content) -> Part:
    summary = content["summary"]
    words = [
        f"{summary['windows']} windows of {content['in_sample_days']} trading days in sample and "
        f"{content['out_sample_days']} out of sample; each tried all "
        f"{content['trials_per_window']:,} combinations and took the best by {content['metric']}.",
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
        "stability": [
            [
                one["key"],
                f"{one['mode']}",
                percent(one["share"]),
                f"{one['distinct']}",
                *("" if one[end] is None else f"{one[end]:g}" for end in ("least", "greatest")),
            ]
            for one in content["stability"]
        ],
    }
    return Part(said, [_bars(one) for one in content["windows"]])


def _efficiency(value: float | None) -> str:
    if value is None:
        return "not defined: the winners earned nothing in sample"
    return f"{percent(value)} of the in-sample R per trading day"


def _window(one: Mapping[str, Any]) -> list[str]:
    days = one["out_sample_days"]
    inside, outside = one["in_sample"] or {}, one["out_sample"] or {}
    winner = "too few trades" if one["combination"] is None else f"{one['combination']:,}"
    return [
        f"{one['window']}",
        f"{days['first']} to {days['last']}",
        f"{days['days']}",
        winner,
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


def _regimes(content: Content) -> Part:
    """The matrix of winners by regime, and the test of switching between them."""
    days, winners = content["days"], content["winners"]
    where = next((list(one["figures"]) for one in winners if one["figures"]), [])
    words = [
        f"Days sorted by {content['kind']}, from earlier days only: "
        + ", ".join(f"{name} {count:,}" for name, count in days.items())
        + ".",
    ]
    head = [
        "Chosen on",
        "Combination",
        *(f"R on {name.removesuffix(' days')} days" for name in where),
    ]
    rows = [
        [
            one["chosen_on"],
            "too few trades" if one["combination"] is None else f"{one['combination']:,}",
            *(
                figure("total_r", ((one["figures"] or {}).get(name) or {}).get("total_r"))
                for name in where
            ),
        ]
        for one in winners
    ]
    tables = [_table(head, rows, "In sample: each winner has to look good where it was chosen.")]
    differing = _differing(winners)
    if differing:
        tables.append(_table(*differing, "The parameters in which the winners differ."))
    windows = content.get("windows") or []
    pictures: list[Content] = []
    if windows:
        numbers = [f"{one['window']}" for one in windows]
        pictures.append(
            {
                "id": "figure-regimes",
                "x": "Window, out of sample",
                "y": "Total R",
                "traces": [
                    {
                        "type": "bar",
                        "name": name,
                        "x": numbers,
                        "y": [short(one[key]) for one in windows],
                    }
                    for name, key in (
                        ("one set for all days", "one_total_r"),
                        ("switched by regime", "switched_total_r"),
                    )
                ],
            }
        )
        words.append(_switching(content["comparison"], len(windows)))
    return _further("regimes", "By regime", words, tables, pictures)


def _switching(found: Mapping[str, Any], windows: int) -> str:
    """What became of switching parameters with the regime on days that were not seen."""
    text = (
        f"Walk-forward over {windows} windows: one set of parameters for all days made "
        f"{figure('total_r', found['one']['total_r'])} R out of sample, switching by regime "
        f"{figure('total_r', found['switched']['total_r'])} R."
    )
    apart = found["difference"]
    if apart is None:
        return f"{text} Both made the same trades."
    interval = _interval(apart["low"], apart["high"])
    return (
        f"{text} Had the same kind of days come otherwise, the difference could have been "
        f"anything from {interval} R."
    )


def _differing(winners: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[list[str]]] | None:
    chosen = [one for one in winners if one["params"]]
    keys = [key for key in KEYS if len({str(one["params"][key]) for one in chosen}) > 1]
    if not keys:
        return None
    rows = [[key, *(f"{one['params'][key]}" for one in chosen)] for key in keys]
    return ["Parameter", *(one["chosen_on"] for one in chosen)], rows


def _table(head: list[str], rows: list[list[str]], caption: str, left: int = 1) -> Content:
    return {"head": head, "rows": rows, "caption": caption, "left": left}


def _further(
    key: str, name: str, words: list[str], tables: list[Content], pictures: list[Content]
) -> Part:
    places = [{"id": one["id"], "height": 320, "label": name} for one in pictures]
    said = {"key": key, "name": name, "words": words, "tables": tables, "figures": places}
    return Part(said, pictures)


_SCENARIOS = {
    "spread_x1_5": "spread × 1.5",
    "spread_x2": "spread × 2",
    "spread_x3": "spread × 3",
    "slippage": "one tick of slippage a fill",
    "pessimistic": "pessimistic fills",
    "pessimistic_slippage_spread_x2": "the last two and spread × 2",
}


def _robustness(content: Content) -> Part:
    """Skill or luck of the best, what worse costs leave, and overfitting."""
    subjects = content["combinations"]
    head = ["", "Combination", "Total R", "Sharpe", "Deflated Sharpe", "Plateau score"]
    head += ["95 % of total R", "Chance of loss"]
    rows = [
        [
            f"{one['rank']}" if one["scope"] == "all" else one["scope"],
            f"{one['combination']:,}",
            figure("total_r", one["metrics"]["total_r"]),
            figure("sharpe_ratio", one["metrics"]["sharpe_ratio"]),
            percent_of(_either(one, "deflated_sharpe_effective", "deflated_sharpe")),
            figure("", one["plateau_score"]),
            _interval(one["bootstrap_total_r_low"], one["bootstrap_total_r_high"]),
            percent_of(one["bootstrap_loss_probability"]),
        ]
        for one in subjects
    ]
    leaders = [one for one in subjects if one["rank"] == 1]
    names = ["Winner" if one["scope"] == "all" else one["scope"] for one in leaders]
    costs = [
        [
            _SCENARIOS.get(name, name.replace("_", " ")),
            *(figure("total_r", one["stress"].get(name, {}).get("total_r")) for one in leaders),
        ]
        for name in leaders[0]["stress"]
    ]
    tables = [
        _table(head, rows, "Deflated Sharpe: how sure it is more than luck, after all tries."),
        _table(["Worse costs and fills", *names], costs, "Total R, best of each."),
    ]
    pbo = content["pbo"]
    words = list(content["notes"])
    if pbo["probability"] is not None:
        words.append(
            f"Probability of backtest overfitting: {percent_of(pbo['probability'])}, over "
            f"{pbo['combinations']:,} combinations and {pbo['blocks']} blocks of days; where "
            f"choosing means nothing it is 50 %."
        )
    return _further("robustness", "Luck, costs and overfitting", words, tables, [])


def percent_of(share: float | None) -> str:
    """A probability in percent with one digit."""
    return NOTHING if share is None else f"{100 * share:.1f} %"


def _either(row: Mapping[str, Any], *names: str) -> float | None:
    return next((row[name] for name in names if row[name] is not None), None)


def _interval(low: float | None, high: float | None) -> str:
    return NOTHING if low is None or high is None else f"{low:,.1f} to {high:,.1f}"


def noise(material: Material) -> tuple[float, float] | None:
    """The best annualised Sharpe ratio of noise, and the independent tries it is of.

    From the file of `--robustness`; None without it.
    """
    content = material.json("robustness")
    if content is None:
        return None
    found: list[tuple[float, float]] = []

    def read() -> Content:
        tried = content["trials"]["all"]
        if tried["expected_best_effective"] is not None:
            best = tried["expected_best_effective"] * sqrt(TRADES_PER_YEAR)
            found.append((best, float(tried["effective_trials"])))
        return {}

    from_file(material.path("robustness.json"), read)
    return found[0] if found else None


def judged(material: Material) -> list[str] | None:
    """The verdict of `--robustness` in plain words; None without it."""
    content = material.json("robustness")
    if content is None:
        return None
    said = from_file(
        material.path("robustness.json"),
        lambda: {"lines": [str(one) for one in content["verdict"]]},
    )
    return list(said["lines"])


FURTHER: Mapping[str, Callable[[Content], Part]] = {
    "robustness": _robustness,
    "regimes": _regimes,
}
"""By file: what makes a part of its content."""
