"""A Gaussian process: the likely value of a metric at parameters that were not tried.

Matérn 5/2 kernel with a length for each feature, noise, and log-normal priors on all of
them, whose maximum a posteriori is looked for (Rasmussen and Williams 2006, chapter 5).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

_RATE = (0.5, 1.5)  # prior of log 1/length², mean and deviation
_VARIANCE = (0.0, 1.0)
_NOISE = (-6.0, 2.0)
_LEAST_NOISE = 1e-6
_STEPS = 30


class Scales(NamedTuple):
    """Logarithms: of 1/length² for each feature group, of the variance, of the noise."""

    rates: Matrix
    variance: float
    noise: float


class GaussianProcess:
    """Learns from points of shape (points, features); `groups` names the group of a feature.

    Features of one group share a length. Values are standardised by the caller.
    """

    def __init__(self, groups: NDArray[np.int64]) -> None:
        self._groups = groups
        count = int(groups.max()) + 1
        self.scales = Scales(np.full(count, _RATE[0]), _VARIANCE[0], _NOISE[0])

    def fit(self, points: Matrix, values: Matrix) -> None:
        """Find the lengths, variance and noise that explain the values best."""
        from scipy.optimize import minimize  # type: ignore[import-untyped]

        count = self.scales.rates.size
        squares = np.stack(
            [
                _squares(points[:, self._groups == group], points[:, self._groups == group])
                for group in range(count)
            ]
        )
        begin = np.array([*self.scales.rates, self.scales.variance, self.scales.noise])
        bounds = [(-6.0, 4.0)] * count + [(-4.0, 4.0), (-12.0, 1.0)]
        optimum = minimize(
            _negative_log_posterior,
            begin,
            (squares, values),
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            options={"maxiter": _STEPS},
        )
        self.scales = Scales(
            optimum.x[:count], float(optimum.x[count]), float(optimum.x[count + 1])
        )

    def given(self, points: Matrix, values: Matrix) -> "Posterior":
        """What is known once `values` were seen at `points`."""
        return Posterior(self, points, values)

    def kernel(self, left: Matrix, right: Matrix) -> Matrix:
        """Covariance of the values at two lists of points, shape (len(one), len(other))."""
        stretch = np.exp(self.scales.rates / 2)[self._groups]
        distance = np.sqrt(5 * _squares(left * stretch, right * stretch))
        covariance: Matrix = np.exp(self.scales.variance) * _matern(distance)
        return covariance

    @property
    def variance(self) -> float:
        """Of a value of which nothing is known."""
        return float(np.exp(self.scales.variance))

    @property
    def noise(self) -> float:
        """Variance of what the features do not explain."""
        return float(np.exp(self.scales.noise)) + _LEAST_NOISE


class Posterior:
    """Predictions from some seen points; more of them can be added one by one."""

    def __init__(self, process: GaussianProcess, points: Matrix, values: Matrix) -> None:
        self._process, self._points, self._values = process, points, values
        covariance = process.kernel(points, points)
        covariance[np.diag_indices(len(points))] += process.noise
        self._root: Matrix = np.asarray(np.linalg.cholesky(covariance), np.float64)
        self._whitened = _solve(self._root, values)

    def at(self, points: Matrix) -> tuple[Matrix, Matrix]:
        """Mean and standard deviation of the value at each of `points`."""
        half = _solve(self._root, self._process.kernel(self._points, points))
        spread = self._process.variance - (half * half).sum(axis=0)
        return half.T @ self._whitened, np.sqrt(np.maximum(spread, 1e-12))

    def add(self, point: Matrix, value: float) -> None:
        """See one more value; costs a fraction of beginning anew."""
        size = len(self._points)
        half = _solve(self._root, self._process.kernel(self._points, point[None, :]))[:, 0]
        corner = np.sqrt(self._process.variance + self._process.noise - half @ half)
        root: Matrix = np.zeros((size + 1, size + 1))
        root[:size, :size], root[size, :size], root[size, size] = self._root, half, corner
        self._root = root
        self._points = np.vstack([self._points, point])
        self._values = np.append(self._values, value)
        last = (value - half @ self._whitened) / corner
        self._whitened = np.append(self._whitened, last)


def expected_improvement(mean: Matrix, deviation: Matrix, best: float) -> Matrix:
    """How much less than `best` a value is likely to be (Jones et al. 1998)."""
    from scipy.special import ndtr  # type: ignore[import-untyped]

    z = (best - mean) / deviation
    improvement: Matrix = deviation * (z * ndtr(z) + np.exp(-z * z / 2) / np.sqrt(2 * np.pi))
    return improvement


def _solve(root: Matrix, right: Matrix) -> Matrix:
    from scipy.linalg import solve_triangular  # type: ignore[import-untyped]

    solution: Matrix = solve_triangular(root, right, lower=True, check_finite=False)
    return solution


def _squares(left: Matrix, right: Matrix) -> Matrix:
    """Squared distances, shape (len(one), len(other))."""
    norms = (left * left).sum(axis=1)[:, None] + (right * right).sum(axis=1)[None, :]
    squares: Matrix = np.maximum(norms - 2 * left @ right.T, 0.0)
    return squares


def _matern(distance: Matrix) -> Matrix:
    values: Matrix = (1 + distance + distance * distance / 3) * np.exp(-distance)
    return values


def _negative_log_posterior(place: Matrix, squares: Matrix, values: Matrix) -> tuple[float, Matrix]:
    """What `fit` minimises, and its gradient; up to a constant."""
    count = len(squares)
    rates, variance = np.exp(place[:count]), np.exp(place[count])
    noise = np.exp(place[count + 1])
    distance = np.sqrt(5 * np.tensordot(rates, squares, 1))
    covariance = variance * _matern(distance)
    noisy = covariance.copy()
    noisy[np.diag_indices(len(values))] += noise + _LEAST_NOISE
    try:
        root = np.linalg.cholesky(noisy)
    except np.linalg.LinAlgError:
        return 1e10, np.zeros(place.size)
    half = _solve(root, np.eye(len(values)))
    inverse = half.T @ half
    weights = inverse @ values
    slope = 0.5 * (inverse - np.outer(weights, weights))
    by_square = slope * (-5 / 6 * variance) * (1 + distance) * np.exp(-distance)
    gradient = np.empty(place.size)
    gradient[:count] = np.tensordot(squares, by_square, 2) * rates
    gradient[count] = (slope * covariance).sum()
    gradient[count + 1] = np.trace(slope) * noise
    means = np.array([_RATE[0]] * count + [_VARIANCE[0], _NOISE[0]])
    deviations = np.array([_RATE[1]] * count + [_VARIANCE[1], _NOISE[1]])
    away = (place - means) / deviations
    value = 0.5 * values @ weights + np.log(np.diag(root)).sum() + 0.5 * away @ away
    return float(value), gradient + away / deviations
