"""Slices read back from parts that hold every row, so that no parameter set is asked twice."""

from pathlib import Path

import numpy as np

from params_optimizer.orchestrator.columns import COMPLETE, EvaluatedSlice, Failure, TableSpec
from params_optimizer.storage.parts import present_parts
from params_optimizer.storage.results import Results
from params_optimizer.strategies.batch import Numbers, Slice


class StoredSlices:
    """The slices of a run of a strategy that is asked set by set, from the parts in a folder."""

    def __init__(self, spec: TableSpec, folder: Path) -> None:
        self._spec, self._parts = spec, present_parts(folder)

    def evaluated(self, slice_: Slice, numbers: Numbers) -> EvaluatedSlice:
        """What was evaluated of a slice; `numbers` are its combinations.

        Raises:
            DamagedFileError: the part is not a readable Parquet file.
        """
        metrics = np.full((len(self._spec.measures), numbers.size), np.nan)
        failures: dict[int, Failure] = {}
        names = ["combination", "state", "reason", *self._spec.measures]
        for columns in Results([self._parts[slice_.number]]).pieces(names):
            metrics[:] = [columns[name] for name in self._spec.measures]
            failed = np.flatnonzero(columns["state"] != COMPLETE)
            metrics[:, failed] = np.nan
            for at in failed.tolist():
                failure = Failure(str(columns["state"][at]), str(columns["reason"][at]))
                failures[int(columns["combination"][at])] = failure
        return EvaluatedSlice(slice_, numbers, metrics, failures)
