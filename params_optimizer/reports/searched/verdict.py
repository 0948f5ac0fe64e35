"""What the evidence says about the winner of a search, in plain words."""

from collections.abc import Iterator

from params_optimizer.reports.verdict import (
    SIGNIFICANT,
    annual,
    interval_sentences,
    percent,
    plateau_sentences,
)
from params_optimizer.validation.searched.robustness import TWICE, SearchRobustness

_SCENARIOS = {
    "slippage": "one tick of slippage",
    "pessimistic": "pessimistic fills",
    TWICE: "twice the costs",
}
"""Worse markets that a winner has to survive, mildest first."""


def sentences(result: SearchRobustness, strategy: str) -> list[str]:
    """The evidence in plain words, the conclusion last; `strategy` as `--strategy` names it."""
    built_in = ":" not in strategy
    return [
        *_costs(result),
        *_luck(result),
        *_overfitting(result),
        *interval_sentences(result.subjects[0].bootstrap),
        *plateau_sentences(result.subjects[0].plateau, "space"),
        _conclusion(result, built_in=built_in),
    ]


def _costs(result: SearchRobustness) -> Iterator[str]:
    found, best = result.survivors, result.subjects[0]
    share = (
        f"{found.profitable:,} of {found.sampled:,} parameter sets, drawn from the space without "
    )
    share += "looking at results, end above 0 R"
    if found.profitable_costs_x2 is None:
        yield f"{share}."
    else:
        yield f"{share}; at twice the costs {found.profitable_costs_x2:,} do."
    for name, text in _SCENARIOS.items():
        if best.figures["total_r"] > 0 and name in best.stress:
            left = best.stress[name]["total_r"]
            if left <= 0:
                yield f"With {text} the winner ends at {left:,.2f} R: it does not survive that."


def _luck(result: SearchRobustness) -> Iterator[str]:
    tried, best = result.tried, result.subjects[0]
    known = best.deflated_sharpe_effective
    if tried.trials == 1:
        yield "One parameter set was tried: nothing was chosen, so there is no luck of choosing."
        return
    if known is None or tried.expected_best_effective is None or tried.effective is None:
        yield (
            f"This is the best of {tried.trials:,} tries on the same days: some of it is luck, and "
            f"these trades are too few to say how much."
        )
        return
    yield (
        f"This is the best of {tried.trials:,} tries on the same days, taken from a space that "
        f"amounts to about {tried.effective.trials:,.0f} independent ones. Tries that differ as "
        f"these do show a best Sharpe ratio of about {annual(tried.expected_best_effective):.2f} "
        f"by luck alone; the winner shows {best.figures['sharpe_ratio']:.2f}. The confidence that "
        f"it is more than luck is {percent(known)} "
        f"({'' if known >= SIGNIFICANT else 'not '}significant)."
    )


def _overfitting(result: SearchRobustness) -> Iterator[str]:
    pbo = result.pbo
    if pbo.probability is None or pbo.loss_probability is None:
        return
    judged = "choosing by past results means something"
    if pbo.probability >= 0.5:
        judged = "choosing by past results is no better than drawing lots"
    elif pbo.probability >= 0.2:
        judged = "choosing by past results means little"
    yield (
        f"Chosen on half of the days, the best of the sample falls into its worse half on the "
        f"other days in {percent(pbo.probability)} of the splits: {judged}."
    )
    if pbo.loss_probability > 0.5:
        yield (
            f"And in {percent(pbo.loss_probability)} of the splits it loses money there: a good "
            f"rank among losers is no income."
        )


def _conclusion(result: SearchRobustness, *, built_in: bool) -> str:
    """One sentence: what to do with the winner."""
    best = result.subjects[0]
    known = best.deflated_sharpe_effective
    if not best.figures["total_trades"]:
        return "Conclusion: the winner makes no trade, so nothing can be said of it."
    if best.figures["total_r"] <= 0:
        return "Conclusion: the winner does not earn its costs; do not trade it."
    for name, text in _SCENARIOS.items():
        if name in best.stress and best.stress[name]["total_r"] <= 0:
            return f"Conclusion: the winner does not survive {text}; do not trade it."
    if result.tried.trials == 1:
        return (
            "Conclusion: nothing was chosen; look at it on other days, and at the intervals above."
        )
    if known is None:
        return "Conclusion: too few trades to tell skill from luck."
    if known < SIGNIFICANT or (result.pbo.probability or 0.0) >= 0.5:
        return (
            "Conclusion: likely luck. A winner like this one is what so many tries give where "
            "nothing is to be found."
        )
    honest = (
        "" if built_in else " First make sure with --check-strategy that it does not look ahead."
    )
    return (
        "Conclusion: the result is better than what so many tries give by luck. The test that "
        f"remains is that of days it was not chosen on.{honest}"
    )
