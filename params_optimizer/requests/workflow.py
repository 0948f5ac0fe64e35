"""The stages of a workflow file."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import model_validator

from params_optimizer.requests.base import FieldError, Only
from params_optimizer.requests.fields import SourceFields, WorkerFields
from params_optimizer.requests.types import Text


class WorkflowRequest(SourceFields, WorkerFields):
    """Start or go on with the workflow of the file `path`."""

    path: Path
    directory: Text | None = None
    resume: Annotated[
        bool | None,
        Only(
            lambda request: request.directory is None,
            "starts a new run, {directory} goes on with one: give one of them",
        ),
    ] = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.symbol is None and self.file is None:
            raise FieldError(
                "symbol",
                None,
                "is missing; which market? {workflow} needs its bars, or a {file} of them",
            )
        return self
