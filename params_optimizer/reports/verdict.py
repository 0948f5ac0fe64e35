"""What the evidence says about a winner, in plain words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import Any, Final

from params_optimizer.engine.metrics_calculator import TRADES_PER_YEAR
from params_optimizer.orchestrator.outcome import Outcome
from params_optimizer.strategies.scopes import ALL
from params_optimizer.validation.bootstrap import Bootstrap
from params_optimizer.validation.luck import (
    kept_plateaus,
    luck_of,
    plateau_score_of,
    trial_variance,
    trials_of,
)
from params_optimizer.validation.plateau import Neighbourhood, Plateau
from params_optimizer.validation.robustness import Robustness, overtakes
from params_optimizer.validation.selection_bias import Pbo
from params_optimizer.validation.sharpe import expected_maximum_sharpe
from params_optimizer.validation.stress import PESSIMISTIC, SLIPPAGE, stress
from params_optimizer.validation.survivors import Survivors

SIGNIFICANT: Final = 0.95
"""A deflated Sharpe ratio of at least this much is called unlikely to be luck."""
_SPREAD_X2: Final = "spread_x2"
_PEAK: Final = 0.5


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of the winner; None: not examined, or nothing can be said.

    Sharpe ratios are annualised as in R10, totals are R. `stressed` is total R by scenario,
    `variations` the deflated Sharpe ratio of the best of each.
    """

    trials: int
    total_r: float
    sharpe: float
    deflated: float | None
    expected_best: float | None
    stressed: Mapping[str, float]
    plateau: Plateau
    overtakes: bool
    effective: float | None = None
    deflated_effective: float | None = None
    expected_best_effective: float | None = None
    variations: Mapping[str, float | None] = field(default_factory=dict)
    bootstrap: Bootstrap | None = None
    pbo: Pbo | None = None
    survivors: tuple[Survivors, Survivors] | None = None


def quick_evidence(outcome: Outcome, row: Mapping[str, Any]) -> Evidence:
    """What every run finds out about the best row of its ranking."""
    study, number = outcome.study, int(row["combination"])
    trials = trials_of(outcome, ALL)
    variance = trial_variance(outcome.sharpe[ALL], trials)
    expected = None if variance is None else float(expected_maximum_sharpe(trials, variance))
    return Evidence(
        trials=trials,
        total_r=float(row["total_r"]),
        sharpe=float(row["sharpe_ratio"]),
        deflated=luck_of(outcome, ALL, [number])[0].deflated_sharpe,
        expected_best=_annual(expected),
        stressed={one.scenario: one.figures["total_r"] for one in stress(study, number, ALL)},
        plateau=kept_plateaus(outcome, ALL, [number])[0],
        overtakes=overtakes(study.params(number)),
    )


def full_evidence(result: Robustness) -> Evidence:
    """What `--robustness` found out about the winner."""
    best, tried = result.subjects[0], result.tried[ALL]
    return Evidence(
        trials=tried.trials,
        total_r=best.figures["total_r"],
        sharpe=best.figures["sharpe_ratio"],
        deflated=best.deflated_sharpe,
        expected_best=_annual(tried.expected_best),
        stressed={one.scenario: one.figures["total_r"] for one in best.stress},
        plateau=best.plateau,
        overtakes=best.overtakes,
        effective=tried.effective.trials if tried.effective else None,
        deflated_effective=best.deflated_sharpe_effective,
        expected_best_effective=_annual(tried.expected_best_effective),
        variations={
            one.scope: one.deflated_sharpe_effective for one in result.subjects if one.scope != ALL
        },
        bootstrap=best.bootstrap,
        pbo=result.pbo,
        survivors=result.survivors,
    )


def annual(sharpe: float) -> float:
    """A Sharpe ratio per trade in the unit of R10."""
    return sharpe * sqrt(TRADES_PER_YEAR)


def _annual(sharpe: float | None) -> float | None:
    return None if sharpe is None else annual(sharpe)


def sentences(evidence: Evidence) -> list[str]:
    """The evidence in plain words, the conclusion last."""
    said = [
        *_costs(evidence),
        *_fills(evidence),
        *_luck(evidence),
        *_variations(evidence),
        *_overfitting(evidence),
        *interval_sentences(evidence.bootstrap),
        *plateau_sentences(evidence.plateau.whole, "grid"),
    ]
    return [*said, conclusion(evidence)]


def conclusion(evidence: Evidence) -> str:
    """One sentence: what to do with the winner."""
    if _none_survives(evidence):
        return "Conclusion: no combination of this grid survives its costs; trade none of them."
    if evidence.total_r <= 0:
        return "Conclusion: the winner does not earn its costs; do not trade it."
    if weak := _weak_under(evidence):
        return f"Conclusion: the winner does not survive {weak}; do not trade it."
    if evidence.deflated is None and evidence.deflated_effective is None:
        return "Conclusion: too few trades to tell skill from luck."
    if not _significant(evidence) or _overfitted(evidence):
        return (
            "Conclusion: likely luck. A winner like this one is what so many tries give where "
            "nothing is to be found."
        )
    return (
        "Conclusion: the result is better than what so many tries give by luck. The test that "
        "remains is that of days it was not chosen on."
    )


def _costs(evidence: Evidence) -> Iterator[str]:
    if evidence.survivors is None:
        if evidence.total_r <= 0:
            yield "Not even the top-ranked combination earns its costs on these days."
        elif evidence.stressed[_SPREAD_X2] <= 0:
            yield (
                f"At twice the spread the winner ends at {evidence.stressed[_SPREAD_X2]:,.2f} R: "
                f"it does not survive its costs."
            )
        return
    own, twice = evidence.survivors
    if not own.profitable or own.best_total_r is None:
        yield f"After costs none of {own.eligible:,} combinations earned anything."
        return
    share = f"{own.profitable:,} of {own.eligible:,} combinations end above 0 R, the best with "
    share += f"{own.best_total_r:,.2f} R"
    if not twice.profitable:
        yield f"{share}; at twice the spread none does: no combination survives its costs."
    else:
        yield f"{share}; at twice the spread {twice.profitable:,} still do."


def _fills(evidence: Evidence) -> Iterator[str]:
    if evidence.overtakes:
        yield (
            "Beware: its first trailing step puts the stop at or beyond the price that triggers "
            "it, and the rules then fill at the better end of the next bar (R8.2, R8.3); a "
            "market would not."
        )
    if evidence.total_r > 0 and evidence.stressed[PESSIMISTIC] <= 0:
        yield (
            f"With pessimistic fills (stop before target, gaps at the open) the winner ends at "
            f"{evidence.stressed[PESSIMISTIC]:,.2f} R instead of {evidence.total_r:,.2f} R: its "
            f"result is made of favourable fills."
        )


def _luck(evidence: Evidence) -> Iterator[str]:
    known, expected = evidence.deflated, evidence.expected_best
    worth = ""
    if evidence.effective is not None:
        known, expected = evidence.deflated_effective, evidence.expected_best_effective
        worth = f", worth about {evidence.effective:,.0f} independent ones"
    if known is None or expected is None:
        yield (
            f"This is the best of {evidence.trials:,} tries on the same days{worth}: some of it "
            f"is luck, and these trades are too few to say how much."
        )
        return
    yield (
        f"This is the best of {evidence.trials:,} tries on the same days{worth}. Tries that "
        f"differ as these do show a best Sharpe ratio of about {expected:.2f} by luck alone; the "
        f"winner shows {evidence.sharpe:.2f}. The confidence that it is more than luck is "
        f"{percent(known)} ({'' if known >= SIGNIFICANT else 'not '}significant)."
    )


def _variations(evidence: Evidence) -> Iterator[str]:
    if not evidence.variations:
        return
    good = [name for name, known in evidence.variations.items() if (known or 0.0) >= SIGNIFICANT]
    if good:
        yield (
            f"Judged by the trades of its variation, and after all that was tried, the best of "
            f"{', '.join(good)} is significant."
        )
    else:
        yield (
            "Judged by the trades of its variation, and after all that was tried, the best of each "
            "variation shows no more than luck does."
        )


def _overfitting(evidence: Evidence) -> Iterator[str]:
    pbo = evidence.pbo
    if pbo is None or pbo.probability is None or pbo.loss_probability is None:
        return
    judged = "choosing by past results means something"
    if pbo.loss_probability > 0.5:
        judged = "ranks hold, but the money does not"
    elif pbo.slope is not None and pbo.slope < 0:
        judged = "ranks hold, but the better the past result, the worse the one that followed"
    if pbo.probability >= 0.5:
        judged = "choosing by past results is no better than drawing lots"
    elif pbo.probability >= 0.2:
        judged = "choosing by past results means little"
    yield (
        f"Chosen on half of the days, the best falls into the worse half of the grid on the other "
        f"days in {percent(pbo.probability)} of the splits: {judged}."
    )
    if pbo.loss_probability > 0.5:
        yield (
            f"But in {percent(pbo.loss_probability)} of the splits it loses money there: a good "
            f"rank among losers is no income."
        )


def interval_sentences(found: Bootstrap | None) -> Iterator[str]:
    """How far the winner's total could have gone, where 0 is within reach."""
    if found is None or found.total_r.low > 0:
        return
    yield (
        f"Had the same kind of trades come otherwise, the winner's total would lie between "
        f"{found.total_r.low:,.1f} and {found.total_r.high:,.1f} R (95 %), and with a chance of "
        f"{percent(found.loss_probability)} at or below 0."
    )


def plateau_sentences(whole: Neighbourhood, where: str) -> Iterator[str]:
    """That the winner is a lone peak, where it is one; `where` is what its neighbours lie in."""
    score, _ = plateau_score_of(whole)
    if score is not None and score < _PEAK:
        yield (
            f"It is a lone peak: its {whole.neighbours} neighbours in the {where} make "
            f"{whole.mean:,.2f} R on average, the worst {whole.worst:,.2f} R."
        )


def _weak_under(evidence: Evidence) -> str | None:
    """The mildest stress under which nothing is left."""
    named = {
        SLIPPAGE: "one tick of slippage",
        PESSIMISTIC: "pessimistic fills",
        _SPREAD_X2: "twice the spread",
    }
    return next((text for name, text in named.items() if evidence.stressed[name] <= 0), None)


def _none_survives(evidence: Evidence) -> bool:
    return evidence.survivors is not None and not evidence.survivors[1].profitable


def _significant(evidence: Evidence) -> bool:
    known = evidence.deflated_effective if evidence.effective is not None else evidence.deflated
    return known is not None and known >= SIGNIFICANT


def _overfitted(evidence: Evidence) -> bool:
    pbo = evidence.pbo
    return pbo is not None and pbo.probability is not None and pbo.probability >= 0.5


def percent(share: float) -> str:
    """A probability in percent; never a 0 or 100 that it is not."""
    if 0 < share < 0.001:
        return "below 0.1 %"
    if 0.999 < share < 1:
        return "above 99.9 %"
    return f"{100 * share:.1f} %"
