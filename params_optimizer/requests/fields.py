"""Groups of fields that several requests share."""

from datetime import date
from pathlib import Path
from typing import Annotated, Self

from pydantic import model_validator

from params_optimizer.requests.base import DATA, FieldError, Only, Request
from params_optimizer.requests.content import EnsembleContent
from params_optimizer.requests.types import (
    Count,
    DateOrder,
    Execution,
    Fraction,
    Minutes,
    Natural,
    Points,
    Positive,
    Stamp,
    SymbolName,
    Text,
)

INITIAL_BALANCE, ENSEMBLE, GRID = "initial_balance", "ensemble", "grid"


def may_be(request: object, field: str, value: str, default: str | None = None) -> bool:
    """Whether a field has this value, or could have it in the run that a request names."""
    present = getattr(request, field, None)
    if present is None and getattr(request, "directory", None) is not None:
        return True
    return bool((present or default) == value)


def of_initial_balance(request: object) -> bool:
    """Whether the strategy may be the Initial Balance."""
    return may_be(request, "strategy", INITIAL_BALANCE, INITIAL_BALANCE)


def of_positions(request: object) -> bool:
    """Whether the strategy may be another one: those trade positions, on any bars."""
    strategy = getattr(request, "strategy", None)
    named = getattr(request, "directory", None) is not None
    return named if strategy is None else strategy != INITIAL_BALANCE


_LOOKS_AT_NEWS = Only(of_initial_balance, "only {strategy} initial_balance looks at the news")

NewsMinutes = Annotated[
    Minutes | None,
    _LOOKS_AT_NEWS,
    Only(
        lambda request: request.news_filter is not False,
        "has no meaning where the news filter is off; leave it or {news_filter} out",
    ),
]
"""Minutes around news in which no signal is taken."""

Resume = Annotated[
    bool | None,
    Only(
        lambda request: request.directory is None,
        "starts a new run, {directory} goes on with one: give one of them",
    ),
]
"""Whether an unfinished run with the same settings is continued; False starts afresh."""


def of_ensemble(request: object) -> bool:
    """Whether the strategy may be the ensemble."""
    return may_be(request, "strategy", ENSEMBLE)


_OF_FILE = Only(
    lambda request: request.file is not None,
    "says how the file that {file} names is read; none is named",
)


class SourceFields(Request):
    """Which bars: the prepared ones of a symbol, or a file.

    `force` takes the usable rows of a file that loses a pattern of them.
    """

    symbol: SymbolName | None = None
    file: Path | None = None
    source_timezone: Annotated[
        Text | None,
        Only(
            lambda request: request.file is not None,
            "is the time zone of the file that {file} names; prepared bars are in UTC",
        ),
    ] = None
    stamps: Annotated[Stamp | None, _OF_FILE] = None
    date_order: Annotated[DateOrder | None, _OF_FILE] = None
    force: Annotated[bool, _OF_FILE] = False

    def needed_places(self) -> frozenset[str]:
        """Bars of a file need no data folder."""
        return self.places - {DATA} if self.file else self.places


class DayFields(Request):
    """The first and the last day that is traded, both included."""

    first: date | None = None
    last: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.first and self.last and self.first > self.last:
            raise FieldError("first", self.first, f"is after {{last}} {self.last}")
        return self


class SpreadFields(Request):
    """The spread, how the Initial Balance is filled, and the news that it stays away from."""

    spread: Points | None = None
    execution: Annotated[
        Execution | None,
        Only(
            of_initial_balance,
            "chooses between the executions of {strategy} initial_balance; a strategy of positions "
            "has one, its orders are filled at the next open, and one that makes its own trades "
            "fills them itself",
        ),
    ] = None
    slippage: Annotated[
        Points | None,
        Only(
            lambda request: request.execution != "rules",
            "makes the market fills of {execution} strict worse; {execution} rules has none",
        ),
        Only(
            of_initial_balance,
            "is for {strategy} initial_balance under {execution} strict; other strategies pay "
            "{spread} and {commission}",
        ),
    ] = None
    news_filter: Annotated[bool | None, _LOOKS_AT_NEWS] = None
    news_before_minutes: NewsMinutes = None
    news_after_minutes: NewsMinutes = None


class StrategyFields(SourceFields, SpreadFields):
    """Which strategy trades the bars, and what it pays."""

    strategy: Text | None = None
    file: Annotated[
        Path | None,
        Only(
            of_positions,
            "which {strategy} trades these bars? initial_balance trades the prepared one-minute "
            "bars of a {symbol} only",
        ),
    ] = None
    time_frame: Annotated[
        Text | None,
        Only(of_positions, "{strategy} initial_balance trades one-minute bars only"),
    ] = None
    ensemble: Annotated[
        EnsembleContent | None, Only(of_ensemble, "lists the rules of {strategy} ensemble")
    ] = None
    commission: Annotated[
        Fraction | None,
        Only(of_positions, "{strategy} initial_balance pays {spread} only"),
    ] = None
    capital: Annotated[
        Positive | None,
        Only(
            of_positions,
            "{strategy} initial_balance takes its money from backtest.initial_balance of the "
            "settings",
        ),
    ] = None


class ObjectiveFields(Request):
    """What is best, and the trades that it takes."""

    metric: Text | None = None
    direction: Text | None = None
    min_trades: Count | None = None


class ScheduleFields(Request):
    """How walk-forward windows follow each other, in trading days."""

    in_sample_days: Count = 120
    out_sample_days: Count = 60
    step_days: Count | None = None
    purge_days: Natural = 0
    anchored: bool = False


class WorkerFields(Request):
    """How many processes work."""

    workers: Count | None = None
