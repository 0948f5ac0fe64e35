"""Which trading days a choice is made on, and which later ones show what it is worth.

*Trading days* are the local dates on which at least one IB window of the grid has a bar.
A trade belongs to the date on which its Initial Balance begins and ends with the trade window,
which may lie after midnight; purged days are for those who want a gap all the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.days import to_date, to_day
from params_optimizer.data.ib_cache import IBLevels
from params_optimizer.errors import DataError, SettingsError
from params_optimizer.orchestrator.study import Study

Days = NDArray[np.int64]
"""Trading days in order, days since 1970-01-01, shape (days,)."""

SEVERAL_ZONES = (
    "The IB windows of this grid lie in more than one timezone, where one date begins at "
    "different hours: the last in-sample day of one zone can end after the first "
    "out-of-sample day of another began. At least one purged day keeps them apart."
)


class Window(NamedTuple):
    """One split; every in-sample day lies before every out-of-sample day."""

    in_sample: Days
    out_sample: Days


@dataclass(frozen=True, slots=True)
class Schedule:
    """How walk-forward windows follow each other, in trading days.

    `step_days` None: as many as out-of-sample days, so that these join without a gap.
    Anchored windows all begin on the first day and grow; others move on. `purge_days`
    between both samples belong to neither.

    Raises:
        SettingsError: a number that makes no window.
    """

    in_sample_days: int = 120
    out_sample_days: int = 60
    step_days: int | None = None
    anchored: bool = False
    purge_days: int = 0

    def __post_init__(self) -> None:
        minimums = {"in_sample_days": 1, "out_sample_days": 1, "step_days": 1, "purge_days": 0}
        for name, limit in minimums.items():
            value = getattr(self, name)
            if value is not None and value < limit:
                option = f"--{name.replace('_', '-')}"
                raise SettingsError(f"{option} {value}: has to be at least {limit} trading days")

    @property
    def step(self) -> int:
        """Trading days from one window to the next."""
        return self.step_days or self.out_sample_days

    @property
    def length(self) -> int:
        """Trading days of the first window."""
        return self.in_sample_days + self.purge_days + self.out_sample_days


def trading_days(study: Study) -> Days:
    """The trading days of a study."""
    return np.unique(np.concatenate([levels.date for levels in study.levels.values()]))


def on_days(study: Study, days: Days) -> Study:
    """The same study, trading on `days` only."""
    levels_by_window = {
        window: IBLevels._make(array[np.isin(levels.date, days)] for array in levels)
        for window, levels in study.levels.items()
    }
    return replace(study, levels=levels_by_window)


def walk_forward_windows(days: Days, schedule: Schedule) -> list[Window]:
    """All windows that fit into `days`; each has its full number of out-of-sample days.

    Raises:
        DataError: not even one fits.
    """
    if days.size < schedule.length:
        purged = f" + {schedule.purge_days} purged" if schedule.purge_days else ""
        raise DataError(
            f"{shown(days)}: too few for one window of {schedule.in_sample_days} in-sample"
            f"{purged} + {schedule.out_sample_days} out-of-sample days; take more data or "
            f"smaller --in-sample-days and --out-sample-days"
        )
    return list(_fitting(days, schedule))


def _fitting(days: Days, schedule: Schedule) -> Iterator[Window]:
    for begin in range(0, days.size - schedule.length + 1, schedule.step):
        end = begin + schedule.in_sample_days
        out = end + schedule.purge_days
        first = 0 if schedule.anchored else begin
        yield Window(days[first:end], days[out : out + schedule.out_sample_days])


def holdout_window(days: Days, first: date) -> Window:
    """The days before `first`, and those from it on.

    Raises:
        SettingsError: one side is empty.
    """
    at = int(np.searchsorted(days, to_day(first)))
    if at in (0, days.size):
        missing = "after the last" if at else "not after the first"
        raise SettingsError(
            f"--holdout-from {first}: is {missing} of the {shown(days)}; choose a date that "
            f"leaves days on both sides"
        )
    return Window(days[:at], days[at:])


def counted(days: Days) -> str:
    """How many days, in words."""
    return "1 trading day" if days.size == 1 else f"{days.size:,} trading days"


def shown(days: Days) -> str:
    """How many days, and from when to when."""
    if not days.size:
        return counted(days)
    return f"{counted(days)} ({to_date(int(days[0]))} to {to_date(int(days[-1]))})"
