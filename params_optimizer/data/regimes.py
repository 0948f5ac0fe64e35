"""Market regimes: a label for each day, known before its first bar.

Every label is computed from earlier days only, so that choices based on it never look ahead.
Three kinds:

- `volatility`: the mean daily range of the last days, against the thirds of what it was
  within the last year: low, normal or high;
- `trend`: where the last closes lead: up or down where slope and net move agree and the net
  move is a good part of the way (Kaufman's efficiency ratio), else sideways;
- `mixture`: a Gaussian mixture of both, refitted on all days so far; its components are
  ordered by their volatility, so that a refit does not exchange names.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from params_optimizer.config.messages import nearest
from params_optimizer.data.bars import Bars
from params_optimizer.data.days import instants, local_days
from params_optimizer.errors import SettingsError

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

UNLABELLED: Final = -1
"""Label of a day with too little history before it."""

_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "volatility": ("low", "normal", "high"),
    "trend": ("down", "sideways", "up"),
    "mixture": ("calm", "middle", "wild"),
}
KINDS: Final = tuple(_NAMES)

_LEAST_RANGE: Final = 1e-9  # of a day that never moved, so that it has a logarithm


@dataclass(frozen=True, slots=True)
class RegimeRules:
    """How far back a label looks, in days.

    `recent_days` describe the market of a day; volatility compares them with the last
    `history_days` days, and it and the mixture need at least `least_history` days that could
    be described. A trend is at least `efficiency` (0 to 1) of the way: of random walks of 14
    days a good third. The mixture is refitted every `refit_days`, with this `seed`.

    Raises:
        SettingsError: a number out of range.
    """

    recent_days: int = 14
    history_days: int = 250
    least_history: int = 60
    efficiency: float = 0.3
    refit_days: int = 20
    seed: int = 1

    def __post_init__(self) -> None:
        minimums = {"recent_days": 2, "history_days": 3, "least_history": 3, "refit_days": 1}
        for name, limit in minimums.items():
            if getattr(self, name) < limit:
                raise SettingsError(f"{name} {getattr(self, name)}: must be >= {limit}")
        if not 0.0 <= self.efficiency <= 1.0:
            raise SettingsError(f"efficiency {self.efficiency}: must be a number from 0 to 1")

    def days_needed(self, kind: str) -> int:
        """Days before the first one that can have a label."""
        return self.recent_days + (0 if kind == "trend" else self.least_history)


RULES: Final = RegimeRules()
"""Default rules."""


class DayLabels(NamedTuple):
    """Labels of days in time order.

    `date`, shape (days,), is in days since 1970-01-01; `label` a place in `names`, or
    `UNLABELLED`. `coming` is the label of the day that follows the last one.
    """

    date: Numbers
    label: Numbers
    names: tuple[str, ...]
    coming: int = UNLABELLED

    def at(self, dates: Numbers) -> Numbers:
        """The labels of any dates; `UNLABELLED` for unknown dates."""
        place = np.searchsorted(self.date, dates)
        is_labelled = np.append(self.date, -1)[place] == dates
        return np.where(is_labelled, np.append(self.label, UNLABELLED)[place], UNLABELLED)

    def days(self, label: int) -> Numbers:
        """The dates that have this label."""
        dates: Numbers = self.date[self.label == label]
        return dates


def check_kind(kind: str) -> None:
    """Refuse an unknown kind of regimes.

    Raises:
        SettingsError: the message shows the nearest one.
    """
    if kind not in KINDS:
        raise SettingsError(
            f"--by-regime {kind!r}: choose one of {', '.join(KINDS)}{nearest(kind, KINDS)}"
        )


def labels(
    bars: Bars,
    kind: str,
    timezone: str | Sequence[str],
    dates: Numbers | None = None,
    rules: RegimeRules = RULES,
) -> DayLabels:
    """Labels of the local days of `timezone`, each computed from bars before its midnight.

    With several zones, a day begins where its date begins first, so that no label uses a bar
    of its own day in any zone.

    `dates` are the days to label, ascending; a day lasts until the next one of them begins,
    so that an hour of trading on Sunday evening does not count as a day; those without a
    bar are left out. None: every local date that has one.

    Raises:
        SettingsError: an unknown kind.
    """
    check_kind(kind)
    zones = [timezone] if isinstance(timezone, str) else list(timezone)
    days = _days(bars, zones, dates)
    label = np.full(days.date.size + 1, UNLABELLED, np.int64)
    if days.date.size >= rules.recent_days:  # else no day has enough days before it
        label[rules.recent_days :] = _LABELLERS[kind](days, rules)
    return DayLabels(days.date, label[:-1], _NAMES[kind], int(label[-1]))


class _Days(NamedTuple):
    """Days that have bars: logarithm of high over low, and of the last close."""

    date: Numbers
    range: Floats
    close: Floats


def _days(bars: Bars, zones: Sequence[str], dates: Numbers | None) -> _Days:
    time = bars.m1.time
    if dates is None:
        dates = np.unique(np.concatenate([local_days(time, zone).date for zone in zones]))
    begins = np.min([instants(dates, "00:00", zone) for zone in zones], axis=0)
    borders = np.searchsorted(time, begins)
    end = np.append(borders[1:], time.size)[: borders.size]
    has_bars = end > borders
    first, end = borders[has_bars], end[has_bars]
    if not first.size:
        return _Days(dates[has_bars], np.zeros(0), np.zeros(0))
    high = np.maximum.reduceat(bars.m1.high, first)
    low = np.minimum.reduceat(bars.m1.low, first)
    return _Days(dates[has_bars], np.log(high / low), np.log(bars.m1.close[end - 1]))


def _before(values: Floats, count: int) -> Floats:
    """Row k: the `count` values before day k + `count`, oldest first; the last day is to come."""
    return sliding_window_view(values, count)


def _recent_range(days: _Days, rules: RegimeRules) -> Floats:
    mean: Floats = _before(days.range, rules.recent_days).mean(axis=1)
    return mean


def _signed_efficiency(days: _Days, rules: RegimeRules) -> Floats:
    """Net move over the way, -1 to 1; 0 where the slope contradicts the net move."""
    closes = _before(days.close, rules.recent_days)
    net = closes[:, -1] - closes[:, 0]
    way = np.abs(np.diff(closes, axis=1)).sum(axis=1)
    steps = np.arange(rules.recent_days) - (rules.recent_days - 1) / 2
    slope = (closes * steps).sum(axis=1)  # of the least squares line, but for a factor
    agree = (np.sign(slope) == np.sign(net)) & (way > 0.0)
    return np.where(agree, net / np.where(way > 0.0, way, 1.0), 0.0)


def _volatility(days: _Days, rules: RegimeRules) -> Numbers:
    recent = _recent_range(days, rules)
    label = np.full(recent.size, UNLABELLED, np.int64)
    for at in range(rules.least_history, recent.size):
        history = recent[max(at - rules.history_days, 0) : at]
        low, high = np.quantile(history, [1 / 3, 2 / 3])
        label[at] = int(recent[at] >= low) + int(recent[at] > high)
    return label


def _trend(days: _Days, rules: RegimeRules) -> Numbers:
    efficiency = _signed_efficiency(days, rules)
    strong = np.abs(efficiency) >= max(rules.efficiency, np.finfo(np.float64).tiny)
    return np.where(strong, np.sign(efficiency).astype(np.int64), 0) + 1


def _mixture(days: _Days, rules: RegimeRules) -> Numbers:
    ranges = np.log(np.maximum(_recent_range(days, rules), _LEAST_RANGE))
    features = np.column_stack([ranges, _signed_efficiency(days, rules)])
    label = np.full(ranges.size, UNLABELLED, np.int64)
    for begin in range(rules.least_history, ranges.size, rules.refit_days):
        end = begin + rules.refit_days
        label[begin:end] = _fitted(features[:begin], features[begin:end], rules.seed)
    return label


def _fitted(history: Floats, features: Floats, seed: int) -> Numbers:
    """The component of each row of `features` in a mixture fitted to `history`."""
    from sklearn.exceptions import ConvergenceWarning  # type: ignore[import-untyped]
    from sklearn.mixture import GaussianMixture  # type: ignore[import-untyped]

    center, spread = history.mean(axis=0), history.std(axis=0)
    spread = np.where(spread > 0.0, spread, 1.0)
    mixture = GaussianMixture(
        len(_NAMES["mixture"]),
        covariance_type="diag",  # few days carry few parameters
        reg_covar=1e-3,
        n_init=5,
        init_params="k-means++",
        max_iter=500,
        random_state=seed,
    )
    with warnings.catch_warnings():  # the last iteration is as good a model
        warnings.simplefilter("ignore", ConvergenceWarning)
        mixture.fit((history - center) / spread)
    place = np.argsort(np.argsort(mixture.means_[:, 0], kind="stable"))
    components: Numbers = place[mixture.predict((features - center) / spread)].astype(np.int64)
    return components


_LABELLERS: Final[Mapping[str, Callable[[_Days, RegimeRules], Numbers]]] = {
    "volatility": _volatility,
    "trend": _trend,
    "mixture": _mixture,
}
