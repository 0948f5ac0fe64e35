"""What the evidence says about a winner, in plain words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import TYPE_CHECKING, Any, Final

from params_optimizer.engine.metrics_calculator import TRADES_PER_YEAR
from params_optimizer.orchestrator.outcome import Outcome
from params_optimizer.reports.forms import FEW_TRADES, percent
from params_optimizer.strategies.protocol import Overtaking
from params_optimizer.strategies.scopes import ALL
from params_optimizer.validation.bootstrap import Bootstrap
from params_optimizer.validation.leaders import quick_stress
from params_optimizer.validation.luck import (
    kept_plateaus,
    luck_of,
    plateau_score_of,
    trial_variance,
    trials_of,
)
from params_optimizer.validation.plateau import Neighbourhood, Plateau
from params_optimizer.validation.robustness import Robustness
from params_optimizer.validation.selection_bias import Pbo
from params_optimizer.validation.sharpe import expected_maximum_sharpe
from params_optimizer.validation.survivors import Survivors

if TYPE_CHECKING:
    from params_optimizer.reports.subject import Subject

SIGNIFICANT: Final = 0.95
"""A deflated Sharpe ratio of at least this much is called unlikely to be luck."""
_TWICE: Final = {"spread_x2": "twice the spread", "costs_x2": "twice the costs"}
_PESSIMISTIC: Final = "pessimistic"
_WORSE: Final = {
    "slippage": "one tick of slippage",
    _PESSIMISTIC: "pessimistic fills",
    **_TWICE,
}
"""What a winner has to survive, mildest first."""
_PEAK: Final = 0.5


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of the winner; None: not examined, or nothing can be said.

    Sharpe ratios are annualised as in R10, totals are R. `stressed` is total R by scenario,
    `variations` the deflated Sharpe ratio of the best of each that was examined, None with few
    trades. `sampled`,
    `foreign` and `noun` are those of the `Subject`.
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
    survivors: tuple[Survivors, Survivors | None] | None = None
    total_trades: int | None = None
    noun: str = "combinations"
    sampled: bool = False
    foreign: bool = False

    @property
    def confidence(self) -> float | None:
        """How sure it is more than luck: after the independent tries, where these are known."""
        return self.deflated if self.effective is None else self.deflated_effective

    @property
    def expected(self) -> float | None:
        """The best Sharpe ratio that luck alone shows in as many tries."""
        return self.expected_best if self.effective is None else self.expected_best_effective


def quick_evidence(outcome: Outcome, row: Mapping[str, Any]) -> Evidence:
    """What every run finds out about the best row of its ranking."""
    number = int(row["combination"])
    plan, strategy = outcome.plan, outcome.plan.strategy
    trials = trials_of(outcome, ALL)
    variance = trial_variance(outcome.sharpe[ALL], trials)
    expected = None if variance is None else float(expected_maximum_sharpe(trials, variance))
    return Evidence(
        trials=trials,
        total_r=float(row["total_r"]),
        sharpe=float(row["sharpe_ratio"]),
        deflated=luck_of(outcome, ALL, [number])[0].deflated_sharpe,
        expected_best=_annual(expected),
        stressed=_totals(quick_stress(plan, number)),
        plateau=kept_plateaus(outcome, ALL, [number])[0],
        overtakes=isinstance(strategy, Overtaking) and strategy.overtakes(plan.space[number]),
        total_trades=int(row["total_trades"]),
    )


def full_evidence(subject: "Subject", result: Robustness) -> Evidence:
    """What `--robustness` found out about the winner."""
    best, tried = result.subjects[0], result.tried[ALL]
    return Evidence(
        trials=tried.trials,
        total_r=best.figures["total_r"],
        sharpe=best.figures["sharpe_ratio"],
        deflated=best.deflated_sharpe,
        expected_best=_annual(tried.expected_best),
        stressed=_totals(best.stress),
        plateau=best.plateau,
        overtakes=best.overtakes,
        effective=tried.effective.trials if tried.effective else None,
        deflated_effective=best.deflated_sharpe_effective,
        expected_best_effective=_annual(tried.expected_best_effective),
        variations={
            leader.scope: leader.deflated_sharpe_effective
            if leader.figures["total_trades"] >= FEW_TRADES
            else None
            for leader in result.subjects
            if leader.scope != ALL
        },
        bootstrap=best.bootstrap,
        pbo=result.pbo,
        survivors=result.survivors,
        total_trades=int(best.figures["total_trades"]),
        noun=subject.noun,
        sampled=subject.sampled,
        foreign=subject.foreign,
    )


def _totals(stressed: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    return {name: figures["total_r"] for name, figures in stressed.items()}


def annual(sharpe: float) -> float:
    """A Sharpe ratio per trade in the unit of R10."""
    return sharpe * sqrt(TRADES_PER_YEAR)


def _annual(sharpe: float | None) -> float | None:
    return None if sharpe is None else annual(sharpe)


def sentences(evidence: Evidence) -> list[str]:
    """The evidence in plain words, the conclusion last."""
    where = "space" if evidence.sampled else "grid"
    lines = [
        *_costs(evidence),
        *_fills(evidence),
        *_luck(evidence),
        *_variations(evidence),
        *_overfitting(evidence),
        *interval_sentences(evidence.bootstrap),
        *plateau_sentences(evidence.plateau.whole, where),
    ]
    return [*lines, conclusion(evidence)]


def conclusion(evidence: Evidence) -> str:
    """One sentence: what to do with the winner."""
    if evidence.total_trades == 0:
        return "Conclusion: the winner makes no trade, so nothing can be said of it."
    if evidence.total_r <= 0:
        return "Conclusion: the winner does not earn its costs; do not trade it."
    if weak := _weak_under(evidence):
        return f"Conclusion: the winner does not survive {weak}; do not trade it."
    if _has_few_trades(evidence):
        return "Conclusion: too few trades to tell skill from luck."
    if evidence.trials == 1:
        return (
            "Conclusion: nothing was chosen; look at it on other days, and at the intervals above."
        )
    if _overfitted(evidence):
        return (
            "Conclusion: not shown to be more than luck. Choosing by past results did no better "
            "here than drawing lots."
        )
    confidence = evidence.confidence or 0.0
    if confidence < SIGNIFICANT:
        why = (
            f"The confidence is {percent(confidence)}, below "
            f"{100 * SIGNIFICANT:.0f} %; that does not show that it is luck."
        )
        if evidence.expected is not None and evidence.sharpe <= evidence.expected:
            why = "Luck alone is expected to show as much in so many tries."
        return f"Conclusion: not shown to be more than luck. {why}"
    honest = (
        " First make sure with --check-strategy that it does not look ahead."
        if evidence.foreign
        else ""
    )
    return (
        "Conclusion: the result is better than what so many tries give by luck. The test that "
        f"remains is that of days it was not chosen on.{honest}"
    )


def _has_few_trades(evidence: Evidence) -> bool:
    """Whether the trades are too few to judge, or to have a confidence."""
    if evidence.total_trades is not None and evidence.total_trades < FEW_TRADES:
        return True
    return evidence.trials > 1 and evidence.confidence is None


def _costs(evidence: Evidence) -> Iterator[str]:
    twice = next((name for name in _TWICE if name in evidence.stressed), None)
    if evidence.survivors is None:
        if evidence.total_r <= 0:
            yield "Not even the top-ranked combination earns its costs on these days."
        elif twice and evidence.stressed[twice] <= 0:
            yield (
                f"At {_TWICE[twice]} the winner ends at {evidence.stressed[twice]:,.2f} R: it does "
                f"not survive that."
            )
        return
    same, dearer = evidence.survivors
    noun = _noun(evidence, same)
    if not same.eligible:
        yield f"None of the {noun} has enough trades to count who survives the costs."
        return
    if not same.profitable or same.best_total_r is None:
        yield f"After costs none of {same.eligible:,} {noun} earned anything."
        return
    share = (
        f"{same.profitable:,} of {same.eligible:,} {noun} end above 0 R, the best with "
        f"{same.best_total_r:,.2f} R"
    )
    if dearer is None:
        yield f"{share}."
        return
    text = _TWICE[twice or "costs_x2"]
    left = f"{dearer.profitable:,} still do" if dearer.profitable else "none does"
    if dearer.drawn != same.drawn:
        left = f"{dearer.profitable:,} of {dearer.eligible:,} {_noun(evidence, dearer)} do"
    yield f"{share}; at {text} {left}."


def _noun(evidence: Evidence, survivors: Survivors) -> str:
    drawn = ", drawn from the space without looking at results," if survivors.drawn else ""
    return f"{evidence.noun}{drawn}"


def _fills(evidence: Evidence) -> Iterator[str]:
    if evidence.overtakes:
        yield (
            "Beware: its first trailing step puts the stop at or beyond the price that triggers "
            "it, and the rules then fill at the better end of the next bar; a market would not."
        )
    if evidence.total_r > 0 and evidence.stressed.get(_PESSIMISTIC, 1.0) <= 0:
        yield (
            f"With pessimistic fills (stop before target, gaps at the open) the winner ends at "
            f"{evidence.stressed[_PESSIMISTIC]:,.2f} R instead of {evidence.total_r:,.2f} R: its "
            f"result is made of favourable fills."
        )


def _luck(evidence: Evidence) -> Iterator[str]:
    if evidence.trials == 1:
        yield "One parameter set was tried: nothing was chosen, so there is no luck of choosing."
        return
    confidence, expected = evidence.confidence, evidence.expected
    worth = ""
    if evidence.effective is not None:
        amounts = "from a space that amounts to" if evidence.sampled else "worth"
        worth = f", {amounts} about {evidence.effective:,.0f} independent ones"
    if confidence is None or expected is None:
        yield (
            f"This is the best of {evidence.trials:,} tries on the same days{worth}: some of it "
            f"is luck, and these trades are too few to say how much."
        )
        return
    yield (
        f"This is the best of {evidence.trials:,} tries on the same days{worth}. Tries that "
        f"differ as these do show a best Sharpe ratio of about {expected:.2f} by luck alone; the "
        f"winner shows {evidence.sharpe:.2f}. The confidence that it is more than luck is "
        f"{percent(confidence)} ({'' if confidence >= SIGNIFICANT else 'not '}significant)."
    )


def _variations(evidence: Evidence) -> Iterator[str]:
    if not evidence.variations:
        return
    good = [
        name
        for name, confidence in evidence.variations.items()
        if (confidence or 0.0) >= SIGNIFICANT
    ]
    names = ", ".join(good or evidence.variations)
    what = "is significant" if good else "is not shown to be more than luck"
    yield (
        f"Judged by the trades of its variation, and after all that was tried, the best of {names} "
        f"{what}."
    )


def _overfitting(evidence: Evidence) -> Iterator[str]:
    pbo = evidence.pbo
    if pbo is None or pbo.probability is None or pbo.loss_probability is None:
        return
    judged = "choosing by past results means something"
    if pbo.loss_probability > 0.5:
        judged = "ranks hold, but the money does not"
    if pbo.probability >= 0.5:
        judged = "choosing by past results is no better than drawing lots"
    elif pbo.probability >= 0.2:
        judged = "choosing by past results means little"
    whole = "sample" if evidence.sampled else "grid"
    yield (
        f"Chosen on half of the days, the best falls into the worse half of the {whole} on the "
        f"other days in {percent(pbo.probability)} of the splits: {judged}."
    )
    if pbo.loss_probability > 0.5:
        yield (
            f"But in {percent(pbo.loss_probability)} of the splits it loses money there: a good "
            f"rank among losers is no income."
        )


def interval_sentences(bootstrap: Bootstrap | None) -> Iterator[str]:
    """How far the winner's total could have gone, where 0 is within reach."""
    if bootstrap is None or bootstrap.total_r.low > 0:
        return
    yield (
        f"Had the same kind of trades come otherwise, the winner's total would lie between "
        f"{bootstrap.total_r.low:,.1f} and {bootstrap.total_r.high:,.1f} R (95 %), and with a "
        f"chance of {percent(bootstrap.loss_probability)} at or below 0."
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
    stressed = evidence.stressed
    return next((text for name, text in _WORSE.items() if stressed.get(name, 1.0) <= 0), None)


def _overfitted(evidence: Evidence) -> bool:
    pbo = evidence.pbo
    return pbo is not None and pbo.probability is not None and pbo.probability >= 0.5
