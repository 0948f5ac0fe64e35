"""The trials of a search as pictures: distribution, heat maps, side by side, around the winner."""

from functools import cached_property, partial
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from params_optimizer.analytics.distributions import distribution
from params_optimizer.analytics.factors import binned
from params_optimizer.analytics.heatmaps import HeatMap, Located, heat_map
from params_optimizer.reports.html.landscape import PARALLEL, pairs_that_fit
from params_optimizer.reports.html.material import Content, short, shorts
from params_optimizer.reports.html.search.material import SearchMaterial
from params_optimizer.reports.html.words import label, setting
from params_optimizer.search.axis import Axis

Floats = NDArray[np.float64]

_ALSO_DISTRIBUTED = ("total_r", "sharpe_ratio")
_PARALLEL_METRICS = 5
_LEAST_BINS, _MOST_BINS = 8, 60
MODES = [["mean", "mean of its trials"], ["best", "best of its trials"]]


class SearchLandscape:
    """The complete trials by their places on the axes of the space."""

    def __init__(self, material: SearchMaterial) -> None:
        self._material = material
        ranking = material.ranking
        self._axes = material.outcome.problem.space.axes
        found = [binned(one, [one.of(trial.parameters) for trial in ranking]) for one in self._axes]
        self.factors = [factor for factor, _ in found]
        self.places = [places for _, places in found]
        self._numbers = np.array([one.number for one in ranking], np.int64)

    @property
    def varying(self) -> list[int]:
        """Factors with more than one value."""
        return [at for at, one in enumerate(self.factors) if len(one.labels) > 1]

    @property
    def winner(self) -> list[int] | None:
        """The places of the best trial."""
        return [int(one[0]) for one in self.places] if self._material.ranking else None

    @cached_property
    def main_pair(self) -> tuple[int, int] | None:
        """The two factors that decide most of the first goal, in the order of the space."""
        if len(self.varying) < 2:
            return None
        shares = self._material.importances.get(self._material.goals[0], {})
        # A map with two columns tells little: factors with more values first.
        several = [at for at in self.varying if len(self.factors[at].labels) > 2]
        chosen = several if len(several) > 1 else self.varying
        strongest = sorted(chosen, key=lambda at: -shares.get(self.factors[at].name, 0.0))
        one, other = sorted(strongest[:2])
        return one, other

    def heat_map(self, pair: tuple[int, int], metric: str) -> HeatMap:
        """A metric over two factors."""
        one, other = pair
        shape = (len(self.factors[one].labels), len(self.factors[other].labels))
        located = Located(self.places[one], self.places[other], shape, self._numbers)
        material = self._material
        return heat_map(located, material.values(metric), greatest=material.greatest(metric))

    def around(self) -> list[Content]:
        """By parameter: the trials that differ from the winner in it alone, and the winner."""
        panels = (self._line(axis) for axis in self._axes)
        return [one for one in panels if len(one["labels"]) > 1]

    def _line(self, axis: Axis) -> Content:
        best = self._material.ranking[0]
        others = {name: one for name, one in best.parameters.items() if name not in axis.names}
        line = [
            trial
            for trial in self._material.ranking
            if all(trial.parameters[name] == value for name, value in others.items())
        ]
        line.sort(key=lambda trial: axis.encode(axis.of(trial.parameters)))
        return {
            "name": axis.name,
            "labels": [setting(axis.of(trial.parameters)) for trial in line],
            "values": [short(float(trial.metrics["total_r"])) for trial in line],
            "chosen": line.index(best),
        }


def content(landscape: SearchLandscape, material: SearchMaterial) -> Content:
    """All of it as compact data for the page, in the form of a grid's."""
    found: Content = {
        "factors": [{"name": one.name, "labels": list(one.labels)} for one in landscape.factors],
        "varying": landscape.varying,
        "metrics": {name: label(name) for name in material.metrics},
        "winner": landscape.winner,
        "distributions": _distributions(material),
        "heat": _heat(landscape, material),
        "parallel": _parallel(landscape, material),
    }
    if material.ranking and (panels := landscape.around()):
        found["around"] = {"panels": panels}
    return found


def _distributions(material: SearchMaterial) -> Content:
    count = len(material.ranking)
    bins = min(max(round(2.5 * count**0.5), _LEAST_BINS), _MOST_BINS)
    found = {}
    for name in dict.fromkeys((*material.goals, *_ALSO_DISTRIBUTED)):
        values = material.values(name)
        one = distribution(partial(_once, values), bins) if values.size else None
        if one and name in material.metrics:
            found[name] = {**one._asdict(), "counts": one.counts.tolist()}
    return found


def _once(values: Floats) -> list[Floats]:
    return [values]


def _heat(landscape: SearchLandscape, material: SearchMaterial) -> Content:
    """Maps of as many metrics and pairs as fit into the page."""
    sizes = [len(one.labels) for one in landscape.factors]
    all_pairs = list(combinations(landscape.varying, 2)) if material.ranking else []
    pairs, names = pairs_that_fit(all_pairs, sizes, landscape.main_pair, material.metrics, 4)
    return {
        "metrics": names,
        "main": list(landscape.main_pair) if landscape.main_pair in pairs else None,
        "modes": MODES,
        "left_out": len(all_pairs) - len(pairs),
        "maps": {
            f"{one}-{other}": {name: _map(landscape.heat_map((one, other), name)) for name in names}
            for one, other in sorted(pairs)
        },
    }


def _map(one: HeatMap) -> list[Any]:
    return [shorts(one.best), shorts(one.mean), one.number.tolist(), one.sets.tolist()]


def _parallel(landscape: SearchLandscape, material: SearchMaterial) -> Content:
    """The best by the first goal: places on the axes that vary, then figures."""
    names = material.metrics[: max(_PARALLEL_METRICS, len(material.goals))]
    rows = [
        [
            trial.number,
            *(int(landscape.places[at][rank]) for at in landscape.varying),
            *(short(float(material.value(trial, name))) for name in names),
        ]
        for rank, trial in enumerate(material.ranking[:PARALLEL])
    ]
    return {"metrics": names, "rows": rows}
