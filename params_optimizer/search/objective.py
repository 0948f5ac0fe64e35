"""What is made as large or as small as possible, and which sets compete for it.

Goals are metrics of R10 or the score of R12. A metric that divides by losses has a stand-in
value in files where there are none (R10). Here such a set with a profit counts as infinite, so
that it ranks above any number, and a set without a value (no trade, NaN) never competes.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from params_optimizer.config import RankingWeights, Settings
from params_optimizer.config.messages import nearest
from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.errors import SettingsError
from params_optimizer.search.constraints import Constraint, check_bounds, parse_constraint
from params_optimizer.search.ranking import RANKED, Bounds, score
from params_optimizer.search.relations import holds_in_rows

SCORE: Final = "score"
Direction = Literal["maximize", "minimize"]
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
ScoreBounds = Mapping[str, tuple[float, float]]
"""Minimum and maximum of each of `RANKED`: what the score normalises with."""

Floats = NDArray[np.float64]
Columns = Mapping[str, NDArray[Any]]
"""Metrics and parameters of some sets by name: arrays of shape (sets,)."""

_WEIGHTS = RankingWeights()
_BETTER_SMALL = frozenset({"max_drawdown", "losing_trades", "max_consec_losses"})
_DIVIDED = frozenset({"profit_factor", "calmar_ratio", "sortino_ratio"})
"""Metrics that divide by losses."""


def natural_direction(metric: str) -> Direction:
    """The direction in which a metric gets better."""
    return "minimize" if metric in _BETTER_SMALL else "maximize"


def check_trades(count: int, option: str = "--min-trades") -> None:
    """Refuse a number of trades with which sets without a value could win.

    Raises:
        SettingsError: fewer than one trade.
    """
    if count < 1:
        raise SettingsError(
            f"{option} {count}: must be an integer >= 1; a parameter set without a trade has no "
            f"value to compare"
        )


def defined(measure: str, metrics: Mapping[str, Any]) -> Any:  # noqa: ANN401  as the metrics
    """A metric of one set or of columns of them, infinite where only the divisor is missing.

    `measure` is the name of a metric, or that of a variation's: `ocae_profit_factor`.
    """
    value = metrics[measure]
    needed = _needed(measure)
    if len(needed) == 1:
        return value
    _, total_r, *losses = needed
    divisor = metrics[losses[0]] if losses else value
    return np.where((divisor == 0) & (metrics[total_r] > 0), np.inf, value)


def _needed(measure: str) -> tuple[str, ...]:
    """The columns that `defined` looks at."""
    metric = next((name for name in _DIVIDED if measure.endswith(name)), None)
    if metric is None:
        return (measure,)
    prefix = measure.removesuffix(metric)
    losses = (f"{prefix}losing_trades",) if metric == "sortino_ratio" else ()
    return (measure, f"{prefix}total_r", *losses)


def parse_conditions(
    texts: Iterable[str], parameters: Collection[str], measures: Collection[str], source: str
) -> tuple[Constraint, ...]:
    """Conditions on parameters and on the columns `measures` of results.

    Raises:
        SpaceError: a text is no condition, names something unknown, or no set can meet it.
    """
    conditions = tuple(
        parse_constraint(text, parameters, source, measures, "condition") for text in texts
    )
    check_bounds(conditions, source)
    return conditions


def comparable(metrics: Mapping[str, float]) -> dict[str, float]:
    """The metrics of one set as constraints compare them; see `defined`."""
    return {name: float(defined(name, metrics)) for name in metrics}


@dataclass(frozen=True, slots=True)
class Goal:
    """One metric and its direction.

    Raises:
        SettingsError: an unknown metric or direction; the nearest name is shown.
    """

    metric: str
    direction: Direction

    def __post_init__(self) -> None:
        if self.metric not in (SCORE, *METRICS):
            names = (SCORE, *METRICS)
            hint = nearest(self.metric, names) or f"; known: {', '.join(names)}"
            raise SettingsError(f"--metric {self.metric!r}: unknown{hint}")
        if self.direction not in DIRECTIONS:
            raise SettingsError(
                f"--direction {self.direction!r}: choose one of {', '.join(DIRECTIONS)}"
                f"{nearest(self.direction, DIRECTIONS)}"
            )

    @property
    def sign(self) -> float:
        """What turns its values to larger-is-better."""
        return 1.0 if self.direction == "maximize" else -1.0


@dataclass(frozen=True, slots=True)
class Objective:
    """Goals, what a set must meet to compete, and how the score is normalised.

    The first goal ranks. A set competes with `min_trades` trades where it meets all
    `conditions`. Without `bounds` the score is normalised over all that compete.

    Raises:
        SettingsError: no goal, the same metric twice, or fewer than one trade.
    """

    goals: tuple[Goal, ...]
    min_trades: int = 1
    bounds: ScoreBounds | None = None
    weights: RankingWeights = _WEIGHTS
    conditions: tuple[Constraint, ...] = ()

    def __post_init__(self) -> None:
        names = self.metrics
        if not names:
            raise SettingsError("--metric: name at least one metric")
        for at, name in enumerate(names):
            if name in names[:at]:
                raise SettingsError(f"--metric: {name!r} is listed twice")
        check_trades(self.min_trades)

    @classmethod
    def of(
        cls,
        settings: Settings,
        metric: str | None = None,
        min_trades: int | None = None,
        direction: str | None = None,
        *,
        bounds: ScoreBounds | None = None,
        conditions: tuple[Constraint, ...] = (),
    ) -> "Objective":
        """What is asked for; where nothing is, the score and `min_trades` of the settings."""
        count = max(settings.min_trades, 1) if min_trades is None else min_trades
        goals = goals_of(metric or SCORE, direction)
        return cls(goals, count, bounds, settings.ranking_weights, conditions)

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics of all goals."""
        return tuple(goal.metric for goal in self.goals)

    @property
    def metric(self) -> str:
        """The metric of the first goal."""
        return self.goals[0].metric

    @property
    def names(self) -> tuple[str, ...]:
        """The metrics of R10 that the first goal is made of."""
        return RANKED if self.metric == SCORE else (self.metric,)

    @property
    def columns(self) -> tuple[str, ...]:
        """The metrics and parameters that `competes`, `limits`, `merits` and `first` look at."""
        names = ["total_trades", "total_r", *self.names]
        if self.metric != SCORE:
            names += _needed(self.metric)
        for condition in self.conditions:
            names += condition.names - condition.measures
            names += (name for measure in condition.measures for name in _needed(measure))
        return tuple(dict.fromkeys(names))

    @property
    def normalised(self) -> bool:
        """Whether the first goal depends on all sets that compete (R12)."""
        return self.metric == SCORE and self.bounds is None

    def bounded(self, limits: Bounds) -> "Objective":
        """The same for single sets, where `limits` are those over all sets that compete."""
        if not self.normalised:
            return self
        low, high = (limits.low, limits.high) if limits.eligible else np.zeros((2, len(RANKED)))
        pairs = zip(low.tolist(), high.tolist(), strict=True)
        return replace(self, bounds=dict(zip(RANKED, pairs, strict=True)))

    def check_standalone(self) -> None:
        """Refuse goals that are no figure of a single set.

        Raises:
            SettingsError: the score without bounds.
        """
        if SCORE in self.metrics and not self.bounds:
            raise SettingsError(
                "--metric score: compares with the extremes of a whole grid, so that alone it is "
                "no figure of one combination; give these extremes in the settings, for example "
                '{"search": {"score_bounds": {"total_r": [-50, 60], "sharpe_ratio": [-3, 3], '
                '"winrate": [20, 60]}}}, or take another metric'
            )

    def valued(self, columns: Columns) -> NDArray[np.bool_]:
        """Which sets have enough trades and a value, shape (sets,)."""
        valued: NDArray[np.bool_] = columns["total_trades"] >= self.min_trades
        for name in self.names:
            valued &= ~np.isnan(columns[name])
        return valued

    def meets(self, columns: Columns) -> NDArray[np.bool_]:
        """Which sets meet all conditions, shape (sets,)."""
        meets = np.ones(columns["total_trades"].size, np.bool_)
        for condition in self.conditions:
            meets &= _meets(condition, columns)
        return meets

    def competes(self, columns: Columns) -> NDArray[np.bool_]:
        """Which sets have enough trades, a value, and meet all conditions; shape (sets,)."""
        return self.valued(columns) & self.meets(columns)

    def limits(self, columns: Columns) -> Bounds:
        """Minimum and maximum of each of `names`; of no set: +inf and -inf."""
        values = np.stack([columns[name] for name in self.names])
        if not values.size:
            nothing = np.full(len(self.names), np.inf)
            return Bounds(nothing, -nothing, 0)
        return Bounds(values.min(axis=1), values.max(axis=1), values.shape[1])

    def merits(self, columns: Columns, limits: Bounds | None = None) -> Floats:
        """The first goal turned to larger-is-better, shape (sets,).

        `limits` are those over all sets that compete; needed where it is `normalised`. The
        merit never falls when one of `names` goes in its direction, to the last bit.
        """
        sign = self.goals[0].sign
        if self.metric != SCORE:
            return sign * np.asarray(defined(self.metric, columns), np.float64)
        return sign * score(columns, self._limits(limits), self.weights)

    def highest(self, limits: Bounds, overall: Bounds) -> float:
        """A merit that no set within `limits` exceeds; of the score."""
        figures = limits.high if self.goals[0].sign > 0 else limits.low
        columns = {name: figures[at : at + 1] for at, name in enumerate(self.names)}
        return float(self.merits(columns, overall)[0])

    def first(self, merits: Floats, columns: Columns) -> int:
        """The place of the best: greatest merit; infinite ones by total R; then the first."""
        place = int(merits.argmax())
        if not np.isinf(merits[place]):
            return place
        equal = np.flatnonzero(merits == merits[place])
        return int(equal[columns["total_r"][equal].argmax()])

    def figure(self, merit: float, metrics: Mapping[str, float]) -> float:
        """What files show for a merit: the first goal in its own direction, finite (R10)."""
        return float(metrics[self.metric]) if np.isinf(merit) else self.goals[0].sign * merit

    def values(self, metrics: Mapping[str, float]) -> tuple[float, ...]:
        """The figure of each goal of one set, as files show it (R10)."""
        return tuple(
            float(self._score(metrics)) if goal.metric == SCORE else float(metrics[goal.metric])
            for goal in self.goals
        )

    def losses(self, metrics: Mapping[str, float]) -> tuple[float, ...]:
        """The goals of one set turned to smaller-is-better; see `defined`."""
        return tuple(
            -goal.sign
            * float(self._score(metrics) if goal.metric == SCORE else defined(goal.metric, metrics))
            for goal in self.goals
        )

    def violation(self, parameters: Mapping[str, Any], metrics: Mapping[str, float]) -> float:
        """How far one set is from competing: 0 where it does, else above 0."""
        values = {**parameters, **comparable(metrics)}
        shortage = max(0.0, self.min_trades - metrics["total_trades"])
        return shortage + sum(condition.violation(values) for condition in self.conditions)

    def _score(self, metrics: Mapping[str, float]) -> float:
        columns = {name: np.array([metrics[name]]) for name in RANKED}
        return float(score(columns, self._limits(None), self.weights)[0])

    def _limits(self, limits: Bounds | None) -> Bounds:
        if self.bounds is None:
            if limits is None:
                raise ValueError("the score needs bounds")
            return limits
        pairs = np.array([self.bounds[name] for name in RANKED], np.float64)
        return Bounds(pairs[:, 0], pairs[:, 1], 0)


def _meets(condition: Constraint, columns: Columns) -> NDArray[np.bool_]:
    """Which sets meet a condition; without a value for one of its names, a set does not."""
    values = {name: columns[name] for name in condition.names - condition.measures}
    values |= {name: defined(name, columns) for name in condition.measures}
    rows = columns["total_trades"].size
    meets = holds_in_rows(condition, values, rows)
    for name in condition.measures:
        meets &= ~np.isnan(columns[name])
    return meets


def goals_of(metric: str | None, direction: str | None) -> tuple[Goal, ...]:
    """Goals from texts such as `total_r,max_drawdown` and `maximize,minimize`.

    Without directions every metric goes where it gets better.

    Raises:
        SettingsError: unknown names, or not as many directions as metrics.
    """
    names = [name.strip() for name in (metric or "total_r").split(",")]
    if direction is None:
        return tuple(Goal(name, natural_direction(name)) for name in names)
    ways = [way.strip() for way in direction.split(",")]
    if len(ways) != len(names):
        raise SettingsError(
            f"--direction {direction}: names {len(ways)} directions for {len(names)} metrics"
        )
    return tuple(Goal(name, way) for name, way in zip(names, ways, strict=True))  # type: ignore[arg-type]
