"""The best of a grid, found without evaluating all of it twice, against brute force."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from params_optimizer.config import RankingWeights
from params_optimizer.engine.metrics_calculator import METRICS
from params_optimizer.search.constraints import Constraint
from params_optimizer.search.objective import (
    DIRECTIONS,
    SCORE,
    Goal,
    Objective,
    comparable,
    parse_conditions,
)
from params_optimizer.strategies.batch import Slice
from params_optimizer.strategies.initial_balance.panel.engine import MEASURES
from params_optimizer.validation import choice, evaluation
from params_optimizer.validation.evaluation import SliceGroup

ROWS = 4
RATIOS = ("profit_factor", "calmar_ratio", "sortino_ratio")
FIGURES = (-3.0, -0.1, 0.0, 0.1, 0.2, 4.0, 4.000000000000001, np.inf, -np.inf, np.nan)


@st.composite
def samples(draw) -> list[list[np.ndarray]]:
    """For each sample the metrics of each slice; few different figures, so that many tie."""
    slices, count = draw(st.integers(1, 6)), draw(st.integers(1, 2))
    found = []
    for _ in range(count):
        grid = []
        for _ in range(slices):
            metrics = np.zeros((len(MEASURES), ROWS))
            for name in (*METRICS, "ocae_calmar_ratio", "ocae_total_r"):
                figure = st.sampled_from(
                    FIGURES if name not in ("total_r", "ocae_total_r", *RANKED) else FIGURES[:7]
                )
                if name in ("total_trades", "losing_trades"):
                    figure = st.integers(8, 12) if name == "total_trades" else st.integers(0, 2)
                metrics[MEASURES.index(name)] = [draw(figure) for _ in range(ROWS)]
            grid.append(metrics)
        found.append(grid)
    return found


RANKED = ("sharpe_ratio", "winrate")
WEIGHTS = (
    RankingWeights(),
    RankingWeights(total_r=1.0, sharpe_ratio=0.0, winrate=0.0),
    RankingWeights(total_r=0.0, sharpe_ratio=0.5, winrate=0.5),
)
CONDITIONS = (
    (),
    ("total_trades >= 9 and max_drawdown <= 0.1",),
    ("profit_factor > 1", "rr != 2"),
    ("sortino_ratio > 1 or not winrate > 0.1",),
    ("total_r / max_drawdown > 1",),
    ("ocae_calmar_ratio >= 0.2", "rr * total_trades > 17"),
)
BOUNDS = {"total_r": (-5.0, 5.0), "sharpe_ratio": (0.0, 4.0), "winrate": (1.0, 1.0)}


def merit(row: dict[str, float], objective: Objective, table: list[dict[str, float]]) -> float:
    """What is compared, larger is better, by the book; NaN: no value."""
    goal = objective.goals[0]
    sign = 1.0 if goal.direction == "maximize" else -1.0
    if goal.metric == SCORE:
        total = 0.0
        for name in ("total_r", "sharpe_ratio", "winrate"):
            every = [one[name] for one in table]
            low, high = objective.bounds[name] if objective.bounds else (min(every), max(every))
            normal = (row[name] - low) / (high - low) if high > low else 0.5
            total += getattr(objective.weights, name) * normal
        return sign * total
    value = row[goal.metric]
    zero = row["losing_trades"] if goal.metric == "sortino_ratio" else value
    if goal.metric in RATIOS and zero == 0 and row["total_r"] > 0 and not np.isnan(value):
        value = np.inf
    return sign * value


def meets(condition: Constraint, number: int, row: dict[str, float]) -> bool:
    """Whether a single set meets a condition; an undefined figure meets nothing."""
    if any(np.isnan(row[name]) for name in condition.measures):
        return False
    return condition.holds({"rr": number % 3, **comparable(row)})


def brute_force(grid: list[np.ndarray], objective: Objective) -> tuple[int, int, float] | None:
    """Combination, how many compete, and its figure, one combination at a time."""
    whole = np.concatenate(grid, axis=1)
    rows = [
        (number, {name: float(whole[at, number]) for at, name in enumerate(MEASURES)})
        for number in range(whole.shape[1])
    ]
    names = ("total_r", "sharpe_ratio", "winrate")
    names = names if objective.metric == SCORE else (objective.metric,)
    rows = [
        (number, row)
        for number, row in rows
        if row["total_trades"] >= objective.min_trades
        and not any(np.isnan(row[n]) for n in names)
        and all(meets(condition, number, row) for condition in objective.conditions)
    ]
    table = [row for _, row in rows]
    keys = []
    for number, row in rows:
        value = merit(row, objective, table)
        keys.append((-value, -row["total_r"] if np.isinf(value) else 0.0, number))
    if not keys:
        return None
    loss, _, best = min(keys)
    sign = 1.0 if objective.goals[0].direction == "maximize" else -1.0
    figure = dict(rows)[best].get(objective.metric) if np.isinf(loss) else -sign * loss
    return best, len(keys), figure


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_the_best_is_that_of_brute_force(data):
    grids = data.draw(samples())
    objective = Objective(
        (
            Goal(
                data.draw(st.sampled_from((SCORE, *METRICS))),
                data.draw(st.sampled_from(DIRECTIONS)),
            ),
        ),
        data.draw(st.sampled_from([1, 10])),
        data.draw(st.sampled_from([None, BOUNDS])),
        data.draw(st.sampled_from(WEIGHTS)),
        parse_conditions(data.draw(st.sampled_from(CONDITIONS)), ["rr"], MEASURES, "test"),
    )

    def columns(place, number):
        measures = zip(MEASURES, grids[place][number], strict=True)
        return {"rr": rows_of(number) % 3, **dict(measures)}

    def evaluate(plan, task, pieces, workers):
        return [
            (
                place,
                number,
                task.reduction(place, part(number), rows_of(number), [columns(place, number)]),
            )
            for place, numbers in pieces
            for number in numbers
        ]

    def all_slices(plan, groups):
        return [SliceGroup(place, tuple(range(len(grids[place])))) for place in range(groups)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluation, "evaluate", evaluate)
        patch.setattr(evaluation, "all_slices", all_slices)
        got = choice.best_on(SimpleNamespace(set_by_set=False), grids, objective, 1)
    for grid, found in zip(grids, got, strict=True):
        expected = brute_force(grid, objective)
        assert (found and (found.combination, found.eligible)) == (expected and expected[:2])
        assert found is None or found.value == pytest.approx(expected[2], nan_ok=True)


def rows_of(number: int) -> np.ndarray:
    return np.arange(number * ROWS, (number + 1) * ROWS)


def part(number: int) -> Slice:
    return Slice(number, number * ROWS, ROWS)
