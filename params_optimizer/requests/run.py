"""A run: which strategy on which bars, which method, which days, what it costs."""

from typing import Annotated, Self

from pydantic import model_validator

from params_optimizer.requests.base import FieldError, Only
from params_optimizer.requests.content import GridContent, SpaceContent
from params_optimizer.requests.fields import (
    GRID,
    INITIAL_BALANCE,
    DayFields,
    Resume,
    StrategyFields,
    WorkerFields,
    may_be,
    of_initial_balance,
    of_positions,
)
from params_optimizer.requests.types import Border, Count, Method, Natural, Positive, Text


def exhaustive(request: object) -> bool:
    """Whether the method may be the grid, which is what happens without a method."""
    return may_be(request, "method", GRID, GRID)


def adaptive(request: object) -> bool:
    """Whether the method may be one that asks for trials."""
    method = getattr(request, "method", None)
    return getattr(request, "directory", None) is not None if method is None else method != GRID


def ranked_by_objective(request: object) -> bool:
    """Whether the request decides what is best: the grid of the Initial Balance has its score."""
    space = getattr(request, "space", None)
    return adaptive(request) or not of_initial_balance(request) or space is not None


_OF_SEARCHES = "belongs to a search: which {method}? The grid tries every parameter set"
_GRID_IS_COMPLETE = (
    "belongs to a search; {method} grid tries every parameter set. To try fewer, give larger "
    "steps or fewer values in {space}, or take {method} random"
)
_OF_CHOICES = (
    "decides what is best in a search or on some of the days; the grid of initial_balance is "
    "ranked by the score: add a {method} other than grid, {holdout}, {walk_forward} or {by_regime}"
)


class RunFields(StrategyFields, DayFields):
    """What makes two runs the same. With a `directory`, unset fields are those of its run."""

    directory: Text | None = None
    method: Method | None = None
    grid: Annotated[
        GridContent | None,
        Only(of_initial_balance, "lists values of {strategy} initial_balance; others take {space}"),
        Only(lambda request: request.space is None, "and {space} both list values: give one"),
    ] = None
    space: Annotated[
        SpaceContent | None,
        Only(
            lambda request: request.method is not None or request.directory is not None,
            "which {method} searches this space?",
        ),
    ] = None
    trials: Annotated[
        Count | None,
        Only(lambda request: request.method != GRID, _GRID_IS_COMPLETE),
        Only(adaptive, _OF_SEARCHES),
    ] = None
    seed: Annotated[Natural | None, Only(adaptive, _OF_SEARCHES)] = None
    batch: Annotated[Count | None, Only(adaptive, _OF_SEARCHES)] = None
    timeout: Annotated[Positive | None, Only(ranked_by_objective, _OF_SEARCHES)] = None
    metric: Annotated[Text | None, Only(ranked_by_objective, _OF_CHOICES)] = None
    direction: Annotated[Text | None, Only(ranked_by_objective, _OF_CHOICES)] = None
    min_trades: Annotated[Count | None, Only(ranked_by_objective, _OF_CHOICES)] = None
    keep: Annotated[
        Text | None,
        Only(exhaustive, "belongs to {method} grid; of a search every trial is kept"),
    ] = None
    where: tuple[Text, ...] | None = None
    border: Annotated[
        Border | None,
        Only(of_positions, "trades of {strategy} initial_balance end on the day they begin"),
    ] = None


class RunRequest(RunFields, WorkerFields):
    """Start or go on with a run. `resume` False starts afresh."""

    resume: Resume = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.directory is not None:
            return self
        if not of_initial_balance(self) and self.method is None:
            raise FieldError(
                "strategy",
                self.strategy,
                "what is to be done with it? Add {method}, {backtest} or {check_strategy}",
            )
        if self.symbol is None and self.file is None:
            raise FieldError("symbol", None, "is missing; which market?")
        return self


def is_search(request: RunFields) -> bool:
    """Whether sets are evaluated one by one; all but the grid of the Initial Balance."""
    return (
        request.method not in (None, GRID)
        or request.strategy not in (None, INITIAL_BALANCE)
        or request.space is not None
    )


class FinishedRequest(RunFields):
    """A run that is there: the named one, or the newest complete one that the fields select."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.symbol is None and self.directory is None and self.file is None:
            raise FieldError("symbol", None, "is missing; which market?")
        return self
