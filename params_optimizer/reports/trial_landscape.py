"""The trials of an adaptive run by their parameters: distributions, heat maps, side by side."""

from collections.abc import Sequence
from functools import cached_property, partial
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from params_optimizer.analytics.distributions import Distribution, distribution
from params_optimizer.analytics.factors import binned
from params_optimizer.analytics.heatmaps import HeatMap, Located, heat_map
from params_optimizer.orchestrator.outcome import SearchOutcome
from params_optimizer.reports.forms import setting
from params_optimizer.reports.heat_maps import Pair, main_pair, pairs_that_fit
from params_optimizer.reports.labels import SIGNED_METRICS, in_line
from params_optimizer.reports.run import Content, HeatPicture, Panel, Shares, short, shorts
from params_optimizer.search.axis import Axis
from params_optimizer.search.importance import importances
from params_optimizer.search.objective import SCORE, natural_direction
from params_optimizer.search.trial import Trial

METRICS_SHOWN = (
    *("total_r", "sharpe_ratio", "winrate", "avg_trade_r", "profit_factor", "max_drawdown"),
    "total_trades",
)
"""Metrics beside the goals."""
_ALSO_DISTRIBUTED = ("total_r", "sharpe_ratio")
_SIDE_BY_SIDE = 5
_MIN_BINS, _MAX_BINS = 8, 60

Floats = NDArray[np.float64]


class TrialLandscape:
    """The complete trials by their places on the axes of the space."""

    def __init__(self, outcome: SearchOutcome) -> None:
        self._outcome, self._ranking = outcome, outcome.ranking
        self._axes = outcome.plan.space.axes
        self._goals = outcome.plan.objective.goals
        cut = [
            binned(axis, [axis.of(trial.parameters) for trial in self._ranking])
            for axis in self._axes
        ]
        self.factors = [factor for factor, _ in cut]
        self._places = [places for _, places in cut]
        self.varying = [at for at, factor in enumerate(self.factors) if len(factor.labels) > 1]
        self._numbers = np.array([trial.number for trial in self._ranking], np.int64)

    @property
    def winner(self) -> list[int] | None:
        """The places of the best trial."""
        return [int(places[0]) for places in self._places] if self._ranking else None

    @cached_property
    def metrics(self) -> list[str]:
        """Goals first, then what else is worth seeing, without what is not finite."""
        names = dict.fromkeys((*(goal.metric for goal in self._goals), *METRICS_SHOWN))
        return [name for name in names if np.isfinite(self._values(name)).all()]

    def value(self, trial: Trial, metric: str) -> float:
        """A metric of a complete trial."""
        if metric == SCORE:
            place = self._outcome.plan.objective.metrics.index(SCORE)
            return self._outcome.figures(trial)[place]
        return trial.metrics[metric]

    def distributions(self) -> dict[str, Distribution]:
        """Distributions of the goals, of total R and of the Sharpe ratio."""
        bins = min(max(round(2.5 * len(self._ranking) ** 0.5), _MIN_BINS), _MAX_BINS)
        names = dict.fromkeys((*(goal.metric for goal in self._goals), *_ALSO_DISTRIBUTED))
        values = {name: self._values(name) for name in names if name in self.metrics}
        results = (
            (name, distribution(partial(_once, array), bins))
            for name, array in values.items()
            if array.size
        )
        return {name: result for name, result in results if result}

    def heat(self) -> Content:
        """Maps of as many metrics and pairs as fit into the page."""
        sizes = [len(factor.labels) for factor in self.factors]
        pairs = list(combinations(self.varying, 2)) if self._ranking else []
        main = self._main_pair
        fitting, names = pairs_that_fit(pairs, sizes, main, self.metrics, 4)
        return {
            "metrics": names,
            "main": list(main) if main in fitting else None,
            "modes": [["mean", "mean of its trials"], ["best", "best of its trials"]],
            "left_out": len(pairs) - len(fitting),
            "maps": {
                f"{first}-{second}": {
                    name: _map_content(self._map((first, second), name)) for name in names
                }
                for first, second in sorted(fitting)
            },
        }

    def side_by_side(self, count: int) -> Content:
        """The best by the first goal: places on the factors that vary, then figures."""
        names = self.metrics[: max(_SIDE_BY_SIDE, len(self._goals))]
        rows = [
            [
                trial.number,
                *(int(self._places[at][rank]) for at in self.varying),
                *(short(float(self.value(trial, name))) for name in names),
            ]
            for rank, trial in enumerate(self._ranking[:count])
        ]
        return {"metrics": names, "rows": rows}

    def around(self) -> list[Panel]:
        """By parameter: the trials that differ from the winner in it alone, and the winner."""
        panels = (self._line(axis) for axis in self._axes) if self._ranking else ()
        return [panel for panel in panels if len(panel.labels) > 1]

    def shares(self) -> list[Shares]:
        """What decides, by goal: an estimate, empty for goals of which it is not known."""
        return [
            Shares(metric, [((name,), share) for name, share in shares.items()])
            for metric, shares in self._importances.items()
        ]

    def levels(self) -> list[Panel]:
        """Trials are no fair sample of the space: their means would mislead."""
        return []

    def picture(self) -> HeatPicture | None:
        """The mean of the first goal over the two parameters that decide most."""
        pair, winner = self._main_pair, self.winner
        if pair is None or winner is None or not self.metrics:
            return None
        (up, across), metric = pair, self.metrics[0]
        return HeatPicture(
            self._map(pair, metric).mean,
            self.factors[across],
            self.factors[up],
            (winner[across], winner[up]),
            f"{in_line(metric)}, mean of the trials",
            signed=metric in SIGNED_METRICS,
            usual=True,
        )

    @cached_property
    def _importances(self) -> dict[str, dict[str, float]]:
        space, trials = self._outcome.plan.space, self._outcome.trials
        by_metric = (
            (goal.metric, importances(space, trials, place))
            for place, goal in enumerate(self._goals)
        )
        return {metric: shares for metric, shares in by_metric if shares}

    @cached_property
    def _main_pair(self) -> Pair | None:
        shares = self._importances.get(self._goals[0].metric, {})
        return main_pair(self.factors, self.varying, shares)

    def _values(self, metric: str) -> Floats:
        return np.array([self.value(trial, metric) for trial in self._ranking], np.float64)

    def _greatest(self, metric: str) -> bool:
        """Whether more of a metric is better: as the goal says, else as it is natural."""
        for goal in self._goals:
            if goal.metric == metric:
                return goal.direction == "maximize"
        return natural_direction(metric) == "maximize"

    def _map(self, pair: Pair, metric: str) -> HeatMap:
        first, second = pair
        shape = (len(self.factors[first].labels), len(self.factors[second].labels))
        located = Located(self._places[first], self._places[second], shape, self._numbers)
        return heat_map(located, self._values(metric), greatest=self._greatest(metric))

    def _line(self, axis: Axis) -> Panel:
        best = self._ranking[0]
        rest = {name: value for name, value in best.parameters.items() if name not in axis.names}
        line = [
            trial
            for trial in self._ranking
            if all(trial.parameters[name] == value for name, value in rest.items())
        ]
        line.sort(key=lambda trial: axis.encode(axis.of(trial.parameters)))
        return Panel(
            axis.name,
            [setting(axis.of(trial.parameters)) for trial in line],
            [short(float(trial.metrics["total_r"])) for trial in line],
            line.index(best),
        )


def _once(values: Floats) -> Sequence[Floats]:
    return [values]


def _map_content(cells: HeatMap) -> list[object]:
    best, mean = shorts(cells.best), shorts(cells.mean)
    return [best, mean, cells.number.tolist(), cells.sets.tolist()]
