"""Validations by name that choose sets anew, beside those with an option of their own.

To add one: a file with a function `validate(candidates)`, and a line here.
"""

from collections.abc import Mapping
from typing import Final, Self

from pydantic import model_validator

from params_optimizer.config.messages import nearest
from params_optimizer.requests.base import FieldError
from params_optimizer.requests.fields import ObjectiveFields, WorkerFields

VALIDATIONS: Final[Mapping[str, str]] = {
    "halves": "params_optimizer.validation.halves",
}
"""Name -> module with a function `validate`; see `validation.finding`."""


class ValidationRequest(ObjectiveFields, WorkerFields):
    """One of `VALIDATIONS`."""

    name: str

    @model_validator(mode="after")
    def _is_there(self) -> Self:
        if self.name not in VALIDATIONS:
            hint = nearest(self.name, VALIDATIONS) or f"; there is {', '.join(VALIDATIONS)}"
            raise FieldError("name", self.name, f"is no validation{hint}")
        return self
