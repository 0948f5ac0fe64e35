"""`--keep top:N`: from the parts of both stages to one file of the best rows."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from params_optimizer.analytics.variation_aggregator import Leaders
from params_optimizer.orchestrator.columns import EvaluatedSlice, TableSpec
from params_optimizer.orchestrator.survey import (
    HISTOGRAM_KEY,
    SURVEY_KEY,
    Survey,
    distribution,
    read_histogram,
)
from params_optimizer.storage import files, parquet
from params_optimizer.storage.results import Results
from params_optimizer.strategies.batch import Slice

DISTRIBUTION_KEY = "distribution"


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
    spec: TableSpec,
    survey: Survey,
    parts: Sequence[Path],
    target: Path,
    metadata: Mapping[str, str],
) -> str:
    """Write the best rows of all parts in combination order; returns the file's SHA-256.

    The file carries the survey and the distribution of every metric in its metadata.
    """
    import pyarrow as pa

    best = _best(spec, survey, parts)
    counts = sum(read_histogram(Results([part]).metadata[HISTOGRAM_KEY]) for part in parts)
    lines = distribution(survey, np.asarray(counts), spec.measures)
    whole = {
        **metadata,
        SURVEY_KEY: json.dumps(survey.to_json()),
        DISTRIBUTION_KEY: json.dumps(lines),
    }
    # With its columns, also where nothing competes.
    nothing = EvaluatedSlice(Slice(0, 0, 0), best[:0], np.empty((len(spec.measures), 0)))
    tables = [spec.table(nothing)]
    for part in parts:
        opened = Results([part])
        for columns in opened.pieces(["combination"]):
            numbers = columns["combination"][np.isin(columns["combination"], best)]
            if numbers.size:
                tables.append(opened.table(numbers.tolist()))
    files.write_bytes(target, spec.content(pa.concat_tables(tables).combine_chunks(), whole))
    return parquet.file_digest(target)


def _best(spec: TableSpec, survey: Survey, parts: Sequence[Path]) -> NDArray[np.int64]:
    """Numbers of the best combinations, overall and per variation, sorted."""
    leaders = Leaders(spec.eligibility, survey.bounds, spec.limit or 0)
    for part in parts:
        for columns in Results([part]).pieces(spec.eligibility.columns):
            leaders.add(columns)
    return leaders.numbers
