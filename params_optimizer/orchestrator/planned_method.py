"""How the sets of a plan are chosen: all of a space, or as many as a method asks for."""

from dataclasses import dataclass
from typing import Any, Final

from params_optimizer.config import Settings
from params_optimizer.config.search import MethodSettings
from params_optimizer.search.methods import make_method
from params_optimizer.search.methods.method import Method
from params_optimizer.search.space import ParameterSpace

GRID: Final = "grid"
_SETTINGS: Final = MethodSettings()


@dataclass(frozen=True, slots=True)
class PlannedMethod:
    """`trials` sets are asked for by the method `name`, `batch` at once.

    The batch belongs to the seed: it is the same whatever the number of workers. `journaled`:
    even the sets of a whole space are trials of a journal, as earlier versions had them.
    """

    name: str
    trials: int
    seed: int = 0
    batch: int = 8
    settings: MethodSettings = _SETTINGS
    journaled: bool = False

    @classmethod
    def of(cls, settings: Settings, name: str, trials: int) -> "PlannedMethod":
        """The method `name` with its settings."""
        search = settings.search
        return cls(name, trials, search.seed, search.batch, search)

    @property
    def exhaustive(self) -> bool:
        """Whether every set of the space is evaluated, in slices."""
        return self.name == GRID and not self.journaled

    @property
    def stretches(self) -> int:
        """In how many stretches of days a trial is evaluated, so that it can end early."""
        return self.settings.bayesian.stretches if self.name == "bayesian" else 1

    @property
    def details(self) -> Any:  # noqa: ANN401  JSON
        """The settings of this method alone, None where it has none."""
        return self.settings.model_dump(mode="json").get(self.name.replace("-", "_"))

    def begin(self, space: ParameterSpace) -> Method:
        """The method at its beginning.

        Raises:
            SpaceError: it cannot search this space.
        """
        return make_method(self.name, space, self.settings, self.seed, self.trials)
