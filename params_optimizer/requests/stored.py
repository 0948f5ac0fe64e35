"""A request in the manifest of its run, and back."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from params_optimizer.config import Settings
from params_optimizer.requests.fields import GRID, INITIAL_BALANCE
from params_optimizer.requests.run import RunFields
from params_optimizer.requests.settings import SETTING_OF

REQUEST = "request"
"""The key in the manifest."""


def stored(request: RunFields, settings: Settings) -> dict[str, Any]:
    """The request in JSON, whole: what it leaves open is that of the settings.

    Paths are absolute, so that the run can go on from another folder.
    """
    values: dict[str, Any] = _defaults(request, settings)
    values |= {name: _absolute(getattr(request, name)) for name in given_fields(request)}
    for error in list(RunFields.without_meaning(values)):
        values.pop(error.field, None)
    return RunFields.model_construct(**values).model_dump(
        mode="json", include=set(values), exclude_none=True
    )


def given_fields(request: RunFields) -> list[str]:
    """The fields of a run that a request decides, without the name of its directory."""
    return [
        name
        for name, field in RunFields.model_fields.items()
        if name != "directory" and getattr(request, name) != field.default
    ]


def restored(content: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a stored request."""
    request = RunFields.model_validate_json(json.dumps(dict(content)))
    return {name: getattr(request, name) for name in content}


def same(value: object, of_run: object) -> bool:
    """Whether a field has the value that it has in a stored request."""
    return _absolute(value) == _absolute(of_run)


def _absolute(value: object) -> object:
    """Paths as they are from every folder; also those of a field that takes names as well."""
    if isinstance(value, str) and Path(value).suffix == ".json":
        return str(Path(value).resolve())
    return value.resolve() if isinstance(value, Path) else value


def _defaults(request: RunFields, settings: Settings) -> dict[str, object]:
    """What fields that are not given come to."""
    values = {
        name: _setting(settings, dotted)
        for name, dotted in SETTING_OF.items()
        if name in RunFields.model_fields
    }
    if request.symbol in settings.symbols:
        values["spread"] = settings.symbols[request.symbol].spread
    values |= {"strategy": INITIAL_BALANCE, "method": GRID, "border": "close"}
    values |= {"metric": "total_r", "min_trades": max(settings.min_trades, 1)}
    return {name: value for name, value in values.items() if value is not None}


def _setting(settings: Settings, dotted: str) -> object:
    value: object = settings
    for name in dotted.split("."):
        value = getattr(value, name)
    return value
