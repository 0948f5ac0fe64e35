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

from params_optimizer.analytics.variation_aggregator import ranked
from params_optimizer.orchestrator.columns import EvaluatedSlice, TableSpec
from params_optimizer.orchestrator.survey import HISTOGRAM_KEY, SURVEY_KEY, Survey, histogram
from params_optimizer.search.ranking import NOBODY, Best
from params_optimizer.storage.parts import part_metadata
from params_optimizer.storage.results import Columns, array, taken
from params_optimizer.strategies.scopes import ALL

if TYPE_CHECKING:
    import pyarrow as pa


class Stage(Protocol):
    """One pass over the grid; `name` tells its parts from those of another pass."""

    @property
    def name(self) -> str:
        """What the parts' metadata say."""

    def part(self, spec: TableSpec, evaluated: EvaluatedSlice) -> bytes:
        """The Parquet bytes of the slice's part."""


@dataclass(frozen=True, slots=True)
class AllRows:
    """Keep every combination."""

    name: str = "rows"

    def part(self, spec: TableSpec, evaluated: EvaluatedSlice) -> bytes:
        """All result columns of the slice."""
        metadata = part_metadata(evaluated.slice_, spec.key, self.name)
        return spec.content(spec.table(evaluated), metadata)


@dataclass(frozen=True, slots=True)
class SurveyStage:
    """Keep what the ranking and the distributions need to know of the whole grid."""

    name: str = "survey"

    def part(self, spec: TableSpec, evaluated: EvaluatedSlice) -> bytes:
        """One row, and the slice's survey in the metadata."""
        table = spec.table(evaluated)
        survey = Survey.of(columns_of(table, spec), evaluated.metrics, spec.eligibility)
        metadata = part_metadata(evaluated.slice_, spec.key, self.name)
        metadata[SURVEY_KEY] = json.dumps(survey.to_json())
        return spec.content(table.slice(0, 1), metadata)


@dataclass(slots=True)
class Selection:
    """Keep the rows that can be among the `limit` best, and histograms of every metric.

    Each worker remembers the best values it has met: what is below the `limit` best of
    them cannot be among the `limit` best of the grid. So parts shrink as it goes on; what
    is selected from all parts in the end is the same whatever was met when.
    """

    NAME: ClassVar[str] = "selection"

    survey: Survey
    limit: int
    name: str = NAME
    _best: dict[str, Best] = field(default_factory=dict)

    def part(self, spec: TableSpec, evaluated: EvaluatedSlice) -> bytes:
        """The rows that can be among the best."""
        table = spec.table(evaluated)
        rows = self._candidates(spec, columns_of(table, spec))
        counts = histogram(evaluated.metrics, self.survey)
        metadata = {
            **part_metadata(evaluated.slice_, spec.key, self.name),
            HISTOGRAM_KEY: b64encode(compress(counts.tobytes())).decode(),
        }
        return spec.content(taken(table, np.flatnonzero(rows)), metadata)

    def _candidates(self, spec: TableSpec, columns: Columns) -> NDArray[np.bool_]:
        eligibility = spec.eligibility
        eligible = eligibility.eligible(columns)
        best = ranked(eligibility.objective, columns, eligible[ALL], self.survey.bounds)
        rows = self._above(ALL, eligible[ALL], best)
        for scope in eligibility.variations:
            inside = eligible[scope.name]
            total = columns[scope.column("total_r")][inside]
            numbers = columns["combination"][inside]
            rows |= self._above(
                scope.name, inside, Best(numbers, total, np.zeros(total.size), total)
            )
        return rows

    def _above(self, name: str, eligible: NDArray[np.bool_], candidates: Best) -> NDArray[np.bool_]:
        best = self._best.get(name, NOBODY).joined_with(candidates, self.limit)
        self._best[name] = best
        rows = eligible.copy()
        if best.values.size == self.limit:
            rows[eligible] = candidates.values >= best.values[-1]
        return rows


def columns_of(table: "pa.Table", spec: TableSpec) -> Columns:
    """The columns that rankings, variation tables and spreads look at."""
    return {name: array(table[name]) for name in spec.eligibility.columns}
