"""Bayesian search: a model of past trials chooses the next ones.

Two models share the work. Optuna's TPE proposes a share of the trials; it needs no
smoothness and stays quick. The others are chosen by a Gaussian process: among random
parameter sets, changes of the best ones and TPE's proposal, the one from which most
improvement is expected, then its neighbours as long as they promise more. Within a batch
the demanded improvement varies, so that a batch holds bold and careful trials.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from params_optimizer.config.search import Bayesian
from params_optimizer.config.space import Value
from params_optimizer.search.methods.method import MANY, Fresh, Setup, latin_hypercube
from params_optimizer.search.methods.tpe import TPE, MedianJudge
from params_optimizer.search.space import Key, Parameters, ParameterSpace
from params_optimizer.search.surrogate import GaussianProcess, Posterior, expected_improvement
from params_optimizer.search.trial import Trial, ranked, scalars

Matrix = NDArray[np.float64]

_DEMANDS = (0.0, 0.3, 0.05, 0.5, 0.1, 0.2, 0.02, 1.0)
"""Improvement that is demanded by place in the batch, in deviations of the values seen."""
_RANDOM, _LEADERS = 300, 6
_CHANGES = (1, 1, 1, 2, 2, 2, 2, 3, 3, 4)
_PER_CHANGE = 4
_CLIMB = 4
_MOST_POINTS = 250
_REFIT = 1.15


class BayesianSearch:
    """Learns from every trial; made for some hundreds of them."""

    def __init__(self, space: ParameterSpace, settings: Bayesian, seed: int) -> None:
        self._space, self._settings = space, settings
        self._rng = np.random.default_rng(seed)
        self._fresh = Fresh(space, self._rng)
        self._start = latin_hypercube(space, settings.start, self._rng)[::-1]
        self._features = Features(space)
        self._process = GaussianProcess(self._features.groups)
        self._tpe = TPE(space, seed)
        self._judge = MedianJudge(settings.start)
        self._trials: list[Trial] = []
        self._fitted = 0
        self._owed = 0.0  # trials that are TPE's turn

    def ask(self, count: int) -> list[Parameters]:
        """The spread start, then what the models propose."""
        proposals: list[Parameters] = []
        while self._start and len(proposals) < count:
            self._add(proposals, self._start.pop())
        if len(proposals) == count:
            return proposals
        if not any(trial.losses for trial in self._trials):  # nothing to learn from yet
            while len(proposals) < count and self._add(proposals, self._space.sample(self._rng)):
                pass
            return proposals
        remaining = count - len(proposals)
        self._owed += remaining * self._settings.tpe_share
        by_tpe = min(int(self._owed), remaining)
        self._owed -= by_tpe
        self._by_process(proposals, remaining - by_tpe)
        for _ in range(by_tpe):
            self._add(proposals, self._tpe.propose())
        return proposals

    def tell(self, trials: Sequence[Trial]) -> None:
        """Learn."""
        self._trials += trials
        self._tpe.learn(trials)
        self._judge.learn(trials)

    def hopeless(self, steps: Mapping[int, Sequence[float]]) -> list[int]:
        """Trials worse than the median of earlier ones at the same point (MedianPruner)."""
        return self._judge.hopeless(steps)

    def _add(self, proposals: list[Parameters], proposed: Parameters) -> bool:
        parameters = self._fresh.take(proposed)
        if parameters is not None:
            proposals.append(parameters)
        return parameters is not None

    def _by_process(self, proposals: list[Parameters], count: int) -> None:
        """Add `count` choices of the Gaussian process to `proposals`."""
        if count <= 0:
            return
        memory, values = self._memory()
        points = self._features.of([trial.parameters for trial in memory])
        posterior = self._posterior(points, values)
        pool = self._pool()
        features = self._features.of(pool)
        for place in range(count):
            demanded = float(posterior.values.min()) - _DEMANDS[place % len(_DEMANDS)]
            if pool:
                promise = _promise(posterior.now, features, demanded)
                best_index = int(promise.argmax())
                proposed = self._climbed(
                    pool[best_index], float(promise[best_index]), posterior.now, demanded
                )
                pool.pop(best_index)
                features = np.delete(features, best_index, axis=0)
            else:
                proposed = self._space.sample(self._rng)
            if not self._add(proposals, proposed):
                return
            posterior.believe(self._features.of([proposals[-1]])[0])

    def _memory(self) -> tuple[list[Trial], Matrix]:
        """The trials that the process learns from, and their standardised values."""
        trials = self._trials
        if len(trials) > _MOST_POINTS:  # the best ones, and the latest of the others
            order = ranked(trials)
            half = _MOST_POINTS // 2
            late = sorted(order[half:], key=lambda trial: -trial.number)[: _MOST_POINTS - half]
            trials = sorted([*order[:half], *late], key=lambda trial: trial.number)
        values = compressed(np.array(scalars(trials)))
        deviation = float(values.std())
        return trials, (values - values.mean()) / (deviation if deviation > 0 else 1.0)

    def _posterior(self, points: Matrix, values: Matrix) -> "_Believing":
        if len(self._trials) >= self._fitted * _REFIT:
            self._process.fit(points, values)
            self._fitted = len(self._trials)
        return _Believing(self._process.given(points, values), values)

    def _pool(self) -> list[dict[str, Value]]:
        """Candidates that are new and allowed."""
        rng, candidates = self._rng, dict[Key, dict[str, Value]]()
        leaders = [candidate.parameters for candidate in ranked(self._trials)[:_LEADERS]]
        proposed = [self._space.decode(rng.random(len(self._space.axes))) for _ in range(_RANDOM)]
        for leader in leaders:
            proposed += [{**leader, **change} for change in self._steps(leader)]
            for changes in _CHANGES * _PER_CHANGE:
                limit = min(changes, len(self._space.axes))
                axes = [self._space.axes[at] for at in rng.permutation(len(self._space.axes))]
                moved = dict(leader)
                for axis in axes[:limit]:
                    near = axis.count is None or axis.count > MANY
                    value = axis.nearby(axis.of(leader), rng) if near else axis.sample(rng)
                    moved.update(axis.assign(value))
                proposed.append(moved)
        for candidate in proposed:
            if self._space.allows(candidate):
                canonical = self._space.canonical(candidate)
                if canonical not in self._fresh:
                    candidates.setdefault(self._space.key(canonical), canonical)
        return list(candidates.values())

    def _steps(self, leader: Parameters) -> list[dict[str, Value]]:
        return [
            axis.assign(value)
            for axis in self._space.axes
            for value in axis.neighbours(axis.of(leader))
        ]

    def _climbed(
        self, begin: dict[str, Value], promise: float, posterior: Posterior, best: float
    ) -> dict[str, Value]:
        """The parameters next to `begin`, step by step, from which most is expected."""
        at = begin
        for _ in range(_CLIMB):
            around = [
                neighbour
                for neighbour in self._space.neighbours(at)
                if neighbour not in self._fresh
            ]
            if not around:
                break
            promises = _promise(posterior, self._features.of(around), best)
            highest = int(promises.argmax())
            if promises[highest] <= promise:
                break
            at, promise = around[highest], float(promises[highest])
        return at


def make(setup: Setup) -> BayesianSearch:
    """The method at its beginning."""
    return BayesianSearch(setup.space, setup.settings.bayesian, setup.seed)


class _Believing:
    """A posterior that takes its own mean for the value of what was asked a moment ago."""

    def __init__(self, posterior: Posterior, values: Matrix) -> None:
        self.now, self.values = posterior, values

    def believe(self, point: Matrix) -> None:
        mean, _ = self.now.at(point[None, :])
        self.now.add(point, float(mean[0]))
        self.values = np.append(self.values, mean[0])


class Features:
    """Parameter sets as numbers: the place on an ordered axis, else one column a choice."""

    def __init__(self, space: ParameterSpace) -> None:
        self._space = space
        self._widths = [
            1 if axis.ordered or (axis.count or 0) <= 2 else int(axis.count or 1)
            for axis in space.axes
        ]
        self.groups = np.repeat(np.arange(len(self._widths)), self._widths)

    def of(self, sets: Sequence[Parameters]) -> Matrix:
        """Shape (sets, features); numbers from 0 to 1."""
        features = np.zeros((len(sets), self.groups.size))
        column = 0
        for axis, width in zip(self._space.axes, self._widths, strict=True):
            if width == 1:
                features[:, column] = [axis.encode(axis.of(parameters)) for parameters in sets]
            else:
                places = [axis.place(axis.of(parameters)) for parameters in sets]
                # Two different choices are then as far apart as both ends of an axis.
                features[np.arange(len(sets)), column + np.array(places, int)] = np.sqrt(0.5)
            column += width
        return features


def compressed(losses: Matrix) -> Matrix:
    """Losses whose worse half is brought together, so that how bad it is does not matter.

    The better half keeps its proportions, the order of all stays.
    """
    minimum = losses.min()
    scale = float(np.median(losses) - minimum)
    if scale <= 0:
        return np.zeros(losses.size)
    away = (losses - minimum) / scale
    values: Matrix = np.where(away <= 1, away, 1 + np.log(np.maximum(away, 1.0)))
    return values


def _promise(posterior: Posterior, features: Matrix, best: float) -> Matrix:
    mean, deviation = posterior.at(features)
    return expected_improvement(mean, deviation, best)
