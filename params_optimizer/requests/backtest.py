"""One parameter set of a strategy."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from params_optimizer.requests.base import FieldError, Only
from params_optimizer.requests.fields import DayFields, StrategyFields, of_positions
from params_optimizer.requests.types import Border, Text


class BacktestRequest(StrategyFields, DayFields):
    """Backtest these parameters; a strategy without parameters takes none."""

    parameters: dict[str, bool | int | float | str] = Field(default_factory=dict)
    strategy: Text | None = None
    border: Annotated[
        Border | None,
        Only(of_positions, "trades of {strategy} initial_balance end on the day they begin"),
    ] = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.strategy is None:
            raise FieldError("parameters", None, "are those of a strategy: which {strategy}?")
        if self.symbol is None and self.file is None:
            raise FieldError("symbol", None, "is missing; which market? Or name a {file} of bars")
        return self
