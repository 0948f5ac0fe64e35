"""The grid as pictures: distribution, heat maps, effects, the best side by side, the plateau."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from params_optimizer.analytics.distributions import Distribution, distribution
from params_optimizer.analytics.factors import Factor, factors_of
from params_optimizer.analytics.heatmaps import HeatMap, PairTables
from params_optimizer.analytics.variation_aggregator import limits_of
from params_optimizer.orchestrator.outcome import Outcome
from params_optimizer.orchestrator.selection import DISTRIBUTION_KEY, survey_in
from params_optimizer.reports.html.material import Content, Material, short, shorts
from params_optimizer.search.ranking import Bounds, score
from params_optimizer.storage.results import Columns
from params_optimizer.validation.effects import Effects, effects
from params_optimizer.validation.plateau import Plateau, plateau

SHOWN = {
    "total_r": "Total R",
    "score": "Score",
    "sharpe_ratio": "Sharpe ratio",
    "winrate": "Win rate, %",
    "avg_trade_r": "R per trade",
    "profit_factor": "Profit factor",
}
"""What heat maps show, by name of the column; the score is no column, but computed."""
DISTRIBUTED = ("score", "total_r", "sharpe_ratio")
PARALLEL = 500
_PARALLEL_METRICS = ("total_r", "total_trades", "winrate", "sharpe_ratio", "max_drawdown")
_COLUMNS = ("combination", "total_trades", *(name for name in SHOWN if name != "score"))
_CELLS = 300_000
"""Numbers of all heat maps together: about 3 MB of the page."""

Floats = NDArray[np.float64]


class Landscape:
    """Metrics over the combinations that are ranked, read piece by piece."""

    def __init__(self, material: Material) -> None:
        self._material, self._outcome = material, material.outcome
        self.factors = factors_of(material.study.grid)
        self.varying = [at for at, one in enumerate(self.factors) if len(one.labels) > 1]
        self._limits = _limits(self._outcome)
        self._effects: Effects | None = None

    @property
    def ranked(self) -> int:
        """How many combinations have enough trades."""
        return self._limits.eligible

    def pieces(self) -> Iterator[Columns]:
        """The ranked combinations with their score."""
        least = self._material.study.settings.min_trades
        weights = self._material.study.settings.ranking_weights
        for piece in self._outcome.results.pieces(_COLUMNS):
            ranked = piece["total_trades"] >= least
            kept = {name: values[ranked] for name, values in piece.items()}
            yield {**kept, "score": score(kept, self._limits, weights)}

    def distributions(self) -> dict[str, Distribution]:
        """Distributions by metric; empty where only the best rows were kept or none is ranked."""
        if self._material.study.most is not None:
            return {}
        found = {}
        for name in DISTRIBUTED:
            one = distribution(partial(self._values, name))
            if one:
                found[name] = one
        return found

    def _values(self, name: str) -> Iterator[Floats]:
        return (piece[name] for piece in self.pieces())

    def heat_maps(self, names: Sequence[str]) -> dict[str, dict[tuple[int, int], HeatMap]]:
        """Maps of each metric by pair of factors; all pairs of those that vary."""
        sizes = [len(one.labels) for one in self.factors]
        tables = {name: PairTables(sizes) for name in names}
        for piece in self.pieces():
            for name, table in tables.items():
                table.add(piece["combination"], np.asarray(piece[name], np.float64))
        return {
            name: {pair: table.pair(*pair) for pair in self.pairs()}
            for name, table in tables.items()
        }

    def pairs(self) -> list[tuple[int, int]]:
        """Pairs of factors that vary, slower one first."""
        return list(combinations(self.varying, 2))

    def effects(self) -> Effects | None:
        """Effects on total R; None unless every combination has its row."""
        if self._effects is None and self._material.complete:
            sizes = {one.name: len(one.labels) for one in self.factors}
            pieces = self._outcome.results.pieces(("combination", "total_r"))
            self._effects = effects(
                sizes, ((piece["combination"], piece["total_r"]) for piece in pieces)
            )
        return self._effects

    def main_pair(self) -> tuple[int, int] | None:
        """The two factors that move total R most, slower one first; None where fewer vary."""
        if len(self.varying) < 2:
            return None
        found = self.effects()
        if found is None:
            return self.pairs()[-1]
        # A map with two columns tells little: factors with more values first.
        several = [at for at in self.varying if len(self.factors[at].labels) > 2]
        chosen = several if len(several) > 1 else self.varying
        strongest = sorted(chosen, key=lambda at: -found.main[self.factors[at].name])
        one, other = sorted(strongest[:2])
        return one, other

    def total_r(self, numbers: Iterable[int]) -> dict[int, float]:
        """Total R of those combinations that have a row."""
        wanted = np.array(sorted(set(numbers)), np.int64)
        found: dict[int, float] = {}
        for piece in self._outcome.results.pieces(("combination", "total_r")):
            held = np.isin(piece["combination"], wanted)
            pairs = zip(piece["combination"][held], piece["total_r"][held], strict=True)
            found.update((int(number), float(value)) for number, value in pairs)
        return found

    def slices(self, number: int) -> dict[int, list[int]]:
        """By factor that varies: the combinations that differ from `number` in it alone."""
        grid = self._material.study.grid
        places, weight, found = grid.places(number), len(grid), {}
        for at, factor in enumerate(self.factors):
            weight //= len(factor.labels)
            if at in self.varying:
                first = number - places[at] * weight
                found[at] = [first + place * weight for place in range(len(factor.labels))]
        return found


def content(landscape: Landscape, outcome: Outcome) -> Content:
    """All of it as compact data for the page."""
    winner = int(outcome.ranking.combination[0]) if outcome.ranking.combination.size else None
    found: Content = {
        "factors": [_factor(one) for one in landscape.factors],
        "varying": landscape.varying,
        "metrics": SHOWN,
        "winner": None if winner is None else outcome.study.grid.places(winner),
        "distributions": {
            name: _distribution(one) for name, one in landscape.distributions().items()
        },
        "heat": _heat(landscape),
        "parallel": _parallel(landscape, outcome),
        "kept": outcome.study.most,
    }
    shares = landscape.effects()
    if shares and shares.variance:
        found["effects"] = _effects(shares)
    if winner is not None:
        found["around"] = _around(landscape, outcome, winner)
    return found


def spread_of_kept(outcome: Outcome) -> list[Content] | None:
    """With `--keep top:N`: the distribution of metrics over all combinations, line by line."""
    import json

    text = outcome.results.metadata.get(DISTRIBUTION_KEY)
    lines = json.loads(text) if text else []
    return [line for line in lines if line["metric"] in (*SHOWN, "max_drawdown")] or None


def plateau_of(landscape: Landscape, outcome: Outcome, number: int) -> Plateau | None:
    """The plateau around a combination in total R; None where a neighbour has no row."""

    def lookup(numbers: NDArray[np.int64]) -> Floats:
        found = landscape.total_r(numbers.tolist())
        return np.array([found[one] for one in numbers.tolist()])

    try:
        return plateau(outcome.study.grid, number, lookup)
    except KeyError:
        return None


def _limits(outcome: Outcome) -> Bounds:
    survey = survey_in(outcome.results.metadata)
    if survey:
        return survey.bounds
    objective = outcome.study.table.eligibility.objective
    return limits_of(outcome.results.pieces(objective.columns), objective)


def _factor(factor: Factor) -> Content:
    return {"name": factor.name, "labels": list(factor.labels)}


def _distribution(one: Distribution) -> Content:
    counts = one.counts.tolist()
    return {**one._asdict(), "counts": counts}


def _heat(landscape: Landscape) -> Content:
    """Maps of as many metrics and pairs as fit into the page."""
    sizes = [len(one.labels) for one in landscape.factors]
    main = landscape.main_pair()
    ranked = landscape.pairs() if landscape.ranked else []
    pairs, names = pairs_that_fit(ranked, sizes, main, list(SHOWN), 3)
    maps = landscape.heat_maps(names) if pairs else {}
    return {
        "metrics": names,
        "main": list(main) if main in pairs else None,
        "left_out": len(ranked) - len(pairs),
        "maps": {
            f"{one}-{other}": {name: _map(maps[name][one, other]) for name in names}
            for one, other in sorted(pairs)
        },
    }


def pairs_that_fit(
    pairs: Sequence[tuple[int, int]],
    sizes: Sequence[int],
    main: tuple[int, int] | None,
    metrics: Sequence[str],
    numbers: int,
) -> tuple[list[tuple[int, int]], list[str]]:
    """The pairs of factors and the metrics whose maps fit into a page, the `main` pair first.

    A cell of a map holds so many `numbers` for each metric.
    """
    kept, cells = [], 0
    for one, other in sorted(pairs, key=lambda pair: (pair != main, pair)):
        if numbers * (cells + sizes[one] * sizes[other]) <= _CELLS:
            kept.append((one, other))
            cells += sizes[one] * sizes[other]
    return kept, list(metrics[: max(_CELLS // (numbers * cells), 1)]) if cells else []


def _map(one: HeatMap) -> list[Any]:
    return [shorts(one.best), shorts(one.mean), one.number.tolist()]


def _effects(found: Effects) -> Content:
    return {
        "mean": short(found.mean),
        "main": {name: short(share) for name, share in found.main.items()},
        "pairs": [
            [*names, short(share)]
            for names, share in sorted(found.pairs.items(), key=lambda one: -one[1])[:8]
        ],
        "residual": short(found.residual),
        "all_pairs": short(sum(found.pairs.values())),
        "levels": {name: shorts(values) for name, values in found.levels.items()},
    }


def _parallel(landscape: Landscape, outcome: Outcome) -> Content:
    """The best by score: places on the axes that vary, then figures."""
    numbers = outcome.ranking.combination[:PARALLEL].tolist()
    grid = outcome.study.grid
    scores = outcome.ranking.score[:PARALLEL].tolist()
    rows = []
    for number, points, row in zip(numbers, scores, outcome.rows(numbers), strict=True):
        places = grid.places(number)
        figures = [short(float(row[name])) for name in _PARALLEL_METRICS]
        rows.append([number, *(places[at] for at in landscape.varying), *figures, short(points)])
    return {"metrics": [*_PARALLEL_METRICS, "score"], "rows": rows}


def _around(landscape: Landscape, outcome: Outcome, winner: int) -> Content:
    """Total R along each factor through the winner, None where a row is missing."""
    lines = landscape.slices(winner)
    found = landscape.total_r([number for line in lines.values() for number in line])
    return {
        str(at): [short(found.get(number)) for number in line] for at, line in lines.items()
    } | {"value": short(float(outcome.rows([winner])[0]["total_r"]))}
