"""A piece of work that a sequence is given: targets, days, and what is known already."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from params_optimizer.data.regimes import DayLabels
from params_optimizer.strategies.protocol import Parameters

Json = dict[str, Any]
Days = NDArray[np.int64]
"""Local dates, days since 1970-01-01, in order."""


@dataclass(frozen=True, slots=True)
class Known:
    """Best parameters found so far: in general, and of each regime where they differ.

    `general` maps targets to parameters, `by_regime` regimes to such maps; `detector` is
    the target that tells the regimes apart, empty where none was used.
    """

    general: Mapping[str, Parameters] = field(default_factory=dict)
    by_regime: Mapping[str, Mapping[str, Parameters]] = field(default_factory=dict)
    detector: str = ""

    def knowing(self, target: str, parameters: Parameters) -> "Known":
        """The same and these parameters of a target."""
        return replace(self, general={**self.general, target: dict(parameters)})

    def of(self, regime: str) -> Mapping[str, Parameters]:
        """What holds in a regime: its own parameters over the general ones."""
        return {**self.general, **self.by_regime.get(regime, {})}

    def to_json(self) -> Json:
        """Plain content."""
        return {
            "general": {name: dict(one) for name, one in self.general.items()},
            "by_regime": {
                regime: {name: dict(one) for name, one in found.items()}
                for regime, found in self.by_regime.items()
            },
            "detector": self.detector,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Known":
        """What `to_json` wrote."""
        return cls(content["general"], content["by_regime"], content["detector"])


NOTHING: Final = Known()


class Desk(Protocol):
    """What the manager does for a sequence."""

    def optimise(self, work: "Work", target: str) -> Json:
        """The best parameters of a target on the days of the work."""

    def judge(self, work: "Work", known: Known) -> Json:
        """What all that is known achieves together on the days of the work."""

    def labels(self, work: "Work", detector: str) -> DayLabels:
        """The regimes of the days of the work."""

    def detector(self, work: "Work", wanted: str | None) -> str:
        """The name of the regime detector among the targets."""

    def sequence(self, name: str) -> Any:  # noqa: ANN401  a Sequence; they import this file
        """The sequence registered under a name."""

    def bars(self, work: "Work") -> int:
        """Number of bars on the days of the work."""


@dataclass(frozen=True, slots=True)
class Work:
    """Targets to optimise on `days`; `known` holds the parameters of others.

    `label` tells this piece from others of the same run, for journals and progress.
    """

    desk: Desk
    targets: tuple[str, ...]
    days: Days
    known: Known = NOTHING
    options: Mapping[str, Any] = field(default_factory=dict)
    label: tuple[str, ...] = ()

    def optimise(self, target: str) -> Json:
        """Search the target's parameters; see `OptimizationManager.run_optimization`."""
        return self.desk.optimise(self, target)

    def sequence(self, name: str) -> Any:  # noqa: ANN401
        """A registered sequence."""
        return self.desk.sequence(name)

    def knowing(self, target: str, parameters: Parameters) -> "Work":
        """The same work, with these parameters known."""
        return replace(self, known=self.known.knowing(target, parameters))

    def on(self, days: Days) -> "Work":
        """The same work on fewer days."""
        return replace(self, days=self.days[np.isin(self.days, days)])

    def labelled(self, name: str) -> "Work":
        """The same work under a longer label."""
        return replace(self, label=(*self.label, name))

    def of_regime(self, regime: str) -> "Work":
        """The same work, beginning with what is known of that regime."""
        return replace(self, known=Known(self.known.of(regime)))

    def combined(self) -> Json:
        """What everything known achieves together on these days."""
        return self.desk.judge(self, self.known)
