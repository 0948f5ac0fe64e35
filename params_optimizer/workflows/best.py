"""The best parameters so far, and on which days they were chosen."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from params_optimizer.strategies.protocol import Parameters, Value

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class BestParameters:
    """The best parameters so far: in general, and of each regime where they differ.

    `general` maps targets to parameters, `by_regime` regimes to such maps; `detector` is
    the target that tells the regimes apart, empty where none was used. `chosen` maps each
    target that was searched to the last local date that the search looked at.
    """

    general: Mapping[str, Parameters] = field(default_factory=dict)
    by_regime: Mapping[str, Mapping[str, Parameters]] = field(default_factory=dict)
    detector: str = ""
    chosen: Mapping[str, int] = field(default_factory=dict)

    def having(self, best: Mapping[str, Parameters], last: int | None) -> "BestParameters":
        """The same, and parameters chosen on days up to `last`, in all regimes."""
        others = self.without(best)
        dates = {} if last is None else dict.fromkeys(best, last)
        return BestParameters(
            {**self.general, **{target: dict(values) for target, values in best.items()}},
            others.by_regime,
            self.detector,
            {**others.chosen, **dates},
        )

    def after(self, result: Mapping[str, Any], last: int | None) -> "BestParameters":
        """What is known after the result of a sequence on days up to `last`."""
        known = result["combined_result"].get("known")
        if known is None:  # a sequence of the user
            return self.having(best_of(result["target_results"]), last)
        return BestParameters.from_json(known)

    def without(self, targets: Collection[str]) -> "BestParameters":
        """The same without the parameters of these targets."""
        kept = {regime: _others(values, targets) for regime, values in self.by_regime.items()}
        return BestParameters(
            _others(self.general, targets),
            {regime: values for regime, values in kept.items() if values},
            self.detector,
            _others(self.chosen, targets),
        )

    def chosen_from(self, first: int) -> list[str]:
        """Targets whose search looked at the local date `first` or a later one."""
        return [target for target, last in self.chosen.items() if last >= first]

    def of(self, regime: str) -> Mapping[str, Parameters]:
        """What holds in a regime: its parameters over the general ones."""
        return {**self.general, **self.by_regime.get(regime, {})}

    def to_json(self) -> Json:
        """Plain content."""
        return {
            "general": {target: dict(values) for target, values in self.general.items()},
            "by_regime": {
                regime: {target: dict(values) for target, values in targets.items()}
                for regime, targets in self.by_regime.items()
            },
            "detector": self.detector,
            "chosen": dict(self.chosen),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "BestParameters":
        """What `to_json` wrote."""
        return cls(**content)


NOTHING: Final = BestParameters()


def best_of(results: Mapping[str, Any]) -> dict[str, Parameters]:
    """Best parameters of each target that has some, from `target_results`."""
    return {
        target: result["best_params"]
        for target, result in results.items()
        if "best_params" in result
    }


def flat(parameters: Mapping[str, Parameters]) -> dict[str, Value]:
    """Parameters of all targets in one mapping."""
    return {name: value for values in parameters.values() for name, value in values.items()}


def _others(content: Mapping[str, Any], targets: Collection[str]) -> Json:
    return {target: value for target, value in content.items() if target not in targets}
