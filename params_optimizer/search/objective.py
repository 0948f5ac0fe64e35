"""What a search makes as great or as small as possible: metrics of R10, or the score of R12."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from params_optimizer.config import RankingWeights
from params_optimizer.config.messages import nearest
from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.errors import SettingsError
from params_optimizer.search.ranking import RANKED

SCORE = "score"
Direction = Literal["maximize", "minimize"]
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
ScoreBounds = Mapping[str, tuple[float, float]]
"""Least and greatest value of each of `RANKED`: what the score normalises with."""

_WEIGHTS = RankingWeights()
_BETTER_SMALL = frozenset({"max_drawdown", "losing_trades", "max_consec_losses"})


def natural_direction(metric: str) -> Direction:
    """The direction in which a metric gets better."""
    return "minimize" if metric in _BETTER_SMALL else "maximize"


@dataclass(frozen=True, slots=True)
class Goal:
    """One metric and where it shall go.

    Raises:
        SettingsError: an unknown metric or direction; the nearest name is shown.
    """

    metric: str
    direction: Direction

    def __post_init__(self) -> None:
        if self.metric not in (SCORE, *METRICS):
            hint = nearest(self.metric, (SCORE, *METRICS))
            raise SettingsError(
                f"--metric {self.metric!r}: unknown{hint or f'; known: {SCORE}, {_all()}'}"
            )
        if self.direction not in DIRECTIONS:
            raise SettingsError(
                f"--direction {self.direction!r}: choose one of {', '.join(DIRECTIONS)}"
                f"{nearest(self.direction, DIRECTIONS)}"
            )


@dataclass(frozen=True, slots=True)
class SearchObjective:
    """Goals, the trades a trial needs, and how the score is normalised.

    Raises:
        SettingsError: `score` without bounds, the same metric twice, or bounds out of order.
    """

    goals: tuple[Goal, ...]
    min_trades: int = 0
    bounds: ScoreBounds | None = None
    weights: RankingWeights = _WEIGHTS

    def __post_init__(self) -> None:
        names = [goal.metric for goal in self.goals]
        if not names:
            raise SettingsError("--metric: name at least one metric")
        for at, name in enumerate(names):
            if name in names[:at]:
                raise SettingsError(f"--metric: {name!r} stands there twice")
        if SCORE in names and not self.bounds:
            raise SettingsError(
                "--metric score: compares with the extremes of a whole grid, so that alone it is "
                "no figure of one combination; give these extremes in the settings, for example "
                '{"search": {"score_bounds": {"total_r": [-50, 60], "sharpe_ratio": [-3, 3], '
                '"winrate": [20, 60]}}}, or take another metric'
            )

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics of all goals."""
        return tuple(goal.metric for goal in self.goals)

    def values(self, metrics: Mapping[str, float]) -> tuple[float, ...]:
        """The figure of each goal."""
        return tuple(
            self._score(metrics) if goal.metric == SCORE else float(metrics[goal.metric])
            for goal in self.goals
        )

    def losses(self, values: Sequence[float]) -> tuple[float, ...]:
        """The same figures where less is better."""
        pairs = zip(self.goals, values, strict=True)
        return tuple(-one if goal.direction == "maximize" else one for goal, one in pairs)

    def shortage(self, metrics: Mapping[str, float]) -> float:
        """How many trades are missing."""
        return max(0.0, self.min_trades - metrics["total_trades"])

    def _score(self, metrics: Mapping[str, float]) -> float:
        total = 0.0
        for name in RANKED:
            least, greatest = (self.bounds or {})[name]
            normal = (metrics[name] - least) / (greatest - least) if greatest > least else 0.5
            total += getattr(self.weights, name) * normal
        return total


def goals_of(metric: str | None, direction: str | None) -> tuple[Goal, ...]:
    """Goals from texts such as `total_r,max_drawdown` and `maximize,minimize`.

    Without directions every metric goes where it gets better.

    Raises:
        SettingsError: unknown names, or not as many directions as metrics.
    """
    names = [one.strip() for one in (metric or "total_r").split(",")]
    if direction is None:
        return tuple(Goal(name, natural_direction(name)) for name in names)
    ways = [one.strip() for one in direction.split(",")]
    if len(ways) != len(names):
        raise SettingsError(
            f"--direction {direction}: names {len(ways)} directions for {len(names)} metrics"
        )
    return tuple(Goal(name, way) for name, way in zip(names, ways, strict=True))  # type: ignore[arg-type]


def _all() -> str:
    return ", ".join(METRICS)


def is_number(value: object) -> bool:
    """Whether a metric is a number that can be compared."""
    return isinstance(value, int | float) and math.isfinite(value)
