"""`--keep top:N`: from the parts of both stages to one file of the best rows."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from params_optimizer.analytics.variations import COLUMNS as VARIATION_COLUMNS
from params_optimizer.analytics.variations import variation_tables
from params_optimizer.orchestrator.columns import rows_bytes
from params_optimizer.orchestrator.study import Study
from params_optimizer.orchestrator.survey import (
    HISTOGRAM_KEY,
    SURVEY_KEY,
    Survey,
    distribution,
    read_histogram,
)
from params_optimizer.search.ranking import RANKED, best
from params_optimizer.storage import files, parquet
from params_optimizer.storage.results import Columns, Results

DISTRIBUTION_KEY = "distribution"
_RANKING_COLUMNS = ("combination", "total_trades", *RANKED)


def survey_of(parts: list[Path]) -> Survey:
    """The survey of the whole grid, from the parts of the first stage."""
    return Survey.join(
        Survey.from_json(json.loads(Results([part]).metadata[SURVEY_KEY])) for part in parts
    )


def survey_in(metadata: Mapping[str, str]) -> Survey | None:
    """The survey that a results file carries; None where it has every row."""
    text = metadata.get(SURVEY_KEY)
    return Survey.from_json(json.loads(text)) if text else None


def join(
    study: Study, survey: Survey, parts: list[Path], target: Path, metadata: Mapping[str, str]
) -> str:
    """Write the best rows of all parts in combination order; returns the file's SHA-256.

    The file carries the survey and the distribution of every metric in its metadata.
    """
    import pyarrow as pa

    chosen = _best(study, survey, parts)
    counts = sum(read_histogram(Results([part]).metadata[HISTOGRAM_KEY]) for part in parts)
    said = {
        **metadata,
        SURVEY_KEY: json.dumps(survey.to_json()),
        DISTRIBUTION_KEY: json.dumps(distribution(survey, np.asarray(counts))),
    }
    tables = []
    for part in parts:
        opened = Results([part])
        for numbers in opened.pieces(["combination"]):
            kept = numbers["combination"][np.isin(numbers["combination"], chosen)]
            if kept.size:
                tables.append(opened.table(kept.tolist()))
    content = rows_bytes(study, pa.concat_tables(tables).combine_chunks(), said)
    files.write_bytes(target, content)
    return parquet.file_digest(target)


def _best(
    study: Study, survey: Survey, parts: list[Path]
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Numbers of the best combinations, overall and per variation, sorted."""
    settings, most = study.settings, study.most or 0

    def pieces(columns: tuple[str, ...]) -> Iterator[Columns]:
        for part in parts:
            yield from Results([part]).pieces(columns)

    ranking = best(
        pieces(_RANKING_COLUMNS),
        survey.bounds,
        settings.ranking_weights,
        settings.min_trades,
        most,
    )
    tables = variation_tables(
        pieces(VARIATION_COLUMNS), settings.variation_conditions, settings.min_trades, most
    )
    return np.unique(
        np.concatenate([ranking.combination, *(table.combination for table in tables)])
    )
