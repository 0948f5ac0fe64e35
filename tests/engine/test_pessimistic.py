"""Pessimistic exits: by hand, and against a plain twin on random bars."""

import numpy as np
import pytest

from params_optimizer.data.bars import M1
from params_optimizer.engine.exits import Position
from params_optimizer.engine.pessimistic import pessimistic_exit_nb

LONG = Position(True, 100.0, 99.0, 102.0, 1.0)  # noqa: FBT003
FIXED, STEPPED = (0.0, 0.5), (1.0, 0.5)

# Open, high, low, close of each bar; the expected bar, price and whether at the target.
CASES = {
    "the stop comes first where a bar reaches both": (
        FIXED,
        [(100, 103, 98, 101)],
        (0, 99.0, False),
    ),
    "the target alone": (FIXED, [(100, 101, 99.5, 101), (101, 102, 100, 101)], (1, 102.0, True)),
    "a gap below the stop fills at the open": (FIXED, [(97, 98, 96, 97)], (0, 97.0, False)),
    "a gap below the stop that comes back": (FIXED, [(97, 103, 96, 102)], (0, 97.0, False)),
    "an open beyond the target comes before the stop": (
        FIXED,
        [(103, 103, 98, 99)],
        (0, 102.0, True),
    ),
    "nothing": (FIXED, [(100, 101, 99.5, 100)], (1, 100.0, False)),
    "the moved stop counts from the next bar on": (
        STEPPED,
        [(100, 102.5, 99.2, 99.4), (99.4, 100, 99.3, 99.9)],
        (1, 99.4, False),
    ),
    "the moved stop at its level": (
        STEPPED,
        [(100, 102.5, 99.5, 102), (102, 102.2, 99.4, 99.6)],
        (1, 99.5, False),
    ),
    "two steps in one bar": (
        STEPPED,
        [(100, 103.5, 99.5, 103), (103, 103.2, 99.9, 101)],
        (1, 100.0, False),
    ),
    "the old stop comes before the step": (STEPPED, [(100, 104, 99, 103)], (0, 99.0, False)),
    "a stop that overtakes the market leaves at the open": (
        (1.0, 3.5),
        [(100, 102, 100, 101.5), (101.6, 103, 101, 102)],
        (1, 101.6, False),
    ),
}


def bars(rows) -> M1:
    table = np.array(rows, np.float64).reshape(-1, 4)
    return M1(
        np.arange(len(table)), *(np.ascontiguousarray(one) for one in table.T), np.ones(len(table))
    )


def mirrored(rows):
    """The same market upside down around 100."""
    return [(200 - o, 200 - low, 200 - high, 200 - c) for o, high, low, c in rows]


@pytest.mark.parametrize("case", CASES)
def test_long_and_short_by_hand(case):
    step, rows, (bar, price, at_target) = CASES[case]
    found = pessimistic_exit_nb(bars(rows), LONG, step, 0, len(rows))
    assert (found.bar, found.price, found.at_target) == (bar, price, at_target)
    short = Position(False, 100.0, 101.0, 98.0, 1.0)  # noqa: FBT003
    found = pessimistic_exit_nb(bars(mirrored(rows)), short, step, 0, len(rows))
    assert (found.bar, found.price, found.at_target) == (bar, pytest.approx(200 - price), at_target)


def twin(rows, position, step):
    """The same rules for a long, bar by bar."""
    target_step, stop_step = step
    _, entry, stop, target, risk = position
    reached = (target - entry) / risk
    for at, (opened, high, low, _) in enumerate(rows):
        if opened <= stop:
            return at, opened
        if not target_step and opened >= target:
            return at, target
        if low <= stop:
            return at, stop
        if not target_step and high >= target:
            return at, target
        while target_step and high >= target:
            stop += stop_step * risk
            reached += target_step
            target = entry + reached * risk
    return len(rows), entry


@pytest.mark.parametrize("seed", range(40))
def test_equals_its_plain_twin(seed):
    chance = np.random.default_rng(seed)
    middle = 100 + np.cumsum(chance.normal(0, 0.4, 60))
    opens, closes = middle, middle + chance.normal(0, 0.3, 60)
    high = np.maximum(opens, closes) + chance.exponential(0.4, 60)
    low = np.minimum(opens, closes) - chance.exponential(0.4, 60)
    rows = np.stack([opens, high, low, closes], axis=1).tolist()
    step = [(0.0, 0.5), (0.5, 0.5), (1.0, 2.0)][seed % 3]
    found = pessimistic_exit_nb(bars(rows), LONG, step, 0, 60)
    assert (found.bar, found.price) == twin(rows, LONG, step)
