"""A grid by its parameters: distributions, heat maps, effects, the best side by side."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property, partial
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from params_optimizer.analytics.distributions import Distribution, distribution
from params_optimizer.analytics.factors import GridFactors
from params_optimizer.analytics.heatmaps import HeatMap, PairTables
from params_optimizer.analytics.variation_aggregator import limits_of
from params_optimizer.errors import RunError
from params_optimizer.orchestrator.outcome import Outcome
from params_optimizer.orchestrator.selection import survey_in
from params_optimizer.reports.forms import setting
from params_optimizer.reports.heat_maps import Pair, main_pair, pairs_that_fit
from params_optimizer.reports.run import Content, HeatPicture, Panel, Shares, short, shorts
from params_optimizer.search.objective import SCORE, goals_of
from params_optimizer.search.ranking import Bounds
from params_optimizer.storage.results import Columns
from params_optimizer.validation.effects import Effects, effects, factors
from params_optimizer.validation.plateau import Plateau, plateau

HEAT_METRICS = ("total_r", "score", "sharpe_ratio", "winrate", "avg_trade_r", "profit_factor")
"""What heat maps show, by name of the column; the score is no column, but computed."""
_DISTRIBUTED = ("score", "total_r", "sharpe_ratio")
_SIDE_BY_SIDE = ("total_r", "total_trades", "winrate", "sharpe_ratio", "max_drawdown")
_COLUMNS = ("combination", "total_trades", *(name for name in HEAT_METRICS if name != "score"))
_PAIRS = 8

Floats = NDArray[np.float64]


class GridLandscape:
    """Metrics over the combinations that are ranked, read piece by piece."""

    def __init__(self, outcome: Outcome) -> None:
        self._outcome, self._grid = outcome, outcome.plan.space
        self._factors = GridFactors.of(self._grid)
        self.factors = list(self._factors.factors)
        self.varying = [at for at, factor in enumerate(self.factors) if len(factor.labels) > 1]
        # Maps show the score of R12 whatever ranks.
        objective = outcome.plan.table.eligibility.objective
        self._score = replace(objective, goals=goals_of(SCORE, None))

    @property
    def complete(self) -> bool:
        """Whether every combination of the grid has its row."""
        return len(self._outcome.results) == len(self._grid)

    @property
    def winner(self) -> list[int] | None:
        """The places of the best combination on the factors."""
        best = self._outcome.ranking.combination
        return self._places(int(best[0])) if best.size else None

    def distributions(self) -> dict[str, Distribution]:
        """Distributions by metric; empty where only the best rows were kept or none is ranked."""
        if self._outcome.plan.most is not None:
            return {}
        pairs = ((name, distribution(partial(self._values, name))) for name in _DISTRIBUTED)
        return {name: values for name, values in pairs if values}

    def heat(self) -> Content:
        """Maps of as many metrics and pairs as fit into the page."""
        sizes = [len(factor.labels) for factor in self.factors]
        pairs = list(combinations(self.varying, 2)) if self._bounds.eligible else []
        main = self._main_pair
        fitting, names = pairs_that_fit(pairs, sizes, main, HEAT_METRICS, 3)
        maps = self._maps(names, fitting) if fitting else {}
        whole = self._outcome.plan.most is None
        best = ["best", "best of the rest" if whole else "the best kept"]
        return {
            "metrics": names,
            "main": list(main) if main in fitting else None,
            "modes": [["mean", "mean over the rest"], best] if whole else [best],
            "left_out": len(pairs) - len(fitting),
            "maps": {
                f"{first}-{second}": {
                    name: _map_content(maps[name][first, second]) for name in names
                }
                for first, second in sorted(fitting)
            },
        }

    def side_by_side(self, count: int) -> Content:
        """The best by score: places on the factors that vary, then figures."""
        ranking = self._outcome.ranking
        numbers, scores = ranking.combination[:count].tolist(), ranking.score[:count].tolist()
        rows = []
        for number, points, row in zip(numbers, scores, self._outcome.rows(numbers), strict=True):
            places = self._places(number)
            figures = [short(float(row[name])) for name in _SIDE_BY_SIDE]
            rows.append([number, *(places[at] for at in self.varying), *figures, short(points)])
        return {"metrics": [*_SIDE_BY_SIDE, "score"], "rows": rows}

    def around(self) -> list[Panel]:
        """Total R along each factor through the winner, None where a row is missing."""
        winner = self.winner
        if winner is None:
            return []
        lines = self._slices(int(self._outcome.ranking.combination[0]))
        totals = self._totals(number for line in lines.values() for number in line)
        return [
            Panel(
                self.factors[at].name,
                self._value_labels(at, winner[at], len(line)),
                [short(totals.get(number)) for number in line],
                winner[at],
            )
            for at, line in lines.items()
        ]

    def shares(self) -> list[Shares]:
        """What decides total R, exact over a full factorial; else not known."""
        exact = self._effects
        if exact is None or not exact.variance:
            return []
        alone = [((name,), share) for name, share in exact.main.items()]
        pairs = sorted(exact.pairs.items(), key=lambda pair: -pair[1])[:_PAIRS]
        listed = sorted([*alone, *pairs], key=lambda item: -item[1])
        return [Shares("total_r", listed)]

    def levels(self) -> list[Panel]:
        """The mean total R at each value of each factor that varies."""
        exact = self._effects
        if exact is None or not exact.variance:
            return []
        panels = []
        for at in self.varying:
            factor, width = self.factors[at], self._factors.widths[at]
            means = exact.levels[factor.name]
            starts = np.arange(0, means.size, width)
            sizes = np.diff(np.append(starts, means.size))
            panels.append(
                Panel(factor.name, factor.labels, shorts(np.add.reduceat(means, starts) / sizes))
            )
        return panels

    def picture(self) -> HeatPicture | None:
        """Mean total R, or the best of what was kept, over the two factors that matter most."""
        winner, pair = self.winner, self._main_pair
        if winner is None or pair is None:
            return None
        up, across = pair
        heat_map = self._maps(["total_r"], [pair])["total_r"][pair]
        whole = self._outcome.plan.most is None
        return HeatPicture(
            heat_map.mean if whole else heat_map.best,
            self.factors[across],
            self.factors[up],
            (winner[across], winner[up]),
            "mean total R over the other parameters" if whole else "best total R of what was kept",
        )

    def plateau(self) -> Plateau | None:
        """The plateau around the winner in total R; None where a neighbour has no row."""

        def lookup(numbers: NDArray[np.int64]) -> Floats:
            totals = self._totals(numbers.tolist())
            return np.array([totals[number] for number in numbers.tolist()])

        try:
            return plateau(self._grid, int(self._outcome.ranking.combination[0]), lookup)
        except KeyError:
            return None

    def _pieces(self) -> Iterator[Columns]:
        """The combinations that compete, with their score."""
        for piece in self._outcome.results.pieces(_COLUMNS):
            competing = self._score.competes(piece)
            rows = {name: values[competing] for name, values in piece.items()}
            yield {**rows, "score": self._score.merits(rows, self._bounds)}

    def _values(self, name: str) -> Iterator[Floats]:
        return (piece[name] for piece in self._pieces())

    def _maps(self, names: Sequence[str], pairs: Sequence[Pair]) -> dict[str, dict[Pair, HeatMap]]:
        sizes = self._factors.sizes
        tables = {name: PairTables(sizes) for name in names}
        for piece in self._pieces():
            codes = self._factors.codes(piece["combination"])
            for name, table in tables.items():
                table.add(piece["combination"], np.asarray(piece[name], np.float64), codes)
        return {name: {pair: table.pair(*pair) for pair in pairs} for name, table in tables.items()}

    @cached_property
    def _bounds(self) -> Bounds:
        """Bounds of the score; a pass over all rows, which texts do not need."""
        survey = survey_in(self._outcome.results.metadata)
        if survey and self._outcome.plan.table.eligibility.objective.metric == SCORE:
            return survey.bounds
        return limits_of(self._outcome.results.pieces(self._score.columns), self._score)

    @cached_property
    def _effects(self) -> Effects | None:
        """Effects on total R; None unless every combination has its row."""
        if not self.complete:
            return None
        pieces = self._outcome.results.pieces(("combination", "total_r"))
        chunks = ((piece["combination"], piece["total_r"]) for piece in pieces)
        try:
            return effects(factors(self._grid), chunks)
        except RunError:  # some sets could not be evaluated
            return None

    @cached_property
    def _main_pair(self) -> Pair | None:
        exact = self._effects
        if exact is None:  # the fastest two, whose neighbours are all there
            return (self.varying[-2], self.varying[-1]) if len(self.varying) > 1 else None
        return main_pair(self.factors, self.varying, dict(exact.main))

    def _totals(self, numbers: Iterable[int]) -> dict[int, float]:
        """Total R of those combinations that have a row."""
        sought = np.array(sorted(set(numbers)), np.int64)
        totals: dict[int, float] = {}
        for piece in self._outcome.results.pieces(("combination", "total_r")):
            hit = np.isin(piece["combination"], sought)
            pairs = zip(piece["combination"][hit], piece["total_r"][hit], strict=True)
            totals.update((int(number), float(value)) for number, value in pairs)
        return totals

    def _places(self, number: int) -> list[int]:
        """The places of a combination on the factors."""
        places = self._grid.places(number)
        return [place // width for place, width in zip(places, self._factors.widths, strict=True)]

    def _slices(self, number: int) -> dict[int, list[int]]:
        """By factor that varies: the combinations that differ from `number` in it alone.

        Of a factor that is ranges of values there is one for each range.
        """
        places, weight, slices = self._grid.places(number), self._grid.size or 0, {}
        for at, (axis, width) in enumerate(zip(self._grid.axes, self._factors.widths, strict=True)):
            count = axis.count or 1
            weight //= count
            if at in self.varying:
                first = number - places[at] * weight
                places_of_line = range(places[at] % width, count, width)
                slices[at] = [first + place * weight for place in places_of_line]
        return slices

    def _value_labels(self, at: int, winner: int, count: int) -> list[str]:
        """The values on a line of `_slices`; `winner` is the place of the winner's on it."""
        width = self._factors.widths[at]
        if width == 1:
            return list(self.factors[at].labels)
        axis = self._grid.axes[at]
        offset = self._grid.places(int(self._outcome.ranking.combination[0]))[at] - winner * width
        return [setting(axis.value(offset + place * width)) for place in range(count)]


def _map_content(heat_map: HeatMap) -> list[object]:
    return [shorts(heat_map.best), shorts(heat_map.mean), heat_map.number.tolist()]
