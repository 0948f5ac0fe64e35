"""How values are written: one form for a figure, whether a text, a page or a workbook shows it."""

from collections.abc import Mapping
from datetime import datetime
from math import isfinite
from typing import Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from params_optimizer.engine.metrics_calculator import COUNTS, METRICS
from params_optimizer.reports.labels import split

Kind = Literal["text", "number", "count", "id", "share", "date", "minute", "flag", "setting"]
NOTHING: Final = "-"
FEW_TRADES: Final = 30
"""Below so many trades chance alone makes results that look good."""
_LONG = 8
"""Characters of the value of a parameter from which it is rounded in texts."""


class Form(NamedTuple):
    """The kind of a value, and the decimals of a number.

    `id` is a count without separators, to be copied; `share` a share of 1 shown in percent;
    `setting` the value of a parameter, with the digits that it was given.
    """

    kind: Kind = "text"
    digits: int = 2

    @property
    def numeric(self) -> bool:
        """Whether values are numbers, which stand at the right."""
        return self.kind in ("number", "count", "id", "share")


TEXT, COUNT, ID, SETTING = Form(), Form("count", 0), Form("id", 0), Form("setting")
SHARE, PERCENT = Form("share", 0), Form("share", 1)
DATE, MINUTE, FLAG = Form("date"), Form("minute"), Form("flag")
R, SCORE = Form("number", 2), Form("number", 4)

_FORMS: Final[Mapping[str, Form]] = {
    **dict.fromkeys(METRICS, Form("number", 2)),
    **dict.fromkeys((*COUNTS, "flat_trades", "total_profit"), COUNT),
    **dict.fromkeys(("avg_trade_r", "avg_r_wins", "avg_r_losses"), Form("number", 3)),
    "winrate": Form("number", 1),
    "score": SCORE,
    **dict.fromkeys(("rank", "combination", "trial", "best_combination", "best_trial"), ID),
    **dict.fromkeys(("r", "cumulative_r", "below_peak", "volume"), R),
    **dict.fromkeys(("profit", "balance"), Form("number", 2)),
    "rev_rb_enabled": FLAG,
    "date": DATE,
    **dict.fromkeys(("entry_time", "exit_time"), MINUTE),
}
PRICES: Final = ("entry_price", "exit_price", "stop", "tp", "ibh", "ibl", "eq")
"""Columns of trades whose decimals are those of the market."""


def form_of(name: str, price_digits: int = 2) -> Form:
    """The form of a column of results or trades; `ocae_total_r` as `total_r`."""
    figure_name = split(name)[1]
    if figure_name in PRICES:
        return Form("number", price_digits)
    return _FORMS.get(figure_name, SETTING)


def digits_of(tick_size: float) -> int:
    """The decimals of prices that move by `tick_size`: 2 of 0.25, 5 of 0.00001."""
    text = f"{tick_size:.10f}".rstrip("0")
    return len(text.partition(".")[2])


def text_of(value: object, form: Form = TEXT) -> str:
    """A value as people read it."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if form.kind == "share" and isinstance(value, int | float):
        return percent(value, form.digits)
    if form.kind == "setting":
        return setting(value)
    if form.kind == "id" or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    return _positive_zero(f"{value:,.{form.digits}f}")


def figure(name: str, value: object) -> str:
    """A metric within a sentence; `name` may carry the prefix of a variation."""
    form = form_of(name)
    return text_of(value, form if form.kind != "setting" else R)


def percent(share: float, digits: int = 1) -> str:
    """A share of 1 in percent; never a 0 or 100 that it is not."""
    edge = 0.5 * 10.0 ** -(digits + 2)
    if 0 < share < edge:
        return f"below {100 * edge * 2:.{digits}f} %" if digits else "below 1 %"
    if 1 - edge < share < 1:
        return f"above {100 * (1 - edge * 2):.{digits}f} %" if digits else "above 99 %"
    return f"{_positive_zero(f'{100 * share:,.{digits}f}')} %"


def setting(value: object) -> str:
    """The value of a parameter: of a number with many digits the first six."""
    text = str(value)
    return f"{value:.6g}" if isinstance(value, float) and len(text) > _LONG else text


def count_of(number: int, unit: str) -> str:
    """So many of something: `1 trial`, `2,000 trials`."""
    return f"{number:,} {unit}{'' if number == 1 else 's'}"


def settings_text(parameters: Mapping[str, Any]) -> str:
    """Parameters on one line, as `--backtest` takes them."""
    return ", ".join(f"{name}={value}" for name, value in parameters.items())


def with_record(metrics: Mapping[str, Any] | None) -> dict[str, Any]:
    """Metrics with what stands beside a win rate in tables: `127 / 190 / 177`; none of None."""
    if not metrics:
        return {}
    return {**metrics, "record": " / ".join(f"{count:,}" for count in record_of(metrics))}


def record(metrics: Mapping[str, Any]) -> str:
    """What stands beside a win rate: `127 won, 190 lost, 177 flat`."""
    won, lost, flat = record_of(metrics)
    return f"{won:,} won, {lost:,} lost, {flat:,} flat"


def record_of(metrics: Mapping[str, Any]) -> tuple[int, int, int]:
    """Trades that won, lost, and made 0 R."""
    won, lost = int(metrics["winning_trades"]), int(metrics["losing_trades"])
    return won, lost, int(metrics["total_trades"]) - won - lost


def short(value: float | None) -> float | None:
    """A number for a picture: six significant digits, None for what is not finite."""
    if value is None or not isfinite(value):
        return None
    return float(f"{value:.6g}")


def shorts(values: object) -> Any:  # noqa: ANN401  lists as deep as the array is
    """The same for an array or a list of any depth."""
    listed = values.tolist() if hasattr(values, "tolist") else values
    if isinstance(listed, list):
        return [shorts(value) for value in listed]
    return short(listed) if isinstance(listed, float) else listed


def prices(values: NDArray[np.float64]) -> list[float]:
    """Prices for a chart: eight significant digits are more than any pixel shows."""
    return [float(f"{price:.8g}") for price in values.tolist()]


def _positive_zero(text: str) -> str:
    return text.removeprefix("-") if not text.strip("-0.,") else text
