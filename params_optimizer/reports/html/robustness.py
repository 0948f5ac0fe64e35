"""What `--robustness` found: luck, costs and overfitting."""

from collections.abc import Mapping
from math import sqrt
from typing import Any

from params_optimizer.engine.metrics_calculator import TRADES_PER_YEAR
from params_optimizer.reports.html.material import Content, RunFiles, from_file
from params_optimizer.reports.html.parts import (
    Part,
    further_part,
    interval,
    percent_of,
    searched,
    shown_number,
    table_of,
)
from params_optimizer.reports.html.words import figure
from params_optimizer.reports.plateau import without_plateau

_SCENARIOS = {
    "costs_x1_5": "costs × 1.5",
    "costs_x2": "costs × 2",
    "costs_x3": "costs × 3",
    "spread_x1_5": "spread × 1.5",
    "spread_x2": "spread × 2",
    "spread_x3": "spread × 3",
    "slippage": "one tick of slippage a fill",
    "pessimistic": "pessimistic fills",
    "pessimistic_slippage_spread_x2": "the last two and spread × 2",
    "pessimistic_slippage_costs_x2": "the last two and costs × 2",
}


_LUCK_OF_GRID = (
    "Deflated Sharpe: how sure it is more than luck, after as many tries as there are "
    "combinations, and after the smaller number of independent ones they amount to."
)
_LUCK_OF_SEARCH = (
    "Deflated Sharpe: how sure it is more than luck, after as many tries as there are trials, and "
    "after the independent ones that the space amounts to, which a method that learns had to "
    "choose from."
)


def robustness(content: Content) -> Part:
    """Skill or luck of the best, what worse costs leave, and overfitting."""
    of_search = searched(content)
    subjects = content["sets"] if of_search else content["combinations"]
    head = ["", "Trial" if of_search else "Combination", "Total R", "Sharpe"]
    head += ["Deflated Sharpe, all tries", "Deflated Sharpe, independent tries"]
    head += ["Plateau score", "95 % of total R", "Chance of loss"]
    rows = [
        [
            _name(one),
            shown_number(one),
            figure("total_r", one["metrics"]["total_r"]),
            figure("sharpe_ratio", one["metrics"]["sharpe_ratio"]),
            percent_of(one["deflated_sharpe"]),
            percent_of(one["deflated_sharpe_effective"]),
            figure("", one["plateau_score"]),
            interval(one["bootstrap_total_r_low"], one["bootstrap_total_r_high"]),
            percent_of(one["bootstrap_loss_probability"]),
        ]
        for one in subjects
    ]
    leaders = [one for one in subjects if one["rank"] == 1]
    names = ["Winner" if _scope(one) == "all" else _scope(one) for one in leaders]
    costs = [
        [
            _SCENARIOS.get(name, name.replace("_", " ")),
            *(figure("total_r", one["stress"].get(name, {}).get("total_r")) for one in leaders),
        ]
        for name in (leaders[0]["stress"] if leaders else ())
    ]
    tables = [
        table_of(
            head,
            rows,
            _LUCK_OF_SEARCH if of_search else _LUCK_OF_GRID,
        ),
        table_of(["Worse costs and fills", *names], costs, "Total R, best of each."),
    ]
    pbo = content["pbo"]
    words = [*content["notes"], *without_plateau(subjects, _name)]
    if pbo["probability"] is not None:
        words.append(
            f"Probability of backtest overfitting: {percent_of(pbo['probability'])}, over "
            f"{_compared(pbo)} and {pbo['blocks']} blocks of days; where "
            f"choosing means nothing it is 50 %."
        )
    words += _survivors(content.get("survivors")) if of_search else []
    return further_part("robustness", "Luck, costs and overfitting", words, tables, [])


def _compared(pbo: Mapping[str, Any]) -> str:
    if "parameter_sets" in pbo:
        return f"{pbo['parameter_sets']:,} parameter sets"
    return f"{pbo['combinations']:,} combinations"


def _survivors(found: Mapping[str, Any] | None) -> list[str]:
    """What became of parameter sets that nobody chose."""
    if not found or not found["sampled"]:
        return []
    sampled, above, twice = found["sampled"], found["profitable"], found["profitable_costs_x2"]
    text = f"Of {sampled:,} parameter sets drawn blindly {above:,} make a profit"
    return [f"{text}." if twice is None else f"{text}, {twice:,} at twice the costs."]


def _scope(one: Mapping[str, Any]) -> str:
    """The trades that count: all, or those of a variation of the Initial Balance."""
    return str(one.get("scope", "all"))


def _name(one: Mapping[str, Any]) -> str:
    """The place in the ranking, or the variation."""
    return f"{one['rank']}" if _scope(one) == "all" else _scope(one)


def noise(material: RunFiles) -> tuple[float, float] | None:
    """The best annualised Sharpe ratio of noise, and the independent tries it is of.

    From the file of `--robustness`; None without it.
    """
    content = material.json("robustness")
    if content is None:
        return None
    found: list[tuple[float, float]] = []

    def read() -> Content:
        tried = content["tried"] if searched(content) else content["trials"]["all"]
        if tried["expected_best_effective"] is not None:
            best = tried["expected_best_effective"] * sqrt(TRADES_PER_YEAR)
            found.append((best, float(tried["effective_trials"])))
        return {}

    from_file(material.path("robustness.json"), read)
    return found[0] if found else None


def judged(material: RunFiles) -> list[str] | None:
    """The verdict of `--robustness` in plain words; None without it."""
    content = material.json("robustness")
    if content is None:
        return None
    said = from_file(
        material.path("robustness.json"),
        lambda: {"lines": [str(one) for one in content["verdict"]]},
    )
    return list(said["lines"])
