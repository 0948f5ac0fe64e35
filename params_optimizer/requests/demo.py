"""Everything from nothing, on generated data."""

from typing import Self

from pydantic import model_validator

from params_optimizer.requests.base import FieldError, Request
from params_optimizer.requests.command import Command


class DemoRequest(Request):
    """Generate and prepare data where that is missing, then follow the command on them."""

    command: Command
    force: bool = False

    @model_validator(mode="after")
    def _on_generated_data(self) -> Self:
        if file := self.command.run.file:
            raise FieldError("file", file, "and {demo}, which generates its data: give one of them")
        return self
