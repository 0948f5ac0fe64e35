"""What a finished run found: ranking and variation tables over all its rows."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from params_optimizer.analytics.sharpe_spread import Spreads
from params_optimizer.analytics.variation_aggregator import Leaders, VariationTable, limits_of
from params_optimizer.errors import RunError
from params_optimizer.orchestrator.plan import Plan
from params_optimizer.orchestrator.selection import survey_in
from params_optimizer.orchestrator.study import Study
from params_optimizer.search.ranking import Ranking
from params_optimizer.storage.results import Results

RANKING_ROWS = 5000


@dataclass(frozen=True, slots=True)
class Outcome:
    """Rankings of one run, and its rows at hand; see `Ranking` and `VariationTable`.

    `sharpe` are the spreads of the Sharpe ratios over the whole grid.
    """

    plan: Plan
    results: Results
    ranking: Ranking
    variations: list[VariationTable]
    sharpe: Spreads

    @property
    def study(self) -> Study:
        """The plan of a run of the Initial Balance, for what knows that strategy only.

        Raises:
            RunError: it is one of another strategy.
        """
        if not isinstance(self.plan, Study):
            raise RunError(
                f"{self.plan.symbol}: not available for strategy {self.plan.strategy_name}, only "
                f"for the Initial Balance"
            )
        return self.plan

    def rows(self, numbers: "list[int]") -> list[dict[str, Any]]:
        """All result columns of the given combinations."""
        return self.results.rows(numbers)


def rank(plan: Plan, results: Path | Results, *, limit: int = RANKING_ROWS) -> Outcome:
    """Rank the combinations of a complete results file, or of rows at hand (R12, R13)."""
    opened = results if isinstance(results, Results) else Results([results])
    spec = plan.table
    survey = survey_in(opened.metadata)
    objective = spec.eligibility.objective
    limits = survey.bounds if survey else limits_of(opened.pieces(objective.columns), objective)
    # Beyond what was kept the rows that are there are not the next best ones.
    leaders = Leaders(spec.eligibility, limits, min(limit, spec.limit or limit))
    for columns in opened.pieces(spec.eligibility.columns):
        leaders.add(columns)
    # The rows that were kept cannot tell how many competed.
    counts, sharpe = (survey.variations, survey.sharpe) if survey else (None, leaders.spreads)
    return Outcome(plan, opened, leaders.ranking, leaders.variations(counts), sharpe)
