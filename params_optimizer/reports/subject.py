"""What a validation was made of, as its texts and files name it: a grid or a search."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from params_optimizer.data.days import iso_minute, to_date
from params_optimizer.engine.metrics_calculator import metrics_of_r
from params_optimizer.orchestrator.outcome import SearchOutcome
from params_optimizer.orchestrator.study import Study
from params_optimizer.reports.facts import heading
from params_optimizer.reports.forms import count_of
from params_optimizer.reports.trades import COLUMNS as TRADE_COLUMNS
from params_optimizer.reports.trades import trade_rows
from params_optimizer.search.space import ParameterSpace
from params_optimizer.strategies.initial_balance.params import Params
from params_optimizer.strategies.protocol import Parameters
from params_optimizer.strategies.trades import Border
from params_optimizer.validation.candidates import Borders
from params_optimizer.validation.walk_forward import WalkForward
from params_optimizer.validation.windows import on_days

Content = dict[str, Any]
_SEARCHED_TRADES = (
    *("window", "trial", "date", "entry_time", "exit_time", "direction"),
    *("entry_price", "exit_price", "r", "cumulative_r"),
)


@dataclass(frozen=True, slots=True)
class Subject:
    """A grid or a search: `number` is the key of a set's number, `noun` what its sets are called.

    `head` stands at the top of JSON files; `parameters` are the columns of parameters and
    `prefix` stands before them; `trades` are the rows of the stitched trades of a
    walk-forward under `trade_columns`. `costs` follow the head of a robustness file, `levels`
    are the values of each factor. `sampled`: what holds for all sets is told from a sample of
    the space; `foreign`: the strategy is somebody's own code.
    """

    symbol: str
    heading: tuple[str, ...]
    head: Mapping[str, Any]
    number: Literal["combination", "trial"]
    noun: str
    whole: str
    parameters: tuple[str, ...]
    prefix: str
    border: Border | None
    trade_columns: tuple[str, ...]
    trades: Callable[[WalkForward], Iterator[Content]]
    costs: Mapping[str, Any]
    levels: Mapping[str, list[str]]
    sampled: bool
    foreign: bool

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the parameters in CSV files."""
        return tuple(f"{self.prefix}{name}" for name in self.parameters)

    def row(self, parameters: Parameters | None) -> Content:
        """The cells of these columns; empty ones without parameters."""
        cells = parameters or {}
        return {f"{self.prefix}{name}": cells.get(name) for name in self.parameters}


def grid_subject(study: Study) -> Subject:
    """A run of the grid."""
    return Subject(
        symbol=study.symbol,
        heading=tuple(heading(study, count_of(study.grid.count, "combination"))),
        head={"symbol": study.symbol, "generated_data": study.bars.generated},
        number="combination",
        noun="combinations",
        whole="grid",
        parameters=tuple(Params.__dataclass_fields__),
        prefix="",
        border=None,
        trade_columns=("window", "combination", *TRADE_COLUMNS),
        trades=lambda result: _grid_trades(study, result),
        costs={
            "min_trades": study.settings.min_trades,
            "spread": study.spread,
            "tick_size": study.market.tick_size,
        },
        levels=levels_of(study.grid),
        sampled=False,
        foreign=False,
    )


def search_subject(outcome: SearchOutcome) -> Subject:
    """A search, or an exhaustive run of any strategy."""
    space, border = outcome.plan.space, outcome.plan.sample.border
    exhaustive = outcome.plan.method.exhaustive
    sets = count_of(outcome.planned, "trial")
    return Subject(
        symbol=outcome.market,
        heading=tuple(heading(outcome.plan, f"{sets} by {outcome.method}")),
        head={
            "symbol": outcome.market,
            "generated_data": outcome.bars.generated,
            "strategy": outcome.strategy,
            "method": outcome.method,
            "border": border,
        },
        number="trial",
        noun="parameter sets",
        whole="parameter sets",
        parameters=tuple(space.names),
        prefix="parameter_",
        border=border,
        trade_columns=_SEARCHED_TRADES,
        trades=_searched_trades,
        costs={"min_trades": outcome.plan.objective.min_trades},
        levels=levels_of(space) if exhaustive else {},
        sampled=not exhaustive,
        foreign=":" in outcome.strategy,
    )


def levels_of(space: ParameterSpace) -> dict[str, list[str]]:
    """The values of each axis of a space that is a grid."""
    return {axis.name: [" ".join(map(str, row)) for row in axis.rows()] for axis in space.axes}


def _grid_trades(study: Study, result: WalkForward) -> Iterator[Content]:
    """The stitched trades; cumulative R and balance run through all windows."""
    cumulative, balance = 0.0, study.settings.backtest.initial_balance
    for number, step in enumerate(result.steps, start=1):
        if step.choice is None:
            continue
        winner = step.choice.number
        for row in trade_rows(on_days(study, step.traded), study.params(winner)):
            cumulative += row["r"]
            balance += row["profit"]
            sums = {"cumulative_r": cumulative, "balance": balance}
            yield {"window": number, "combination": winner, **row, **sums}


def _searched_trades(result: WalkForward) -> Iterator[Content]:
    cumulative = 0.0
    for number, step in enumerate(result.steps, start=1):
        if step.choice is None:
            continue
        columns = [column.tolist() for column in (step.trades.date, *step.trades.trades)]
        for date, entry, leave, side, bought, sold, r in zip(*columns, strict=True):
            cumulative += r
            yield {
                "window": number,
                "trial": step.choice.number,
                "date": to_date(date).isoformat(),
                "entry_time": iso_minute(entry),
                "exit_time": iso_minute(leave),
                "direction": "long" if side > 0 else "short",
                "entry_price": bought,
                "exit_price": sold,
                "r": r,
                "cumulative_r": cumulative,
            }


def borders_content(subject: Subject, borders: Borders | None) -> Content:
    """The metrics of trades under each border policy, where the days of the subject have one."""
    if subject.border is None:
        return {}
    metrics = None
    if borders is not None:
        metrics = {name: metrics_of_r(trades.r) for name, trades in borders.items()}
    return {"borders": metrics}
