"""The file that lists the rules of an ensemble."""

from typing import Annotated, Literal

from pydantic import Field

from params_optimizer.config.base import Model


class EnsembleRule(Model):
    """A rule with fixed parameters; `name` (default: the strategy) is that of its weight."""

    strategy: Annotated[str, Field(min_length=1)]
    parameters: dict[str, bool | int | float | str] = Field(default_factory=dict)
    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")] | None = None


class EnsembleFile(Model):
    """The rules (none: the built-in ones), and the labels of days by which weights switch."""

    rules: tuple[EnsembleRule, ...] = ()
    regimes: Literal["volatility", "trend", "mixture"] | None = None
