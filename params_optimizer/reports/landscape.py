"""The ranked sets of a run by their parameters: distributions, heat maps, side by side."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.analytics.distributions import Distribution, distribution
from params_optimizer.analytics.factors import Factor, Factors, grid_factors, set_factors
from params_optimizer.analytics.heatmaps import HeatMap, PairTables
from params_optimizer.reports.forms import setting, short, shorts
from params_optimizer.reports.importance import Importance, Panel
from params_optimizer.reports.labels import SIGNED_METRICS, in_line
from params_optimizer.reports.run_table import RunTable
from params_optimizer.search.objective import SCORE, natural_direction

CELLS = 300_000
"""Numbers of all heat maps together: about 3 MB of the page."""
METRICS_SHOWN = (
    *("total_r", "sharpe_ratio", "winrate", "avg_trade_r", "profit_factor", "max_drawdown"),
    "total_trades",
)
"""Metrics beside the goals."""
_DISTRIBUTED = ("total_r", "sharpe_ratio")
_SIDE_BY_SIDE = ("total_r", "total_trades", "winrate", "sharpe_ratio", "max_drawdown")
_MIN_BINS, _MAX_BINS = 8, 80

Floats = NDArray[np.float64]
Pair = tuple[int, int]


class HeatPicture(NamedTuple):
    """A map, `values` of shape (up, across), as a picture; `frame` is the winner's cell.

    `signed` figures are won or lost around zero, the rest is only more or less. `usual` gives
    the colours to nearly all cells, where a few far away would leave the rest none.
    """

    values: Floats
    across: Factor
    up: Factor
    frame: Pair
    what: str
    signed: bool = True
    usual: bool = False


class Landscape:
    """Metrics over the sets that are ranked, read piece by piece."""

    def __init__(self, run: RunTable) -> None:
        self._run, self._space = run, run.plan.space
        self._coded: Factors = (
            grid_factors(self._space)
            if run.exhaustive
            else set_factors(self._space, run.complete_sets())
        )
        self.factors, self.varying = self._coded.factors, self._coded.varying
        self.importance = Importance(run, self.factors)

    @cached_property
    def winner(self) -> list[int] | None:
        """The places of the winner on the factors."""
        return next(iter(self._places(self._run.ranking.combination[:1])), None)

    @cached_property
    def metrics(self) -> list[str]:
        """Goals first, then what else is worth showing, without what is not finite."""
        names = self._goals_and(*METRICS_SHOWN)
        finite = dict.fromkeys(names, True)
        for piece in self._run.pieces(tuple(names)):
            for name in names:
                finite[name] &= bool(np.isfinite(piece[name]).all())
        return [name for name in names if finite[name]]

    def distributions(self) -> Mapping[str, Distribution]:
        """Distributions by metric; empty where only the best rows were kept or none is ranked."""
        if self._run.plan.most is not None:
            return {}
        bins = min(max(round(2.5 * self._run.eligible**0.5), _MIN_BINS), _MAX_BINS)
        names = self._goals_and(*_DISTRIBUTED)
        pairs = (
            (name, distribution(partial(self._values, name), bins))
            for name in names
            if name in self.metrics
        )
        return {name: values for name, values in pairs if values}

    def heat(self) -> dict[str, Any]:
        """Maps of as many metrics and pairs of factors as fit into the page, as its data."""
        pairs = list(combinations(self.varying, 2)) if self._run.eligible else []
        main = self._main_pair
        numbers = 3 if self._run.exhaustive else 4
        fitting, names = self._that_fit(pairs, main, numbers)
        maps = self._maps(names, fitting) if fitting else {}
        return {
            "metrics": names,
            "main": list(main) if main in fitting else None,
            "modes": self._modes,
            "left_out": len(pairs) - len(fitting),
            "maps": {
                f"{first}-{second}": {
                    name: _map_content(maps[name][first, second])[:numbers] for name in names
                }
                for first, second in sorted(fitting)
            },
        }

    def side_by_side(self, count: int) -> dict[str, Any]:
        """The best sets: number, places on the factors that vary, then figures."""
        names = list(self._goals_and(*_SIDE_BY_SIDE))
        places = self._places(self._run.ranking.combination[:count])
        rows = [
            [
                row[self._run.unit],
                *(of_row[at] for at in self.varying),
                *(short(float(row[name])) for name in names),
            ]
            for row, of_row in zip(self._run.ranked(count), places, strict=True)
        ]
        return {"metrics": names, "rows": rows}

    def around(self) -> list[Panel]:
        """Total R along each parameter through the winner, None where a set has no row."""
        if self.winner is None:
            return []
        line = self._grid_line if self._run.exhaustive else self._tried_line
        panels = (line(at) for at in range(len(self.factors)))
        return [panel for panel in panels if len(panel.labels) > 1]

    def picture(self) -> HeatPicture | None:
        """The map of the two parameters that matter most."""
        pair, winner = self._main_pair, self.winner
        if pair is None or winner is None or not self.metrics:
            return None
        (up, across), metric = pair, self._run.goals[0]
        if metric == SCORE and self._run.exhaustive:  # no figure that says something by itself
            metric = "total_r"
        if metric not in self.metrics:
            return None
        heat_map = self._maps([metric], [pair])[metric][pair]
        mode, words = self._modes[0]
        return HeatPicture(
            heat_map.mean if mode == "mean" else heat_map.best,
            self.factors[across],
            self.factors[up],
            (winner[across], winner[up]),
            f"{in_line(metric)}, {words}",
            signed=metric in SIGNED_METRICS,
            usual=not self._run.exhaustive,
        )

    @property
    def _modes(self) -> list[list[str]]:
        """What a cell of a map can show, and what that is called."""
        if not self._run.exhaustive:
            return [["mean", "mean of its trials"], ["best", "best of its trials"]]
        if self._run.plan.most is not None:
            return [["best", "the best kept"]]
        return [["mean", "mean over the other parameters"], ["best", "best of the others"]]

    def _goals_and(self, first: str, *others: str) -> dict[str, None]:
        """Metrics without repetition; the score, which says little by itself, after `first`."""
        goals = self._run.goals
        return dict.fromkeys((*(goal for goal in goals if goal != SCORE), first, *goals, *others))

    def _values(self, name: str) -> Iterator[Floats]:
        return (piece[name] for piece in self._run.pieces((name,)))

    def _places(self, numbers: NDArray[np.int64]) -> list[list[int]]:
        """The places of sets on the factors."""
        return np.transpose(self._coded.places_of(numbers)).tolist() if numbers.size else []

    def _that_fit(
        self, pairs: Sequence[Pair], main: Pair | None, numbers: int
    ) -> tuple[list[Pair], list[str]]:
        """The pairs of factors and the metrics whose maps fit into a page, the main one first.

        A cell of a map holds so many `numbers` for each metric.
        """
        fitting, cells = [], 0
        for pair in sorted(pairs, key=lambda pair: (pair != main, pair)):
            size = len(self.factors[pair[0]].labels) * len(self.factors[pair[1]].labels)
            if numbers * (cells + size) <= CELLS:
                fitting.append(pair)
                cells += size
        count = max(CELLS // (numbers * cells), 1) if cells else 0
        return fitting, self.metrics[:count]

    def _maps(self, names: Sequence[str], pairs: Sequence[Pair]) -> dict[str, dict[Pair, HeatMap]]:
        """One pass; a grid counts all factors together, which other spaces have no room for."""
        sizes = [len(factor.labels) for factor in self.factors]
        every = tuple(range(len(sizes)))
        groups: Sequence[tuple[int, ...]] = [every] if self._run.exhaustive else pairs
        tables = {
            (name, group): PairTables([sizes[at] for at in group], greatest=self._greatest(name))
            for name in names
            for group in groups
        }
        for piece in self._run.pieces(tuple(names)):
            numbers = piece[self._run.unit]
            for group in groups:
                codes = self._coded.codes(numbers, group)
                for name in names:
                    tables[name, group].add(numbers, np.asarray(piece[name], np.float64), codes)
        return {
            name: {
                pair: tables[name, group].pair(*map(group.index, pair))
                for pair in pairs
                for group in (every if self._run.exhaustive else pair,)
            }
            for name in names
        }

    def _greatest(self, metric: str) -> bool:
        """Whether more of a metric is better: as the goal says, else as it is natural."""
        goals = {goal.metric: goal.direction for goal in self._run.plan.objective.goals}
        return goals.get(metric, natural_direction(metric)) == "maximize"

    @cached_property
    def _main_pair(self) -> Pair | None:
        """The two factors that decide most, in the order of the space; None where fewer vary."""
        if len(self.varying) < 2:
            return None
        alone = self.importance.alone
        if not alone and self._run.exhaustive:  # the fastest two, whose neighbours are all there
            return self.varying[-2], self.varying[-1]
        # A map with two columns tells little: factors with more values first.
        several = [at for at in self.varying if len(self.factors[at].labels) > 2]
        candidates = several if len(several) > 1 else self.varying
        strongest = sorted(candidates, key=lambda at: -alone.get(self.factors[at].name, 0.0))
        first, second = sorted(strongest[:2])
        return first, second

    def _grid_line(self, at: int) -> Panel:
        """The combinations that differ from the winner in one factor alone.

        Of a factor that is ranges of values there is one for each range.
        """
        number = int(self._run.ranking.combination[0])
        axis, factor = self._space.axes[at], self.factors[at]
        place, count = self._space.places(number)[at], axis.count or 1
        width = -(-count // len(factor.labels))
        weight = 1
        for slower in self._space.axes[at + 1 :]:
            weight *= slower.count or 1
        places = np.arange(place % width, count, width)
        totals = self._run.table.lookup("total_r", number + (places - place) * weight)
        texts = [setting(axis.value(value)) for value in places.tolist()]
        labels = factor.labels if width == 1 else texts
        return Panel(factor.name, labels, shorts(totals), place // width)

    def _tried_line(self, at: int) -> Panel:
        """The sets of a search that differ from the winner in one parameter alone."""
        axis, sets = self._space.axes[at], self._run.complete_sets()
        winner = int(self._run.ranking.combination[0])
        shared = {name: value for name, value in sets[winner].items() if name not in axis.names}
        line = {
            number: axis.of(values)
            for number, values in sets.items()
            if all(values[name] == value for name, value in shared.items())
        }
        numbers = sorted(line, key=lambda number: axis.encode(line[number]))
        totals = self._run.table.lookup("total_r", np.array(numbers, np.int64))
        labels = [setting(line[number]) for number in numbers]
        return Panel(axis.name, labels, shorts(totals), numbers.index(winner))


def _map_content(cells: HeatMap) -> list[object]:
    best, mean = shorts(cells.best), shorts(cells.mean)
    return [best, mean, cells.number.tolist(), cells.sets.tolist()]
