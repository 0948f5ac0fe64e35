"""Requests, progress and results as events, for programs that drive optimisations."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class OptimizationRequest:
    """Asks for a run; the fields are the arguments of `OptimizationManager.run_optimization`."""

    sequence: str | None
    targets: tuple[str, ...]
    methods: Mapping[str, str] | None = None
    metrics: Mapping[str, str] | None = None
    constraints: Mapping[str, tuple[str, ...]] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    name: str | None = None


@dataclass(frozen=True, slots=True)
class OptimizationProgress:
    """A batch of trials of one target is done."""

    target: str
    trials: int
    of: int
    best_score: float | None


@dataclass(frozen=True, slots=True)
class OptimizationResult:
    """A run ended: `result` as `run_optimization` returns it, or `error` and no result."""

    request: OptimizationRequest
    result: Json | None
    error: Exception | None = None


Event = OptimizationRequest | OptimizationProgress | OptimizationResult
Listener = Callable[[Any], None]


class EventBus:
    """Who hears of what. Listeners are called in the order of their subscription."""

    def __init__(self) -> None:
        self._listeners: dict[type, list[Listener]] = {}

    def subscribe(self, kind: type[Event], listener: Listener) -> Callable[[], None]:
        """Call `listener` with each event of `kind`; returns a function that ends that."""
        listeners = self._listeners.setdefault(kind, [])
        listeners.append(listener)

        def unsubscribe() -> None:
            if listener in listeners:
                listeners.remove(listener)

        return unsubscribe

    def publish(self, event: Event) -> None:
        """Tell everybody who asked; an error of a listener is its caller's."""
        for listener in list(self._listeners.get(type(event), ())):
            listener(event)
