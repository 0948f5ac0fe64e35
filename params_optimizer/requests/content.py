"""Fields that take the path of a JSON file, or what would stand in it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BeforeValidator

from params_optimizer.config import GridValues, parse_model
from params_optimizer.config.base import Model
from params_optimizer.config.ensemble import EnsembleFile
from params_optimizer.config.space import SpaceModel, parse_space
from params_optimizer.errors import SettingsError
from params_optimizer.requests.types import Text

M = TypeVar("M", bound=Model)
_SOURCE = "content"


def _parsed(parse: Callable[[object], Model]) -> BeforeValidator:
    """What makes the model of an object, and leaves everything else to the other types."""

    def read(value: object) -> object:
        if not isinstance(value, Mapping):
            return value
        try:
            return parse(value)
        except SettingsError as error:
            raise ValueError(str(error).replace(f"{_SOURCE}: ", "")) from error

    return BeforeValidator(read)


def _model(model: type[M]) -> Callable[[object], M]:
    return lambda value: parse_model(model, value, _SOURCE)


SpaceContent = Annotated[Path | SpaceModel, _parsed(lambda value: parse_space(value, _SOURCE))]
"""A parameter space."""
GridContent = Annotated[Text | GridValues, _parsed(_model(GridValues))]
"""A grid of the Initial Balance, or its name."""
EnsembleContent = Annotated[Path | EnsembleFile, _parsed(_model(EnsembleFile))]
"""The rules of an ensemble."""
