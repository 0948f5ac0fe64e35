"""What a worker keeps of a slice: every row, or figures first and the best rows then.

`--keep all` is one stage. `--keep top:N` needs two, since the score normalises over the
whole grid (R12): the first surveys bounds and sums, the second evaluates the grid again
and keeps the rows that can be among the best.
"""

import json
from base64 import b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Protocol
from zlib import compress

import numpy as np
from numpy.typing import NDArray

from params_optimizer.analytics.sharpe_spread import COLUMNS as SHARPE_COLUMNS
from params_optimizer.analytics.variations import competes
from params_optimizer.orchestrator.columns import result_table, rows_bytes
from params_optimizer.orchestrator.study import Study
from params_optimizer.orchestrator.survey import HISTOGRAM_KEY, SURVEY_KEY, Survey, histogram
from params_optimizer.search.ranking import RANKED, keep_best, score
from params_optimizer.storage.parts import part_metadata
from params_optimizer.storage.results import array, taken
from params_optimizer.strategies.initial_balance.panel.slices import PanelSlice
from params_optimizer.strategies.initial_balance.params import VARIATIONS

if TYPE_CHECKING:
    import pyarrow as pa

Metrics = NDArray[np.float64]
"""Metrics of a slice as `PanelEngine.metrics` gives them, shape (len(MEASURES), rows)."""


class Stage(Protocol):
    """One pass over the grid; `name` tells its parts from those of another pass."""

    @property
    def name(self) -> str:
        """What the parts' metadata say."""

    def part(self, study: Study, piece: PanelSlice, metrics: Metrics) -> bytes:
        """The Parquet bytes of the slice's part."""


@dataclass(frozen=True, slots=True)
class AllRows:
    """Keep every combination."""

    name: str = "rows"

    def part(self, study: Study, piece: PanelSlice, metrics: Metrics) -> bytes:
        """All result columns of the slice."""
        table = result_table(study, piece, metrics)
        return rows_bytes(study, table, part_metadata(piece, study.key, self.name))


@dataclass(frozen=True, slots=True)
class SurveyStage:
    """Keep what the ranking and the distributions need to know of the whole grid."""

    name: str = "survey"

    def part(self, study: Study, piece: PanelSlice, metrics: Metrics) -> bytes:
        """One row, and the slice's survey in the metadata."""
        table = result_table(study, piece, metrics)
        survey = Survey.of(columns_of(table), metrics, study.settings)
        metadata = part_metadata(piece, study.key, self.name)
        metadata[SURVEY_KEY] = json.dumps(survey.to_json())
        return rows_bytes(study, table.slice(0, 1), metadata)


@dataclass(slots=True)
class Selection:
    """Keep the rows that can be among the `most` best, and histograms of every metric.

    Each worker remembers the best values it has met: what is below the `most` best of
    them cannot be among the `most` best of the grid. So parts shrink as it goes on; what
    is selected from all parts in the end is the same whatever was met when.
    """

    NAME: ClassVar[str] = "selection"

    survey: Survey
    most: int
    name: str = NAME
    _best: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    def part(self, study: Study, piece: PanelSlice, metrics: Metrics) -> bytes:
        """The rows that can be among the best."""
        table = result_table(study, piece, metrics)
        columns = columns_of(table)
        kept = self._candidates(study, columns)
        counts = histogram(metrics, self.survey)
        metadata = {
            **part_metadata(piece, study.key, self.name),
            HISTOGRAM_KEY: b64encode(compress(counts.tobytes())).decode(),
        }
        return rows_bytes(study, taken(table, np.flatnonzero(kept)), metadata)

    def _candidates(
        self, study: Study, columns: dict[str, NDArray[np.float64]]
    ) -> NDArray[np.bool_]:
        settings = study.settings
        eligible = columns["total_trades"] >= settings.min_trades
        scores = score(columns, self.survey.bounds, settings.ranking_weights)
        kept = self._above("", eligible, scores)
        for name in VARIATIONS:
            conditions = settings.variation_conditions
            chosen = competes(columns, name, conditions, settings.min_trades)
            kept |= self._above(name, chosen, columns[f"{name.lower()}_total_r"])
        return kept

    def _above(
        self, name: str, chosen: NDArray[np.bool_], values: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        so_far = self._best.get(name, np.zeros(0))
        candidates = np.concatenate([so_far, values[chosen]])
        _, best = keep_best(np.arange(candidates.size), candidates, self.most)
        self._best[name] = best
        threshold = best[-1] if best.size == self.most else -np.inf
        return chosen & (values >= threshold)


def columns_of(table: "pa.Table") -> dict[str, NDArray[np.float64]]:
    """The columns that rankings, variation tables and spreads look at."""
    names = {*SHARPE_COLUMNS, *RANKED}
    return {name: array(table[name]) for name in table.column_names if name in names}
