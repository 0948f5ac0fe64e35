"""The settings as frozen models: what can be set, which values are possible, the defaults."""

import json
import re
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, model_validator

from params_optimizer.config.base import Model, NotNegative, Positive
from params_optimizer.config.messages import nearest
from params_optimizer.config.search import MethodSettings
from params_optimizer.errors import SettingsError

DEFAULT_FILE = Path("optimizer_config.json")
SYMBOL_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,31}")
T = TypeVar("T")
_LONGEST_OVER_MIDNIGHT = 12 * 60
"""Minutes; a longer window is rather one whose ends were exchanged."""
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("is not a time zone; write an IANA name such as Europe/Berlin") from error
    return name


def _clock(text: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        raise ValueError("is not a clock time; write HH:MM from 00:00 to 23:59")
    return text


def _clock_or_midnight(text: str) -> str:
    return text if text == "24:00" else _clock(text)


def _unique(values: tuple[T, ...]) -> tuple[T, ...]:
    earlier = set[T]()
    for value in values:
        if value in earlier:
            raise ValueError(f"lists {value!r} twice; every value may appear only once")
        earlier.add(value)
    return values


def _currency(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{3}", text):
        raise ValueError("is not a currency; write three letters such as USD, or All")
    return text


_OF_RUNS = re.compile(
    r"(run|workflow|(.*_)?(best_params|best_by_variation|search_best|holdout|walk_forward|regimes"
    r"|halves|robustness|playbook|recommendations|results))\.json",
    re.IGNORECASE,
)
"""JSON files in the folder of a run that a checkpoint would replace, and delete in the end."""


def _file_name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\.json", text):
        raise ValueError("must be a plain file name ending in .json, for example progress.json")
    if _OF_RUNS.fullmatch(text):
        raise ValueError("is the name of another file of a run; choose one such as progress.json")
    return text


Zone = Annotated[str, AfterValidator(_known_zone)]
Clock = Annotated[str, AfterValidator(_clock)]
Currency = Annotated[str, AfterValidator(_currency)]
FileName = Annotated[str, AfterValidator(_file_name)]
Distinct = AfterValidator(_unique)


IBWindow = tuple[Clock, Clock, Zone]
"""Initial Balance window: start, end (not included) and the zone of both clock times.

An end that is not after the start lies on the next day: 23:00 to 01:00.
"""


def _plausible_ib_window(window: IBWindow) -> IBWindow:
    start, end, _ = window
    if start == end:
        raise ValueError(f"begins and ends at {start}; it must have at least one minute")
    minutes = _minute_of_day(end) - _minute_of_day(start)
    if minutes < 0 and minutes + 1440 > _LONGEST_OVER_MIDNIGHT:
        hours = (minutes + 1440) / 60
        raise ValueError(
            f"ends at {end}, which is before {start} and so on the next day, {hours:.3g} hours "
            f"later; a window that passes midnight may have {_LONGEST_OVER_MIDNIGHT // 60} hours"
        )
    return window


def _minute_of_day(clock: str) -> int:
    hours, minutes = clock.split(":")
    return 60 * int(hours) + int(minutes)


IBWindows = Annotated[
    tuple[Annotated[IBWindow, AfterValidator(_plausible_ib_window)], ...],
    Field(min_length=1),
    Distinct,
]


class TradingHours(Model):
    """Bars outside these hours are left out by --prepare-data. `end` is not included."""

    timezone: Zone = "UTC"
    start: Clock = "00:00"
    end: Annotated[str, AfterValidator(_clock_or_midnight)] = "24:00"
    weekdays: Annotated[tuple[Weekday, ...], Field(min_length=1), Distinct] = WEEKDAYS

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start >= self.end:
            raise ValueError(f"start {self.start} is not before end {self.end}")
        return self


class Symbol(Model):
    """One market: where its day begins, what trading it costs, how positions are sized.

    `spread` and `tick_size` are in points of price, `contract_size` in units per lot,
    the volumes in lots (R7.3, R14).
    """

    timezone: Zone
    spread: NotNegative
    tick_size: Positive
    ib_windows: IBWindows
    trading_hours: TradingHours
    news_currencies: Annotated[tuple[Currency, ...], Distinct]
    contract_size: Positive
    volume_step: Positive
    volume_min: Positive
    volume_max: Positive
    leverage: Positive

    @model_validator(mode="after")
    def _sizes(self) -> Self:
        if self.volume_min > self.volume_max:
            raise ValueError(f"volume_min {self.volume_min} is above volume_max {self.volume_max}")
        return self


Values = Annotated[tuple[T, ...], Field(min_length=1), Distinct]
Minutes = Annotated[int, Field(ge=0, lt=1440)]


def _trailing(value: float) -> float:
    if 0 < value < 0.01:
        raise ValueError("must be 0 (fixed target) or >= 0.01")
    return value


class GridValues(Model):
    """The values of each key of R11; `ib_windows` come from the symbol unless listed here.

    Minutes are whole, percentages are fractions (0.05 is 5 % of the IB range, for
    `min_sl_pct` of the price), targets and trailing steps are in R.
    """

    ib_windows: IBWindows | None = None
    ib_wait_minutes: Values[Minutes]
    trade_window_minutes: Values[Annotated[int, Field(gt=0, le=1440)]]
    rr_target: Values[Positive]
    stop_mode: Values[Literal["ib_start", "eq"]]
    tsl_target: Values[Annotated[NotNegative, AfterValidator(_trailing)]]
    tsl_sl: Values[Positive]
    min_sl_pct: Values[Positive]
    rev_rb_enabled: Values[bool]
    rev_rb_pct: Values[NotNegative]
    ib_buffer_pct: Values[NotNegative]
    max_distance_pct: Values[Positive]


class Grids(Model):
    """The two grids that are shipped (R11.4, R11.5), and one of the user's."""

    standard: GridValues = GridValues(
        ib_wait_minutes=(0, 15),
        trade_window_minutes=(60, 90, 120),
        rr_target=(0.5, 1.0, 1.5, 2.0),
        stop_mode=("ib_start", "eq"),
        tsl_target=(0.0, 0.5, 1.0, 1.5),
        tsl_sl=(0.5, 1.0),
        min_sl_pct=(0.001,),
        rev_rb_enabled=(True, False),
        rev_rb_pct=(0.5,),
        ib_buffer_pct=(0.05, 0.10, 0.15, 0.20, 0.25),
        max_distance_pct=(0.5, 0.75, 1.0, 1.25),
    )
    expanded: GridValues = GridValues(
        ib_wait_minutes=(0, 10, 15, 20),
        trade_window_minutes=(40, 60, 90, 120, 150, 180, 210, 240),
        rr_target=(0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0),
        stop_mode=("ib_start", "eq"),
        tsl_target=(0.0, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0),
        tsl_sl=(0.5, 0.75, 1.0, 1.25, 1.5, 2.0),
        min_sl_pct=(0.0015,),
        rev_rb_enabled=(True, False),
        rev_rb_pct=(1.0,),
        ib_buffer_pct=(0.0, 0.05, 0.10, 0.15, 0.20),
        max_distance_pct=(0.5, 0.75, 1.0, 1.25, 1.5),
    )
    own: GridValues | None = None


class Parallelization(Model):
    """Worker processes; `null` workers means: chosen from cores and free memory.

    `combinations_per_chunk` is a lower bound: a panel slice is one piece of work.
    """

    num_workers: Annotated[int, Field(ge=1, le=4096)] | None = None
    combinations_per_chunk: Annotated[int, Field(ge=1)] = 10
    start_method: Literal["fork", "forkserver", "spawn"] | None = None


class CheckpointSettings(Model):
    """How often and where progress is written; a run resumes from its result parts.

    `interval` is in combinations, and a lower bound: a slice is one piece of work.
    """

    interval: Annotated[int, Field(ge=1)] = 100
    file: FileName = "checkpoint.json"


class RankingWeights(Model):
    """Weights of R12; together 1."""

    total_r: NotNegative = 0.40
    sharpe_ratio: NotNegative = 0.35
    winrate: NotNegative = 0.25

    @model_validator(mode="after")
    def _add_up(self) -> Self:
        total = self.total_r + self.sharpe_ratio + self.winrate
        if abs(total - 1) > 1e-9:
            raise ValueError(f"the three weights add up to {total:g}; they must add up to 1")
        return self


class RankingConditions(Model):
    """Conditions that a parameter set has to meet to be ranked: `max_drawdown <= 12`."""

    where: tuple[Annotated[str, Field(min_length=1, max_length=500)], ...] = ()


class NewsFilter(Model):
    """Minutes around a high-impact event in which no signal is taken (R6.2)."""

    enabled: bool = True
    before_minutes: Minutes = 2
    after_minutes: Minutes = 2


ExecutionName = Literal["rules", "strict"]


class Backtest(Model):
    """Money settings of R14, and how the orders of the Initial Balance are filled.

    `initial_balance` is in the account's currency. `execution` `strict` fills as an order would
    have been (R15), and `slippage`, in points, is then what every market fill is worse.
    """

    initial_balance: Positive = 100_000.0
    risk_pct: Annotated[float, Field(gt=0, le=100)] = 1.0
    max_margin_pct: Annotated[float, Field(gt=0, le=100)] = 40.0
    execution: ExecutionName = "rules"
    slippage: NotNegative = 0.0

    @model_validator(mode="after")
    def _slippage_counts(self) -> Self:
        if self.slippage and self.execution != "strict":
            raise ValueError(
                f"slippage {self.slippage:g} counts under execution strict only, and execution is "
                f"{self.execution}; set slippage to 0, or execution to strict"
            )
        return self


class Positions(Model):
    """The account of strategies that trade positions: commission is a fraction of each fill.

    `null`: none where the spread of the symbol is paid, else 0.001.
    """

    commission: Annotated[float, Field(ge=0, lt=1)] | None = None
    initial_capital: Positive = 10_000.0


class VariationConditions(Model):
    """Which combinations a variation table lists (R13); false lists them all."""

    ocae: bool = True
    tcwe: bool = True
    reverse: bool = True
    rev_rb: bool = True


class Paths(Model):
    """Root of raw data, optimized data and news; root of the run directories."""

    data_dir: Annotated[str, Field(min_length=1)] = "data"
    output_dir: Annotated[str, Field(min_length=1)] = "output"


def _shipped_symbols() -> dict[str, Symbol]:
    return {
        "GER40": Symbol(
            timezone="Europe/Berlin",
            spread=1.5,
            tick_size=0.01,
            ib_windows=(
                ("08:00", "08:30", "Europe/Berlin"),
                ("08:00", "09:00", "Europe/Berlin"),
                ("09:00", "09:30", "Europe/Berlin"),
            ),
            trading_hours=TradingHours(timezone="Europe/Berlin", start="07:00", end="23:00"),
            news_currencies=("EUR", "USD"),
            contract_size=1.0,
            volume_step=0.1,
            volume_min=0.1,
            volume_max=50.0,
            leverage=20.0,
        ),
        "XAUUSD": Symbol(
            timezone="Asia/Tokyo",
            spread=0.30,
            tick_size=0.01,
            ib_windows=(
                ("09:00", "09:30", "Asia/Tokyo"),
                ("09:00", "10:00", "Asia/Tokyo"),
                ("10:00", "10:30", "Asia/Tokyo"),
            ),
            trading_hours=TradingHours(
                timezone="UTC", weekdays=("mon", "tue", "wed", "thu", "fri")
            ),
            news_currencies=("USD",),
            contract_size=100.0,
            volume_step=0.01,
            volume_min=0.01,
            volume_max=100.0,
            leverage=20.0,
        ),
    }


def _kept(text: str) -> str:
    if not re.fullmatch(r"all|top:[1-9][0-9]{0,5}", text):
        raise ValueError("must be all or top:N with N from 1 to 999999")
    return text


def check_symbol_name(name: str) -> str:
    """Return `name` if it can name a symbol and the files made for it.

    Raises:
        SettingsError: it contains other characters, or is empty or longer than 32.
    """
    if SYMBOL_PATTERN.fullmatch(name):
        return name
    raise SettingsError(
        f"symbol {name!r}: write 1 to 32 of A-Z a-z 0-9 . _ + -, beginning with a letter or digit"
    )


SymbolName = Annotated[str, AfterValidator(check_symbol_name)]


class Settings(Model):
    """All settings. `grid_mode` is standard, expanded, own or a path to a JSON grid."""

    parallelization: Parallelization = Parallelization()
    checkpoint: CheckpointSettings = CheckpointSettings()
    ranking_weights: RankingWeights = RankingWeights()
    ranking: RankingConditions = RankingConditions()
    news_filter: NewsFilter = NewsFilter()
    grid_mode: Annotated[str, Field(min_length=1)] = "standard"
    grids: Grids = Grids()
    backtest: Backtest = Backtest()
    positions: Positions = Positions()
    min_trades: Annotated[int, Field(ge=0)] = 10
    keep: Annotated[str, AfterValidator(_kept)] = "all"
    symbols: dict[SymbolName, Symbol] = Field(default_factory=_shipped_symbols)
    variation_conditions: VariationConditions = VariationConditions()
    paths: Paths = Paths()
    search: MethodSettings = MethodSettings()

    def symbol(self, name: str) -> Symbol:
        """The market called `name`.

        Raises:
            SettingsError: the name is unknown; the message holds the JSON block to paste.
        """
        check_symbol_name(name)
        if name in self.symbols:
            return self.symbols[name]
        for symbol in self.symbols:
            if symbol.lower() == name.lower():
                raise SettingsError(f"unknown symbol {name!r}; did you mean {symbol!r}?")
        block = {"symbols": {name: next(iter(self.symbols.values())).model_dump(mode="json")}}
        raise SettingsError(
            f"unknown symbol {name!r}{nearest(name, self.symbols)}. Known symbols: "
            f"{', '.join(self.symbols)}. To add it, copy its entry into 'symbols' of "
            f"{DEFAULT_FILE}, or save this as a file for --config, with the values of your "
            f"market:\n{json.dumps(block, indent=2)}"
        )
