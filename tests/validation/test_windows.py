"""Windows of trading days: which days a choice sees, and which it never does."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from params_optimizer.data.days import to_day
from params_optimizer.errors import DataError, SettingsError
from params_optimizer.validation.windows import (
    Schedule,
    holdout_window,
    on_days,
    trading_days,
    walk_forward_windows,
)
from tests.validation.studies import study_in

CASES = {
    # days, schedule -> (in-sample, out-of-sample) as first and last place of each
    "one that just fits": (6, Schedule(4, 2), [((0, 3), (4, 5))]),
    "steps of the out-of-sample days": (
        9,
        Schedule(4, 2),
        [((0, 3), (4, 5)), ((2, 5), (6, 7))],
    ),
    "own steps": (
        9,
        Schedule(4, 2, step_days=1),
        [((0, 3), (4, 5)), ((1, 4), (5, 6)), ((2, 5), (6, 7)), ((3, 6), (7, 8))],
    ),
    "steps with gaps": (12, Schedule(4, 2, step_days=5), [((0, 3), (4, 5)), ((5, 8), (9, 10))]),
    "anchored": (
        10,
        Schedule(4, 2, anchored=True),
        [((0, 3), (4, 5)), ((0, 5), (6, 7)), ((0, 7), (8, 9))],
    ),
    "purged": (9, Schedule(4, 2, purge_days=1), [((0, 3), (5, 6)), ((2, 5), (7, 8))]),
    "anchored and purged": (
        9,
        Schedule(4, 2, purge_days=1, anchored=True),
        [((0, 3), (5, 6)), ((0, 5), (7, 8))],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_windows(name):
    count, schedule, expected = CASES[name]
    days = np.arange(count) * 3 + 100
    found = walk_forward_windows(days, schedule)
    assert [tuple((one[0], one[-1]) for one in window) for window in found] == [
        tuple((100 + 3 * first, 100 + 3 * last) for first, last in window) for window in expected
    ]


@settings(deadline=None)
@given(
    days=st.sets(st.integers(0, 400), min_size=2, max_size=80).map(sorted),
    schedule=st.builds(
        Schedule,
        st.integers(1, 20),
        st.integers(1, 10),
        st.none() | st.integers(1, 15),
        st.booleans(),
        st.integers(0, 5),
    ),
)
def test_every_window_is_whole_and_looks_back_only(days, schedule):
    days = np.array(days)
    if days.size < schedule.length:
        with pytest.raises(DataError, match="too few"):
            walk_forward_windows(days, schedule)
        return
    windows = walk_forward_windows(days, schedule)
    for number, (before, after) in enumerate(windows):
        grown = number * schedule.step if schedule.anchored else 0
        assert before.size == schedule.in_sample_days + grown
        assert after.size == schedule.out_sample_days
        assert before[-1] < after[0]
        assert ((days > before[-1]) & (days < after[0])).sum() == schedule.purge_days
        assert np.isin(before, days).all()
    # One more step would leave the data.
    assert (days > windows[-1].out_sample[-1]).sum() < schedule.step


@pytest.mark.parametrize(
    ("option", "value"),
    [("in_sample_days", 0), ("out_sample_days", -5), ("step_days", 0), ("purge_days", -1)],
)
def test_a_schedule_that_makes_no_window_names_the_option(option, value):
    with pytest.raises(SettingsError, match=f"--{option.replace('_', '-')} {value}: "):
        Schedule(**{option: value})


def test_windows_longer_than_the_data():
    first = to_day(date(2024, 1, 1))
    with pytest.raises(DataError) as told:
        walk_forward_windows(np.arange(first, first + 100), Schedule(90, 10, purge_days=1))
    assert "100 trading days (2024-01-01 to 2024-04-09)" in str(told.value)
    assert "90 in-sample + 1 purged + 10 out-of-sample" in str(told.value)


def test_no_days_at_all():
    with pytest.raises(DataError, match="0 trading days"):
        walk_forward_windows(np.zeros(0, np.int64), Schedule(1, 1))


MONDAY = date(2024, 1, 1)
DAYS = np.array([to_day(MONDAY) + day for day in (0, 1, 2, 3, 4, 7, 8)])  # two weeks of work


@pytest.mark.parametrize(("day", "before"), [(1, 1), (4, 4), (5, 5), (6, 5), (7, 5), (8, 6)])
def test_a_holdout_begins_on_its_date_or_the_next_trading_day(day, before):
    window = holdout_window(DAYS, MONDAY + timedelta(days=day))
    assert window.in_sample.tolist() == DAYS[:before].tolist()
    assert window.out_sample.tolist() == DAYS[before:].tolist()


@pytest.mark.parametrize(("day", "why"), [(-900, "first"), (0, "first"), (9, "last")])
def test_a_holdout_outside_the_data(day, why):
    chosen = MONDAY + timedelta(days=day)
    with pytest.raises(SettingsError, match=f"--holdout-from {chosen}: .*{why}") as told:
        holdout_window(DAYS, chosen)
    assert "7 trading days (2024-01-01 to 2024-01-09)" in str(told.value)


def test_trading_days_are_those_of_any_ib_window(tmp_path):
    study = study_in(tmp_path)
    one, other, _ = study.levels
    days = trading_days(study)
    assert days.size == study.trading_days
    study.levels[one] = type(study.levels[one])._make(array[1:] for array in study.levels[one])
    study.levels[other] = type(study.levels[one])._make(array[:-1] for array in study.levels[other])
    assert trading_days(study).tolist() == days.tolist()

    chosen = days[[0, 3, 4]]
    kept = on_days(study, chosen)
    assert [levels.date.tolist() for levels in kept.levels.values()] == [
        chosen[1:].tolist(),
        chosen.tolist(),
        chosen.tolist(),
    ]
    assert kept.levels[other].ibh.tolist() == study.levels[other].ibh[[0, 3, 4]].tolist()
    assert trading_days(study).tolist() == days.tolist(), "the study itself stays as it is"
