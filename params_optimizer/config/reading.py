"""Read settings from a JSON file and the command line."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from params_optimizer.config.messages import explain
from params_optimizer.config.models import DEFAULT_FILE, Settings
from params_optimizer.errors import SettingsError


def load_settings(file: Path | None = None, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Read settings: `overrides` (dotted keys, from the command line) over file over defaults.

    Args:
        file: JSON file; None takes `optimizer_config.json` of the current folder if it is there.
        overrides: for example `{"news_filter.enabled": False}`.

    Raises:
        SettingsError: the file cannot be read, or a key or value is wrong.
    """
    merged = Settings().model_dump(mode="json")
    if file is not None or DEFAULT_FILE.exists():
        source = file or DEFAULT_FILE
        content = read_json(source)
        if not isinstance(content, dict):
            raise SettingsError(
                f"{source}: contains {content!r:.60}; it must contain a JSON object"
            )
        _merge(merged, content)
        parse_model(Settings, merged, str(source))
    for dotted, value in (overrides or {}).items():
        _put(merged, dotted, value)
    return parse_model(Settings, merged, "command line")


def with_overrides(settings: Settings, overrides: Mapping[str, Any]) -> Settings:
    """The same settings with some replaced, by dotted key.

    Raises:
        SettingsError: a value is wrong.
    """
    merged = settings.model_dump(mode="json")
    for dotted, value in overrides.items():
        _put(merged, dotted, value)
    return parse_model(Settings, merged, "command line")


def read_json(path: Path) -> object:
    """Read a JSON file whose objects have no key twice.

    Raises:
        SettingsError: the file is missing, unreadable or not JSON; the line is named.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise SettingsError(f"{path}: there is no such file") from error
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    return parse_json(path, content)


def parse_json(path: Path, content: bytes) -> object:
    """The same for the content of a file; `path` names it in messages."""
    try:
        document: object = json.loads(content.decode("utf-8-sig"), object_pairs_hook=_no_key_twice)
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: is not UTF-8 text (byte {error.start})") from error
    except json.JSONDecodeError as error:
        raise SettingsError(
            f"{path}: line {error.lineno}, column {error.colno}: {error.msg}"
        ) from error
    except RecursionError as error:
        raise SettingsError(f"{path}: is nested too deeply") from error
    except ValueError as error:
        raise SettingsError(f"{path}: {error}") from error
    return document


_TOLD = 20
"""Maximum number of listed errors."""

M = TypeVar("M", bound=BaseModel)


def parse_model(
    model: type[M],
    content: object,
    source: str,
    error_type: type[SettingsError] = SettingsError,
) -> M:
    """Turn plain JSON content into `model`; `source` names it in messages.

    Raises:
        SettingsError: lists the wrong keys with their values and the way out; of `error_type`.
    """
    try:
        return model.model_validate_json(json.dumps(content))
    except ValidationError as error:
        lines = explain(model, error.errors(include_url=False))
        messages = [f"{source}: {line}" for line in lines[:_TOLD]]
        if len(lines) > _TOLD:
            messages.append(f"{source}: and {len(lines) - _TOLD} more")
        raise error_type("\n".join(messages)) from error


def _merge(base: dict[str, Any], update: Mapping[str, Any]) -> None:
    for key, value in update.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            _merge(base[key], value)
        else:
            base[key] = value


def _put(target: dict[str, Any], dotted: str, value: object) -> None:
    """Set the key that `dotted` leads to; a symbol's name may hold dots itself."""
    sections = [key for key in target if dotted.startswith(f"{key}.")]
    if sections:
        section = max(sections, key=len)
        _put(target[section], dotted.removeprefix(f"{section}."), value)
    else:
        target[dotted] = value


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    for key, value in pairs:
        if key in seen:
            raise ValueError(f"has the key {key!r} twice")
        seen[key] = value
    return seen
