"""Fields of requests that take the place of a setting."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import BaseModel

from params_optimizer.config import GridValues, Settings
from params_optimizer.requests.base import FieldError

SETTING_OF = {
    "workers": "parallelization.num_workers",
    "grid": "grid_mode",
    "keep": "keep",
    "where": "ranking.where",
    "execution": "backtest.execution",
    "slippage": "backtest.slippage",
    "commission": "positions.commission",
    "capital": "positions.initial_capital",
    "trials": "search.trials",
    "batch": "search.batch",
    "seed": "search.seed",
    "timeout": "search.timeout",
    "news_filter": "news_filter.enabled",
    "news_before_minutes": "news_filter.before_minutes",
    "news_after_minutes": "news_filter.after_minutes",
}


def overrides(requests: Iterable[BaseModel]) -> dict[str, object]:
    """The settings that these requests decide, by dotted key."""
    settings: dict[str, object] = {}
    for request in requests:
        for name in type(request).model_fields:
            value = getattr(request, name)
            if isinstance(value, GridValues):
                settings |= {"grids.own": value.model_dump(mode="json"), "grid_mode": "own"}
            elif name in SETTING_OF and value is not None:
                settings[SETTING_OF[name]] = str(value) if isinstance(value, Path) else value
    return settings


def check_effect(settings: Settings, requests: Sequence[BaseModel]) -> None:
    """Refuse what has no effect under these settings, which hold the overrides already.

    Raises:
        FieldError: minutes around news where the settings switch the filter off.
    """
    for name in ("news_before_minutes", "news_after_minutes"):
        values = [getattr(request, name, None) for request in requests]
        if values and not settings.news_filter.enabled and any(v is not None for v in values):
            value = next(value for value in values if value is not None)
            raise FieldError(
                name, value, "has no effect: news_filter.enabled is false in the settings"
            )
