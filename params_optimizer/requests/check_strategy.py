"""Whether a strategy can be trusted."""

from typing import Annotated, ClassVar, Self

from pydantic import model_validator

from params_optimizer.requests.base import CONFIG, DATA, FieldError, Only
from params_optimizer.requests.content import GridContent
from params_optimizer.requests.fields import StrategyFields, of_ensemble, of_initial_balance
from params_optimizer.requests.types import Border, Text


def _on_bars(request: object) -> bool:
    return any(getattr(request, name, None) is not None for name in ("symbol", "file"))


_NO_BARS = "belongs to bars of yours; add {symbol} or {file}"


class CheckStrategyRequest(StrategyFields):
    """Check a strategy on bars of a market, or on generated ones where none is named."""

    places: ClassVar[frozenset[str]] = frozenset({CONFIG, DATA})
    grid: Annotated[
        GridContent | None,
        Only(of_initial_balance, "lists values of {strategy} initial_balance"),
    ] = None
    time_frame: Annotated[Text | None, Only(_on_bars, _NO_BARS)] = None
    border: Annotated[
        Border | None, Only(of_ensemble, "belongs to the regimes of {strategy} ensemble")
    ] = None

    def needed_places(self) -> frozenset[str]:
        """Generated bars need no data folder."""
        return super().needed_places() if self.symbol else self.places - {DATA}

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.strategy is None:
            raise FieldError("check_strategy", None, "which {strategy}?")
        if self.strategy in {"initial_balance", "ensemble"} and not _on_bars(self):
            raise FieldError("symbol", None, f"is missing; {self.strategy} is checked on a market")
        return self
