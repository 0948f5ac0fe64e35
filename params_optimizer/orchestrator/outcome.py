"""What a finished run found: ranking and variation tables over all its rows."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from params_optimizer.analytics.sharpe_spread import COLUMNS as SHARPE_COLUMNS
from params_optimizer.analytics.sharpe_spread import Spreads, Watch
from params_optimizer.analytics.variations import VariationTable, table_of, variation_tables
from params_optimizer.orchestrator.selection import survey_in
from params_optimizer.orchestrator.study import Study
from params_optimizer.search.ranking import RANKED, Ranking, best, bounds
from params_optimizer.storage.results import Results

RANKING_ROWS = 5000
_RANKING_COLUMNS = ("combination", "total_trades", *RANKED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Rankings of one run, and its rows at hand; see `Ranking` and `VariationTable`.

    `sharpe` are the spreads of the Sharpe ratios over the whole grid.
    """

    study: Study
    results: Results
    ranking: Ranking
    variations: list[VariationTable]
    sharpe: Spreads

    def rows(self, numbers: "list[int]") -> list[dict[str, Any]]:
        """All result columns of the given combinations."""
        return self.results.rows(numbers)


def rank(study: Study, results: Path | Results, *, most: int = RANKING_ROWS) -> Outcome:
    """Rank the combinations of a complete results file, or of rows at hand (R12, R13)."""
    opened = results if isinstance(results, Results) else Results([results])
    settings = study.settings
    # Beyond what was kept the rows that are there are not the next best ones.
    most = min(most, study.most or most)
    survey = survey_in(opened.metadata)
    limits = (
        survey.bounds if survey else bounds(opened.pieces(_RANKING_COLUMNS), settings.min_trades)
    )
    ranking = best(
        opened.pieces(_RANKING_COLUMNS),
        limits,
        settings.ranking_weights,
        settings.min_trades,
        most,
    )
    conditions = settings.variation_conditions
    watch = Watch(conditions, settings.min_trades)
    pieces = watch.over(opened.pieces(SHARPE_COLUMNS))
    tables = variation_tables(pieces, conditions, settings.min_trades, most)
    sharpe = watch.spreads
    if survey:  # the rows that were kept cannot tell how many competed
        tables = [
            table_of(one.variation, one.combination, one.total_r, survey.variations[one.variation])
            for one in tables
        ]
        sharpe = survey.sharpe
    return Outcome(study, opened, ranking, tables, sharpe)
