"""The stages of a workflow file."""

from pathlib import Path
from typing import Self

from pydantic import model_validator

from params_optimizer.requests.base import FieldError
from params_optimizer.requests.fields import Resume, SourceFields, WorkerFields
from params_optimizer.requests.types import Positive, Text


class WorkflowRequest(SourceFields, WorkerFields):
    """Start or go on with the workflow of the file `path`."""

    path: Path
    directory: Text | None = None
    resume: Resume = None
    timeout: Positive | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.symbol is None and self.file is None:
            raise FieldError(
                "symbol",
                None,
                "is missing; which market? {workflow} needs its bars, or a {file} of them",
            )
        return self
