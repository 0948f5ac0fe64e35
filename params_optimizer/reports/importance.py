"""What decides: the share of each parameter in the differences between the sets of a run."""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from params_optimizer.analytics.effects import Effects, effects, factors
from params_optimizer.analytics.factors import Factor
from params_optimizer.errors import RunError
from params_optimizer.reports.forms import shorts
from params_optimizer.reports.run_table import RunTable

_PAIRS = 8


class Shares(NamedTuple):
    """How much of the differences in a metric parameters explain, greatest share first.

    A share belongs to one parameter, or to two of them beyond what each does alone.
    """

    metric: str
    shares: Sequence[tuple[tuple[str, ...], float]]


class Panel(NamedTuple):
    """A metric over the values of one parameter; `winner` is the place of the winner's value."""

    name: str
    labels: Sequence[str]
    values: Sequence[float | None]
    winner: int | None = None


class Importance:
    """Shares of parameters: exact over a full factorial, else an estimate."""

    def __init__(self, run: RunTable, named: Sequence[Factor]) -> None:
        self._run, self._factors = run, named

    @property
    def exact(self) -> bool:
        """Whether the grid is a full factorial with a row for each combination."""
        return self._effects is not None

    @cached_property
    def shares(self) -> list[Shares]:
        """What decides, by metric; empty where it is not known, or nothing differs."""
        if self._effects is None:
            return self._of_grid() if self._run.exhaustive else self._of_trials()
        if not self._effects.variance:
            return []
        alone = [((name,), share) for name, share in self._effects.main.items()]
        pairs = sorted(self._effects.pairs.items(), key=lambda pair: -pair[1])[:_PAIRS]
        return [Shares("total_r", sorted([*alone, *pairs], key=lambda item: -item[1]))]

    @property
    def alone(self) -> dict[str, float]:
        """The share of each parameter by itself in the first metric."""
        first = self.shares[0].shares if self.shares else ()
        return {names[0]: share for names, share in first if len(names) == 1}

    def levels(self) -> list[Panel]:
        """The mean total R at each value of each parameter; empty where it is not known.

        Trials of a search are no fair sample of the space: their means would mislead.
        """
        exact = self._effects
        if exact is None or not exact.variance:
            return []
        return [self._level(factor, exact) for factor in self._factors if len(factor.labels) > 1]

    @cached_property
    def _effects(self) -> Effects | None:
        """Effects on total R; None unless every combination of a grid has its row."""
        run, space = self._run, self._run.plan.space
        if not run.exhaustive or len(run.table) != space.size:
            return None
        pieces = run.table.pieces(("combination", "total_r"))
        chunks = ((piece["combination"], piece["total_r"]) for piece in pieces)
        try:
            return effects(factors(space), chunks)
        except RunError:  # some sets could not be evaluated
            return None

    def _of_grid(self) -> list[Shares]:
        """The share of the differences that lies between the means of the values of each axis.

        Of a complete grid whose constraints leave combinations out.
        """
        run = self._run
        if run.unfinished or run.plan.most is not None or not run.eligible:
            return []
        axes, squares, total = run.plan.space.axes, 0.0, 0.0
        counts, sums = ([np.zeros(axis.count or 1) for axis in axes] for _ in range(2))
        for piece in run.pieces(("total_r",)):
            values = piece["total_r"]
            squares, total = squares + float(values @ values), total + float(values.sum())
            for at, places in enumerate(run.plan.space.places_of(piece["combination"])):
                counts[at] += np.bincount(places, minlength=counts[at].size)
                sums[at] += np.bincount(places, values, sums[at].size)
        base = total**2 / run.eligible
        if squares - base <= 1e-12 * squares:  # rounding
            return []
        between = [
            float((of_values**2 / np.maximum(count, 1)).sum()) - base
            for of_values, count in zip(sums, counts, strict=True)
        ]
        shares = [
            ((axis.name,), max(share, 0.0) / (squares - base))
            for axis, share in zip(axes, between, strict=True)
            if (axis.count or 1) > 1
        ]
        return [Shares("total_r", sorted(shares, key=lambda item: -item[1]))]

    def _of_trials(self) -> list[Shares]:
        """What the file of the search says; without one, what a random forest does (fANOVA)."""
        run = self._run
        rows = run.files.rows("importances.csv", importance=float)
        by_metric: dict[str, dict[str, float]] = {}
        for row in rows or ():
            by_metric.setdefault(row["metric"], {})[row["parameter"]] = row["importance"]
        if rows is None:
            from params_optimizer.search.importance import importances

            for place, metric in enumerate(run.goals):
                by_metric[metric] = importances(run.plan.space, run.trials, place)
        return [
            Shares(metric, [((name,), share) for name, share in shares.items()])
            for metric, shares in by_metric.items()
            if shares
        ]

    @staticmethod
    def _level(factor: Factor, exact: Effects) -> Panel:
        means = exact.levels[factor.name]
        width = -(-means.size // len(factor.labels))
        starts = np.arange(0, means.size, width)
        sizes = np.diff(np.append(starts, means.size))
        return Panel(factor.name, factor.labels, shorts(np.add.reduceat(means, starts) / sizes))
