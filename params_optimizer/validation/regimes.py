"""The best set in each kind of market, and whether switching between them pays.

The best of each regime is best by construction on the days it was chosen on; what counts is
the test of `switching`, in the windows of a walk-forward analysis. Labels are made of earlier
days only (`data.regimes`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from params_optimizer.data.regimes import RULES, UNLABELLED, DayLabels, RegimeRules, labels
from params_optimizer.errors import DataError
from params_optimizer.search.objective import check_trades
from params_optimizer.validation.candidates import (
    Borders,
    Candidates,
    Choice,
    Figures,
    Sample,
    borders_of,
)
from params_optimizer.validation.switching import Switching, label_of, switching
from params_optimizer.validation.walk_forward import WalkForward, walk_forward
from params_optimizer.validation.windows import Days, Schedule, shown

MIN_REGIME_TRADES: Final = 10
ALL_DAYS: Final = "all days"


@dataclass(frozen=True, slots=True)
class RegimeWinner:
    """Who is best on the days called `chosen_on`, and how it does.

    `figures` are its metrics on the days of each regime by name, and on all days. Where
    nothing competes, `choice` is None and `figures` is empty. `borders` are its trades on its
    own days under each border policy, None where none is crossed.
    """

    chosen_on: str
    days: Days
    choice: Choice | None
    figures: Mapping[str, Figures]
    borders: Borders | None


@dataclass(frozen=True, slots=True)
class Regimes:
    """What looking at each regime by itself showed.

    `days` are the trading days of each regime by name, `coming` is the regime of the day
    after the last bars; the last of `winners` is that of all days. `trials` sets were
    evaluated for each. `switching` is None where no walk-forward was made.
    """

    kind: str
    rules: RegimeRules
    metric: str
    min_trades: int
    min_regime_trades: int
    trials: int
    days: Mapping[str, Days]
    unlabelled: Days
    coming: str | None
    winners: tuple[RegimeWinner, ...]
    switching: Switching | None

    @property
    def notes(self) -> tuple[str, ...]:
        """Those of the walk-forward."""
        return self.switching.forward.notes if self.switching else ()


def by_regime(
    candidates: Candidates,
    kind: str,
    windows: Schedule | WalkForward | None,
    *,
    min_regime_trades: int = MIN_REGIME_TRADES,
    rules: RegimeRules = RULES,
) -> Regimes:
    """Choose in each regime; with `windows`, test switching in them.

    Raises:
        SettingsError: an unknown kind, less than one trade.
        DataError: too few days for a label, or nothing competes in any regime.
        RunError, Interrupted: see `Candidates`.
    """
    check_trades(min_regime_trades, "--min-regime-trades")
    days = candidates.days
    day_labels = labels(candidates.bars, kind, candidates.zones, candidates.market_days, rules)
    label = label_of(day_labels, days)
    if (label == UNLABELLED).all():
        raise DataError(
            f"--by-regime {kind}: {shown(days)}: too few for a label, which needs "
            f"{rules.days_needed(kind)} days before its own; take more data"
        )
    forward = walk_forward(candidates, windows) if isinstance(windows, Schedule) else windows
    samples = [(kind, days)]
    for place, step in enumerate(forward.steps if forward else (), 1):
        samples.append((f"{kind} in window {place}:", step.window.in_sample))
    choices = _best_by_label(candidates, samples, day_labels, min_regime_trades)
    if not any(choices[0]):
        raise DataError(
            f"--by-regime {kind}: on the {shown(days)} no parameter set has {min_regime_trades} "
            f"trades in any regime; take more data or lower --min-regime-trades"
        )
    [overall] = candidates.best_on([Sample(ALL_DAYS, days)])
    groups = {name: days[label == place] for place, name in enumerate(day_labels.names)}
    everywhere = {**groups, ALL_DAYS: days}
    pairs = zip(everywhere, (*choices[0], overall), strict=True)
    return Regimes(
        kind=kind,
        rules=rules,
        metric=candidates.objective.metric,
        min_trades=candidates.objective.min_trades,
        min_regime_trades=min_regime_trades,
        trials=candidates.tried,
        days=groups,
        unlabelled=days[label == UNLABELLED],
        coming=day_labels.names[day_labels.coming] if day_labels.coming != UNLABELLED else None,
        winners=tuple(_winner(candidates, *pair, everywhere) for pair in pairs),
        switching=switching(candidates, forward, choices[1:], day_labels) if forward else None,
    )


def _best_by_label(
    candidates: Candidates,
    samples: Sequence[tuple[str, Days]],
    day_labels: DayLabels,
    min_trades: int,
) -> list[tuple[Choice | None, ...]]:
    """For each sample of days the best set on those of each label."""
    parts = [
        Sample(f"{name} {regime}", days[label_of(day_labels, days) == place])
        for name, days in samples
        for place, regime in enumerate(day_labels.names)
    ]
    nonempty = [place for place, part in enumerate(parts) if part.days.size]
    best = candidates.best_on([parts[place] for place in nonempty], min_trades)
    choices = dict(zip(nonempty, best, strict=True))
    count = len(day_labels.names)
    return [
        tuple(choices.get(at * count + place) for place in range(count))
        for at in range(len(samples))
    ]


def _winner(
    candidates: Candidates, name: str, choice: Choice | None, everywhere: Mapping[str, Days]
) -> RegimeWinner:
    if choice is None:
        return RegimeWinner(name, everywhere[name], None, {}, None)
    figures = {
        regime: dict(candidates.figures(choice.parameters, days))
        for regime, days in everywhere.items()
    }
    borders = borders_of(candidates, [(choice.parameters, everywhere[name])])
    return RegimeWinner(name, everywhere[name], choice, figures, borders)
