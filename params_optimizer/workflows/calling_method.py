"""Methods of other programs, which call an objective themselves."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from queue import Queue
from threading import Thread
from typing import Any

import numpy as np

from params_optimizer.errors import SettingsError
from params_optimizer.search.space import Parameters, ParameterSpace
from params_optimizer.search.trial import Trial
from params_optimizer.workflows.methods import MethodOfTarget, SearchMethod


class CallingMethod:
    """A method that calls `optimize(objective, space)`, as one that is asked and told.

    `objective(parameters)` is the metric, larger is better, NaN where there is none; `space` is
    `{name: [values]}`. The method runs in a thread that waits for each of its answers, so that
    its trials are journalled, limited and evaluated in workers as those of any other.
    """

    def __init__(self, method: Any, space: ParameterSpace) -> None:  # noqa: ANN401  anybody's
        self._space, self._method = space, method
        self._asked: Queue[Parameters | BaseException | None] = Queue()
        self._told: Queue[float] = Queue()
        self._thread: Thread | None = None

    def ask(self, count: int) -> list[Parameters]:
        """The next parameter set; none where the method has ended.

        Raises:
            SettingsError: the method raised an error.
        """
        del count
        if self._thread is None:
            self._thread = Thread(target=self._run, daemon=True)
            self._thread.start()
        asked = self._asked.get()
        if isinstance(asked, BaseException):
            name = type(self._method).__name__
            raise SettingsError(f"{name}.optimize: {type(asked).__name__}: {asked}") from asked
        return [] if asked is None else [asked]

    def tell(self, trials: Sequence[Trial]) -> None:
        """Hand the answer on."""
        for trial in trials:
            self._told.put(-trial.losses[0] if trial.state == "complete" else np.nan)

    def _run(self) -> None:
        values = {
            axis.name: [axis.value(at) for at in range(axis.count or 0)]
            for axis in self._space.axes
        }
        try:
            self._method.optimize(self._objective, values)
        except BaseException as error:  # noqa: BLE001  told by `ask`
            self._asked.put(error)
        else:
            self._asked.put(None)

    def _objective(self, parameters: Parameters) -> float:
        snapped = self._space.snap(parameters)
        if not self._space.allows(snapped):
            return np.nan
        self._asked.put(snapped)
        return self._told.get()


@dataclass(frozen=True, slots=True)
class _Calling:
    """See `SearchMethod`: a search with a `CallingMethod`."""

    method: Any

    def begin(self, space: Mapping[str, Any], seed: int, label: str) -> MethodOfTarget:
        """See `SearchMethod`."""
        del seed
        parsed = ParameterSpace.parse(space, source=label)
        len(parsed)  # refuses an axis without an end
        return MethodOfTarget(parsed, CallingMethod(self.method, parsed), len(parsed), 1)


def adapted(method: Any, place: str) -> SearchMethod:  # noqa: ANN401  anybody's
    """A method of the user as a `SearchMethod`; `place` names it.

    Raises:
        SettingsError: it has neither `begin` nor an `optimize` that takes objective and space.
    """
    if callable(getattr(method, "begin", None)):
        search: SearchMethod = method
        return search
    if not callable(getattr(method, "optimize", None)):
        raise SettingsError(f"{place} lacks optimize(objective, space)")
    try:
        inspect.signature(method.optimize).bind(None, None)
    except TypeError as error:
        raise SettingsError(
            f"{place}: optimize must take (objective, space) and need nothing else: {error}"
        ) from error
    return _Calling(method)
