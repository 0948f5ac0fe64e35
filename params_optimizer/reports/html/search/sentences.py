"""The sentences beside the pictures of a search."""

from typing import Any

from params_optimizer.reports.html import robustness
from params_optimizer.reports.html.material import Content, from_file
from params_optimizer.reports.html.search.material import SearchMaterial
from params_optimizer.reports.html.search.words import FRONT, count
from params_optimizer.reports.html.words import figure, label
from params_optimizer.search.trial import Trial


def front_words(front: list[Trial]) -> str:
    """How many trials the front holds."""
    text = (
        f"{count(len(front), 'trial')} {'is' if len(front) == 1 else 'are'} beaten by no other in "
        f"every goal at once: which of them is best is yours to choose."
    )
    shown = f" The first {FRONT} by the first goal:" if len(front) > FRONT else ""
    return f"{text}{shown}"


def landscape_words(material: SearchMaterial, data: Content) -> Content:
    """The texts beside the pictures of the trials."""
    history, grid = data["history"], data["grid"]
    several = len(material.goals) > 1
    return {
        "history_small": f"{'each goal' if several else label(material.goals[0])} of every trial",
        "history_words": _history_words(history, {one.state for one in material.outcome.trials}),
        "threshold_words": _threshold_words(material),
        "heat_words": _heat_words(material, grid),
        "parallel_count": f"{len(grid['parallel']['rows']):,}",
        "plateau_words": _plateau_words(material, grid),
        "plateau": None,
    }


_STATES = {
    "infeasible": "Open dots have too few trades or break a constraint.",
    "pruned": "Open diamonds were ended early, because they fell behind: their figure is of a part "
    "of the days.",
    "failed": "Crosses below failed or took too long.",
}


def _history_words(history: Content, states: set[str]) -> list[str]:
    text = (
        "The line is the best complete trial so far: a search that still climbs at its end is "
        "worth more trials."
    )
    text = " ".join([text, *(said for state, said in _STATES.items() if state in states)])
    if history["step"] > 1:
        text += (
            f" Of {history['count']:,} trials one in {history['step']} is drawn, and each that was "
            f"the best so far."
        )
    return [text]


def _threshold_words(material: SearchMaterial) -> str:
    known = robustness.noise(material)
    if known is None and material.path("robustness.json").exists():
        return "What luck alone would reach cannot be told from so few parameter sets or trades."
    if known is None:
        return "What the luckiest of as many tries without skill shows, --robustness tells."
    return (
        f"The dashed line is known for the Sharpe ratio only. It stands at {known[0]:.2f}, the "
        f"best Sharpe ratio to expect of {known[1]:,.0f} independent tries without skill, what "
        f"the trials, or the space that a learning method chose from, amount to."
    )


def _heat_words(material: SearchMaterial, grid: Content) -> str:
    if len(grid["varying"]) < 2:
        return "Fewer than two parameters of this space have more than one value: there is no map."
    text = (
        f"Over the {len(material.ranking):,} complete trials; empty where none lies. A search "
        f"looks longest where it is good: the mean of a cell with many trials says more than that "
        f"of one with a single trial."
    )
    if grid["heat"]["left_out"]:
        text += f" {grid['heat']['left_out']} pairs of parameters are left out."
    return text


def _plateau_words(material: SearchMaterial, grid: Content) -> list[str]:
    said = []
    if "around" in grid:
        said.append("Trials of this search that differ from the winner in one parameter alone.")
    found = material.json("robustness")
    if found is None:
        return [*said, "What its neighbours make was not tried one by one: --robustness does."]

    def read() -> Content:
        return {"lines": _plateau_of([one for one in found["sets"] if one["rank"] == 1])}

    return [*said, *from_file(material.path("robustness.json"), read)["lines"]]


def _plateau_of(sets: list[dict[str, Any]]) -> list[str]:
    if not sets:
        return []
    one = sets[0]
    if one["plateau_mean"] is None or one["plateau_worst"] is None:
        return [f"No plateau score: {one['plateau_note'] or 'the winner has no neighbours'}."]
    text = (
        f"The {one['plateau_neighbours']:,} neighbours one step away make "
        f"{figure('total_r', one['plateau_mean'])} R on average, the worst "
        f"{figure('total_r', one['plateau_worst'])} R; trial {one['trial']:,} makes "
        f"{figure('total_r', one['metrics']['total_r'])} R."
    )
    if one["plateau_score"] is not None:
        text += f" Plateau score {one['plateau_score']:.2f}: 1 is a plateau, 0 a lone peak."
    return [text]


def trades_words(data: Content) -> str:
    """How many of the trades are listed."""
    charts = data.get("charts")
    if not charts or not charts["trades"]:
        return ""
    shown, of = len(charts["trades"]), charts["of"]
    return (
        f"all {of:,} of the best trial"
        if shown == of
        else (f"the last {shown:,} of {of:,} of the best trial")
    )
