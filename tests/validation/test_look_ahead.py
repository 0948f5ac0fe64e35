"""No choice knows the day that it is made for: change the future, and it stays."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from params_optimizer.data.bars import M1, Bars
from params_optimizer.data.days import instants, to_date
from params_optimizer.data.regimes import KINDS, RegimeRules
from params_optimizer.errors import DataError, SettingsError
from params_optimizer.strategies.initial_balance.grid import GridAxes
from params_optimizer.validation.holdout import holdout
from params_optimizer.validation.regimes import by_regime
from params_optimizer.validation.walk_forward import walk_forward
from params_optimizer.validation.windows import Schedule, trading_days
from tests.grids import space_of
from tests.validation.studies import candidates_of, dated, study_in, with_bars

RULES = RegimeRules(recent_days=3, history_days=20, least_history=6, refit_days=20)
WINDOWS = Schedule(20, 8, step_days=8)

futures = st.fixed_dictionaries(
    {
        "day": st.sampled_from([20, 28, 36, 44]) | st.integers(1, 59),  # windows begin there
        "skipped": st.sampled_from([0, 60]) | st.integers(0, 3000),
        "length": st.sampled_from([30_000, 1000, 60, 1]),
        "how": st.sampled_from(["scaled", "swapped", "dropped"]),
        "seed": st.integers(0, 99),
    }
)
"""A stretch of bars on or after a day, and what becomes of them."""

many, few = (settings(deadline=None, max_examples=count) for count in (50, 12))


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Eight unlike combinations of one IB window on 60 days."""
    whole = study_in(tmp_path_factory.mktemp("study"))
    axes = GridAxes.of(whole.grid)
    small = axes._replace(
        ib_windows=axes.ib_windows[:1],
        windows=axes.windows[:1],
        trailings=axes.trailings[:1],
        rebounds=axes.rebounds[:1],
        buffers=axes.buffers[:1],
        rr_targets=(0.5, 1.0, 1.5, 2.0),
    )
    levels = {window: whole.levels[window] for window in small.ib_windows}
    return replace(whole, grid=space_of(small), levels=levels)


@pytest.fixture(scope="module")
def walked(study):
    return steps_of(study)


@pytest.fixture(scope="module")
def switched(study):
    return {kind: regimes_of(study, kind).steps for kind in KINDS}


def changed(study, future):
    """The study with other bars on or after the day, and that day."""
    m1, days = study.bars.m1, trading_days(study)
    day = int(days[future["day"]])
    cut = int(np.searchsorted(m1.time, instants(np.array([day]), "00:00", "Europe/Berlin")[0]))
    begin = min(cut + future["skipped"], m1.time.size - 1)
    end = begin + future["length"]
    columns = {name: getattr(m1, name).copy() for name in M1._fields}
    size = columns["open"][begin:end].size
    if future["how"] == "scaled":
        for name in ("open", "high", "low", "close"):
            columns[name][begin:end] *= 1.0 + future["seed"] / 100
    elif future["how"] == "swapped":
        order = np.random.default_rng(future["seed"]).permutation(size)
        for name in ("open", "high", "low", "close"):
            columns[name][begin:end] = columns[name][begin:end][order]
    else:
        columns = {name: np.delete(one, slice(begin, end)) for name, one in columns.items()}
    return with_bars(study, Bars.from_arrays("GER40", M1(**columns))), day


def steps_of(study):
    return walk_forward(candidates_of(study, min_trades=3), WINDOWS).steps


def regimes_of(study, kind):
    candidates = candidates_of(study, min_trades=3)
    return by_regime(candidates, kind, WINDOWS, min_regime_trades=2, rules=RULES).switching


def holdout_of(study, day):
    return holdout(candidates_of(study, min_trades=3), to_date(day), top=100)


def before(trades, day):
    return [(date, r) for date, r in dated(trades) if date < day]


@many
@given(future=futures)
def test_walk_forward(study, walked, future):
    other, day = changed(study, future)
    assume(trading_days(other).size >= WINDOWS.length)  # else there is no window left
    for was, now in zip(walked, steps_of(other), strict=False):
        if was.window.in_sample[-1] < day:
            assert (now.choice, now.in_sample) == (was.choice, was.in_sample)
            assert before(now.trades, day) == before(was.trades, day)


@pytest.mark.parametrize("kind", KINDS)
@few
@given(future=futures)
def test_regimes(study, switched, kind, future):
    other, day = changed(study, future)
    assume(trading_days(other).size >= WINDOWS.length)
    for was, now in zip(switched[kind], regimes_of(other, kind).steps, strict=False):
        if was.step.window.in_sample[-1] < day:
            assert now.choices == was.choices
            known = np.count_nonzero(was.step.traded <= day)
            held = np.isin(was.step.traded[:known], now.step.traded)  # the day itself may be gone
            for name in ("label", "traded_by", "differs"):
                same = getattr(was, name)[:known][held]
                assert getattr(now, name)[: same.size].tolist() == same.tolist(), name
            assert before(now.trades, day) == before(was.trades, day)


@many
@given(future=futures, first=st.integers(15, 45))
def test_holdout(study, future, first):
    cut = int(trading_days(study)[first])
    other, day = changed(study, {**future, "day": max(future["day"], first)})
    assert day >= cut
    try:
        now = holdout_of(other, cut)
    except (DataError, SettingsError):  # nothing is left to look at
        reject()
    was = holdout_of(study, cut)
    assert now.eligible == was.eligible
    for one, two in zip(now.rows, was.rows, strict=True):
        assert one.number == two.number
        assert (one.in_value, one.in_sample) == (two.in_value, two.in_sample)


def test_the_past_is_known(study, walked, switched):
    """What the tests above hold would hold for choices that look at nothing, too."""
    past = {"day": 1, "skipped": 0, "length": 30_000, "how": "swapped", "seed": 1}
    other, _ = changed(study, past)
    assert [step.choice for step in steps_of(other)] != [step.choice for step in walked]
    for kind in KINDS:
        now = regimes_of(other, kind).steps
        assert [step.choices for step in now] != [step.choices for step in switched[kind]]
    cut = int(trading_days(study)[30])
    assert holdout_of(other, cut).rows != holdout_of(study, cut).rows
