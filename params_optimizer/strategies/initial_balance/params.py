"""One combination of the Initial Balance strategy, and what its trades record."""

from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

StopMode = Literal["ib_start", "eq"]
Variation = Literal["OCAE", "TCWE", "Reverse", "REV_RB"]
ExitReason = Literal["tp", "stop", "time", "invalid"]

VARIATIONS: tuple[Variation, ...] = get_args(Variation)
EXIT_REASONS: tuple[ExitReason, ...] = get_args(ExitReason)


class Execution(NamedTuple):
    """How orders are filled: by the rules R1 to R8, or `strict` as an order would be (R15).

    `slippage`, in points, is for strict execution alone: what every market fill is worse (R15.8).
    """

    strict: bool = False
    slippage: float = 0.0


RULES = Execution()


@dataclass(frozen=True, slots=True)
class Params:
    """The 14 keys of R11.1, in their order.

    Minutes are whole; clock times are "HH:MM" in `ib_timezone` (IANA); percentages are
    fractions of the IB range, `min_sl_pct` of the price; targets and steps are in R.
    """

    ib_start: str
    ib_end: str
    ib_timezone: str
    ib_wait_minutes: int
    trade_window_minutes: int
    rr_target: float
    stop_mode: StopMode
    tsl_target: float
    tsl_sl: float
    min_sl_pct: float
    rev_rb_enabled: bool
    rev_rb_pct: float
    ib_buffer_pct: float
    max_distance_pct: float


class Trade(NamedTuple):
    """What a trade records (R9).

    `date` is days since 1970-01-01 in the IB zone, times are UTC minutes, prices are in
    points; `stop` and `target` as placed, not as trailed.
    """

    date: int
    variation: Variation
    long: bool
    entry_time: int
    entry_price: float
    stop: float
    target: float
    exit_time: int
    exit_price: float
    exit_reason: ExitReason
    r: float
